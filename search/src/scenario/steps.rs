//! The table of the steps: each value of `do` with its arguments, its description and its sources. The reader and the writer
//! (`arguments`), the JSON Schema and the tables in the documentation follow it.
//!
//! A new step needs a row in [`STEPS`], a case in [`taken_apart`](super::step_words::taken_apart), and its rule in the model.

use stranded_model::assumption::Assumption;
use stranded_model::dn::HomeAttribute;
use stranded_model::procedure::{
    Act, Claim, Deletion, Duplicate, ListPurpose, Only, ServerRef, StepResult, VersionCondition,
};

use super::arguments::Arguments;
use super::step_kind::ArgumentKind::{self, Condition, Flag, HomeValue as Home, Outcome, Server, Text, Word};
use super::step_kind::{Argument, BuiltAct, Presence, StepKind};

fn only(given: &Arguments) -> Only {
    if given.is("only", "copied") { Only::Copied } else { Only::Any }
}

fn one(act: Act) -> Vec<BuiltAct> {
    vec![(act, None)]
}

const ANY_RESULT: &[StepResult] = &StepResult::ALL;
const OK_REFUSED_LOST: &[StepResult] = &[StepResult::Ok, StepResult::Refused, StepResult::Lost];
const OK_LOST: &[StepResult] = &[StepResult::Ok, StepResult::Lost];

const fn required(key: &'static str, kind: ArgumentKind, doc: &'static str) -> Argument {
    Argument { key, kind, presence: Presence::Required, doc }
}

const fn optional(key: &'static str, kind: ArgumentKind, doc: &'static str) -> Argument {
    Argument { key, kind, presence: Presence::Optional, doc }
}

const fn default(key: &'static str, kind: ArgumentKind, default: &'static str, doc: &'static str) -> Argument {
    Argument { key, kind, presence: Presence::Default(default), doc }
}

const CONDITION: Argument = required("", Condition, "one condition");
const FROM: Argument = default("from", Server, "from", "the server whose store is read");
const TO: Argument = default("to", Server, "to", "the server whose store is written");
const AT: Argument = required("at", Server, "the server whose store the step changes");
const ONLY: Argument = default(
    "only",
    Word(&["any", "copied"]),
    "any",
    "the messages that the step may delete: any, or those that the program noted as copied",
);
/// By default the server that the program is connected to. [Q195911]
const REPLICA: Argument = default("replica", Server, "connected-to", "the server whose replica the step writes");

/// Every step, in the order in which documents list them.
pub const STEPS: [StepKind; 26] = [
    StepKind {
        word: "create-mailbox",
        arguments: &[
            AT,
            default("if-present", Word(&["delete", "keep"]), "delete", "the fate of a mailbox that is present already"),
        ],
        does: "creates an empty mailbox; if one is present, answers `duplicate` and deletes or keeps that one",
        results: ANY_RESULT,
        sources: &["Q252869 S5", "Q252869 S6", "Q252869 S9", "Q277911"],
        build: |given| {
            let duplicate = if given.is("if-present", "keep") { Duplicate::Kept } else { Duplicate::Deleted };
            one(Act::CreateMailbox { at: given.server("at"), duplicate })
        },
    },
    StepKind {
        word: "delete-mailbox",
        arguments: &[AT],
        does: "deletes the mailbox with all its messages",
        results: OK_REFUSED_LOST,
        sources: &["Q252869 S3", "Q252869 S10", "Q252869 S19", "Q184160"],
        build: |given| one(Act::DeleteMailbox { at: given.server("at") }),
    },
    StepKind {
        word: "empty-mailbox",
        arguments: &[
            AT,
            default(
                "deletions",
                Word(&["remembered", "forgotten"]),
                "remembered",
                "\"remembered\" (an expunge) or \"forgotten\" (files removed under the store)",
            ),
        ],
        does: "deletes all messages of the mailbox in one act and leaves it as a shell",
        results: OK_REFUSED_LOST,
        sources: &["inferred"],
        build: |given| {
            let deletion = if given.is("deletions", "forgotten") { Deletion::Forgotten } else { Deletion::Remembered };
            one(Act::EmptyMailbox { at: given.server("at"), deletion })
        },
    },
    StepKind {
        word: "list",
        arguments: &[
            required("at", Server, "the server whose store is read"),
            default(
                "as",
                Word(&["listed", "copied"]),
                "listed",
                "\"listed\" replaces the list of the program; \"copied\" notes the messages as copied, beside those noted \
                 before",
            ),
        ],
        does: "lists the messages of the mailbox into the program's memory; a message with several copies is listed once",
        results: OK_REFUSED_LOST,
        sources: &["inferred"],
        build: |given| {
            let purpose = if given.is("as", "copied") { ListPurpose::Copied } else { ListPurpose::Listed };
            one(Act::List { at: given.server("at"), purpose })
        },
    },
    StepKind {
        word: "copy-listed",
        arguments: &[FROM, TO],
        does: "copies one listed message that the target lacks, any of them; without a handler for `ok`, repeats until it \
               lacks none",
        results: OK_REFUSED_LOST,
        sources: &["inferred"],
        build: |given| one(Act::CopyListed { from: given.server("from"), to: given.server("to") }),
    },
    StepKind {
        word: "append-message",
        arguments: &[FROM, TO],
        does: "appends one listed message that the program has not noted as copied, any of them, whatever the target holds, \
               and notes it as copied; without a handler for `ok`, repeats until every listed message is noted",
        results: OK_REFUSED_LOST,
        sources: &["RFC 9051 6.3.12"],
        build: |given| one(Act::AppendMessage { from: given.server("from"), to: given.server("to") }),
    },
    StepKind {
        word: "delete-listed",
        arguments: &[AT, ONLY],
        does: "deletes every copy of one listed message, any of them; without a handler for `ok`, repeats until none is left",
        results: OK_REFUSED_LOST,
        sources: &["inferred"],
        build: |given| one(Act::DeleteListed { at: given.server("at"), only: only(given) }),
    },
    StepKind {
        word: "delete-unlisted",
        arguments: &[AT, ONLY],
        does: "deletes every copy of one message that is not listed, any of them, as a mirror does, and forgets that it was \
               copied; without a handler for `ok`, repeats until none is left",
        results: OK_REFUSED_LOST,
        sources: &["inferred"],
        build: |given| one(Act::DeleteUnlisted { at: given.server("at"), only: only(given) }),
    },
    StepKind {
        word: "copy-message",
        arguments: &[FROM, TO],
        does: "copies one message that the target lacks, any of them, in one act; without a handler for `ok`, repeats until it lacks none",
        results: OK_REFUSED_LOST,
        sources: &["Q252869 S4", "Q252869 S7", "Q252869 S22", "Q195985"],
        build: |given| one(Act::CopyMessage { from: given.server("from"), to: given.server("to") }),
    },
    StepKind {
        word: "propagate-deletions",
        arguments: &[
            required("from", Server, "the server whose store remembers deletions"),
            required("to", Server, "the server whose store deletes"),
        ],
        does: "deletes the messages that another store remembers as deleted",
        results: OK_REFUSED_LOST,
        sources: &["inferred"],
        build: |given| one(Act::PropagateDeletions { from: given.server("from"), to: given.server("to") }),
    },
    StepKind {
        word: "mark",
        arguments: &[
            AT,
            default(
                "claim",
                Word(&["take", "respect", "token"]),
                "take",
                "the answer to a mark of another move: take it over, or refuse; \"token\" also refuses, and lets the store \
                 refuse late requests of earlier runs",
            ),
        ],
        does: "marks the mailbox as in transit; creates it, empty, if it is absent",
        results: OK_REFUSED_LOST,
        sources: &["Q259541", "Q277911"],
        build: |given| {
            let claim = if given.is("claim", "token") {
                Claim::Token
            } else if given.is("claim", "respect") {
                Claim::Respected
            } else {
                Claim::Taken
            };
            one(Act::Mark { at: given.server("at"), claim })
        },
    },
    StepKind {
        word: "unmark",
        arguments: &[AT],
        does: "removes the program's own mark; mail that arrived in transit joins the mailbox",
        results: OK_REFUSED_LOST,
        sources: &["Q183400", "Q277911"],
        build: |given| one(Act::Unmark { at: given.server("at") }),
    },
    StepKind {
        word: "save",
        arguments: &[required("at", Server, "the server whose store is read")],
        does: "saves all messages of the mailbox to a personal folder file",
        results: OK_REFUSED_LOST,
        sources: &["Q162998"],
        build: |given| one(Act::Save { at: given.server("at") }),
    },
    StepKind {
        word: "load",
        arguments: &[AT],
        does: "loads the messages of the personal folder file that the mailbox lacks",
        results: OK_REFUSED_LOST,
        sources: &["Q162998"],
        build: |given| one(Act::Load { at: given.server("at") }),
    },
    StepKind {
        word: "adjust",
        arguments: &[required("at", Server, "the server whose store is compared with its replica")],
        does: "runs the consistency adjuster: a mailbox without a recipient gets one",
        results: OK_REFUSED_LOST,
        sources: &["Q182979"],
        build: |given| one(Act::Adjust { at: given.server("at") }),
    },
    StepKind {
        word: "hold-delivery",
        arguments: &[],
        does: "holds mail for the mailbox in the transport",
        results: OK_LOST,
        sources: &["inferred"],
        build: |_| one(Act::HoldDelivery),
    },
    StepKind {
        word: "release-delivery",
        arguments: &[],
        does: "ends the hold on mail for the mailbox",
        results: OK_LOST,
        sources: &["inferred"],
        build: |_| one(Act::ReleaseDelivery),
    },
    StepKind {
        word: "sync-directory",
        arguments: &[
            REPLICA,
            required("from", Server, "the server that the recipient moves from"),
            required("to", Server, "the server that the recipient moves to"),
            default(
                "if-unchanged",
                Flag,
                "false",
                "true to refuse the write unless the recipient has the version that the program read last",
            ),
        ],
        does: "asks the directory to move the recipient",
        results: OK_REFUSED_LOST,
        sources: &["Q252869 S24", "Q252869 S25", "Q252869 S26"],
        build: |given| {
            let is_conditional = given.flag("if-unchanged");
            let condition = if is_conditional { VersionCondition::Unchanged } else { VersionCondition::Unconditional };
            let [replica, from, to] = ["replica", "from", "to"].map(|key| given.server(key));
            one(Act::SyncDirectory { replica, from, to, condition })
        },
    },
    StepKind {
        word: "raw-edit",
        arguments: &[
            REPLICA,
            default("unchecked", Flag, "false", "true to accept a malformed or foreign name"),
            optional("home-mdb", Home(HomeAttribute::Mdb), "the new Home-MDB"),
            optional("home-mta", Home(HomeAttribute::Mta), "the new Home-MTA"),
        ],
        does: "writes one or both home attributes as they are typed",
        results: OK_REFUSED_LOST,
        sources: &["Q252869 S13", "Q252869 S16", "Q252869 S17", "Q252869 S18"],
        build: |given| {
            let (mdb, mta) = (given.home("home-mdb"), given.home("home-mta"));
            one(Act::RawEdit { replica: given.server("replica"), mdb, mta })
        },
    },
    StepKind {
        // A delete in the Administrator program also purges the mailbox from the store that Home-MDB names in the replica
        // that it edits; a delete by LDAP or by import leaves it there. [Q184160, Q284199]
        word: "delete-recipient",
        arguments: &[
            REPLICA,
            required(
                "data",
                Word(&["purge", "leave"]),
                "\"purge\" (the Administrator program) or \"leave\" (LDAP, CSV import)",
            ),
        ],
        does: "deletes the recipient, and with `\"purge\"` the mailbox in the store that its Home-MDB names",
        results: OK_REFUSED_LOST,
        sources: &["Q252869 S19", "Q239639"],
        build: |given| {
            let delete = Act::DeleteRecipient { replica: given.server("replica") };
            if given.is("data", "leave") {
                return one(delete);
            }
            let look_up = Act::LookUpHome { replica: given.server("replica") };
            let purge = || Act::DeleteMailbox { at: ServerRef::Home };
            let [before, after] = [0, 1].map(|answer| Some((Assumption::PurgeOrder, answer)));
            vec![(look_up, None), (purge(), before), (delete.clone(), before), (delete, after), (purge(), after)]
        },
    },
    StepKind {
        word: "create-recipient",
        arguments: &[REPLICA, required("home", Server, "the server that both home attributes name")],
        does: "creates the recipient again, under the same name",
        results: OK_REFUSED_LOST,
        sources: &["Q252869 S20", "Q252869 S21", "Q184160", "Q202220"],
        build: |given| one(Act::CreateRecipient { replica: given.server("replica"), home: given.server("home") }),
    },
    StepKind {
        word: "update-now",
        arguments: &[required("replica", Server, "the server whose replica pulls")],
        does: "makes a replica pull from each of the others",
        results: OK_REFUSED_LOST,
        sources: &["Q182963"],
        build: |given| one(Act::UpdateNow { replica: given.server("replica") }),
    },
    StepKind {
        word: "look-up-home",
        arguments: &[default("replica", Server, "connected-to", "the server whose replica is read")],
        does: "looks up Home-MDB; from then on `home` is the server that it names",
        results: OK_REFUSED_LOST,
        sources: &["Q184160"],
        build: |given| one(Act::LookUpHome { replica: given.server("replica") }),
    },
    StepKind {
        word: "require",
        arguments: &[CONDITION],
        does: "answers `ok` if the condition is true, else `refused`",
        results: OK_REFUSED_LOST,
        sources: &["inferred"],
        build: |given| one(Act::Require(given.condition())),
    },
    StepKind {
        word: "wait",
        arguments: &[CONDITION],
        does: "waits until the condition is true",
        results: &[StepResult::Ok],
        sources: &["inferred"],
        build: |given| one(Act::Wait(given.condition())),
    },
    StepKind {
        word: "report",
        arguments: &[
            required("outcome", Outcome, "the outcome that the administrator reads"),
            optional("says", Text, "the words or the error code that the administrator reads"),
        ],
        does: "ends the run and reports to the administrator",
        results: &[],
        sources: &["Q252869 S5", "Q252869 S28", "Q162998"],
        build: |given| one(Act::Report { outcome: given.outcome("outcome"), says: given.text("says") }),
    },
];

/// Returns the values of `do`, in the order in which documents list them.
pub fn step_words() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|step| step.word)
}
