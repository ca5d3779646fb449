//! More about one moment: the whole state with what differs from the one before, every property with its values, what can be
//! done next and what cannot, and what would still save what.

use std::collections::BTreeMap;

use serde::Serialize;
use stranded_model::assumption::Assumption;
use stranded_model::procedure::Procedure;
use stranded_model::property::Safety;
use stranded_model::state::State;

use crate::report::difference::{self, Difference};
use crate::report::disabled;
use crate::report::values::{Standing, values};
use stranded_search::names;
use stranded_search::rescue::{self, Effect, RescueMap};
use stranded_search::scenario::Spec;
use stranded_search::state_view::{self, StateView};

use super::walk::{Stop, Walk};

/// The most different states of a way for which it is asked what would still save what.
const OUTLOOKS_MAX: usize = 300;

/// More about one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Detail {
    /// The whole state.
    pub state: StateView,
    /// What differs from the moment before.
    pub differences: Vec<Difference>,
    /// Every property, as it stands now.
    pub properties: Vec<Judged>,
    /// What can happen next.
    pub enabled: Vec<Possible>,
    /// What cannot, and why.
    pub disabled: Vec<Impossible>,
}

/// A property in one state.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// The property.
    pub name: &'static str,
    /// `true`, `not-at-rest` or `broken`.
    pub standing: &'static str,
    /// One sentence of values.
    pub says: String,
}

/// Something that can happen.
#[derive(Clone, Debug, Serialize)]
pub struct Possible {
    /// Its name.
    pub action: String,
    /// Who acts.
    pub actor: String,
    /// What happens.
    pub says: String,
    /// The moment that follows, where it cannot be asked for.
    pub then: Option<Box<super::document::Moment>>,
}

/// Something that cannot happen.
#[derive(Clone, Debug, Serialize)]
pub struct Impossible {
    /// Who would act.
    pub actor: String,
    /// What it would be.
    pub says: String,
    /// The guard that is false.
    pub because: String,
}

/// What would still save what.
#[derive(Clone, Debug, Serialize)]
pub struct Outlook {
    /// Whether there is nothing to save.
    pub whole: bool,
    /// What each procedure would do.
    pub rescues: Vec<RescueTold>,
}

/// What one procedure would do.
#[derive(Clone, Debug, Serialize)]
pub struct RescueTold {
    /// The procedure.
    pub procedure: String,
    /// `saves`, `declines`, `loses` or `unknown`.
    pub effect: &'static str,
    /// The messages that it can lose.
    pub loses: Vec<String>,
}

impl Detail {
    /// More about a moment of a way.
    #[must_use]
    pub fn of(walk: &Walk, number: usize) -> Self {
        let Stop { world, state, .. } = &walk.stops[number];
        let shown = state_view::show(&world.scenario, state);
        let differences = match number.checked_sub(1).map(|before| &walk.stops[before]) {
            Some(before) => difference::between(&state_view::show(&before.world.scenario, &before.state), &shown),
            None => Vec::new(),
        };
        let judged = |property: Safety| Judged {
            name: property.name(),
            standing: Standing::of(world, state, property).name(),
            says: values(world, state, property),
        };
        let (mut enabled, mut disabled) = (Vec::new(), Vec::new());
        for action in world.actions() {
            let actor = walk.origin.actor(world, action);
            match world.occur(state, action) {
                Ok(occurrence) => enabled.push(Possible {
                    action: names::action(world, state, action),
                    actor,
                    says: walk
                        .origin
                        .sentence(stranded_oracle::sentence::says(world, state, action, &occurrence), action),
                    then: None,
                }),
                Err(refusal) => disabled.push(Impossible {
                    actor,
                    says: walk.origin.sentence(disabled::wish(world, state, action), action),
                    because: disabled::because(world, state, action, refusal),
                }),
            }
        }
        Self { state: shown, differences, properties: Safety::ALL.map(judged).to_vec(), enabled, disabled }
    }
}

impl Outlook {
    /// What would still save what in one state.
    #[must_use]
    pub fn of(outlook: &rescue::Outlook) -> Self {
        let reported = |rescue: &rescue::Rescue| {
            let (effect, loses) = match &rescue.effect {
                Effect::Saves => ("saves", Vec::new()),
                Effect::Declines => ("declines", Vec::new()),
                Effect::Unknown => ("unknown", Vec::new()),
                Effect::Loses(lost) => {
                    ("loses", lost.iter().flat_map(|(_, messages)| names::messages(*messages)).collect())
                }
            };
            RescueTold { procedure: rescue.procedure.clone(), effect, loses }
        };
        Self { whole: outlook.is_whole, rescues: outlook.rescues.iter().map(reported).collect() }
    }
}

/// Asks what would still save what; the same question is asked once.
pub struct Outlooks {
    procedures: Vec<Procedure>,
    answered: Vec<Assumption>,
    known: BTreeMap<State, rescue::Outlook>,
}

impl Outlooks {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new(spec: &Spec) -> Self {
        Self { procedures: rescue::procedures(spec), answered: spec.touches(), known: BTreeMap::new() }
    }

    /// What would still save what at every stop of a way, which may repeat for ever; nothing, if it has too many different states.
    #[must_use]
    pub fn map(mut self, walk: &Walk, repeats: bool) -> Option<RescueMap> {
        let mut outlooks = Vec::new();
        for stop in &walk.stops {
            if self.known.len() > OUTLOOKS_MAX {
                return None;
            }
            outlooks.push(self.at(stop));
        }
        let end = walk.end();
        Some(RescueMap::of(outlooks, repeats || rescue::is_final(&end.world, &end.state)))
    }

    /// What would still save what at one stop.
    pub fn at(&mut self, stop: &Stop) -> rescue::Outlook {
        if let Some(known) = self.known.get(&stop.state) {
            return known.clone();
        }
        let outlook = rescue::Outlook {
            is_whole: stop.state.accounts.values().all(rescue::is_whole),
            rescues: rescue::rescues(&stop.world, &stop.state, &self.procedures, &self.answered),
        };
        self.known.insert(stop.state.clone(), outlook.clone());
        outlook
    }
}
