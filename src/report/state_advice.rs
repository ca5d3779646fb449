//! Advice on a state of a trace. The state becomes a snapshot, as an administrator would take it, and `search/src/advice` judges it, so that
//! a counterexample recommends what `stranded advise` recommends.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stranded_model::World;
use stranded_model::scenario::Replication;
use stranded_model::state::State;
use stranded_search::advice::{Advice, Circumstances, MailboxAdvice, advise_all, known_procedures};
use stranded_search::engine::Limits;
use stranded_search::scenario::Diagnostics;
use stranded_search::snapshot::{self, Snapshot};
use stranded_search::state_view;

use super::advice_facts::instruction;
use super::advice_json;
use super::advice_text;
use super::answer_line::AnswerLine;

/// The longest time for advice.
const TIME_MAX: Duration = Duration::from_secs(15);
/// The longest time for the recommendation of a report, which has other content.
const RECOMMENDATION_TIME_MAX: Duration = Duration::from_secs(2);
/// The most states of one search.
const STATES_MAX: usize = 100_000;

/// A procedure that is safe to run in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// True if it is also safe if each mailbox of the state holds one message more.
    pub is_general: bool,
    /// The procedure.
    pub procedure: String,
    /// The source and the destination of its run.
    pub servers: (String, String),
    /// The conditions that the administrator must ensure.
    pub conditions: Vec<String>,
}

/// Returns the circumstances of advice on a state: every kind of delivery, and no faults.
#[must_use]
pub fn circumstances() -> Circumstances {
    Circumstances {
        deliveries: Circumstances::DELIVERIES.to_vec(),
        faults: Vec::new(),
        faults_max: 0,
        replication: Replication::Instant,
        can_perform: None,
    }
}

/// Returns the limits of the searches for it.
#[must_use]
pub fn limits() -> Limits<'static> {
    within(TIME_MAX)
}

fn within(time: Duration) -> Limits<'static> {
    Limits { states_max: Some(STATES_MAX), deadline: Instant::now().checked_add(time), ..Limits::default() }
}

/// Returns a snapshot of each mailbox in a state.
///
/// # Errors
/// The reason why the state is no snapshot.
pub fn snapshots(world: &World, state: &State) -> Result<Vec<Snapshot>, Diagnostics> {
    observed(world, state, Observation::Usual)
}

/// The observation of a state of which the advice depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Observation {
    /// The state as an administrator sees it. The absence of a mark is not observed: not every system has marks.
    Usual,
    /// The state with its marks.
    WithMarks,
    /// The same, and each mailbox holds one more message, which no other mailbox holds.
    WithMoreMail,
}

/// Returns a snapshot of each mailbox in a state.
fn observed(world: &World, state: &State, observation: Observation) -> Result<Vec<Snapshot>, Diagnostics> {
    let shown = state_view::show(&world.scenario, state);
    let lines = shown.mailboxes.iter().map(|(name, account)| line(name, account, observation).to_string());
    snapshot::read("the state shown", &lines.collect::<Vec<_>>().join("\n"))
}

/// Returns the safe procedures for the first mailbox of a state that needs a repair, the recommended one first; none if no mailbox needs
/// one. Those come first that are also safe if the mailboxes hold more mail: a trace has as few messages as possible.
#[must_use]
pub fn recommendations(world: &World, state: &State) -> Vec<Recommendation> {
    let limits = within(RECOMMENDATION_TIME_MAX);
    let read = |observation| observed(world, state, observation).unwrap_or_default();
    let safe = |snapshot: &Snapshot| -> Vec<Recommendation> {
        advised(std::slice::from_ref(snapshot), &limits).iter().flat_map(of_mailbox).collect()
    };
    let all = [Observation::Usual, Observation::WithMarks, Observation::WithMoreMail].map(read);
    let [usual, with_marks, with_more_mail] = &all;
    for ((usual, with_marks), with_more_mail) in usual.iter().zip(with_marks).zip(with_more_mail) {
        if !usual.standing().needs_repair() {
            continue;
        }
        let general = safe(with_more_mail);
        let is_general = |one: &Recommendation| general.iter().any(|other| other.is_same_run(one));
        let (mut found, narrow): (Vec<_>, Vec<_>) = safe(usual).into_iter().partition(is_general);
        if found.is_empty() {
            found = safe(with_marks).into_iter().filter(is_general).collect();
        }
        found.iter_mut().for_each(|one| one.is_general = true);
        found.extend(narrow);
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

impl Recommendation {
    fn is_same_run(&self, other: &Self) -> bool {
        self.procedure == other.procedure && self.servers == other.servers
    }
}

/// Returns the safe procedures for a mailbox, the recommended one first.
#[must_use]
pub fn of_mailbox(advised: &MailboxAdvice<'_>) -> Vec<Recommendation> {
    let Some(first) = advised.recommended() else { return Vec::new() };
    let is_first = |advice: &&Advice| std::ptr::eq(*advice, first);
    let others = advised.advice.iter().filter(|one| !is_first(one));
    let safe = [first].into_iter().chain(others).filter(|one| one.answer() == first.answer() && one.plan.is_some());
    let snapshot = advised.snapshot;
    let entry = |advice: &Advice| Recommendation {
        is_general: false,
        procedure: advice.procedure.name.clone(),
        servers: (advice_json::name(snapshot, advice.from), advice_json::name(snapshot, advice.to)),
        conditions: advice.preconditions().iter().map(|one| instruction(None, snapshot, advice, one.kind)).collect(),
    };
    safe.map(entry).collect()
}

/// Returns the answer on the first mailbox of a state that needs a repair; empty if none does.
#[must_use]
pub fn answer_in(world: &World, state: &State) -> Vec<AnswerLine> {
    let Ok(snapshots) = snapshots(world, state) else { return Vec::new() };
    let advised = advised(&snapshots, &within(RECOMMENDATION_TIME_MAX));
    advised.iter().map(answer).find(|found| !found.is_empty()).unwrap_or_default()
}

fn advised<'a>(snapshots: &'a [Snapshot], limits: &Limits<'_>) -> Vec<MailboxAdvice<'a>> {
    advise_all(snapshots, false, &known_procedures(), &circumstances(), limits).unwrap_or_default()
}

/// Returns the answer on a mailbox, as `stranded advise` prints it; empty if the mailbox needs no repair.
#[must_use]
pub fn answer(advised: &MailboxAdvice<'_>) -> Vec<AnswerLine> {
    if !advised.snapshot.standing().needs_repair() {
        return Vec::new();
    }
    advice_text::answer_lines(advised.snapshot, advised, None)
}

/// A mailbox as a line of a snapshot.
fn line(name: &str, account: &state_view::AccountView, observation: Observation) -> Value {
    let directory: BTreeMap<&String, Value> = account
        .directory
        .iter()
        .map(|(server, found)| {
            let live = found.as_ref().filter(|found| !found.deleted);
            (server, live.map_or(Value::Null, |found| json!({"home-mdb": found.home_mdb, "home-mta": found.home_mta})))
        })
        .collect();
    let stores: BTreeMap<&String, Value> = account
        .stores
        .iter()
        .map(|(server, found)| {
            let held = found.as_ref().map(|found| {
                let pending = found.in_transit.iter().flat_map(|mark| &mark.pending);
                let mut messages: Vec<String> = found.messages.iter().chain(pending).cloned().collect();
                if observation == Observation::WithMoreMail {
                    messages.push(format!("more mail on {server}"));
                }
                let mut held = json!({"messages": messages, "deleted": found.expunged});
                if found.in_transit.is_some() || observation != Observation::Usual {
                    held["in-transit"] = Value::Bool(found.in_transit.is_some());
                }
                held
            });
            (server, held.unwrap_or(Value::Null))
        })
        .collect();
    let sessions = u8::from(account.remembered.is_some());
    json!({
        "mailbox": name, "directory": directory, "stores": stores, "waiting": account.queued, "sessions": sessions,
    })
}
