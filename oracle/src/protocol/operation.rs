//! What an implementation is asked to do, in the model's words, and what it answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_model::action::ActionKind;
use stranded_model::procedure::Outcome;

use super::keys::{Keys, Wrong};

/// Something that is done to a site. `by` is the server whose replica is asked where the mailbox is, or `remembered`: a cache,
/// or a session that was opened earlier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Operation {
    /// A message for the mailbox arrives.
    Deliver {
        /// The mailbox.
        mailbox: String,
        /// The message.
        message: String,
        /// Whose view routes it.
        by: String,
    },
    /// The transport tries a message that waits again.
    Redeliver {
        /// The mailbox.
        mailbox: String,
        /// The message.
        message: String,
        /// Whose view routes it.
        by: String,
    },
    /// The user logs on to his home.
    LogOn {
        /// The mailbox.
        mailbox: String,
        /// Whose view says where that is.
        by: String,
    },
    /// The owner deletes a message in his home.
    OwnerDeletes {
        /// The mailbox.
        mailbox: String,
        /// The message.
        message: String,
        /// Whose view says where his home is.
        by: String,
    },
    /// A procedure is run from its start to its end, and has ended when it is answered.
    Run {
        /// The run.
        #[serde(flatten)]
        run: Run,
        /// Whether the program is killed on its way, at a moment that the adapter chooses.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        crash: bool,
    },
    /// A program is started, and stands before its first step.
    Start {
        /// The run.
        #[serde(flatten)]
        run: Run,
    },
    /// A program does its next step.
    Act {
        /// The mailbox.
        mailbox: String,
        /// Whose program.
        administrator: String,
    },
    /// A program does its next step, and its request is lost: nothing happens, and the program gets no answer.
    RequestLost {
        /// The mailbox.
        mailbox: String,
        /// Whose program.
        administrator: String,
    },
    /// A program does its next step, which happens, and the program gets no answer.
    ReplyLost {
        /// The mailbox.
        mailbox: String,
        /// Whose program.
        administrator: String,
    },
    /// A program dies between two steps.
    ProgramDies {
        /// The mailbox.
        mailbox: String,
        /// Whose program.
        administrator: String,
    },
    /// A replica takes the recipient from another.
    Replicate {
        /// The mailbox.
        mailbox: String,
        /// The replica that is read.
        from: String,
        /// The replica that is written.
        to: String,
    },
    /// Caches and sessions read the recipient again.
    Refresh {
        /// The mailbox.
        mailbox: String,
        /// The replica that is read.
        from: String,
    },
    /// Somebody edits another attribute of the recipient.
    OtherEdit {
        /// The mailbox.
        mailbox: String,
        /// The replica that is written.
        server: String,
    },
    /// A store stops.
    StoreCrashes {
        /// The server.
        server: String,
    },
    /// A store works again, with all that it held.
    StoreRestarts {
        /// The server.
        server: String,
    },
    /// A replica cannot be reached.
    ReplicaUnreachable {
        /// The server.
        server: String,
    },
    /// A replica can be reached again.
    ReplicaReachable {
        /// The server.
        server: String,
    },
}

/// Who runs which procedure on which mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Run {
    /// The mailbox.
    pub mailbox: String,
    /// Who runs it.
    pub administrator: String,
    /// The procedure.
    pub procedure: String,
    /// The server that the run takes as its source.
    pub from: String,
    /// The server that the run takes as its destination.
    pub to: String,
    /// The server whose replica the program writes.
    pub connected_to: String,
}

/// What the action of a whole run is called; every other action is called as its kind in the model.
pub const RUN: &str = "run";

impl Operation {
    /// The name of the action.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.kind().map_or(RUN, ActionKind::name)
    }

    /// The kind of action that it is in the model; `None` for a whole run, which is many of them.
    #[must_use]
    pub fn kind(&self) -> Option<ActionKind> {
        Some(match self {
            Self::Run { .. } => return None,
            Self::Deliver { .. } => ActionKind::Deliver,
            Self::Redeliver { .. } => ActionKind::Redeliver,
            Self::LogOn { .. } => ActionKind::LogOn,
            Self::OwnerDeletes { .. } => ActionKind::OwnerDeletes,
            Self::Start { .. } => ActionKind::Start,
            Self::Act { .. } => ActionKind::Act,
            Self::RequestLost { .. } => ActionKind::RequestLost,
            Self::ReplyLost { .. } => ActionKind::ReplyLost,
            Self::ProgramDies { .. } => ActionKind::Die,
            Self::Replicate { .. } => ActionKind::Replicate,
            Self::Refresh { .. } => ActionKind::Refresh,
            Self::OtherEdit { .. } => ActionKind::Edit,
            Self::StoreCrashes { .. } => ActionKind::StoreFails,
            Self::StoreRestarts { .. } => ActionKind::StoreRecovers,
            Self::ReplicaUnreachable { .. } => ActionKind::ReplicaFails,
            Self::ReplicaReachable { .. } => ActionKind::ReplicaRecovers,
        })
    }

    /// The mailbox that it concerns, unless it concerns a whole server.
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

    /// Reads what is to be done; `action` and what belongs to it are taken out.
    ///
    /// # Errors
    /// Which key is wrong.
    pub fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        let names: Vec<&'static str> = ActionKind::ALL.into_iter().map(ActionKind::name).chain([RUN]).collect();
        let action = keys.word("action", &names, |name| name)?;
        let Some(kind) = ActionKind::ALL.into_iter().find(|kind| kind.name() == action) else {
            return Ok(Self::Run { crash: keys.flag_or_none("crash")?.unwrap_or(false), run: Run::read(keys)? });
        };
        Ok(match kind {
            ActionKind::Deliver => {
                Self::Deliver { mailbox: keys.text("mailbox")?, message: keys.text("message")?, by: keys.text("by")? }
            }
            ActionKind::Redeliver => {
                Self::Redeliver { mailbox: keys.text("mailbox")?, message: keys.text("message")?, by: keys.text("by")? }
            }
            ActionKind::LogOn => Self::LogOn { mailbox: keys.text("mailbox")?, by: keys.text("by")? },
            ActionKind::OwnerDeletes => Self::OwnerDeletes {
                mailbox: keys.text("mailbox")?,
                message: keys.text("message")?,
                by: keys.text("by")?,
            },
            ActionKind::Start => Self::Start { run: Run::read(keys)? },
            ActionKind::Act => Self::Act { mailbox: keys.text("mailbox")?, administrator: keys.text("administrator")? },
            ActionKind::RequestLost => {
                Self::RequestLost { mailbox: keys.text("mailbox")?, administrator: keys.text("administrator")? }
            }
            ActionKind::ReplyLost => {
                Self::ReplyLost { mailbox: keys.text("mailbox")?, administrator: keys.text("administrator")? }
            }
            ActionKind::Die => {
                Self::ProgramDies { mailbox: keys.text("mailbox")?, administrator: keys.text("administrator")? }
            }
            ActionKind::Replicate => {
                Self::Replicate { mailbox: keys.text("mailbox")?, from: keys.text("from")?, to: keys.text("to")? }
            }
            ActionKind::Refresh => Self::Refresh { mailbox: keys.text("mailbox")?, from: keys.text("from")? },
            ActionKind::Edit => Self::OtherEdit { mailbox: keys.text("mailbox")?, server: keys.text("server")? },
            ActionKind::StoreFails => Self::StoreCrashes { server: keys.text("server")? },
            ActionKind::StoreRecovers => Self::StoreRestarts { server: keys.text("server")? },
            ActionKind::ReplicaFails => Self::ReplicaUnreachable { server: keys.text("server")? },
            ActionKind::ReplicaRecovers => Self::ReplicaReachable { server: keys.text("server")? },
        })
    }
}

impl Run {
    fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        Ok(Self {
            mailbox: keys.text("mailbox")?,
            administrator: keys.text("administrator")?,
            procedure: keys.text("procedure")?,
            from: keys.text("from")?,
            to: keys.text("to")?,
            connected_to: keys.text("connected-to")?,
        })
    }
}

/// What became of something that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// It was done.
    Ok,
    /// Definite: it was declined, and nothing happened.
    Refused,
    /// Definite: it did not complete. What did happen must be observed.
    Failed,
    /// It cannot be said whether it happened.
    Unknown,
}

impl Done {
    /// Every result.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Refused, Self::Failed, Self::Unknown];

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        Outcome::from(self).name()
    }
}

impl From<Done> for Outcome {
    fn from(result: Done) -> Self {
        match result {
            Done::Ok => Self::Ok,
            Done::Refused => Self::Refused,
            Done::Failed => Self::Failed,
            Done::Unknown => Self::Unknown,
        }
    }
}

impl From<Outcome> for Done {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::Ok,
            Outcome::Refused => Self::Refused,
            Outcome::Failed => Self::Failed,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

/// An answer to something that was asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// What became of it.
    pub result: Done,
    /// For a step: what the program reported, if it ended its run with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Done>,
    /// The words or the error code that the administrator or the sender reads. Kept for reports, and judged by nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

impl Answer {
    /// Just a result.
    #[must_use]
    pub fn of(result: Done) -> Self {
        Self { result, ended: None, says: None }
    }

    /// Reads an answer; its keys are taken out.
    ///
    /// # Errors
    /// Which key is wrong.
    pub fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        let result = keys.word("result", &Done::ALL, Done::name)?;
        let says = keys.text_or_none("says")?;
        let ended = match keys.text_or_none("ended")? {
            None => None,
            Some(text) => Some(
                Done::ALL
                    .into_iter()
                    .find(|one| one.name() == text)
                    .ok_or_else(|| super::keys::unknown_word("ended", &text, &Done::ALL.map(Done::name)))?,
            ),
        };
        Ok(Self { result, ended, says })
    }
}
