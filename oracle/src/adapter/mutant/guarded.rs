//! Guarded moves without one of their guards. The scenarios `guarded-move-without-…` show what each guard is for; here somebody
//! leaves it out, and a judge must see it.

use stranded_model::procedure::{Act, Claim, Procedure, ServerRef, StepResult, VersionCondition};

use super::edit::{going_on, inserted, replaced, without};
use super::{Defect, Mutant, moves};

const OF: &str = "guarded-move";

const fn wrong(name: &'static str, says: &'static str, wrong: fn(&Procedure) -> Procedure) -> Mutant {
    Mutant { name, says, defect: Defect::Program { of: OF, wrong } }
}

/// Every one of them.
pub(super) const ALL: &[Mutant] = &[
    wrong("second-administrator-ignored", "It takes a mailbox over that another administrator has claimed", |right| {
        let taken = |at| Act::Mark { at, claim: Claim::Taken };
        replaced(&replaced(right, "claim", taken(ServerRef::Earlier)), "claim-other", taken(ServerRef::Later))
    }),
    wrong(
        "claims-in-its-own-order",
        "It claims its source first, which is another server for whoever moves back",
        |right| {
            let claim = |at| Act::Mark { at, claim: Claim::Respected };
            replaced(&replaced(right, "claim", claim(ServerRef::From)), "claim-other", claim(ServerRef::To))
        },
    ),
    wrong("refusal-that-keeps-its-claim", "It declines, and leaves what it has claimed in transit", |right| {
        going_on(right, "home-is-ours", StepResult::Refused, "declined")
    }),
    wrong("resume-that-wipes", "It starts every run with an empty mailbox at the destination", |right| {
        inserted(right, "copy", "anew", Act::DeleteMailbox { at: ServerRef::To })
    }),
    wrong(
        "version-not-compared",
        "It writes the home even if somebody has changed the recipient since it was read",
        |right| replaced(right, "switch", moves::sync(ServerRef::From, ServerRef::To)),
    ),
    wrong("replicas-not-confirmed", "It empties the source before every server has heard of the new home", |right| {
        without(right, "confirm")
    }),
    wrong("nothing-merged", "It leaves at the source what an earlier move has left there", |right| {
        without(right, "merge")
    }),
    wrong("unverified-deletion", "It deletes the source whatever the destination holds", |right| {
        replaced(right, "delete", Act::DeleteMailbox { at: ServerRef::From })
    }),
    wrong("lost-answer-taken-for-done", "When the directory does not answer it takes the switch for done", |right| {
        let right = going_on(right, "switch", StepResult::Lost, "merge");
        going_on(&right, "confirm", StepResult::Lost, "merge")
    }),
    wrong("switched-twice", "It gives the old home back to the directory after it has switched it", |right| {
        let back = Act::SyncDirectory {
            replica: ServerRef::ConnectedTo,
            from: ServerRef::To,
            to: ServerRef::From,
            condition: VersionCondition::Unconditional,
        };
        inserted(right, "unmark", "switch-back", back)
    }),
];
