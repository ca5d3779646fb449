//! States by account: those of the accounts whose numbers end alike.

use std::mem::take;
use std::ops::Range;

use stranded_model::property::InvariantBits;

use super::accounts::{AccountNumber, Accounts, SHARDS};
use super::answers::Answers;
use super::asking::Asking;
use super::paths::Ahead;
use super::shared_set::SharedSet;
use crate::engine::exact::packed::{StateFacts, Word};
use crate::engine::rules::Rules;

/// The most accounts of a shard that are expanded before their successors are added.
const ROUND: usize = 1024;
/// The number of levels after which the answers about an account are forgotten if the search does not meet it again.
const LEVELS_KEPT: usize = 4;

/// States with one account.
pub(super) type Of<const WORDS: usize> = (AccountNumber, SharedSet<WORDS>);
/// States with one account, by its index in the shard.
pub(super) type OfIndex<const WORDS: usize> = (u32, SharedSet<WORDS>);

/// The states of a shard.
pub(super) struct Shard<const WORDS: usize> {
    number: usize,
    accounts: Vec<OfAccount<WORDS>>,
    /// The states, level by level.
    reached: Vec<OfIndex<WORDS>>,
    /// The end of each level in `reached`.
    ends: Vec<usize>,
    /// The accounts with states in the next level.
    next: Vec<u32>,
    violated: InvariantBits,
}

/// The states with one account.
struct OfAccount<const WORDS: usize> {
    visited: SharedSet<WORDS>,
    /// Those among them that belong to the next level.
    next: SharedSet<WORDS>,
    answers: Answers<WORDS>,
    /// The facts of the states while some service is down, and while all services answer.
    facts: [Option<StateFacts>; 2],
    /// The newest level that has such states.
    level: u32,
}

/// States that were found, by the shard of their account.
#[derive(Default)]
pub(super) struct Found<const WORDS: usize>([Vec<OfIndex<WORDS>>; SHARDS]);

impl<const WORDS: usize> Found<WORDS> {
    pub(super) fn push(&mut self, account: AccountNumber, states: SharedSet<WORDS>) {
        self.0[account.shard()].push((account.index(), states));
    }

    pub(super) fn clear(&mut self) {
        self.0.iter_mut().for_each(Vec::clear);
    }

    pub(super) fn count(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

impl<const WORDS: usize> Shard<WORDS> {
    pub(super) fn new(number: usize) -> Self {
        Self { number, accounts: Vec::new(), reached: Vec::new(), ends: vec![0], next: Vec::new(), violated: 0 }
    }

    /// The number of levels.
    pub(super) fn levels(&self) -> usize {
        self.ends.len() - 1
    }

    /// The states of the newest level.
    pub(super) fn newest(&self) -> &[OfIndex<WORDS>] {
        self.left(0)
    }

    fn range(&self, level: usize) -> Range<usize> {
        self.ends[level]..self.ends[level + 1]
    }

    /// The states of the newest level that are expanded in this round.
    pub(super) fn round(&self, round: usize) -> &[OfIndex<WORDS>] {
        &self.reached[self.range_of(round)]
    }

    /// The states of the newest level that are not yet expanded before this round.
    pub(super) fn left(&self, round: usize) -> &[OfIndex<WORDS>] {
        &self.reached[self.range_of(round).start..]
    }

    fn range_of(&self, round: usize) -> Range<usize> {
        let Range { start, end } = self.range(self.levels() - 1);
        (start + round * ROUND).min(end)..(start + (round + 1) * ROUND).min(end)
    }

    /// A bit for each property that some state violates.
    pub(super) fn violated(&self) -> InvariantBits {
        self.violated
    }

    /// Expands and judges the states of a round.
    pub(super) fn expand<R: Rules, W: Word>(
        &mut self,
        asking: &Asking<'_, R, W, WORDS>,
        round: usize,
        found: &mut Found<WORDS>,
    ) {
        let scratch = &mut *asking.scratch();
        let mut violated = self.violated;
        self.each(self.range_of(round), |number, account, states| {
            asking
                .each(scratch, number, &mut account.answers, states, |to, states, by| found.push(to, states.moved(by)));
            violated |= violated_by(asking.facts(scratch, number, &mut account.facts, states));
        });
        self.violated = violated;
    }

    /// Judges the newest level without expanding it.
    pub(super) fn judge<R: Rules, W: Word>(&mut self, asking: &Asking<'_, R, W, WORDS>) {
        let scratch = &mut *asking.scratch();
        let mut violated = self.violated;
        self.each(self.range(self.levels() - 1), |number, account, states| {
            violated |= violated_by(asking.facts(scratch, number, &mut account.facts, states));
        });
        self.violated = violated;
    }

    /// Returns the states of a level that violate a property.
    pub(super) fn violating<R: Rules, W: Word>(
        &mut self,
        asking: &Asking<'_, R, W, WORDS>,
        property: usize,
        level: usize,
    ) -> Vec<Of<WORDS>> {
        let scratch = &mut *asking.scratch();
        let mut violating = Vec::new();
        self.each(self.range(level), |number, account, states| {
            let facts = asking.facts(scratch, number, &mut account.facts, states);
            let parts = facts.filter(|(_, facts)| facts.violated & 1 << property != 0).map(|(part, _)| part);
            let some = parts.fold(SharedSet::EMPTY, SharedSet::with);
            violating.extend((!some.is_empty()).then_some((number, some)));
        });
        violating
    }

    /// Returns the states of a level that have a successor among those of `ahead`.
    pub(super) fn leading_to<R: Rules, W: Word>(
        &mut self,
        asking: &Asking<'_, R, W, WORDS>,
        ahead: &Ahead<WORDS>,
        level: usize,
    ) -> Vec<Of<WORDS>> {
        let scratch = &mut *asking.scratch();
        let mut leading = Vec::new();
        self.each(self.range(level), |number, OfAccount { answers, .. }, states| {
            let (were_forgotten, mut some) = (answers.are_forgotten(), SharedSet::EMPTY);
            asking.each(scratch, number, answers, states, |to, states, by| {
                some = some.with(states.moved(by).common(ahead.of(to)).moved(-by));
            });
            if were_forgotten {
                answers.forget();
            }
            leading.extend((!some.is_empty()).then_some((number, some)));
        });
        leading
    }

    /// Passes each account with states in this part of `reached`, and those states.
    fn each(
        &mut self,
        range: Range<usize>,
        mut take: impl FnMut(AccountNumber, &mut OfAccount<WORDS>, SharedSet<WORDS>),
    ) {
        for (index, states) in &self.reached[range] {
            take(AccountNumber::of(self.number, *index), &mut self.accounts[*index as usize], *states);
        }
    }

    /// Adds those of the found states that are new to the next level.
    pub(super) fn add<W: Word>(&mut self, accounts: &Accounts<W>, found: &[Found<WORDS>]) {
        self.accounts.resize_with(accounts.count(self.number), OfAccount::new);
        for (index, states) in found.iter().flat_map(|found| &found.0[self.number]) {
            let account = &mut self.accounts[*index as usize];
            let new = states.without(account.visited);
            if !new.is_empty() {
                if account.next.is_empty() {
                    self.next.push(*index);
                }
                account.visited = account.visited.with(new);
                account.next = account.next.with(new);
            }
        }
    }

    /// Makes the next level the newest one.
    pub(super) fn begin_level(&mut self) {
        let level = self.levels();
        for index in take(&mut self.next) {
            let account = &mut self.accounts[index as usize];
            account.level = level as u32;
            self.reached.push((index, take(&mut account.next)));
        }
        self.ends.push(self.reached.len());
        for at in level.checked_sub(LEVELS_KEPT).map_or(0..0, |old| self.range(old)) {
            let account = &mut self.accounts[self.reached[at].0 as usize];
            if account.level as usize + LEVELS_KEPT == level {
                account.answers.forget();
            }
        }
    }
}

impl<const WORDS: usize> OfAccount<WORDS> {
    fn new() -> Self {
        let (visited, next) = (SharedSet::EMPTY, SharedSet::EMPTY);
        Self { visited, next, answers: Answers::default(), facts: [None; 2], level: 0 }
    }
}

/// A bit for each property that states with these facts violate.
fn violated_by<const WORDS: usize>(facts: impl Iterator<Item = (SharedSet<WORDS>, StateFacts)>) -> InvariantBits {
    facts.fold(0, |violated, (_, facts)| violated | facts.violated)
}
