//! Expected failures: the findings that they cover, and the failure of an entry that covers none.

use jiff::civil::{Date, date};
use stranded_model::property::Safety;
use stranded_oracle::conform::expected_failures::{ExpectedFailures, ScenarioVerdicts, UnexpectedVerdict, today};
use stranded_oracle::oracle::CaseVerdict;

const LOSS: UnexpectedVerdict = UnexpectedVerdict { verdict: CaseVerdict::Loss, property: Some(Safety::NoLoss) };
const LAST_COPY: UnexpectedVerdict =
    UnexpectedVerdict { verdict: CaseVerdict::Loss, property: Some(Safety::NoLastCopyDelete) };
const TODAY: Date = date(2026, 12, 1);

fn entry(scenario: &str, rest: &str) -> String {
    format!(
        "[[deviation]]\nscenario = \"{scenario}\"\nverdict = \"loss\"\nreason = \"ticket 7\"\nexpires = 2027-01-01\n{rest}\n"
    )
}

fn found(scenario: &str, unexpected: &[UnexpectedVerdict]) -> ScenarioVerdicts {
    ScenarioVerdicts { scenario: scenario.to_owned(), unexpected: unexpected.to_vec(), is_over: true }
}

/// Returns the unexpected verdicts that the file does not list, and the problems of its entries.
fn comparison(file: &str, found: &[ScenarioVerdicts], today: Date) -> (Vec<UnexpectedVerdict>, Vec<String>) {
    let known = ExpectedFailures::parse("known.toml", file).unwrap();
    let comparison = known.compare(found, today);
    assert_eq!(comparison.is_as_expected(), comparison.not_listed.is_empty() && comparison.problems.is_empty());
    (comparison.not_listed.iter().map(|(_, surprise)| *surprise).collect(), comparison.problems)
}

#[test]
fn an_expected_failure_is_accepted_and_an_unexpected_one_is_not() {
    let file = entry("second-move", "property = \"no-loss\"");
    assert_eq!(comparison(&file, &[found("second-move", &[LOSS])], TODAY), (vec![], vec![]));
    assert_eq!(comparison(&file, &[found("second-move", &[LOSS, LAST_COPY])], TODAY), (vec![LAST_COPY], vec![]));
}

#[test]
fn without_a_property_every_one_of_the_verdict_is_covered_in_its_scenario_alone() {
    let file = entry("second-move", "");
    assert_eq!(comparison(&file, &[found("second-move", &[LOSS, LAST_COPY])], TODAY), (vec![], vec![]));
    let elsewhere = [found("second-move", &[LOSS]), found("move", &[LOSS])];
    assert_eq!(comparison(&file, &elsewhere, TODAY), (vec![LOSS], vec![]));
}

#[test]
fn an_expected_failure_that_passes_is_an_error() {
    let file = entry("second-move", "property = \"no-loss\"");
    let says =
        "known.toml:1: `loss` in second-move (no-loss) is expected but did not occur: it passes now, remove the entry";
    assert_eq!(comparison(&file, &[found("second-move", &[])], TODAY), (vec![], vec![says.to_owned()]));
    assert_eq!(
        comparison(&file, &[found("second-move", &[LAST_COPY])], TODAY),
        (vec![LAST_COPY], vec![says.to_owned()])
    );
}

#[test]
fn an_entry_counts_to_the_day_before_it_expires() {
    let (file, shown) = (entry("second-move", ""), [found("second-move", &[LOSS])]);
    assert_eq!(comparison(&file, &shown, date(2026, 12, 31)), (vec![], vec![]));
    let (not_listed, problems) = comparison(&file, &shown, date(2027, 1, 1));
    assert_eq!(not_listed, [LOSS]);
    assert_eq!(
        problems,
        ["known.toml:1: `loss` in second-move expired on 2027-01-01; it still occurs; reason: ticket 7"]
    );
}

#[test]
fn an_entry_that_has_expired_always_fails() {
    let (_, problems) = comparison(&entry("second-move", ""), &[found("move", &[])], date(2028, 1, 1));
    assert!(problems[0].contains("expired on 2027-01-01; it did not occur"), "{problems:?}");
}

#[test]
fn an_entry_for_another_built_in_scenario_is_ignored_and_one_for_an_unknown_scenario_fails() {
    assert_eq!(comparison(&entry("second-move", ""), &[found("move", &[])], TODAY), (vec![], vec![]));
    let says = "known.toml:1: `loss` in second-mvoe matches no scenario: none with this name was driven or is built in";
    assert_eq!(comparison(&entry("second-mvoe", ""), &[found("move", &[])], TODAY), (vec![], vec![says.to_owned()]));
    assert_eq!(comparison(&entry("my-own", ""), &[found("my-own", &[LOSS])], TODAY), (vec![], vec![]));
}

/// Checks that a file is refused with these words.
#[track_caller]
fn refused(file: &str, with: &[&str]) {
    let reported = ExpectedFailures::parse("known.toml", file).unwrap_err().to_string();
    for words in with {
        assert!(reported.contains(words), "{words:?} is not in:\n{reported}");
    }
}

#[test]
fn a_file_is_read_strictly() {
    assert_eq!(ExpectedFailures::parse("known.toml", "").unwrap().deviations().len(), 0);
    let good = entry("second-move", "property = \"no-loss\"");
    assert_eq!(ExpectedFailures::parse("known.toml", &good).unwrap().deviations()[0].expires, date(2027, 1, 1));
    let with = |from: &str, to: &str| good.replace(from, to);
    refused(
        &with("reason", "reasons"),
        &["unknown key in deviation 1: `reasons`", "did you mean `reason`?", "lacks `reason`"],
    );
    refused(&with("ticket 7", " "), &["`reason` is empty", "known.toml:4"]);
    refused(&with("\"loss\"", "\"los\""), &["unknown value of `verdict` `los`", "did you mean `loss`?"]);
    refused(&with("\"loss\"", "\"conforming\""), &["unknown value of `verdict` `conforming`"]);
    refused(&with("no-loss", "no-los"), &["unknown value of `property` `no-los`", "did you mean `no-loss`?"]);
    refused(&with("expires = 2027-01-01", ""), &["deviation 1 lacks `expires`"]);
    refused(&with("2027-01-01", "\"2027-01-01\""), &["`expires` is of the wrong type", "known.toml:5"]);
    refused(&with("2027-01-01", "2027-01-01T10:00:00Z"), &["`expires` is not a plain date"]);
    refused(
        &with("[[deviation]]", "[[deviations]]"),
        &["unknown key in the file: `deviations`", "did you mean `deviation`?"],
    );
    refused(
        &format!("{good}{good}"),
        &["`loss` in second-move (no-loss) is listed twice", "the one on line 1 covers it"],
    );
    refused("deviation = 3", &["`deviation` is of the wrong type"]);
    refused("[[deviation]", &["not TOML"]);
}

#[test]
fn an_environment_variable_sets_todays_date() {
    assert_eq!(today(Some("0")).unwrap(), date(1970, 1, 1));
    assert_eq!(today(Some("1800000000")).unwrap(), date(2027, 1, 15));
    assert!(today(Some("tomorrow")).unwrap_err().contains("SOURCE_DATE_EPOCH is `tomorrow`"));
    assert!(today(None).unwrap() > date(2026, 1, 1));
}
