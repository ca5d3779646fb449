//! One side of a comparison: the states of a world, expanded when they are needed.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use stranded_model::action::Action;
use stranded_model::state::State;
use stranded_model::{Refusal, World};

use super::letter::{Alphabet, Letter, Translation};
use crate::state_view::{self, StateView};

/// The letters of both sides by number.
pub(super) type Letters = IndexSet<Letter, FxBuildHasher>;

/// The states of a world.
pub(super) struct Side<'a> {
    pub(super) world: &'a World,
    translation: Translation,
    pub(super) states: IndexSet<State, FxBuildHasher>,
    successors: Vec<Option<Successors>>,
}

/// The successors of a state.
pub(super) struct Successors {
    /// The actions with their letters, sorted by letter.
    pub(super) edges: Box<[Edge]>,
    /// True if the model cannot represent the state after some action.
    pub(super) is_bounded: bool,
}

/// An action that is possible in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    /// The number of the letter.
    pub(super) letter: usize,
    pub(super) action: Action,
    /// The number of the state after it.
    pub(super) to: usize,
}

impl Successors {
    /// The actions with this letter.
    pub(super) fn with(&self, letter: usize) -> impl Iterator<Item = &Edge> {
        let first = self.edges.partition_point(|edge| edge.letter < letter);
        self.edges[first..].iter().take_while(move |edge| edge.letter == letter)
    }
}

impl<'a> Side<'a> {
    pub(super) fn of(world: &'a World, alphabet: &mut Alphabet) -> Self {
        let translation = alphabet.translation(world);
        Self { world, translation, states: IndexSet::default(), successors: Vec::new() }
    }

    /// Returns the number of a state.
    pub(super) fn number(&mut self, state: State) -> usize {
        let (number, is_new) = self.states.insert_full(state);
        if is_new {
            self.successors.push(None);
        }
        number
    }

    /// Computes the successors of a state, unless they are known.
    pub(super) fn expand(&mut self, at: usize, letters: &mut Letters) {
        if self.successors[at].is_none() {
            let successors = self.computed(at, letters);
            self.successors[at] = Some(successors);
        }
    }

    /// The successors of a state that was expanded.
    pub(super) fn successors(&self, at: usize) -> &Successors {
        self.successors[at].as_ref().expect("the state was expanded")
    }

    fn computed(&mut self, at: usize, letters: &mut Letters) -> Successors {
        let state = self.states[at].clone();
        let (mut edges, mut is_bounded) = (Vec::new(), false);
        for action in self.world.actions() {
            match self.world.occur(&state, action) {
                Ok(occurrence) => {
                    let letter = self.translation.letter(self.world, &state, action, &occurrence);
                    let letter = letters.insert_full(letter).0;
                    edges.push(Edge { letter, action: *action, to: self.number(occurrence.state) });
                }
                Err(Refusal::VersionsUsedUp) => is_bounded = true,
                Err(_) => {}
            }
        }
        edges.sort_unstable();
        Successors { edges: edges.into(), is_bounded }
    }

    /// Returns a state as an observer sees it at the start: directory, stores, transport and history, without what only programs, versions
    /// and supplies distinguish.
    pub(super) fn seen(&self, state: &State) -> StateView {
        let mut view = state_view::show(&self.world.scenario, state);
        view.faults_left = 0;
        for account in view.mailboxes.values_mut() {
            account.administrators.clear();
            account.remembered = None;
            account.late = None;
            (account.edits_left, account.deletes_left) = (0, 0);
            for recipient in account.directory.values_mut().flatten() {
                (recipient.version, recipient.changed, recipient.signature) = (0, 0, 0);
            }
            for contents in account.stores.values_mut().chain(account.hidden.values_mut()).flatten() {
                contents.recent.clear();
                contents.expunged.clear();
            }
        }
        view
    }
}
