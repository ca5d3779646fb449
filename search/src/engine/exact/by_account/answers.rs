//! Answers of the model about one account, each for every shared part with which it is the same.

use std::ops::Range;

use super::accounts::AccountNumber;
use super::shared_set::SharedSet;

/// An answer of the model to one choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<const WORDS: usize> {
    /// The shared parts with which this is the answer.
    pub(super) when: SharedSet<WORDS>,
    /// The account afterwards, or no account if the choice has no successor.
    pub(super) account: AccountNumber,
    pub(super) choice: u16,
    /// The difference between the numbers of the shared part after and before the choice.
    pub(super) moved: i16,
}

/// The answers to some choices, in the order of the choices, once they were asked for. A choice without an answer is refused whatever
/// the shared part is.
#[derive(Default)]
pub(super) struct Answers<const WORDS: usize>(Option<Box<[Answer<WORDS>]>>);

impl<const WORDS: usize> Answers<WORDS> {
    /// Returns true if no answer is remembered.
    pub(super) fn are_forgotten(&self) -> bool {
        self.0.is_none()
    }

    /// Forgets the answers.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// Passes each answer that leads on from states with these shared parts, with the states to which it does. `ask` is asked for what is
    /// missing: the answer to a choice with a shared part. New answers are collected in `all`, whose content does not matter.
    pub(super) fn each(
        &mut self,
        choices: Range<u16>,
        states: SharedSet<WORDS>,
        all: &mut Vec<Answer<WORDS>>,
        ask: &mut impl FnMut(u16, u32) -> Option<Answer<WORDS>>,
        mut pass: impl FnMut(Answer<WORDS>, SharedSet<WORDS>),
    ) {
        all.clear();
        if self.0.is_none() {
            choices.for_each(|choice| complete(all, &[], choice, states, ask));
            self.0 = Some(all.as_slice().into());
        } else if self.groups().any(|group| !missing(group, states).is_empty()) {
            self.groups().for_each(|group| complete(all, group, group[0].choice, states, ask));
            self.0 = Some(all.as_slice().into());
        }
        for answer in self.0.iter().flatten().filter(|answer| answer.account != AccountNumber::NONE) {
            let served = states.common(answer.when);
            if !served.is_empty() {
                pass(*answer, served);
            }
        }
    }

    /// The answers to each choice.
    fn groups(&self) -> impl Iterator<Item = &[Answer<WORDS>]> {
        self.0.iter().flat_map(|answers| answers.chunk_by(|one, next| one.choice == next.choice))
    }
}

/// The shared parts among these that no answer concerns.
fn missing<const WORDS: usize>(answers: &[Answer<WORDS>], states: SharedSet<WORDS>) -> SharedSet<WORDS> {
    answers.iter().fold(states, |rest, answer| rest.without(answer.when))
}

/// Adds these answers to a choice and those that are missing for these shared parts.
fn complete<const WORDS: usize>(
    all: &mut Vec<Answer<WORDS>>,
    answers: &[Answer<WORDS>],
    choice: u16,
    states: SharedSet<WORDS>,
    ask: &mut impl FnMut(u16, u32) -> Option<Answer<WORDS>>,
) {
    all.extend_from_slice(answers);
    let mut rest = missing(answers, states);
    while let Some(answer) = rest.lowest().and_then(|number| ask(choice, number)) {
        rest = rest.without(answer.when);
        all.push(answer);
    }
}
