//! Actions: a step of an administrator's program, an action of the environment, or a fault. An action names its subject
//! and fixes every choice, so that [`crate::World::step`] is a function.

use crate::id::{AdministratorId, MailboxId, MessageId, ServerId};

/// An atomic action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The next message for the mailbox arrives, routed by this view.
    Deliver {
        /// The mailbox.
        mailbox: MailboxId,
        /// The view that routes the message.
        by: View,
    },
    /// The transport tries to deliver a queued message.
    Redeliver {
        /// The mailbox.
        mailbox: MailboxId,
        /// The message.
        message: MessageId,
        /// The view that routes the message.
        by: View,
    },
    /// The user logs on to the home that this view names.
    LogOn {
        /// The mailbox.
        mailbox: MailboxId,
        /// The view that names the home.
        by: View,
    },
    /// The owner deletes a message in the home that this view names.
    OwnerDeletes {
        /// The mailbox.
        mailbox: MailboxId,
        /// The message.
        message: MessageId,
        /// The view that names the home.
        by: View,
    },
    /// An administrator starts a run.
    Start {
        /// The mailbox.
        mailbox: MailboxId,
        /// The administrator.
        administrator: AdministratorId,
        /// The index of the run among the runs of the administrator.
        run: u8,
    },
    /// An administrator's program executes its next step.
    Act {
        /// The mailbox.
        mailbox: MailboxId,
        /// The administrator.
        administrator: AdministratorId,
        /// The message that the step takes, if it may take any of several.
        message: Option<MessageId>,
        /// The fate of the request and its reply.
        fate: Fate,
    },
    /// An administrator's program dies.
    Die {
        /// The mailbox.
        mailbox: MailboxId,
        /// The administrator.
        administrator: AdministratorId,
    },
    /// A replica receives the recipient from another replica whose version wins.
    Replicate {
        /// The mailbox.
        mailbox: MailboxId,
        /// The replica that is read.
        from: ServerId,
        /// The replica that is written.
        to: ServerId,
    },
    /// A cache or session with an older view reads the directory again.
    Refresh {
        /// The mailbox.
        mailbox: MailboxId,
        /// The replica that is read.
        from: ServerId,
    },
    /// An unrelated edit of the recipient.
    Edit {
        /// The mailbox.
        mailbox: MailboxId,
        /// The replica that is written.
        replica: ServerId,
    },
    /// A request takes effect whose program gave up.
    TakeEffect {
        /// The mailbox.
        mailbox: MailboxId,
    },
    /// The journal of an administrator's program is lost.
    LoseJournal {
        /// The mailbox.
        mailbox: MailboxId,
        /// The administrator.
        administrator: AdministratorId,
    },
    /// A store crashes, restarts, and has lost the mail of this mailbox that running programs wrote.
    LoseRecent {
        /// The mailbox.
        mailbox: MailboxId,
        /// The server.
        server: ServerId,
    },
    /// A store shows an empty mailbox instead of this one.
    LookEmpty {
        /// The mailbox.
        mailbox: MailboxId,
        /// The server.
        server: ServerId,
    },
    /// A store that looked empty shows the mailbox again. What programs wrote in the meantime is gone.
    Reappear {
        /// The mailbox.
        mailbox: MailboxId,
        /// The server.
        server: ServerId,
    },
    /// A service stops.
    Fail {
        /// The server.
        server: ServerId,
        /// The service.
        part: Part,
    },
    /// A service answers again.
    Recover {
        /// The server.
        server: ServerId,
        /// The service.
        part: Part,
    },
}

/// The view of the directory that routes mail or a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// The replica of this server.
    Replica(ServerId),
    /// A cache, or a session opened earlier. [Q172364, Q179065]
    Remembered,
}

/// The fate of a program's request and its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// The step happens, and the program receives its result.
    Answered,
    /// The request is lost, and nothing happens.
    RequestLost,
    /// The step happens, and the reply is lost.
    ReplyLost,
    /// The step happens later, and the program receives no answer.
    RequestLate,
}

/// A service of a server that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The store.
    Store,
    /// The directory replica.
    Replica,
}

/// A kind of action, without its subject.
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
    /// [`Action::Act`], the request late
    RequestLate,
    /// [`Action::TakeEffect`]
    LateEffect,
    /// [`Action::Die`]
    Die,
    /// [`Action::LoseJournal`]
    JournalLost,
    /// [`Action::LoseRecent`]
    RecentMailLost,
    /// [`Action::LookEmpty`]
    StoreLooksEmpty,
    /// [`Action::Reappear`]
    StoreShowsMail,
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
    /// Returns true if a running program takes or suffers the action: a step with any fate, or its death.
    #[must_use]
    pub fn is_of_program(self) -> bool {
        matches!(self, Self::Act | Self::RequestLost | Self::ReplyLost | Self::RequestLate | Self::Die)
    }

    /// Every kind, in the order of [`Action`].
    pub const ALL: [Self; 22] = [
        Self::Deliver,
        Self::Redeliver,
        Self::LogOn,
        Self::OwnerDeletes,
        Self::Start,
        Self::Act,
        Self::RequestLost,
        Self::ReplyLost,
        Self::RequestLate,
        Self::LateEffect,
        Self::Die,
        Self::JournalLost,
        Self::RecentMailLost,
        Self::StoreLooksEmpty,
        Self::StoreShowsMail,
        Self::Replicate,
        Self::Refresh,
        Self::Edit,
        Self::StoreFails,
        Self::StoreRecovers,
        Self::ReplicaFails,
        Self::ReplicaRecovers,
    ];

    /// The name in files and reports.
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
            Self::RequestLate => "request-late",
            Self::LateEffect => "late-effect",
            Self::Die => "program-dies",
            Self::JournalLost => "journal-lost",
            Self::RecentMailLost => "journal-outlives-mail",
            Self::StoreLooksEmpty => "store-looks-empty",
            Self::StoreShowsMail => "store-shows-mail",
            Self::Replicate => "replicate",
            Self::Refresh => "refresh",
            Self::Edit => "other-edit",
            Self::StoreFails => "store-crashes",
            Self::StoreRecovers => "store-restarts",
            Self::ReplicaFails => "replica-unreachable",
            Self::ReplicaRecovers => "replica-reachable",
        }
    }

    /// The sources that describe the action.
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
            Self::OwnerDeletes
            | Self::RequestLate
            | Self::LateEffect
            | Self::Die
            | Self::StoreFails
            | Self::StoreRecovers => &["inferred"],
            Self::JournalLost => &["https://github.com/OfflineIMAP/offlineimap/issues/380"],
            Self::RecentMailLost => &["isync commit a326bf2f"],
            Self::StoreLooksEmpty | Self::StoreShowsMail => &["https://github.com/OfflineIMAP/offlineimap/issues/426"],
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
            Self::Act { fate: Fate::RequestLate, .. } => ActionKind::RequestLate,
            Self::TakeEffect { .. } => ActionKind::LateEffect,
            Self::Die { .. } => ActionKind::Die,
            Self::LoseJournal { .. } => ActionKind::JournalLost,
            Self::LoseRecent { .. } => ActionKind::RecentMailLost,
            Self::LookEmpty { .. } => ActionKind::StoreLooksEmpty,
            Self::Reappear { .. } => ActionKind::StoreShowsMail,
            Self::Replicate { .. } => ActionKind::Replicate,
            Self::Refresh { .. } => ActionKind::Refresh,
            Self::Edit { .. } => ActionKind::Edit,
            Self::Fail { part: Part::Store, .. } => ActionKind::StoreFails,
            Self::Recover { part: Part::Store, .. } => ActionKind::StoreRecovers,
            Self::Fail { part: Part::Replica, .. } => ActionKind::ReplicaFails,
            Self::Recover { part: Part::Replica, .. } => ActionKind::ReplicaRecovers,
        }
    }

    /// The mailbox of the action; none if it concerns a whole server.
    #[must_use]
    pub fn mailbox(&self) -> Option<MailboxId> {
        match self {
            Self::Deliver { mailbox, .. }
            | Self::Redeliver { mailbox, .. }
            | Self::LogOn { mailbox, .. }
            | Self::OwnerDeletes { mailbox, .. }
            | Self::Start { mailbox, .. }
            | Self::Act { mailbox, .. }
            | Self::TakeEffect { mailbox }
            | Self::Die { mailbox, .. }
            | Self::LoseJournal { mailbox, .. }
            | Self::LoseRecent { mailbox, .. }
            | Self::LookEmpty { mailbox, .. }
            | Self::Reappear { mailbox, .. }
            | Self::Replicate { mailbox, .. }
            | Self::Refresh { mailbox, .. }
            | Self::Edit { mailbox, .. } => Some(*mailbox),
            Self::Fail { .. } | Self::Recover { .. } => None,
        }
    }

    /// The administrator whose program starts, acts or dies.
    #[must_use]
    pub fn administrator(&self) -> Option<AdministratorId> {
        match self {
            Self::Start { administrator, .. }
            | Self::Act { administrator, .. }
            | Self::Die { administrator, .. }
            | Self::LoseJournal { administrator, .. } => Some(*administrator),
            Self::Deliver { .. }
            | Self::Redeliver { .. }
            | Self::LogOn { .. }
            | Self::OwnerDeletes { .. }
            | Self::TakeEffect { .. }
            | Self::LoseRecent { .. }
            | Self::LookEmpty { .. }
            | Self::Reappear { .. }
            | Self::Replicate { .. }
            | Self::Refresh { .. }
            | Self::Edit { .. }
            | Self::Fail { .. }
            | Self::Recover { .. } => None,
        }
    }
}
