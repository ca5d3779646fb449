//! Packed states of a world with one mailbox. A word holds the numbers of the parts of a state. Almost every account
//! occurs in one state only, so every state is stepped by the model when it is expanded.

use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use stranded_model::coverage::Coverage;
use stranded_model::id::{Id, MailboxId, MessageSet};
use stranded_model::state::{Account, LateRequest, Mailbox, Program, Recipient, Record, Shared, State, Transport};
use stranded_model::table::{PerAdministrator, PerServer, Table};

use super::packed::{Field, StateFacts, StateSpace, TooNarrow, Word};
use crate::engine::rules::Rules;

/// The states of a world with one mailbox.
pub(in crate::engine) struct OneMailbox<R, W> {
    rules: R,
    layout: Layout,
    /// True if a choice that changes nothing has the state itself as its successor.
    loops: bool,
    directories: PartNumbers<Directory>,
    ledgers: PartNumbers<Ledger>,
    stores: PartNumbers<PerServer<Mailbox>>,
    programs: PartNumbers<PerAdministrator<Program>>,
    shared: PartNumbers<Shared>,
    too_narrow: AtomicBool,
    word: PhantomData<W>,
}

/// The position of the part numbers in a word.
#[derive(Clone, Copy)]
struct Layout {
    shared: Field,
    directory: Field,
    ledger: Field,
    stores: Field,
    programs: Field,
}

/// The working memory of one thread: part numbers that it has seen, and coverage.
pub(in crate::engine) struct Scratch {
    directories: NumberCache<Directory>,
    ledgers: NumberCache<Ledger>,
    stores: NumberCache<PerServer<Mailbox>>,
    programs: NumberCache<PerAdministrator<Program>>,
    shared: NumberCache<Shared>,
    coverage: Coverage,
}

impl Layout {
    /// Lays out a word. Programs have the most different values.
    fn of<W: Word>() -> Self {
        let bits = if W::BITS <= u64::BITS { [8, 12, 12, 14, 18] } else { [16, 26, 26, 30, 30] };
        let mut shift = 0;
        let [shared, directory, ledger, stores, programs] = bits.map(|bits| {
            let field = Field { shift, bits };
            shift += bits;
            field
        });
        Self { shared, directory, ledger, stores, programs }
    }
}

impl<R: Rules, W: Word> OneMailbox<R, W> {
    pub(in crate::engine) fn new(rules: R) -> Self {
        Self {
            rules,
            layout: Layout::of::<W>(),
            loops: false,
            directories: PartNumbers::default(),
            ledgers: PartNumbers::default(),
            stores: PartNumbers::default(),
            programs: PartNumbers::default(),
            shared: PartNumbers::default(),
            too_narrow: AtomicBool::new(false),
            word: PhantomData,
        }
    }

    fn put(&self, word: W, field: Field, number: u32) -> W {
        if u64::from(number) >= field.capacity() {
            self.too_narrow.store(true, Ordering::Relaxed);
            return word;
        }
        word.with(field, number)
    }

    fn parts(&self, scratch: &mut Scratch, word: W) -> Parts {
        Parts {
            directory: scratch.directories.value(&self.directories, word.field(self.layout.directory)),
            stores: scratch.stores.value(&self.stores, word.field(self.layout.stores)),
            programs: scratch.programs.value(&self.programs, word.field(self.layout.programs)),
            ledger: scratch.ledgers.value(&self.ledgers, word.field(self.layout.ledger)),
        }
    }

    /// Returns the word of a state.
    pub(in crate::engine) fn word(&self, scratch: &mut Scratch, State { accounts, shared }: &State) -> W {
        self.pack(scratch, None, &accounts[MailboxId::at(0)].clone().into(), shared)
    }

    /// Returns the word of a state. If `old` is given, only the parts that differ from that state are numbered anew.
    fn pack(&self, scratch: &mut Scratch, old: Option<(W, &Parts, &Shared)>, parts: &Parts, shared: &Shared) -> W {
        let mut word = old.map_or(W::ZERO, |(word, _, _)| word);
        let differs = |same: fn(&Parts, &Parts) -> bool| old.is_none_or(|(_, old, _)| !same(old, parts));
        if differs(|old, new| old.directory == new.directory) {
            let number = scratch.directories.number(&self.directories, &parts.directory);
            word = self.put(word, self.layout.directory, number);
        }
        if differs(|old, new| old.stores == new.stores) {
            let number = scratch.stores.number(&self.stores, &parts.stores);
            word = self.put(word, self.layout.stores, number);
        }
        if differs(|old, new| old.programs == new.programs) {
            let number = scratch.programs.number(&self.programs, &parts.programs);
            word = self.put(word, self.layout.programs, number);
        }
        if differs(|old, new| old.ledger == new.ledger) {
            let number = scratch.ledgers.number(&self.ledgers, &parts.ledger);
            word = self.put(word, self.layout.ledger, number);
        }
        if old.is_none_or(|(_, _, old)| old != shared) {
            let number = scratch.shared.number(&self.shared, shared);
            word = self.put(word, self.layout.shared, number);
        }
        word
    }
}

impl<R: Rules, W: Word> StateSpace for OneMailbox<R, W> {
    type Word = W;
    type Scratch = Scratch;

    fn scratch(&self) -> Scratch {
        Scratch {
            directories: NumberCache::default(),
            ledgers: NumberCache::default(),
            stores: NumberCache::default(),
            programs: NumberCache::default(),
            shared: NumberCache::default(),
            coverage: Coverage::of(self.rules.world()),
        }
    }

    fn with_loops(self) -> Self {
        Self { loops: true, ..self }
    }

    fn initial(&mut self) -> Result<Vec<W>, TooNarrow> {
        let mut scratch = self.scratch();
        let mut words: Vec<W> = Vec::new();
        for state in self.rules.initial() {
            let word = self.word(&mut scratch, state);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if self.is_too_narrow() { Err(TooNarrow) } else { Ok(words) }
    }

    fn prepare(&mut self, _: &[W]) -> Result<(), TooNarrow> {
        Ok(())
    }

    fn expand(&self, scratch: &mut Scratch, word: W, found: &mut impl FnMut(u16, W)) -> StateFacts {
        let parts = self.parts(scratch, word);
        let account = Account::from(parts.clone());
        let shared = scratch.shared.value(&self.shared, word.field(self.layout.shared));
        scratch.coverage.note_account(self.rules.world(), &account, &shared);
        for (index, choice) in (0..).zip(self.rules.choices()) {
            let Ok(change) = self.rules.change(&account, &shared, choice) else { continue };
            scratch.coverage.note_action(self.rules.world(), &R::action(choice), change.step.as_ref());
            let next = Parts::from(change.account);
            let next = self.pack(scratch, Some((word, &parts, &shared)), &next, &change.shared);
            if next != word || self.loops {
                found(index, next);
            }
        }
        StateFacts::of(&self.rules, &account, &shared)
    }

    fn judge(&self, scratch: &mut Scratch, word: W) -> StateFacts {
        let account = self.parts(scratch, word).into();
        let shared = scratch.shared.value(&self.shared, word.field(self.layout.shared));
        StateFacts::of(&self.rules, &account, &shared)
    }

    fn follow(&self, scratch: &mut Scratch, word: W, choice: u16) -> Option<W> {
        let parts = self.parts(scratch, word);
        let shared = scratch.shared.value(&self.shared, word.field(self.layout.shared));
        let choice = self.rules.choices().get(usize::from(choice))?;
        let change = self.rules.change(&parts.clone().into(), &shared, choice).ok()?;
        Some(self.pack(scratch, Some((word, &parts, &shared)), &change.account.into(), &change.shared))
    }

    fn unpack(&self, scratch: &mut Scratch, word: W) -> State {
        let account: Account = self.parts(scratch, word).into();
        let shared = scratch.shared.value(&self.shared, word.field(self.layout.shared));
        State { accounts: Table::of(1, |_| account.clone()), shared }
    }

    fn choice_in_state(&self, _: &State, _: W, choice: u16) -> u16 {
        choice
    }

    fn orbit_size(&self, _: W) -> u64 {
        1
    }

    fn coverage(&self, scratch: &Scratch) -> Coverage {
        scratch.coverage.clone()
    }

    fn is_too_narrow(&self) -> bool {
        self.too_narrow.load(Ordering::Relaxed)
    }
}

/// The directory's part of an account.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Directory {
    recipients: PerServer<Recipient>,
    remembered: Option<Recipient>,
}

/// The mail outside the stores, and the record of what happened.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Ledger {
    hidden: PerServer<Option<Mailbox>>,
    queued: MessageSet,
    late: Option<LateRequest>,
    transport: Transport,
    saved: MessageSet,
    edits_left: u8,
    deletes_left: u8,
    record: Record,
}

/// An account, divided into the parts that are numbered. The conversion loses nothing.
#[derive(Clone, PartialEq, Eq)]
struct Parts {
    directory: Directory,
    stores: PerServer<Mailbox>,
    programs: PerAdministrator<Program>,
    ledger: Ledger,
}

impl From<Account> for Parts {
    fn from(account: Account) -> Self {
        let Account {
            recipients,
            remembered,
            mailboxes,
            hidden,
            queued,
            late,
            transport,
            saved,
            edits_left,
            deletes_left,
            programs,
            record,
        } = account;
        Self {
            directory: Directory { recipients, remembered },
            stores: mailboxes,
            programs,
            ledger: Ledger { hidden, queued, late, transport, saved, edits_left, deletes_left, record },
        }
    }
}

impl From<Parts> for Account {
    fn from(parts: Parts) -> Self {
        let Parts { directory, stores, programs, ledger } = parts;
        let Directory { recipients, remembered } = directory;
        let Ledger { hidden, queued, late, transport, saved, edits_left, deletes_left, record } = ledger;
        Self {
            recipients,
            remembered,
            mailboxes: stores,
            hidden,
            queued,
            late,
            transport,
            saved,
            edits_left,
            deletes_left,
            programs,
            record,
        }
    }
}

/// All parts of one kind that any thread has met, numbered in the order in which they were met.
struct PartNumbers<T>(Mutex<IndexSet<T, FxBuildHasher>>);

/// The part numbers that one thread has seen. They spare it the lock of [`PartNumbers`].
struct NumberCache<T> {
    numbers: FxHashMap<T, u32>,
    values: Vec<Option<T>>,
}

impl<T> Default for PartNumbers<T> {
    fn default() -> Self {
        Self(Mutex::new(IndexSet::default()))
    }
}

impl<T> Default for NumberCache<T> {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> NumberCache<T> {
    /// Returns the number of a part.
    fn number(&mut self, all: &PartNumbers<T>, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let (index, _) = all.0.lock().unwrap_or_else(PoisonError::into_inner).insert_full(value.clone());
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        self.keep(number, value.clone());
        number
    }

    /// Returns the part with this number.
    fn value(&mut self, all: &PartNumbers<T>, number: u32) -> T {
        if let Some(Some(value)) = self.values.get(number as usize) {
            return value.clone();
        }
        let all = all.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = all.get_index(number as usize).expect("a number is given with its value").clone();
        drop(all);
        self.keep(number, value.clone());
        value
    }

    fn keep(&mut self, number: u32, value: T) {
        let index = number as usize;
        if self.values.len() <= index {
            self.values.resize(index + 1, None);
        }
        self.values[index] = Some(value.clone());
        self.numbers.insert(value, number);
    }
}
