//! Packed states of a world with one mailbox. A word holds the numbers of the parts of a state. If services can stop, the same account
//! occurs with many shared parts, and the answers of the model are remembered by account. Otherwise almost every account occurs in one
//! state only, and the model is asked about every state.

#[cfg(feature = "distributed")]
mod part_numbers;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

use stranded_model::SharedFacts;
use stranded_model::coverage::Coverage;
use stranded_model::id::{Id, MailboxId};
use stranded_model::state::{Account, Mailbox, Program, Shared, State};
use stranded_model::table::{PerAdministrator, PerServer, Table};

#[cfg(feature = "distributed")]
pub(in crate::engine) use self::part_numbers::PARTS;
use super::answers::{Answer, AnswerTables, Answers};
use super::packed::{Field, StateFacts, StateSpace, TooNarrow, Word};
use super::parts::{Directory, Ledger, NumberCache, PartNumbers, Parts, SameParts};
use super::shared_numbers::SharedNumbers;
use crate::engine::rules::Rules;

/// The states of a world with one mailbox.
pub(in crate::engine) struct OneMailbox<R, W> {
    rules: R,
    layout: Layout,
    /// True if a choice that changes nothing has the state itself as its successor.
    loops: bool,
    /// The number of choices that concern the mailbox. The others concern servers.
    of_mailbox: u16,
    directories: PartNumbers<Directory>,
    ledgers: PartNumbers<Ledger>,
    stores: PartNumbers<PerServer<Mailbox>>,
    programs: PartNumbers<PerAdministrator<Program>>,
    shared: SharedNumbers,
    /// The remembered answers, if services can stop.
    answers: Option<AnswerTables<W>>,
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

/// The working memory of one thread: part numbers that it has seen, answers, and coverage.
pub(in crate::engine) struct Scratch<W> {
    directories: NumberCache<Directory>,
    ledgers: NumberCache<Ledger>,
    stores: NumberCache<PerServer<Mailbox>>,
    programs: NumberCache<PerAdministrator<Program>>,
    /// The remembered answers to choices that concern servers. No account makes a difference to them.
    of_servers: Answers<W>,
    coverage: Coverage,
}

/// A state that the model is asked about.
pub(super) struct Asked<W> {
    word: W,
    account: Account,
    shared: Shared,
    /// The facts that are true of the shared part.
    are_true: SharedFacts,
}

impl<W: Word> Asked<W> {
    /// The word of the state.
    pub(super) fn word(&self) -> W {
        self.word
    }
}

impl Layout {
    /// Lays out a word, with this number of bits for the shared part. Programs have the most different values.
    fn of<W: Word>(shared: u32) -> Self {
        let [directory, ledger, stores] = if W::BITS <= u64::BITS { [12, 12, 14] } else { [26, 26, 30] };
        let programs = (W::BITS - shared - directory - ledger - stores).min(30);
        let mut shift = 0;
        let [shared, directory, ledger, stores, programs] = [shared, directory, ledger, stores, programs].map(|bits| {
            let field = Field { shift, bits };
            shift += bits;
            field
        });
        Self { shared, directory, ledger, stores, programs }
    }
}

impl<R: Rules, W: Word> OneMailbox<R, W> {
    pub(in crate::engine) fn new(rules: R) -> Self {
        let shared = SharedNumbers::of(rules.world());
        let concerns_mailbox = |choice: &&R::Choice| R::action(choice).mailbox().is_some();
        let of_mailbox = rules.choices().iter().take_while(concerns_mailbox).count();
        Self {
            layout: Layout::of::<W>(shared.bits()),
            loops: false,
            of_mailbox: u16::try_from(of_mailbox).unwrap_or(u16::MAX),
            directories: PartNumbers::default(),
            ledgers: PartNumbers::default(),
            stores: PartNumbers::default(),
            programs: PartNumbers::default(),
            answers: shared.can_stop().then(AnswerTables::new),
            shared,
            too_narrow: AtomicBool::new(false),
            word: PhantomData,
            rules,
        }
    }

    fn put(&self, word: W, field: Field, number: u32) -> W {
        if u64::from(number) >= field.capacity() {
            self.too_narrow.store(true, Ordering::Relaxed);
            return word;
        }
        word.with(field, number)
    }

    /// Returns the state of a word.
    pub(super) fn asked(&self, scratch: &mut Scratch<W>, word: W) -> Asked<W> {
        let account = self.parts(scratch, word).into();
        let shared = word.field(self.layout.shared);
        let (shared, are_true) = (self.shared.shared(shared), self.shared.facts(shared));
        Asked { word, account, shared, are_true }
    }

    fn parts(&self, scratch: &mut Scratch<W>, word: W) -> Parts {
        Parts {
            directory: scratch.directories.value(&self.directories, word.field(self.layout.directory)),
            stores: scratch.stores.value(&self.stores, word.field(self.layout.stores)),
            programs: scratch.programs.value(&self.programs, word.field(self.layout.programs)),
            ledger: scratch.ledgers.value(&self.ledgers, word.field(self.layout.ledger)),
        }
    }

    /// Returns the word of a state.
    pub(in crate::engine) fn word(&self, scratch: &mut Scratch<W>, State { accounts, shared }: &State) -> W {
        self.pack(scratch, None, &accounts[MailboxId::at(0)], shared)
    }

    /// Returns the word of a state. If `old` is given, only the parts that differ from that state are numbered anew.
    fn pack(&self, scratch: &mut Scratch<W>, old: Option<&Asked<W>>, account: &Account, shared: &Shared) -> W {
        let same = old.map_or(SameParts::NONE, |old| SameParts::of(&old.account, account));
        let word = old.map_or(W::ZERO, |old| old.word);
        let mut word = word.with(self.layout.shared, self.shared.number(shared));
        if !same.directory {
            let number = scratch.directories.number(&self.directories, &Directory::of(account));
            word = self.put(word, self.layout.directory, number);
        }
        if !same.stores {
            let number = scratch.stores.number(&self.stores, &account.mailboxes);
            word = self.put(word, self.layout.stores, number);
        }
        if !same.programs {
            let number = scratch.programs.number(&self.programs, &account.programs);
            word = self.put(word, self.layout.programs, number);
        }
        if !same.ledger {
            let number = scratch.ledgers.number(&self.ledgers, &Ledger::of(account));
            word = self.put(word, self.layout.ledger, number);
        }
        word
    }

    /// Asks the model for one choice in a state. Returns `None` if it refuses the choice whatever the shared part is.
    pub(super) fn ask(&self, scratch: &mut Scratch<W>, asked: &Asked<W>, index: u16) -> Option<Answer<W>> {
        let choice = &self.rules.choices()[usize::from(index)];
        let mut read = SharedFacts::NONE;
        let mut difference = W::ZERO;
        let mut has_successor = false;
        if let Ok(change) = &self.rules.change_reading(&asked.account, &asked.shared, choice, &mut read) {
            scratch.coverage.note_action(self.rules.world(), &R::action(choice), change.step.as_ref());
            difference = self.pack(scratch, Some(asked), &change.account, &change.shared).minus(asked.word);
            has_successor = difference != W::ZERO || self.loops;
        }
        let are_true = asked.are_true.common(read);
        let is_needed = has_successor || read != SharedFacts::NONE;
        is_needed.then_some(Answer { difference, choice: index, read, are_true, has_successor })
    }

    /// Asks the model for the facts of a state.
    pub(super) fn ask_facts(&self, scratch: &mut Scratch<W>, Asked { account, shared, .. }: &Asked<W>) -> StateFacts {
        scratch.coverage.note_account(self.rules.world(), account, shared);
        StateFacts::of(&self.rules, account, shared)
    }

    /// Expands a state by asking the model for everything.
    fn expand_by_asking(&self, scratch: &mut Scratch<W>, word: W, found: &mut impl FnMut(u16, W)) -> StateFacts {
        let asked = self.asked(scratch, word);
        for choice in 0..self.choices() {
            let answer = self.ask(scratch, &asked, choice);
            if let Some(Answer { difference, has_successor: true, .. }) = answer {
                found(choice, word.plus(difference));
            }
        }
        self.ask_facts(scratch, &asked)
    }

    /// Expands a state with the remembered answers, and asks the model only for those that are missing.
    fn expand_by_answers(
        &self,
        scratch: &mut Scratch<W>,
        tables: &AnswerTables<W>,
        word: W,
        found: &mut impl FnMut(u16, W),
    ) -> StateFacts {
        let are_true = self.shared.facts(word.field(self.layout.shared));
        let account = word.with(self.layout.shared, 0);
        // Only a state of which an answer is missing is unpacked.
        let mut asked = None;
        let mut of_servers = std::mem::take(&mut scratch.of_servers);
        let mut found = |choice, difference| found(choice, word.plus(difference));
        let facts = tables.with(account, |remembered| {
            let ask = |choice| {
                let asked = asked.get_or_insert_with(|| self.asked(scratch, word));
                self.ask(scratch, asked, choice)
            };
            let added = remembered.choices.each(0..self.of_mailbox, are_true, ask, &mut found);
            let facts = remembered.facts(are_true).get_or_insert_with(|| {
                let asked = asked.get_or_insert_with(|| self.asked(scratch, word));
                self.ask_facts(scratch, asked)
            });
            (added, *facts)
        });
        let ask = |choice| {
            let asked = asked.get_or_insert_with(|| self.asked(scratch, word));
            self.ask(scratch, asked, choice)
        };
        of_servers.each(self.of_mailbox..self.choices(), are_true, ask, &mut found);
        scratch.of_servers = of_servers;
        facts
    }

    /// The number of choices.
    pub(super) fn choices(&self) -> u16 {
        self.rules.choices().len() as u16
    }

    /// The number of choices that concern the mailbox, which are the first.
    pub(super) fn choices_of_mailbox(&self) -> u16 {
        self.of_mailbox
    }

    pub(super) fn shared_numbers(&self) -> &SharedNumbers {
        &self.shared
    }

    /// The number of the shared part of a state.
    pub(super) fn shared_of(&self, word: W) -> u32 {
        word.field(self.layout.shared)
    }

    /// Returns the word of the state with the same account and another shared part.
    pub(super) fn with_shared(&self, word: W, number: u32) -> W {
        word.with(self.layout.shared, number)
    }
}

impl<R: Rules, W: Word> StateSpace for OneMailbox<R, W> {
    type Word = W;
    type Scratch = Scratch<W>;

    fn scratch(&self) -> Scratch<W> {
        Scratch {
            directories: NumberCache::default(),
            ledgers: NumberCache::default(),
            stores: NumberCache::default(),
            programs: NumberCache::default(),
            of_servers: Answers::default(),
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

    fn expand(&self, scratch: &mut Scratch<W>, word: W, found: &mut impl FnMut(u16, W)) -> StateFacts {
        match &self.answers {
            Some(tables) => self.expand_by_answers(scratch, tables, word, found),
            None => self.expand_by_asking(scratch, word, found),
        }
    }

    fn judge(&self, scratch: &mut Scratch<W>, word: W) -> StateFacts {
        let Asked { account, shared, .. } = self.asked(scratch, word);
        StateFacts::of(&self.rules, &account, &shared)
    }

    fn follow(&self, scratch: &mut Scratch<W>, word: W, choice: u16) -> Option<W> {
        let asked = self.asked(scratch, word);
        let choice = self.rules.choices().get(usize::from(choice))?;
        let change = self.rules.change(&asked.account, &asked.shared, choice).ok()?;
        Some(self.pack(scratch, Some(&asked), &change.account, &change.shared))
    }

    fn unpack(&self, scratch: &mut Scratch<W>, word: W) -> State {
        let Asked { account, shared, .. } = self.asked(scratch, word);
        State { accounts: Table::of(1, |_| account.clone()), shared }
    }

    fn choice_in_state(&self, _: &State, _: W, choice: u16) -> u16 {
        choice
    }

    fn orbit_size(&self, _: W) -> u64 {
        1
    }

    fn coverage(&self, scratch: &Scratch<W>) -> Coverage {
        scratch.coverage.clone()
    }

    fn is_too_narrow(&self) -> bool {
        self.too_narrow.load(Ordering::Relaxed)
    }
}
