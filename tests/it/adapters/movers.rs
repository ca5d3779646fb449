//! The example movers: short, healthy, and correct in every scenario that they can run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use stranded_model::action::{Action, ActionKind};
use stranded_model::scenario::Fault;
use stranded_oracle::adapter::{Child, HelloReply, Implementation, Reference, greeting};
use stranded_oracle::oracle::{Conformance, Explanation, Judgement, Oracle, OracleOptions};
use stranded_oracle::protocol::{Answer, Event, Operation, Outcome};
use stranded_search::scenario::with_procedure;
use stranded_search::scenario::{self, Spec};

use super::{LONG, doctor};
use crate::process::Drawn;

const NAMES: [&str; 3] = ["mover.py", "mover.rs", "mover.sh"];

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adapters").join(name)
}

/// The mover in Rust, compiled with the standard library alone.
static COMPILED: LazyLock<PathBuf> = LazyLock::new(|| {
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mover");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(compiler);
    command.args(["--edition", "2024", "-D", "warnings", "-o"]).arg(&program).arg(source("mover.rs"));
    assert!(command.status().unwrap().success());
    program
});

fn command(name: &str) -> Vec<String> {
    let path = source(name).display().to_string();
    match name {
        "mover.py" => vec!["python3".to_owned(), path],
        "mover.sh" => vec!["sh".to_owned(), path],
        _ => vec![COMPILED.display().to_string()],
    }
}

#[test]
fn each_mover_is_shorter_than_120_lines_and_healthy() {
    for name in NAMES {
        let lines = fs::read_to_string(source(name)).unwrap().lines().count();
        assert!(lines < 120, "{name} has {lines} lines");
        let command = command(name);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let (code, found) = doctor(&["--deadline", "60s"], &command);
        assert_eq!(
            (code, &found["healthy"], &found["remarks"]),
            (0, &true.into(), &serde_json::json!([])),
            "{found:#}"
        );
    }
}

/// Returns the scenarios that start with fresh mailboxes, with `move` as their procedure.
fn fresh() -> Vec<Spec> {
    let specs = scenario::select(&[]).unwrap().into_iter();
    let is_fresh = |spec: &Spec| spec.from.is_none() && spec.scenario.start.is_none();
    specs.filter(is_fresh).map(|spec| with_procedure(&spec, "move").unwrap()).collect()
}

/// Returns an operation that the scenario allows now in every state of the mover: a delivery, a logon, or a whole run.
fn next_operation(oracle: &mut Oracle<'_>, draw: &mut Drawn) -> Option<Operation> {
    let set = oracle.explanations()?;
    let sets = oracle.sets();
    let first = sets.explanations(set).next()?.clone();
    let world = &sets.scene(&first).world;
    let faults = &world.scenario.environment.faults;
    let may_die = faults.contains(&Fault::ProgramDies) && first.state.shared.faults_left > 0;
    let is_requestable =
        |action: &Action| matches!(action.kind(), ActionKind::Deliver | ActionKind::LogOn | ActionKind::Start);
    let is_allowed = |action: &Action| {
        let step = |one: &Explanation| sets.scene(one).world.step(&one.state, action);
        sets.explanations(set).all(|one| step(one).map_or_else(|reason| !reason.is_bound(), |_| true))
    };
    let allowed: Vec<Action> = world.actions().iter().copied().filter(is_requestable).filter(is_allowed).collect();
    let action = *allowed.get(draw.below(allowed.len() as u64) as usize)?;
    let operation = oracle.operation_of(&first, &action)?;
    let Operation::Start { run } = operation else { return Some(operation) };
    Some(Operation::Run { run, crash: may_die && draw.below(3) == 0 })
}

/// Drives a mover at random and judges every operation that the scenario allows.
fn drive(name: &str, command: &[String], spec: &Spec, runs: u64) -> (usize, Judgement) {
    let mut child = Child::start(command, LONG, None).unwrap();
    let greeting = greeting(spec, Vec::new());
    let HelloReply::Ready(can) = child.hello(&greeting).unwrap() else { panic!("{name} skips {}", spec.name) };
    assert_eq!(can.implements.as_deref(), Some("move"));
    let mut oracle = Oracle::new(spec, OracleOptions::default()).unwrap();
    let mut judged = 0;
    for seed in 0..runs {
        let mut draw = Drawn(seed);
        assert_eq!(child.reset(&BTreeMap::new()).unwrap(), Answer::of(Outcome::Ok));
        oracle.take(&Event::Reset { start: BTreeMap::new() }).unwrap();
        for _ in 0..8 {
            let Some(operation) = next_operation(&mut oracle, &mut draw) else { break };
            assert!(can.actions.iter().any(|action| action == operation.action()));
            let answer = child.perform(&operation).unwrap();
            oracle.take(&Event::Did { operation, answer }).unwrap();
            for mailbox in &greeting.mailboxes {
                let observation = child.observe(mailbox).unwrap();
                oracle.take(&Event::Observed { mailbox: mailbox.clone(), observation }).unwrap();
            }
            judged += 1;
            if oracle.failed_at().is_some() {
                break;
            }
        }
    }
    child.bye().unwrap();
    (judged, oracle.judgement())
}

#[test]
fn each_mover_conforms_in_every_scenario_that_it_can_run() {
    let specs = fresh();
    assert!(specs.len() >= 20, "{} scenarios start fresh", specs.len());
    for (name, runs) in NAMES.into_iter().zip([8, 8, 2]) {
        let mut judged = 0;
        let mut conforming = 0;
        for spec in &specs {
            let (operations, found) = drive(name, &command(name), spec, runs);
            // A few random walks need not contain a run that ended and had mail to move; then the verdict is not conforming.
            let has_ended =
                found.exercise.outcomes.keys().any(|(action, ended)| *action == "run" && *ended != "unknown");
            let had_no_mail = matches!(&found.conformance, Conformance::Inconclusive(reason) if reason.starts_with("no message was accepted"));
            let has_ended = has_ended && !had_no_mail;
            let expected = if has_ended { Conformance::Conforming } else { found.conformance.clone() };
            assert_eq!(found.conformance, expected, "{name} in {}: {found:#?}", spec.name);
            assert!(!matches!(found.conformance, Conformance::Nonconforming(_)), "{name} in {}: {found:#?}", spec.name);
            assert!(found.findings.is_empty(), "{name} in {}: {found:#?}", spec.name);
            judged += operations;
            conforming += usize::from(has_ended);
        }
        assert!(judged > 100, "{name}: {judged} operations were judged");
        assert!(conforming * 2 > specs.len(), "{name} conforms in {conforming} of {}", specs.len());
    }
}

#[test]
fn a_nearly_correct_mover_is_caught_too() {
    let folder = tempfile::tempdir().unwrap();
    let right = fs::read_to_string(source("mover.py")).unwrap();
    let spec = &scenario::select(&["move".to_owned()]).unwrap()[0];
    for (line, instead) in [
        ("self.home = to", "pass"),
        ("self.stores[source] = None", "pass"),
        ("self.stores[to].messages.append(message)", "pass"),
        ("self.stores[to].in_transit = False", "pass"),
        ("if source == to or self.home != source:", "if source == to:"),
    ] {
        assert!(right.contains(line), "{line}");
        let path = folder.path().join("mover.py");
        fs::write(&path, right.replacen(line, instead, 1)).unwrap();
        let command = ["python3".to_owned(), path.display().to_string()];
        let (_, found) = drive("a wrong one", &command, spec, 20);
        assert!(matches!(found.conformance, Conformance::Nonconforming(_)), "{line}: {found:#?}");
    }
}

#[test]
fn no_mover_accepts_a_start_that_it_cannot_set_up() {
    let stranded = scenario::select(&["method-1".to_owned()]).unwrap().remove(0);
    let mut reference = Reference::new(&stranded, 0).unwrap();
    let start: BTreeMap<_, _> =
        [("mailbox-1".to_owned(), reference.observe("mailbox-1").unwrap())].into_iter().collect();
    for name in NAMES {
        let mut child = Child::start(&command(name), LONG, None).unwrap();
        let HelloReply::Ready(can) = child.hello(&greeting(&stranded, Vec::new())).unwrap() else { panic!("{name}") };
        assert!(!can.start);
        assert_eq!(child.reset(&start).unwrap().result, Outcome::Refused, "{name}");
        child.bye().unwrap();
    }
}
