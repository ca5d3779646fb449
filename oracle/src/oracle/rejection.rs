//! The reason why an event has no explanation: the observation against the closest explanation, and the guard that forbids the
//! answer, in words.

use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::procedure::{Act, Outcome, StepResult};
use stranded_model::state::{Ended, Home, State};
use stranded_model::{Refusal, World};

use crate::protocol::{Answer, Event, Observation, Operation};
use crate::sentence;
use stranded_search::names;

use super::copies::Copies;
use super::difference::{Difference, differences};
use super::explanation::{CallEffect, Explanation, Status};
use super::explanation_sets::{ExplanationSetId, ExplanationSets};
use super::names::{CandidateRuns, Names, Numbered};

/// The reason why an event has no explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    /// The observation or the answer, against the closest explanation; one entry for each difference.
    pub(super) differences: Vec<Against>,
    /// The guards that forbid the event, in sentences without a full stop.
    pub(super) guards: Vec<String>,
    /// True if only the bounds of the scenario forbid the event.
    pub(super) is_beyond: bool,
    /// True if mail was returned to its sender although the model does not allow it.
    pub(super) is_bounce: bool,
}

impl Rejection {
    fn because(guard: impl Into<String>) -> Self {
        Self { differences: Vec::new(), guards: vec![guard.into()], is_beyond: false, is_bounce: false }
    }
}

/// One difference: the value in the event, and the values that the model allows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Against {
    /// The subject of the difference.
    pub what: String,
    /// The value in the event.
    pub seen: String,
    /// The value that the model allows.
    pub allowed: String,
}

/// Returns the reason why no explanation of a set is left after this event.
pub(super) fn rejection(
    sets: &mut ExplanationSets,
    before: ExplanationSetId,
    event: &Event<Numbered>,
    names: &Names<'_>,
) -> Rejection {
    let Ok(closed) = sets.closed(before) else { return Rejection::because("there are too many explanations") };
    let open: Vec<Explanation> = closed.into_iter().map(|number| sets.explanation(number).clone()).collect();
    match event {
        Event::Reset { .. } => Rejection::because("the scenario has no such initial state"),
        Event::Observed { mailbox, observation } => rejected_observation(sets, &open, *mailbox, observation, names),
        Event::Did { operation, answer } => rejected_answer(sets, &open, operation, answer),
        Event::Call { .. } => Rejection::because("every explanation before the call is gone"),
        Event::Return { call, answer } => {
            let called = |one: &Explanation| one.calls.iter().find(|one| one.number == Some(*call)).copied();
            match open.iter().find_map(called) {
                Some(call) => rejected_answer(sets, &open, &call.operation, answer),
                None => Rejection::because(format!("every explanation of call {call} is gone")),
            }
        }
    }
}

fn rejected_observation(
    sets: &ExplanationSets,
    open: &[Explanation],
    mailbox: MailboxId,
    observation: &Observation<Numbered>,
    names: &Names<'_>,
) -> Rejection {
    let closest = open.iter().min_by_key(|one| differences(observation, one, mailbox).count());
    let found: Vec<Difference> = closest.map_or_else(Vec::new, |one| differences(observation, one, mailbox).collect());
    let is_bounce =
        found.iter().any(|one| matches!(one, Difference::Returned { seen, allowed } if !seen.is_within(*allowed)));
    let world = &sets.scenes()[0].world;
    let differences = found.into_iter().map(|difference| in_words(world, mailbox, names, difference)).collect();
    Rejection { differences, guards: Vec::new(), is_beyond: false, is_bounce }
}

fn in_words(world: &World, mailbox: MailboxId, names: &Names<'_>, difference: Difference) -> Against {
    let server = |id: ServerId| names::server(&world.scenario, id).to_owned();
    let of = names::mailbox(mailbox);
    let home = |home: Home| home.server().map_or_else(|| "malformed".to_owned(), server);
    let or_none = |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { names.join(" ") };
    let list = |messages: MessageSet| or_none(names.messages(mailbox, messages));
    let copies = |messages: Copies| or_none(names.copies_of(mailbox, messages));
    let against = |what: String, seen: String, allowed: String| Against { what, seen, allowed };
    let yes = |flag: bool, yes: &str, no: &str| if flag { yes.to_owned() } else { no.to_owned() };
    match difference {
        Difference::Recipient { server: at, seen } => against(
            format!("the recipient of {of} in the directory of {}", server(at)),
            yes(seen, "there", "not there"),
            yes(!seen, "there", "not there"),
        ),
        Difference::HomeMdb { server: at, seen, allowed } => {
            against(format!("Home-MDB of {of} in the directory of {}", server(at)), home(seen), home(allowed))
        }
        Difference::HomeMta { server: at, seen, allowed } => {
            against(format!("Home-MTA of {of} in the directory of {}", server(at)), home(seen), home(allowed))
        }
        Difference::Listed { server: at, seen } => against(
            format!("{of} in the store of {}", server(at)),
            yes(seen, "listed", "not listed"),
            yes(!seen, "listed", "not listed"),
        ),
        Difference::Messages { server: at, seen, allowed } => {
            against(format!("messages of {of} on {}", server(at)), copies(seen), copies(allowed))
        }
        Difference::Pending { server: at, seen, allowed } => {
            against(format!("in-transit folder of {of} on {}", server(at)), list(seen), list(allowed))
        }
        Difference::InTransit { server: at, seen } => against(
            format!("{of} on {}", server(at)),
            yes(seen, "in transit", "not in transit"),
            yes(!seen, "in transit", "not in transit"),
        ),
        Difference::Queued { seen, allowed } => against(format!("queued mail of {of}"), list(seen), list(allowed)),
        Difference::Returned { seen, allowed } => against(format!("returned mail of {of}"), list(seen), list(allowed)),
        Difference::Saved { seen, allowed } => against(format!("saved messages of {of}"), list(seen), list(allowed)),
        Difference::DeliveryHeld { seen } => against(
            format!("delivery to {of}"),
            yes(seen, "held back", "not held back"),
            yes(!seen, "held back", "not held back"),
        ),
    }
}

/// The remedy for a mover that is judged by a procedure that it does not follow.
const IDLE_SUCCESS: &str = "the procedure refuses where nothing is left to do; a mover that answers ok there is judged with --safety, \
     or in a scenario with its own procedure";

fn rejected_answer(
    sets: &ExplanationSets,
    open: &[Explanation],
    operation: &Operation<Numbered>,
    answer: &Answer,
) -> Rejection {
    let mut allowed: Vec<String> = Vec::new();
    let mut guards: Vec<String> = Vec::new();
    let mut is_beyond = !open.is_empty();
    let note = |list: &mut Vec<String>, text: String| {
        if !list.contains(&text) {
            list.push(text);
        }
    };
    for one in open {
        let scene = sets.scene(one);
        let effects = match one.calls.iter().find(|call| call.operation == *operation) {
            Some(call) if call.status != Status::Pending => vec![(call.status, one.clone())],
            Some(_) | None => scene.begin(one, operation),
        };
        for (status, after) in effects {
            match status {
                Status::Over(CallEffect::Refused(reason)) => {
                    is_beyond &= reason.is_bound();
                    note(&mut allowed, "refused".to_owned());
                    note(&mut guards, refusal(&scene.world, &after, operation, reason));
                    continue;
                }
                Status::Over(CallEffect::Happened(ended)) => note(&mut allowed, answer_in_words(Outcome::Ok, ended)),
                Status::Over(CallEffect::Queued) => note(&mut allowed, "ok: the message is queued".to_owned()),
                Status::Over(CallEffect::Returned) => {
                    note(&mut allowed, "refused: the message is returned to its sender".to_owned());
                }
                Status::Started => {
                    if let Operation::Run { run, .. } = operation
                        && let Some((outcome, last)) = undisturbed(&scene.world, &after.state, *run)
                    {
                        note(&mut allowed, outcome.name().to_owned());
                        note(&mut guards, last);
                    }
                }
                Status::Pending => continue,
            }
            is_beyond = false;
        }
    }
    if matches!(operation, Operation::Run { .. }) && answer.result == Outcome::Ok && allowed == ["refused"] {
        note(&mut guards, IDLE_SUCCESS.to_owned());
    }
    let seen = answer_in_words(answer.result, answer.ended);
    let differences = vec![Against { what: "the answer".to_owned(), seen, allowed: allowed.join(", or ") }];
    let is_bounce = matches!(operation, Operation::Deliver { .. }) && answer.result == Outcome::Refused;
    Rejection { differences, guards, is_beyond, is_bounce }
}

fn answer_in_words(result: Outcome, ended: Option<Outcome>) -> String {
    let ended = ended.map_or_else(String::new, |ended| format!(", and the run ends {}", ended.name()));
    format!("{}{ended}", result.name())
}

fn refusal(world: &World, now: &Explanation, operation: &Operation<Numbered>, reason: Refusal) -> String {
    if let Refusal::Waiting(condition) = reason
        && let Operation::Act { mailbox, administrator }
        | Operation::RequestLost { mailbox, administrator }
        | Operation::ReplyLost { mailbox, administrator } = *operation
    {
        let run = world.run_of(administrator, &now.state.accounts[mailbox].programs[administrator]);
        return format!("the program waits until {}", sentence::condition(world, run, &condition));
    }
    reason.to_string()
}

/// Returns the outcome of a run that nothing disturbs, and its last step that was not plainly ok.
fn undisturbed(world: &World, state: &State, run: CandidateRuns) -> Option<(Outcome, String)> {
    /// A procedure that executes more steps repeats itself for ever.
    const STEPS_MAX: usize = 10_000;
    let CandidateRuns { mailbox, administrator, .. } = run;
    let mut state = state.clone();
    let mut last = String::new();
    for _ in 0..STEPS_MAX {
        let (act, _) = world.next_act(&state, mailbox, administrator)?;
        let occurrence = world.occur(&state, &act).ok()?;
        let executed = occurrence.step?;
        let run = world.scenario.run(executed.run);
        let (procedure, step) = executed.in_procedure(world);
        if matches!(step.act, Act::Require(_)) || executed.result != StepResult::Ok {
            let result = match (executed.result, &step.act) {
                (StepResult::Ok, _) => "fulfilled",
                (StepResult::Refused, Act::Require(_)) => "not fulfilled",
                (StepResult::Refused, _) => "refused",
                (StepResult::Duplicate, _) => "duplicate",
                (StepResult::Lost, _) => "the reply is lost",
            };
            let operation = sentence::step(world, run, &step.act);
            last = format!("{}, step {}: {operation}: {result}", procedure.name, procedure.step_name(executed.step));
        }
        state = occurrence.state;
        if let Ended::Reported(outcome) = state.accounts[mailbox].programs[administrator].ended
            && !state.accounts[mailbox].programs[administrator].is_running()
        {
            return Some((outcome, last));
        }
    }
    None
}
