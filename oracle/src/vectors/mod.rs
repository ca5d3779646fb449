//! Test vectors: runs of a scenario, written down so that somebody who does not have `stranded` can try them on an
//! implementation and judge it as the oracle would. `specs/vectors.md` says how they are read.
//!
//! `map` finds every transition and ways that cover them, `course` works out all that may be answered and seen on a way,
//! `file` has the form, `folder` writes it. Nothing here runs an implementation.

mod allowed;
pub mod file;
mod folder;
mod map;

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::action::ActionKind;

use crate::adapter;
use crate::oracle::{Beliefs, Scene};
use crate::protocol::Operation;
use stranded_search::check;
use stranded_search::engine::{Engine, Limits, Truncation};
use stranded_search::scenario::Spec;

use self::allowed::PathResult;
use self::file::{Index, IndexEntry, Transitions, Vector};
pub use self::folder::{WriteError, write};
use self::map::Map;

/// How much of a procedure one step of a vector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// A run from its start to its end.
    Runs,
    /// One step of a program.
    Steps,
}

impl Granularity {
    /// The name that files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Steps => "steps",
        }
    }
}

/// What vectors are asked for.
#[derive(Clone, Debug)]
pub struct VectorOptions<'a> {
    /// The scenario that says what is asked and allowed.
    pub spec: &'a Spec,
    /// How much one step is.
    pub granularity: Granularity,
    /// The kinds of action that happen by themselves, and are not asked for.
    pub unseen: Vec<ActionKind>,
    /// The most states that are looked at.
    pub states_max: usize,
}

/// All vectors of a scenario.
#[derive(Clone, Debug)]
pub struct Vectors {
    /// What they are, and what they cover.
    pub index: Index,
    /// Each of them, by its id.
    pub vectors: Vec<Vector>,
}

/// Vectors that cover every transition of a scenario under every combination of the assumptions.
///
/// # Errors
/// How the scenario starts could not be found out.
pub fn generate(options: &VectorOptions<'_>) -> Result<Vectors, Truncation> {
    let world = |assumptions| check::world(options.spec, assumptions, Engine::default(), &Limits::default());
    let worlds = check::worlds(options.spec).into_iter().map(world).collect::<Result<Vec<_>, _>>()?;
    let scenes = worlds.iter().map(|world| Scene::new(world.clone(), &options.unseen)).collect();
    let mut beliefs = Beliefs::new(scenes, allowed::EXPLANATIONS_MAX);
    let mut left = options.states_max;
    let mut maps: Vec<Map<'_>> = Vec::new();
    for world in &worlds {
        let map = Map::of(world, options.granularity, &options.unseen, left);
        left = left.saturating_sub(map.states());
        maps.push(map);
    }
    let mut vectors: BTreeMap<String, Vector> = BTreeMap::new();
    let mut shortened = 0;
    for index in 0..maps.len() {
        while let Some(path) = maps[index].uncovered_path() {
            let course = PathResult::of(options, &mut beliefs, &maps[index], &path);
            shortened += usize::from(course.is_truncated);
            let initial = worlds[index].initial[path.start].clone();
            maps.iter_mut().for_each(|map| map.cover(&initial, &path.requests[..course.request_count]));
            // What is cut off a way is not tried again: it would be cut again.
            maps[index].give_up(&initial, &path.requests);
            if let Some(vector) = course.vector {
                vectors.entry(vector.id.clone()).or_insert(vector);
            }
        }
    }
    let vectors: Vec<Vector> = vectors.into_values().collect();
    Ok(Vectors { index: index(options, &maps, &vectors, shortened), vectors })
}

fn index(options: &VectorOptions<'_>, maps: &[Map<'_>], vectors: &[Vector], shortened: usize) -> Index {
    let is_truncated = maps.iter().any(Map::is_truncated);
    let bound = || format!("there are more than {} states: not all were looked at", options.states_max);
    let wide = || format!("{shortened} ways were cut short: too much may be seen farther on");
    let truncated = if is_truncated { Some(bound()) } else { (shortened > 0).then(wide) };
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

/// The action of the model that stands behind what is asked, and the name for a whole run.
fn required(operations: &[Operation]) -> Vec<String> {
    let names: BTreeSet<&str> = operations.iter().map(Operation::action).collect();
    names.into_iter().map(ToOwned::to_owned).collect()
}
