//! Coverage: a scenario in which a step or handler never occurs fails, and the report names the step and its line.

use stranded::report::text;
use stranded_model::property::Safety;
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Spec, load_procedure_in};

use crate::worlds::{changed, loaded, searched};

fn coverage_failures(spec: &Spec) -> (Verdict, Vec<String>) {
    let checked = searched(spec);
    let coverage = checked.results.iter().find(|judgement| judgement.property == Property::Coverage).unwrap();
    (coverage.verdict, checked.coverage_failures().into_iter().map(ToString::to_string).collect())
}

fn runbook(steps: &str) -> Spec {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, format!("name = \"mine\"\n\n{steps}")).unwrap();
    load_procedure_in(path.to_str().unwrap(), &loaded("stranded")).unwrap_or_else(|found| panic!("{found}"))
}

#[test]
fn a_step_that_nothing_leads_to_is_named_with_its_line() {
    let spec = runbook(
        "[[step]]\ndo = \"report\"\noutcome = \"ok\"\n\n[[step]]\nlabel = \"dead\"\ndo = \"save\"\nat = \"from\"\n\n\
         [[step]]\ndo = \"report\"\noutcome = \"failed\"\n",
    );
    let (verdict, named) = coverage_failures(&spec);
    assert_eq!(verdict, Verdict::Violated);
    assert!(named.contains(&"mine/dead (line 7) never occurs".to_owned()), "{named:?}");
}

#[test]
fn a_guard_that_is_never_true_is_named_with_the_steps_behind_it() {
    let spec = runbook(
        "[[step]]\nlabel = \"guard\"\ndo = \"require\"\nhome-is = \"to\"\n\n[[step]]\nlabel = \"behind\"\ndo = \"save\"\n\
         at = \"from\"\n\n[[step]]\nlabel = \"done\"\ndo = \"report\"\noutcome = \"ok\"\n",
    );
    let (verdict, named) = coverage_failures(&spec);
    assert_eq!(verdict, Verdict::Violated);
    for wanted in ["mine/guard:ok (line 3) never occurs", "mine/behind (line 8) never occurs"] {
        assert!(named.iter().any(|one| one == wanted), "{named:?}");
    }
}

#[test]
fn a_violated_coverage_is_reported_as_a_list_because_no_trace_shows_it() {
    let spec = runbook(
        "[[step]]\nlabel = \"guard\"\ndo = \"require\"\nhome-is = \"to\"\non = { refused = \"done\" }\n\n\
         [[step]]\nlabel = \"done\"\ndo = \"report\"\noutcome = \"failed\"\n",
    );
    let report = text::scenario(&searched(&spec), text::WIDTH);
    let report = anstream::adapter::strip_str(&report).to_string();
    let wanted = "coverage is violated:\n  mine/guard:ok (line 3) never occurs\nNo trace can show this,";
    assert!(report.contains(wanted), "{report}");
    assert!(!report.contains("never = ["), "a trial has no scenario file: {report}");
    let demanded = stranded_search::scenario::Spec { may_be_unreached: false, ..spec };
    let report = text::scenario(&searched(&demanded), text::WIDTH);
    let flat = report.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.ends_with("write at the top of the scenario file: never = [\"mine/guard:ok\"]"), "{flat}");
}

#[test]
fn events_under_never_must_not_happen() {
    let spec = changed("second-move", "[site]", "never = [\"move-of-the-article/create:duplicate\"]\n\n[site]");
    let (verdict, named) = coverage_failures(&spec);
    assert_eq!(verdict, Verdict::Violated);
    let wanted = "occurs, but the scenario lists it under `never`";
    assert!(named.iter().any(|one| one.contains("create:duplicate") && one.ends_with(wanted)), "{named:?}");
}

#[test]
fn a_guard_that_is_never_true_is_named_even_if_every_step_is_reached_without_it() {
    let spec = runbook(
        "[[step]]\nlabel = \"guard\"\ndo = \"require\"\nhome-is = \"to\"\non = { refused = \"done\" }\n\n\
         [[step]]\nlabel = \"done\"\ndo = \"report\"\noutcome = \"failed\"\n",
    );
    assert_eq!(coverage_failures(&spec).1, ["mine/guard:ok (line 3) never occurs"]);
}

#[test]
fn a_property_without_an_expectation_may_be_vacuous() {
    let stranded = loaded("stranded");
    for name in ["method-1", "method-2", "q162998", "guarded-move"] {
        let spec = load_procedure_in(name, &stranded).unwrap();
        let checked = searched(&spec);
        let unexpected: Vec<&str> = checked
            .results
            .iter()
            .filter(|judgement| !judgement.is_as_expected())
            .map(|judgement| judgement.property.name())
            .collect();
        assert_eq!(unexpected, [""; 0], "{name}");
    }
}

#[test]
fn a_property_that_the_scenario_does_not_name_may_hold_or_be_vacuous_and_no_more() {
    // No step moves the recipient, and no mailbox is ever in transit.
    let vacuous = Spec { expect: Vec::new(), ..loaded("method-1") };
    let checked = searched(&vacuous);
    assert!(checked.results.iter().all(|result| result.is_as_expected() && result.expected.is_none()));
    assert!(checked.results.iter().any(|result| result.verdict == Verdict::Vacuous));

    let violated = Spec { expect: Vec::new(), ..loaded("second-move") };
    for result in &searched(&violated).results {
        assert_eq!(result.is_as_expected(), result.verdict != Verdict::Violated, "{}", result.property.name());
    }
    let depends = Spec { expect: Vec::new(), ..loaded("move-under-mail") };
    for result in &searched(&depends).results {
        assert_eq!(result.is_as_expected(), result.verdict != Verdict::Depends, "{}", result.property.name());
    }
}

#[test]
fn a_property_that_is_expected_to_hold_must_be_exercised() {
    let no_self_move = Property::Safety(Safety::NoSelfMove);
    let spec = Spec { expect: vec![(no_self_move, Verdict::Holds)], ..loaded("method-1") };
    let checked = searched(&spec);
    let result = checked.results.iter().find(|result| result.property == no_self_move).unwrap();
    assert_eq!((result.verdict, result.expected), (Verdict::Vacuous, Some(Verdict::Holds)));
    assert!(!result.is_as_expected());
    assert!(checked.coverage_failures().iter().any(|failure| !failure.happened), "coverage names the antecedent");
}
