//! The examples of the README match the program.

use std::fs;
use std::path::Path;

use stranded_search::scenario::{builtin, step_words};

use crate::cli::stranded_in;

const README: &str = include_str!("../../README.md");

/// Returns the fenced block of this language after its first words, which must be these.
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

#[test]
fn the_table_of_steps_has_every_step_in_its_order() {
    let rows: Vec<&str> = README.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let words: Vec<&str> = step_words().collect();
    let steps: Vec<&str> = rows.iter().copied().filter(|row| words.contains(row)).collect();
    assert_eq!(steps, words);
}

#[test]
fn every_file_that_the_readme_links_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for link in README.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        let path = link.split('#').next().unwrap();
        assert!(path.starts_with("https://") || root.join(path).exists(), "{link}");
    }
}
