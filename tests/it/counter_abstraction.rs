//! Any number of messages and any number of mailboxes: the abstraction finds all behaviour of small numbers, and more.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxBuildHasher;
use stranded::report::{inconclusive, json, text};
use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction, abstraction_of, abstractions_of};
use stranded_model::id::{Id, MessageId};
use stranded_model::property::Safety;
use stranded_model::scenario::Delivery;
use stranded_model::state::State;
use stranded_search::check::{Checked, UndecidedReason, check, counter_abstraction, world};
use stranded_search::engine::{Engine, Limits, Truncation};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Spec, builtin, load_scenario, parse_scenario};

/// The number of states with numbered messages that the test compares for each scenario, nearest first.
const STATES_COMPARED: usize = 1_500;

/// Returns the scenario and its `from` scenarios with this number of messages.
fn with_messages(name: &str, messages: usize) -> Spec {
    fn all(spec: &mut Spec, messages: usize) {
        spec.scenario.site.messages = messages;
        spec.from.iter_mut().for_each(|earlier| all(earlier, messages));
    }
    let mut spec = load_scenario(name).unwrap();
    all(&mut spec, messages);
    spec
}

/// The assumptions that allow the most behaviour are not known, so the test uses the first and the last combination.
fn first_and_last(spec: &Spec) -> Vec<Assumptions> {
    let answered = |last: bool| {
        spec.touches().into_iter().fold(Assumptions::default(), |all, one| {
            let count = u8::try_from(one.values().len()).unwrap();
            all.with(one, spec.answer(one).unwrap_or(if last { count - 1 } else { 0 }))
        })
    };
    let mut both = vec![answered(false), answered(true)];
    both.dedup();
    both
}

/// The successors of a state of the counter abstraction.
struct Following<'a> {
    abstraction: &'a CounterAbstraction,
    known: HashMap<State, HashSet<State, FxBuildHasher>, FxBuildHasher>,
}

impl Following<'_> {
    fn leads(&mut self, from: State, to: &State) -> bool {
        let Self { abstraction, known } = self;
        let next = known.entry(from).or_insert_with_key(|from| {
            abstraction.choices().iter().filter_map(|choice| abstraction.step(from, choice).ok()).collect()
        });
        next.contains(to)
    }
}

/// Checks that every step from the nearest states, as seen by every message, is a step of the counter abstraction or
/// changes nothing there.
fn is_among_any(abstraction: &CounterAbstraction, world: &World, messages: usize) -> usize {
    let mut following = Following { abstraction, known: HashMap::default() };
    let mut states = world.initial.clone();
    let mut seen: HashSet<State, FxBuildHasher> = states.iter().cloned().collect();
    let mut at = 0;
    while at < states.len().min(STATES_COMPARED) {
        let from = states[at].clone();
        for (action, to) in world.enabled(&from) {
            for message in (0..messages).map(MessageId::at) {
                let (before, after) = (abstraction_of(&from, message), abstraction_of(&to, message));
                let is_there = before == after || following.leads(before, &after);
                assert!(
                    is_there,
                    "{action:?} in {from:#?}, as message {} sees it, is not a step of the counter abstraction",
                    message.0
                );
            }
            if seen.insert(to.clone()) {
                states.push(to);
            }
        }
        at += 1;
    }
    at
}

#[test]
fn every_step_with_two_or_three_messages_is_a_step_with_any_number() {
    let limits = Limits { states_max: Some(50_000), ..Limits::default() };
    for builtin in builtin::scenarios() {
        for messages in [2, 3] {
            let spec = with_messages(builtin.name, messages);
            for assumptions in first_and_last(&spec) {
                let world = world(&spec, assumptions, Engine::Exact, &limits);
                let abstraction = counter_abstraction(&spec, assumptions, Engine::Exact, &limits);
                let (world, abstraction) = match (world, abstraction) {
                    (Ok(world), Ok(abstraction)) => (world, abstraction),
                    (Err(Truncation::NoStart), Err(Truncation::NoStart)) => continue,
                    (world, abstraction) => panic!("{}: {:?} {:?}", builtin.name, world.err(), abstraction.err()),
                };
                let initial_states = abstractions_of(&world.initial);
                assert!(
                    initial_states.iter().all(|state| abstraction.world().initial.contains(state)),
                    "{}",
                    builtin.name
                );
                assert!(is_among_any(&abstraction, &world, messages) > 0, "{}", builtin.name);
            }
        }
    }
}

/// Parses a text that names no file.
fn parsed(text: &str) -> Spec {
    let none = |_: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, "no file"));
    parse_scenario("test.toml", text, &none).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)))
}

/// Returns a built-in scenario with `"any"` for a number, and without liveness expectations.
fn with_any(name: &str, key: &str) -> Spec {
    let text = builtin::scenario(name).unwrap().text;
    let is_liveness = |line: &&str| {
        ["delivery-settles", "replicas-converge", "repair-completes", "transit-clears"]
            .iter()
            .any(|one| line.starts_with(one))
    };
    let lines = text.lines().filter(|line| !is_liveness(line)).map(|line| match line.split_once(" = ") {
        Some((found, _)) if found == key => format!("{key} = \"any\""),
        Some(_) | None => line.to_owned(),
    });
    parsed(&lines.collect::<Vec<_>>().join("\n"))
}

fn checked(spec: &Spec) -> Checked<'_> {
    check(spec, Engine::Exact, &Limits::default())
}

fn verdict(checked: &Checked<'_>, property: Property) -> Verdict {
    checked.results.iter().find(|judgement| judgement.property == property).unwrap().verdict
}

#[test]
fn the_articles_and_guarded_moves_verdicts_hold_for_any_number_of_messages() {
    for name in ["move", "stranded", "second-move", "method-1", "method-2", "guarded-move-of-three"] {
        let spec = with_any(name, "messages");
        let found = checked(&spec);
        let unexpected = found.results.iter().find(|judgement| !judgement.is_as_expected());
        assert!(unexpected.is_none() && found.is_complete(), "{name}: {unexpected:?}");
        assert_eq!(found.defect(), None);
    }
}

#[test]
fn the_second_move_loses_the_article_s_mail_with_one_message_already() {
    let spec = with_any("second-move", "messages");
    let found = checked(&spec);
    let judgement = &found.results[0];
    assert_eq!((judgement.property, judgement.verdict), (Property::Safety(Safety::NoLoss), Verdict::Violated));
    let case = &found.combinations[judgement.shown_by.unwrap()];
    let trace = case.trace(judgement.property).unwrap();
    let end = trace.path.end(&case.world);
    assert_eq!((trace.path.actions.len(), end.accounts.values().next().unwrap().record.accepted.len()), (12, 1));
    assert!(!Safety::NoLoss.holds(&case.world, &end));
    let report = text::scenario(&found, text::WIDTH);
    assert!(report.contains("after 12 steps with one message"), "{report}");
    let report = json::report(std::slice::from_ref(&found));
    assert_eq!(report.scenarios[0].any, ["messages"]);
    assert_eq!(report.scenarios[0].properties[0].trace.as_ref().unwrap().steps.len(), 12);
}

#[test]
fn a_violation_that_needs_two_messages_is_shown_with_two() {
    let spec = with_any("guarded-move-without-claim", "messages");
    let found = checked(&spec);
    assert_eq!(verdict(&checked(&load_scenario("guarded-move-without-claim").unwrap()), ONE_HOME), Verdict::Holds);
    assert_eq!(verdict(&found, ONE_HOME), Verdict::Violated);
    let case = found.combinations.iter().find(|case| case.trace(ONE_HOME).is_some()).unwrap();
    let end = case.trace(ONE_HOME).unwrap().path.end(&case.world);
    assert_eq!(end.accounts.values().next().unwrap().record.accepted.len(), 2);
}

const ONE_HOME: Property = Property::Safety(Safety::OneHome);

/// The program copies the first message that arrived; among any number of messages the abstraction does not know which
/// one that is.
const ONE_OF_TWO: &str = r#"
name = "one-of-two"
question = "Does a copy of one message save the one that no other store has?"

[site]
servers = ["source", "destination", "archive"]
messages = "any"

[start.directory]
source = "source"
destination = "source"
archive = "source"

[start.stores]
source = ["m1", "m2"]
destination = []
archive = ["m2"]

[[procedure]]
name = "one-of-two"

[[procedure.step]]
do = "copy-message"
on = { ok = "delete" }

[[procedure.step]]
label = "delete"
do = "delete-mailbox"
at = "from"

[[procedure.step]]
do = "report"
outcome = "ok"

[environment]
copy-order = "arrival"

[[run]]
administrator = "first"
procedure = "one-of-two"
from = "source"
to = "destination"

[expect]
no-false-success = "violated"
no-self-move = "vacuous"
transit-owned = "vacuous"
reachable = "violated"
one-home = "violated"
"#;

#[test]
fn a_violation_that_few_messages_do_not_show_is_inconclusive_and_has_steps() {
    let spec = parsed(ONE_OF_TWO);
    let found = checked(&spec);
    let loss = Property::Safety(Safety::NoLoss);
    assert_eq!((verdict(&found, loss), found.is_complete()), (Verdict::Inconclusive, true));
    assert_eq!(verdict(&found, Property::Safety(Safety::NoFalseSuccess)), Verdict::Violated);
    let why = found.undecided(loss).unwrap();
    assert!(matches!(why.reason, UndecidedReason::NotReproduced { searched: Some(4), .. }), "{why:?}");
    let steps = inconclusive::steps(why);
    assert_eq!(steps.len(), 3);
    assert_eq!(steps[1], "first: copies m3 from source to destination (another message; more remain in its location)");
    let report = text::scenario(&found, text::WIDTH) + &text::summary(std::slice::from_ref(&found), text::WIDTH);
    assert!(report.contains("no-loss may be violated") && report.contains("inconclusive:"), "{report}");
}

#[test]
fn liveness_is_inconclusive_for_any_number() {
    let text = builtin::scenario("guarded-move-without-retry").unwrap().text;
    let any_messages = text.replace("messages = 1", "messages = \"any\"");
    let quiet: Vec<&str> = text.lines().filter(|line| !line.starts_with("faults")).collect();
    let any_mailboxes = quiet.join("\n").replace("messages = 1", "messages = 1\nmailboxes = \"any\"");
    for spec in [parsed(&any_messages), parsed(&any_mailboxes)] {
        let found = checked(&spec);
        assert!(!spec.liveness().is_empty());
        for liveness in spec.liveness().into_iter().map(Property::Liveness) {
            assert_eq!(verdict(&found, liveness), Verdict::Inconclusive);
            assert!(matches!(found.undecided(liveness).unwrap().reason, UndecidedReason::LivenessUnbounded));
        }
    }
}

#[test]
fn a_limit_makes_properties_without_a_violation_inconclusive() {
    let spec = with_any("move", "messages");
    for limits in [
        Limits { states_max: Some(10), ..Limits::default() },
        Limits { depth_max: Some(5), ..Limits::default() },
        Limits { deadline: Some(std::time::Instant::now()), ..Limits::default() },
    ] {
        let found = check(&spec, Engine::Exact, &limits);
        assert!(!found.is_complete());
        assert!(found.results.iter().all(|judgement| judgement.verdict == Verdict::Inconclusive));
    }
}

#[test]
fn all_engines_find_the_same_among_any_number_of_messages() {
    for name in ["move", "second-move", "method-2", "q162998-any-time", "two-way-sync", "partial-copy-retry"] {
        let spec = with_any(name, "messages");
        for assumptions in first_and_last(&spec) {
            let abstraction = counter_abstraction(&spec, assumptions, Engine::Exact, &Limits::default()).unwrap();
            let [exact, reference, timely] =
                Engine::ALL.map(|engine| engine.search_counter_abstraction(&abstraction, &Limits::default()));
            assert_eq!(
                (exact.states, exact.depth, exact.truncated),
                (reference.states, reference.depth, reference.truncated),
                "{name}"
            );
            assert_eq!(exact.violations, timely.violations, "{name}");
            assert_eq!(
                (exact.states, exact.depth, exact.truncated),
                (timely.states, timely.depth, timely.truncated),
                "{name}"
            );
            assert_eq!(exact.coverage, timely.coverage, "{name}");
            let lengths = |found: &stranded_search::engine::Search<Choice>| {
                found.violations.each_ref().map(|path| path.as_ref().map(|path| path.actions.len()))
            };
            assert_eq!(lengths(&exact), lengths(&reference), "{name}");
            assert_eq!(exact.coverage, reference.coverage, "{name}");
        }
    }
}

#[test]
fn mailboxes_that_share_nothing_have_as_many_states_together_as_the_product_of_each() {
    let mut compared = 0;
    for builtin in builtin::scenarios() {
        let mut spec = load_scenario(builtin.name).unwrap();
        if !spec.scenario.environment.faults.is_empty() || spec.from.is_some() || spec.scenario.site.mailboxes > 1 {
            continue;
        }
        let states = |spec: &Spec| {
            let found = world(spec, first_and_last(spec)[0], Engine::Exact, &Limits::default()).unwrap();
            Engine::Exact.search(&found, &Limits::default()).states
        };
        let one = states(&spec);
        if one > 300 {
            continue;
        }
        spec.scenario.site.mailboxes = 2;
        assert_eq!(states(&spec), one * one, "{}", builtin.name);
        compared += 1;
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn one_mailbox_represents_any_number_of_them() {
    let spec = parsed(&builtin::scenario("move").unwrap().text.replace("mailboxes = 1", "mailboxes = \"any\""));
    let [any, one] =
        [checked(&spec), checked(&load_scenario("move").unwrap())].map(|found| (found.states(), found.depth()));
    assert_eq!(any, one);
    let found = checked(&spec);
    assert!(found.results.iter().all(stranded_search::check::PropertyResult::is_as_expected));
    assert!(text::scenario(&found, text::WIDTH).contains("any number of mailboxes: mailboxes share nothing"));
}

#[test]
fn a_scenario_that_follows_one_with_any_number_of_messages_has_any_number_too() {
    let spec = with_any("method-1-late-mail", "messages");
    assert_eq!(spec.from.as_ref().unwrap().scenario.environment.delivery, Delivery::Before);
    let assumptions = first_and_last(&spec)[0];
    let abstraction = counter_abstraction(&spec, assumptions, Engine::Exact, &Limits::default()).unwrap();
    // The mailbox that was left behind holds the message and others, one of both, or nothing.
    let held = |state: &State| {
        let account = state.accounts.values().next().unwrap();
        account.mailboxes.values().map(|mailbox| mailbox.held().len()).max().unwrap()
    };
    let mut sizes: Vec<usize> = abstraction.world().initial.iter().map(held).collect();
    sizes.sort_unstable();
    sizes.dedup();
    assert_eq!(sizes, [0, 1, 2]);
}
