//! Wrong versions of programs that list, append and delete messages: `append-repair`, `move-without-marks` and two movers.

use stranded_model::procedure::{Act, Deletion, Only, Procedure, ServerRef, StepResult};

use super::edit::{replaced, with_handler, without};
use super::{Defect, Mutant};

const fn wrong(of: &'static str, name: &'static str, says: &'static str, wrong: fn(&Procedure) -> Procedure) -> Mutant {
    Mutant { name, says, defect: Defect::Program { of, wrong } }
}

/// All mutants of this file.
pub(super) const ALL: &[Mutant] = &[
    wrong(
        "append-repair",
        "append-retried-blindly",
        "It repeats an append whose reply was lost, without listing the destination again",
        |right| with_handler(right, "append", StepResult::Lost, "append"),
    ),
    wrong(
        "append-repair",
        "destination-not-listed",
        "It does not list the destination, and appends messages that are there already",
        |right| without(right, "list-destination"),
    ),
    wrong("append-repair", "mail-not-held", "It does not hold mail back while it runs", |right| without(right, "hold")),
    wrong(
        "move-without-marks",
        "source-emptied",
        "It deletes every message at the source, also those that arrived after its list",
        |right| {
            let empty = Act::EmptyMailbox { at: ServerRef::From, deletion: Deletion::Remembered };
            replaced(right, "delete", empty)
        },
    ),
    wrong(
        "mbsync",
        "journal-ignored",
        "It deletes at the source every message that the destination lacks, also those that it never copied",
        |right| replaced(right, "expunge-source", Act::DeleteUnlisted { at: ServerRef::From, only: Only::Any }),
    ),
    wrong(
        "doveadm-backup",
        "mirror-that-deletes-nothing",
        "It deletes nothing at the destination, also if the source lacks it",
        |right| without(right, "revert"),
    ),
    wrong(
        "doveadm-backup",
        "mirror-that-deletes-the-listed",
        "It deletes at the destination what the source has, and keeps the rest",
        |right| replaced(right, "revert", Act::DeleteListed { at: ServerRef::To, only: Only::Copied }),
    ),
];
