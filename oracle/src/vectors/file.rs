//! A vector as a file, and the index of a folder of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::{Done, Greeting, Observation, Operation};

/// The version of the form.
pub const SCHEMA: u64 = 1;

/// A vector: what is asked, in this order, and all that may be answered and seen.
///
/// It is a small automaton. A runner holds a set of places, at first those of `initial`. What an implementation answers or
/// shows moves it: from every place that it holds to those that a fitting entry of the step leads to from there. If none is
/// left, the implementation is nonconforming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Vector {
    /// The hash of what it asks and allows: blake3 over canonical JSON (RFC 8785) of `scenario`, `start`, `initial`, `steps`.
    pub id: String,
    /// The version of the form.
    pub schema: u64,
    /// The scenario's name.
    pub scenario: String,
    /// The model that allows this.
    pub model_hash: String,
    /// The sources of what it covers.
    pub source: Vec<String>,
    /// The transitions on its way.
    pub covers: Vec<String>,
    /// The actions that an implementation must be able to do.
    pub requires: Vec<String>,
    /// How each mailbox stands at first, where it is not fresh.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub start: BTreeMap<String, Observation>,
    /// The places that a runner holds at first.
    pub initial: Vec<usize>,
    /// What is asked.
    pub steps: Vec<VectorStep>,
}

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum VectorStep {
    /// An action.
    Do {
        /// The action.
        #[serde(rename = "do")]
        operation: Operation,
        /// Every answer that is allowed.
        answers: Vec<AllowedAnswer>,
        /// Definite answers that must not be given.
        #[serde(rename = "must-not")]
        must_not: Vec<Done>,
    },
    /// A look.
    Observe {
        /// The mailbox.
        #[serde(rename = "observe")]
        mailbox: String,
        /// Everything that may be seen.
        observations: Vec<AllowedObservation>,
        /// What must not have become of messages.
        #[serde(rename = "must-not")]
        must_not: VectorHarm,
    },
}

/// Whether something has to be so, or may be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing else that is definite is allowed.
    Must,
    /// Something else is allowed, too: under another answer to an assumption, or because something was not seen.
    May,
}

/// An answer that is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedAnswer {
    /// What became of it.
    pub result: Done,
    /// For a step of a program: what it reported, if it ended its run; anything else is another answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Done>,
    /// Whether it has to be this one.
    pub level: Level,
    /// From which places to which.
    pub moves: Vec<(usize, usize)>,
    /// From which places nothing more is said: if one of them is held, the vector ends, and nothing was wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<usize>,
}

/// A sight that is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedObservation {
    /// All that can be seen; a look that shows less fits if it shows nothing else.
    pub observation: Observation,
    /// Whether it has to be this one.
    pub level: Level,
    /// From which places to which.
    pub moves: Vec<(usize, usize)>,
}

/// What must not have become of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorHarm {
    /// They must be somewhere.
    pub lost: Vec<String>,
}

/// What a folder of vectors has in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Index {
    /// The version of the program that wrote it.
    pub version: String,
    /// The version of the form.
    pub schema: u64,
    /// The scenario's name.
    pub scenario: String,
    /// The model that allows what they allow.
    pub model_hash: String,
    /// How much one step is: `runs` or `steps`.
    pub granularity: String,
    /// The kinds of action that happen by themselves, and are not asked for.
    pub by_themselves: Vec<String>,
    /// Whether every transition is covered.
    pub complete: bool,
    /// Why not.
    pub truncated: Option<String>,
    /// Distinct states over all combinations of assumptions.
    pub states: usize,
    /// The transitions between them.
    pub transitions: Transitions,
    /// What an implementation is told at first.
    pub hello: Greeting,
    /// The vectors, by id.
    pub vectors: Vec<IndexEntry>,
}

/// How many transitions there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transitions {
    /// All that were found.
    pub all: usize,
    /// Those on the way of some vector.
    pub covered: usize,
}

/// A vector in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// Its id.
    pub id: String,
    /// Its file.
    pub file: String,
    /// How many steps it has.
    pub steps: usize,
    /// How many transitions are on its way.
    pub covers: usize,
}

/// What an id is the hash of.
#[derive(Serialize)]
struct Content<'a> {
    scenario: &'a str,
    start: &'a BTreeMap<String, Observation>,
    initial: &'a [usize],
    steps: &'a [VectorStep],
}

impl Vector {
    /// The hash of what it asks and allows.
    #[must_use]
    pub fn hash(&self) -> String {
        let Self { scenario, start, initial, steps, .. } = self;
        let content = Content { scenario, start, initial, steps };
        let canonical = serde_json_canonicalizer::to_vec(&content).expect("every vector can be written as JSON");
        blake3::hash(&canonical).to_hex()[..32].to_owned()
    }

    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.json", self.id)
    }
}
