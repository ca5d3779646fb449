//! Back from words to states: the way to a state that was found, and the states that a word stands for.

use itertools::Itertools;
use stranded_model::id::{Id, MailboxId};
use stranded_model::state::{Account, State};
use stranded_model::table::Table;

use super::searching::Searching;
use super::space::{Space, TooNarrow};
use crate::engine::Path;
use crate::engine::rules::Rules;

impl<R: Rules, S: Space> Searching<'_, R, S> {
    /// The way to the state of this number, with the names that things have on it.
    pub(super) fn path_to(&mut self, number: u32) -> Result<Path<R::Choice>, TooNarrow> {
        let mut taken = Vec::new();
        let mut at = number;
        while self.from[at as usize].0 != at {
            let (before, choice) = self.from[at as usize];
            taken.push(choice);
            at = before;
        }
        taken.reverse();
        self.path(self.initial[at as usize], taken)
    }

    /// The way that these choices take from a state of the start.
    pub(super) fn path(&mut self, initial: S::Word, taken: Vec<u16>) -> Result<Path<R::Choice>, TooNarrow> {
        let scratch = &mut self.space.scratch();
        let mut word = initial;
        let initial = self.space.unpack(scratch, word);
        let mut state = initial.clone();
        let mut choices = Vec::new();
        for wanted in taken {
            self.space.prepare(&[word])?;
            let choice = self.space.in_state(&state, word, wanted);
            let choice = self.rules.choices()[usize::from(choice)];
            let next = self.rules.occur(&state, &choice);
            state = next.expect("a state is reached from the one before it by this choice").state;
            choices.push(choice);
            word = self.space.follow(scratch, word, wanted).expect("what is possible in a state is in its word");
        }
        Ok(Path { initial, actions: choices })
    }

    /// The states in which every mailbox is at rest, those that differ by an exchange of mailboxes included.
    pub(super) fn quiescent_states(&self) -> Vec<State> {
        let scratch = &mut self.space.scratch();
        let states = self.quiescent.iter().map(|word| self.space.unpack(scratch, *word));
        if !self.limits.symmetry {
            return states.collect();
        }
        states.flat_map(|state| permuted(&state)).collect()
    }
}

/// A state, and every other that differs from it only by an exchange of mailboxes.
pub(in crate::engine) fn permuted(state: &State) -> Vec<State> {
    let accounts: Vec<&Account> = state.accounts.values().collect();
    let orders = accounts.iter().copied().permutations(accounts.len()).unique();
    let ordered = |order: Vec<&Account>| State {
        accounts: Table::of(order.len(), |mailbox: MailboxId| order[mailbox.index()].clone()),
        shared: state.shared.clone(),
    };
    orders.map(ordered).collect()
}
