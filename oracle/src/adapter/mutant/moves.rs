//! Wrong versions of `move`. The article's own program is one of them.

use stranded_model::procedure::{Act, Claim, Duplicate, Outcome, Procedure, ServerRef, StepResult, VersionCondition};

use stranded_search::scenario::builtin;

use super::edit::{appended, inserted, moved, replaced, with_handler, without};
use super::{Defect, Mutant};

const OF: &str = "move";

const fn wrong(name: &'static str, says: &'static str, wrong: fn(&Procedure) -> Procedure) -> Mutant {
    Mutant { name, says, defect: Defect::Program { of: OF, wrong } }
}

/// All mutants of this file.
pub(super) const ALL: &[Mutant] = &[
    wrong(
        "move-of-the-article",
        "It is the article's program: it checks nothing first, and asks the directory to move the recipient from \
         the source to the source",
        |right| Procedure { name: right.name.clone(), ..article() },
    ),
    wrong(
        "self-move-behind-checks",
        "It checks the home and the servers, and then asks the directory to move the recipient from the \
         source to the source",
        |right| replaced(right, "sync", sync(ServerRef::From, ServerRef::From)),
    ),
    wrong(
        "directory-backwards",
        "It asks the directory to move the recipient from the destination to the source",
        |right| replaced(right, "sync", sync(ServerRef::To, ServerRef::From)),
    ),
    wrong("directory-never", "It copies the mail and deletes the source, and never changes the directory", |right| {
        without(right, "sync")
    }),
    wrong("delete-before-copy", "It deletes the source before it copies the mail", |right| {
        moved(&moved(right, "delete-source-early", "copy"), "delete-source", "copy")
    }),
    wrong("directory-before-copy", "It changes the directory before it copies the mail", |right| {
        moved(right, "sync", "copy")
    }),
    wrong("partial-copy", "It copies only one message", |right| {
        with_handler(right, "copy", StepResult::Ok, "delete-source-early")
    }),
    wrong("copy-result-ignored", "It ignores the result of the copy and continues after a failure", |right| {
        let right = with_handler(right, "copy", StepResult::Refused, "delete-source-early");
        with_handler(&right, "copy", StepResult::Lost, "delete-source-early")
    }),
    wrong(
        "directory-result-ignored",
        "It ignores the answer of the directory and continues after a failure",
        |right| {
            let right = with_handler(right, "sync", StepResult::Refused, "delete-source");
            with_handler(&right, "sync", StepResult::Lost, "delete-source")
        },
    ),
    wrong("home-not-checked", "It does not check the home, so it moves a mailbox that is not at its source", |right| {
        without(right, "home-is-source")
    }),
    wrong("retry-that-repeats", "If the home is no longer its source, it repeats the whole move", |right| {
        with_handler(right, "home-is-source", StepResult::Refused, "mark-destination")
    }),
    wrong(
        "retry-that-wipes",
        "If it finds a copy at the destination, it deletes it without checking the source, and starts again",
        |right| with_handler(&without(right, "home-is-source"), "create", StepResult::Duplicate, "create"),
    ),
    wrong(
        "retry-that-duplicates",
        "If it finds a copy at the destination, it treats it as its own, switches the directory to it, and leaves the source",
        |right| {
            let keeps = Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Kept };
            let right =
                appended(&replaced(right, "create", keeps), "switch-again", sync(ServerRef::From, ServerRef::To));
            let done = Act::Report { outcome: Outcome::Ok, says: None };
            with_handler(&appended(&right, "done-again", done), "create", StepResult::Duplicate, "switch-again")
        },
    ),
    wrong("success-too-early", "It reports ok after the copy and never changes the directory", |right| {
        moved(right, "done", "sync")
    }),
    wrong("success-before-unmarking", "It reports ok and leaves the destination in transit", |right| {
        moved(right, "done", "unmark")
    }),
    wrong("failure-reported-as-success", "It finds a duplicate, deletes it, and reports ok", |right| {
        replaced(right, "report-duplicate", Act::Report { outcome: Outcome::Ok, says: None })
    }),
    wrong("success-reported-as-refusal", "It completes the move and reports that it declined", |right| {
        replaced(right, "done", Act::Report { outcome: Outcome::Refused, says: None })
    }),
    wrong("refusal-that-marks", "It marks the source before it checks whether there is anything to move", |right| {
        let mark = Act::Mark { at: ServerRef::From, claim: Claim::Taken };
        inserted(right, "home-is-source", "mark-too-early", mark)
    }),
    wrong("source-kept", "It does not delete the source", |right| {
        without(&without(right, "delete-source-early"), "delete-source")
    }),
    wrong("destination-deleted", "It deletes the destination instead of the source", |right| {
        let delete = Act::DeleteMailbox { at: ServerRef::To };
        replaced(&replaced(right, "delete-source-early", delete.clone()), "delete-source", delete)
    }),
    wrong("source-unmarked", "It does not mark the source as in transit, so mail is not deferred", |right| {
        without(right, "mark-source")
    }),
];

fn article() -> Procedure {
    builtin::procedure("move-of-the-article").expect("the article's move is built in").decoded()
}

/// A directory step.
pub(super) fn sync(from: ServerRef, to: ServerRef) -> Act {
    Act::SyncDirectory { replica: ServerRef::ConnectedTo, from, to, condition: VersionCondition::Unconditional }
}
