//! The commands of a plan, put together: the values to set, the preparations, and each step with its number and its sentence.

use std::fmt::Write as _;

use stranded_model::procedure::{Act, Condition, StepResult};
use stranded_oracle::sentence::{condition, step};
use stranded_search::advice::{Advice, Answer, Plan, PlannedStep, PreconditionKind};
use stranded_search::lines::wrapped;
use stranded_search::scenario::SiteNames;
use stranded_search::snapshot::Snapshot;

use super::servers::Servers;
use super::{Dialect, Occasion, Preparation, StepCommands};

/// The width of comments, without their sign.
const COMMENT: u16 = 76;

/// The commands of a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Everything in the order of execution.
    pub text: String,
    /// The steps of the procedure.
    pub steps: Vec<ScriptStep>,
    /// True if the system can perform every step.
    pub is_complete: bool,
}

/// The commands of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptStep {
    /// The step as a sentence without its subject.
    pub step: String,
    /// Its commands, or the reason why there are none.
    pub commands: StepCommands,
}

/// Returns the commands of a procedure that is safe.
#[must_use]
pub fn script(dialect: Dialect, snapshot: &Snapshot, advice: &Advice) -> Option<Script> {
    let plan = match advice.answer() {
        Answer::Safe => advice.plan.as_ref()?,
        Answer::Depends | Answer::Refuses | Answer::Inconclusive | Answer::Unsafe => return None,
    };
    let servers = servers(snapshot, plan);
    let frame = dialect.frame(&occasion(dialect, snapshot, advice, plan, &servers));
    let steps = steps(dialect, plan, &servers);
    let (from, to) = (servers.name(advice.from), servers.name(advice.to));
    let mut text = comment(&format!("{} for {}, from {from} to {to}", advice.procedure.name, snapshot.mailbox), "");
    text.push_str(&frame.head);
    let prepared = |text: &mut String, preparations: &[Preparation]| {
        for Preparation { purpose, commands } in preparations {
            let _ = write!(text, "\n{}{commands}", comment(purpose, ""));
        }
    };
    prepared(&mut text, &frame.first);
    let mut printed = plan.steps.iter().filter(|step| dialect.prints(step));
    let holds = printed.position(|step| matches!(step.act, Act::HoldDelivery));
    if holds.is_none() {
        prepared(&mut text, &frame.once_held);
    }
    for (index, ScriptStep { step, commands }) in steps.iter().enumerate() {
        let number = index + 1;
        let _ = write!(text, "\n{}", comment(&format!("{number}. It {step}."), "   "));
        if dialect.is_script() {
            let _ = writeln!(text, "step={number}");
        }
        match commands {
            StepCommands::Commands(commands) => text.push_str(commands),
            StepCommands::Impossible(reason) => {
                let reason = format!("{} cannot do this: {reason}", dialect.name());
                text.push_str(&comment(&reason, ""));
                let _ = writeln!(text, "{}", dialect.end());
            }
        }
        if holds == Some(index) {
            prepared(&mut text, &frame.once_held);
        }
    }
    if dialect.is_script() {
        text.push_str("step=\n");
    }
    prepared(&mut text, &frame.last);
    let is_complete = steps.iter().all(|step| matches!(step.commands, StepCommands::Commands(_)));
    Some(Script { text, steps, is_complete })
}

/// Returns the steps of a procedure that the mail system cannot perform, each with the reason: those that it never can, or else those that
/// it cannot from here.
#[must_use]
pub fn cannot_perform(dialect: Dialect, advice: &Advice) -> Vec<String> {
    let procedure = &advice.procedure;
    let named = |(index, step): (usize, &stranded_model::procedure::Step)| {
        let reason = dialect.reason(&step.act)?;
        Some(format!("{}: {reason}", procedure.step_name(index)))
    };
    let never: Vec<String> = procedure.steps.iter().enumerate().filter_map(named).collect();
    let Some(plan) = advice.plan.as_ref().filter(|_| never.is_empty()) else { return never };
    let reason = |planned: &PlannedStep| {
        let sentence = step(&plan.world, &plan.run, &planned.act);
        dialect.reason_for(planned).map(|reason| format!("it {sentence}: {reason}"))
    };
    plan.steps.iter().filter_map(reason).collect()
}

impl Dialect {
    /// Returns the line that ends the commands at a step that the system cannot perform.
    fn end(self) -> &'static str {
        match self {
            Self::DovecotLdap | Self::Cyrus => "stop 'this step cannot be performed'",
            Self::Exchange => "Stop here.",
        }
    }
}

fn servers<'a>(snapshot: &'a Snapshot, plan: &Plan) -> Servers<'a> {
    let run = &plan.run;
    let names = &snapshot.names;
    // The names of a site of which no distinguished name was observed.
    let unknown = SiteNames::of(Vec::<String>::new());
    let is_known = (&names.organization, &names.name) != (&unknown.organization, &unknown.name);
    Servers {
        names: &names.servers,
        from: run.from,
        to: run.to,
        connected_to: run.connected_to,
        home: None,
        site: is_known.then_some(names),
    }
}

fn steps(dialect: Dialect, plan: &Plan, servers: &Servers<'_>) -> Vec<ScriptStep> {
    let translated = |planned: &PlannedStep| {
        let servers = Servers { home: planned.home, ..*servers };
        let sentence = match (&planned.act, planned.result) {
            (Act::Require(wanted), StepResult::Refused | StepResult::Lost) => {
                format!("sees that this is not so: {}", condition(&plan.world, &plan.run, wanted))
            }
            _ => step(&plan.world, &plan.run, &planned.act),
        };
        ScriptStep { step: sentence, commands: dialect.step(&servers, planned) }
    };
    plan.steps.iter().filter(|planned| dialect.prints(planned)).map(translated).collect()
}

fn occasion<'a>(
    dialect: Dialect,
    snapshot: &'a Snapshot,
    advice: &Advice,
    plan: &Plan,
    servers: &'a Servers<'a>,
) -> Occasion<'a> {
    let has = |wanted: fn(&Act) -> bool| plan.steps.iter().any(|step| dialect.prints(step) && wanted(&step.act));
    let holds_delivery = has(|act| matches!(act, Act::HoldDelivery));
    let copies = has(Act::takes_copies);
    let reads_stores = copies || has(|act| matches!(act, Act::List { .. } | Act::Save { .. }));
    let kinds: Vec<PreconditionKind> = advice.preconditions().iter().map(|one| one.kind).collect();
    let held = [PreconditionKind::HoldDelivery, PreconditionKind::HoldDeliveryDuringRun, PreconditionKind::EndSessions];
    Occasion {
        snapshot,
        servers,
        must_hold: !holds_delivery && held.iter().any(|kind| kinds.contains(kind)),
        holds_delivery,
        must_observe_again: !reads_stores,
        must_replicate: kinds.contains(&PreconditionKind::FinishReplication),
        copies,
        reads_queue: has(|act| {
            matches!(act, Act::Require(Condition::NothingQueued) | Act::Wait(Condition::NothingQueued))
        }),
        switches_home: snapshot.home() == Some(plan.run.from)
            && has(|act| matches!(act, Act::SyncDirectory { .. } | Act::RawEdit { .. } | Act::CreateRecipient { .. })),
        accepts_either_home: has(|act| matches!(act, Act::Require(Condition::HomeIsEither(..)))),
    }
}

/// Returns a text as comment lines; the lines after the first are indented.
pub(super) fn comment(text: &str, indent: &str) -> String {
    let lines = wrapped(text, 0, COMMENT);
    let mut comment = String::new();
    for (number, line) in lines.lines().enumerate() {
        let indent = if number == 0 { "" } else { indent };
        let _ = writeln!(comment, "# {indent}{line}");
    }
    comment
}
