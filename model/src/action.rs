//! What can happen: an act of one administrator's program, of the environment, or a fault. An action names its subject
//! and every choice that is open, so that [`crate::World::step`] has nothing left to choose.

use crate::id::{AdministratorId, MailboxId, MessageId, ServerId};

/// Something that can happen in one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The next message for the mailbox arrives and is routed by what this view says.
    Deliver {
        /// The mailbox.
        mailbox: MailboxId,
        /// Whose view routes it.
        by: View,
    },
    /// The transport tries a waiting message again.
    Redeliver {
        /// The mailbox.
        mailbox: MailboxId,
        /// The message.
        message: MessageId,
        /// Whose view routes it.
        by: View,
    },
    /// The user logs on to the home that this view names.
    LogOn {
        /// The mailbox.
        mailbox: MailboxId,
        /// Whose view is used.
        by: View,
    },
    /// The owner deletes a message in the home that this view names.
    OwnerDeletes {
        /// The mailbox.
        mailbox: MailboxId,
        /// The message.
        message: MessageId,
        /// Whose view is used.
        by: View,
    },
    /// An administrator starts one of his runs.
    Start {
        /// The mailbox.
        mailbox: MailboxId,
        /// The administrator.
        administrator: AdministratorId,
        /// The run's place among his runs.
        run: u8,
    },
    /// An administrator's program does its next step.
    Act {
        /// The mailbox.
        mailbox: MailboxId,
        /// The administrator.
        administrator: AdministratorId,
        /// What becomes of the request and its reply.
        fate: Fate,
    },
    /// An administrator's program dies.
    Die {
        /// The mailbox.
        mailbox: MailboxId,
        /// The administrator.
        administrator: AdministratorId,
    },
    /// A replica takes the recipient from another, if the other's version wins.
    Replicate {
        /// The mailbox.
        mailbox: MailboxId,
        /// The replica that is read.
        from: ServerId,
        /// The replica that is written.
        to: ServerId,
    },
    /// What remembers an older view of the directory reads it again.
    Refresh {
        /// The mailbox.
        mailbox: MailboxId,
        /// The replica that is read.
        from: ServerId,
    },
    /// Somebody edits the recipient for a reason of his own.
    Edit {
        /// The mailbox.
        mailbox: MailboxId,
        /// The replica that is written.
        replica: ServerId,
    },
    /// A service stops.
    Fail {
        /// The server.
        server: ServerId,
        /// Which service.
        part: Part,
    },
    /// A service works again.
    Recover {
        /// The server.
        server: ServerId,
        /// Which service.
        part: Part,
    },
}

/// Whose view of the directory somebody acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// The replica of this server.
    Replica(ServerId),
    /// A cache, or a session that was opened earlier. [Q172364, Q179065]
    Remembered,
}

/// What becomes of a program's request and its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// The step happens and the program learns its result.
    Answered,
    /// The request is lost and nothing happens.
    RequestLost,
    /// The step happens, and the reply is lost.
    ReplyLost,
}

/// A service of a server that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Its store.
    Store,
    /// Its directory replica.
    Replica,
}

/// The kinds of action that the environment and faults have, apart from whom and what they meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionKind {
    /// [`Action::Deliver`]
    Deliver,
    /// [`Action::Redeliver`]
    Redeliver,
    /// [`Action::LogOn`]
    LogOn,
    /// [`Action::OwnerDeletes`]
    OwnerDeletes,
    /// [`Action::Start`]
    Start,
    /// [`Action::Act`], answered
    Act,
    /// [`Action::Act`], the request lost
    RequestLost,
    /// [`Action::Act`], the reply lost
    ReplyLost,
    /// [`Action::Die`]
    Die,
    /// [`Action::Replicate`]
    Replicate,
    /// [`Action::Refresh`]
    Refresh,
    /// [`Action::Edit`]
    Edit,
    /// [`Action::Fail`] of a store
    StoreFails,
    /// [`Action::Recover`] of a store
    StoreRecovers,
    /// [`Action::Fail`] of a replica
    ReplicaFails,
    /// [`Action::Recover`] of a replica
    ReplicaRecovers,
}

impl ActionKind {
    /// Every kind, in the order of [`Action`].
    pub const ALL: [Self; 16] = [
        Self::Deliver,
        Self::Redeliver,
        Self::LogOn,
        Self::OwnerDeletes,
        Self::Start,
        Self::Act,
        Self::RequestLost,
        Self::ReplyLost,
        Self::Die,
        Self::Replicate,
        Self::Refresh,
        Self::Edit,
        Self::StoreFails,
        Self::StoreRecovers,
        Self::ReplicaFails,
        Self::ReplicaRecovers,
    ];

    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Redeliver => "redeliver",
            Self::LogOn => "log-on",
            Self::OwnerDeletes => "owner-deletes",
            Self::Start => "start",
            Self::Act => "act",
            Self::RequestLost => "request-lost",
            Self::ReplyLost => "reply-lost",
            Self::Die => "program-dies",
            Self::Replicate => "replicate",
            Self::Refresh => "refresh",
            Self::Edit => "other-edit",
            Self::StoreFails => "store-crashes",
            Self::StoreRecovers => "store-restarts",
            Self::ReplicaFails => "replica-unreachable",
            Self::ReplicaRecovers => "replica-reachable",
        }
    }

    /// The sources that say the world does this.
    #[must_use]
    pub fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Deliver => &["Q172364", "Q190700", "Q230748"],
            Self::Redeliver => &["Q248839"],
            Self::LogOn => &["Q252869 S21", "Q190700"],
            Self::Edit => &["Q195911"],
            Self::Start => &["Q252869 S2"],
            Self::Act => &["Q252869 S22", "Q252869 S24"],
            Self::RequestLost | Self::ReplyLost => &["Q252869 S27"],
            Self::OwnerDeletes | Self::Die | Self::StoreFails | Self::StoreRecovers => &["inferred"],
            Self::Replicate => &["Q137203", "Q195911"],
            Self::Refresh => &["Q172364", "Q179065"],
            Self::ReplicaFails | Self::ReplicaRecovers => &["Q247767"],
        }
    }
}

impl Action {
    /// The kind of this action.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Deliver { .. } => ActionKind::Deliver,
            Self::Redeliver { .. } => ActionKind::Redeliver,
            Self::LogOn { .. } => ActionKind::LogOn,
            Self::OwnerDeletes { .. } => ActionKind::OwnerDeletes,
            Self::Start { .. } => ActionKind::Start,
            Self::Act { fate: Fate::Answered, .. } => ActionKind::Act,
            Self::Act { fate: Fate::RequestLost, .. } => ActionKind::RequestLost,
            Self::Act { fate: Fate::ReplyLost, .. } => ActionKind::ReplyLost,
            Self::Die { .. } => ActionKind::Die,
            Self::Replicate { .. } => ActionKind::Replicate,
            Self::Refresh { .. } => ActionKind::Refresh,
            Self::Edit { .. } => ActionKind::Edit,
            Self::Fail { part: Part::Store, .. } => ActionKind::StoreFails,
            Self::Recover { part: Part::Store, .. } => ActionKind::StoreRecovers,
            Self::Fail { part: Part::Replica, .. } => ActionKind::ReplicaFails,
            Self::Recover { part: Part::Replica, .. } => ActionKind::ReplicaRecovers,
        }
    }

    /// The mailbox that the action concerns, unless it concerns a whole server.
    #[must_use]
    pub fn mailbox(&self) -> Option<MailboxId> {
        match self {
            Self::Deliver { mailbox, .. }
            | Self::Redeliver { mailbox, .. }
            | Self::LogOn { mailbox, .. }
            | Self::OwnerDeletes { mailbox, .. }
            | Self::Start { mailbox, .. }
            | Self::Act { mailbox, .. }
            | Self::Die { mailbox, .. }
            | Self::Replicate { mailbox, .. }
            | Self::Refresh { mailbox, .. }
            | Self::Edit { mailbox, .. } => Some(*mailbox),
            Self::Fail { .. } | Self::Recover { .. } => None,
        }
    }

    /// The administrator whose program acts or dies.
    #[must_use]
    pub fn administrator(&self) -> Option<AdministratorId> {
        match self {
            Self::Start { administrator, .. } | Self::Act { administrator, .. } | Self::Die { administrator, .. } => {
                Some(*administrator)
            }
            Self::Deliver { .. }
            | Self::Redeliver { .. }
            | Self::LogOn { .. }
            | Self::OwnerDeletes { .. }
            | Self::Replicate { .. }
            | Self::Refresh { .. }
            | Self::Edit { .. }
            | Self::Fail { .. }
            | Self::Recover { .. } => None,
        }
    }
}
