//! The adapter `ldap-imap`: an [`Implementation`] over a real site. It interprets the procedures of the scenario step by step, and
//! observes directory and stores; it judges nothing, and it emulates no step that the site lacks.
//!
//! Each case of a mailbox has a user of its own, whom the adapter creates at `reset` and deletes at the next one. The adapter is also
//! the transport of the case (`queue`): it delivers mail as the configuration says, keeps what is deferred or held, and notes what
//! is returned. `case` has one mailbox, `observe` what it shows.

mod case;
mod observe;
mod queue;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use stranded_model::assumption::Assumptions;
use stranded_model::procedure::Outcome;
use stranded_model::scenario::Run;
use stranded_oracle::adapter::{AdapterError, HelloReply, Implementation};
use stranded_oracle::protocol::{Answer, Capabilities, Greeting, Observation, Operation, RUN, RunRequest};
use stranded_search::scenario::Spec;
use stranded_search::{FORMAT_VERSION, check, names};

use crate::program::{Abilities, Fate, missing};
use crate::system::{Config, Directory, System};

use self::case::Case;

/// The actions that the adapter can do.
const ACTIONS: [&str; 11] = [
    "deliver",
    "redeliver",
    "log-on",
    "owner-deletes",
    "start",
    "act",
    "request-lost",
    "reply-lost",
    "program-dies",
    "journal-lost",
    RUN,
];

/// Counts the adapters of this process, so that no two of them name a user alike.
static INSTANCES: AtomicUsize = AtomicUsize::new(1);

/// A real site as an implementation.
#[derive(Debug)]
pub struct LdapImap<'a> {
    system: &'a System,
    spec: &'a Spec,
    servers: Vec<String>,
    assumptions: Assumptions,
    /// The folder of the journals.
    journals: PathBuf,
    /// The first part of the names of the users.
    prefix: String,
    resets: usize,
    cases: BTreeMap<String, Case>,
}

impl<'a> LdapImap<'a> {
    /// The site as an implementation of a scenario, under the combination of assumptions with this index. Journals are in a folder
    /// that exists.
    #[must_use]
    pub fn new(system: &'a System, spec: &'a Spec, combination: usize, journals: PathBuf) -> Self {
        let all = check::combinations_of(spec);
        let assumptions = all.get(combination).or_else(|| all.first()).copied().unwrap_or_default();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("stranded-{:x}-{:x}-{instance}", since.as_millis(), std::process::id());
        let servers = spec.scenario.site.servers.values().cloned().collect();
        Self { system, spec, servers, assumptions, journals, prefix, resets: 0, cases: BTreeMap::new() }
    }

    /// Returns one sentence about what the site lacks for this scenario.
    fn lacking(&self) -> Option<String> {
        let config = self.system.config();
        if let Some(server) = self.servers.iter().find(|server| config.store(server).is_none()) {
            return Some(format!(
                "the configuration has no [stores.{server}], and the scenario has a server `{server}`"
            ));
        }
        if let Some(reason) = unusable(config) {
            return Some(reason);
        }
        // The adapter is the transport of its users.
        let abilities = Abilities { transport: true, ..Abilities::of(config) };
        self.spec.scenario.runs().find_map(|(_, run)| missing(&run.procedure.under(&self.assumptions), abilities))
    }

    /// Returns the run of the scenario that a request names, without the steps of other assumptions.
    fn run_of(&self, request: &RunRequest) -> Option<Run> {
        let scenario = &self.spec.scenario;
        let is_wanted = |run: &&Run| {
            let [from, to, connected_to] =
                [run.from, run.to, run.connected_to].map(|server| names::server(scenario, server));
            run.procedure.name == request.procedure
                && (from, to, connected_to)
                    == (request.from.as_str(), request.to.as_str(), request.connected_to.as_str())
        };
        let run = scenario.runs().map(|(_, run)| run).find(is_wanted)?;
        Some(Run { procedure: run.procedure.under(&self.assumptions), ..run.clone() })
    }

    fn case(&mut self, mailbox: &str) -> Result<&mut Case, AdapterError> {
        let known = self.cases.get_mut(mailbox);
        known
            .ok_or_else(|| AdapterError { says: format!("there is no mailbox `{mailbox}`, or no `reset` came before") })
    }

    fn clean_up(&mut self) -> Result<(), String> {
        let mut result = Ok(());
        for (_, case) in std::mem::take(&mut self.cases) {
            result = result.and(case.remove(self.system, &self.servers));
        }
        result
    }

    fn set_up(&mut self, start: &BTreeMap<String, Observation>) -> Result<(), String> {
        self.clean_up()?;
        self.resets += 1;
        let site = &self.spec.scenario.site;
        let home = &site.servers[site.home];
        for index in 0..site.mailboxes {
            let mailbox = names::mailbox(stranded_model::id::Id::at(index));
            let user = format!("{}-{}-{}", self.prefix, self.resets, index + 1);
            let case = Case::new(user, &self.journals);
            case.create(self.system, home)?;
            // Also a case that cannot begin is removed at the next reset.
            self.cases.insert(mailbox.clone(), case);
            if let (Some(start), Some(case)) = (start.get(&mailbox), self.cases.get_mut(&mailbox)) {
                case.begin(self.system, &self.servers, start)?;
            }
        }
        Ok(())
    }
}

/// The reason why a site cannot be a system under test: the adapter needs fresh users, mail, and observations that change nothing.
fn unusable(config: &Config) -> Option<String> {
    if let Directory::Commands { .. } = config.directory {
        return Some(
            "each case needs a new user, and a directory of two commands has no command that creates one".to_owned(),
        );
    }
    if let Some(store) = config.stores.iter().find(|store| store.present.is_none()) {
        return Some(format!(
            "[stores.{}] has no `present`: a login that looks for a mailbox may create an empty inbox, and observing must change nothing",
            store.name
        ));
    }
    let missing = |part: &str| Some(format!("the configuration has no [{part}]"));
    if config.delivery.is_none() {
        return missing("delivery");
    }
    if config.logon.is_none() { missing("logon") } else { None }
}

impl Implementation for LdapImap<'_> {
    fn hello(&mut self, _greeting: &Greeting) -> Result<HelloReply, AdapterError> {
        if let Some(reason) = self.lacking() {
            return Ok(HelloReply::Skip(reason));
        }
        Ok(HelloReply::Ready(Capabilities {
            protocol: FORMAT_VERSION,
            name: "ldap-imap".to_owned(),
            actions: ACTIONS.map(str::to_owned).to_vec(),
            fields: Observation::FIELDS.map(str::to_owned).to_vec(),
            procedures: None,
            implements: None,
            start: true,
        }))
    }

    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, AdapterError> {
        match self.set_up(start) {
            Ok(()) => Ok(Answer::of(Outcome::Ok)),
            // A fresh start must succeed; any other may be impossible here.
            Err(says) if start.is_empty() => Err(AdapterError { says }),
            Err(says) => Ok(refused(says)),
        }
    }

    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError> {
        let system = self.system;
        let servers = self.servers.clone();
        match operation {
            Operation::Deliver { mailbox, message, .. } => Ok(self.case(mailbox)?.deliver(system, message)),
            Operation::Redeliver { mailbox, message, .. } => Ok(self.case(mailbox)?.redeliver(system, message)),
            Operation::LogOn { mailbox, .. } => Ok(self.case(mailbox)?.log_on(system)),
            Operation::OwnerDeletes { mailbox, message, .. } => Ok(self.case(mailbox)?.owner_deletes(system, message)),
            Operation::Run { run, crash } => match self.run_of(run) {
                None => Ok(refused(unknown_run(run))),
                Some(found) => self.case(&run.mailbox)?.run(system, &servers, &run.administrator, found, *crash),
            },
            Operation::Start { run } => match self.run_of(run) {
                None => Ok(refused(unknown_run(run))),
                Some(found) => self.case(&run.mailbox)?.start(&run.administrator, found),
            },
            Operation::Act { mailbox, administrator } => {
                Ok(self.case(mailbox)?.act(system, &servers, administrator, Fate::Answered))
            }
            Operation::RequestLost { mailbox, administrator } => {
                Ok(self.case(mailbox)?.act(system, &servers, administrator, Fate::RequestLost))
            }
            Operation::ReplyLost { mailbox, administrator } => {
                Ok(self.case(mailbox)?.act(system, &servers, administrator, Fate::ReplyLost))
            }
            Operation::ProgramDies { mailbox, administrator } => Ok(self.case(mailbox)?.program_dies(administrator)),
            Operation::JournalLost { mailbox, administrator } => self.case(mailbox)?.journal_lost(administrator),
            Operation::RequestLate { .. }
            | Operation::LateEffect { .. }
            | Operation::JournalOutlivesMail { .. }
            | Operation::StoreLooksEmpty { .. }
            | Operation::StoreShowsMail { .. }
            | Operation::Replicate { .. }
            | Operation::Refresh { .. }
            | Operation::OtherEdit { .. }
            | Operation::StoreCrashes { .. }
            | Operation::StoreRestarts { .. }
            | Operation::ReplicaUnreachable { .. }
            | Operation::ReplicaReachable { .. } => Ok(refused("this adapter has no such action".to_owned())),
        }
    }

    fn observe(&mut self, mailbox: &str) -> Result<Observation, AdapterError> {
        let (system, servers) = (self.system, self.servers.clone());
        Ok(self.case(mailbox)?.observe(system, &servers))
    }
}

impl Drop for LdapImap<'_> {
    fn drop(&mut self) {
        // Users that remain have names that say where they come from.
        let _ = self.clean_up();
    }
}

fn unknown_run(run: &RunRequest) -> String {
    format!("the scenario has no run of `{}` from {} to {}", run.procedure, run.from, run.to)
}

/// The answer to a request that changed nothing.
fn refused(says: String) -> Answer {
    Answer { says: Some(says), ..Answer::of(Outcome::Refused) }
}

/// The violation of the protocol by an adapter that cannot use its own files.
fn broken(reason: &io::Error) -> AdapterError {
    AdapterError { says: format!("cannot use the journal: {reason}") }
}
