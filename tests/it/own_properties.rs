//! Properties that a scenario states itself, and conditions that are searched for: `[[property]]` and `check --find`.

use std::fs;

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_search::check::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Spec, load_scenario, parse_scenario, to_toml};

use crate::cli::stranded_in;
use crate::worlds::parsed;

/// The scenario `stranded` with properties of its own.
fn with_properties(properties: &str) -> String {
    format!("{}\n{properties}", load_scenario("stranded").unwrap().text)
}

/// A property with this name and condition.
fn property(name: &str, never: &str) -> String {
    format!("[[property]]\nname = \"{name}\"\nnever = {never}\n")
}

/// Returns the verdict on a property by an engine, and the length of the shortest counterexample.
fn verdict(spec: &Spec, engine: Engine, name: &str) -> (Verdict, Option<usize>) {
    let checked = check(spec, engine, &Limits { symmetry: true, ..Limits::default() });
    let result = checked.results.iter().find(|result| result.property.name() == name).unwrap();
    assert!(matches!(result.property, Property::Own(_)));
    let trace = result.shown_by.and_then(|case| checked.combinations[case].trace(result.property));
    (result.verdict, trace.map(|trace| trace.path.actions.len()))
}

#[test]
fn every_engine_judges_the_properties_of_a_scenario_in_every_state() {
    // The move copies two messages to the destination, then deletes the source; the home stays the source.
    let rows = [
        ("{ has-mail = \"destination\" }", Verdict::Violated),
        ("{ has-mail = [\"source\", \"destination\"] }", Verdict::Violated),
        ("{ quiescent = true, has-mail = [\"source\", \"destination\"] }", Verdict::Holds),
        (
            "{ quiescent = true, has-mail = \"destination\", not = { some-replica-names = \"destination\" } }",
            Verdict::Violated,
        ),
        ("{ some-replica-names = \"destination\" }", Verdict::Holds),
        ("{ some-replica-names = \"destination\", has-mail = \"destination\" }", Verdict::Vacuous),
        ("{ holds = { at = \"destination\", message = \"m2\" }, not = { present = \"destination\" } }", Verdict::Holds),
        ("{ in-transit = \"destination\", running = true }", Verdict::Violated),
        (
            "{ any = [{ no-recipient = \"source\" }, { nothing-queued = true, in-transit = \"source\", quiescent = true }] }",
            Verdict::Holds,
        ),
        (
            "{ holds-all = { at = \"destination\", of = \"source\" }, present = \"source\", has-mail = \"source\" }",
            Verdict::Violated,
        ),
        ("{ not = { replicas-agree-on = \"source\" } }", Verdict::Holds),
        ("{ home-lacks-saved-mail = true, quiescent = true }", Verdict::Vacuous),
    ];
    for (never, expected) in rows {
        let spec = parsed(&with_properties(&property("mine", never)));
        let exact = verdict(&spec, Engine::Exact, "mine");
        assert_eq!(exact.0, expected, "{never}");
        assert_eq!(exact.1.is_some(), expected == Verdict::Violated, "{never}");
        for engine in [Engine::Stateright, Engine::Timely] {
            assert_eq!(verdict(&spec, engine, "mine"), exact, "{never} by {engine}");
        }
    }
}

#[test]
fn several_mailboxes_and_any_number_of_messages_give_the_same_verdicts() {
    for (never, expected) in [
        ("{ has-mail = [\"source\", \"destination\"] }", Verdict::Violated),
        ("{ quiescent = true, has-mail = [\"source\", \"destination\"] }", Verdict::Holds),
    ] {
        let text = with_properties(&property("mine", never));
        for (old, new) in [("mailboxes = 1", "mailboxes = 2"), ("messages = 2", "messages = \"any\"")] {
            let spec = parsed(&text.replace(old, new));
            for engine in Engine::ALL {
                assert_eq!(verdict(&spec, engine, "mine").0, expected, "{never} with {new} by {engine}");
            }
        }
    }
}

#[test]
fn a_condition_that_no_parts_can_meet_is_vacuous_in_the_coverage_too() {
    let text = with_properties(&property("mine", "{ no-recipient = \"source\", has-mail = \"source\" }"));
    let expecting = |verdict: &str| text.replace("[expect]", &format!("[expect]\nmine = \"{verdict}\""));
    let coverage = |text: &str| {
        let spec = parsed(text);
        let checked = check(&spec, Engine::Exact, &Limits::default());
        let result = checked.results.iter().find(|result| result.property == Property::Coverage).unwrap();
        (result.verdict, checked.coverage_failures().iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(coverage(&expecting("vacuous")), (Verdict::Holds, Vec::new()));
    assert_eq!(
        coverage(&expecting("holds")),
        (Verdict::Violated, vec!["mine: { no-recipient = \"source\" } never occurs".to_owned()])
    );
}

#[test]
fn the_properties_of_a_scenario_are_reported_expected_saved_and_replayed() {
    let here = tempfile::tempdir().unwrap();
    let text = with_properties(&property("both-full", "{ has-mail = [\"source\", \"destination\"] }"));
    fs::write(here.path().join("mine.toml"), &text).unwrap();
    let ran = stranded_in(here.path(), &["check", "mine.toml", "--traces", "traces"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("  both-full            violated      holds or vacuous"), "{}", ran.out);
    assert!(ran.out.contains("never: { has-mail = [\"source\", \"destination\"] }"), "{}", ran.out);
    let replayed = stranded_in(here.path(), &["replay", "traces/stranded.both-full.json"]);
    assert_eq!(replayed.code, 0, "{}", replayed.err);
    let expecting = text.replace("[expect]", "[expect]\nboth-full = \"violated\"");
    fs::write(here.path().join("mine.toml"), &expecting).unwrap();
    assert_eq!(stranded_in(here.path(), &["check", "mine.toml"]).code, 0);
    // A trace that does not end in such a state is refused.
    let saved = fs::read_to_string(here.path().join("traces/stranded.both-full.json")).unwrap();
    let mut cut: Value = serde_json::from_str(&saved).unwrap();
    cut["after"] = Value::Array(Vec::new());
    cut["steps"].as_array_mut().unwrap().pop();
    fs::write(here.path().join("cut.json"), cut.to_string()).unwrap();
    let refused = stranded_in(here.path(), &["replay", "cut.json"]);
    assert!(refused.code == 1 && refused.err.contains("the last state does not violate both-full"), "{}", refused.err);
}

#[test]
fn a_scenario_with_properties_is_written_and_read_again() {
    let conditions = [
        "{ has-mail = [\"source\", \"destination\"], quiescent = true }",
        "{ not = { any = [{ empty = \"source\" }, { holds = { at = \"source\", message = \"m1\" } }] } }",
        "{ holds-all = { at = \"source\", of = \"destination\" }, in-transit = \"source\", running = true }",
        "{ every-replica-names = \"source\", replicas-agree = true, nothing-queued = true, present = \"source\" }",
    ];
    let properties: String =
        conditions.iter().zip('a'..).map(|(never, name)| property(&format!("mine-{name}"), never)).collect();
    let spec = parsed(&with_properties(&properties));
    assert_eq!(spec.scenario.properties.len(), conditions.len());
    let again = parsed(&to_toml(&spec));
    assert_eq!(again.scenario.properties, spec.scenario.properties);
}

#[test]
fn an_error_in_a_property_is_shown_where_it_is() {
    let nested = format!("{}empty = \"source\"{}", "{ not = ".repeat(8) + "{ ", " }".repeat(9));
    let many: String = (0..8).map(|number| property(&format!("mine-{number}"), "{ running = true }")).collect();
    for (text, fragments) in [
        (property("no-loss", "{ running = true }"), ["`no-loss` is a built-in property", "another name"]),
        (property("Mine", "{ running = true }"), ["`name` is not a kebab-case name", "small letters"]),
        (property("mine", "{}"), ["the condition names no fact", "has-mail"]),
        (property("mine", "{ has-mails = \"source\" }"), ["unknown key", "did you mean `has-mail`?"]),
        (property("mine", "{ has-mail = \"sauce\" }"), ["unknown server `sauce`", "did you mean `source`?"]),
        (property("mine", "{ has-mail = [] }"), ["`has-mail` names no server", "a server, or several"]),
        (property("mine", "{ home-is = \"source\" }"), ["`home-is` is a condition of steps only", "replica"]),
        (
            property("mine", "{ stranded = true }"),
            ["`stranded` is no fact", "has-mail = \"destination\", every-replica-names = \"source\""],
        ),
        (
            property("mine", "{ lost = \"m1\" }"),
            ["`lost` is no fact of one state", "the property `no-loss` judges this"],
        ),
        (
            property("mine", "{ has-mail = \"source\", empty = \"source\" }"),
            ["the condition is true in no state", "two of its parts exclude each other"],
        ),
        (
            property("mine", "{ running = true, not = { running = true } }"),
            ["is true in no state", "exclude each other"],
        ),
        (property("mine", "{ running = false }"), ["`running` is false", "write `not = { running = true }`"]),
        (property("mine", "{ any = [] }"), ["`any` has no conditions", "array of tables"]),
        (property("mine", "{ holds = { at = \"source\", message = \"m3\" } }"), ["no message `m3`", "m1 to m2"]),
        (property("mine", "{ holds = { at = \"source\" } }"), ["lacks `message`", "such as \"m1\""]),
        (property("mine", &nested), ["nested too deeply", "at most 8"]),
        ("[[property]]\nname = \"mine\"\n".to_owned(), ["lacks `never`", "must never be true"]),
        (property("mine", "{ running = true }").repeat(2), ["two properties are called `mine`", "another name"]),
        (many, ["too many properties: there are 8", "at most 7"]),
    ] {
        let none = |_: &str| Err(std::io::Error::other("no file"));
        let refused = parse_scenario("test.toml", &with_properties(&text), &none).unwrap_err().render(false);
        assert_eq!(refused.matches("error: ").count(), 1, "{refused}");
        for fragment in fragments {
            assert!(refused.contains(fragment), "{fragment}: {refused}");
        }
    }
    let any = with_properties(&property("mine", "{ holds = { at = \"source\", message = \"m1\" } }"));
    let none = |_: &str| Err(std::io::Error::other("no file"));
    let refused = parse_scenario("test.toml", &any.replace("messages = 2", "messages = \"any\""), &none).unwrap_err();
    assert!(refused.render(false).contains("no message has a name here"));
}

#[test]
fn a_condition_is_found_by_the_shortest_trace_or_shown_to_be_false_everywhere() {
    let here = tempfile::tempdir().unwrap();
    let find = |condition: &str, more: &[&str]| {
        stranded_in(here.path(), &[&["check", "stranded", "--find", condition], more].concat())
    };
    let both = "has-mail = [\"source\", \"destination\"]";
    let found = find(both, &[]);
    assert_eq!(found.code, 0, "{}", found.err);
    assert!(found.out.starts_with("stranded: found after "), "{}", found.out);
    let none = find("some-replica-names = \"destination\"", &[]);
    assert_eq!(none.code, 1, "{}", none.out);
    assert!(none.out.starts_with("stranded: in no reachable state: some-replica-names"), "{}", none.out);
    let bound = find("quiescent = true", &["--max-states", "3"]);
    assert_eq!(bound.code, 3, "{}", bound.out);
    assert!(
        bound.out.starts_with("stranded: not found, and the search does not show that there is none"),
        "{}",
        bound.out
    );
    // A trace that is found before the bound is reached is the answer.
    assert_eq!(find("running = true", &["--max-states", "30"]).code, 0);
    let json = |ran: &crate::cli::Ran| serde_json::from_str::<Value>(&ran.out).unwrap();
    let report = find(both, &["--format", "json"]);
    let trace = json(&report)["trace"].clone();
    fs::write(here.path().join("found.json"), trace.to_string()).unwrap();
    assert_eq!(stranded_in(here.path(), &["replay", "found.json"]).code, 0);
    assert_eq!(json(&find("some-replica-names = \"destination\"", &["--format", "json"]))["found"], false);
    assert_eq!(json(&find("quiescent = true", &["--max-states", "3", "--format", "json"]))["found"], Value::Null);
    for (condition, more, fragment) in [
        ("has-mail = \"sauce\"", &[][..], "did you mean `source`?"),
        ("has-mail", &[], "not TOML"),
        ("", &[], "the condition names no fact"),
        ("has-mail = \"source\", has-mail = \"destination\"", &[], "`has-mail` stands twice"),
        (both, &["move"], "--find needs one scenario; the command line selects 2"),
        (both, &["--format", "tap"], "does not support --format tap"),
    ] {
        let refused = find(condition, more);
        assert!(refused.code == 2 && refused.err.contains(fragment), "{condition}: {}", refused.err);
    }
}
