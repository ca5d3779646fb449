//! Conformance runs of the reference: it conforms in every scenario, step by step, in whole runs and at random.

use stranded_model::scenario::Fault;
use stranded_oracle::adapter::Reference;
use stranded_oracle::conform::{self, ConformResult, Options, Strategy};
use stranded_oracle::oracle::{CaseVerdict, Conformance};
use stranded_search::scenario::{self, Spec};

fn driven(spec: &Spec, options: &Options) -> ConformResult {
    let mut reference = Reference::new(spec, 0).unwrap();
    let (capabilities, judged) = conform::handshake(spec, &mut reference).unwrap();
    conform::drive(&judged, &capabilities, &mut reference, options).unwrap()
}

/// Scenarios in which every whole run waits for replication.
const NEVER_END: [&str; 13] = [
    "guarded-move-without-retry",
    "guarded-move-without-stamp",
    "guarded-move-of-three-other-edits",
    "q162998-again",
    "append-repair",
    "append-repair-faults",
    "append-repair-without-hold",
    "append-repair-blind-retry",
    "append-repair-late-request",
    "hold-then-method-1",
    "hold-then-method-1-late-mail",
    "hold-then-method-1-any-time",
    "hold-then-method-1-concurrent-edit",
];

/// Faults that strike only between two steps of a program.
const BETWEEN_STEPS: [Fault; 4] =
    [Fault::RequestLost, Fault::ReplyLost, Fault::RequestLate, Fault::JournalOutlivesMail];

#[test]
fn the_reference_conforms_in_every_scenario_step_by_step_and_in_whole_runs() {
    for spec in scenario::select(&[]).unwrap() {
        for whole_runs in [false, true] {
            let options = Options { whole_runs, actions_max: 1_500, ..Options::default() };
            let driven = driven(&spec, &options);
            // Replication cannot happen during a whole run, so a run that waits for it is given up.
            let never_ends = whole_runs && NEVER_END.contains(&spec.name.as_str());
            let not_exercised: Vec<Fault> = BETWEEN_STEPS
                .into_iter()
                .filter(|fault| whole_runs && spec.scenario.environment.faults.contains(fault))
                .collect();
            assert_eq!(driven.judgement.not_exercised, not_exercised, "{}", spec.name);
            let is_conforming = !never_ends && not_exercised.is_empty();
            let expected = if is_conforming { CaseVerdict::Conforming } else { CaseVerdict::Inconclusive };
            // A run that is given up while the transport holds mail leaves it there.
            let leaves_mail = never_ends && driven.judgement.verdict == CaseVerdict::Unreachable;
            assert!(leaves_mail || driven.judgement.verdict == expected, "{}: {:?}", spec.name, driven.judgement);
            let says = "no procedure was run with a known outcome";
            let inconclusive = Conformance::Inconclusive(says.to_owned());
            assert_eq!(driven.judgement.conformance == inconclusive, never_ends, "{}", spec.name);
        }
    }
}

#[test]
fn random_runs_of_the_reference_conform() {
    for spec in scenario::select(&["article".to_owned()]).unwrap() {
        for strategy in [Strategy::Random(7), Strategy::Guided(7)] {
            let driven = driven(&spec, &Options { strategy, actions_max: 500, ..Options::default() });
            assert_eq!(driven.judgement.verdict, CaseVerdict::Conforming, "{}: {:?}", spec.name, driven.judgement);
        }
    }
}
