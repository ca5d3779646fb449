//! Wrong moves: what can be got wrong in `move`, the article's move as it is meant to be. The article's own is one of them.

use stranded_model::procedure::{Act, Claim, Duplicate, Outcome, Procedure, ServerRef, StepResult, VersionCondition};

use stranded_search::scenario::builtin;

use super::edit::{appended, going_on, inserted, moved, replaced, without};
use super::{Defect, Mutant};

const OF: &str = "move";

const fn wrong(name: &'static str, says: &'static str, wrong: fn(&Procedure) -> Procedure) -> Mutant {
    Mutant { name, says, defect: Defect::Program { of: OF, wrong } }
}

/// Every one of them.
pub(super) const ALL: &[Mutant] = &[
    wrong(
        "move-of-the-article",
        "It is the article's program: it asks nothing before it starts, and tells the directory to move the recipient from \
         the source to the source",
        |right| Procedure { name: right.name.clone(), ..article() },
    ),
    wrong(
        "self-move-behind-checks",
        "It checks the home and the servers as it should, and then tells the directory to move the recipient from the \
         source to the source",
        |right| replaced(right, "sync", sync(ServerRef::From, ServerRef::From)),
    ),
    wrong(
        "directory-backwards",
        "It tells the directory to move the recipient from the destination to the source",
        |right| replaced(right, "sync", sync(ServerRef::To, ServerRef::From)),
    ),
    wrong("directory-never", "It copies the mail and deletes the source, and never tells the directory", |right| {
        without(right, "sync")
    }),
    wrong("delete-before-copy", "It deletes the source before it has copied it", |right| {
        moved(&moved(right, "delete-source-early", "copy"), "delete-source", "copy")
    }),
    wrong("directory-before-copy", "It tells the directory before it has copied the mail", |right| {
        moved(right, "sync", "copy")
    }),
    wrong("partial-copy", "It copies one message, however many there are, and goes on", |right| {
        going_on(right, "copy", StepResult::Ok, "delete-source-early")
    }),
    wrong(
        "copy-result-ignored",
        "It does not look at the result of the copy, and goes on when it has failed",
        |right| {
            let right = going_on(right, "copy", StepResult::Refused, "delete-source-early");
            going_on(&right, "copy", StepResult::Lost, "delete-source-early")
        },
    ),
    wrong(
        "directory-result-ignored",
        "It does not look at what the directory answers, and goes on without it",
        |right| {
            let right = going_on(right, "sync", StepResult::Refused, "delete-source");
            going_on(&right, "sync", StepResult::Lost, "delete-source")
        },
    ),
    wrong(
        "home-not-checked",
        "It does not ask where the home is, so it moves a mailbox that is not at its source",
        |right| without(right, "home-is-source"),
    ),
    wrong(
        "retry-that-repeats",
        "Where the home is no longer its source, it does everything again that was done",
        |right| going_on(right, "home-is-source", StepResult::Refused, "mark-destination"),
    ),
    wrong(
        "retry-that-wipes",
        "When it finds its own copy at the destination it deletes it, source or no source, and starts anew",
        |right| going_on(&without(right, "home-is-source"), "create", StepResult::Duplicate, "create"),
    ),
    wrong(
        "retry-that-duplicates",
        "When it finds a copy at the destination it takes it for its own, switches the directory to it, and leaves the source",
        |right| {
            let keeps = Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Kept };
            let right =
                appended(&replaced(right, "create", keeps), "switch-again", sync(ServerRef::From, ServerRef::To));
            let done = Act::Report { outcome: Outcome::Ok, says: None };
            going_on(&appended(&right, "done-again", done), "create", StepResult::Duplicate, "switch-again")
        },
    ),
    wrong("success-too-early", "It says ok as soon as the copy is there, and the directory is never told", |right| {
        moved(right, "done", "sync")
    }),
    wrong("success-before-unmarking", "It says ok and leaves the destination in transit", |right| {
        moved(right, "done", "unmark")
    }),
    wrong("failure-told-as-success", "It finds a duplicate, deletes it, and says ok", |right| {
        replaced(right, "told", Act::Report { outcome: Outcome::Ok, says: None })
    }),
    wrong("success-told-as-refusal", "It does the whole move, and says that it declined", |right| {
        replaced(right, "done", Act::Report { outcome: Outcome::Refused, says: None })
    }),
    wrong("refusal-that-marks", "It marks the source before it looks whether there is anything to move", |right| {
        let mark = Act::Mark { at: ServerRef::From, claim: Claim::Taken };
        inserted(right, "home-is-source", "mark-too-early", mark)
    }),
    wrong("source-kept", "It leaves the mail at the source as well", |right| {
        without(&without(right, "delete-source-early"), "delete-source")
    }),
    wrong(
        "destination-deleted",
        "It confuses the two servers when it cleans up, and deletes the destination",
        |right| {
            let delete = Act::DeleteMailbox { at: ServerRef::To };
            replaced(&replaced(right, "delete-source-early", delete.clone()), "delete-source", delete)
        },
    ),
    wrong(
        "source-unmarked",
        "It does not put the source on the list of those being moved, so mail is not deferred",
        |right| without(right, "mark-source"),
    ),
];

fn article() -> Procedure {
    builtin::procedure("move-of-the-article").expect("the article's move is built in").decoded()
}

/// A directory step.
pub(super) fn sync(from: ServerRef, to: ServerRef) -> Act {
    Act::SyncDirectory { replica: ServerRef::ConnectedTo, from, to, condition: VersionCondition::Unconditional }
}
