//! The shortest sequence of letters that one side has and the other lacks: a breadth-first search over pairs of a state of the one
//! and the states in which the other can be after the same letters. The other side lacks a sequence if there is no such state.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use stranded_model::action::Action;
use stranded_model::state::State;

use super::side::{Edge, Letters, Side};
use crate::engine::{Limits, Path, Truncation};

/// The result of a search in one direction.
#[derive(Clone, Debug)]
pub struct Inclusion {
    /// The shortest behaviour that the other side lacks, if one was found.
    pub difference: Option<Difference>,
    /// The number of pairs that were reached.
    pub pairs: usize,
    /// The bound reached, if the search is not complete.
    pub truncated: Option<Truncation>,
}

/// A behaviour that the other side lacks.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The path. The other side lacks its last action, or its initial state if it has no action.
    pub path: Path,
    /// The actions that the other side can take instead of the last one, each with a state in which it is then.
    pub instead: Vec<(State, Action)>,
}

/// The states in which the other side can be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Matching {
    states: Box<[usize]>,
    /// True if the model could not represent some of them.
    is_incomplete: bool,
}

/// A pair that was reached: its distance from the start, and the pair and the action before it.
#[derive(Clone, Copy)]
struct Reached {
    depth: usize,
    before: Option<(usize, Action)>,
}

/// A search in one direction.
struct Searching<'s, 'w> {
    one: &'s mut Side<'w>,
    other: &'s mut Side<'w>,
    letters: &'s mut Letters,
    matchings: IndexSet<Matching, FxBuildHasher>,
    /// The pairs in the order in which they were reached: a state of the one side, and a number of states of the other.
    pairs: IndexSet<(usize, usize), FxBuildHasher>,
    reached: Vec<Reached>,
    truncated: Option<Truncation>,
}

/// The number of pairs between two checks of the limits.
const PAIRS_PER_CHECK: usize = 64;

/// Searches the shortest behaviour that the one side has and the other lacks.
pub(super) fn search<'w>(
    one: &mut Side<'w>,
    other: &mut Side<'w>,
    letters: &mut Letters,
    limits: &Limits<'_>,
) -> Inclusion {
    let (matchings, pairs) = (IndexSet::default(), IndexSet::default());
    let mut searching =
        Searching { one, other, letters, matchings, pairs, reached: Vec::new(), truncated: limits.limit_reached() };
    let difference =
        if searching.truncated.is_some() { None } else { searching.start().or_else(|| searching.run(limits)) };
    Inclusion { difference, pairs: searching.pairs.len(), truncated: searching.truncated }
}

impl Searching<'_, '_> {
    /// Pairs each initial state with those of the other side that look the same. Returns one that has none.
    fn start(&mut self) -> Option<Difference> {
        let seen = |side: &mut Side<'_>| {
            let initial = side.world.initial.clone();
            let seen = |state: State| (side.seen(&state), side.number(state));
            initial.into_iter().map(seen).collect::<Vec<_>>()
        };
        let (ours, theirs) = (seen(self.one), seen(self.other));
        for (view, state) in ours {
            let same = theirs.iter().filter(|(other, _)| *other == view).map(|(_, state)| *state);
            let matching = Matching::of(same.collect(), false);
            if matching.states.is_empty() {
                let path = Path { initial: self.one.states[state].clone(), actions: Vec::new() };
                return Some(Difference { path, instead: Vec::new() });
            }
            self.reach(state, matching, Reached { depth: 0, before: None });
        }
        None
    }

    fn reach(&mut self, state: usize, matching: Matching, reached: Reached) {
        let matching = self.matchings.insert_full(matching).0;
        if self.pairs.insert((state, matching)) {
            self.reached.push(reached);
        }
    }

    /// Expands the pairs, the nearest first, until one has an action that the other side lacks.
    fn run(&mut self, limits: &Limits<'_>) -> Option<Difference> {
        let mut at = 0;
        while let Some((state, matching)) = self.pairs.get_index(at).copied() {
            if at.is_multiple_of(PAIRS_PER_CHECK) {
                self.truncated = self.truncated.or_else(|| limits.limit_reached());
                if self.truncated.is_some_and(|truncated| truncated != Truncation::Versions) {
                    return None;
                }
            }
            if let Some(max) = limits.states_max.filter(|max| self.pairs.len() > *max) {
                self.truncated = Some(Truncation::States(max));
                return None;
            }
            let found = self.expand(at, state, matching, limits.depth_max);
            if found.is_some() {
                return found;
            }
            at += 1;
        }
        None
    }

    fn expand(&mut self, at: usize, state: usize, matching: usize, depth_max: Option<usize>) -> Option<Difference> {
        self.one.expand(state, self.letters);
        let matching = self.matchings[matching].clone();
        let depth = self.reached[at].depth + 1;
        let successors = self.one.successors(state);
        if successors.is_bounded {
            self.truncated = self.truncated.or(Some(Truncation::Versions));
        }
        let edges: Vec<Edge> = successors.edges.to_vec();
        if let Some(max) = depth_max.filter(|max| depth > *max && !edges.is_empty()) {
            self.truncated = self.truncated.or(Some(Truncation::Depth(max)));
            return None;
        }
        for other in &matching.states {
            self.other.expand(*other, self.letters);
        }
        for edges in edges.chunk_by(|edge, next| edge.letter == next.letter) {
            let after = self.after(&matching, edges[0].letter);
            if after.states.is_empty() && !after.is_incomplete {
                return Some(self.difference(at, edges[0].action, &matching));
            }
            if after.states.is_empty() {
                self.truncated = self.truncated.or(Some(Truncation::Versions));
                continue;
            }
            for edge in edges {
                self.reach(edge.to, after.clone(), Reached { depth, before: Some((at, edge.action)) });
            }
        }
        None
    }

    /// Returns the states in which the other side can be after one more letter.
    fn after(&self, matching: &Matching, letter: usize) -> Matching {
        let (mut states, mut is_incomplete) = (Vec::new(), matching.is_incomplete);
        for state in &matching.states {
            let successors = self.other.successors(*state);
            is_incomplete |= successors.is_bounded;
            states.extend(successors.with(letter).map(|edge| edge.to));
        }
        Matching::of(states, is_incomplete)
    }

    fn difference(&self, at: usize, last: Action, matching: &Matching) -> Difference {
        let mut actions = vec![last];
        let mut number = at;
        while let Some((before, action)) = self.reached[number].before {
            actions.push(action);
            number = before;
        }
        actions.reverse();
        let initial = self.one.states[self.pairs[number].0].clone();
        Difference { path: Path { initial, actions }, instead: self.instead(self.pairs[at].0, last, matching) }
    }

    /// Returns the actions of the same actor that the other side can take and this side cannot, each once.
    fn instead(&self, state: usize, last: Action, matching: &Matching) -> Vec<(State, Action)> {
        let ours = self.one.successors(state);
        let mut letters: Vec<usize> = Vec::new();
        let mut instead = Vec::new();
        for state in &matching.states {
            for edge in &self.other.successors(*state).edges {
                let is_of_same_actor =
                    (edge.action.administrator(), edge.action.mailbox()) == (last.administrator(), last.mailbox());
                if is_of_same_actor && !letters.contains(&edge.letter) && ours.with(edge.letter).next().is_none() {
                    letters.push(edge.letter);
                    instead.push((self.other.states[*state].clone(), edge.action));
                }
            }
        }
        instead
    }
}

impl Matching {
    fn of(mut states: Vec<usize>, is_incomplete: bool) -> Self {
        states.sort_unstable();
        states.dedup();
        Self { states: states.into(), is_incomplete }
    }
}
