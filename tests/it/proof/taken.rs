//! The steps of the model as the proof names them for the followed message.

use stranded_model::action::Action;
use stranded_model::id::{AdministratorId, Id, MessageId};
use stranded_model::procedure::StepResult;
use stranded_model::state::Account;
use stranded_model::{Executed, World};

/// The steps that belong to no program.
const ENVIRONMENT: [&str; 7] =
    ["deliver", "redeliver", "deliver-other", "log-on", "owner-deletes", "owner-deletes-other", "other-edit"];

/// An action, in few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Taken {
    /// Mail arrived, a user did something, or another edit changed the recipient.
    Environment(&'static str),
    /// An administrator started a run.
    Start(AdministratorId),
    /// The administrator's program died.
    Die(AdministratorId),
    /// The administrator's program executed a step.
    Act { administrator: AdministratorId, step: usize, result: StepResult },
}

/// A step of the proof.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    /// The administrator whose program executes it, if there is one.
    pub(super) administrator: Option<AdministratorId>,
    /// The name, without the `step-` of the proof.
    pub(super) name: String,
}

impl Taken {
    /// Returns the action; none for a service that fails or recovers, which the proof does not know.
    pub(super) fn of(
        before: &Account,
        action: &Action,
        executed: Option<&Executed>,
        followed: MessageId,
    ) -> Option<Self> {
        let of = |message, own, other| Some(Self::Environment(if message == followed { own } else { other }));
        match *action {
            Action::Deliver { .. } => of(MessageId::at(before.record.accepted.len()), "deliver", "deliver-other"),
            Action::Redeliver { message, .. } => of(message, "redeliver", "deliver-other"),
            Action::LogOn { .. } => Some(Self::Environment("log-on")),
            Action::OwnerDeletes { message, .. } => of(message, "owner-deletes", "owner-deletes-other"),
            Action::Start { administrator, .. } => Some(Self::Start(administrator)),
            Action::Die { administrator, .. } => Some(Self::Die(administrator)),
            Action::Act { administrator, .. } => {
                executed.map(|executed| Self::Act { administrator, step: executed.step, result: executed.result })
            }
            Action::Fail { .. } | Action::Recover { .. } => None,
            Action::Edit { .. } => Some(Self::Environment("other-edit")),
            Action::Replicate { .. }
            | Action::Refresh { .. }
            | Action::TakeEffect { .. }
            | Action::LoseJournal { .. }
            | Action::LoseRecent { .. }
            | Action::LookEmpty { .. }
            | Action::Reappear { .. } => {
                panic!("the proof does not know {action:?}")
            }
        }
    }

    /// Returns the step of the proof for the action.
    pub(super) fn step(self, world: &World) -> Step {
        match self {
            Self::Environment(name) => Step { administrator: None, name: name.to_owned() },
            Self::Start(administrator) => Step { administrator: Some(administrator), name: "start".to_owned() },
            Self::Die(administrator) => Step { administrator: Some(administrator), name: "die".to_owned() },
            Self::Act { administrator, step, result } => {
                let label = label(world, administrator, step);
                let name = match result {
                    StepResult::Ok => label,
                    StepResult::Duplicate | StepResult::Refused | StepResult::Lost => {
                        format!("{label}:{}", result.name())
                    }
                };
                Step { administrator: Some(administrator), name }
            }
        }
    }
}

impl Step {
    /// Returns the steps of this name: one for each of these administrators, or one without an administrator.
    pub(super) fn named(name: &str, administrators: &[AdministratorId]) -> Vec<Self> {
        let of = |administrator| Self { administrator, name: name.to_owned() };
        if ENVIRONMENT.contains(&name) {
            vec![of(None)]
        } else {
            administrators.iter().map(|administrator| of(Some(*administrator))).collect()
        }
    }

    /// Returns the position of a program that can execute the step, if the step has one position only.
    pub(super) fn position(&self) -> Option<String> {
        match (self.administrator, self.name.split(':').next().unwrap_or_default()) {
            (None, _) | (Some(_), "die") => None,
            (Some(_), "start") => Some("idle".to_owned()),
            (Some(_), label) => Some(quoted(label)),
        }
    }
}

/// Returns the label of a step, or its number from 1.
fn label(world: &World, administrator: AdministratorId, step: usize) -> String {
    let [run] = &world.scenario.administrators[administrator.index()].runs[..] else {
        panic!("the proof knows one run of each administrator");
    };
    run.procedure.step_name(step)
}

/// Returns the proof's name of the position before a step.
pub(super) fn position_before(world: &World, administrator: AdministratorId, step: usize) -> String {
    quoted(&label(world, administrator, step))
}

fn quoted(label: &str) -> String {
    format!("|{label}|")
}
