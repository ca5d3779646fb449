//! The words that people write for `do`, and the steps of the model that do the same. A step's effect is in [`STEPS`] only.

use super::cursor::Text;
use super::diagnostic::{Findings, listed, nearest, wrapped};
use super::steps::{STEPS, step_words};

/// Words of users, and the answer to them.
struct Row {
    /// Phrases in lowercase. One fits a text that has each of its words.
    phrases: &'static [&'static str],
    answer: Answer,
}

/// The answer to a word that is no step.
enum Answer {
    /// The steps that do this, the most likely one first.
    Steps(&'static [&'static str]),
    /// The steps that do this together, in this order.
    Sequence(&'static [&'static str]),
    /// No step does this, for this reason.
    None(&'static str),
}
use Answer::{Sequence, Steps};

/// The words of users. Of the phrases that fit, the one with the most words counts, then the first.
const ROWS: &[Row] = &[
    Row { phrases: &["export", "dump", "backup", "back up", "archive", "save mailbox"], answer: Steps(&["save"]) },
    Row { phrases: &["import", "restore", "load mailbox"], answer: Steps(&["load"]) },
    Row {
        phrases: &[
            "delete user",
            "delete account",
            "remove user",
            "remove account",
            "delete contact",
            "remove recipient",
            "deprovision",
        ],
        answer: Steps(&["delete-recipient"]),
    },
    Row {
        phrases: &["create user", "create account", "add user", "add account", "new user", "recreate"],
        answer: Steps(&["create-recipient"]),
    },
    Row {
        phrases: &["create", "add mailbox", "new mailbox", "provision", "make mailbox"],
        answer: Steps(&["create-mailbox"]),
    },
    Row { phrases: &["delete", "remove", "purge", "drop", "cleanup"], answer: Steps(&["delete-mailbox"]) },
    Row { phrases: &["empty", "expunge", "wipe", "clear", "truncate"], answer: Steps(&["empty-mailbox"]) },
    Row {
        phrases: &["copy", "copy mailbox", "sync", "sync mailbox", "transfer", "merge", "mirror"],
        answer: Steps(&["copy-message"]),
    },
    Row { phrases: &["append"], answer: Steps(&["append-message"]) },
    Row {
        phrases: &["move", "migrate", "relocate"],
        answer: Sequence(&["create-mailbox", "copy-message", "sync-directory", "delete-mailbox"]),
    },
    Row {
        phrases: &["move user", "move recipient", "switch", "update directory", "change directory"],
        answer: Steps(&["sync-directory", "raw-edit"]),
    },
    Row {
        phrases: &["set", "change home", "edit", "modify", "rehome", "reroute", "redirect", "repoint"],
        answer: Steps(&["raw-edit", "sync-directory"]),
    },
    Row {
        phrases: &["hold", "pause delivery", "stop delivery", "block delivery", "freeze"],
        answer: Steps(&["hold-delivery"]),
    },
    Row { phrases: &["release", "resume", "unfreeze", "start delivery"], answer: Steps(&["release-delivery"]) },
    Row { phrases: &["disable", "lock", "suspend", "quiesce"], answer: Steps(&["mark", "hold-delivery"]) },
    Row { phrases: &["enable", "unlock", "activate"], answer: Steps(&["unmark", "release-delivery"]) },
    Row { phrases: &["replicate", "force replication"], answer: Steps(&["update-now"]) },
    Row { phrases: &["sleep", "pause", "wait for"], answer: Steps(&["wait"]) },
    Row { phrases: &["check", "verify", "assert", "ensure", "compare", "test", "if"], answer: Steps(&["require"]) },
    Row { phrases: &["look", "lookup", "find", "locate"], answer: Steps(&["look-up-home"]) },
    Row { phrases: &["fetch", "scan", "enumerate"], answer: Steps(&["list"]) },
    Row { phrases: &["repair", "consistency", "reconcile", "ds-is"], answer: Steps(&["adjust"]) },
    Row { phrases: &["end", "done", "exit", "finish", "return", "abort", "fail", "stop"], answer: Steps(&["report"]) },
    Row {
        phrases: &["rename"],
        answer: Answer::None(
            "a mailbox keeps its name here, and a rename that moves it to another server is several steps: see \
             `stranded show --procedure move`",
        ),
    },
    Row {
        phrases: &["grant", "revoke", "permission", "permissions", "rights", "acl", "chmod", "chown", "quota"],
        answer: Answer::None("the model has no permissions and no quotas; leave the step out: it moves no mail"),
    },
    Row {
        phrases: &["notify", "announce", "email", "inform", "log", "comment"],
        answer: Answer::None("messages to people move no mail; leave the step out, or write a comment after `#`"),
    },
];

/// Returns the words of a text in lowercase.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

/// Returns the answer to a text: that of the longest phrase that fits.
fn answer(text: &[String]) -> Option<&'static Answer> {
    let mut best: Option<(usize, &Row)> = None;
    for row in ROWS {
        for phrase in row.phrases {
            let needed = words(phrase);
            let is_longer = best.is_none_or(|(length, _)| needed.len() > length);
            if is_longer && needed.iter().all(|word| text.contains(word)) {
                best = Some((needed.len(), row));
            }
        }
    }
    best.map(|(_, row)| &row.answer)
}

/// Reports a value of `do` that is no step, with the step that does what the word means.
pub(super) fn report(word: &Text<'_>, found: &mut Findings) {
    let given = words(word.get_ref());
    let valid: Vec<&str> = step_words().collect();
    let spelled = given.join("-");
    // A step in other letters or with a small error is that step: `Delete Mailbox`, `sync_directory`.
    let is_step = nearest(&spelled, &valid)
        .is_some_and(|near| near == spelled || spelled.contains('-') && is_typing_error(&spelled, near));
    let Some(answer) = answer(&given).filter(|_| !is_step) else {
        return found.unknown(word.span(), "value of `do`", word.get_ref(), &valid);
    };
    let quoted =
        |steps: &[&str], between: &str| steps.iter().map(|step| format!("`{step}`")).collect::<Vec<_>>().join(between);
    let (label, help) = match answer {
        Steps(steps) => (format!("did you mean {}?", quoted(steps, " or ")), effects(steps)),
        Sequence(steps) => {
            let whole = "`stranded show --procedure move` prints a correct procedure";
            (
                format!("these are several steps: {}", quoted(steps, ", ")),
                format!("{}\n{}", effects(steps), wrapped(whole)),
            )
        }
        Answer::None(reason) => {
            ("no step does this".to_owned(), format!("{}\n{}", wrapped(reason), wrapped(&listed(&valid))))
        }
    };
    found.report_with_help(
        word.span(),
        format!("unknown value of `do` `{}`", word.get_ref().escape_debug()),
        label,
        Some(help),
    );
}

/// Returns true if two texts differ in one letter, or in two that stand in the wrong order.
fn is_typing_error(one: &str, other: &str) -> bool {
    strsim::damerau_levenshtein(one, other) <= 1
}

/// Returns the effect of each step, a line each.
fn effects(words: &[&str]) -> String {
    let steps = words.iter().filter_map(|word| STEPS.iter().find(|step| step.word == *word));
    steps.map(|step| wrapped(&format!("`{}` {}", step.word, step.does))).collect::<Vec<_>>().join("\n")
}
