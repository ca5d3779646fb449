//! The test support for Rust authors: lists of operations that stay possible when they shrink, and a check that catches
//! mistakes.

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use stranded_oracle::adapter::{Implementation, Reference};
use stranded_oracle::oracle::CaseVerdict;
use stranded_oracle::protocol::RunRequest;
use stranded_oracle::protocol::{Greeting, Operation, Outcome};
use stranded_oracle::testing::{
    Adapted, ExamineOptions, FailureReason, MailSystem, Operations, check, examine, operations,
};
use stranded_search::scenario::{self, Spec, load_scenario};

fn spec(name: &str) -> Spec {
    load_scenario(name).unwrap()
}

/// Returns true if the model can perform all of these operations under one combination of answers.
fn is_possible(spec: &Spec, operations: &Operations) -> bool {
    let combinations = stranded_search::check::combinations_of(spec).len();
    (0..combinations).any(|combination| {
        let mut system = Reference::new(spec, combination).unwrap();
        system.reset(&operations.start).unwrap().result == Outcome::Ok
            && operations.list.iter().all(|operation| {
                let answer = system.perform(operation).unwrap();
                matches!(operation, Operation::Run { .. }) || answer.result == Outcome::Ok
            })
    })
}

#[test]
fn every_list_is_possible_and_so_is_every_list_that_it_shrinks_to() {
    let mut runner = TestRunner::deterministic();
    for spec in
        scenario::select(&["article".to_owned(), "move-under-mail".to_owned(), "stale-cache".to_owned()]).unwrap()
    {
        for strategy in [operations(&spec, 10), operations(&spec, 25).in_steps()] {
            for draw in 0..10 {
                let mut tree = strategy.new_tree(&mut runner).unwrap();
                assert!(is_possible(&spec, &tree.current()), "{}: {:?}", spec.name, tree.current());
                let mut continues = tree.simplify();
                while continues {
                    assert!(is_possible(&spec, &tree.current()), "{}: {:?}", spec.name, tree.current());
                    // Sometimes the shorter list fails too.
                    continues =
                        if tree.current().list.len() % 3 == draw % 3 { tree.simplify() } else { tree.complicate() };
                }
            }
        }
    }
}

#[test]
fn a_list_shrinks_to_the_shortest_one_that_still_fails() {
    let spec = spec("move-under-mail");
    let mut runner = TestRunner::deterministic();
    let fails = |operations: &Operations| {
        let second = |operation: &Operation| matches!(operation, Operation::Deliver { message, .. } if message == "m2");
        let index = operations.list.iter().position(second);
        index.is_some_and(|index| {
            operations.list[index..].iter().any(|operation| matches!(operation, Operation::Run { .. }))
        })
    };
    let mut shrunk = 0;
    for _ in 0..50 {
        let mut tree = operations(&spec, 30).new_tree(&mut runner).unwrap();
        if !fails(&tree.current()) {
            continue;
        }
        let mut continues = tree.simplify();
        while continues {
            continues = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
        }
        let actions: Vec<&str> = tree.current().list.iter().map(Operation::action).collect();
        assert_eq!(actions, ["deliver", "deliver", "run"], "{:?}", tree.current());
        shrunk += 1;
    }
    assert!(shrunk > 5, "{shrunk}");
}

#[test]
fn only_visible_rows_are_drawn() {
    let mut runner = TestRunner::deterministic();
    let strategy = operations(&spec("move-under-mail"), 20).only(&["deliver", "run"]);
    let mut drawn = BTreeSet::new();
    for _ in 0..40 {
        drawn.extend(strategy.new_tree(&mut runner).unwrap().current().list.iter().map(Operation::action));
    }
    assert_eq!(drawn, BTreeSet::from(["deliver", "run"]));
}

#[test]
fn the_model_itself_passes_in_every_scenario_whatever_the_answers_to_the_assumptions() {
    for spec in scenario::select(&[]).unwrap() {
        let last = stranded_search::check::combinations_of(&spec).len() - 1;
        for in_steps in [false, true] {
            let options = ExamineOptions { cases: 6, operations: 20, in_steps };
            let passed = examine(&spec, &options, || Reference::new(&spec, last).unwrap());
            match passed {
                Ok(exercised) => assert!(exercised > 0),
                // A few lists need not execute anything; a conformance failure is never the reason.
                Err(failed) => {
                    assert!(matches!(failed.reason, FailureReason::Inconclusive(_)), "{}: {failed}", spec.name)
                }
            }
        }
    }
}

/// Stores and a directory, with or without a mistake.
#[derive(Clone, Default)]
struct Site {
    stores: std::collections::BTreeMap<(String, String), BTreeSet<String>>,
    homes: std::collections::BTreeMap<String, String>,
    mistake: Mistake,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mistake {
    #[default]
    None,
    ForgetsTheDirectory,
    DropsTheMail,
    RefusesAfterChanging,
    Bounces,
}

impl MailSystem for Site {
    fn reset(&mut self, greeting: &Greeting) {
        self.stores.clear();
        self.homes = greeting.mailboxes.iter().map(|mailbox| (mailbox.clone(), greeting.home.clone())).collect();
    }

    fn deliver(&mut self, mailbox: &str, message: &str, _by: &str) -> Outcome {
        let home = self.homes[mailbox].clone();
        if self.mistake == Mistake::Bounces && message == "m2" {
            return Outcome::Refused;
        }
        self.stores.entry((home, mailbox.to_owned())).or_default().insert(message.to_owned());
        Outcome::Ok
    }

    fn run(&mut self, run: &RunRequest) -> Outcome {
        if self.homes[&run.mailbox] != run.from {
            if self.mistake == Mistake::RefusesAfterChanging {
                self.stores.insert((run.from.clone(), run.mailbox.clone()), BTreeSet::new());
            }
            return Outcome::Refused;
        }
        let mut mail = self.stores.remove(&(run.from.clone(), run.mailbox.clone())).unwrap_or_default();
        if self.mistake == Mistake::DropsTheMail {
            mail.pop_first();
        }
        self.stores.insert((run.to.clone(), run.mailbox.clone()), mail);
        if self.mistake != Mistake::ForgetsTheDirectory {
            self.homes.insert(run.mailbox.clone(), run.to.clone());
        }
        Outcome::Ok
    }

    fn store(&self, server: &str, mailbox: &str) -> Option<Vec<String>> {
        let found = self.stores.get(&(server.to_owned(), mailbox.to_owned()));
        found.map(|messages| messages.iter().cloned().collect())
    }

    fn home(&self, _server: &str, mailbox: &str) -> Option<String> {
        self.homes.get(mailbox).cloned()
    }
}

/// Checks that a mail system with this mistake is caught by the shortest list that shows it.
#[track_caller]
fn caught(mistake: Mistake, verdict: CaseVerdict, actions: &[&str]) {
    let make = || Adapted::new(Site { mistake, ..Site::default() });
    let failed = examine(&spec("move"), &ExamineOptions::default(), make).unwrap_err();
    assert_eq!(failed.verdict(), Some(verdict), "{failed}");
    let done: Vec<&str> = failed.operations().iter().map(|operation| operation.action()).collect();
    assert_eq!(done, actions, "{failed}");
}

#[test]
fn a_mail_system_passes_and_each_mistake_of_it_is_caught_by_the_shortest_list() {
    let right = || Adapted::new(Site::default());
    assert!(examine(&spec("move"), &ExamineOptions::default(), right).unwrap() > 50);
    caught(Mistake::ForgetsTheDirectory, CaseVerdict::FalseSuccess, &["run"]);
    caught(Mistake::DropsTheMail, CaseVerdict::Loss, &["deliver", "run"]);
    caught(Mistake::RefusesAfterChanging, CaseVerdict::Nonconforming, &["run", "run"]);
    caught(Mistake::Bounces, CaseVerdict::Bounced, &["deliver", "deliver"]);
}

#[test]
fn a_failure_reports_every_event_and_the_difference() {
    let make = || Adapted::new(Site { mistake: Mistake::DropsTheMail, ..Site::default() });
    let reported = examine(&spec("move"), &ExamineOptions::default(), make).unwrap_err().to_string();
    for words in [
        "loss: in the scenario move",
        "accepted messages are lost: m1",
        "messages of mailbox-1 on destination: none; the model allows m1",
        "stranded validate move LOG",
        r#"{"event":"did","action":"deliver","mailbox":"mailbox-1","message":"m1""#,
    ] {
        assert!(reported.contains(words), "{words:?} is not in:\n{reported}");
    }
}

#[test]
fn a_run_that_exercises_nothing_is_no_pass() {
    let nothing = ExamineOptions { cases: 3, operations: 0, in_steps: false };
    let failed = examine(&spec("move"), &nothing, || Adapted::new(Site::default())).unwrap_err();
    assert_eq!(
        failed.to_string().lines().next().unwrap(),
        "inconclusive: in the scenario move: no list of operations moved accepted mail to an observed outcome"
    );
}

#[test]
fn a_system_that_cannot_start_as_the_scenario_does_is_skipped_and_does_not_pass() {
    let failed = examine(&spec("method-1"), &ExamineOptions::default(), || Adapted::new(Site::default())).unwrap_err();
    assert!(matches!(failed.reason, FailureReason::Skipped(_)), "{failed}");
}

#[test]
fn operations_that_the_system_or_the_scenario_lacks_are_left_out() {
    let spec = spec("move");
    let deliver = |message: &str| Operation::Deliver {
        mailbox: "mailbox-1".to_owned(),
        message: message.to_owned(),
        by: "source".to_owned(),
    };
    let log_on = Operation::LogOn { mailbox: "mailbox-1".to_owned(), by: "source".to_owned() };
    // The scenario allows two deliveries and no logon.
    let list = vec![deliver("m1"), log_on, deliver("m2"), deliver("m3")];
    let judgement =
        check(&spec, &mut Adapted::new(Site::default()), &Operations { list, ..Operations::default() }).unwrap();
    assert_eq!(judgement.exercise.outcomes.get(&("deliver", "ok")), Some(&2));
    assert_eq!(judgement.exercise.outcomes.len(), 1);
    // An operation on an unknown object is an error, and is not left out.
    let list =
        vec![Operation::Deliver { mailbox: "mailbox-9".to_owned(), message: "m1".to_owned(), by: "source".to_owned() }];
    let failed =
        check(&spec, &mut Adapted::new(Site::default()), &Operations { list, ..Operations::default() }).unwrap_err();
    assert!(failed.to_string().contains("the scenario has no mailbox `mailbox-9`"), "{failed}");
}
