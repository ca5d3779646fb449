//! One mailbox in one case: its user, its transport, and the programs that act on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stranded_model::procedure::Outcome;
use stranded_model::scenario::Run;
use stranded_oracle::adapter::AdapterError;
use stranded_oracle::protocol::{Answer, HomesObservation, Observation, StoreObservation};

use crate::program::{Acted, Fate, Journal, Program, Site};
use crate::system::{INBOX, Named, System, Trouble};

use super::queue::{self, Queue};
use super::{broken, refused};

/// The most acts of one run; a program with more is in a loop.
const ACTS_MAX: usize = 1000;
/// The folder of every second message of a start, so that a case has mail outside of the inbox.
const OTHER_FOLDER: &str = "Archive/2024";

/// One mailbox in one case.
#[derive(Debug)]
pub(super) struct Case {
    user: String,
    journals: PathBuf,
    pub(super) queue: Queue,
    /// The running programs by administrator.
    programs: BTreeMap<String, Program>,
}

impl Case {
    pub(super) fn new(user: String, journals: &Path) -> Self {
        Self { user, journals: journals.to_owned(), queue: Queue::default(), programs: BTreeMap::new() }
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// Creates the user. No store has the mailbox yet.
    pub(super) fn create(&self, system: &System, home: &str) -> Result<(), String> {
        system.create_user(&self.user, home).map_err(|trouble| format!("cannot create {}: {trouble}", self.user))
    }

    /// Deletes the user, and the mailboxes if the stores have a command for that.
    pub(super) fn remove(self, system: &System, servers: &[String]) -> Result<(), String> {
        let mut result = Ok(());
        for server in servers.iter().filter(|server| system.config().store(server).is_some_and(|s| s.delete.is_some()))
        {
            result = result.and(system.delete_mailbox(server, &self.user));
        }
        let deleted = system.delete_user(&self.user).map(|_| ());
        result.and(deleted).map_err(|trouble| format!("cannot remove {}: {trouble}", self.user))
    }

    /// Sets the mailbox up as in an observation.
    pub(super) fn begin(&mut self, system: &System, servers: &[String], start: &Observation) -> Result<(), String> {
        if start.saved.as_ref().is_some_and(|saved| !saved.is_empty()) {
            return Err("this adapter has no export file".to_owned());
        }
        for server in servers {
            if let Some(Some(store)) = start.stores.get(server) {
                self.fill(system, server, store)?;
            }
        }
        self.queue.waiting = start.queued.clone().unwrap_or_default();
        self.queue.returned = start.returned.clone().unwrap_or_default();
        self.queue.is_held = start.delivery_held.unwrap_or(false);
        let mut homes = start.directory.values();
        let Some(first) = homes.next() else { return Ok(()) };
        if homes.any(|other| other != first) {
            return Err("this site has one directory, so its replicas cannot differ".to_owned());
        }
        let home = match first {
            None => return system.delete_user(&self.user).map(|_| ()).map_err(|trouble| trouble.to_string()),
            Some(HomesObservation { home_mdb: Some(Some(mdb)), home_mta: Some(Some(mta)) }) if mdb == mta => mdb,
            Some(_) => return Err("the directory has one home attribute, which names a store".to_owned()),
        };
        if !servers.contains(home) {
            return Err(format!("`{home}` is no store"));
        }
        system.set_home(&self.user, None, home).map(|_| ()).map_err(|trouble| trouble.to_string())
    }

    fn fill(&self, system: &System, server: &str, store: &StoreObservation) -> Result<(), String> {
        let is_marked = store.in_transit == Some(true) || store.pending.as_ref().is_some_and(|all| !all.is_empty());
        if is_marked {
            return Err("IMAP stores have no in-transit mark".to_owned());
        }
        let said = |trouble: Trouble| trouble.to_string();
        system.create_mailbox(server, &self.user).map_err(said)?;
        for (index, name) in store.messages.iter().flatten().enumerate() {
            let folder = if index % 2 == 0 { INBOX } else { OTHER_FOLDER };
            system.append(server, &self.user, folder, &queue::message(name), &[]).map_err(said)?;
        }
        Ok(())
    }

    pub(super) fn deliver(&mut self, system: &System, message: &str) -> Answer {
        self.queue.take(system, &self.user, message)
    }

    pub(super) fn redeliver(&mut self, system: &System, message: &str) -> Answer {
        if self.queue.is_held || !self.queue.waiting.iter().any(|waiting| waiting == message) {
            return refused(format!("`{message}` does not wait for another attempt"));
        }
        self.queue.attempt(system, &self.user, message)
    }

    pub(super) fn log_on(&self, system: &System) -> Answer {
        answered(system.log_on(&self.user).map(|_| ()))
    }

    /// The owner deletes every copy of a message at the home.
    pub(super) fn owner_deletes(&self, system: &System, message: &str) -> Answer {
        let home = match system.home(&self.user) {
            Ok(home) => home.map(|home| home.named),
            Err(trouble) => return answered(Err(trouble)),
        };
        let Some(Named::Store(home)) = home else { return refused("the mailbox has no home".to_owned()) };
        let held = match system.mailbox(&home, &self.user) {
            Ok(held) => held.unwrap_or_default(),
            Err(trouble) => return answered(Err(trouble)),
        };
        let copies: Vec<_> = held.iter().filter(|copy| queue::name_of(copy.name()) == message).collect();
        if copies.is_empty() {
            return refused(format!("`{message}` is not at the home"));
        }
        answered(system.delete_all(&home, &self.user, &copies))
    }

    pub(super) fn start(&mut self, administrator: &str, run: Run) -> Result<Answer, AdapterError> {
        if self.programs.contains_key(administrator) {
            return Ok(refused("a program of this administrator runs".to_owned()));
        }
        let program = Program::new(run, &self.journal(administrator)).map_err(|reason| broken(&reason))?;
        self.programs.insert(administrator.to_owned(), program);
        Ok(Answer::of(Outcome::Ok))
    }

    pub(super) fn act(&mut self, system: &System, servers: &[String], administrator: &str, fate: Fate) -> Answer {
        let Some(program) = self.programs.get_mut(administrator) else {
            return refused("no program of this administrator runs".to_owned());
        };
        let mut site = Site { system, servers, user: &self.user, transport: &mut self.queue };
        let (acted, says) = program.act(&mut site, fate);
        let (result, ended) = match acted {
            Acted::Continues => (Outcome::Ok, None),
            Acted::Waits | Acted::NothingToLose => (Outcome::Refused, None),
            Acted::Ended(outcome) => (Outcome::Ok, Some(outcome)),
        };
        if ended.is_some() {
            self.programs.remove(administrator);
        }
        Answer { result, ended, says }
    }

    /// Runs a program to its end. With `crash`, it is killed after half of its steps.
    pub(super) fn run(
        &mut self,
        system: &System,
        servers: &[String],
        administrator: &str,
        run: Run,
        crash: bool,
    ) -> Result<Answer, AdapterError> {
        let acts = if crash { run.procedure.steps.len() / 2 } else { ACTS_MAX };
        let started = self.start(administrator, run)?;
        if started.result != Outcome::Ok {
            return Ok(started);
        }
        let mut says = None;
        for _ in 0..acts {
            let answer = self.act(system, servers, administrator, Fate::Answered);
            says = answer.says.or(says);
            match (answer.result, answer.ended) {
                (_, Some(ended)) => return Ok(Answer { says, ..Answer::of(ended) }),
                (Outcome::Ok, None) => {}
                // The program waits for another actor, so it is stopped here.
                (Outcome::Refused | Outcome::Failed | Outcome::Unknown, None) => break,
            }
        }
        self.programs.remove(administrator);
        Ok(Answer { says, ..Answer::of(Outcome::Unknown) })
    }

    pub(super) fn program_dies(&mut self, administrator: &str) -> Answer {
        match self.programs.remove(administrator) {
            Some(_) => Answer::of(Outcome::Ok),
            None => refused("no program of this administrator runs".to_owned()),
        }
    }

    pub(super) fn journal_lost(&self, administrator: &str) -> Result<Answer, AdapterError> {
        let journal = self.journal(administrator);
        if self.programs.contains_key(administrator) || journal.is_empty().map_err(|reason| broken(&reason))? {
            return Ok(refused("there is no journal, or its program runs".to_owned()));
        }
        journal.delete().map_err(|reason| broken(&reason))?;
        Ok(Answer::of(Outcome::Ok))
    }

    fn journal(&self, administrator: &str) -> Journal {
        Journal::at(self.journals.join(format!("{}.{administrator}.journal", self.user)))
    }
}

/// The answer to a request that is one request to a server.
fn answered(result: Result<(), Trouble>) -> Answer {
    let (outcome, says) = match result {
        Ok(()) => (Outcome::Ok, None),
        Err(Trouble::Refused(says) | Trouble::Unreachable(says)) => (Outcome::Refused, Some(says)),
        Err(Trouble::Unknown(says)) => (Outcome::Unknown, Some(says)),
    };
    Answer { says, ..Answer::of(outcome) }
}
