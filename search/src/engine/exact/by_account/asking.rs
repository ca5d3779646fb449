//! Questions to the model about one account and a set of shared parts.

use std::mem::take;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, Ordering};

use stranded_model::SharedFacts;
use stranded_model::coverage::Coverage;
use stranded_model::state::State;

use super::accounts::{AccountNumber, Accounts};
use super::answers::{Answer, Answers};
use super::shard::Of;
use super::shared_set::{Agreeing, SharedSet};
use crate::engine::exact::one_mailbox::{self, Asked, OneMailbox};
use crate::engine::exact::packed::{StateFacts, StateSpace, TooNarrow, Word};
use crate::engine::exact::per_thread::PerThread;
use crate::engine::rules::Rules;

/// The rules, and the accounts that they lead to.
pub(super) struct Asking<'a, R, W: Word, const WORDS: usize> {
    rules: &'a R,
    space: OneMailbox<&'a R, W>,
    accounts: Accounts<W>,
    scratches: PerThread<Scratch<W, WORDS>>,
    /// The shared parts with which all services answer.
    all_up: SharedSet<WORDS>,
    has_too_many: AtomicBool,
}

/// The working memory of one thread.
pub(super) struct Scratch<W, const WORDS: usize> {
    space: one_mailbox::Scratch<W>,
    agreeing: Agreeing<WORDS>,
    /// The answers to choices that concern servers. No account makes a difference to them.
    of_servers: Answers<WORDS>,
    /// Room to collect answers.
    collected: Vec<Answer<WORDS>>,
}

impl<'a, R: Rules, W: Word, const WORDS: usize> Asking<'a, R, W, WORDS> {
    pub(super) fn new(rules: &'a R) -> Self {
        let space = OneMailbox::new(rules);
        let scratch = || Scratch {
            space: space.scratch(),
            agreeing: Agreeing::new(),
            of_servers: Answers::default(),
            collected: Vec::new(),
        };
        let scratches = PerThread::new(scratch);
        let all_up = Agreeing::new().of(space.shared_numbers(), SharedFacts::ALL_UP, SharedFacts::ALL_UP);
        let (accounts, has_too_many) = (Accounts::new(), AtomicBool::new(false));
        Self { rules, space, accounts, scratches, all_up, has_too_many }
    }

    pub(super) fn rules(&self) -> &'a R {
        self.rules
    }

    pub(super) fn accounts(&self) -> &Accounts<W> {
        &self.accounts
    }

    /// The working memory of the calling thread.
    pub(super) fn scratch(&self) -> MutexGuard<'_, Scratch<W, WORDS>> {
        self.scratches.own()
    }

    /// Returns the initial states.
    pub(super) fn initial(&self) -> Result<Vec<Of<WORDS>>, TooNarrow> {
        self.rules.initial().iter().map(|state| self.number(state)).collect()
    }

    /// Returns the account of a state, and the set that has only its shared part.
    pub(super) fn number(&self, state: &State) -> Result<Of<WORDS>, TooNarrow> {
        let word = self.space.word(&mut self.scratch().space, state);
        let account = self.accounts.number(self.space.with_shared(word, 0))?;
        if self.is_too_narrow() { Err(TooNarrow) } else { Ok((account, SharedSet::just(self.space.shared_of(word)))) }
    }

    /// Passes the account after each choice that leads on from some of these states, those states, and the difference between the numbers
    /// of their shared parts after and before it.
    pub(super) fn each(
        &self,
        scratch: &mut Scratch<W, WORDS>,
        account: AccountNumber,
        answers: &mut Answers<WORDS>,
        states: SharedSet<WORDS>,
        mut pass: impl FnMut(AccountNumber, SharedSet<WORDS>, i16),
    ) {
        let (mut of_servers, mut all) = (take(&mut scratch.of_servers), take(&mut scratch.collected));
        let of_mailbox = self.space.choices_of_mailbox();
        let mut asked: Option<(u32, Asked<W>)> = None;
        let mut ask = |choice, shared| {
            let (_, asked) = match asked.take_if(|(number, _)| *number == shared) {
                Some(same) => asked.insert(same),
                None => asked.insert((shared, self.asked(scratch, account, shared))),
            };
            self.ask(scratch, asked, choice)
        };
        answers.each(0..of_mailbox, states, &mut all, &mut ask, |answer, states| {
            pass(answer.account, states, answer.moved)
        });
        let of_all = of_mailbox..self.space.choices();
        of_servers.each(of_all, states, &mut all, &mut ask, |answer, states| pass(account, states, answer.moved));
        (scratch.of_servers, scratch.collected) = (of_servers, all);
    }

    /// Asks the model for one choice in a state. Returns `None` if it refuses the choice whatever the shared part is.
    fn ask(&self, scratch: &mut Scratch<W, WORDS>, asked: &Asked<W>, choice: u16) -> Option<Answer<WORDS>> {
        let said = self.space.ask(&mut scratch.space, asked, choice)?;
        let when = scratch.agreeing.of(self.space.shared_numbers(), said.read, said.are_true);
        let next = asked.word().plus(said.difference);
        let account = if said.has_successor {
            self.accounts.number(self.space.with_shared(next, 0)).unwrap_or_else(|TooNarrow| {
                self.has_too_many.store(true, Ordering::Relaxed);
                AccountNumber::NONE
            })
        } else {
            AccountNumber::NONE
        };
        let number = |word| self.space.shared_of(word) as i16;
        Some(Answer { when, account, choice, moved: number(next) - number(asked.word()) })
    }

    /// Returns the facts of these states, which have the same account: those while some service is down, and those while all answer. What
    /// is not known is asked for.
    pub(super) fn facts(
        &self,
        scratch: &mut Scratch<W, WORDS>,
        account: AccountNumber,
        known: &mut [Option<StateFacts>; 2],
        states: SharedSet<WORDS>,
    ) -> impl Iterator<Item = (SharedSet<WORDS>, StateFacts)> {
        let parts = [states.without(self.all_up), states.common(self.all_up)];
        parts.into_iter().zip(known).filter_map(move |(part, known)| {
            let shared = part.lowest()?;
            let facts = *known.get_or_insert_with(|| {
                let asked = self.asked(scratch, account, shared);
                self.space.ask_facts(&mut scratch.space, &asked)
            });
            Some((part, facts))
        })
    }

    fn asked(&self, scratch: &mut Scratch<W, WORDS>, account: AccountNumber, shared: u32) -> Asked<W> {
        let word = self.space.with_shared(self.accounts.word(account), shared);
        self.space.asked(&mut scratch.space, word)
    }

    /// The coverage of all that was asked.
    pub(super) fn coverage(&self) -> Coverage {
        let seen = self.scratches.all().map(|scratch| self.space.coverage(&scratch.space));
        seen.reduce(|all, one| all.with(&one)).unwrap_or_else(|| Coverage::of(self.rules.world()))
    }

    /// Returns true if a part did not fit into a word, or there are too many accounts.
    pub(super) fn is_too_narrow(&self) -> bool {
        self.space.is_too_narrow() || self.has_too_many.load(Ordering::Relaxed)
    }
}
