//! Every key there is.

use super::{Key, Needed, Section, Takes, Words};

const fn needed(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { name, doc, needed: Needed::Always, takes }
}

const fn optional(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { name, doc, needed: Needed::No, takes }
}

/// `pack.yaml`.
pub(crate) const PACK: Section = Section {
    name: "pack",
    keys: &[
        needed("kind", Takes::Word(Words::Kinds), "What question it answers; the folder above it."),
        needed("name", Takes::Text, "What it is called; the folder it lies in."),
        needed("owner", Takes::Text, "Who answers for it."),
        needed("version", Takes::Text, "What its author calls this version."),
        needed("environment", Takes::Environment, "The functions and facts it was written for."),
        needed("effective", Takes::One(&EFFECTIVE), "When it decides."),
        needed("published_at", Takes::Time, "When it was made known; not after it takes effect."),
        needed("source", Takes::Text, "The wording or report that the clauses point into."),
        optional("description", Takes::One(&TEXT), "What it is about, for readers."),
        needed(
            "facts",
            Takes::Words(Words::Roots),
            "The facts that it may look at; `now` is always there.",
        ),
        optional("constants", Takes::ByName(&CONSTANT), "Values with a type and where they stand."),
        optional(
            "variables",
            Takes::Expressions,
            "Expressions by name, computed once when needed.",
        ),
        needed("shape", Takes::Word(Words::Shapes), "How its rules make an answer."),
        optional("rules", Takes::Many(&RULE), "Its rules, in order."),
        optional("table", Takes::One(&TABLE), "Instead of rules: rows of cells."),
        optional(
            "outputs",
            Takes::Expressions,
            "Values of the whole pack; `found.…` lists what its rules gave.",
        ),
    ],
};

const EFFECTIVE: Section = Section {
    name: "effective",
    keys: &[
        needed("from", Takes::Time, "The first day or instant."),
        optional("to", Takes::Time, "The first day or instant after."),
    ],
};

const TEXT: Section = Section {
    name: "text",
    keys: &[
        needed(
            "ja",
            Takes::Text,
            "In Japanese; values stand in braces, as in `{company.employees}`.",
        ),
        needed(
            "en",
            Takes::Text,
            "In English; values stand in braces, as in `{claim.amount_yen:yen}`.",
        ),
    ],
};

const CONSTANT: Section = Section {
    name: "constant",
    keys: &[
        optional("bool", Takes::Bool, "Yes or no."),
        optional("int", Takes::Int, "A whole number; amounts are whole yen."),
        optional("decimal", Takes::Text, "An exact decimal, as text."),
        optional("string", Takes::Text, "A text."),
        optional("duration", Takes::Text, "A span of time, such as `24h`."),
        optional("timestamp", Takes::Text, "An instant."),
        optional("ints", Takes::Ints, "Whole numbers."),
        optional("decimals", Takes::Texts, "Exact decimals, as texts."),
        optional("strings", Takes::Texts, "Texts."),
        optional("source", Takes::Text, "Where the value stands."),
        optional("assumed", Takes::Text, "Why it was chosen when it stands nowhere."),
    ],
};

const CODE: Key = needed("code", Takes::Code, "Stable code, unique in the pack.");
const CLAUSE: Key = optional("clause", Takes::Text, "The clause of the wording that it expresses.");
const REQUIREMENTS: Key =
    optional("requirements", Takes::Texts, "Requirements that it carries out.");
const MESSAGE: Key = needed("message", Takes::One(&TEXT), "Why, for the people who read it.");
const NEXT_STEP: Key = optional("next_step", Takes::One(&TEXT), "What the reader can do now.");
const CURABLE: Key = optional(
    "curable",
    Takes::Curable,
    "Whether somebody can do something about it: then what would change it is told.",
);
const OUTPUTS: Key = optional("outputs", Takes::Expressions, "Values that it gives.");

const RULE: Section = Section {
    name: "rule",
    keys: &[
        CODE,
        CLAUSE,
        REQUIREMENTS,
        optional("when", Takes::Expression, "Whom it concerns, or when it applies."),
        optional("holds", Takes::Expression, "What must hold; only for the shape `all_must_hold`."),
        MESSAGE,
        NEXT_STEP,
        CURABLE,
        OUTPUTS,
    ],
};

const TABLE: Section = Section {
    name: "table",
    keys: &[
        needed("inputs", Takes::Expressions, "What the cells are compared with, by name."),
        needed("rows", Takes::Many(&ROW), "Its rows; the first one whose cells all fit is chosen."),
    ],
};

const ROW: Section = Section {
    name: "row",
    keys: &[
        CODE,
        CLAUSE,
        REQUIREMENTS,
        optional("when", Takes::Cells, "By input: a value, or a sign and a value such as `>= 5`."),
        MESSAGE,
        NEXT_STEP,
        CURABLE,
        OUTPUTS,
    ],
};

/// One of the cases in a file below `cases/`.
pub(crate) const CASE: Section = Section {
    name: "case",
    keys: &[
        needed("name", Takes::Text, "What it shows, as a sentence."),
        needed("at", Takes::Time, "Its present; the pack has to be in force then."),
        optional("facts", Takes::Facts, "What is known; everything else is missing."),
        optional(
            "as_of",
            Takes::TimesByFact,
            "At which time a fact was known to hold, by its path.",
        ),
        needed(
            "expect",
            Takes::One(&EXPECT),
            "What the pack has to give; what is left out is not compared.",
        ),
    ],
};

const EXPECT: Section = Section {
    name: "expect",
    keys: &[
        needed("outcome", Takes::Word(Words::Outcomes), "Yes, no, or a person has to look."),
        optional("codes", Takes::Codes, "All findings, in order."),
        optional("matched", Takes::Codes, "All rules that applied, in order."),
        optional("outputs", Takes::Values, "Some of the values of the pack."),
        optional("rule_outputs", Takes::ValuesByCode, "Some of the values of its rules."),
    ],
};
