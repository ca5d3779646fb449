//! Paths to violations, found backwards: of each level the states that lead to a violation, and then the first path through them.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use stranded_model::state::State;

use super::ByAccount;
use super::accounts::{AccountNumber, SHARDS};
use super::shard::Of;
use super::shared_set::SharedSet;
use crate::engine::Path;
use crate::engine::exact::packed::Word;
use crate::engine::rules::Rules;

/// States of the next level, by account.
pub(super) struct Ahead<const WORDS: usize>(Vec<Vec<SharedSet<WORDS>>>);

impl<const WORDS: usize> Ahead<WORDS> {
    /// Returns the states that have this account.
    pub(super) fn of(&self, account: AccountNumber) -> SharedSet<WORDS> {
        self.0[account.shard()][account.index() as usize]
    }

    fn add(&mut self, states: &[Of<WORDS>]) {
        for (account, states) in states {
            let set = &mut self.0[account.shard()][account.index() as usize];
            *set = set.with(*states);
        }
    }

    fn remove(&mut self, states: &[Of<WORDS>]) {
        for (account, _) in states {
            self.0[account.shard()][account.index() as usize] = SharedSet::EMPTY;
        }
    }
}

impl<R: Rules, W: Word, const WORDS: usize> ByAccount<'_, R, W, WORDS> {
    /// Returns the first of the shortest paths to a violation of a property, in the order of the initial states and the choices. The
    /// nearest violations are in this level.
    pub(super) fn path_to(&mut self, property: usize, level: usize) -> Path<R::Choice> {
        let mut leading = self.leading_to(property, level).into_iter().map(FxHashMap::from_iter);
        let rules = self.asking.rules();
        let first = leading.next().unwrap_or_default();
        let initial = rules.initial().iter().find(|state| self.is_among(&first, state));
        let initial = initial.expect("a violation is reached from an initial state");
        let (mut actions, mut state) = (Vec::new(), initial.clone());
        for level in leading {
            let next = rules.choices().iter().find_map(|choice| {
                let next = rules.occur(&state, choice).ok()?.state;
                self.is_among(&level, &next).then_some((choice, next))
            });
            let (choice, next) = next.expect("a state that leads to a violation has a successor that does");
            actions.push(*choice);
            state = next;
        }
        Path { initial: initial.clone(), actions }
    }

    fn is_among(&self, level: &FxHashMap<AccountNumber, SharedSet<WORDS>>, state: &State) -> bool {
        let number = self.asking.number(state);
        number
            .is_ok_and(|(account, itself)| level.get(&account).is_some_and(|states| !states.common(itself).is_empty()))
    }

    /// Returns, for each level up to this one, the states on shortest paths to the violations of a property that are in this level.
    fn leading_to(&mut self, property: usize, level: usize) -> Vec<Vec<Of<WORDS>>> {
        let Self { asking, shards, .. } = self;
        let violating = shards.par_iter_mut().flat_map_iter(|shard| shard.violating(asking, property, level));
        let mut levels: Vec<Vec<Of<WORDS>>> = vec![violating.collect()];
        let empty = |shard| vec![SharedSet::EMPTY; asking.accounts().count(shard)];
        let mut ahead = Ahead((0..SHARDS).map(empty).collect());
        for level in (0..level).rev() {
            let next = levels.last().map_or(&[][..], Vec::as_slice);
            ahead.add(next);
            let leading = shards.par_iter_mut().flat_map_iter(|shard| shard.leading_to(asking, &ahead, level));
            let leading = leading.collect();
            ahead.remove(next);
            levels.push(leading);
        }
        levels.reverse();
        levels
    }
}
