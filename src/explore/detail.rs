//! The details of one moment: the state with its differences from the previous one, the properties with their values, the enabled
//! and the disabled actions, and the effects of procedures.

use std::collections::BTreeMap;

use serde::Serialize;
use stranded_model::Refusal;
use stranded_model::assumption::Assumption;
use stranded_model::procedure::Procedure;
use stranded_model::property::Safety;
use stranded_model::state::State;

use crate::report::change;
use crate::report::remedy::{self, ProcedureRemedy, Remedy};
use crate::report::values::{PropertyStatus, values};
use stranded_oracle::sentence::{self, Mood};
use stranded_search::names;
use stranded_search::rescue::{self, RescueMap};
use stranded_search::scenario::Spec;
use stranded_search::state_view::{self, StateView};

use super::open_trace::{OpenTrace, VisitedState};

/// The most different states of a trace at which procedures are tried.
const OUTLOOKS_MAX: usize = 300;

/// The details of one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Detail {
    /// The whole state.
    pub state: StateView,
    /// The changes from the previous moment, in words.
    pub changes: Vec<String>,
    /// The properties in this state.
    pub properties: Vec<PropertyValue>,
    /// The enabled actions.
    pub enabled: Vec<Possible>,
    /// The disabled actions, with the reasons.
    pub disabled: Vec<Impossible>,
}

/// A property in one state.
#[derive(Clone, Debug, Serialize)]
pub struct PropertyValue {
    /// The property.
    pub name: &'static str,
    /// `true`, `not-quiescent` or `broken`.
    pub standing: &'static str,
    /// The values in one sentence.
    pub says: String,
}

/// An enabled action.
#[derive(Clone, Debug, Serialize)]
pub struct Possible {
    /// The name of the action.
    pub action: String,
    /// The actor.
    pub actor: String,
    /// The sentence of the action.
    pub says: String,
    /// The next moment, in a page that is a file.
    pub then: Option<Box<super::document::Moment>>,
}

/// A disabled action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Impossible {
    /// The actor.
    pub actor: String,
    /// The sentence of the action.
    pub says: String,
    /// The guard that is false.
    pub because: String,
}

/// The effects of all procedures in one state.
#[derive(Clone, Debug, Serialize)]
pub struct OutlookView {
    /// True if there is nothing to recover.
    pub whole: bool,
    /// The effect of each procedure.
    pub rescues: Vec<RescueEntry>,
}

/// The effect of one procedure.
#[derive(Clone, Debug, Serialize)]
pub struct RescueEntry {
    /// The procedure.
    pub procedure: String,
    /// The name of the effect; see [`Remedy::name`].
    pub effect: &'static str,
    /// The messages that it can lose.
    pub loses: Vec<String>,
}

impl Detail {
    /// Returns the details of a moment of a trace.
    #[must_use]
    pub fn of(trace: &OpenTrace, number: usize) -> Self {
        let VisitedState { world, state, .. } = &trace.visited[number];
        let shown = state_view::show(&world.scenario, state);
        let owner = |name: &str| trace.origin.owner(name);
        let changes = match number.checked_sub(1).map(|before| &trace.visited[before]) {
            Some(before) => {
                let before = state_view::show(&before.world.scenario, &before.state);
                change::in_words(&before, &shown, &world.scenario, &owner)
            }
            None => Vec::new(),
        };
        let judged = |property: Safety| PropertyValue {
            name: property.name(),
            standing: PropertyStatus::of(world, state, property).name(),
            says: values(world, state, property, &owner),
        };
        let (mut enabled, mut disabled) = (Vec::new(), Vec::new());
        for action in world.actions() {
            let actor = trace.origin.actor(world, action);
            match world.occur(state, action) {
                Ok(occurrence) => enabled.push(Possible {
                    action: names::action(world, state, action),
                    actor,
                    says: trace
                        .origin
                        .sentence(sentence::says(world, state, action, Mood::Happened(&occurrence)), action),
                    then: None,
                }),
                // The step takes another message, which is listed; a reader does not choose.
                Err(Refusal::AnotherTaken) => {}
                Err(refusal) => {
                    let says = trace.origin.sentence(sentence::says(world, state, action, Mood::Attempted), action);
                    let because = sentence::refused(world, state, action, refusal);
                    let impossible = Impossible { actor, says, because };
                    // Different actions with the same words need one line.
                    if !disabled.contains(&impossible) {
                        disabled.push(impossible);
                    }
                }
            }
        }
        Self { state: shown, changes, properties: Safety::ALL.map(judged).to_vec(), enabled, disabled }
    }
}

impl OutlookView {
    /// Returns the effects of all procedures in one state, which depend on nothing else.
    #[must_use]
    pub fn of(outlook: &rescue::Outlook) -> Self {
        Self { whole: outlook.is_whole, rescues: remedy::in_state(outlook).into_iter().map(entry).collect() }
    }

    /// Returns the effects of all procedures in every state of a trace.
    #[must_use]
    pub fn along(map: &RescueMap) -> Vec<Self> {
        map.outlooks.iter().map(Self::of).collect()
    }
}

fn entry((procedure, remedy): ProcedureRemedy) -> RescueEntry {
    let effect = remedy.name();
    let loses = if let Remedy::Destroys(messages) = remedy { messages } else { Vec::new() };
    RescueEntry { procedure, effect, loses }
}

/// Tries procedures in states, each state once.
pub struct Outlooks {
    procedures: Vec<Procedure>,
    answered: Vec<Assumption>,
    known: BTreeMap<State, rescue::Outlook>,
}

impl Outlooks {
    /// Starts without known states.
    #[must_use]
    pub fn new(spec: &Spec) -> Self {
        Self { procedures: rescue::procedures(spec), answered: spec.touches(), known: BTreeMap::new() }
    }

    /// Returns the effects at every state of a trace, which may repeat forever; `None` if the trace has too many different states.
    #[must_use]
    pub fn map(mut self, trace: &OpenTrace, repeats: bool) -> Option<RescueMap> {
        let mut outlooks = Vec::new();
        for visited in &trace.visited {
            if self.known.len() > OUTLOOKS_MAX {
                return None;
            }
            outlooks.push(self.at(visited));
        }
        let end = trace.end();
        Some(RescueMap::of(outlooks, repeats || rescue::is_final(&end.world, &end.state)))
    }

    /// Returns the effects in one state.
    pub fn at(&mut self, visited: &VisitedState) -> rescue::Outlook {
        if let Some(known) = self.known.get(&visited.state) {
            return known.clone();
        }
        let outlook = rescue::Outlook::of(&visited.world, &visited.state, &self.procedures, &self.answered);
        self.known.insert(visited.state.clone(), outlook.clone());
        outlook
    }
}
