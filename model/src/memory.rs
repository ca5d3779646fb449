//! The memory of a program that its later steps use. A state keeps nothing else of it, so states that differ only in
//! forgotten memory are one state.

use crate::procedure::{
    Act, Condition, ListPurpose, MemoryLife, Only, Outcome, Procedure, StepResult, VersionCondition,
};

/// The memory that a step, or a step that can follow it, uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The messages that the program listed.
    pub(crate) listed: bool,
    /// The messages that the program noted as copied.
    pub(crate) copied: bool,
    /// The home that the program looked up.
    pub(crate) home: bool,
    /// The version of the recipient that the program read.
    pub(crate) version: bool,
    /// The completion of the move: the run can still report `ok`.
    pub(crate) completion: bool,
    /// True if the run can still write a home attribute.
    pub(crate) writes_home: bool,
}

impl Needs {
    /// The needs at each step of a procedure.
    pub(crate) fn of(procedure: &Procedure) -> Vec<Self> {
        let copied = procedure.memory == MemoryLife::Journal;
        let mut needs = vec![Self { copied, ..Self::default() }; procedure.steps.len()];
        loop {
            let before = needs.clone();
            for index in (0..procedure.steps.len()).rev() {
                needs[index] = procedure.needs_at(index, &before);
            }
            if needs == before {
                return needs;
            }
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            listed: self.listed || other.listed,
            copied: self.copied || other.copied,
            home: self.home || other.home,
            version: self.version || other.version,
            completion: self.completion || other.completion,
            writes_home: self.writes_home || other.writes_home,
        }
    }
}

impl Procedure {
    fn needs_at(&self, index: usize, needs: &[Needs]) -> Needs {
        let step = &self.steps[index];
        let results = StepResult::ALL.into_iter();
        let after = results.filter_map(|result| {
            let next = step.next_after(index, result)?;
            Some(step.act.still_needed(result, needs[next]))
        });
        after.chain([needs[index]]).fold(step.act.uses(), Needs::or)
    }
}

impl Act {
    /// The memory that the act reads, and the facts about the rest of the run that it decides.
    fn uses(&self) -> Needs {
        Needs {
            listed: self.reads_list(),
            copied: self.reads_copied(),
            home: self.names_looked_up_home(),
            version: matches!(self, Self::SyncDirectory { condition: VersionCondition::Unchanged, .. }),
            completion: matches!(self, Self::Report { outcome: Outcome::Ok, .. }),
            writes_home: self.writes_directory(),
        }
    }

    /// The needs before the act, if these are those after it and it had this result.
    fn still_needed(&self, result: StepResult, after: Needs) -> Needs {
        let is_read = matches!(result, StepResult::Ok | StepResult::Refused);
        let lists = matches!(self, Self::List { purpose: ListPurpose::Listed, .. })
            || self.condition().is_some_and(Condition::lists);
        let looks_up = matches!(self, Self::LookUpHome { .. });
        let reads_version = self.condition().is_some_and(Condition::reads_version);
        Needs {
            listed: after.listed && !(lists && is_read),
            home: after.home && !(looks_up && result == StepResult::Ok),
            version: after.version && !(reads_version && is_read),
            ..after
        }
    }

    /// Returns true if the act reads what the program listed before.
    #[must_use]
    pub fn reads_list(&self) -> bool {
        matches!(
            self,
            Self::CopyListed { .. }
                | Self::AppendMessage { .. }
                | Self::DeleteListed { .. }
                | Self::DeleteUnlisted { .. }
        ) || self.condition().is_some_and(Condition::reads_list)
    }

    /// Returns true if the act reads what the program noted as copied.
    fn reads_copied(&self) -> bool {
        matches!(
            self,
            Self::AppendMessage { .. }
                | Self::DeleteListed { only: Only::Copied, .. }
                | Self::DeleteUnlisted { only: Only::Copied, .. }
        )
    }
}
