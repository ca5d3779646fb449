//! Procedures in words, for people who do not know their names. A procedure without an entry is shown by its name alone.

/// The move of the article. It strands or destroys mail where a directory step is needed, so it is no cure anywhere.
const DEFECTIVE: &str = "move-of-the-article";

/// The destination of a run in the words below. Reports on a run have the name of the server in its place.
const ROLE: &str = "the destination";

/// The repair that deletes nothing that it has not appended, whatever the mailboxes hold.
pub const APPENDING: &str = "append-repair";

/// Each procedure as an instruction to an administrator.
const WORDS: [(&str, &str); 8] = [
    ("move", "move the mailbox with the correct program"),
    (DEFECTIVE, "move the mailbox as in the article"),
    ("method-1", "set both home attributes to the destination"),
    ("method-2", "delete the recipient and create it again on the destination"),
    ("q162998", "save new mail, delete the recipient and create it again on the destination"),
    ("guarded-move", "run the guarded move, which resumes what it finds"),
    (APPENDING, "append what the destination lacks, then set the home"),
    ("hold-then-method-1", "hold the mail, set both home attributes, release the mail"),
];

/// Returns a procedure as an instruction; its name if there are no words for it.
#[must_use]
pub fn words(procedure: &str) -> &str {
    WORDS.iter().find(|(name, _)| *name == procedure).map_or(procedure, |(_, words)| words)
}

/// Returns a procedure as an instruction that names its destination, which can be the home already.
#[must_use]
pub fn words_for(procedure: &str, destination: &str, is_home: bool) -> String {
    match procedure {
        APPENDING if is_home => format!("append what {destination} lacks; it is the home already"),
        other => words_to(other, destination),
    }
}

/// Returns a procedure as an instruction that names its destination; its name if there are no words for it.
#[must_use]
pub fn words_to(procedure: &str, destination: &str) -> String {
    words(procedure).replace(ROLE, destination)
}

/// Returns the instruction with the name of the procedure behind it.
#[must_use]
pub fn named(procedure: &str, destination: &str) -> String {
    match words(procedure) {
        same if same == procedure => procedure.to_owned(),
        _ => format!("{} ({procedure})", words_to(procedure, destination)),
    }
}

/// Returns the instruction with the name and the servers of the run behind it.
#[must_use]
pub fn run_named(procedure: &str, (from, to): &(String, String)) -> String {
    match words(procedure) {
        same if same == procedure => format!("{procedure} from {from} to {to}"),
        _ => format!("{} ({procedure} from {from} to {to})", words_to(procedure, to)),
    }
}

/// Returns false for a procedure that no report may recommend.
#[must_use]
pub fn is_cure(procedure: &str) -> bool {
    procedure != DEFECTIVE
}
