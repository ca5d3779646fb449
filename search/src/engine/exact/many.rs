//! Several mailboxes: a state is the number of each mailbox's account and of what all share. A rule sees one account and what
//! all share, and few such pairs make many states; so each pair is stepped from the model once, and remembered.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use stranded_model::coverage::Coverage;
use stranded_model::id::{Id, MailboxId};
use stranded_model::state::{Account, Shared, State};
use stranded_model::table::{ENTRIES_MAX, Table};

use super::space::{Judged, Space, TooNarrow};
use super::word::{Field, Word};
use crate::engine::rules::Rules;

/// How many words one thread looks through at a time for pairs that are not known yet.
const WORDS_AT_A_TIME: usize = 4096;
/// No pair has this number.
const UNKNOWN: u32 = u32::MAX;

/// A world with several mailboxes.
pub(in crate::engine) struct Many<R, W> {
    rules: R,
    layout: Layout,
    /// Whether states that differ only by an exchange of mailboxes are one. No rule and no scenario tells mailboxes apart.
    symmetry: bool,
    accounts: IndexSet<Account, FxBuildHasher>,
    shared: IndexSet<Shared, FxBuildHasher>,
    /// The number of each pair, by the number of what is shared and the number of the account.
    pairs: Vec<Vec<u32>>,
    expanded: Vec<Expanded>,
    successors: Vec<Successor>,
    coverage: Coverage,
    word: std::marker::PhantomData<W>,
}

/// Where the numbers stand in a word.
#[derive(Clone, Copy)]
struct Layout {
    mailboxes: usize,
    /// How many choices concern one mailbox.
    choices: usize,
    shared: Field,
    accounts: [Field; ENTRIES_MAX],
}

/// What is known of a pair: what is to be said of it, and where its successors stand.
struct Expanded {
    judged: Judged,
    /// What the choices that concern the mailbox lead to, and from the middle on those that concern servers.
    successors: [usize; 3],
}

/// What a choice makes of a pair.
#[derive(Clone, Copy)]
struct Successor {
    choice: u16,
    account: u32,
    shared: u32,
}

impl<R: Rules + Clone, W: Word> Many<R, W> {
    pub(in crate::engine) fn new(rules: R, symmetry: bool) -> Self {
        let mailboxes = rules.world().scenario.site.mailboxes;
        let concerns_one = |choice: &&R::Choice| R::action(choice).mailbox() == Some(MailboxId::at(0));
        let choices = rules.choices().iter().take_while(concerns_one).count();
        Self {
            coverage: Coverage::of(rules.world()),
            rules,
            layout: Layout::of::<W>(mailboxes, choices),
            symmetry,
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

    /// The number of a pair that is known.
    fn pair(&self, shared: u32, account: u32) -> u32 {
        let of_shared = self.pairs.get(shared as usize);
        of_shared.and_then(|accounts| accounts.get(account as usize)).copied().unwrap_or(UNKNOWN)
    }

    fn expanded(&self, shared: u32, account: u32) -> &Expanded {
        &self.expanded[self.pair(shared, account) as usize]
    }

    /// The pairs of what is shared and an account in these words that are not known, each once, in order.
    pub(in crate::engine) fn unknown(&self, words: &[W]) -> Vec<(u32, u32)> {
        let mut unknown = Vec::new();
        for word in words {
            let shared = word.field(self.layout.shared);
            for field in self.layout.mailboxes() {
                let account = word.field(*field);
                if self.pair(shared, account) == UNKNOWN {
                    unknown.push((shared, account));
                }
            }
        }
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    /// Steps a pair from the model.
    pub(in crate::engine) fn learn(&mut self, shared_number: u32, account_number: u32) -> Result<(), TooNarrow> {
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
            if (successor.shared, successor.account) == (shared_number, account_number) {
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
        let (accounts, place) = (&mut self.pairs[of_shared], account_number as usize);
        if accounts.len() <= place {
            accounts.resize(place + 1, UNKNOWN);
        }
        accounts[place] = u32::try_from(self.expanded.len()).map_err(|_| TooNarrow)?;
        let judged = Judged::of(&rules, &account, &shared);
        self.expanded.push(Expanded { judged, successors: [first, middle, self.successors.len()] });
        Ok(())
    }

    /// The word that stands for this one and all that differ from it only by an exchange of mailboxes.
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
    /// What is shared takes an eighth of the word at most; the accounts have the rest.
    fn of<W: Word>(mailboxes: usize, choices: usize) -> Self {
        let shared = Field { shift: 0, bits: (W::BITS / 8).min(16) };
        let count = u32::try_from(mailboxes).unwrap_or(u32::MAX);
        let bits = ((W::BITS - shared.bits) / count).min(31);
        let mut shift = shared.bits;
        let accounts = std::array::from_fn(|place| {
            let field = Field { shift, bits };
            if place + 1 < mailboxes {
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

impl<R: Rules + Clone, W: Word> Space for Many<R, W> {
    type Word = W;
    type Scratch = ();

    fn scratch(&self) {}

    fn initial(&mut self) -> Result<Vec<W>, TooNarrow> {
        let mut words: Vec<W> = Vec::new();
        let rules = self.rules.clone();
        let mut met = rustc_hash::FxHashSet::default();
        for State { accounts, shared } in rules.initial() {
            let mut word = W::ZERO.with(self.layout.shared, self.number_shared(shared.clone())?);
            for (mailbox, account) in accounts.iter() {
                word = word.with(self.layout.accounts[mailbox.index()], self.number_account(account.clone())?);
            }
            let word = self.representative(word);
            if met.insert(word) {
                words.push(word);
            }
        }
        Ok(words)
    }

    fn prepare(&mut self, words: &[W]) -> Result<(), TooNarrow> {
        let unknown = words.par_chunks(WORDS_AT_A_TIME).flat_map_iter(|words| self.unknown(words));
        let unknown: BTreeSet<(u32, u32)> = unknown.collect();
        unknown.into_iter().try_for_each(|(shared, account)| self.learn(shared, account))
    }

    fn expand(&self, _: &mut (), word: W, found: &mut impl FnMut(u16, W)) -> Judged {
        let shared = word.field(self.layout.shared);
        let mut judged: Option<Judged> = None;
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
            judged = Some(judged.map_or(pair.judged, |judged| judged.and(pair.judged)));
        }
        for successor in of_servers {
            found(successor.choice, word.with(self.layout.shared, successor.shared));
        }
        judged.unwrap_or_default()
    }

    fn judge(&self, (): &mut (), word: W) -> Judged {
        let shared = word.field(self.layout.shared);
        let judged = self.layout.mailboxes().iter().map(|field| self.expanded(shared, word.field(*field)).judged);
        judged.reduce(Judged::and).unwrap_or_default()
    }

    fn follow(&self, scratch: &mut (), word: W, choice: u16) -> Option<W> {
        let mut followed = None;
        self.expand(scratch, word, &mut |taken, next| {
            if taken == choice {
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

    fn in_state(&self, state: &State, word: W, choice: u16) -> u16 {
        let Layout { mailboxes, choices, .. } = self.layout;
        let (place, one) = (usize::from(choice) / choices, usize::from(choice) % choices);
        if place >= mailboxes {
            return choice;
        }
        let wanted = &self.accounts[word.field(self.layout.accounts[place]) as usize];
        let mailbox = state.accounts.values().position(|account| account == wanted).unwrap_or(place);
        u16::try_from(mailbox * choices + one).unwrap_or(choice)
    }

    fn stands_for(&self, word: W) -> u64 {
        if !self.symmetry {
            return 1;
        }
        let accounts = self.accounts_of(word);
        let mut orders = 1;
        let mut alike = 0;
        for (place, account) in accounts[..self.layout.mailboxes].iter().enumerate() {
            alike = if place > 0 && accounts[place - 1] == *account { alike + 1 } else { 1 };
            orders = orders * (place as u64 + 1) / alike;
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
