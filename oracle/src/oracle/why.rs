//! Why an event has no explanation: what was seen against what the closest states allow, and the guard that forbids it, in
//! words.

use stranded_model::action::Action;
use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::procedure::{Act, Outcome, StepResult};
use stranded_model::state::{Ended, Home, State};
use stranded_model::{Refusal, World};

use crate::sentence;
use stranded_search::names;

use super::difference::{Difference, differences};
use super::explanation::{Effect, Explanation, Status};
use super::explanations::{Belief, Beliefs};
use super::step::{Look, Names, Op, Program, Step, Told};

/// Why an event has no explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    /// What was seen or answered, against what the closest explanation allows; one line each.
    pub(super) differences: Vec<Against>,
    /// What forbids it, in sentences without a full stop.
    pub(super) guards: Vec<String>,
    /// Whether only the bounds of the scenario forbid it.
    pub(super) is_beyond: bool,
    /// Whether it is mail that went back to its sender and should not have.
    pub(super) is_bounce: bool,
}

impl Why {
    fn just(guard: String) -> Self {
        Self { differences: Vec::new(), guards: vec![guard], is_beyond: false, is_bounce: false }
    }
}

/// One thing, as it was and as it may be.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Against {
    /// What it is about.
    pub what: String,
    /// How it was.
    pub seen: String,
    /// How the model has it.
    pub allowed: String,
}

/// Says why nothing is left of a set after an event.
pub(super) fn why(beliefs: &mut Beliefs, before: Belief, step: &Step, names: &Names<'_>) -> Why {
    let Ok(open) = beliefs.closed(before) else { return Why::just("there are too many explanations".to_owned()) };
    let open: Vec<Explanation> = open.into_iter().map(|number| beliefs.explanation(number).clone()).collect();
    match step {
        Step::Reset(_) => Why::just("the scenario does not start in this way".to_owned()),
        Step::Observed(mailbox, look) => unseen(beliefs, &open, *mailbox, look, names),
        Step::Did(op, reported) => unanswered(beliefs, &open, op, *reported),
        Step::Call(_, _) => Why::just("something was explained before, and nothing is now".to_owned()),
        Step::Return(number, reported) => {
            let called =
                |one: &Explanation| one.calls.iter().find(|call| call.number == Some(*number)).map(|call| call.op);
            match open.iter().find_map(called) {
                Some(op) => unanswered(beliefs, &open, &op, *reported),
                None => Why::just(format!("no call {number} is open")),
            }
        }
    }
}

fn unseen(beliefs: &Beliefs, open: &[Explanation], mailbox: MailboxId, look: &Look, names: &Names<'_>) -> Why {
    let closest = open.iter().min_by_key(|one| differences(look, one, mailbox).count());
    let found: Vec<Difference> = closest.map_or_else(Vec::new, |one| differences(look, one, mailbox).collect());
    let is_bounce =
        found.iter().any(|one| matches!(one, Difference::Returned { seen, allowed } if !seen.is_within(*allowed)));
    let world = &beliefs.scenes()[0].world;
    let differences = found.into_iter().map(|difference| reported(world, mailbox, names, difference)).collect();
    Why { differences, guards: Vec::new(), is_beyond: false, is_bounce }
}

fn reported(world: &World, mailbox: MailboxId, names: &Names<'_>, difference: Difference) -> Against {
    let server = |id: ServerId| names::server(&world.scenario, id).to_owned();
    let of = names::mailbox(mailbox);
    let home = |home: Home| home.server().map_or_else(|| "malformed".to_owned(), server);
    let list = |messages: MessageSet| match names.messages(mailbox, messages).join(" ") {
        none if none.is_empty() => "none".to_owned(),
        some => some,
    };
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
            against(format!("messages of {of} on {}", server(at)), list(seen), list(allowed))
        }
        Difference::Pending { server: at, seen, allowed } => {
            against(format!("in-transit folder of {of} on {}", server(at)), list(seen), list(allowed))
        }
        Difference::InTransit { server: at, seen } => against(
            format!("{of} on {}", server(at)),
            yes(seen, "in transit", "not in transit"),
            yes(!seen, "in transit", "not in transit"),
        ),
        Difference::Queued { seen, allowed } => against(format!("mail for {of} that waits"), list(seen), list(allowed)),
        Difference::Returned { seen, allowed } => {
            against(format!("mail for {of} that was returned"), list(seen), list(allowed))
        }
        Difference::Checkpoint { seen, allowed } => {
            against(format!("what was saved of {of}"), list(seen), list(allowed))
        }
        Difference::DeliveryHeld { seen } => against(
            format!("delivery to {of}"),
            yes(seen, "held back", "not held back"),
            yes(!seen, "held back", "not held back"),
        ),
    }
}

fn unanswered(beliefs: &Beliefs, open: &[Explanation], op: &Op, answer: Told) -> Why {
    let mut allowed: Vec<String> = Vec::new();
    let mut guards: Vec<String> = Vec::new();
    let mut is_beyond = !open.is_empty();
    let note = |list: &mut Vec<String>, text: String| {
        if !list.contains(&text) {
            list.push(text);
        }
    };
    for one in open {
        let scene = beliefs.scene(one);
        let begun = match one.calls.iter().find(|call| call.op == *op) {
            Some(call) if call.status != Status::Waiting => vec![(call.status, one.clone())],
            Some(_) | None => scene.begin(one, op),
        };
        for (status, after) in begun {
            match status {
                Status::Over(Effect::Refused(reason)) => {
                    is_beyond &= reason.is_bound();
                    note(&mut allowed, "refused".to_owned());
                    note(&mut guards, refusal(&scene.world, &after, op, reason));
                }
                Status::Over(Effect::Happened(ended)) => {
                    is_beyond = false;
                    let ended = ended.map_or_else(String::new, |ended| format!(", and the run ends {}", ended.name()));
                    note(&mut allowed, format!("ok{ended}"));
                }
                Status::Over(Effect::Queued) => {
                    is_beyond = false;
                    note(&mut allowed, "ok: the message waits".to_owned());
                }
                Status::Over(Effect::Returned) => {
                    is_beyond = false;
                    note(&mut allowed, "refused: the message goes back to its sender".to_owned());
                }
                Status::Started => {
                    is_beyond = false;
                    let Op::Run { program, .. } = op else { continue };
                    if let Some((outcome, last)) = undisturbed(&scene.world, &after.state, *program) {
                        note(&mut allowed, outcome.name().to_owned());
                        note(&mut guards, last);
                    }
                }
                Status::Waiting => {}
            }
        }
    }
    let ended = answer.ended.map_or_else(String::new, |ended| format!(", and the run ends {}", ended.name()));
    let seen = format!("{}{ended}", answer.result.name());
    let differences = vec![Against { what: "the answer".to_owned(), seen, allowed: allowed.join(", or ") }];
    let is_bounce = matches!(op, Op::Deliver { .. }) && answer.result == Outcome::Refused;
    Why { differences, guards, is_beyond, is_bounce }
}

fn refusal(world: &World, now: &Explanation, op: &Op, reason: Refusal) -> String {
    match (reason, *op) {
        (Refusal::Waiting(condition), Op::Act(Action::Act { mailbox, administrator, .. })) => {
            let run = world.run_of(administrator, &now.state.accounts[mailbox].programs[administrator]);
            format!("the program waits until {}", sentence::condition(world, run, &condition))
        }
        (other, _) => other.to_string(),
    }
}

/// How a run ends when nothing else happens, and the step that decided it.
fn undisturbed(world: &World, state: &State, program: Program) -> Option<(Outcome, String)> {
    /// No procedure of a few steps and messages takes more, unless it goes round in circles.
    const STEPS_MAX: usize = 10_000;
    let Program { mailbox, administrator, .. } = program;
    let act = Action::Act { mailbox, administrator, fate: stranded_model::action::Fate::Answered };
    let mut state = state.clone();
    let mut last = String::new();
    for _ in 0..STEPS_MAX {
        let Ok(occurrence) = world.occur(&state, &act) else { return None };
        let executed = occurrence.step?;
        let run = world.scenario.run(executed.run);
        let (procedure, step) = executed.in_procedure(world);
        if matches!(step.act, Act::Require(_)) || executed.result != StepResult::Ok {
            let result = match executed.result {
                StepResult::Ok => "so it is",
                StepResult::Refused => "it is not so",
                StepResult::Duplicate => "a duplicate is found",
                StepResult::Lost => "no answer comes",
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
