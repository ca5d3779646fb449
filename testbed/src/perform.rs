//! A procedure as a program of its own: one run on one mailbox of a real site, from its first step to its report. It can be killed
//! at any moment; its journal and the names of its steps are in a folder that stays.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use stranded_model::procedure::Outcome;
use stranded_model::scenario::Run;

use crate::program::{Abilities, Acted, Fate, Journal, Program, Site, Transport, missing};
use crate::system::{System, Trouble};

/// The pause between two attempts of a step that waits.
const PAUSE: Duration = Duration::from_millis(50);

/// A run of a procedure.
#[derive(Clone, Debug)]
pub struct Performance {
    /// The run.
    pub run: Run,
    /// The names of the servers of the run; each is a store of the system.
    pub servers: Vec<String>,
    /// The user whose mailbox it is.
    pub user: String,
    /// The administrator, whose next run continues the journal.
    pub administrator: String,
    /// The folder of the journal.
    pub folder: PathBuf,
    /// The longest wait for a condition.
    pub wait: Duration,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performed {
    /// The report.
    pub outcome: Outcome,
    /// The last step.
    pub step: String,
    /// The last words of a server that declined or did not answer.
    pub says: Option<String>,
}

/// Runs a procedure to its end.
///
/// # Errors
/// The system lacks a step, or the folder cannot be used. No step was executed, or the error says which one was the last.
pub fn perform(system: &System, given: &Performance) -> Result<Performed, String> {
    if let Some(reason) = missing(&given.run.procedure, Abilities::of(system.config())) {
        return Err(reason);
    }
    let name = format!("{}.{}", given.user, given.administrator);
    let cannot = |reason: io::Error| format!("cannot use the folder {}: {reason}", given.folder.display());
    let journal = Journal::at(given.folder.join(format!("{name}.journal")));
    let mut program = Program::new(given.run.clone(), &journal).map_err(cannot)?;
    let steps = given.folder.join(format!("{name}.steps"));
    let mut steps = OpenOptions::new().create(true).append(true).open(steps).map_err(cannot)?;
    let mut transport = Commands { system, user: &given.user };
    let mut site = Site { system, servers: &given.servers, user: &given.user, transport: &mut transport };
    let (mut said, mut waits_since): (Option<String>, Option<Instant>) = (None, None);
    loop {
        let step = program.step_name();
        if waits_since.is_none() {
            writeln!(steps, "{step}").map_err(cannot)?;
        }
        let (acted, says) = program.act(&mut site, Fate::Answered);
        said = says.or(said);
        match acted {
            Acted::Continues | Acted::NothingToLose => waits_since = None,
            Acted::Ended(outcome) => return Ok(Performed { outcome, step, says: said }),
            Acted::Waits => {
                if waits_since.get_or_insert_with(Instant::now).elapsed() >= given.wait {
                    let says = Some(said.unwrap_or_else(|| "the condition did not become true in time".to_owned()));
                    return Ok(Performed { outcome: Outcome::Unknown, step, says });
                }
                thread::sleep(PAUSE);
            }
        }
    }
}

/// The transport behind the commands of the configuration.
struct Commands<'a> {
    system: &'a System,
    user: &'a str,
}

impl Transport for Commands<'_> {
    fn hold(&mut self, held: bool) -> Result<(), Trouble> {
        self.system.hold_mail(self.user, held)
    }

    fn is_empty(&mut self) -> Result<bool, Trouble> {
        self.system.has_no_waiting_mail(self.user)
    }
}
