//! The `[expect]` tables of the scenario files, against what a check finds. `STRANDED_UPDATE=1 cargo test --test it expectations`
//! writes the tables anew, from checks of the scenarios without expectations; comments stay with the line below them.

use std::fs;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use stranded_search::property::Property;
use stranded_search::scenario::{Spec, load_scenario};

use crate::worlds::searched;

/// Returns the scenario files of `specs`: the built-in scenarios, and those that check a runbook.
fn files() -> Vec<PathBuf> {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let listed = |folder: &str| fs::read_dir(specs.join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let is_check = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("check-");
    let mut files: Vec<PathBuf> = listed("scenarios").chain(listed("runbooks").filter(is_check)).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

/// Returns the verdict on every property, without regard to the expected ones. Which liveness properties are checked depends on
/// `[expect]` alone.
fn verdicts(spec: &Spec) -> Vec<(&'static str, &'static str)> {
    let mut open = spec.clone();
    let is_liveness = |property: Property| match property {
        Property::Liveness(_) => true,
        Property::Safety(_) | Property::Coverage => false,
    };
    open.expect.retain(|(property, _)| is_liveness(*property));
    searched(&open).results.iter().map(|result| (result.property.name(), result.verdict.name())).collect()
}

/// Returns the text of a scenario with these verdicts as its `[expect]` table.
fn with_expectations(text: &str, verdicts: &[(&str, &str)]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let header = lines.iter().position(|line| line.trim() == "[expect]");
    let body = header.map_or(lines.len(), |header| header + 1);
    let is_header = |line: &&str| line.trim_start().starts_with('[');
    let end = lines[body..].iter().position(is_header).map_or(lines.len(), |next| body + next);
    let last = (body..end).rev().find(|index| key(lines[*index]).is_some()).map_or(body, |index| index + 1);

    let mut written: Vec<String> = lines[..body].iter().map(ToString::to_string).collect();
    if header.is_none() {
        written.extend(["".to_owned(), "[expect]".to_owned()]);
    }
    for (name, verdict) in verdicts {
        let old = (body..last).find(|index| key(lines[*index]) == Some(name));
        if let Some(old) = old {
            let above = (body..old).rev().take_while(|index| lines[*index].starts_with('#')).count();
            written.extend(lines[old - above..old].iter().map(ToString::to_string));
        }
        let comment = old.and_then(|old| lines[old].split_once('#')).map(|(_, comment)| format!("  #{comment}"));
        written.push(format!("{name} = \"{verdict}\"{}", comment.unwrap_or_default()));
    }
    written.extend(lines[last..].iter().map(ToString::to_string));
    written.join("\n") + "\n"
}

/// Returns the key of a line of the table.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    (!key.trim_start().starts_with('#')).then(|| key.trim())
}

#[test]
fn every_scenario_file_states_every_verdict_that_it_relies_on() {
    let is_update = std::env::var_os("STRANDED_UPDATE").is_some();
    for file in files() {
        let spec = load_scenario(file.to_str().unwrap()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        let verdicts = verdicts(&spec);
        if is_update {
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, with_expectations(&text, &verdicts)).unwrap();
            continue;
        }
        let stated: Vec<(&str, &str)> =
            spec.expect.iter().map(|(property, verdict)| (property.name(), verdict.name())).collect();
        assert_eq!(stated, verdicts, "{}: STRANDED_UPDATE=1 writes the table", spec.name);
    }
}

#[test]
fn a_table_that_is_written_anew_keeps_its_comments() {
    let old = "name = \"x\"\n\n# Mail is lost. [Q252869]\n[expect]\n# An edit.\nno-loss = \"holds\" # why\ngone = \"holds\"\n\n\
               [[run]]\nfrom = \"a\"\n";
    let verdicts = [("no-loss", "violated"), ("coverage", "holds")];
    let new = "name = \"x\"\n\n# Mail is lost. [Q252869]\n[expect]\n# An edit.\nno-loss = \"violated\"  # why\n\
               coverage = \"holds\"\n\n[[run]]\nfrom = \"a\"\n";
    assert_eq!(with_expectations(old, &verdicts), new);
    assert_eq!(with_expectations(new, &verdicts), new, "the second time changes nothing");
    let without = with_expectations("name = \"x\"\n", &verdicts[..1]);
    assert_eq!(without, "name = \"x\"\n\n[expect]\nno-loss = \"violated\"\n");
}
