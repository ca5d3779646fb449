//! Wrong versions of `guarded-move`: each removes, changes or adds one step. The scenarios `guarded-move-without-…` show the
//! purpose of each guard.

use stranded_model::procedure::{Act, Claim, Procedure, ServerRef, StepResult, VersionCondition};

use super::edit::{inserted, replaced, with_handler, without};
use super::{Defect, Mutant, moves};

const OF: &str = "guarded-move";

const fn wrong(name: &'static str, says: &'static str, wrong: fn(&Procedure) -> Procedure) -> Mutant {
    Mutant { name, says, defect: Defect::Program { of: OF, wrong } }
}

/// All mutants of this file.
pub(super) const ALL: &[Mutant] = &[
    wrong("second-administrator-ignored", "It takes over a mailbox that another administrator has claimed", |right| {
        let taken = |at| Act::Mark { at, claim: Claim::Taken };
        replaced(&replaced(right, "claim", taken(ServerRef::Earlier)), "claim-other", taken(ServerRef::Later))
    }),
    wrong(
        "claims-in-its-own-order",
        "It claims its source first, so a move in the other direction claims in another order",
        |right| {
            let claim = |at| Act::Mark { at, claim: Claim::Respected };
            replaced(&replaced(right, "claim", claim(ServerRef::From)), "claim-other", claim(ServerRef::To))
        },
    ),
    wrong("refusal-that-keeps-its-claim", "It declines and leaves its claims in transit", |right| {
        with_handler(right, "home-is-ours", StepResult::Refused, "declined")
    }),
    wrong("resume-that-wipes", "It starts every run with an empty mailbox at the destination", |right| {
        inserted(right, "copy", "anew", Act::DeleteMailbox { at: ServerRef::To })
    }),
    wrong("version-not-compared", "It writes the home even if the recipient was changed since it was read", |right| {
        replaced(right, "switch", moves::sync(ServerRef::From, ServerRef::To))
    }),
    wrong("replicas-not-confirmed", "It deletes the source before every replica has the new home", |right| {
        without(right, "confirm")
    }),
    wrong("nothing-merged", "It does not copy messages that an earlier move left at the source", |right| {
        without(right, "merge")
    }),
    wrong("unverified-deletion", "It deletes the source without checking the destination", |right| {
        replaced(right, "delete", Act::DeleteMailbox { at: ServerRef::From })
    }),
    wrong("lost-answer-taken-for-done", "It treats a lost reply of the directory as success", |right| {
        let right = with_handler(right, "switch", StepResult::Lost, "merge");
        with_handler(&right, "confirm", StepResult::Lost, "merge")
    }),
    wrong("switched-twice", "After the switch it writes the old home into the directory again", |right| {
        let back = Act::SyncDirectory {
            replica: ServerRef::ConnectedTo,
            from: ServerRef::To,
            to: ServerRef::From,
            condition: VersionCondition::Unconditional,
        };
        inserted(right, "unmark", "switch-back", back)
    }),
];
