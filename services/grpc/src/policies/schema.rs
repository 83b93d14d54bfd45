//! What packs may use: facts, functions, the format.

use tasuki_app::governing::{
    ENVIRONMENT, FactSchema, FactType, Pack, RootSchema, function_reference, json_schema, schemas,
};
use tasuki_proto::policy::v1 as proto;

/// Every fact and function. Each kind of pack may use all of them: a pack names the structs it wants.
pub(super) fn everything() -> proto::GetFactSchemaResponse {
    let mut facts: Vec<proto::FactField> =
        schemas().flat_map(|root| root.fields.iter().map(move |fact| field(root, fact))).collect();
    facts.sort_by(|a, b| a.path.cmp(&b.path));
    let mut functions: Vec<proto::FunctionDescription> = function_reference()
        .into_iter()
        .map(|function| proto::FunctionDescription {
            name: function.name.to_owned(),
            signatures: function.examples.iter().take(1).map(|it| it.0.to_owned()).collect(),
            description: function.doc.to_owned(),
            examples: function.examples.iter().map(|(a, b)| format!("{a} → {b}")).collect(),
        })
        .collect();
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    proto::GetFactSchemaResponse {
        facts,
        functions,
        environment_version: format!("tasuki-policies/{ENVIRONMENT}"),
        json_schema: json_schema().pack.to_string(),
    }
}

/// The facts that a pack looks at.
pub(super) fn facts_of(pack: &Pack) -> Vec<proto::FactField> {
    let all = everything().facts;
    let looked_at: Vec<&str> = pack.fact_paths().collect();
    all.into_iter().filter(|fact| looked_at.contains(&fact.path.as_str())).collect()
}

fn field(root: &RootSchema, fact: &FactSchema) -> proto::FactField {
    let (kind, values) = type_of(fact.fact_type);
    proto::FactField {
        path: format!("{}.{}", root.name, fact.name),
        r#type: kind,
        optional: true,
        description: fact.doc.trim().to_owned(),
        values,
    }
}

fn type_of(fact: FactType) -> (String, Vec<String>) {
    let named = |name: &str| (name.to_owned(), Vec::new());
    match fact {
        FactType::Bool => named("bool"),
        FactType::Int => named("int"),
        FactType::Decimal => named("decimal"),
        FactType::Text => named("string"),
        FactType::Timestamp => named("timestamp"),
        FactType::Word(words) => {
            ("string".to_owned(), words.iter().map(|word| (*word).to_owned()).collect())
        }
        FactType::List(element) => {
            let (name, values) = type_of(*element);
            (format!("list<{name}>"), values)
        }
    }
}
