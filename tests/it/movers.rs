//! The movers that people run: the page with their table, and their sources.

use pretty_assertions::assert_eq;
use stranded::report::movers::{markdown, movers};
use stranded_search::check::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{builtin, load_scenario, parse_scenario};

use crate::cli::on_a_terminal;
use crate::process::run;

/// The page, up to its table.
const MARKER: &str = "<!-- table -->\n";

#[test]
fn the_page_of_movers_has_the_table_that_the_program_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/movers.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (introduction, _) = page.split_once(MARKER).expect("the page has a place for the table");
    let wanted = format!("{introduction}{MARKER}\n{}", markdown(&movers()));
    if std::env::var_os("STRANDED_UPDATE").is_some() {
        std::fs::write(path, &wanted).unwrap();
        return;
    }
    assert_eq!(page, wanted, "to rewrite it: STRANDED_UPDATE=1 cargo test --test it movers");
}

#[test]
fn every_mover_is_listed_with_its_sources() {
    let text = on_a_terminal(&["list", "movers"]);
    let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for mover in movers() {
        assert!(!mover.source.is_empty(), "{}", mover.name);
        assert!(flowing.contains(&format!("{}: {}", mover.name, mover.source.join(", "))), "{}", mover.name);
    }
    assert!(flowing.contains("A number counts the steps of the shortest trace in which mail is lost"), "{text}");
    assert!(text.lines().filter(|line| !line.contains("://")).all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_pipe_gets_one_line_for_each_verdict_on_a_mover() {
    let text = run(std::path::Path::new("."), &["list", "movers"]).out;
    let wanted: Vec<String> =
        movers().iter().flat_map(|mover| vec![mover.name.clone(); mover.outcomes.len().max(1)]).collect();
    let (heading, lines) = text.split_once('\n').unwrap();
    assert!(
        heading.starts_with("mover ") && heading.contains("loses(steps)") && heading.ends_with("sources"),
        "{heading}"
    );
    let names: Vec<&str> = lines.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(names, wanted);
}

#[test]
fn every_tool_is_judged_with_the_directory_step_first_last_and_never_once_and_again() {
    let tools: Vec<_> = movers().into_iter().filter(|mover| !mover.outcomes.is_empty()).collect();
    assert_eq!(tools.len(), 13);
    for mover in tools {
        let steps: Vec<(&str, &str)> = mover.outcomes.iter().map(|one| (one.directory_step, one.run)).collect();
        let wanted: &[(&str, &str)] = if mover.name == "cyrus-xfer" {
            &[("own", "once"), ("own", "again")]
        } else {
            &[
                ("first", "once"),
                ("last", "once"),
                ("never", "once"),
                ("first", "again"),
                ("last", "again"),
                ("never", "again"),
            ]
        };
        assert_eq!(steps, wanted, "{}", mover.name);
    }
}

/// With any number of messages and no faults, every mover gets an answer for every safety property.
#[test]
fn every_mover_without_faults_is_judged_for_any_number_of_messages() {
    let none = |_: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, "no file"));
    for mover in movers().into_iter().filter(|mover| !mover.outcomes.is_empty()) {
        let text = builtin::scenario(&mover.name).unwrap().text.replace("messages = 2", "messages = \"any\"");
        let spec = parse_scenario("test.toml", &text, &none).unwrap();
        let found = check(&spec, Engine::Exact, &Limits::default());
        let few = load_scenario(&mover.name).unwrap();
        let with_few = check(&few, Engine::Exact, &Limits::default());
        for (any, two) in found.results.iter().zip(&with_few.results) {
            if matches!(any.property, Property::Safety(_)) {
                assert_ne!(any.verdict, Verdict::Inconclusive, "{}: {}", mover.name, any.property.name());
                assert_eq!(any.verdict, two.verdict, "{}: {}", mover.name, any.property.name());
            }
        }
    }
}
