//! House rules that a compiler does not know.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file of the program.
const LINES_MAX: usize = 400;
/// The words of the project. In its third column, a word in code type is refused everywhere; any other is refused for that meaning
/// only, which a reader must judge.
const GLOSSARY: &str = include_str!("../../specs/glossary.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder with its text, files that are not text left out.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if ["target", ".git"].contains(&name.as_str()) {
            continue;
        }
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push((path.strip_prefix(root()).unwrap_or(&path).to_owned(), text));
        }
    }
    found.sort();
    found
}

/// The files of the program: those of the model and those around it.
fn program() -> Vec<(PathBuf, String)> {
    ["src", "model/src", "search/src", "oracle/src", "testbed/src"]
        .map(|folder| root().join(folder))
        .iter()
        .flat_map(|folder| files(folder))
        .collect()
}

fn rust() -> Vec<(PathBuf, String)> {
    files(root()).into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "rs")).collect()
}

#[test]
fn every_file_starts_by_saying_its_job() {
    for (path, text) in rust() {
        assert!(text.starts_with("//! "), "{}", path.display());
    }
}

/// True if a line imports from the crate; modules of ours have the same name.
fn names_crate(text: &str, path: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start().starts_with(&format!("use {path}")) || line.starts_with(&format!("pub use {path}"))
    })
}

#[test]
fn only_one_file_names_the_crate_stateright() {
    let path = format!("{}::", "stateright");
    let naming: Vec<PathBuf> =
        rust().into_iter().filter(|(_, text)| names_crate(text, &path)).map(|(path, _)| path).collect();
    assert_eq!(naming, [Path::new("model/src/stateright.rs")]);
}

#[test]
fn no_file_of_the_program_is_long() {
    for (path, text) in program() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines: look for the second thing in it", path.display());
    }
}

#[test]
fn nothing_is_left_for_later() {
    let words = [["#[ign", "ore"], ["to", "do!("], ["unimplem", "ented!("]].map(|parts| parts.concat());
    for (path, text) in [program(), files(&root().join("tests"))].concat() {
        for word in &words {
            assert!(!text.contains(word), "`{word}` in {}", path.display());
        }
    }
}

#[test]
fn no_file_names_the_place_where_it_was_written() {
    let words = [["sha", "red/"], ["crates", ".io"], ["npm", "js.com"], ["pypi", ".org"], ["/wo", "rk/"]]
        .map(|parts| parts.concat());
    for (path, text) in files(root()) {
        if path != Path::new("Cargo.lock") {
            for word in &words {
                assert!(!text.contains(word), "`{word}` in {}", path.display());
            }
        }
    }
}

/// The rows of the glossary: word, meaning, words that are not used for it.
fn glossary() -> Vec<[&'static str; 3]> {
    let rows = GLOSSARY.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |row: &'static str| -> [&'static str; 3] {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("a row of the glossary has three cells: {cells:?}"))
    };
    rows.map(cells).collect()
}

/// Words that leave the actor open.
const VAGUE: [&str; 3] = ["nobody", "somebody", "whoever"];

/// The words that the glossary refuses everywhere, and those that leave the actor open, as they stand between spaces.
fn refused_words() -> Vec<String> {
    let codes = glossary().into_iter().flat_map(|[_, _, refused]| refused.split('`').skip(1).step_by(2));
    codes.chain(VAGUE).map(|word| format!(" {} ", word.to_lowercase())).collect()
}

/// The words of a text in lowercase between single spaces; an identifier is taken apart at underscores and capital letters.
fn words(text: &str) -> String {
    let mut words = String::from(" ");
    let mut before = ' ';
    for letter in text.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
        before = letter;
    }
    words.push(' ');
    words
}

#[test]
fn no_file_uses_a_word_that_the_glossary_refuses() {
    let refused = refused_words();
    assert!(refused.len() > 20, "the glossary is not where this test looks");
    let mut found = Vec::new();
    for (path, text) in files(root()) {
        let name = path.to_string_lossy();
        let is_ours = [".rs", ".md", ".toml", ".js", ".mjs", ".html", ".css", ".py", ".sh", ".smt2", ".pml"];
        if name == "specs/glossary.md" || name == "tests/it/tidy.rs" || !is_ours.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let line = words(line);
            found.extend(
                refused
                    .iter()
                    .filter(|word| line.contains(word.as_str()))
                    .map(|word| format!("{name}:{}: `{}`", number + 1, word.trim())),
            );
        }
    }
    assert!(found.is_empty(), "{} words that specs/glossary.md refuses:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_glossary_defines_each_word_once() {
    let mut words: Vec<&str> = glossary().into_iter().flat_map(|[word, ..]| word.split(", ")).collect();
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), count);
    assert!(glossary().iter().all(|[word, meaning, _]| !word.is_empty() && !meaning.is_empty()));
}

/// Words that start a clause; a doc comment starts with a noun phrase or a verb.
const CLAUSE_WORDS: [&str; 8] = ["What", "Whether", "How", "Who", "Whoever", "Where", "Which", "Why"];

#[test]
fn no_doc_comment_starts_with_a_clause() {
    let mut found = Vec::new();
    for (path, text) in rust() {
        let mut is_first = true;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let comment = line.strip_prefix("/// ").or_else(|| line.strip_prefix("//! "));
            if let Some(comment) = comment.filter(|_| is_first)
                && CLAUSE_WORDS.contains(&comment.split(' ').next().unwrap())
            {
                found.push(format!("{}:{}: {comment}", path.display(), number + 1));
            }
            is_first = comment.is_none() && !line.starts_with("///") && !line.starts_with("//!");
        }
    }
    assert!(found.is_empty(), "{} doc comments start with a clause:\n{}", found.len(), found.join("\n"));
}
