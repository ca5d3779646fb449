//! The README and the pages in `docs`: their commands print what they show, their generated parts are those of the program, and
//! their links lead to files. `STRANDED_UPDATE=1 cargo test --test it documents` writes the generated parts anew.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use stranded_model::assumption::Assumption;
use stranded_model::liveness::Liveness;
use stranded_model::procedure::Outcome;
use stranded_model::property::Safety;
use stranded_search::property::Property;
use stranded_search::scenario::{
    Argument, ArgumentKind, CONDITIONS, FACTS, FactForm, Presence, SERVER_REFS, STEPS, StepKind, builtin,
};
use trycmd::TestCases;

use crate::cli::stranded_in;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the README and every page of `docs`.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

fn text(page: &Path) -> String {
    fs::read_to_string(page).unwrap()
}

/// Returns the fenced blocks of a page in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Writes the files that a page shows into a folder: each TOML block that starts with the name of its file, and each text that `cat`
/// prints.
fn write_files(page: &str, folder: &Path) {
    for block in blocks(page, "toml") {
        let first = block.lines().next().and_then(|line| line.strip_prefix("# "));
        if let Some(name) = first.filter(|name| name.ends_with(".toml") && !name.contains(' ')) {
            fs::write(folder.join(name), block).unwrap();
        }
    }
    for command in blocks(page, "console").into_iter().flat_map(|block| block.split("$ ")) {
        if let Some((name, content)) = command.strip_prefix("cat ").and_then(|rest| rest.split_once('\n')) {
            fs::write(folder.join(name), content).unwrap();
        }
    }
}

/// Returns a page as trycmd reads it: blocks without a language are no terminal sessions, and an output ends with an empty line, which
/// stands for the end of its last line.
fn runnable(page: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut block = None;
    for line in page.lines() {
        let language = line.strip_prefix("```");
        let is_session = block == Some("console");
        let ends_output = is_session && (language.is_some() || line.starts_with("$ "));
        if ends_output && lines.last().is_some_and(|last| *last != "..." && !last.starts_with("```")) {
            lines.push("");
        }
        lines.push(if block.is_none() && line == "```" { "```text" } else { line });
        if let Some(language) = language {
            block = if block.is_some() { None } else { Some(language) };
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn every_command_of_the_documents_prints_what_they_show() {
    let folder = tempfile::tempdir().unwrap();
    let mut commands = 0;
    for (number, page) in pages().iter().enumerate() {
        let text = text(page);
        commands += blocks(&text, "console").iter().map(|block| block.matches("$ ").count()).sum::<usize>();
        let files = folder.path().join(format!("{number}.in"));
        fs::create_dir(&files).unwrap();
        write_files(&text, &files);
        symlink(root().join("specs"), files.join("specs")).unwrap();
        // A search takes a time of its own on each machine.
        fs::write(
            folder.path().join(format!("{number}.md")),
            runnable(&text).replace("engine, 0.00 s", "engine, [..] s"),
        )
        .unwrap();
    }
    assert!(commands >= 10, "{commands} commands");
    let cases = TestCases::new();
    cases.env("COLUMNS", "80").register_bin("stranded", Path::new(env!("CARGO_BIN_EXE_stranded")));
    cases.register_bin("cat", Path::new("/bin/cat"));
    cases.case(folder.path().join("*.md")).run();
}

#[test]
fn the_worked_example_is_as_its_own_file_expects() {
    let folder = tempfile::tempdir().unwrap();
    write_files(&text(&root().join("docs/reference/scenario.md")), folder.path());
    let ran = stranded_in(folder.path(), &["check", "my-scenario.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
}

#[test]
fn every_command_of_the_documents_names_something_that_exists() {
    let mut found = 0;
    for page in pages() {
        let text = text(&page);
        for command in text.lines().filter_map(|line| line.trim().trim_start_matches("$ ").strip_prefix("stranded ")) {
            let words: Vec<&str> = command.split("  ").next().unwrap().split_whitespace().collect();
            let [verb @ ("check" | "show" | "explore"), name, ..] = words[..] else { continue };
            let is_placeholder = name.ends_with(".toml") || name.contains(['-', '…', '/']) && !name.contains("move");
            if is_placeholder || name.chars().all(|letter| letter.is_uppercase() || letter == '…') {
                continue;
            }
            let is_family = ["article", "other-kb", "inferred"].contains(&name);
            let is_procedure = builtin::procedure(name).is_some();
            let exists = is_family || is_procedure || builtin::scenario(name).is_some();
            assert!(exists, "{}: {verb} {name}", page.display());
            found += 1;
        }
    }
    assert!(found >= 6, "this test finds too few commands");
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

/// The tables of steps and conditions.
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

/// The table of the facts that a condition on states can name.
fn facts() -> String {
    let mut text = "| fact | true if |\n|---|---|\n".to_owned();
    for fact in &FACTS {
        let value = match fact.form {
            FactForm::Servers(_) => "SERVER",
            FactForm::TwoServers(_) => "{ at = SERVER, of = SERVER }",
            FactForm::Message(_) => "{ at = SERVER, message = \"m1\" }",
            FactForm::True(_) => "true",
        };
        let _ = writeln!(text, "| `{} = {value}` | {} |", fact.key, fact.says);
    }
    text
}

/// The exit codes, as `--help` lists them.
fn exit_codes() -> String {
    let help = stranded_in(root(), &["--help"]).out;
    let listed = help.split_once("Exit codes:\n").unwrap().1;
    let mut text = "| exit code | meaning |\n|---|---|\n".to_owned();
    let mut rows: Vec<(String, String)> = Vec::new();
    for line in listed.lines() {
        match line.trim().split_once("  ") {
            Some((code, meaning)) => rows.push((code.to_owned(), meaning.to_owned())),
            None => {
                let (_, meaning) = rows.last_mut().unwrap();
                let _ = write!(meaning, " {}", line.trim());
            }
        }
    }
    assert_eq!(rows.len(), 6, "{rows:?}");
    for (code, meaning) in rows {
        let _ = writeln!(text, "| {code} | {meaning} |");
    }
    text
}

fn properties() -> String {
    let mut text = "| property | statement | kind |\n|---|---|---|\n".to_owned();
    for property in Property::all() {
        let kind = match property {
            Property::Safety(_) | Property::Own(_) => "safety",
            Property::Liveness(_) => "liveness",
            Property::Coverage => "coverage",
        };
        let _ = writeln!(text, "| `{}` | {} | {kind} |", property.name(), property.says());
    }
    assert!(text.lines().count() > Safety::ALL.len() + Liveness::ALL.len());
    text
}

fn assumptions() -> String {
    let mut text = "| assumption | question | answers |\n|---|---|---|\n".to_owned();
    for assumption in Assumption::ALL {
        let answers = assumption.values().iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "| `{}` | {} | {answers} |", assumption.name(), assumption.question());
    }
    text
}

/// Compares the generated part of a page.
#[track_caller]
fn check_generated(page: &str, part: &str, wanted: &str) {
    let path = root().join(page);
    let before = text(&path);
    let (start, end) = (format!("<!-- {part}: generated -->\n"), format!("<!-- {part}: end -->"));
    let (head, rest) = before.split_once(&start).unwrap_or_else(|| panic!("{page} has no part {part}"));
    let (_, tail) = rest.split_once(&end).unwrap();
    let after = format!("{head}{start}{wanted}{end}{tail}");
    if std::env::var_os("STRANDED_UPDATE").is_some() {
        fs::write(&path, &after).unwrap();
    }
    assert_eq!(text(&path), after, "update it: STRANDED_UPDATE=1 cargo test --test it documents");
}

#[test]
fn the_generated_parts_of_the_documents_are_those_of_the_program() {
    check_generated("README.md", "exit-codes", &exit_codes());
    check_generated("docs/reference/procedure.md", "steps", &step_tables());
    check_generated("docs/reference/scenario.md", "facts", &facts());
    check_generated("docs/reference/properties.md", "properties", &properties());
    check_generated("docs/reference/properties.md", "assumptions", &assumptions());
    let page = text(&root().join("docs/reference/procedure.md"));
    for (word, _) in SERVER_REFS {
        assert!(page.contains(&format!("`{word}`")), "docs/reference/procedure.md does not explain `{word}`");
    }
}

#[test]
fn every_file_that_the_documents_link_exists() {
    for page in pages() {
        let (folder, text) = (page.parent().unwrap(), text(&page));
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let path = link.split('#').next().unwrap();
            assert!(path.starts_with("https://") || folder.join(path).exists(), "{}: {link}", page.display());
        }
    }
}

#[test]
fn the_summary_of_the_book_has_every_page() {
    let summary = text(&root().join("docs/SUMMARY.md"));
    for page in pages().iter().filter_map(|page| page.strip_prefix(root().join("docs")).ok()) {
        let name = page.to_str().unwrap();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "docs/SUMMARY.md lacks {name}");
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
