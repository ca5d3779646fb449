//! Traces as files: every history can be saved and is accepted again, and every change of one is refused.

use std::fs;
use std::sync::LazyLock;

use proptest::prelude::*;
use stranded::report::json::Report;
use stranded::report::trace;
use stranded_model::World;
use stranded_model::property::Safety;
use stranded_search::property::Property;
use stranded_search::replay::{ReplayError, replay};
use stranded_search::scenario::Spec;
use stranded_search::state_view;
use stranded_search::trace_file::{self, TraceFile};

use crate::cli::stranded_in;
use crate::worlds::{TestPath, builtins, loaded, searched, worlds_of};

/// The largest number of steps of a random trace.
const STEPS_MAX: usize = 30;

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(builtins);
/// Every initial world of the built-in scenarios, with the index of its scenario.
static WORLDS: LazyLock<Vec<(usize, World)>> = LazyLock::new(|| {
    let of = |(index, spec): (usize, &Spec)| {
        worlds_of(spec).into_iter().map(move |world| (index, world)).collect::<Vec<_>>()
    };
    SPECS.iter().enumerate().flat_map(of).collect()
});

/// The random choices of a trace: the world, the initial state, and the actions.
type Chance = (prop::sample::Index, prop::sample::Index, Vec<prop::sample::Index>);

fn chance() -> impl Strategy<Value = Chance> {
    (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::collection::vec(any::<prop::sample::Index>(), 1..STEPS_MAX),
    )
}

fn random_path(chance: &Chance) -> (&'static Spec, TestPath<'static>) {
    let (index, world) = chance.0.get(&WORLDS);
    let mut path = TestPath::from(world, chance.1.get(&world.initial));
    for choice in &chance.2 {
        let possible: Vec<_> = world.enabled(&path.state).collect();
        if possible.is_empty() {
            break;
        }
        path = path.take(choice.get(&possible).0);
    }
    (&SPECS[*index], path)
}

fn written(chance: &Chance) -> TraceFile {
    let (spec, path) = random_path(chance);
    trace::write(spec, path.world, &spec.touches(), "coverage", &path.trace())
}

fn read_again(file: &TraceFile) -> TraceFile {
    serde_json::from_str(&serde_json::to_string_pretty(file).unwrap()).unwrap()
}

/// A change of one part of a trace.
#[derive(Clone, Debug)]
enum Corruption {
    Initial(Part),
    State(prop::sample::Index, Part),
    Action(prop::sample::Index, String),
    Unknown,
    Answer,
}

/// A part of a state.
#[derive(Clone, Copy, Debug)]
enum Part {
    Accepted,
    SelfMove,
    FaultsLeft,
    Server,
}

fn part() -> impl Strategy<Value = Part> {
    prop::sample::select(vec![Part::Accepted, Part::SelfMove, Part::FaultsLeft, Part::Server])
}

fn corruption() -> impl Strategy<Value = Corruption> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        part().prop_map(Corruption::Initial),
        (index(), part()).prop_map(|(step, part)| Corruption::State(step, part)),
        (index(), "[a-z -]{0,20}").prop_map(|(step, name)| Corruption::Action(step, name)),
        Just(Corruption::Unknown),
        Just(Corruption::Answer),
    ]
}

fn corrupt_state(state: &mut state_view::StateView, part: Part) {
    let account = state.mailboxes.values_mut().next().unwrap();
    match part {
        Part::Accepted if account.record.accepted.pop().is_none() => account.record.accepted.push("m1".to_owned()),
        Part::Accepted => {}
        Part::SelfMove => account.record.self_move = !account.record.self_move,
        Part::FaultsLeft => state.faults_left = state.faults_left.wrapping_add(1),
        Part::Server => {
            let (_, server) = state.servers.pop_first().unwrap();
            state.servers.insert("elsewhere".to_owned(), server);
        }
    }
}

fn corrupt(mut file: TraceFile, corruption: &Corruption) -> TraceFile {
    let steps = file.steps.len();
    match corruption {
        Corruption::Initial(part) => corrupt_state(&mut file.initial, *part),
        Corruption::State(step, part) => corrupt_state(&mut file.steps[step.index(steps)].state, *part),
        Corruption::Action(step, name) => file.steps[step.index(steps)].action.clone_from(name),
        Corruption::Unknown => {
            let _none = file.assumptions.insert("no-such-assumption".to_owned(), "yes".to_owned());
        }
        Corruption::Answer => file.assumptions.values_mut().for_each(|answer| answer.push('x')),
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_history_is_recorded_and_accepted_again(chance in chance()) {
        let file = written(&chance);
        let again = read_again(&file);
        prop_assert_eq!(&file, &again);
        let replayed = replay(&again).unwrap();
        let (_, path) = random_path(&chance);
        prop_assert_eq!(replayed.trace.path, path.path);
        prop_assert!(!replayed.is_stale);
    }

    #[test]
    fn a_trace_with_one_thing_changed_is_refused(chance in chance(), corruption in corruption()) {
        let file = written(&chance);
        prop_assume!(!file.steps.is_empty());
        let corrupted = corrupt(file.clone(), &corruption);
        prop_assume!(corrupted != file);
        let refused = replay(&read_again(&corrupted));
        prop_assert!(matches!(refused, Err(ReplayError::File(_) | ReplayError::Step(_))), "{corruption:?} was accepted");
    }

    #[test]
    fn every_reachable_state_is_shown_and_read_again(chance in chance()) {
        let (_, path) = random_path(&chance);
        let shown = state_view::show(&path.world.scenario, &path.state);
        let text = serde_json::to_string(&shown).unwrap();
        let read: state_view::StateView = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(state_view::read(&path.world.scenario, &read), Ok(path.state));
    }
}

#[test]
fn a_trace_of_another_version_of_the_model_is_reported_as_stale() {
    let (index, world) = &WORLDS[0];
    let path = TestPath::from(world, &world.initial[0]).mail().run(0);
    let mut file = trace::write(&SPECS[*index], world, &SPECS[*index].touches(), "coverage", &path.trace());
    assert!(!replay(&file).unwrap().is_stale);
    file.model_hash = "0123456789abcdef".to_owned();
    assert!(replay(&file).unwrap().is_stale);
}

#[test]
fn a_trace_of_another_format_is_refused_alone_and_in_a_report() {
    let (index, world) = &WORLDS[0];
    let path = TestPath::from(world, &world.initial[0]).mail().run(0);
    let file = trace::write(&SPECS[*index], world, &SPECS[*index].touches(), "coverage", &path.trace());
    let current = serde_json::to_value(&file).unwrap();
    assert_eq!(current["format"], 2);
    let mut without = current.clone();
    without.as_object_mut().unwrap().remove("format");
    let mut newer = current;
    newer["format"] = 3.into();
    for (value, format) in [(without, 1), (newer, 3)] {
        let expected = format!("this is a trace of format {format}; this version of stranded reads format 2");
        let refused = trace_file::parse::<TraceFile>(&value.to_string()).unwrap_err();
        assert_eq!(refused.to_string(), expected);
        let report = serde_json::json!({"scenarios": [{"properties": [{"trace": value}]}]});
        assert_eq!(trace_file::parse::<Report>(&report.to_string()).unwrap_err().to_string(), expected);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trace.json"), value.to_string()).unwrap();
        let replayed = stranded_in(folder.path(), &["replay", "trace.json"]);
        assert_eq!((replayed.code, replayed.out.as_str()), (2, ""));
        assert!(replayed.err.contains(&format!("trace.json: {expected}")), "{}", replayed.err);
    }
}

#[test]
fn a_trace_that_does_not_violate_the_named_property_is_refused() {
    let spec = loaded("second-move");
    let checked = searched(&spec);
    let case = &checked.combinations[0];
    let found = case.trace(Property::Safety(Safety::NoLoss)).unwrap();
    let written = |property: &str| trace::write(&spec, &case.world, &spec.touches(), property, &found);
    assert!(replay(&written("no-loss")).is_ok());
    let refused = |file: &TraceFile| match replay(file) {
        Err(ReplayError::Step(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&written("home-coherent")), "the last state does not violate home-coherent");
    let wrong_input = |file: &TraceFile| match replay(file) {
        Err(ReplayError::File(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert!(wrong_input(&written("no-such")).starts_with("there is no property `no-such`; there are no-loss, "));
    let renamed = TraceFile { scenario: "another".to_owned(), ..written("no-loss") };
    let says = "`scenario` is `another`; expected the name that `scenario_toml` gives, which is `second-move`";
    assert_eq!(wrong_input(&renamed), says);
    let mut endless = written("no-loss");
    endless.repeats_from = Some(99);
    assert_eq!(refused(&endless), "`loop` is 99, and the trace has 12 steps");
    endless.repeats_from = Some(0);
    assert_eq!(refused(&endless), "the last state differs from the state at `loop`");
}
