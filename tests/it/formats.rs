//! Results in the formats of other programs. Snapshots pin each format; one test checks escaping.

use std::fs;

use pretty_assertions::assert_eq;
use stranded::formats::results::{Case, CaseOutcome, ResultFormat, written};

use crate::cli::stranded_in;
use crate::logs::Recorder;
use stranded_search::scenario::load_scenario;

const FORMATS: [ResultFormat; 4] =
    [ResultFormat::Junit, ResultFormat::Tap, ResultFormat::Markdown, ResultFormat::Github];

fn cases() -> Vec<Case> {
    let case = |name: &str, outcome: CaseOutcome, file: Option<&str>, line: Option<usize>| Case {
        suite: "scenario, one".to_owned(),
        name: name.to_owned(),
        outcome,
        file: file.map(ToOwned::to_owned),
        line,
    };
    let failed = CaseOutcome::Failed {
        says: "100% lost: a|b\nnext\u{1b}[31m <tag>".to_owned(),
        detail: "first # line\n```\nlast \u{0}\u{7}".to_owned(),
    };
    vec![
        case("holds", CaseOutcome::Passed, None, None),
        case("fails", failed, Some("a:b,c.toml"), Some(7)),
        case("cut", CaseOutcome::Skipped { why: "the time # was over".to_owned() }, None, None),
        case("broke", CaseOutcome::Error { says: "a defect".to_owned(), detail: String::new() }, None, None),
    ]
}

#[test]
fn every_format_escapes_its_special_characters() {
    for format in FORMATS {
        let text = written(&cases(), format);
        let is_clean = text.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
        assert!(is_clean, "{}: {text:?}", format.name());
        insta::assert_snapshot!(format!("formats-{}", format.name()), text);
    }
}

#[test]
fn github_gets_one_annotation_for_each_case_that_is_not_as_expected() {
    let text = written(&cases(), ResultFormat::Github);
    let annotations: Vec<&str> = text.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(annotations.len(), 3, "{text}");
    assert!(annotations[0].starts_with("::error file=a%3Ab%2Cc.toml,line=7,title=scenario%2C one/fails::100%25 lost"));
}

#[test]
fn a_check_reports_its_verdicts_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let shown = stranded_in(folder.path(), &["show", "second-move"]).out;
    let wrong = shown.replace("no-loss = \"violated\"", "no-loss = \"holds\"");
    fs::write(folder.path().join("wrong.toml"), wrong).unwrap();
    for format in FORMATS {
        let right = stranded_in(folder.path(), &["check", "second-move", "--format", format.name()]);
        assert_eq!((right.code, right.err.as_str()), (0, ""));
        let wrong = stranded_in(folder.path(), &["check", "wrong.toml", "--format", format.name()]);
        assert_eq!(wrong.code, 1);
        insta::assert_snapshot!(format!("check-{}", format.name()), wrong.out);
        let truncated =
            stranded_in(folder.path(), &["check", "second-move", "--format", format.name(), "--timeout", "0s"]);
        assert_eq!(truncated.code, 3, "{}", truncated.out);
        assert!(truncated.out.contains("inconclusive"), "{}", truncated.out);
    }
}

#[test]
fn a_judged_log_reports_its_verdict_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let spec = load_scenario("second-move").unwrap();
    fs::write(folder.path().join("log.jsonl"), Recorder::new(&spec).delivers("m1").runs().runs().text()).unwrap();
    for format in FORMATS {
        let arguments = ["validate", "second-move", "log.jsonl", "--implements", "move", "--format", format.name()];
        let ran = stranded_in(folder.path(), &arguments);
        assert_eq!((ran.code, ran.err.as_str()), (1, ""));
        insta::assert_snapshot!(format!("validate-{}", format.name()), ran.out);
    }
}

#[test]
fn a_command_without_cases_says_that_it_has_none() {
    for arguments in [&["list"][..], &["check", "move", "--assumptions"]] {
        for format in FORMATS {
            let ran = stranded_in(std::path::Path::new("."), &[arguments, &["--format", format.name()]].concat());
            assert_eq!(ran.code, 2);
            assert!(ran.err.contains(&format!("does not support --format {}", format.name())), "{}", ran.err);
        }
    }
}
