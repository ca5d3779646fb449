//! Rows of the table of steps: the word, the arguments, the effect and the results of a step.

use stranded_model::assumption::{Assumption, AssumptionAnswer};
use stranded_model::dn::HomeAttribute;
use stranded_model::procedure::{Act, StepResult};

use super::arguments::Arguments;

/// A step: one value of the key `do`.
#[derive(Debug)]
pub struct StepKind {
    /// The value of `do`.
    pub word: &'static str,
    /// The arguments of the step.
    pub arguments: &'static [Argument],
    /// The effect of the step, in Markdown, without a full stop.
    pub does: &'static str,
    /// The results that the step can have, and for which it can have a handler.
    pub results: &'static [StepResult],
    /// The sources that describe the step.
    pub sources: &'static [&'static str],
    /// Builds the acts of the step: one, or several for a command that does several things. An act with an answer to an
    /// assumption exists only under that answer.
    pub(super) build: fn(&Arguments) -> Vec<BuiltAct>,
}

/// An act of a step, and the answer to an assumption under which it exists, if that is so.
pub(super) type BuiltAct = (Act, Option<(Assumption, AssumptionAnswer)>);

/// An argument of a step.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The key; empty for a condition, which has a key of its own.
    pub key: &'static str,
    /// The kind of its value.
    pub kind: ArgumentKind,
    /// The obligation to give the argument.
    pub presence: Presence,
    /// The meaning of the value: a noun phrase.
    pub doc: &'static str,
}

/// The kind of an argument's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A server: one of [`SERVER_REFS`](super::SERVER_REFS), or the name of a server.
    Server,
    /// Two servers.
    ServerPair,
    /// A table with a server for each of these keys.
    ServerTable(&'static [&'static str]),
    /// One of these words.
    Word(&'static [&'static str]),
    /// An outcome.
    Outcome,
    /// `true` or `false`.
    Flag,
    /// Only `true`.
    True,
    /// Any text.
    Text,
    /// Exactly one of [`CONDITIONS`](super::CONDITIONS).
    Condition,
    /// A distinguished name for a home attribute. Of several such keys the step must have at least one.
    HomeValue(HomeAttribute),
}

/// The obligation to give an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must be given.
    Required,
    /// It can be left out.
    Optional,
    /// It can be left out, and has this value then.
    Default(&'static str),
}
