//! The checked tree that the evaluator walks: every name is a place, every call is a function.

use std::sync::Arc;

use regex::Regex;

use super::types::Type;
use crate::functions::{Function, Standard};
use crate::value::{Key, Value};

/// A checked expression and its text.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) source: Arc<str>,
    pub(crate) node: Node,
}

impl Compiled {
    /// The text of one of its nodes.
    pub(crate) fn text_of(&self, node: &Node) -> &str {
        self.source.get(node.part.0..node.part.1).unwrap_or(&self.source)
    }
}

/// A part of an expression.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Where it stands in the text, as byte offsets.
    pub(crate) part: (usize, usize),
    pub(crate) result: Type,
    /// How many levels the evaluator needs for it, variables included.
    pub(crate) depth: usize,
}

/// What a part of an expression does.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A value that is written down.
    Literal(Value),
    /// A fact, by its place in the pack's list of facts.
    Fact(usize),
    /// Whether a fact is there.
    HasFact(usize),
    /// A variable of the pack, by its place.
    Variable(usize),
    /// What the rules gave, by the name of an output: only in outputs of the whole pack.
    Found(String),
    /// The element under a macro, counted from the outermost.
    Local(usize),
    /// Every operand holds.
    And(Vec<Node>),
    /// One operand holds.
    Or(Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Conditional(Box<[Node; 3]>),
    Binary(Operator, Box<[Node; 2]>),
    /// An element of a list or a value of a map.
    Index(Box<[Node; 2]>),
    /// A value of a map by a name that is written down.
    Select(Box<Node>, Arc<str>),
    /// Whether a map has a name.
    HasKey(Box<Node>, Arc<str>),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
    Call(&'static Function, Vec<Node>),
    /// Whether a text matches a pattern, which was compiled when the pack was loaded.
    Matches(Box<Node>, Regex),
    /// Whether an expression has all the facts it needs.
    Known(Box<Node>),
    /// A condition that has to hold, or else the code is told: a person has to look.
    Require(Box<[Node; 2]>),
    /// Does something with every element of a list.
    Each(Macro, Box<Each>),
    /// What only expressions outside of packs have.
    Dynamic(Box<Dynamic>),
}

/// What a part of an expression outside of packs does.
#[derive(Debug, Clone)]
pub(crate) enum Dynamic {
    /// Has no value: a name that means nothing does not matter where it is not needed.
    Fails(String),
    /// A map with names that are computed.
    Map(Vec<(Node, Node)>),
    /// What a macro goes through: the elements of a list or the names of a map.
    Elements(Node),
    /// A function of standard CEL.
    Call(&'static Standard, Vec<Node>),
    /// A function of packs.
    Own(&'static Function, Vec<Node>),
    /// Gives a value a name in an expression.
    Bind([Node; 2]),
    /// Does something with every element and its place, or every name and its value.
    Pairs(PairMacro, Pairs),
}

/// The parts of a macro with two names.
#[derive(Debug, Clone)]
pub(crate) struct Pairs {
    pub(crate) holder: Node,
    pub(crate) filter: Option<Node>,
    pub(crate) body: Node,
}

/// What a macro with two names does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PairMacro {
    All,
    Exists,
    ExistsOne,
    List,
    Map,
}

/// The parts of a macro.
#[derive(Debug, Clone)]
pub(crate) struct Each {
    pub(crate) list: Node,
    /// Which elements count; all of them when absent.
    pub(crate) filter: Option<Node>,
    pub(crate) body: Node,
}

/// What a macro does with every element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Macro {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Operator {
    /// As it is written.
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

impl Operator {
    /// Whether a comparison is true for two values in this order.
    pub(crate) const fn allows(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Add
            | Self::Subtract
            | Self::Multiply
            | Self::Divide
            | Self::Remainder
            | Self::In => false,
        }
    }

    /// The same comparison with its sides exchanged.
    pub(crate) const fn turned(self) -> Option<Self> {
        match self {
            Self::Equal | Self::NotEqual => Some(self),
            Self::Less => Some(Self::Greater),
            Self::LessOrEqual => Some(Self::GreaterOrEqual),
            Self::Greater => Some(Self::Less),
            Self::GreaterOrEqual => Some(Self::LessOrEqual),
            Self::Add
            | Self::Subtract
            | Self::Multiply
            | Self::Divide
            | Self::Remainder
            | Self::In => None,
        }
    }

    /// The comparison that is true where this one is not.
    pub(crate) const fn denied(self) -> Option<Self> {
        match self {
            Self::Equal => Some(Self::NotEqual),
            Self::NotEqual => Some(Self::Equal),
            Self::Less => Some(Self::GreaterOrEqual),
            Self::LessOrEqual => Some(Self::Greater),
            Self::Greater => Some(Self::LessOrEqual),
            Self::GreaterOrEqual => Some(Self::Less),
            Self::Add
            | Self::Subtract
            | Self::Multiply
            | Self::Divide
            | Self::Remainder
            | Self::In => None,
        }
    }
}

impl Dynamic {
    /// The nodes right below it.
    pub(super) fn children(&self) -> Vec<&Node> {
        match self {
            Self::Fails(_) => vec![],
            Self::Map(entries) => entries.iter().flat_map(|(one, two)| [one, two]).collect(),
            Self::Elements(node) => vec![node],
            Self::Call(_, nodes) | Self::Own(_, nodes) => nodes.iter().collect(),
            Self::Bind(nodes) => nodes.iter().collect(),
            Self::Pairs(_, pairs) => {
                let mut nodes = vec![&pairs.holder, &pairs.body];
                nodes.extend(&pairs.filter);
                nodes
            }
        }
    }
}

impl Compiled {
    /// Whether it is just `true`.
    pub(crate) const fn is_always_true(&self) -> bool {
        matches!(self.node.kind, Kind::Literal(Value::Bool(true)))
    }
}
