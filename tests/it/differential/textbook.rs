//! Liveness by its definition, for small worlds and for every mailbox: a property is violated if a fair path exists on which a mailbox
//! never reaches it.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::liveness::Liveness;
use stranded_model::state::State;

/// The verdict on a liveness property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LivenessVerdict {
    Vacuous,
    Holds,
    Violated,
}

/// All states of a world with their enabled actions. States are numbered.
pub(crate) struct Reachable<'a> {
    world: &'a World,
    states: Vec<State>,
    steps: Vec<Vec<(Action, usize)>>,
}

impl<'a> Reachable<'a> {
    /// Finds all states.
    pub(crate) fn of(world: &'a World) -> Self {
        let mut numbers: BTreeMap<State, usize> = BTreeMap::new();
        let mut found = Self { world, states: Vec::new(), steps: Vec::new() };
        for state in &world.initial {
            found.number(&mut numbers, state);
        }
        while found.steps.len() < found.states.len() {
            let state = found.states[found.steps.len()].clone();
            let steps = world.enabled(&state).map(|(action, next)| (action, found.number(&mut numbers, &next)));
            let steps = steps.collect();
            found.steps.push(steps);
        }
        found
    }

    fn number(&mut self, numbers: &mut BTreeMap<State, usize>, state: &State) -> usize {
        *numbers.entry(state.clone()).or_insert_with(|| {
            self.states.push(state.clone());
            self.states.len() - 1
        })
    }

    /// Returns the verdict on a property.
    pub(crate) fn verdict(&self, property: Liveness) -> LivenessVerdict {
        let of_mailbox = |mailbox| {
            let is_reached = |number: &usize| property.is_reached(self.world, &self.states[*number], mailbox);
            let never: BTreeSet<usize> = (0..self.states.len()).filter(|number| !is_reached(number)).collect();
            match (never.is_empty(), self.can_stay_in(&never)) {
                (true, _) => LivenessVerdict::Vacuous,
                (false, true) => LivenessVerdict::Violated,
                (false, false) => LivenessVerdict::Holds,
            }
        };
        self.states[0].accounts.ids().map(of_mailbox).max().unwrap()
    }

    fn is_fair(&self, state: usize, action: &Action) -> bool {
        self.world.is_fair(&self.states[state], action)
    }

    /// Returns true if a fair path can stay in these states for ever.
    fn can_stay_in(&self, states: &BTreeSet<usize>) -> bool {
        let after: BTreeMap<usize, BTreeSet<usize>> =
            states.iter().map(|state| (*state, self.reachable(*state, states))).collect();
        let mut rest = states.clone();
        while let Some(state) = rest.first().copied() {
            let around: BTreeSet<usize> =
                after[&state].iter().copied().filter(|other| after[other].contains(&state)).collect();
            rest.retain(|other| !around.contains(other));
            let steps =
                || around.iter().flat_map(|from| self.steps[*from].iter().map(move |(action, to)| (from, action, to)));
            let fair = || steps().filter(|(from, action, _)| self.is_fair(**from, action));
            let taken: BTreeSet<Action> =
                fair().filter(|(_, _, to)| around.contains(to)).map(|(_, action, _)| *action).collect();
            let postponing: BTreeSet<usize> =
                fair().filter(|(_, action, _)| !taken.contains(action)).map(|(from, _, _)| *from).collect();
            let kept: BTreeSet<usize> = around.difference(&postponing).copied().collect();
            if postponing.is_empty() || self.can_stay_in(&kept) {
                return true;
            }
        }
        false
    }

    /// Returns the state and those that are reachable from it through these states.
    fn reachable(&self, state: usize, through: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([state]);
        let mut found = vec![state];
        while let Some(at) = found.pop() {
            for (_, next) in &self.steps[at] {
                if through.contains(next) && reached.insert(*next) {
                    found.push(*next);
                }
            }
        }
        reached
    }
}
