//! Mutants with wrong answers and wrong observations: the world behaves correctly, but the answer or the observation does
//! not match it.

use stranded_model::action::Action;
use stranded_model::procedure::StepResult;
use stranded_model::state::{Mailbox, Mark, State};

use crate::adapter::reference::{Attempt, Tampering};
use crate::protocol::{Answer, Outcome};

use super::{Defect, Mutant};

const fn reported(name: &'static str, says: &'static str, tampering: Tampering) -> Mutant {
    Mutant { name, says, defect: Defect::World(tampering) }
}

const fn shown(name: &'static str, says: &'static str, observation: fn(&State, &State) -> State) -> Mutant {
    Mutant { name, says, defect: Defect::Observation(observation) }
}

/// All mutants of this file.
pub(super) const ALL: &[Mutant] = &[
    reported("ok-for-everything", "It reports ok for an action that it declined", ok_for_everything),
    reported("refused-and-done", "It accepts a message and reports that it declined it", refused_and_done),
    reported("done-and-undone", "It reports ok for a directory step that it did not execute", done_and_undone),
    reported("failure-hidden", "It reports ok for a run that failed or whose outcome is unknown", failure_hidden),
    reported("refusal-reported-as-success", "It reports ok for a run that declined", refusal_reported_as_success),
    reported(
        "restart-that-does-not-help",
        "It reports that a store was restarted, and the store stays down",
        restart_that_does_not_help,
    ),
    shown("observation-of-a-moment-ago", "It shows the state before the last action", observation_of_a_moment_ago),
    shown("marks-hidden", "It shows every mailbox as not in transit", marks_hidden),
    shown("returns-hidden", "It hides returned messages", returns_hidden),
    shown("directory-cached", "It shows the directory as it was before the last action", directory_cached),
];

fn ok_for_everything(attempt: &Attempt<'_>, _state: &mut State, answer: &mut Answer) {
    if !attempt.happened {
        answer.result = Outcome::Ok;
    }
}

fn refused_and_done(attempt: &Attempt<'_>, _state: &mut State, answer: &mut Answer) {
    if let Action::Deliver { .. } = attempt.action {
        answer.result = Outcome::Refused;
    }
}

fn done_and_undone(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    let is_done = attempt.step.is_some_and(|step| step.result == StepResult::Ok);
    if let (true, Action::Act { mailbox, .. }) = (is_done, *attempt.action) {
        state.accounts[mailbox].recipients = attempt.before.accounts[mailbox].recipients;
    }
}

fn failure_hidden(_moment: &Attempt<'_>, _state: &mut State, answer: &mut Answer) {
    if matches!(answer.ended, Some(Outcome::Failed | Outcome::Unknown)) {
        answer.ended = Some(Outcome::Ok);
    }
}

fn refusal_reported_as_success(_moment: &Attempt<'_>, _state: &mut State, answer: &mut Answer) {
    if answer.ended == Some(Outcome::Refused) {
        answer.ended = Some(Outcome::Ok);
    }
}

fn restart_that_does_not_help(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let Action::Recover { .. } = attempt.action {
        state.shared = attempt.before.shared.clone();
    }
}

fn observation_of_a_moment_ago(before: &State, _now: &State) -> State {
    before.clone()
}

fn marks_hidden(_before: &State, now: &State) -> State {
    let mut shown = now.clone();
    for mailbox in shown.accounts.values_mut().flat_map(|account| account.mailboxes.values_mut()) {
        if let Mailbox::Present(contents) = mailbox {
            contents.messages = contents.messages.with(contents.mark.pending());
            contents.mark = Mark::Settled;
        }
    }
    shown
}

fn returns_hidden(_before: &State, now: &State) -> State {
    let mut shown = now.clone();
    shown.accounts.values_mut().for_each(|account| account.record.returned = Default::default());
    shown
}

fn directory_cached(before: &State, now: &State) -> State {
    let mut shown = now.clone();
    for mailbox in now.accounts.ids() {
        shown.accounts[mailbox].recipients = before.accounts[mailbox].recipients;
    }
    shown
}
