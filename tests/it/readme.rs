//! The README: its examples and tables agree with the program.

use std::fs;
use std::path::Path;

use stranded_model::procedure::Outcome;
use stranded_search::scenario::{Argument, ArgumentKind, CONDITIONS, Presence, SERVER_REFS, STEPS, StepKind, builtin};

use crate::cli::stranded_in;

const README: &str = include_str!("../../README.md");
const RUNBOOKS: &str = include_str!("../../specs/runbooks.md");

/// Returns the content of the fenced block of this language that starts with these words.
pub(crate) fn block(language: &str, start: &str) -> String {
    blocks(language)
        .find_map(|block| block.strip_prefix(start).map(str::to_owned))
        .unwrap_or_else(|| panic!("the README has no {language} block that starts with {start}"))
}

fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let fence = format!("```{language}\n");
    let parts: Vec<&str> = README.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    parts.into_iter()
}

#[test]
fn the_worked_example_is_as_its_own_file_expects() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["my-scenario.toml", "bring-home.toml"] {
        fs::write(folder.path().join(name), block("toml", &format!("# {name}\n"))).unwrap();
    }
    let ran = stranded_in(folder.path(), &["check", "my-scenario.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
}

#[test]
fn every_command_of_the_readme_names_something_that_exists() {
    let commands = README.lines().filter_map(|line| line.trim().strip_prefix("stranded "));
    let mut found = 0;
    for command in commands {
        let words: Vec<&str> = command.split("  ").next().unwrap().split_whitespace().collect();
        let [verb @ ("check" | "show"), name, ..] = words[..] else { continue };
        if name.ends_with(".toml") || name.starts_with('-') {
            continue;
        }
        let is_family = ["article", "other-kb", "inferred"].contains(&name);
        let is_procedure = words.contains(&"--procedure") && builtin::procedure(name).is_some();
        assert!(is_family || is_procedure || builtin::scenario(name).is_some(), "{verb} {name}");
        found += 1;
    }
    assert!(found >= 4, "this test finds too few commands in the README");
}

/// The cell of a step's arguments: each key with the words that it accepts, and its default.
fn arguments(step: &StepKind) -> String {
    let cell = |argument: &Argument| {
        let quoted = |word: &str| format!("`\"{word}\"`");
        if argument.kind == ArgumentKind::Condition {
            return "a condition".to_owned();
        }
        let words = match argument.kind {
            ArgumentKind::Word(words) => words.to_vec(),
            ArgumentKind::Outcome => Outcome::ALL.map(Outcome::name).to_vec(),
            ArgumentKind::Server
            | ArgumentKind::ServerPair
            | ArgumentKind::ServerTable(_)
            | ArgumentKind::Flag
            | ArgumentKind::True
            | ArgumentKind::Text
            | ArgumentKind::Condition
            | ArgumentKind::HomeValue(_) => Vec::new(),
        };
        let key = format!("`{}`", argument.key);
        match argument.presence {
            Presence::Default(default) if !words.is_empty() => {
                let words =
                    words.iter().map(|word| if *word == default { quoted(word) + " (default)" } else { quoted(word) });
                format!("{key} = {}", words.collect::<Vec<_>>().join(" or "))
            }
            Presence::Default(default) if argument.kind == ArgumentKind::Server => {
                format!("{key} (default `{default}`)")
            }
            Presence::Default(_) => format!("{key} (default false)"),
            Presence::Optional => format!("{key} (optional)"),
            Presence::Required if !words.is_empty() => {
                format!("{key} = {}", words.into_iter().map(quoted).collect::<Vec<_>>().join(" or "))
            }
            Presence::Required => key,
        }
    };
    step.arguments.iter().map(cell).collect::<Vec<_>>().join(", ")
}

/// The two tables as the documents show them.
fn step_tables() -> String {
    let mut text = "| step | arguments | effect |\n|---|---|---|\n".to_owned();
    for step in &STEPS {
        text += &format!("| `{}` | {} | {} |\n", step.word, arguments(step), step.does);
    }
    text += "\n| condition | true if |\n|---|---|\n";
    for condition in &CONDITIONS {
        let value = match condition.kind {
            ArgumentKind::ServerPair => "[SERVER, SERVER]".to_owned(),
            ArgumentKind::ServerTable(keys) => {
                format!("{{ {} }}", keys.iter().map(|key| format!("{key} = SERVER")).collect::<Vec<_>>().join(", "))
            }
            ArgumentKind::True => "true".to_owned(),
            ArgumentKind::Server
            | ArgumentKind::Word(_)
            | ArgumentKind::Outcome
            | ArgumentKind::Flag
            | ArgumentKind::Text
            | ArgumentKind::Condition
            | ArgumentKind::HomeValue(_) => "SERVER".to_owned(),
        };
        text += &format!("| `{} = {value}` | {} |\n", condition.key, condition.says);
    }
    text
}

#[test]
fn the_readme_and_the_page_on_runbooks_show_the_tables_of_steps_and_conditions() {
    let wanted = step_tables();
    for (name, page) in [("README.md", README), ("specs/runbooks.md", RUNBOOKS)] {
        let (start, end) = ("<!-- steps: generated -->\n", "<!-- steps: end -->");
        let shown = page.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(shown, _)| shown);
        assert_eq!(shown, Some(wanted.as_str()), "{name} must show this between its markers:\n{wanted}");
        for (word, _) in SERVER_REFS {
            assert!(page.contains(&format!("`{word}`")), "{name} does not explain `{word}`");
        }
    }
}

#[test]
fn every_file_that_the_readme_links_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for link in README.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        let path = link.split('#').next().unwrap();
        assert!(path.starts_with("https://") || root.join(path).exists(), "{link}");
    }
}

#[test]
fn every_file_that_the_architecture_names_exists() {
    let page = include_str!("../../specs/architecture.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = page.split('`').skip(1).step_by(2);
    let paths: Vec<&str> =
        code.filter(|text| text.contains('/') && text.ends_with(".rs") && !text.contains(' ')).collect();
    assert!(paths.len() > 30, "{} paths", paths.len());
    let places = ["", "oracle/src/"];
    for path in paths {
        assert!(places.iter().any(|folder| root.join(folder).join(path).exists()), "{path}");
    }
}
