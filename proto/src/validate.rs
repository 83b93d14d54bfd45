//! Checks a message against the `buf.validate` rules in its contract.
//!
//! The rules of a message type are read from its descriptor once, on first use. Rule ids are those of the public
//! rule set (`string.min_len`, `required`), so that clients who check with another implementation see the same.
//! A rule that is not known here fails every message that carries it, rather than being skipped.
//!
//! Nearly all messages keep all rules. That is seen from their encoding alone, which is much cheaper than looking at
//! them field by field; only a message of which it cannot be said is looked at closely, to name what is wrong.

mod encoded;
mod plan;
mod rules;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use prost_reflect::{DynamicMessage, MapKey, MessageDescriptor, ReflectMessage, Value};

use self::plan::{FieldPlan, Ignore, MessagePlan};
use self::rules::Rule;
use crate::DESCRIPTOR_POOL;

/// Messages inside messages inside messages …: deeper than any contract of ours.
const DEEPEST: usize = 32;

/// More than anyone reads; a hostile message cannot make the answer grow without bound.
const MOST_VIOLATIONS: usize = 100;

/// One rule of a contract that a message breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, e.g. `selections[2].plan_code`; empty when the message as a whole is meant.
    pub field: String,
    /// Id of the broken rule, e.g. `string.min_len`.
    pub rule_id: String,
    /// What would be right, in English, lower case, without full stop.
    pub message: String,
}

/// Checks `message` and everything inside it against the rules of its contract.
///
/// # Errors
/// Every violation found, in field order, at most a hundred.
pub fn validate<M: ReflectMessage>(message: &M) -> Result<(), Vec<Violation>> {
    let descriptor = message.descriptor();
    let plan = plan_of(&descriptor);
    if !plan.reaches_rules {
        return Ok(());
    }
    if encoded::certainly_right(&message.encode_to_vec(), &plan, 0) {
        return Ok(());
    }
    let mut found = Found { violations: Vec::new() };
    found.message(&message.transcode_to_dynamic(), &plan, "", 0);
    if found.violations.is_empty() { Ok(()) } else { Err(found.violations) }
}

/// Rules in the contracts that [`validate`] does not know, as `message.field: rule`. Empty in a released version.
pub fn unsupported_rules() -> Vec<String> {
    let mut unknown = Vec::new();
    for message in DESCRIPTOR_POOL.all_messages() {
        if !message.full_name().starts_with("tasuki.") {
            continue;
        }
        let plan = plan_of(&message);
        unknown
            .extend(plan.unsupported.iter().map(|rule| format!("{}.{rule}", message.full_name())));
    }
    unknown
}

/// The rules of each message type, read once.
static PLANS: LazyLock<RwLock<HashMap<String, Arc<MessagePlan>>>> = LazyLock::new(RwLock::default);

fn plan_of(descriptor: &MessageDescriptor) -> Arc<MessagePlan> {
    let name = descriptor.full_name();
    if let Some(plan) = PLANS.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(name) {
        return Arc::clone(plan);
    }
    let plan = Arc::new(MessagePlan::read(descriptor));
    let mut plans = PLANS.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    Arc::clone(plans.entry(name.to_owned()).or_insert(plan))
}

struct Found {
    violations: Vec<Violation>,
}

impl Found {
    fn add(&mut self, field: &str, rule_id: &str, message: String) {
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(Violation {
                field: field.to_owned(),
                rule_id: rule_id.to_owned(),
                message,
            });
        }
    }

    fn message(&mut self, message: &DynamicMessage, plan: &MessagePlan, at: &str, depth: usize) {
        if depth > DEEPEST {
            self.add(at, "message.depth", format!("must not be nested deeper than {DEEPEST}"));
            return;
        }
        for rule in &plan.unsupported {
            self.add(at, "rule.unsupported", format!("the server cannot check `{rule}`"));
        }
        for oneof in &plan.required_oneofs {
            if !oneof.fields().any(|field| message.has_field(&field)) {
                let path = join(at, oneof.name());
                self.add(&path, "required", "exactly one of the fields must be set".to_owned());
            }
        }
        for field in &plan.fields {
            self.field(message, field, at, depth);
        }
    }

    fn field(&mut self, message: &DynamicMessage, plan: &FieldPlan, at: &str, depth: usize) {
        let path = join(at, plan.descriptor.name());
        let present = message.has_field(&plan.descriptor);
        if plan.required && !present {
            self.add(&path, "required", "value is required".to_owned());
            return;
        }
        // A field without presence is "not there" when it has its zero value; its rules still hold then, unless
        // the contract says that zero means nothing.
        let absent =
            !present && (plan.descriptor.supports_presence() || plan.ignore == Ignore::ZeroValue);
        if absent || plan.ignore == Ignore::Always {
            return;
        }
        let value = message.get_field(&plan.descriptor);
        if plan.ignore == Ignore::ZeroValue && value.is_default_for_field(&plan.descriptor) {
            return;
        }
        self.rules(&plan.rules, &value, plan, &path);
        self.inside(&value, plan, &path, depth);
    }

    fn inside(&mut self, value: &Value, plan: &FieldPlan, path: &str, depth: usize) {
        match value {
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    self.rules(&plan.items, item, plan, &path);
                    self.nested(item, &path, depth);
                }
            }
            Value::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_by_key(|(key, _)| key_text(key));
                for (key, item) in entries {
                    let path = format!("{path}[{}]", key_text(key));
                    self.rules(&plan.keys, &Value::from(key.clone()), plan, &path);
                    self.rules(&plan.items, item, plan, &path);
                    self.nested(item, &path, depth);
                }
            }
            single => self.nested(single, path, depth),
        }
    }

    fn rules(&mut self, rules: &[Rule], value: &Value, plan: &FieldPlan, path: &str) {
        for rule in rules {
            if let Some((id, text)) = rule.broken_by(value, &plan.descriptor) {
                self.add(path, &id, text);
            }
        }
    }

    fn nested(&mut self, value: &Value, path: &str, depth: usize) {
        if let Value::Message(inner) = value {
            self.message(inner, &plan_of(&inner.descriptor()), path, depth + 1);
        }
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => format!("{key:?}"),
    }
}

#[cfg(test)]
mod tests;
