//! The worked runbooks of `specs/runbooks`: their statements are true.

mod left_behind;
mod trials;

use stranded_model::property::Safety;
use stranded_search::check::{Checked, check};
use stranded_search::engine::{Engine, Limits};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Spec, load_procedure_in, load_scenario};

const RUNBOOKS: [&str; 3] = ["method-1", "method-1-late-mail", "looks-right"];

fn file(name: &str) -> String {
    format!("{}/specs/runbooks/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

fn loaded(name: &str) -> Spec {
    load_scenario(&file(name)).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

fn searched(spec: &Spec) -> Checked<'_> {
    let checked = check(spec, Engine::Exact, &Limits::default());
    assert!(checked.is_complete(), "{}: {:?}", spec.name, checked.truncated());
    checked
}

fn verdict(checked: &Checked<'_>, property: Safety) -> Verdict {
    let mut results = checked.results.iter();
    results.find(|judgement| judgement.property == Property::Safety(property)).unwrap().verdict
}

#[track_caller]
fn check_as_expected(name: &str) {
    let spec = loaded(name);
    for judgement in &searched(&spec).results {
        assert!(judgement.is_as_expected(), "{name}: {}", judgement.property.name());
    }
}

#[test]
fn method_1_leaves_late_mail_behind() {
    check_as_expected("check-method-1");
}

#[test]
fn method_1_with_delivery_held_keeps_late_mail_and_can_be_run_twice() {
    check_as_expected("check-method-1-late-mail");
}

#[test]
fn method_1_with_delivery_held_survives_a_fault_and_a_retry() {
    check_as_expected("check-method-1-late-mail-faults");
}

#[test]
fn a_save_before_the_hold_loses_mail_that_arrives_between() {
    check_as_expected("check-looks-right");
}

#[test]
fn a_hold_before_the_save_loses_nothing() {
    let file = file("looks-right");
    let text = std::fs::read_to_string(&file).unwrap();
    let position = |label: &str| text.find(&format!("# {label}")).unwrap();
    let (save, hold, delete) = (position("Save what"), position("Hold the mail"), position("Delete the recipient"));
    let corrected = [&text[..save], &text[hold..delete], &text[save..hold], &text[delete..]].concat();
    let folder = tempfile::tempdir().unwrap();
    let scenario = std::fs::read_to_string(self::file("check-looks-right")).unwrap();
    std::fs::write(folder.path().join("looks-right.toml"), corrected).unwrap();
    let path = folder.path().join("check.toml");
    std::fs::write(&path, scenario).unwrap();
    let spec = load_scenario(path.to_str().unwrap()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let checked = searched(&spec);
    for property in [Safety::NoLoss, Safety::NoLastCopyDelete, Safety::Reachable] {
        assert_eq!(verdict(&checked, property), Verdict::Holds, "{}", property.name());
    }
}

#[test]
fn every_runbook_runs_in_the_quiescent_states_of_stranded() {
    let stranded = load_scenario("stranded").unwrap();
    for name in RUNBOOKS {
        let spec = load_procedure_in(&file(name), &stranded).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        assert_eq!(spec.name, name);
        let checked = searched(&spec);
        // No mail arrives there, so each of them is safe.
        for property in [Safety::NoLoss, Safety::NoFalseSuccess, Safety::HomeCoherent, Safety::Reachable] {
            assert_eq!(verdict(&checked, property), Verdict::Holds, "{name}: {}", property.name());
        }
    }
}
