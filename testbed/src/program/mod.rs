//! The interpreter of procedures on a real system: a program executes one step after the other, as [`stranded_model`] defines them.
//! It knows no oracle and no protocol of adapters.
//!
//! [`Program::act`] is one act: it reads or writes one server, or copies one message. `steps` has the acts, `conditions` what a step
//! requires or waits for, `memory` what the program remembers, `ability` which steps a system has at all.

mod ability;
mod conditions;
mod memory;
mod steps;

use stranded_model::procedure::{MemoryLife, Outcome, StepResult};
use stranded_model::scenario::Run;

use crate::system::{System, Trouble};

pub use self::ability::{Abilities, missing};
use self::memory::Memory;
pub use self::memory::{Identity, Journal};

/// The transport of the mail of one mailbox, as far as a program controls it.
pub trait Transport {
    /// Holds mail for the mailbox back, or delivers it again.
    ///
    /// # Errors
    /// The transport declined or did not answer.
    fn hold(&mut self, held: bool) -> Result<(), Trouble>;

    /// Returns true if no mail for the mailbox waits.
    ///
    /// # Errors
    /// The transport did not answer.
    fn is_empty(&mut self) -> Result<bool, Trouble>;
}

/// The site on which a program acts on one mailbox.
pub struct Site<'a> {
    /// The directory and the stores.
    pub system: &'a System,
    /// The names of the servers in the order of the scenario; each is a store of the system.
    pub servers: &'a [String],
    /// The user whose mailbox it is.
    pub user: &'a str,
    /// The transport.
    pub transport: &'a mut dyn Transport,
}

/// A program on one mailbox.
#[derive(Clone, Debug)]
pub struct Program {
    run: Run,
    next: usize,
    /// The number of servers that the step has visited.
    visited: usize,
    memory: Memory,
    journal: Option<Journal>,
}

/// The fate of the request of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is answered.
    Answered,
    /// It never arrives.
    RequestLost,
    /// It is done, and its answer does not arrive.
    ReplyLost,
}

/// The result of an act for the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    /// The program has a next act.
    Continues,
    /// The step waits for a condition that is not true yet. Nothing has changed.
    Waits,
    /// The run ended with this report.
    Ended(Outcome),
    /// The step sends no request, so nothing can be lost. Nothing has changed.
    NothingToLose,
}

/// The effect of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Effect {
    /// The step has this result.
    Result(StepResult),
    /// The step was done, and has more to do.
    MoreToDo,
    /// The step has visited this number of servers.
    Visited(usize),
    /// The condition is not true yet.
    Waits,
    /// The run ends.
    Report(Outcome),
}

impl Program {
    /// A program before its first step. It continues the journal if its procedure has one.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn new(run: Run, journal: &Journal) -> std::io::Result<Self> {
        let journal = match run.procedure.memory {
            MemoryLife::Run => None,
            MemoryLife::Journal => Some(journal.clone()),
        };
        let copied = journal.as_ref().map(Journal::read).transpose()?.unwrap_or_default();
        Ok(Self { run, next: 0, visited: 0, memory: Memory { copied, ..Memory::default() }, journal })
    }

    /// Returns the name of the next step.
    #[must_use]
    pub fn step_name(&self) -> String {
        self.run.procedure.step_name(self.next)
    }

    /// Executes the next act. Returns its result, and the words of the servers about it.
    pub fn act(&mut self, site: &mut Site<'_>, fate: Fate) -> (Acted, Option<String>) {
        let step = self.run.procedure.steps[self.next].clone();
        let before = self.memory.clone();
        let performed = match fate {
            Fate::RequestLost | Fate::ReplyLost if !step.act.is_request() => return (Acted::NothingToLose, None),
            Fate::RequestLost => Ok(Effect::Result(StepResult::Lost)),
            Fate::Answered => self.perform(site, &step.act),
            Fate::ReplyLost => {
                // The program learns nothing, whatever the servers did.
                let _ = self.perform(site, &step.act);
                self.memory = before.clone();
                Ok(Effect::Result(StepResult::Lost))
            }
        };
        let noted = match &self.journal {
            Some(journal) => journal.update(&before.copied, &self.memory.copied),
            None => Ok(()),
        };
        let noted = noted.map_err(|reason| Trouble::Unknown(format!("cannot write the journal: {reason}")));
        let (effect, says) = match performed.and_then(|effect| noted.map(|()| effect)) {
            Ok(effect) => (effect, None),
            Err(Trouble::Refused(says)) => (Effect::Result(StepResult::Refused), Some(says)),
            Err(Trouble::Unreachable(says) | Trouble::Unknown(says)) => {
                self.memory = before;
                (Effect::Result(StepResult::Lost), Some(says))
            }
        };
        let result = match effect {
            Effect::Waits => return (Acted::Waits, says),
            Effect::Report(outcome) => return (Acted::Ended(outcome), says),
            Effect::Visited(visited) => {
                self.visited = visited;
                return (Acted::Continues, says);
            }
            Effect::MoreToDo if step.handler(StepResult::Ok).is_none() => return (Acted::Continues, says),
            Effect::MoreToDo => StepResult::Ok,
            Effect::Result(result) => result,
        };
        self.visited = 0;
        match step.next_after(self.next, result) {
            Some(next) => {
                self.next = next;
                (Acted::Continues, says)
            }
            None => (Acted::Ended(step.outcome_after(result)), says),
        }
    }
}
