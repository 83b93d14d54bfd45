//! Reads the rules of one message type out of its descriptor.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use prost_reflect::{
    DynamicMessage, FieldDescriptor, MessageDescriptor, OneofDescriptor, ReflectMessage, Value,
};

use super::plan_of;
use super::rules::Rule;
use crate::DESCRIPTOR_POOL;

/// When the rules of a field are skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ignore {
    /// When the field can be absent and is.
    Absent,
    /// Also when it has its zero value.
    ZeroValue,
    /// Always.
    Always,
}

/// The rules of one field.
#[derive(Debug)]
pub(super) struct FieldPlan {
    pub(super) descriptor: FieldDescriptor,
    pub(super) required: bool,
    pub(super) ignore: Ignore,
    pub(super) rules: Vec<Rule>,
    /// For each element of a list, for each value of a map.
    pub(super) items: Vec<Rule>,
    /// For each key of a map.
    pub(super) keys: Vec<Rule>,
    /// Whether it breaks nothing that the field is not in the encoding.
    pub(super) may_lack: bool,
    inside: OnceLock<Option<Arc<MessagePlan>>>,
}

impl FieldPlan {
    /// The rules of the messages in it, if it holds messages and they can break any.
    pub(super) fn inside(&self) -> Option<&MessagePlan> {
        let inside = self.inside.get_or_init(|| {
            let kind = self.descriptor.kind();
            kind.as_message().map(plan_of).filter(|plan| plan.reaches_rules)
        });
        inside.as_deref()
    }

    fn may_be_lacking(&self) -> bool {
        if self.required {
            return false;
        }
        if self.descriptor.supports_presence() || self.ignore != Ignore::Absent {
            return true;
        }
        let value = Value::default_value_for_field(&self.descriptor);
        self.rules.iter().all(|rule| rule.broken_by(&value, &self.descriptor).is_none())
    }
}

/// The rules of one message type.
#[derive(Debug)]
pub(super) struct MessagePlan {
    pub(super) fields: Vec<FieldPlan>,
    pub(super) required_oneofs: Vec<OneofDescriptor>,
    /// Rules that cannot be checked here, as `field: rule`.
    pub(super) unsupported: Vec<String>,
    /// Whether the message, or one it may contain, has any rule at all.
    pub(super) reaches_rules: bool,
    /// The place of a field in `fields`, by its number.
    places: BTreeMap<u32, usize>,
}

impl MessagePlan {
    pub(super) fn read(descriptor: &MessageDescriptor) -> Self {
        let mut plan = Self {
            fields: Vec::new(),
            required_oneofs: Vec::new(),
            unsupported: Vec::new(),
            reaches_rules: false,
            places: BTreeMap::new(),
        };
        if let Some(rules) = extension(&descriptor.options(), "buf.validate.message") {
            for (field, _) in rules.fields() {
                plan.unsupported.push(format!("(message): {}", field.name()));
            }
        }
        for oneof in descriptor.oneofs() {
            let required = extension(&oneof.options(), "buf.validate.oneof")
                .is_some_and(|rules| flag(&rules, "required"));
            if required {
                plan.required_oneofs.push(oneof);
            }
        }
        for field in descriptor.fields() {
            plan.places.insert(field.number(), plan.fields.len());
            let read = plan.field(field);
            plan.fields.push(read);
        }
        plan.reaches_rules = !plan.unsupported.is_empty() || reaches(descriptor, &mut Vec::new());
        plan
    }

    /// The field of a number and its place, unless the contract has none.
    pub(super) fn field_of(&self, number: u32) -> Option<(usize, &FieldPlan)> {
        let place = *self.places.get(&number)?;
        Some((place, self.fields.get(place)?))
    }

    fn field(&mut self, descriptor: FieldDescriptor) -> FieldPlan {
        let mut plan = FieldPlan {
            required: false,
            ignore: Ignore::Absent,
            rules: Vec::new(),
            items: Vec::new(),
            keys: Vec::new(),
            may_lack: true,
            inside: OnceLock::new(),
            descriptor,
        };
        let Some(rules) = extension(&plan.descriptor.options(), "buf.validate.field") else {
            return plan;
        };
        for (set, value) in rules.fields() {
            match (set.name(), value) {
                ("required", value) => plan.required = value.as_bool() == Some(true),
                ("ignore", Value::EnumNumber(1)) => plan.ignore = Ignore::ZeroValue,
                ("ignore", Value::EnumNumber(3)) => plan.ignore = Ignore::Always,
                ("repeated" | "map", Value::Message(inner)) => self.collection(&mut plan, inner),
                (kind, Value::Message(inner)) => {
                    let rules = self.known(&plan.descriptor, kind, inner);
                    plan.rules.extend(rules);
                }
                (name, _) => self.unknown(&plan.descriptor, name),
            }
        }
        plan.may_lack = plan.may_be_lacking();
        plan
    }

    /// Rules of a list or a map: of the whole, and of what is in it.
    fn collection(&mut self, plan: &mut FieldPlan, rules: &DynamicMessage) {
        for (set, value) in rules.fields() {
            match (set.name(), value) {
                (name @ ("items" | "values" | "keys"), Value::Message(of_each)) => {
                    for (kind, inner) in of_each.fields() {
                        let Value::Message(inner) = inner else {
                            self.unknown(&plan.descriptor, kind.name());
                            continue;
                        };
                        let read = self.known(&plan.descriptor, kind.name(), inner);
                        let into = if name == "keys" { &mut plan.keys } else { &mut plan.items };
                        into.extend(read);
                    }
                }
                (name, value) => match Rule::of_collection(name, value) {
                    Some(rule) => plan.rules.push(rule),
                    None => self.unknown(&plan.descriptor, name),
                },
            }
        }
    }

    fn known(
        &mut self,
        descriptor: &FieldDescriptor,
        kind: &str,
        rules: &DynamicMessage,
    ) -> Vec<Rule> {
        let (known, unknown) = Rule::read(kind, rules);
        for name in unknown {
            self.unknown(descriptor, &format!("{kind}.{name}"));
        }
        known
    }

    fn unknown(&mut self, descriptor: &FieldDescriptor, rule: &str) {
        self.unsupported.push(format!("{}: {rule}", descriptor.name()));
    }
}

/// Whether a message of this type, or one inside it, can break a rule.
fn reaches(descriptor: &MessageDescriptor, seen: &mut Vec<String>) -> bool {
    if seen.iter().any(|name| name == descriptor.full_name()) {
        return false;
    }
    seen.push(descriptor.full_name().to_owned());
    if extension(&descriptor.options(), "buf.validate.message").is_some() {
        return true;
    }
    descriptor.oneofs().any(|oneof| extension(&oneof.options(), "buf.validate.oneof").is_some())
        || descriptor.fields().any(|field| {
            extension(&field.options(), "buf.validate.field").is_some()
                || field.kind().as_message().is_some_and(|inner| reaches(inner, seen))
        })
}

fn extension(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let extension = options
        .descriptor()
        .parent_pool()
        .get_extension_by_name(name)
        .or_else(|| DESCRIPTOR_POOL.get_extension_by_name(name))?;
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

fn flag(rules: &DynamicMessage, name: &str) -> bool {
    rules.get_field_by_name(name).is_some_and(|value| value.as_bool() == Some(true))
}
