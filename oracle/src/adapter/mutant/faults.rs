//! Wrong stores when a program appends mail, and under the faults of mail. Each mutant takes the model's result of one attempt
//! and changes it; like the module `servers`, it does not know the rule behind the result.

use stranded_model::action::{Action, Fate};
use stranded_model::procedure::{Act, StepResult};
use stranded_model::state::{Mailbox, State};

use crate::adapter::reference::{Attempt, Tampering};
use crate::protocol::Answer;

use super::servers::{concerned, done, gained};
use super::{Defect, Mutant};

const fn wrong(name: &'static str, says: &'static str, tampering: Tampering) -> Mutant {
    Mutant { name, says, defect: Defect::World(tampering) }
}

/// All mutants of this file.
pub(super) const ALL: &[Mutant] = &[
    wrong("append-that-doubles", "It stores two copies of a message that a program appends", append_that_doubles),
    wrong("mail-that-stays-hidden", "A store that looked empty has lost its mail", mail_that_stays_hidden),
    wrong("late-request-at-once", "A request that is late takes effect at once", late_request_at_once),
];

fn append_that_doubles(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::AppendMessage { .. })) =
        (concerned(attempt), done(attempt, StepResult::Ok))
    {
        let account = &mut state.accounts[mailbox];
        for server in before.mailboxes.ids() {
            let new = gained(before, account, server);
            if let Mailbox::Present(contents) = &mut account.mailboxes[server] {
                contents.duplicated = contents.duplicated.with(new);
            }
        }
    }
}

fn mail_that_stays_hidden(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Reappear { server, .. }) = (concerned(attempt), *attempt.action) {
        state.accounts[mailbox].mailboxes[server] = before.mailboxes[server];
    }
}

fn late_request_at_once(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let Action::Act { mailbox, fate: Fate::RequestLate, .. } = *attempt.action
        && let Ok(after) = attempt.world.step(state, &Action::TakeEffect { mailbox })
    {
        *state = after;
    }
}
