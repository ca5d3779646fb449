//! Answers of the model, remembered by account. A rule reads few facts about the shared part, so one answer serves many states
//! with the same account. The memory is bounded: answers that were not needed for long are forgotten, and the model is asked
//! again.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use stranded_model::SharedFacts;

use super::packed::{StateFacts, Word};

/// The number of tables. Several threads use different ones at the same time.
const TABLES: usize = 64;
/// The number of answers from which the tables forget those that were not needed for as many others. A search by levels meets an account
/// again within a few levels. At most twice this number are kept; an answer takes 16 bytes if words have 64 bits.
const ANSWERS_MAX: usize = 1 << 18;
/// The number of answers for which there is room at first.
const ANSWERS_EXPECTED: usize = 16;

/// An answer of the model to one choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<W> {
    /// The difference between the words after and before the choice.
    pub(super) difference: W,
    pub(super) choice: u16,
    /// The facts about the shared part that the rule read.
    pub(super) read: SharedFacts,
    /// Those of them that are true if this is the answer.
    pub(super) are_true: SharedFacts,
    pub(super) has_successor: bool,
}

/// The answers to some choices, in the order of the choices, once they were asked for. A choice without an answer is refused whatever
/// the shared part is.
pub(super) struct Answers<W>(Option<Vec<Answer<W>>>);

/// The answers that concern one account.
pub(super) struct AccountAnswers<W> {
    pub(super) choices: Answers<W>,
    /// The facts of the state while some service is down, and while all services answer.
    facts: [Option<StateFacts>; 2],
}

/// The answers that concern accounts, in several tables.
pub(super) struct AnswerTables<W> {
    tables: Vec<Mutex<AnswerTable<W>>>,
    /// The number of answers from which one table forgets.
    max: usize,
}

/// The answers that concern some accounts, by the word of the account.
struct AnswerTable<W> {
    newer: FxHashMap<W, AccountAnswers<W>>,
    older: FxHashMap<W, AccountAnswers<W>>,
    /// The number of answers in `newer`.
    held: usize,
}

impl<W: Word> Answers<W> {
    /// Passes each of these choices that has a successor to `found`, with the difference, in a state of which these facts are true.
    /// Missing answers are asked for. Returns the number of answers that were added.
    pub(super) fn each(
        &mut self,
        choices: Range<u16>,
        are_true: SharedFacts,
        mut ask: impl FnMut(u16) -> Option<Answer<W>>,
        mut found: impl FnMut(u16, W),
    ) -> usize {
        let Some(answers) = &mut self.0 else {
            let mut answers = Vec::with_capacity(ANSWERS_EXPECTED);
            answers.extend(choices.filter_map(ask).inspect(|answer| answer.pass(&mut found)));
            let added = answers.len();
            self.0 = Some(answers);
            return added;
        };
        let before = answers.len();
        let mut start = 0;
        while let Some(Answer { choice, .. }) = answers.get(start).copied() {
            let mut end = start;
            let mut is_answered = false;
            while let Some(answer) = answers.get(end).filter(|answer| answer.choice == choice) {
                if are_true.common(answer.read) == answer.are_true {
                    answer.pass(&mut found);
                    is_answered = true;
                }
                end += 1;
            }
            if !is_answered && let Some(answer) = ask(choice) {
                answer.pass(&mut found);
                answers.insert(end, answer);
                end += 1;
            }
            start = end;
        }
        answers.len() - before
    }

    fn count(&self) -> usize {
        self.0.as_ref().map_or(0, Vec::len)
    }
}

impl<W> Default for AccountAnswers<W> {
    fn default() -> Self {
        Self { choices: Answers::default(), facts: [None; 2] }
    }
}

impl<W> Default for Answers<W> {
    fn default() -> Self {
        Self(None)
    }
}

impl<W: Word> Answer<W> {
    fn pass(&self, found: &mut impl FnMut(u16, W)) {
        if self.has_successor {
            found(self.choice, self.difference);
        }
    }
}

impl<W> AccountAnswers<W> {
    /// The facts of a state with this account, of which these facts about the shared part are true, if they were asked for.
    pub(super) fn facts(&mut self, are_true: SharedFacts) -> &mut Option<StateFacts> {
        &mut self.facts[usize::from(are_true.common(SharedFacts::ALL_UP) == SharedFacts::ALL_UP)]
    }
}

impl<W: Word> AnswerTables<W> {
    pub(super) fn new() -> Self {
        Self::with_room_for(ANSWERS_MAX)
    }

    pub(super) fn with_room_for(answers: usize) -> Self {
        let table = || AnswerTable { newer: FxHashMap::default(), older: FxHashMap::default(), held: 0 };
        Self { tables: (0..TABLES).map(|_| Mutex::new(table())).collect(), max: answers / TABLES }
    }

    /// Passes the answers that concern an account to `expand`, which returns the number of answers that it added and a result.
    pub(super) fn with<T>(&self, account: W, expand: impl FnOnce(&mut AccountAnswers<W>) -> (usize, T)) -> T {
        let table = &self.tables[account.scrambled() as usize % TABLES];
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        let (added, result) = expand(table.of(account));
        table.held += added;
        if table.held > self.max {
            table.forget();
        }
        result
    }
}

impl<W: Word> AnswerTable<W> {
    /// The remembered answers of an account.
    fn of(&mut self, account: W) -> &mut AccountAnswers<W> {
        let Self { newer, older, held } = self;
        newer.entry(account).or_insert_with(|| {
            let remembered = older.remove(&account).unwrap_or_default();
            *held += remembered.choices.count();
            remembered
        })
    }

    /// Forgets the answers that were not needed since the last time.
    fn forget(&mut self) {
        self.older = std::mem::take(&mut self.newer);
        self.held = 0;
    }
}
