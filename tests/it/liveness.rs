//! Liveness: a path that repeats for ever is found on cycles and at final states, every edge of it replays, and a path
//! that only joins another is not one.

use std::time::{Duration, Instant};

use stranded::report::trace;
use stranded_model::liveness::Liveness;
use stranded_search::check::{Trace, check, combinations_of, world};
use stranded_search::engine::{Engine, Limits, LivenessResult, Truncation, liveness_results};
use stranded_search::property::{Property, Verdict};
use stranded_search::replay::replay;
use stranded_search::scenario::Spec;

use crate::worlds::{MAILBOX, TestPath, loaded, parsed, searched};

/// Returns a scenario with one run, and a queue that only its administrator can empty.
fn holding(steps: &str, runs_max: &str, expect: &str) -> Spec {
    parsed(&format!(
        r#"
name = "mine"
[[procedure]]
name = "holds"
source = []
{steps}
[site]
servers = ["source", "destination"]
messages = 1
[environment]
delivery = "any-time"
faults = ["program-dies"]
faults-max = 1
[[run]]
administrator = "first"
procedure = "holds"
from = "source"
to = "destination"
runs-max = {runs_max}
[expect]
{expect}
"#
    ))
}

const HOLD: &str = "[[procedure.step]]\ndo = \"hold-delivery\"\n";
const RELEASE: &str = "[[procedure.step]]\ndo = \"release-delivery\"\n";
const DONE: &str = "[[procedure.step]]\nlabel = \"done\"\ndo = \"report\"\noutcome = \"ok\"\n";

fn verdict(spec: &Spec, property: Liveness) -> Verdict {
    let checked = searched(spec);
    let judged = checked.results.iter().find(|judgement| judgement.property == Property::Liveness(property));
    judged.expect("the property is named").verdict
}

#[test]
fn mail_that_is_held_and_never_released_waits_for_ever() {
    let spec = holding(&format!("{HOLD}{DONE}"), "1", "delivery-settles = \"violated\"");
    assert_eq!(verdict(&spec, Liveness::DeliverySettles), Verdict::Violated);
}

#[test]
fn a_program_that_dies_while_it_holds_mail_is_run_again_by_its_administrator() {
    let steps = format!("{HOLD}{RELEASE}{DONE}");
    let spec = holding(&steps, "\"until-ok\"", "delivery-settles = \"holds\"");
    assert_eq!(verdict(&spec, Liveness::DeliverySettles), Verdict::Holds);
    let once = holding(&steps, "1", "delivery-settles = \"violated\"");
    assert_eq!(verdict(&once, Liveness::DeliverySettles), Verdict::Violated);
}

#[test]
fn a_program_that_loops_keeps_mail_waiting_for_ever() {
    let circle =
        "[[procedure.step]]\nlabel = \"again\"\ndo = \"require\"\npresent = \"to\"\non = { refused = \"again\" }\n";
    let spec = holding(&format!("{HOLD}{circle}{RELEASE}{DONE}"), "1", "delivery-settles = \"violated\"");
    assert_eq!(verdict(&spec, Liveness::DeliverySettles), Verdict::Violated);
    let checked = searched(&spec);
    assert!(matches!(
        checked.combinations[0].liveness_results[..],
        [(Liveness::DeliverySettles, LivenessResult::Violated(_))]
    ));
}

#[test]
fn of_the_liveness_properties_that_are_not_named_only_delivery_settles_is_judged() {
    let spec = holding(&format!("{HOLD}{DONE}"), "1", "");
    assert_eq!(spec.liveness(), [Liveness::DeliverySettles]);
    assert_eq!(verdict(&spec, Liveness::DeliverySettles), Verdict::Violated);
    assert!(holding(DONE, "1", "").liveness().is_empty());
}

#[test]
fn delivery_settles_is_vacuous_if_mail_never_waits() {
    let spec = holding(DONE, "1", "delivery-settles = \"vacuous\"");
    assert_eq!(verdict(&spec, Liveness::DeliverySettles), Verdict::Vacuous);
}

#[test]
fn a_truncated_search_judges_no_liveness() {
    let spec = loaded("guarded-move-without-order");
    let limits = Limits { states_max: Some(100), ..Limits::default() };
    let checked = check(&spec, Engine::Exact, &limits);
    for judgement in checked.results.iter().filter(|one| matches!(one.property, Property::Liveness(_))) {
        assert_eq!(judgement.verdict, Verdict::Inconclusive, "{}", judgement.property.name());
    }
}

#[test]
fn every_edge_of_a_lasso_replays_and_its_loop_closes_without_reaching_the_goal() {
    for name in ["guarded-move-without-order", "guarded-move-without-retry"] {
        let spec = loaded(name);
        let checked = searched(&spec);
        let mut seen = 0;
        for case in &checked.combinations {
            for (property, result) in &case.liveness_results {
                let LivenessResult::Violated(lasso) = result else { continue };
                seen += 1;
                let states = lasso.path.states(&case.world);
                assert_eq!(states[lasso.repeats_from], states[states.len() - 1], "{name} {}", property.name());
                let mut around = states[lasso.repeats_from..].iter();
                let never_reached = |state| !property.is_reached(&case.world, state, MAILBOX);
                assert!(around.all(never_reached), "{name} {}", property.name());
                let found = case.trace(Property::Liveness(*property)).unwrap();
                let file = trace::write(&spec, &case.world, &spec.touches(), property.name(), &found);
                assert_eq!(replay(&file).unwrap().trace, found);
            }
        }
        assert!(seen >= 2, "{name} has {seen} lassos");
    }
}

#[test]
fn two_administrators_who_claim_in_opposite_orders_starve_each_other() {
    let spec = loaded("guarded-move-without-order");
    let checked = searched(&spec);
    let circles = |result: &LivenessResult| match result {
        LivenessResult::Violated(lasso) => lasso.path.actions.len() > lasso.repeats_from,
        LivenessResult::Vacuous | LivenessResult::Holds => false,
    };
    assert!(checked.combinations.iter().flat_map(|case| &case.liveness_results).any(|(_, result)| circles(result)));
}

/// Returns a scenario without mail, in which an administrator marks each mailbox again and again.
fn marking(steps: &str, mailboxes: usize) -> Spec {
    parsed(&format!(
        r#"
name = "mine"
[[procedure]]
name = "marks"
source = []
[[procedure.step]]
do = "mark"
at = "from"
{steps}
{DONE}
[site]
servers = ["source", "destination"]
mailboxes = {mailboxes}
[[run]]
administrator = "first"
procedure = "marks"
from = "source"
to = "destination"
runs-max = "any"
[expect]
transit-clears = "holds"
repair-completes = "holds"
"#
    ))
}

const UNMARK: &str = "[[procedure.step]]\ndo = \"unmark\"\nat = \"from\"\n";
const WAIT: &str = "[[procedure.step]]\ndo = \"wait\"\npresent = \"to\"\n";

#[test]
fn liveness_is_judged_for_each_mailbox_by_itself() {
    for mailboxes in [1, 2, 3] {
        let alternating = marking(UNMARK, mailboxes);
        let waiting = marking(&format!("{WAIT}{UNMARK}"), mailboxes);
        for property in [Liveness::TransitClears, Liveness::RepairCompletes] {
            let name = property.name();
            assert_eq!(verdict(&alternating, property), Verdict::Holds, "{name}: a mark is always removed again");
            assert_eq!(verdict(&waiting, property), Verdict::Violated, "{name}: a mark stays for ever");
        }
    }
}

#[test]
fn a_lasso_that_every_mailbox_interrupts_is_refused() {
    let spec = marking(&format!("{WAIT}{UNMARK}"), 2);
    let checked = searched(&spec);
    let case = &checked.combinations[0];
    let found = case.trace(Property::Liveness(Liveness::TransitClears)).unwrap();
    let file = trace::write(&spec, &case.world, &spec.touches(), Liveness::TransitClears.name(), &found);
    assert!(replay(&file).is_ok());
    let whole = marking(UNMARK, 1);
    let checked = searched(&whole);
    let world = &checked.combinations[0].world;
    let round = TestPath::from(world, &world.initial[0]).run(0).run(0);
    let after_one = TestPath::from(world, &world.initial[0]).run(0).path.actions.len();
    let round = Trace { repeats_from: Some(after_one), ..round.trace() };
    let file = trace::write(&whole, world, &whole.touches(), Liveness::TransitClears.name(), &round);
    let wrong = format!("{:?}", replay(&file).unwrap_err());
    assert!(wrong.contains("every mailbox satisfies transit-clears somewhere in the loop"), "{wrong}");
}

#[test]
fn the_judging_of_liveness_ends_soon_after_its_time_limit() {
    let spec = loaded("guarded-move-without-order");
    let answers = combinations_of(&spec)[0];
    let world = world(&spec, answers, Engine::Exact, &Limits::default()).unwrap();
    let started = Instant::now();
    let whole = liveness_results(&world, &Liveness::ALL, &Limits::default()).unwrap();
    let took = started.elapsed();
    let mut stopped = 0;
    for part in 0..24 {
        let deadline = Instant::now() + took * part / 20;
        match liveness_results(&world, &Liveness::ALL, &Limits { deadline: Some(deadline), ..Limits::default() }) {
            Ok(results) => assert_eq!(results, whole),
            Err(truncated) => {
                assert_eq!(truncated, Truncation::Time);
                assert!(deadline.elapsed() < Duration::from_secs(5), "{:?} late", deadline.elapsed());
                stopped += 1;
            }
        }
    }
    assert!(stopped > 0, "a deadline in the past stops it");
}
