//! The table of the conditions that the steps `require` and `wait` take: each key with the kind of its value and its meaning.
//!
//! A new condition needs a row in [`CONDITIONS`], a case in [`taken_apart`], and its rule in the model.

use stranded_model::procedure::Condition;

use super::arguments::Value;
use super::step_kind::ArgumentKind::{self, Server, ServerPair, ServerTable, True};

/// A condition of the steps `require` and `wait`.
#[derive(Debug)]
pub struct ConditionKind {
    /// The key.
    pub key: &'static str,
    /// The kind of its value.
    pub kind: ArgumentKind,
    /// The fact that makes the condition true, in Markdown, without a full stop.
    pub says: &'static str,
    /// Builds the condition.
    pub(super) build: fn(&Value) -> Condition,
}

/// Every condition, in the order in which documents list them.
pub const CONDITIONS: [ConditionKind; 13] = [
    ConditionKind {
        key: "home-is",
        kind: Server,
        says: "the replica that the program is connected to names this server in both home attributes",
        build: |given| Condition::HomeIs(given.server()),
    },
    ConditionKind {
        key: "home-is-either",
        kind: ServerPair,
        says: "the replica that the program is connected to names one of these two servers in both home attributes",
        build: |given| Condition::HomeIsEither(given.servers()[0], given.servers()[1]),
    },
    ConditionKind {
        key: "differ",
        kind: ServerPair,
        says: "these are two different servers",
        build: |given| Condition::Differ(given.servers()[0], given.servers()[1]),
    },
    ConditionKind {
        key: "present",
        kind: Server,
        says: "the store of this server holds the mailbox",
        build: |given| Condition::Present(given.server()),
    },
    ConditionKind {
        key: "empty",
        kind: Server,
        says: "the store of this server holds no message of the mailbox",
        build: |given| Condition::Empty(given.server()),
    },
    ConditionKind {
        key: "holds-all",
        kind: ServerTable(&["at", "of"]),
        says: "the store of the server `at` holds every message that the store of the server `of` holds",
        build: |given| Condition::HoldsAll { at: given.servers()[0], of: given.servers()[1] },
    },
    ConditionKind {
        key: "every-replica-names",
        kind: Server,
        says: "every replica names this server in both home attributes",
        build: |given| Condition::EveryReplicaNames(given.server()),
    },
    ConditionKind {
        key: "replicas-agree",
        kind: True,
        says: "every replica shows the same version of the recipient",
        build: |_| Condition::ReplicasAgree,
    },
    ConditionKind {
        key: "replicas-agree-on",
        kind: Server,
        says: "every replica shows the same version of the recipient, and it names this server in both home attributes",
        build: |given| Condition::ReplicasAgreeOn(given.server()),
    },
    ConditionKind {
        key: "no-recipient",
        kind: Server,
        says: "the replica of this server has no live recipient",
        build: |given| Condition::NoRecipient(given.server()),
    },
    ConditionKind {
        key: "nothing-queued",
        kind: True,
        says: "no message for the mailbox waits in the transport",
        build: |_| Condition::NothingQueued,
    },
    ConditionKind {
        key: "holds-listed",
        kind: Server,
        says: "the store of this server holds every message that the program listed",
        build: |given| Condition::HoldsListed(given.server()),
    },
    ConditionKind {
        key: "nothing-listed",
        kind: True,
        says: "the program listed no message",
        build: |_| Condition::NothingListed,
    },
];

/// Returns the key and the value of a condition.
pub(super) fn taken_apart(condition: &Condition) -> (&'static str, Value) {
    match *condition {
        Condition::HomeIs(server) => ("home-is", Value::Server(server)),
        Condition::HomeIsEither(one, other) => ("home-is-either", Value::Servers([one, other])),
        Condition::Differ(one, other) => ("differ", Value::Servers([one, other])),
        Condition::Present(at) => ("present", Value::Server(at)),
        Condition::Empty(at) => ("empty", Value::Server(at)),
        Condition::HoldsAll { at, of } => ("holds-all", Value::Servers([at, of])),
        Condition::EveryReplicaNames(server) => ("every-replica-names", Value::Server(server)),
        Condition::ReplicasAgree => ("replicas-agree", Value::Flag(true)),
        Condition::ReplicasAgreeOn(server) => ("replicas-agree-on", Value::Server(server)),
        Condition::NoRecipient(replica) => ("no-recipient", Value::Server(replica)),
        Condition::NothingQueued => ("nothing-queued", Value::Flag(true)),
        Condition::HoldsListed(at) => ("holds-listed", Value::Server(at)),
        Condition::NothingListed => ("nothing-listed", Value::Flag(true)),
    }
}
