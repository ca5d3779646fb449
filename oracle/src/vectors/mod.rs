//! Test vectors: runs of a scenario with all allowed results, for testing an implementation without `stranded`.
//! `specs/vectors.md` defines how to run them.
//!
//! `map` finds every transition and paths that cover them, `allowed` computes the allowed answers and observations along a
//! path, `file` is the format, `folder` writes it. This module does not run an implementation.

mod allowed;
pub mod file;
mod folder;
mod map;

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::action::ActionKind;

use crate::adapter;
use crate::oracle::{ExplanationSets, Scene};
use crate::protocol::Operation;
use stranded_search::check;
use stranded_search::engine::{Engine, Limits, Truncation};
use stranded_search::scenario::Spec;

use self::allowed::PathResult;
use self::file::{Index, IndexEntry, Transitions, Vector};
pub use self::folder::{WriteError, check_folder, write};
use self::map::Map;

/// Granularity of a step of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// A run from start to end.
    Runs,
    /// A single step of a program.
    Steps,
}

impl Granularity {
    /// Name of the granularity in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Steps => "steps",
        }
    }
}

/// Options of the generation.
#[derive(Clone, Debug)]
pub struct VectorOptions<'a> {
    /// The scenario.
    pub spec: &'a Spec,
    /// Granularity of a step.
    pub granularity: Granularity,
    /// Kinds of action that can happen without a request.
    pub unseen: Vec<ActionKind>,
    /// Maximum number of states.
    pub states_max: usize,
}

/// All vectors of a scenario.
#[derive(Clone, Debug)]
pub struct Vectors {
    /// Index of the vectors.
    pub index: Index,
    /// The vectors, by id.
    pub vectors: Vec<Vector>,
}

/// Generates vectors that cover every transition of a scenario, under every combination of assumption values.
///
/// # Errors
/// The initial states of the scenario could not be computed.
pub fn generate(options: &VectorOptions<'_>) -> Result<Vectors, Truncation> {
    let world = |assumptions| check::world(options.spec, assumptions, Engine::default(), &Limits::default());
    let worlds = check::combinations_of(options.spec).into_iter().map(world).collect::<Result<Vec<_>, _>>()?;
    let scenes = worlds.iter().map(|world| Scene::new(world.clone(), &options.unseen)).collect();
    let mut sets = ExplanationSets::new(scenes, allowed::EXPLANATIONS_MAX, Limits::default());
    let mut left = options.states_max;
    let mut maps: Vec<Map<'_>> = Vec::new();
    for world in &worlds {
        let map = Map::of(world, options.granularity, &options.unseen, left);
        left = left.saturating_sub(map.states());
        maps.push(map);
    }
    let mut vectors: BTreeMap<String, Vector> = BTreeMap::new();
    let mut truncated_paths = 0;
    for index in 0..maps.len() {
        while let Some(path) = maps[index].uncovered_path() {
            let result = PathResult::of(options, &mut sets, &maps[index], &path);
            truncated_paths += usize::from(result.is_truncated);
            let initial = worlds[index].initial[path.start].clone();
            maps.iter_mut().for_each(|map| map.cover(&initial, &path.requests[..result.request_count]));
            // The rest of a truncated path is abandoned: it would be truncated again.
            maps[index].mark_tried(&initial, &path.requests);
            if let Some(vector) = result.vector {
                vectors.entry(vector.id.clone()).or_insert(vector);
            }
        }
    }
    let vectors: Vec<Vector> = vectors.into_values().collect();
    Ok(Vectors { index: index(options, &maps, &vectors, truncated_paths), vectors })
}

fn index(options: &VectorOptions<'_>, maps: &[Map<'_>], vectors: &[Vector], truncated_paths: usize) -> Index {
    let is_truncated = maps.iter().any(Map::is_truncated);
    let bound = || format!("there are more than {} states; the others were not searched", options.states_max);
    let wide = || format!("{truncated_paths} paths were truncated: too many results are possible after them");
    let truncated = if is_truncated { Some(bound()) } else { (truncated_paths > 0).then(wide) };
    let actions: BTreeSet<&str> =
        vectors.iter().flat_map(|vector| vector.requires.iter().map(String::as_str)).collect();
    let entry = |vector: &Vector| IndexEntry {
        id: vector.id.clone(),
        file: vector.file_name(),
        steps: vector.steps.len(),
        covers: vector.covers.len(),
    };
    Index {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema: file::SCHEMA,
        scenario: options.spec.name.clone(),
        model_hash: stranded_search::model_hash(),
        granularity: options.granularity.name().to_owned(),
        by_themselves: options.unseen.iter().map(|kind| kind.name().to_owned()).collect(),
        complete: truncated.is_none(),
        truncated,
        states: maps.iter().map(Map::states).sum(),
        transitions: Transitions {
            all: maps.iter().map(Map::transitions).sum(),
            covered: maps.iter().map(Map::covered).sum(),
        },
        hello: adapter::greeting(options.spec, actions.into_iter().map(ToOwned::to_owned).collect()),
        vectors: vectors.iter().map(entry).collect(),
    }
}

/// Names of the actions that the operations need; a whole run has a name of its own.
fn required(operations: &[Operation]) -> Vec<String> {
    let names: BTreeSet<&str> = operations.iter().map(Operation::action).collect();
    names.into_iter().map(ToOwned::to_owned).collect()
}
