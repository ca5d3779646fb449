//! The harm that the last observation of a mailbox shows if nothing else happens: when quiescent, and at the end of a case.

use std::collections::BTreeSet;

use stranded_model::property::Safety;
use stranded_model::scenario::Replication;

use crate::protocol::{HomesObservation, Observation};

use super::{Harm, Observed, Watch, is_marked};

/// A mailbox at the end of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::oracle) struct MailboxAtEnd {
    /// The name of the mailbox.
    pub(in crate::oracle) mailbox: String,
    /// True if a program ran on the mailbox.
    pub(in crate::oracle) has_run: bool,
    /// True if its stores were observed after the last operation.
    pub(in crate::oracle) is_observed: bool,
    /// The harm that the last observation shows if nothing else happens.
    pub(in crate::oracle) harms: Vec<Harm>,
    /// The reasons why something else may happen.
    pub(in crate::oracle) open: Vec<String>,
    /// The reasons why the harm is not known.
    pub(in crate::oracle) unobserved: Vec<String>,
    /// The calls without an answer, in sentences.
    pub(in crate::oracle) calls: Vec<String>,
    /// The runs that administrators owe at the end of the case, in sentences.
    pub(in crate::oracle) owed: Vec<String>,
    /// True if an administrator owes a retry.
    pub(in crate::oracle) owes_retry: bool,
    /// True if the case was stopped before these runs.
    pub(in crate::oracle) is_stopped: bool,
}

impl Watch<'_> {
    /// Returns every mailbox that an operation touched or that was observed, as it is now.
    pub(in crate::oracle) fn at_end(&self) -> Vec<MailboxAtEnd> {
        let touched = self.memory.mailboxes.iter().filter(|(_, seen)| seen.was_touched || seen.last.is_some());
        touched.map(|(name, seen)| self.mailbox_at_end(name, seen)).collect()
    }

    fn mailbox_at_end(&self, name: &str, seen: &Observed) -> MailboxAtEnd {
        let has_run = !seen.programs.is_empty();
        let mut end = MailboxAtEnd { mailbox: name.to_owned(), has_run, ..MailboxAtEnd::default() };
        for (administrator, program) in &seen.programs {
            if program.is_running {
                end.open.push(format!("{administrator}'s run of {} has not ended", program.run.procedure));
            } else if program.owes_retry {
                end.owed.push(format!("{administrator} still owes a retry"));
                end.owes_retry = true;
            }
        }
        let absent =
            self.not_executed(seen).map(|(administrator, run)| format!("{administrator} has not run {run} yet"));
        end.owed.extend(absent);
        end.open.extend(self.memory.down.iter().map(|service| format!("the {service} is down")));
        end.open.extend(seen.hidden.iter().map(|server| format!("the store of {server} looks empty")));
        end.open.extend(seen.has_late_request.then(|| "a late request can still take effect".to_owned()));
        end.calls = self.memory.open_calls.keys().map(|call| format!("call {call} has no answer")).collect();
        end.open.extend(end.calls.iter().cloned());
        end.is_stopped = self.memory.is_stopped && !end.owed.is_empty();
        if end.is_stopped {
            end.open.extend(end.owed.iter().map(|run| format!("the case was stopped while {run}")));
        }
        let last = seen.last.as_ref().filter(|_| !seen.acted_since);
        let Some(last) = last.filter(|last| !last.stores.is_empty()) else {
            let part = if last.is_some() { "its stores were" } else { "it was" };
            end.unobserved.push(format!("{part} not observed after the last operation"));
            return end;
        };
        end.is_observed = true;
        end.harms = self.final_harms(seen, last);
        if is_marked(last) && end.owes_retry {
            let says = "a mailbox is in transit, and its move does not continue";
            end.harms.push(Harm::violation(Safety::TransitOwned, says));
        }
        match last.queued.as_deref() {
            None => end.unobserved.push("the queue was not observed".to_owned()),
            Some([]) => {}
            Some(queued) => end.open.push(format!("{} is queued", queued.join(", "))),
        }
        match self.replicas(last) {
            None => end.unobserved.push("the directory was not observed on every server".to_owned()),
            Some(replicas) if !is_same(&replicas) && self.spec.scenario.site.replication == Replication::Eventual => {
                end.open.push("replication has not finished".to_owned());
            }
            Some(_) => {}
        }
        end
    }

    /// Returns the administrators who have not executed their last run on a mailbox, each with the procedure.
    pub(super) fn not_executed<'w>(&'w self, seen: &'w Observed) -> impl Iterator<Item = (&'w str, &'w str)> {
        self.spec.scenario.administrators.iter().filter_map(|administrator| {
            let last = &administrator.runs.last()?.procedure.name;
            let is_executed = seen.programs.get(&administrator.name).is_some_and(|one| one.run.procedure == *last);
            (!is_executed).then_some((administrator.name.as_str(), last.as_str()))
        })
    }

    /// Returns the recipient on every server, if every replica was observed.
    pub(super) fn replicas<'o>(&self, observation: &'o Observation) -> Option<Vec<Option<&'o HomesObservation>>> {
        let servers = self.spec.scenario.site.servers.values();
        servers.map(|server| observation.directory.get(server).map(Option::as_ref)).collect()
    }

    /// Returns the violations of the properties that are judged only when nothing will change any more. A message in a queue
    /// counts as unreachable.
    pub(super) fn final_harms(&self, seen: &Observed, observation: &Observation) -> Vec<Harm> {
        let mut harms = Vec::new();
        let is_filled = |messages: &Vec<String>| !messages.is_empty();
        let stores = observation.stores.iter();
        let mut filled = stores.filter_map(|(server, store)| {
            store.as_ref()?.messages.as_ref().filter(|messages| is_filled(messages)).map(|_| server)
        });
        if let (Some(one), Some(other)) = (filled.next(), filled.next()) {
            harms.push(Harm::violation(Safety::OneHome, format!("{one} and {other} both hold messages")));
        }
        harms.extend(seen.copies_at_first.duplicates(observation));
        let Some(replicas) = self.replicas(observation) else { return harms };
        let homes: BTreeSet<&HomesObservation> = replicas.into_iter().flatten().collect();
        let servers: Vec<&String> = self.spec.scenario.site.servers.values().collect();
        let name = |home: &Option<String>| home.clone().unwrap_or_else(|| "nothing".to_owned());
        let expected = seen.expected(observation);
        if let (Some(expected), true) = (&expected, homes.is_empty())
            && !expected.is_empty()
        {
            let says = format!("no replica has a recipient, which would name the home of {}", expected.join(", "));
            harms.push(Harm::violation(Safety::Reachable, says));
        }
        for HomesObservation { home_mdb, home_mta } in homes {
            let (Some(mdb), Some(mta)) = (home_mdb, home_mta) else { continue };
            let home = mdb.as_ref().filter(|name| servers.contains(name));
            if home.is_none() || mdb != mta {
                let says = format!("Home-MDB names {}, Home-MTA names {}", name(mdb), name(mta));
                harms.push(Harm::violation(Safety::HomeCoherent, says));
            }
            let visible = home.map_or(Some(&[][..]), |home| observation.messages_on(home));
            let (Some(visible), Some(expected)) = (visible, &expected) else { continue };
            let hidden: Vec<&str> = expected.iter().copied().filter(|one| !visible.iter().any(|v| v == one)).collect();
            if !hidden.is_empty() {
                let says =
                    format!("not on {}, which the directory names as the home: {}", name(mdb), hidden.join(", "));
                harms.push(Harm::violation(Safety::Reachable, says));
            }
        }
        harms
    }
}

impl Observed {
    /// Returns the messages that must be in the mailbox that the home names, if that is known.
    fn expected(&self, observation: &Observation) -> Option<Vec<&str>> {
        let (returned, saved) = (observation.returned.as_ref()?, observation.saved.as_ref()?);
        let is_elsewhere = |message: &String| {
            [returned, saved].iter().any(|list| list.contains(message))
                || self.excused.contains(message)
                || self.missed.contains(message)
        };
        Some(self.accepted.iter().filter(|message| !is_elsewhere(message)).map(String::as_str).collect())
    }

    /// Returns true if no program will change the mailbox any more, as far as the observation shows.
    pub(super) fn is_settled(&self, observation: &Observation) -> bool {
        self.programs.values().all(|program| !program.is_running && !program.owes_retry)
            && !is_marked(observation)
            && observation.queued.as_ref().is_some_and(Vec::is_empty)
    }
}

/// Returns true if all replicas have the same recipient.
pub(super) fn is_same(replicas: &[Option<&HomesObservation>]) -> bool {
    replicas.windows(2).all(|pair| pair[0] == pair[1])
}
