//! The `[expect]` tables of the scenario files, against what a check finds. `STRANDED_UPDATE=1 cargo test --test it expectations`
//! writes the tables anew, from checks of the scenarios without expectations; comments stay with the line below them.

use std::fs;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use stranded_model::property::Safety;
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Spec, load_scenario, with_expectations};

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
fn verdicts(spec: &Spec) -> Vec<(Property, Verdict)> {
    let mut open = spec.clone();
    let is_liveness = |property: Property| match property {
        Property::Liveness(_) => true,
        Property::Safety(_) | Property::Own(_) | Property::Coverage => false,
    };
    open.expect.retain(|(property, _)| is_liveness(*property));
    searched(&open).results.iter().map(|result| (result.property, result.verdict)).collect()
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
        assert_eq!(spec.expect, verdicts, "{}: STRANDED_UPDATE=1 writes the table", spec.name);
    }
}

#[test]
fn a_table_is_written_and_everything_else_stays() {
    let verdicts = [(Property::Safety(Safety::NoLoss), Verdict::Violated), (Property::Coverage, Verdict::Holds)];
    for (old, new) in [
        // Comments, other entries and spaces stay; a new entry follows the last one.
        (
            "# Mail is lost. [Q252869]\n[expect]\n# An edit.\nno-loss  =  \"holds\" # why\none-home = 'holds'\n\n# A run.\n[[run]]\n",
            "# Mail is lost. [Q252869]\n[expect]\n# An edit.\nno-loss  =  \"violated\" # why\none-home = 'holds'\n\
             coverage = \"holds\"\n\n# A run.\n[[run]]\n",
        ),
        // A right value stays as it is written.
        ("[expect]\r\nno-loss = 'violated'\r\n", "[expect]\r\nno-loss = 'violated'\r\ncoverage = \"holds\"\r\n"),
        ("[expect]\n\n[[run]]\n", "[expect]\nno-loss = \"violated\"\ncoverage = \"holds\"\n\n[[run]]\n"),
        ("expect = { no-loss = \"holds\" } # x\n", "expect = { no-loss = \"violated\", coverage = \"holds\" } # x\n"),
        ("expect = {}\n", "expect = { no-loss = \"violated\", coverage = \"holds\" }\n"),
        (
            "expect.no-loss = \"holds\" # x\nname = \"y\"\n",
            "expect.no-loss = \"violated\" # x\nexpect.coverage = \"holds\"\nname = \"y\"\n",
        ),
        ("[[run]]\nto = \"a\"", "[[run]]\nto = \"a\"\n\n[expect]\nno-loss = \"violated\"\ncoverage = \"holds\"\n"),
        ("a = 1\r\n", "a = 1\r\n\r\n[expect]\r\nno-loss = \"violated\"\r\ncoverage = \"holds\"\r\n"),
    ] {
        assert_eq!(with_expectations(old, &verdicts), new);
        assert_eq!(with_expectations(new, &verdicts), new, "the second time changes nothing");
    }
}
