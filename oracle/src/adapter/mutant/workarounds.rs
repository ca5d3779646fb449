//! Wrong versions of the article's two workarounds and of the older one of Q162998.

use stranded_model::dn::HomeValue;
use stranded_model::procedure::{Act, Procedure, ServerRef, Step};

use super::edit::{moved, replaced, without};
use super::{Defect, Mutant};

const fn wrong(of: &'static str, name: &'static str, says: &'static str, wrong: fn(&Procedure) -> Procedure) -> Mutant {
    Mutant { name, says, defect: Defect::Program { of, wrong } }
}

/// All mutants of this file.
pub(super) const ALL: &[Mutant] = &[
    wrong("method-1", "half-of-method-1", "It changes Home-MDB and leaves Home-MTA as it was", |right| {
        edited(&without(right, "edit-home-mta"), |mdb, _| (mdb, None))
    }),
    wrong(
        "method-1",
        "swapped-attributes",
        "It writes the destination into Home-MTA, and the source into Home-MDB",
        |right| edited(right, |mdb, mta| (mdb.map(|_| HomeValue::Server(ServerRef::From)), mta)),
    ),
    wrong(
        "method-1",
        "malformed-name-accepted",
        "It writes a Home-MDB that is not a distinguished name, and reports ok",
        |right| edited(right, |mdb, mta| (mdb.map(|_| HomeValue::Malformed), mta)),
    ),
    wrong("method-2", "wrong-home-on-creation", "It recreates the recipient with the source as its home", |right| {
        replaced(right, "create", Act::CreateRecipient { replica: ServerRef::To, home: ServerRef::From })
    }),
    wrong("method-2", "creation-left-out", "It deletes the recipient, and does not recreate it", |right| {
        without(right, "create")
    }),
    wrong("method-2", "creation-first", "It creates the new recipient before it deletes the old one", |right| {
        moved(right, "create", "delete")
    }),
    wrong(
        "method-2",
        "purge-at-the-destination",
        "It purges the mailbox at the destination, which holds the mail",
        |right| deleting_at(right, ServerRef::To),
    ),
    wrong(
        "q162998",
        "nothing-saved",
        "It deletes the recipient without saving the mail that arrived since the move",
        |right| without(right, "save"),
    ),
    wrong("q162998", "nothing-loaded", "It saves the mail that arrived since the move and never loads it", |right| {
        without(right, "load")
    }),
    wrong("q162998", "adjuster-at-once", "It runs the adjuster without waiting for the tombstone", |right| {
        without(right, "replicated")
    }),
];

type Values = (Option<HomeValue<ServerRef>>, Option<HomeValue<ServerRef>>);

/// The procedure with other values in every raw-mode edit.
fn edited(
    procedure: &Procedure,
    other: impl Fn(Option<HomeValue<ServerRef>>, Option<HomeValue<ServerRef>>) -> Values,
) -> Procedure {
    let change = |step: &Step| {
        if let Act::RawEdit { replica, mdb, mta } = step.act {
            let (mdb, mta) = other(mdb, mta);
            Step { act: Act::RawEdit { replica, mdb, mta }, ..step.clone() }
        } else {
            step.clone()
        }
    };
    Procedure { steps: procedure.steps.iter().map(change).collect(), ..procedure.clone() }
}

/// Returns the procedure with every `delete-mailbox` changed to act at this server.
fn deleting_at(procedure: &Procedure, at: ServerRef) -> Procedure {
    let change = |step: &Step| {
        if matches!(step.act, Act::DeleteMailbox { .. }) {
            Step { act: Act::DeleteMailbox { at }, ..step.clone() }
        } else {
            step.clone()
        }
    };
    Procedure { steps: procedure.steps.iter().map(change).collect(), ..procedure.clone() }
}
