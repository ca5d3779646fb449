//! The operations that an implementation is asked to do. Each is an action of the model, apart from the run of a whole procedure.

use schemars::JsonSchema;
use serde::Serialize;
use stranded_model::action::ActionKind;
use stranded_model::procedure::Outcome;
use stranded_model::scenario::Fault;

use super::fields::{FromKeys, Part, object, take_fields};
use super::keys::{Keys, Wrong};
use super::naming::{Named, Naming, Written};

/// An operation on a site. `by` is the server whose replica is asked where the mailbox is, or `remembered`: a cache, or a
/// session that was opened earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(tag = "action", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(bound(serialize = "N: Written"))]
#[schemars(rename = "Operation", bound = "N: Written")]
pub enum Operation<N: Naming = Named> {
    /// A message for the mailbox arrives.
    Deliver {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The message.
        message: N::Message,
        /// The view that routes it.
        by: N::View,
    },
    /// The transport tries a queued message again.
    Redeliver {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The message.
        message: N::Message,
        /// The view that routes it.
        by: N::View,
    },
    /// The owner logs on to the home.
    LogOn {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The view that names the home.
        by: N::View,
    },
    /// The owner deletes a message in the home.
    OwnerDeletes {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The message.
        message: N::Message,
        /// The view that names the home.
        by: N::View,
    },
    /// An administrator runs a procedure from start to end; the answer comes when the run has ended.
    Run {
        /// The run.
        #[serde(flatten)]
        run: N::Run,
        /// True if the program is killed during the run, at a moment that the adapter chooses.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        crash: bool,
    },
    /// An administrator starts a program, which executes no step yet.
    Start {
        /// The run.
        #[serde(flatten)]
        run: N::Run,
    },
    /// A program executes its next step.
    Act {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The administrator of the program.
        administrator: N::Administrator,
    },
    /// A program sends the request of its next step, and the request is lost: nothing happens, and the program gets no reply.
    RequestLost {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The administrator of the program.
        administrator: N::Administrator,
    },
    /// A program executes its next step, and the reply is lost: the step happens, and the program gets no reply.
    ReplyLost {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The administrator of the program.
        administrator: N::Administrator,
    },
    /// A program sends the request of its next step and gives up: the program gets no reply, and the request can take effect
    /// later.
    RequestLate {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The administrator of the program.
        administrator: N::Administrator,
    },
    /// The late request of a mailbox takes effect.
    LateEffect {
        /// The mailbox.
        mailbox: N::Mailbox,
    },
    /// The journal of a program is lost.
    JournalLost {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The administrator of the program.
        administrator: N::Administrator,
    },
    /// A store crashes, restarts, and has lost the mail that running programs wrote; journals survive.
    JournalOutlivesMail {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The server.
        server: N::Server,
    },
    /// A store shows an empty mailbox instead of this one.
    StoreLooksEmpty {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The server.
        server: N::Server,
    },
    /// A store that looked empty shows the mailbox again.
    StoreShowsMail {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The server.
        server: N::Server,
    },
    /// A program dies between two steps.
    ProgramDies {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The administrator of the program.
        administrator: N::Administrator,
    },
    /// A replica takes the recipient from another replica.
    Replicate {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The replica that is read.
        from: N::Server,
        /// The replica that is written.
        to: N::Server,
    },
    /// Caches and sessions read the recipient again.
    Refresh {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The replica that is read.
        from: N::Server,
    },
    /// An unrelated edit changes another attribute of the recipient.
    OtherEdit {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The replica that is written.
        server: N::Server,
    },
    /// A store stops.
    StoreCrashes {
        /// The server.
        server: N::Server,
    },
    /// A store works again, with everything that it held.
    StoreRestarts {
        /// The server.
        server: N::Server,
    },
    /// A replica becomes unreachable.
    ReplicaUnreachable {
        /// The server.
        server: N::Server,
    },
    /// A replica becomes reachable again.
    ReplicaReachable {
        /// The server.
        server: N::Server,
    },
}

/// The name of the action of a whole run. Every other action has the name of its kind in the model.
pub const RUN: &str = "run";

/// From one list of the operations with their keys: the reader, and the kind of each in the model.
macro_rules! operations {
    ($($kind:ident => $name:ident { $($field:ident),* },)*) => {
        impl FromKeys for Operation {
            fn read(keys: &mut Keys) -> Result<Self, Wrong> {
                let names = ActionKind::ALL.into_iter().map(ActionKind::name).chain([RUN]);
                let action = keys.word("action", &names.collect::<Vec<_>>(), |name| name)?;
                match ActionKind::ALL.into_iter().find(|kind| kind.name() == action) {
                    None => take_fields!(keys, Self::Run { run, crash }),
                    $(Some(ActionKind::$kind) => take_fields!(keys, Self::$name { $($field),* }),)*
                }
            }
        }

        impl<N: Naming> Operation<N> {
            /// Returns the kind of the action in the model, or `None` for a whole run, which is many actions.
            #[must_use]
            pub fn kind(&self) -> Option<ActionKind> {
                match self {
                    Self::Run { .. } => None,
                    $(Self::$name { .. } => Some(ActionKind::$kind),)*
                }
            }
        }
    };
}

operations! {
    Deliver => Deliver { mailbox, message, by },
    Redeliver => Redeliver { mailbox, message, by },
    LogOn => LogOn { mailbox, by },
    OwnerDeletes => OwnerDeletes { mailbox, message, by },
    Start => Start { run },
    Act => Act { mailbox, administrator },
    RequestLost => RequestLost { mailbox, administrator },
    ReplyLost => ReplyLost { mailbox, administrator },
    RequestLate => RequestLate { mailbox, administrator },
    LateEffect => LateEffect { mailbox },
    JournalLost => JournalLost { mailbox, administrator },
    RecentMailLost => JournalOutlivesMail { mailbox, server },
    StoreLooksEmpty => StoreLooksEmpty { mailbox, server },
    StoreShowsMail => StoreShowsMail { mailbox, server },
    Die => ProgramDies { mailbox, administrator },
    Replicate => Replicate { mailbox, from, to },
    Refresh => Refresh { mailbox, from },
    Edit => OtherEdit { mailbox, server },
    StoreFails => StoreCrashes { server },
    StoreRecovers => StoreRestarts { server },
    ReplicaFails => ReplicaUnreachable { server },
    ReplicaRecovers => ReplicaReachable { server },
}

object!(Operation);

impl<N: Naming> Operation<N> {
    /// Returns the name of the action.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.kind().map_or(RUN, ActionKind::name)
    }

    /// Returns the run that the operation starts, if it starts one.
    #[must_use]
    pub fn run(&self) -> Option<&N::Run> {
        if let Self::Run { run, .. } | Self::Start { run } = self { Some(run) } else { None }
    }

    /// Returns the fault that the operation asks for, and the answer after which the fault has struck: a program that was killed
    /// reports nothing.
    #[must_use]
    pub fn fault(&self) -> Option<(Fault, Outcome)> {
        match self {
            Self::Run { crash: true, .. } => Some((Fault::ProgramDies, Outcome::Unknown)),
            Self::ProgramDies { .. } => Some((Fault::ProgramDies, Outcome::Ok)),
            Self::RequestLost { .. } => Some((Fault::RequestLost, Outcome::Ok)),
            Self::ReplyLost { .. } => Some((Fault::ReplyLost, Outcome::Ok)),
            Self::RequestLate { .. } => Some((Fault::RequestLate, Outcome::Ok)),
            Self::JournalLost { .. } => Some((Fault::JournalLost, Outcome::Ok)),
            Self::JournalOutlivesMail { .. } => Some((Fault::JournalOutlivesMail, Outcome::Ok)),
            Self::StoreLooksEmpty { .. } => Some((Fault::StoreLooksEmpty, Outcome::Ok)),
            Self::StoreCrashes { .. } => Some((Fault::StoreCrashes, Outcome::Ok)),
            Self::ReplicaUnreachable { .. } => Some((Fault::ReplicaUnreachable, Outcome::Ok)),
            Self::Run { crash: false, .. }
            | Self::Deliver { .. }
            | Self::Redeliver { .. }
            | Self::LogOn { .. }
            | Self::OwnerDeletes { .. }
            | Self::Start { .. }
            | Self::Act { .. }
            | Self::Replicate { .. }
            | Self::Refresh { .. }
            | Self::OtherEdit { .. }
            | Self::LateEffect { .. }
            | Self::StoreShowsMail { .. }
            | Self::StoreRestarts { .. }
            | Self::ReplicaReachable { .. } => None,
        }
    }

    /// Returns true if the operation is one step of a program.
    #[must_use]
    pub fn is_step(&self) -> bool {
        matches!(self, Self::Act { .. } | Self::RequestLost { .. } | Self::ReplyLost { .. } | Self::RequestLate { .. })
    }
}

impl Operation {
    /// Returns the mailbox that the operation concerns, or `None` if it concerns a whole server.
    #[must_use]
    pub fn mailbox(&self) -> Option<&str> {
        match self {
            Self::Run { run, .. } | Self::Start { run } => Some(&run.mailbox),
            Self::Deliver { mailbox, .. }
            | Self::Redeliver { mailbox, .. }
            | Self::LogOn { mailbox, .. }
            | Self::OwnerDeletes { mailbox, .. }
            | Self::Act { mailbox, .. }
            | Self::RequestLost { mailbox, .. }
            | Self::ReplyLost { mailbox, .. }
            | Self::RequestLate { mailbox, .. }
            | Self::LateEffect { mailbox }
            | Self::JournalLost { mailbox, .. }
            | Self::JournalOutlivesMail { mailbox, .. }
            | Self::StoreLooksEmpty { mailbox, .. }
            | Self::StoreShowsMail { mailbox, .. }
            | Self::ProgramDies { mailbox, .. }
            | Self::Replicate { mailbox, .. }
            | Self::Refresh { mailbox, .. }
            | Self::OtherEdit { mailbox, .. } => Some(mailbox),
            Self::StoreCrashes { .. }
            | Self::StoreRestarts { .. }
            | Self::ReplicaUnreachable { .. }
            | Self::ReplicaReachable { .. } => None,
        }
    }
}
