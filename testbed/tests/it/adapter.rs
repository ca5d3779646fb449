//! The adapter `ldap-imap` on real servers: correct procedures conform, wrong ones differ, and impossible ones are skipped.

use std::time::Instant;

use pretty_assertions::assert_eq;
use stranded_model::procedure::{Act, Deletion, ListPurpose, ServerRef, VersionCondition};
use stranded_oracle::conform::{self, ConformError, ConformResult, Options};
use stranded_oracle::oracle::CaseVerdict;
use stranded_search::scenario::{Spec, load_scenario};
use stranded_testbed::adapter::LdapImap;

use super::fixtures::system;

/// More actions than any of these scenarios has.
const ALL: usize = 20_000;
/// Some runs of a scenario with many, so that the test stays short.
const SAMPLE: usize = 120;

/// Drives the adapter, which runs the procedures of `performed`, and judges it by `judged`.
fn driven(
    judged: &Spec,
    performed: &Spec,
    combination: usize,
    actions_max: usize,
) -> Result<ConformResult, ConformError> {
    let (system, journals) = (system(), tempfile::tempdir().unwrap());
    let started = Instant::now();
    let mut adapter = LdapImap::new(&system, performed, combination, journals.path().to_owned());
    let (capabilities, judged) = conform::handshake(judged, &mut adapter)?;
    let options = Options { actions_max, ..Options::default() };
    let result = conform::drive(&judged, &capabilities, &mut adapter, &options);
    if let Ok(result) = &result {
        eprintln!("{}: {} actions in {:?}", judged.name, result.actions, started.elapsed());
    }
    result
}

fn spec(name: &str) -> Spec {
    load_scenario(name).unwrap()
}

#[track_caller]
fn conforms(name: &str, combination: usize, actions_max: usize) {
    let spec = spec(name);
    let result = driven(&spec, &spec, combination, actions_max).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let shown = result.shrunk.iter().map(|one| format!("{:#?}", one.recording)).next().unwrap_or_default();
    assert!(result.broken.is_none(), "{name}: {:?}", result.broken);
    assert_eq!(result.judgement.verdict, CaseVerdict::Conforming, "{name}: {:?} {shown}", result.judgement.lacks);
}

#[test]
fn the_move_without_marks_conforms() {
    conforms("move-without-marks", 0, ALL);
}

#[test]
fn the_move_without_marks_conforms_while_mail_arrives() {
    conforms("move-without-marks-under-mail", 0, ALL);
}

#[test]
fn the_repair_of_a_stranded_mailbox_conforms() {
    conforms("append-repair", 0, ALL);
}

#[test]
fn a_one_way_sync_conforms_with_the_directory_step_first_last_and_never() {
    for combination in 0..3 {
        conforms("doveadm-sync-1", combination, SAMPLE);
    }
}

#[test]
fn movers_that_switch_the_directory_first_last_or_never_conform() {
    for name in ["directory-first", "directory-last", "directory-never"] {
        conforms(name, 0, SAMPLE);
    }
}

/// Runs the move with another act in place of the one with this label, and judges it as the move.
#[track_caller]
fn differs(label: &str, act: &Act) {
    let judged = spec("move-without-marks");
    let mut performed = judged.clone();
    for run in performed.scenario.administrators.iter_mut().flat_map(|person| &mut person.runs) {
        let steps = &mut run.procedure.steps;
        let step = steps.iter_mut().find(|step| step.label.as_deref() == Some(label)).unwrap();
        step.act = act.clone();
    }
    let result = driven(&judged, &performed, 0, ALL).unwrap_or_else(|error| panic!("{label}: {error:?}"));
    assert!(result.broken.is_none(), "{label}: {:?}", result.broken);
    assert!(!result.shrunk.is_empty(), "{label}: the wrong mover was not found out");
}

#[test]
fn a_move_that_switches_the_directory_from_the_source_to_the_source_differs() {
    let act = Act::SyncDirectory {
        replica: ServerRef::ConnectedTo,
        from: ServerRef::From,
        to: ServerRef::From,
        condition: VersionCondition::Unconditional,
    };
    differs("switch", &act);
}

#[test]
fn a_move_that_takes_the_source_for_copied_differs() {
    differs("list-destination", &Act::List { at: ServerRef::From, purpose: ListPurpose::Copied });
}

#[test]
fn a_move_that_empties_the_source_at_once_differs() {
    differs("list-destination", &Act::EmptyMailbox { at: ServerRef::From, deletion: Deletion::Remembered });
}

#[test]
fn a_procedure_with_marks_is_skipped_with_the_step_that_is_missing() {
    let spec = spec("second-move");
    match driven(&spec, &spec, 0, ALL) {
        Err(ConformError::Skipped(reason)) => {
            assert!(reason.contains("move-of-the-article") && reason.contains("no in-transit mark"), "{reason}");
        }
        Ok(_) | Err(ConformError::Protocol(_) | ConformError::Truncated(_)) => panic!("the scenario was not skipped"),
    }
}
