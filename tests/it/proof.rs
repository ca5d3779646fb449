//! The proof in `specs/smt`, a second proof for any number of messages: z3 gives the expected answer to each of its
//! checks, and each of its steps equals the model's on every reachable abstract state.

mod family;
mod followed;
mod queries;
mod reached;
mod solver;
mod taken;

use std::collections::BTreeSet;

use family::Family;
use pretty_assertions::assert_eq;
use queries::Queries;
use reached::Reached;
use solver::{Check, answered};

/// The steps that lose mail: the destination's store deletes the duplicate, and if S10 of the article is right, the
/// program then deletes the source.
const LOSING: [(&str, &[&str]); 2] =
    [("keeps-source", &["create:duplicate"]), ("removes-source", &["create:duplicate", "duplicate"])];

/// Checks every answer of a family: the listed steps never occur, the listed steps violate the invariant, and there is
/// no other exception.
fn check(family: &Family, pinned: &str, never: &[&str], losing: &[&str]) {
    let mut expected = vec![
        Check::new("some state is initial", "sat"),
        Check::new("initial states satisfy the invariant", "unsat"),
        Check::new("the invariant implies no-loss", "unsat"),
    ];
    for step in family.steps() {
        let occurs = if never.contains(&step.as_str()) { "unsat" } else { "sat" };
        let breaks = if losing.contains(&step.as_str()) { "sat" } else { "unsat" };
        expected.push(Check::new(&format!("{step} can occur"), occurs));
        expected.push(Check::new(&format!("{step} keeps the invariant"), breaks));
    }
    let text = family.text().replacen("(assert (= p first))", &format!("(assert (= p first))\n{pinned}"), 1);
    assert_eq!(answered(&text), expected, "{}", family.name);
}

#[test]
fn a_move_from_its_home_keeps_every_message() {
    check(&Family::MOVE, "", &["create:duplicate", "duplicate", "report-duplicate"], &[]);
}

#[test]
fn the_articles_move_loses_mail_exactly_where_a_duplicate_is_deleted() {
    check(&Family::ARTICLE, "", &[], &["create:duplicate", "duplicate"]);
    for (answer, losing) in LOSING {
        let never: Vec<&str> = ["duplicate"].into_iter().filter(|step| !losing.contains(step)).collect();
        for (order, skipped) in [("after-directory", "delete-source-early"), ("before-directory", "delete-source")] {
            let pinned = format!("(assert (= duplicate-abort {answer}))\n(assert (= source-delete {order}))");
            check(&Family::ARTICLE, &pinned, &[&never[..], &[skipped]].concat(), losing);
        }
    }
}

#[test]
fn method_1_keeps_every_message() {
    check(&Family::METHOD_1, "", &[], &[]);
}

#[test]
fn method_2_keeps_every_message_if_it_is_run_once_and_no_mail_comes() {
    check(&Family::METHOD_2, "", &[], &[]);
    for (order, skipped) in [("before-tombstone", ["4", "5"]), ("after-tombstone", ["2", "3"])] {
        check(&Family::METHOD_2, &format!("(assert (= purge-order {order}))"), &skipped, &[]);
    }
}

#[test]
fn the_guarded_move_keeps_every_message() {
    let never = ["claim-other:refused", "home-is-ours:refused", "release-both", "release"];
    check(&Family::GUARDED, "", &never, &[]);
}

/// Checks that the proof and the model agree on every abstract state about the steps, the steps that can occur, and the
/// steps that lose mail.
fn compare(family: &Family) {
    let mut taken = BTreeSet::new();
    let mut losing = BTreeSet::new();
    for world in family.worlds() {
        let reached = Reached::of(&world);
        let queries = Queries::about(&world, &reached, &family.steps());
        let differences = queries.differences(&family.definitions());
        assert_eq!(differences, "", "{}, {:?}", family.name, world.assumptions);
        taken.extend(reached.taken().map(str::to_owned));
        losing.extend(reached.losing().map(str::to_owned));
    }
    let steps: BTreeSet<String> = family.steps().into_iter().collect();
    assert!(taken.is_subset(&steps), "{}: the proof checks {steps:?}, and the model has {taken:?}", family.name);
    let answers = answered(&family.text());
    let answered_sat = |what: &str| -> BTreeSet<String> {
        let checks = answers.iter().map(Check::parts).filter(|(_, answer)| *answer == "sat");
        checks.filter_map(|(check, _)| check.strip_suffix(what)).map(str::to_owned).collect()
    };
    assert_eq!(answered_sat(" can occur"), taken, "{}", family.name);
    assert_eq!(answered_sat(" keeps the invariant"), losing, "{}", family.name);
}

/// A change of any definition of the move's proof is reported for the step that it belongs to, with an example.
#[test]
fn a_step_that_differs_from_the_models_is_reported() {
    let world = &Family::MOVE.worlds()[0];
    let reached = Reached::of(world);
    let queries = Queries::about(world, &reached, &Family::MOVE.steps());
    let definitions = Family::MOVE.definitions();
    for (old, new, reported) in [
        ("(not (= (mail t) queued))", "true", "redeliver does in the proof what it does not in the model"),
        (
            "(marked destination s)",
            "s",
            "mark-destination of the first does in the model what it does not in the proof",
        ),
        (
            "(goes here s (other-copied true s) again t)",
            "false",
            "copy of the first does in the model what it does not",
        ),
        ("(goes done s s idle t)", "(goes idle s s idle t)", "done of the first is done elsewhere"),
        ("(names source) idle idle", "(names source) done idle", "other states are initial"),
        ("(=> (= (mail s) owed) (or", "(=> (= (mail s) owed) (and", "messages are lost"),
    ] {
        let changed = definitions.replacen(old, new, 1);
        assert_ne!(changed, definitions, "`{old}` is in the proof");
        let differences = queries.differences(&changed);
        assert!(differences.contains(reported), "{new} for {old}: {differences}");
        assert!(differences.contains("(before (state"), "{new} for {old}: {differences}");
    }
}

#[test]
fn each_step_of_the_proof_of_the_move_is_the_models() {
    compare(&Family::MOVE);
}

#[test]
fn each_step_of_the_proof_of_the_articles_move_is_the_models() {
    compare(&Family::ARTICLE);
}

#[test]
fn each_step_of_the_proof_of_method_1_is_the_models() {
    compare(&Family::METHOD_1);
}

#[test]
fn each_step_of_the_proof_of_method_2_is_the_models() {
    compare(&Family::METHOD_2);
}

#[test]
fn each_step_of_the_proof_of_the_guarded_move_is_the_models() {
    compare(&Family::GUARDED);
}
