//! Format of a test vector, and of the index of a folder of vectors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::outcome::OutcomeSchema;
use crate::protocol::{Greeting, Observation, Operation, Outcome, outcome};

/// Version of the format.
pub const SCHEMA: u64 = stranded_search::FORMAT_VERSION;

/// A test vector: requests in order, with all allowed answers and observations.
///
/// A vector is an automaton. A runner holds a set of nodes, at first `initial`. An answer or an observation moves it: from
/// every node that it holds, along the moves of the matching entries of the step. If no node is left, the implementation is
/// nonconforming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Vector {
    /// Hash of the requests and the allowed results: blake3 of canonical JSON (RFC 8785) of `scenario`, `start`, `initial`,
    /// `steps`.
    pub id: String,
    /// Version of the format.
    pub schema: u64,
    /// Name of the scenario.
    pub scenario: String,
    /// Hash of the model.
    pub model_hash: String,
    /// Sources of the covered rules.
    pub source: Vec<String>,
    /// Transitions on the path.
    pub covers: Vec<String>,
    /// Actions that an implementation must support.
    pub requires: Vec<String>,
    /// Initial observation of each mailbox; empty if all are fresh.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub start: BTreeMap<String, Observation>,
    /// Nodes that a runner holds at first.
    pub initial: Vec<usize>,
    /// The steps, in order.
    pub steps: Vec<VectorStep>,
}

/// One step of a vector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum VectorStep {
    /// An operation.
    Do {
        /// The operation.
        #[serde(rename = "do")]
        operation: Operation,
        /// Allowed answers.
        answers: Vec<AllowedAnswer>,
        /// Definite answers that are not allowed.
        #[serde(rename = "must-not", with = "outcome")]
        #[schemars(with = "Vec<OutcomeSchema>")]
        must_not: Vec<Outcome>,
    },
    /// An observation.
    Observe {
        /// The mailbox.
        #[serde(rename = "observe")]
        mailbox: String,
        /// Allowed observations.
        observations: Vec<AllowedObservation>,
        /// Harm that must not have happened.
        #[serde(rename = "must-not")]
        must_not: VectorHarm,
    },
}

/// Level of an allowed answer or observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No other definite one is allowed.
    Must,
    /// Others are allowed, too: under another value of an assumption, or because an action may have happened unobserved.
    May,
}

/// An allowed answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AllowedAnswer {
    /// Result of the operation.
    #[serde(with = "outcome")]
    #[schemars(with = "OutcomeSchema")]
    pub result: Outcome,
    /// For a step of a program: the outcome that the program reported, if the step ended its run. Another value is another
    /// answer.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "outcome")]
    #[schemars(with = "Option<OutcomeSchema>")]
    pub ended: Option<Outcome>,
    /// Level of this answer.
    pub level: Level,
    /// Moves, each from a node to a node.
    pub moves: Vec<(usize, usize)>,
    /// Nodes at which the vector ends without a verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<usize>,
}

/// An allowed observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AllowedObservation {
    /// The complete observation. An observation that shows less matches if the shown parts are equal.
    pub observation: Observation,
    /// Level of this observation.
    pub level: Level,
    /// Moves, each from a node to a node.
    pub moves: Vec<(usize, usize)>,
}

/// Harm that must not have happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VectorHarm {
    /// Messages that must still exist.
    pub lost: Vec<String>,
}

/// Index of a folder of vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Index {
    /// Version of `stranded` that wrote it.
    pub version: String,
    /// Version of the format.
    pub schema: u64,
    /// Name of the scenario.
    pub scenario: String,
    /// Hash of the model.
    pub model_hash: String,
    /// Granularity of a step: `runs` or `steps`.
    pub granularity: String,
    /// Kinds of action that can happen without a request.
    pub by_themselves: Vec<String>,
    /// True if every transition is covered.
    pub complete: bool,
    /// Reason why the vectors are not complete.
    pub truncated: Option<String>,
    /// Distinct states over all combinations of assumption values.
    pub states: usize,
    /// Number of transitions.
    pub transitions: Transitions,
    /// The `hello` request.
    pub hello: Greeting,
    /// The vectors, by id.
    pub vectors: Vec<IndexEntry>,
}

/// Number of transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transitions {
    /// All transitions.
    pub all: usize,
    /// Transitions that a vector covers.
    pub covered: usize,
}

/// Entry of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IndexEntry {
    /// Id of the vector.
    pub id: String,
    /// Name of the file.
    pub file: String,
    /// Number of steps.
    pub steps: usize,
    /// Number of transitions that it covers.
    pub covers: usize,
}

/// The hashed part of a vector.
#[derive(Serialize)]
struct Content<'a> {
    scenario: &'a str,
    start: &'a BTreeMap<String, Observation>,
    initial: &'a [usize],
    steps: &'a [VectorStep],
}

impl Vector {
    /// Hash of the requests and the allowed results.
    #[must_use]
    pub fn hash(&self) -> String {
        let Self { scenario, start, initial, steps, .. } = self;
        let content = Content { scenario, start, initial, steps };
        let canonical = serde_json_canonicalizer::to_vec(&content).expect("every vector can be written as JSON");
        blake3::hash(&canonical).to_hex()[..32].to_owned()
    }

    /// Name of the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.json", self.id)
    }
}
