//! The assumptions that a scenario touches. Only these are varied, so the others must make no difference.

use pretty_assertions::assert_eq;
use stranded_model::assumption::Assumption;
use stranded_model::dn::HomeValue;
use stranded_model::procedure::{Act, Claim, Duplicate, Outcome, ServerRef, Step};
use stranded_model::scenario::{Delivery, Fault, Scenario};

use crate::fixtures::*;

const RAW_EDIT: Act = Act::RawEdit { replica: ServerRef::ConnectedTo, mdb: Some(HomeValue::Malformed), mta: None };

fn with(delivery: Delivery, steps: Vec<Act>) -> Scenario {
    let steps = steps.into_iter().chain([report(Outcome::Ok)]).map(step).collect();
    let mut scenario = site(vec![run(steps)]);
    scenario.environment.delivery = delivery;
    scenario
}

#[test]
fn a_scenario_without_open_questions_touches_no_assumption() {
    assert_eq!(with(Delivery::AnyTime, vec![Act::HoldDelivery]).touches(), []);
}

#[test]
fn a_step_under_one_answer_touches_its_assumption() {
    for assumption in [Assumption::DuplicateAbort, Assumption::SourceDelete, Assumption::RawApply] {
        let only = Step { when: vec![(assumption, 1)], ..step(Act::HoldDelivery) };
        let scenario = site(vec![reporting(Outcome::Ok), run(vec![only, step(report(Outcome::Ok))])]);
        assert_eq!(scenario.touches(), [assumption]);
    }
}

#[test]
fn mail_can_be_misrouted_if_views_lag_behind() {
    let mut stale = with(Delivery::AnyTime, vec![]);
    stale.environment.stale_views = true;
    assert_eq!(stale.touches(), [Assumption::MisroutedMail]);
    assert_eq!(lagging(with(Delivery::AnyTime, vec![])).touches(), [Assumption::MisroutedMail]);
    assert_eq!(lagging(with(Delivery::Never, vec![])).touches(), []);
}

#[test]
fn mail_that_can_meet_a_raw_edit_can_meet_a_split_home() {
    let touches = |scenario: Scenario| scenario.touches().contains(&Assumption::SplitHome);
    assert!(touches(with(Delivery::AnyTime, vec![RAW_EDIT])));
    assert!(!touches(with(Delivery::Never, vec![RAW_EDIT])));
    assert!(!touches(with(Delivery::Before, vec![RAW_EDIT])));
    assert!(!touches(with(Delivery::UntilRepair, vec![RAW_EDIT])), "no mail arrives after the repair starts");
    assert!(touches(with(Delivery::UntilRepair, vec![Act::HoldDelivery, RAW_EDIT])), "held mail arrives later");
    let mut crashing = with(Delivery::UntilRepair, vec![RAW_EDIT]);
    crashing.environment.faults = vec![Fault::StoreCrashes];
    assert!(touches(crashing));
    let mut followed = with(Delivery::UntilRepair, vec![RAW_EDIT]);
    followed.administrators.push(second(vec![reporting(Outcome::Ok)]));
    followed.last_run.administrator = SECOND;
    assert!(touches(followed));
}

#[test]
fn mail_during_a_move_can_arrive_before_the_mark() {
    let touches = |delivery| {
        let create = Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Deleted };
        let mark = Act::Mark { at: ServerRef::To, claim: Claim::Taken };
        with(delivery, vec![create, mark]).touches()
    };
    assert_eq!(touches(Delivery::AnyTime), [Assumption::MailBeforeMark], "the destination may already be the home");
    assert_eq!(touches(Delivery::UntilRepair), [Assumption::MailBeforeMark]);
    assert_eq!(touches(Delivery::Before), []);
    assert_eq!(touches(Delivery::Never), []);
}
