//! `specs/traceability.md`: the code that cites each statement of the article, and the test of each statement. The test
//! collects the citations in the code and compares them with the file; `STRANDED_UPDATE=1 cargo test --test it
//! traceability` rewrites the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use stranded_model::action::ActionKind;
use stranded_model::assumption::Assumption;
use stranded_model::liveness::Liveness;
use stranded_model::property::Safety;
use stranded_search::scenario::{STEPS, builtin};

use crate::worlds::builtins;

/// The article.
const ARTICLE: &str = "Q252869";
/// The number of statements in the article.
const STATEMENTS: usize = 29;

/// Statements without a test of their own, each with the reason.
const UNTESTED: &[(usize, &str)] = &[
    (1, "It says to which versions the article applies. No rule that the article states differs between them."),
    (14, "It says how to start a program. The effect of an edit does not depend on the program."),
    (27, "It lists words for finding the article. A failed request is a fault that a scenario can have."),
    (29, "It leaves the choice of the method to the reader. Each method is a procedure and a scenario of its own."),
];

/// The citations of a source.
#[derive(Clone, Debug, Default)]
struct Citing {
    rules: BTreeSet<String>,
    procedures: BTreeSet<String>,
    scenarios: BTreeSet<String>,
}

/// Returns every cited source with its citations.
fn citations() -> BTreeMap<String, Citing> {
    let mut all: BTreeMap<String, Citing> = BTreeMap::new();
    for (word, sources) in steps() {
        sources.iter().for_each(|source| note_rule(&mut all, source, format!("step `{word}`")));
    }
    let mut rule = |what: &str, name: &str, sources: &[&str]| {
        sources.iter().for_each(|source| note_rule(&mut all, source, format!("{what} `{name}`")));
    };
    ActionKind::ALL.iter().for_each(|kind| rule("action", kind.name(), kind.sources()));
    Safety::ALL.iter().for_each(|property| rule("property", property.name(), property.sources()));
    Liveness::ALL.iter().for_each(|property| rule("property", property.name(), property.sources()));
    Assumption::ALL.iter().for_each(|assumption| rule("assumption", assumption.name(), assumption.sources()));
    for procedure in builtin::all_procedures().map(|builtin| builtin.decoded()) {
        for source in &procedure.source {
            let _new = all.entry(source.clone()).or_default().procedures.insert(format!("`{}`", procedure.name));
        }
    }
    for spec in builtins() {
        for source in &spec.source {
            let _new = all.entry(source.clone()).or_default().scenarios.insert(format!("`{}`", spec.name));
        }
    }
    all
}

fn note_rule(all: &mut BTreeMap<String, Citing>, source: &str, rule: String) {
    let _new = all.entry(source.to_owned()).or_default().rules.insert(rule);
}

fn steps() -> Vec<(&'static str, &'static [&'static str])> {
    STEPS.iter().map(|step| (step.word, step.sources)).collect()
}

/// Returns the tests that are named after each statement.
fn tests() -> BTreeMap<usize, Vec<String>> {
    let mut tests: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for line in include_str!("article.rs").lines() {
        let Some(name) = line.strip_prefix("fn s").and_then(|rest| rest.split('(').next()) else { continue };
        let Some((number, _)) = name.split_once('_') else { continue };
        if let Ok(number) = number.parse() {
            tests.entry(number).or_default().push(format!("`s{name}`"));
        }
    }
    tests
}

fn cell(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

fn rendered() -> String {
    let (citations, tests) = (citations(), tests());
    let mut text = "# Citations of each statement\n\n\
        Generated from the citations in the code by `STRANDED_UPDATE=1 cargo test --test it traceability`; a test compares it. \
        [article.md](article.md) has the statements.\n\n## The article, Q252869\n\n\
        | statement | steps, actions, properties, assumptions | procedures | scenarios | test in tests/it/article.rs |\n\
        |---|---|---|---|---|\n"
        .to_owned();
    for number in 1..=STATEMENTS {
        let citing = citations.get(&format!("{ARTICLE} S{number}")).cloned().unwrap_or_default();
        let reason = UNTESTED.iter().find(|(untested, _)| *untested == number).map(|(_, reason)| (*reason).to_owned());
        let tested = reason.unwrap_or_else(|| cell(tests.get(&number).into_iter().flatten()));
        let [rules, procedures, scenarios] = [citing.rules, citing.procedures, citing.scenarios].map(cell);
        let _ = writeln!(text, "| S{number} | {rules} | {procedures} | {scenarios} | {tested} |");
    }
    text += "\n## Other sources\n\nA rule, procedure or scenario that cites `inferred` follows from the model alone.\n\n\
        | source | steps, actions, properties, assumptions | procedures | scenarios |\n|---|---|---|---|\n";
    for (source, citing) in citations.iter().filter(|(source, _)| !source.starts_with(ARTICLE)) {
        let [rules, procedures, scenarios] = [&citing.rules, &citing.procedures, &citing.scenarios].map(cell);
        let _ = writeln!(text, "| {source} | {rules} | {procedures} | {scenarios} |");
    }
    text
}

fn specs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(name)
}

#[test]
fn the_traceability_table_has_the_citations_of_the_code() {
    let (path, rendered) = (specs("traceability.md"), rendered());
    if std::env::var_os("STRANDED_UPDATE").is_some() {
        fs::write(&path, &rendered).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, rendered, "update it: STRANDED_UPDATE=1 cargo test --test it traceability");
}

#[test]
fn every_statement_has_a_test_or_a_reason_why_it_has_none() {
    let tests = tests();
    for number in 1..=STATEMENTS {
        let has_reason = UNTESTED.iter().any(|(untested, _)| *untested == number);
        assert_ne!(tests.contains_key(&number), has_reason, "S{number} must have either a test or a reason");
    }
    assert!(tests.keys().all(|number| (1..=STATEMENTS).contains(number)), "{tests:?}");
}

#[test]
fn every_citation_of_the_article_is_of_a_statement() {
    for (source, citing) in citations() {
        let Some(statement) = source.strip_prefix(ARTICLE) else { continue };
        let number = statement.strip_prefix(" S").and_then(|number| number.parse::<usize>().ok());
        assert!(number.is_some_and(|number| (1..=STATEMENTS).contains(&number)), "{source}: {citing:?}");
    }
}

#[test]
fn the_numbered_article_has_exactly_these_statements() {
    let article = fs::read_to_string(specs("article.md")).unwrap();
    let rows = article.lines().filter_map(|line| line.strip_prefix("| S")?.split(' ').next()?.parse().ok());
    assert_eq!(rows.collect::<Vec<usize>>(), (1..=STATEMENTS).collect::<Vec<usize>>());
}
