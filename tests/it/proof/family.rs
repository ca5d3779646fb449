//! The families of the proof: the files of each proof, and the model's worlds with the same behaviour.

use std::fs;
use std::path::Path;

use stranded_model::World;
use stranded_model::scenario::{Delivery, Replication, RunsMax};

use crate::worlds::{loaded, worlds_of};

/// The first file of every proof.
const WORLD: &str = "world.smt2";
/// The line between the definitions and the queries.
const QUERIES: &str = "; The queries.";

/// A proof.
pub(super) struct Family {
    /// The name of the built-in procedure and of the proof's file.
    pub(super) name: &'static str,
    /// The file between the world and the procedure, if two procedures share steps.
    shared: Option<&'static str>,
    /// The built-in scenario that the test generalises.
    scenario: &'static str,
    /// The supply of mail: as in the scenario, or at any time, with deletions by the owner.
    mail: Mail,
    /// The number of other edits of the recipient: none, or one, because the test renews the supply after every action.
    other_edits: u8,
    /// The number of executions of the run.
    runs: RunsMax,
    /// The number of messages that shows everything that can happen to one of them.
    messages: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mail {
    AsInScenario,
    AnyTime,
}

impl Family {
    pub(super) const MOVE: Self = Self {
        name: "move",
        shared: Some("move-steps.smt2"),
        scenario: "move",
        mail: Mail::AnyTime,
        other_edits: 0,
        runs: RunsMax::Any,
        messages: 5,
    };
    pub(super) const ARTICLE: Self = Self {
        name: "move-of-the-article",
        shared: Some("move-steps.smt2"),
        scenario: "second-move",
        mail: Mail::AnyTime,
        other_edits: 0,
        runs: RunsMax::Any,
        messages: 4,
    };
    pub(super) const METHOD_1: Self = Self {
        name: "method-1",
        shared: None,
        scenario: "method-1",
        mail: Mail::AnyTime,
        other_edits: 0,
        runs: RunsMax::Any,
        messages: 4,
    };
    pub(super) const METHOD_2: Self = Self {
        name: "method-2",
        shared: None,
        scenario: "method-2",
        mail: Mail::AsInScenario,
        other_edits: 0,
        runs: RunsMax::Times(1),
        messages: 4,
    };
    pub(super) const GUARDED: Self = Self {
        name: "guarded-move",
        shared: None,
        scenario: "guarded-move",
        mail: Mail::AnyTime,
        other_edits: 1,
        runs: RunsMax::Any,
        messages: 5,
    };

    /// Returns the whole proof.
    pub(super) fn text(&self) -> String {
        let own = format!("{}.smt2", self.name);
        [Some(WORLD), self.shared, Some(&own)].into_iter().flatten().map(file).collect()
    }

    /// Returns the proof without its checks.
    pub(super) fn definitions(&self) -> String {
        let text = self.text();
        text[..text.find(QUERIES).unwrap()].to_owned()
    }

    /// Returns the steps that the proof checks, in its order.
    pub(super) fn steps(&self) -> Vec<String> {
        let text = self.text();
        text.split('"').filter_map(|part| part.strip_suffix(" can occur")).map(str::to_owned).collect()
    }

    /// Returns the worlds that the proof covers, one for every combination of assumptions.
    pub(super) fn worlds(&self) -> Vec<World> {
        let mut spec = loaded(self.scenario);
        let past = spec.from.iter_mut().map(|past| &mut past.scenario);
        past.for_each(|past| past.site.messages = self.messages);
        let scenario = &mut spec.scenario;
        scenario.site.messages = self.messages;
        scenario.site.replication = Replication::Instant;
        scenario.environment.logon = true;
        scenario.environment.other_edits = self.other_edits;
        if self.mail == Mail::AnyTime {
            scenario.environment.delivery = Delivery::AnyTime;
            scenario.environment.owner_deletes = u8::try_from(self.messages).unwrap();
        }
        // One fault is enough, because the test renews the supply after every action.
        scenario.environment.faults_max = scenario.environment.faults_max.min(1);
        for run in scenario.administrators.iter_mut().flat_map(|administrator| &mut administrator.runs) {
            assert_eq!(run.procedure.name, self.name);
            run.runs_max = self.runs;
        }
        let worlds = worlds_of(&spec);
        assert!(!worlds.is_empty());
        worlds
    }
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/smt").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
