//! `specs/scenarios.md` compared with the built-in scenarios.

use std::collections::BTreeSet;

use pretty_assertions::assert_eq;
use stranded_search::scenario::{builtin, load_scenario};

const PAGE: &str = include_str!("../../specs/scenarios.md");

/// Returns the names in code type in the columns of scenarios: those with the heading `scenario` or `without it`.
fn named() -> BTreeSet<&'static str> {
    let mut heading: Vec<&str> = Vec::new();
    let mut names = BTreeSet::new();
    for line in PAGE.lines() {
        if !line.starts_with('|') {
            heading.clear();
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if heading.is_empty() {
            heading = cells;
            continue;
        }
        let columns = heading.iter().zip(cells).filter(|(title, _)| ["scenario", "without it"].contains(title));
        names.extend(columns.flat_map(|(_, cell)| in_code(cell)));
    }
    names
}

/// Returns the texts between backquotes.
fn in_code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_scenario_of_the_page_exists() {
    let built_in: BTreeSet<&str> = builtin::scenarios().iter().map(|builtin| builtin.name).collect();
    let unknown: Vec<&str> = named().into_iter().filter(|name| !built_in.contains(name)).collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

#[test]
fn every_built_in_scenario_is_on_the_page() {
    let on_the_page: BTreeSet<&str> = in_code(PAGE).collect();
    let missing: Vec<&str> =
        builtin::scenarios().iter().map(|builtin| builtin.name).filter(|name| !on_the_page.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_row_of_the_families_has_an_answer() {
    let rows = [("A", 0..=4), ("B", 1..=10), ("C", 1..=13)];
    for row in rows.into_iter().flat_map(|(family, numbers)| numbers.map(move |number| format!("{family}{number}"))) {
        let line = PAGE.lines().find(|line| line.starts_with(&format!("| {row} |")));
        let line = line.unwrap_or_else(|| panic!("{row} has no row"));
        assert!(in_code(line).any(|name| load_scenario(name).is_ok()), "{row} names no scenario");
    }
}
