//! Packed states of a world with several mailboxes. A word holds the number of each mailbox's account and the number of
//! the shared part. A rule reads one account and the shared part, and few such pairs make many states, so the model
//! steps each pair once and the result is kept.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use itertools::Itertools;
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use stranded_model::coverage::Coverage;
use stranded_model::id::{Id, MailboxId};
use stranded_model::state::{Account, Shared, State};
use stranded_model::table::{ENTRIES_MAX, Table};

use super::packed::{Field, StateFacts, StateSpace, TooNarrow, Word};
use crate::engine::rules::Rules;

/// The number of words that one thread scans at a time for unknown pairs.
const WORDS_AT_A_TIME: usize = 4096;
/// The number of a pair that has not been stepped yet.
const UNKNOWN: u32 = u32::MAX;

/// The states of a world with several mailboxes.
pub(in crate::engine) struct SeveralMailboxes<R, W> {
    rules: R,
    layout: Layout,
    /// True if permutations of mailboxes count as one state. No rule and no scenario distinguishes mailboxes.
    symmetry: bool,
    /// True if a choice that changes nothing has the state itself as its successor.
    loops: bool,
    accounts: IndexSet<Account, FxBuildHasher>,
    shared: IndexSet<Shared, FxBuildHasher>,
    /// The number of each pair, by the number of the shared part and the number of the account.
    pairs: Vec<Vec<u32>>,
    expanded: Vec<PairFacts>,
    successors: Vec<Successor>,
    coverage: Coverage,
    word: std::marker::PhantomData<W>,
}

/// The position of the numbers in a word.
#[derive(Clone, Copy)]
struct Layout {
    mailboxes: usize,
    /// The number of choices that concern one mailbox.
    choices: usize,
    shared: Field,
    accounts: [Field; ENTRIES_MAX],
}

/// The facts of a pair, and the position of its successors.
struct PairFacts {
    facts: StateFacts,
    /// Start, middle and end of the successors: first those of choices that concern the mailbox, then those that
    /// concern servers.
    successors: [usize; 3],
}

/// The effect of a choice on a pair.
#[derive(Clone, Copy)]
struct Successor {
    choice: u16,
    account: u32,
    shared: u32,
}

impl<R: Rules + Clone, W: Word> SeveralMailboxes<R, W> {
    pub(in crate::engine) fn new(rules: R, symmetry: bool) -> Self {
        let mailboxes = rules.world().scenario.site.mailboxes;
        let concerns_one = |choice: &&R::Choice| R::action(choice).mailbox() == Some(MailboxId::at(0));
        let choices = rules.choices().iter().take_while(concerns_one).count();
        Self {
            coverage: Coverage::of(rules.world()),
            rules,
            layout: Layout::of::<W>(mailboxes, choices),
            symmetry,
            loops: false,
            accounts: IndexSet::default(),
            shared: IndexSet::default(),
            pairs: Vec::new(),
            expanded: Vec::new(),
            successors: Vec::new(),
            word: std::marker::PhantomData,
        }
    }

    fn number_account(&mut self, account: Account) -> Result<u32, TooNarrow> {
        let (index, _) = self.accounts.insert_full(account);
        fitting(index, self.layout.accounts[0])
    }

    fn number_shared(&mut self, shared: Shared) -> Result<u32, TooNarrow> {
        let (index, _) = self.shared.insert_full(shared);
        fitting(index, self.layout.shared)
    }

    /// Returns the number of a pair, or `UNKNOWN`.
    fn pair(&self, shared: u32, account: u32) -> u32 {
        let of_shared = self.pairs.get(shared as usize);
        of_shared.and_then(|accounts| accounts.get(account as usize)).copied().unwrap_or(UNKNOWN)
    }

    fn expanded(&self, shared: u32, account: u32) -> &PairFacts {
        &self.expanded[self.pair(shared, account) as usize]
    }

    /// Returns the unknown pairs of shared part and account in these words, each once, in order.
    pub(in crate::engine) fn unknown_pairs(&self, words: &[W]) -> Vec<(u32, u32)> {
        let mut unknown_pairs = Vec::new();
        for word in words {
            let shared = word.field(self.layout.shared);
            for field in self.layout.mailboxes() {
                let account = word.field(*field);
                if self.pair(shared, account) == UNKNOWN {
                    unknown_pairs.push((shared, account));
                }
            }
        }
        unknown_pairs.sort_unstable();
        unknown_pairs.dedup();
        unknown_pairs
    }

    /// Lets the model step a pair.
    pub(in crate::engine) fn learn_pair(&mut self, shared_number: u32, account_number: u32) -> Result<(), TooNarrow> {
        let rules = self.rules.clone();
        let account = self.accounts[account_number as usize].clone();
        let shared = self.shared[shared_number as usize].clone();
        self.coverage.note_account(rules.world(), &account, &shared);
        let first = self.successors.len();
        let mut middle = first;
        let beyond = self.layout.mailboxes * self.layout.choices;
        let of_servers = (beyond..rules.choices().len()).map(|index| (index, false));
        for (index, concerns_one) in (0..self.layout.choices).map(|index| (index, true)).chain(of_servers) {
            let choice = &rules.choices()[index];
            let Ok(change) = rules.change(&account, &shared, choice) else { continue };
            self.coverage.note_action(rules.world(), &R::action(choice), change.step.as_ref());
            let successor = Successor {
                choice: u16::try_from(index).map_err(|_| TooNarrow)?,
                account: self.number_account(change.account)?,
                shared: self.number_shared(change.shared)?,
            };
            let changes = (successor.shared, successor.account) != (shared_number, account_number);
            if !changes && !self.loops {
                continue;
            }
            self.successors.push(successor);
            if concerns_one {
                middle += 1;
            }
        }
        let of_shared = shared_number as usize;
        if self.pairs.len() <= of_shared {
            self.pairs.resize(of_shared + 1, Vec::new());
        }
        let (accounts, index) = (&mut self.pairs[of_shared], account_number as usize);
        if accounts.len() <= index {
            accounts.resize(index + 1, UNKNOWN);
        }
        accounts[index] = u32::try_from(self.expanded.len()).map_err(|_| TooNarrow)?;
        let facts = StateFacts::of(&rules, &account, &shared);
        self.expanded.push(PairFacts { facts, successors: [first, middle, self.successors.len()] });
        Ok(())
    }

    /// Returns the word that represents all permutations of this one's mailboxes.
    fn representative(&self, word: W) -> W {
        if !self.symmetry {
            return word;
        }
        let fields = self.layout.mailboxes();
        let mut accounts = self.accounts_of(word);
        accounts[..fields.len()].sort_unstable();
        fields.iter().zip(accounts).fold(word, |word, (field, account)| word.with(*field, account))
    }

    fn accounts_of(&self, word: W) -> [u32; ENTRIES_MAX] {
        let mut accounts = [0; ENTRIES_MAX];
        for (account, field) in accounts.iter_mut().zip(self.layout.mailboxes()) {
            *account = word.field(*field);
        }
        accounts
    }
}

fn fitting(index: usize, field: Field) -> Result<u32, TooNarrow> {
    u32::try_from(index).ok().filter(|number| u64::from(*number) < field.capacity()).ok_or(TooNarrow)
}

impl Layout {
    /// Lays out a word: at most an eighth for the shared part, the rest for the accounts.
    fn of<W: Word>(mailboxes: usize, choices: usize) -> Self {
        let shared = Field { shift: 0, bits: (W::BITS / 8).min(16) };
        let count = u32::try_from(mailboxes).unwrap_or(u32::MAX);
        let bits = ((W::BITS - shared.bits) / count).min(31);
        let mut shift = shared.bits;
        let accounts = std::array::from_fn(|index| {
            let field = Field { shift, bits };
            if index + 1 < mailboxes {
                shift += bits;
            }
            field
        });
        Self { mailboxes, choices, shared, accounts }
    }

    fn mailboxes(&self) -> &[Field] {
        &self.accounts[..self.mailboxes]
    }
}

impl<R: Rules + Clone, W: Word> StateSpace for SeveralMailboxes<R, W> {
    type Word = W;
    type Scratch = ();

    fn scratch(&self) {}

    fn with_loops(self) -> Self {
        Self { loops: true, ..self }
    }

    fn initial(&mut self) -> Result<Vec<W>, TooNarrow> {
        let mut words: Vec<W> = Vec::new();
        let rules = self.rules.clone();
        let mut seen = rustc_hash::FxHashSet::default();
        for State { accounts, shared } in rules.initial() {
            let mut word = W::ZERO.with(self.layout.shared, self.number_shared(shared.clone())?);
            for (mailbox, account) in accounts.iter() {
                word = word.with(self.layout.accounts[mailbox.index()], self.number_account(account.clone())?);
            }
            let word = self.representative(word);
            if seen.insert(word) {
                words.push(word);
            }
        }
        Ok(words)
    }

    fn prepare(&mut self, words: &[W]) -> Result<(), TooNarrow> {
        let unknown_pairs = words.par_chunks(WORDS_AT_A_TIME).flat_map_iter(|words| self.unknown_pairs(words));
        let unknown_pairs: BTreeSet<(u32, u32)> = unknown_pairs.collect();
        unknown_pairs.into_iter().try_for_each(|(shared, account)| self.learn_pair(shared, account))
    }

    fn expand(&self, _: &mut (), word: W, found: &mut impl FnMut(u16, W)) -> StateFacts {
        let shared = word.field(self.layout.shared);
        let mut facts: Option<StateFacts> = None;
        let mut of_servers: &[Successor] = &[];
        let mut offset = 0;
        for field in self.layout.mailboxes() {
            let pair = self.expanded(shared, word.field(*field));
            let [first, middle, end] = pair.successors;
            for successor in &self.successors[first..middle] {
                let next = word.with(*field, successor.account).with(self.layout.shared, successor.shared);
                found(offset + successor.choice, self.representative(next));
            }
            offset += self.layout.choices as u16;
            of_servers = &self.successors[middle..end];
            facts = Some(facts.map_or(pair.facts, |facts| facts.and(pair.facts)));
        }
        for successor in of_servers {
            found(successor.choice, word.with(self.layout.shared, successor.shared));
        }
        facts.unwrap_or_default()
    }

    fn judge(&self, (): &mut (), word: W) -> StateFacts {
        let shared = word.field(self.layout.shared);
        let facts = self.layout.mailboxes().iter().map(|field| self.expanded(shared, word.field(*field)).facts);
        facts.reduce(StateFacts::and).unwrap_or_default()
    }

    fn follow(&self, scratch: &mut (), word: W, choice: u16) -> Option<W> {
        let mut followed = None;
        self.expand(scratch, word, &mut |possible, next| {
            if possible == choice {
                followed = Some(next);
            }
        });
        followed
    }

    fn unpack(&self, (): &mut (), word: W) -> State {
        let accounts = self.accounts_of(word);
        State {
            accounts: Table::of(self.layout.mailboxes, |mailbox: MailboxId| {
                self.accounts[accounts[mailbox.index()] as usize].clone()
            }),
            shared: self.shared[word.field(self.layout.shared) as usize].clone(),
        }
    }

    fn choice_in_state(&self, state: &State, word: W, choice: u16) -> u16 {
        let Layout { mailboxes, choices, .. } = self.layout;
        let (index, one) = (usize::from(choice) / choices, usize::from(choice) % choices);
        if index >= mailboxes {
            return choice;
        }
        let account_there = &self.accounts[word.field(self.layout.accounts[index]) as usize];
        let mailbox = state.accounts.values().position(|account| account == account_there).unwrap_or(index);
        u16::try_from(mailbox * choices + one).unwrap_or(choice)
    }

    fn orbit_size(&self, word: W) -> u64 {
        if !self.symmetry {
            return 1;
        }
        let accounts = self.accounts_of(word);
        let mut orders = 1;
        let mut alike = 0;
        for (index, account) in accounts[..self.layout.mailboxes].iter().enumerate() {
            alike = if index > 0 && accounts[index - 1] == *account { alike + 1 } else { 1 };
            orders = orders * (index as u64 + 1) / alike;
        }
        orders
    }

    fn coverage(&self, (): &()) -> Coverage {
        self.coverage.clone()
    }

    fn is_too_narrow(&self) -> bool {
        false
    }
}

/// A state and all its permutations of mailboxes.
pub(in crate::engine) fn permuted(state: &State) -> Vec<State> {
    let accounts: Vec<&Account> = state.accounts.values().collect();
    let orders = accounts.iter().copied().permutations(accounts.len()).unique();
    let ordered = |order: Vec<&Account>| State {
        accounts: Table::of(order.len(), |mailbox: MailboxId| order[mailbox.index()].clone()),
        shared: state.shared.clone(),
    };
    orders.map(ordered).collect()
}
