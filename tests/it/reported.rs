//! The scenarios of the family `reported`: the page of public reports, and the mechanisms that each of them needs.

use std::collections::BTreeMap;

use pretty_assertions::assert_eq;
use stranded_search::check::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Family, Spec, builtin, load_scenario, parse_scenario};

const PAGE: &str = include_str!("../../specs/track-record.md");

fn reported() -> Vec<Spec> {
    let all = builtin::scenarios().iter().map(|builtin| load_scenario(builtin.name).unwrap());
    all.filter(|spec| spec.family == Family::Reported).collect()
}

/// The verdict and the length of the shortest counterexample of each property.
fn found(spec: &Spec) -> BTreeMap<String, (Verdict, Option<usize>)> {
    let checked = check(spec, Engine::Exact, &Limits::default());
    assert!(checked.is_complete(), "{}", spec.name);
    let length = |property: Property| {
        let Property::Safety(safety) = property else { return None };
        let paths = checked.combinations.iter().filter_map(|one| one.search.violations[safety as usize].as_ref());
        paths.map(|path| path.actions.len()).min()
    };
    checked.results.iter().map(|one| (one.property.name().to_owned(), (one.verdict, length(one.property)))).collect()
}

#[test]
fn every_reported_scenario_has_a_row_with_its_shortest_traces() {
    let all = reported();
    assert!(all.len() >= 17);
    for spec in &all {
        let row = PAGE.lines().find(|line| line.contains(&format!("| `{}` |", spec.name)));
        let row = row.unwrap_or_else(|| panic!("{} has no row", spec.name));
        assert!(row.contains(&format!("`stranded check {}`", spec.name)), "{row}");
        let found = found(spec);
        let mut named = 0;
        for (name, (verdict, length)) in &found {
            if let Some((_, rest)) = row.split_once(&format!("`{name}`: ")) {
                let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
                assert!(matches!(verdict, Verdict::Violated | Verdict::Depends), "{}: {name}", spec.name);
                assert_eq!(number.parse().ok(), *length, "{}: {name}", spec.name);
                named += 1;
            }
        }
        assert!(named > 0, "the row of {} names no violated property", spec.name);
    }
}

/// Removes the step with this label.
fn without_step(text: &str, label: &str) -> String {
    let start = text.find(&format!("[[procedure.step]]\nlabel = \"{label}\"")).expect("the step is there");
    let end = text[start + 1..].find("[[procedure.step]]").map_or(text.len(), |end| start + 1 + end);
    format!("{}{}", &text[..start], &text[end..])
}

/// Each mechanism, left out of a scenario, changes the verdict on a property.
#[test]
fn each_mechanism_left_out_flips_a_row() {
    let text = |name: &str| builtin::scenario(name).unwrap().text.to_owned();
    let replaced = |name: &str, from: &str, to: &str| {
        let text = text(name);
        assert!(text.contains(from), "{name} lacks {from}");
        text.replace(from, to)
    };
    let without_fault =
        |name: &str, fault: &str| replaced(name, &format!("faults = [\"{fault}\"]\nfaults-max = 1\n"), "");
    let journal = "memory = \"journal\"";
    let rows: Vec<(&str, String, &str, Verdict)> = vec![
        // Copies.
        (
            "imapsync-interrupted-run-again",
            replaced("imapsync-interrupted-run-again", "do = \"append-message\"", "do = \"copy-message\""),
            "no-duplicates",
            Verdict::Holds,
        ),
        // Program memory.
        (
            "isync-journal-outlives-mail",
            replaced("isync-journal-outlives-mail", journal, "memory = \"run\""),
            "no-loss",
            Verdict::Holds,
        ),
        (
            "offlineimap-truncated-map",
            replaced("offlineimap-truncated-map", journal, "memory = \"run\""),
            "reachable",
            Verdict::Holds,
        ),
        // Durability.
        (
            "isync-journal-outlives-mail",
            without_fault("isync-journal-outlives-mail", "journal-outlives-mail"),
            "no-loss",
            Verdict::Holds,
        ),
        // A store that looks empty.
        (
            "offlineimap-empty-source",
            without_fault("offlineimap-empty-source", "store-looks-empty"),
            "reachable",
            Verdict::Holds,
        ),
        // A journal that is lost, and a request that is late.
        ("mbsync-journal-lost", without_fault("mbsync-journal-lost", "journal-lost"), "no-duplicates", Verdict::Holds),
        (
            "guarded-move-late-request",
            without_fault("guarded-move-late-request", "request-late"),
            "no-loss",
            Verdict::Holds,
        ),
        // Deleting what the list lacks.
        (
            "isync-journal-outlives-mail",
            without_step(&text("isync-journal-outlives-mail"), "propagate-deletions"),
            "no-loss",
            Verdict::Holds,
        ),
    ];
    let none = |_: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, "no file"));
    for (name, text, property, wanted) in rows {
        let whole = found(&load_scenario(name).unwrap())[property].0;
        assert!(matches!(whole, Verdict::Violated | Verdict::Depends), "{name}: {property} is {whole:?}");
        let spec = parse_scenario("test.toml", &text, &none).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
        assert_eq!(found(&spec)[property].0, wanted, "{name} without the mechanism: {property}");
    }
}
