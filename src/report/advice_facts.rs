//! The words for what an observation left out: the key of each unobserved fact, how to observe it, and the preconditions that an
//! administrator controls.

use stranded_model::id::{MessageSet, ServerId};

use stranded_search::advice::{Advice, AdviceHarm, AdviceVerdict, PreconditionKind};
use stranded_search::names;
use stranded_search::scenario::delivery_name;
use stranded_search::snapshot::{Snapshot, UnobservedFact};

use super::advice_json::name;
use super::advice_words::counted;
use super::dialect::{self, Dialect};

/// The way to copy that cannot delete anything.
pub(super) const HOW_TO_COPY: &str = "To copy, append each message that the target lacks (IMAP APPEND, `doveadm copy`), and never \
                                      synchronise (`doveadm sync`, `doveadm backup`, `rsync --delete`): a synchronisation also deletes \
                                      what the other store remembers as deleted.";

/// Returns the key of a fact in a snapshot.
pub(super) fn key(snapshot: &Snapshot, fact: UnobservedFact) -> String {
    let server = |id: ServerId| name(snapshot, id);
    match fact {
        UnobservedFact::Store(id) | UnobservedFact::Overlap(id) => format!("stores.{}.messages", server(id)),
        UnobservedFact::Deletions(id) => format!("stores.{}.deleted", server(id)),
        UnobservedFact::Transit(id) => format!("stores.{}.in-transit", server(id)),
        UnobservedFact::Attribute(attribute) => attribute.name().to_owned(),
        UnobservedFact::Replica(id) => format!("directory.{}", server(id)),
        UnobservedFact::Versions => "versions".to_owned(),
        UnobservedFact::Waiting => "waiting".to_owned(),
        UnobservedFact::Sessions => "sessions".to_owned(),
    }
}

/// Returns the assumption about a fact, or its contrary, as a clause.
pub(super) fn clause(snapshot: &Snapshot, fact: UnobservedFact, is_otherwise: bool) -> String {
    let server = |id: ServerId| name(snapshot, id);
    match (fact, is_otherwise) {
        (UnobservedFact::Store(id), true) => format!("the store of {} holds the mailbox", server(id)),
        (UnobservedFact::Store(id), false) => format!("the store of {} holds no message", server(id)),
        (UnobservedFact::Overlap(id), true) => {
            format!("the store of {} holds messages that others hold too", server(id))
        }
        (UnobservedFact::Overlap(id), false) => format!("the store of {} holds messages of its own only", server(id)),
        (UnobservedFact::Deletions(id), true) => format!("the store of {} remembers messages as deleted", server(id)),
        (UnobservedFact::Deletions(id), false) => format!("the store of {} remembers no deletion", server(id)),
        (UnobservedFact::Transit(id), true) => format!("the mailbox on {} is marked as in transit", server(id)),
        (UnobservedFact::Transit(id), false) => format!("the mailbox on {} is not marked as in transit", server(id)),
        (UnobservedFact::Attribute(attribute), true) => format!("{} names another server", attribute.name()),
        (UnobservedFact::Attribute(attribute), false) => format!("{} names the same server", attribute.name()),
        (UnobservedFact::Replica(id), true) => format!("the directory of {} differs", server(id)),
        (UnobservedFact::Replica(id), false) => format!("the directory of {} agrees", server(id)),
        (UnobservedFact::Versions, true) => "the first replica does not have the oldest version".to_owned(),
        (UnobservedFact::Versions, false) => "the first replica has the oldest version".to_owned(),
        (UnobservedFact::Waiting, true) => "mail waits in the queue of the transport".to_owned(),
        (UnobservedFact::Waiting, false) => "no mail waits in the queue of the transport".to_owned(),
        (UnobservedFact::Sessions, true) => "sessions or caches remember the recipient".to_owned(),
        (UnobservedFact::Sessions, false) => "no session and no cache remembers the recipient".to_owned(),
    }
}

/// Returns a precondition as an instruction.
pub(super) fn instruction(
    dialect: Option<Dialect>,
    snapshot: &Snapshot,
    advice: &Advice,
    kind: PreconditionKind,
) -> String {
    let (from, to) = (name(snapshot, advice.from), name(snapshot, advice.to));
    match kind {
        PreconditionKind::HoldDelivery => {
            format!("hold delivery before you observe the mailbox, and release it when every replica names {to}")
        }
        PreconditionKind::HoldDeliveryDuringRun => {
            format!("hold delivery before you start, and release it when every replica names {to}")
        }
        PreconditionKind::EndSessions => format!(
            "end every session and clear every cache that remembers the recipient on {from} ({})",
            dialect::end_sessions(dialect, snapshot)
        ),
        PreconditionKind::FinishReplication => {
            let servers = snapshot.unobserved.iter().filter_map(|fact| match fact {
                UnobservedFact::Replica(id) => Some(name(snapshot, *id)),
                UnobservedFact::Store(_)
                | UnobservedFact::Overlap(_)
                | UnobservedFact::Deletions(_)
                | UnobservedFact::Transit(_)
                | UnobservedFact::Attribute(_)
                | UnobservedFact::Versions
                | UnobservedFact::Waiting
                | UnobservedFact::Sessions => None,
            });
            let servers = servers.collect::<Vec<_>>().join(" and ");
            format!(
                "let replication finish (Update Now in Exchange [Q182963]; the same entryCSN with LDAP), and see that the directory of {servers} shows the same recipient"
            )
        }
    }
}

/// Returns a harm as a clause that begins with "it can".
pub(super) fn harm(snapshot: &Snapshot, harm: &AdviceHarm) -> String {
    let what = harmed(snapshot, harm);
    match harm.verdict {
        AdviceVerdict::Loses => format!("it can destroy {what}"),
        AdviceVerdict::OutOfReach => {
            // Messages of several mailboxes are named by their stores already.
            let at = if snapshot.is_representative { String::new() } else { locations(snapshot, harm) };
            format!("it can leave {what} {at}where the owner cannot see it")
        }
        AdviceVerdict::NeverDone => "it can wait forever and never finish".to_owned(),
        AdviceVerdict::Duplicates => format!("it can leave further copies of {what}"),
        AdviceVerdict::NoHome => "it can leave home attributes that disagree or are malformed".to_owned(),
        AdviceVerdict::Safe | AdviceVerdict::Refuses | AdviceVerdict::Depends | AdviceVerdict::Inconclusive(_) => {
            String::new()
        }
    }
}

/// Returns the harmed messages: the observed ones by name, the others by their location at first.
fn harmed(snapshot: &Snapshot, harm: &AdviceHarm) -> String {
    let known = harm.messages.common(snapshot.messages());
    let others = harm.messages.without(known);
    let account = &harm.trace.path.initial.accounts[Default::default()];
    let waiting = others.common(account.queued);
    let mut what = Vec::new();
    if !known.is_empty() {
        what.push(counted(snapshot, known));
    }
    if !waiting.is_empty() {
        what.push("mail that waits in the queue".to_owned());
    }
    if !others.common(account.record.accepted).without(waiting).is_empty() {
        what.push("messages that were not observed".to_owned());
    }
    if !others.without(account.record.accepted).is_empty() {
        what.push(late_mail(harm).to_owned());
    }
    what.join(" and ")
}

/// Returns the words for mail that arrives after the observation.
fn late_mail(harm: &AdviceHarm) -> &'static str {
    use stranded_model::scenario::Delivery;
    match harm.delivery {
        Delivery::AnyTime => "mail that arrives while it runs",
        Delivery::Never | Delivery::Before | Delivery::UntilRepair => "mail that arrives before it starts",
    }
}

/// Returns the servers that hold the harmed messages at the end.
fn locations(snapshot: &Snapshot, harm: &AdviceHarm) -> String {
    let end = harm.trace.path.end(&harm.world);
    let mailboxes = &end.accounts[Default::default()].mailboxes;
    let holds = |server: &ServerId| !mailboxes[*server].held().common(harm.messages).is_empty();
    let servers: Vec<String> = mailboxes.ids().filter(holds).map(|server| name(snapshot, server)).collect();
    if servers.is_empty() { String::new() } else { format!("on {} ", servers.join(" and ")) }
}

/// Returns the harm of a cell of the table, with the messages by their names in the trace.
pub(super) fn brief(harm: &AdviceHarm) -> String {
    let messages =
        names::messages(if harm.verdict == AdviceVerdict::NoHome { MessageSet::EMPTY } else { harm.messages });
    let messages = messages.join(" ");
    match harm.verdict {
        AdviceVerdict::Loses => format!("loses {messages}"),
        AdviceVerdict::OutOfReach => format!("hides {messages}"),
        AdviceVerdict::NeverDone => "may never finish".to_owned(),
        AdviceVerdict::Duplicates => format!("duplicates {messages}"),
        AdviceVerdict::NoHome => "splits the home".to_owned(),
        AdviceVerdict::Safe | AdviceVerdict::Refuses | AdviceVerdict::Depends | AdviceVerdict::Inconclusive(_) => {
            delivery_name(harm.delivery).to_owned()
        }
    }
}
