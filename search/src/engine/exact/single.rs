//! One mailbox: a state is the numbers of its parts, and each state is met once, so each is stepped from the model.

use std::sync::atomic::{AtomicBool, Ordering};

use stranded_model::coverage::Coverage;
use stranded_model::id::{Id, MailboxId};
use stranded_model::state::{Account, Mailbox, Program, Shared, State};
use stranded_model::table::{PerAdministrator, PerServer, Table};

use super::parts::{Directory, Known, Ledger, Numbered, Parts};
use super::space::{Judged, Space, TooNarrow};
use super::word::{Field, Word};
use crate::engine::rules::Rules;

const SHARED: Field = Field { shift: 0, bits: 16 };
const DIRECTORY: Field = Field { shift: 16, bits: 26 };
const LEDGER: Field = Field { shift: 42, bits: 26 };
const STORES: Field = Field { shift: 68, bits: 30 };
const PROGRAMS: Field = Field { shift: 98, bits: 30 };

/// A world with one mailbox.
pub(in crate::engine) struct Single<R> {
    rules: R,
    directories: Numbered<Directory>,
    ledgers: Numbered<Ledger>,
    stores: Numbered<PerServer<Mailbox>>,
    programs: Numbered<PerAdministrator<Program>>,
    shared: Numbered<Shared>,
    too_narrow: AtomicBool,
}

/// What one thread knows of the parts, and what it saw happen.
pub(in crate::engine) struct Scratch {
    directories: Known<Directory>,
    ledgers: Known<Ledger>,
    stores: Known<PerServer<Mailbox>>,
    programs: Known<PerAdministrator<Program>>,
    shared: Known<Shared>,
    coverage: Coverage,
}

impl<R: Rules> Single<R> {
    pub(in crate::engine) fn new(rules: R) -> Self {
        Self {
            rules,
            directories: Numbered::default(),
            ledgers: Numbered::default(),
            stores: Numbered::default(),
            programs: Numbered::default(),
            shared: Numbered::default(),
            too_narrow: AtomicBool::new(false),
        }
    }

    fn put(&self, word: u128, field: Field, number: u32) -> u128 {
        if u64::from(number) >= field.capacity() {
            self.too_narrow.store(true, Ordering::Relaxed);
            return word;
        }
        word.with(field, number)
    }

    fn parts(&self, scratch: &mut Scratch, word: u128) -> Parts {
        Parts {
            directory: scratch.directories.value(&self.directories, word.field(DIRECTORY)),
            stores: scratch.stores.value(&self.stores, word.field(STORES)),
            programs: scratch.programs.value(&self.programs, word.field(PROGRAMS)),
            ledger: scratch.ledgers.value(&self.ledgers, word.field(LEDGER)),
        }
    }

    /// The word of a state.
    pub(in crate::engine) fn word(&self, scratch: &mut Scratch, State { accounts, shared }: &State) -> u128 {
        self.pack(scratch, None, &accounts[MailboxId::at(0)].clone().into(), shared)
    }

    /// The word of a state that differs from another one, whose word is known, in these parts.
    fn pack(
        &self,
        scratch: &mut Scratch,
        old: Option<(u128, &Parts, &Shared)>,
        parts: &Parts,
        shared: &Shared,
    ) -> u128 {
        let mut word = old.map_or(0, |(word, _, _)| word);
        let differs = |same: fn(&Parts, &Parts) -> bool| old.is_none_or(|(_, old, _)| !same(old, parts));
        if differs(|old, new| old.directory == new.directory) {
            let number = scratch.directories.number(&self.directories, &parts.directory);
            word = self.put(word, DIRECTORY, number);
        }
        if differs(|old, new| old.stores == new.stores) {
            let number = scratch.stores.number(&self.stores, &parts.stores);
            word = self.put(word, STORES, number);
        }
        if differs(|old, new| old.programs == new.programs) {
            let number = scratch.programs.number(&self.programs, &parts.programs);
            word = self.put(word, PROGRAMS, number);
        }
        if differs(|old, new| old.ledger == new.ledger) {
            let number = scratch.ledgers.number(&self.ledgers, &parts.ledger);
            word = self.put(word, LEDGER, number);
        }
        if old.is_none_or(|(_, _, old)| old != shared) {
            let number = scratch.shared.number(&self.shared, shared);
            word = self.put(word, SHARED, number);
        }
        word
    }
}

impl<R: Rules> Space for Single<R> {
    type Word = u128;
    type Scratch = Scratch;

    fn scratch(&self) -> Scratch {
        Scratch {
            directories: Known::default(),
            ledgers: Known::default(),
            stores: Known::default(),
            programs: Known::default(),
            shared: Known::default(),
            coverage: Coverage::of(self.rules.world()),
        }
    }

    fn initial(&mut self) -> Result<Vec<u128>, TooNarrow> {
        let mut scratch = self.scratch();
        let mut words: Vec<u128> = Vec::new();
        for state in self.rules.initial() {
            let word = self.word(&mut scratch, state);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        Ok(words)
    }

    fn prepare(&mut self, _: &[u128]) -> Result<(), TooNarrow> {
        Ok(())
    }

    fn expand(&self, scratch: &mut Scratch, word: u128, found: &mut impl FnMut(u16, u128)) -> Judged {
        let parts = self.parts(scratch, word);
        let account = Account::from(parts.clone());
        let shared = scratch.shared.value(&self.shared, word.field(SHARED));
        scratch.coverage.note_account(self.rules.world(), &account, &shared);
        for (index, choice) in (0..).zip(self.rules.choices()) {
            let Ok(change) = self.rules.change(&account, &shared, choice) else { continue };
            scratch.coverage.note_action(self.rules.world(), &R::action(choice), change.step.as_ref());
            let next = Parts::from(change.account);
            let next = self.pack(scratch, Some((word, &parts, &shared)), &next, &change.shared);
            if next != word {
                found(index, next);
            }
        }
        Judged::of(&self.rules, &account, &shared)
    }

    fn judge(&self, scratch: &mut Scratch, word: u128) -> Judged {
        let account = self.parts(scratch, word).into();
        let shared = scratch.shared.value(&self.shared, word.field(SHARED));
        Judged::of(&self.rules, &account, &shared)
    }

    fn follow(&self, scratch: &mut Scratch, word: u128, choice: u16) -> Option<u128> {
        let parts = self.parts(scratch, word);
        let shared = scratch.shared.value(&self.shared, word.field(SHARED));
        let choice = self.rules.choices().get(usize::from(choice))?;
        let change = self.rules.change(&parts.clone().into(), &shared, choice).ok()?;
        Some(self.pack(scratch, Some((word, &parts, &shared)), &change.account.into(), &change.shared))
    }

    fn unpack(&self, scratch: &mut Scratch, word: u128) -> State {
        let account: Account = self.parts(scratch, word).into();
        let shared = scratch.shared.value(&self.shared, word.field(SHARED));
        State { accounts: Table::of(1, |_| account.clone()), shared }
    }

    fn in_state(&self, _: &State, _: u128, choice: u16) -> u16 {
        choice
    }

    fn stands_for(&self, _: u128) -> u64 {
        1
    }

    fn coverage(&self, scratch: &Scratch) -> Coverage {
        scratch.coverage.clone()
    }

    fn is_too_narrow(&self) -> bool {
        self.too_narrow.load(Ordering::Relaxed)
    }
}
