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
    let shown = state_view::show(&world.scenario, state);
    let lines: Vec<String> = shown.mailboxes.iter().map(|(name, account)| line(name, account).to_string()).collect();
    snapshot::read("the state shown", &lines.join("\n"))
}

/// Returns what `read` finds in the advice on the first mailbox of a state in which it finds something.
fn of_first<T>(world: &World, state: &State, read: fn(&MailboxAdvice<'_>) -> Vec<T>) -> Vec<T> {
    let Ok(snapshots) = snapshots(world, state) else { return Vec::new() };
    let limits = within(RECOMMENDATION_TIME_MAX);
    let advised = advise_all(&snapshots, false, &known_procedures(), &circumstances(), &limits).unwrap_or_default();
    advised.iter().map(read).find(|found| !found.is_empty()).unwrap_or_default()
}

/// Returns the safe procedures for the first mailbox of a state that needs a repair, the recommended one first; none if no mailbox needs
/// one.
#[must_use]
pub fn recommendations(world: &World, state: &State) -> Vec<Recommendation> {
    of_first(world, state, of_mailbox)
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
        procedure: advice.procedure.name.clone(),
        servers: (advice_json::name(snapshot, advice.from), advice_json::name(snapshot, advice.to)),
        conditions: advice.preconditions().iter().map(|one| instruction(None, snapshot, advice, one.kind)).collect(),
    };
    safe.map(entry).collect()
}

/// Returns the answer on the first mailbox of a state that needs a repair; empty if none does.
#[must_use]
pub fn answer_in(world: &World, state: &State) -> Vec<AnswerLine> {
    of_first(world, state, answer)
}

/// Returns the answer on a mailbox, as `stranded advise` prints it; empty if the mailbox needs no repair.
#[must_use]
pub fn answer(advised: &MailboxAdvice<'_>) -> Vec<AnswerLine> {
    if !advised.snapshot.standing().needs_repair() {
        return Vec::new();
    }
    advice_text::answer_lines(advised.snapshot, advised, None)
}

/// A mailbox as a line of a snapshot. An absent mark is not observed: not every system has marks.
fn line(name: &str, account: &state_view::AccountView) -> Value {
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
                let messages = found.messages.iter().chain(pending).collect::<Vec<_>>();
                let mut held = json!({"messages": messages, "deleted": found.expunged});
                if found.in_transit.is_some() {
                    held["in-transit"] = Value::Bool(true);
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
