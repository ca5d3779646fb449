//! Wrong answers and wrong sights: the world does what it should, and what is told or shown of it is something else.

use stranded_model::action::Action;
use stranded_model::procedure::StepResult;
use stranded_model::state::{Mailbox, Mark, State};

use crate::adapter::reference::{Moment, Tampering};
use crate::protocol::{Answer, Done};

use super::{Defect, Mutant};

const fn reported(name: &'static str, says: &'static str, tampering: Tampering) -> Mutant {
    Mutant { name, says, defect: Defect::World(tampering) }
}

const fn shown(name: &'static str, says: &'static str, observation: fn(&State, &State) -> State) -> Mutant {
    Mutant { name, says, defect: Defect::Observation(observation) }
}

/// Every one of them.
pub(super) const ALL: &[Mutant] = &[
    reported("ok-for-everything", "It says ok to what it has declined", ok_for_everything),
    reported("refused-and-done", "It says that it declined to take a message, and has taken it", refused_and_done),
    reported("done-and-undone", "It says that a directory step was done, and has not done it", done_and_undone),
    reported("failure-hidden", "It says ok where a run has failed or cannot be told", failure_hidden),
    reported("refusal-told-as-success", "It says ok where a run has declined", refusal_told_as_success),
    reported(
        "restart-that-does-not-help",
        "It says that a store works again, and the store stays down",
        restart_that_does_not_help,
    ),
    shown("sight-of-a-moment-ago", "It shows everything as it was before what was done last", sight_of_a_moment_ago),
    shown("marks-hidden", "It shows no mailbox as in transit", marks_hidden),
    shown("returns-hidden", "It does not show which messages were returned", returns_hidden),
    shown("directory-cached", "It shows the directory as it was before what was done last", directory_cached),
];

fn ok_for_everything(moment: &Moment<'_>, _state: &mut State, answer: &mut Answer) {
    if !moment.happened {
        answer.result = Done::Ok;
    }
}

fn refused_and_done(moment: &Moment<'_>, _state: &mut State, answer: &mut Answer) {
    if let Action::Deliver { .. } = moment.action {
        answer.result = Done::Refused;
    }
}

fn done_and_undone(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    let is_done = moment.step.is_some_and(|step| step.result == StepResult::Ok);
    if let (true, Action::Act { mailbox, .. }) = (is_done, *moment.action) {
        state.accounts[mailbox].recipients = moment.before.accounts[mailbox].recipients.clone();
    }
}

fn failure_hidden(_moment: &Moment<'_>, _state: &mut State, answer: &mut Answer) {
    if matches!(answer.ended, Some(Done::Failed | Done::Unknown)) {
        answer.ended = Some(Done::Ok);
    }
}

fn refusal_told_as_success(_moment: &Moment<'_>, _state: &mut State, answer: &mut Answer) {
    if answer.ended == Some(Done::Refused) {
        answer.ended = Some(Done::Ok);
    }
}

fn restart_that_does_not_help(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let Action::Recover { .. } = moment.action {
        state.shared = moment.before.shared.clone();
    }
}

fn sight_of_a_moment_ago(before: &State, _now: &State) -> State {
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
        shown.accounts[mailbox].recipients = before.accounts[mailbox].recipients.clone();
    }
    shown
}
