//! Results in the formats of other programs. Snapshots pin each format; one test checks escaping, others the limits of the readers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pretty_assertions::assert_eq;
use stranded::formats::results::{
    BYTES_MAX, Case, CaseOutcome, Counterexample, GuiltyStep, Location, Note, ResultFormat, summary, written,
};

use crate::cli::stranded_in;
use crate::logs::Recorder;
use stranded_search::scenario::load_scenario;

const FORMATS: [ResultFormat; 4] =
    [ResultFormat::Junit, ResultFormat::Tap, ResultFormat::Markdown, ResultFormat::Github];

fn case(name: &str, outcome: CaseOutcome) -> Case {
    Case {
        suite: "scenario, one".to_owned(),
        name: name.to_owned(),
        verdict: "violated".to_owned(),
        outcome,
        time: Duration::from_millis(5),
        location: None,
        step: None,
        counterexample: None,
    }
}

fn failed(name: &str, says: &str, step: Option<GuiltyStep>) -> Case {
    let outcome = CaseOutcome::Failed { says: says.to_owned(), detail: String::new() };
    Case { step, ..case(name, outcome) }
}

fn at(file: &str, line: usize) -> Location {
    Location { file: file.to_owned(), line: Some(line) }
}

fn cases() -> Vec<Case> {
    let outcome = CaseOutcome::Failed {
        says: "100% lost: a|b\nnext\u{1b}[31m <tag>".to_owned(),
        detail: "first # line\n```\nlast \u{0}\u{7}".to_owned(),
    };
    vec![
        case("holds", CaseOutcome::Passed),
        Case { location: Some(at("a:b,c.toml", 7)), ..case("fails", outcome) },
        case("short", CaseOutcome::Inconclusive { why: "the time # was over".to_owned() }),
        case("broke", CaseOutcome::Error { says: "a defect".to_owned(), detail: String::new() }),
    ]
}

/// Returns a report without the times, which differ between runs.
fn timeless(text: &str) -> String {
    let mut parts = text.split(" time=\"");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + " time=\"…" + &part[part.find('"').unwrap()..])
}

#[test]
fn every_format_escapes_its_special_characters() {
    for format in FORMATS {
        let text = written(&cases(), &[], format);
        let is_clean = text.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
        assert!(is_clean, "{}: {text:?}", format.name());
        insta::assert_snapshot!(format!("formats-{}", format.name()), text);
    }
}

fn annotations(cases: &[Case]) -> (Vec<String>, String) {
    let text = written(cases, &[], ResultFormat::Github);
    let (annotations, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("::"));
    (annotations.into_iter().map(ToOwned::to_owned).collect(), rest.concat())
}

#[test]
fn github_gets_one_annotation_for_each_cause_and_a_notice_at_its_step() {
    let step = |line| GuiltyStep {
        cause: format!("mover:{line}"),
        says: "deletes".to_owned(),
        location: Some(at("mover.toml", line)),
    };
    let cases = [
        Case { location: Some(at("a.toml", 3)), ..failed("one", "is violated", Some(step(9))) },
        failed("two", "is violated too", Some(step(9))),
        failed("three", "is violated elsewhere", Some(step(12))),
    ];
    let (annotations, _) = annotations(&cases);
    assert_eq!(annotations.len(), 4, "{annotations:#?}");
    assert!(
        annotations[0].starts_with("::error file=a.toml,line=3,title=scenario%2C one/one and 1 more::is violated;")
    );
    assert!(
        annotations[0].contains("(mover.toml:9): deletes; for the same cause: scenario, one/two"),
        "{}",
        annotations[0]
    );
    assert!(annotations[2].starts_with("::notice file=mover.toml,line=9,"), "{}", annotations[2]);
}

#[test]
fn github_gets_at_most_ten_annotations_and_the_number_of_the_others() {
    let step =
        |name: &str| GuiltyStep { cause: name.to_owned(), says: "acts".to_owned(), location: Some(at("m.toml", 1)) };
    for (count, errors, notices, rest) in
        [(9, 9, 1, ""), (10, 10, 0, ""), (13, 10, 0, "; 3 more causes have no annotation")]
    {
        let names: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
        let cases: Vec<Case> = names.iter().map(|name| failed(name, "is violated", Some(step(name)))).collect();
        let (annotations, text) = annotations(&cases);
        let of = |level: &str| annotations.iter().filter(|line| line.starts_with(level)).count();
        assert_eq!((of("::error"), of("::notice")), (errors, notices), "{count} causes");
        assert!(text.contains(rest), "{text}");
        assert_eq!(text.contains("have no annotation"), count > 10, "{text}");
    }
}

/// A note concerns all cases, and must not break a format or look like an annotation.
#[test]
fn every_format_has_the_notes_and_the_files_that_were_not_checked() {
    let why = "a procedure # that nothing runs".to_owned();
    let skipped = Case {
        location: Some(Location { file: "a,b.toml".to_owned(), line: None }),
        ..case("a,b.toml", CaseOutcome::Skipped { why })
    };
    let cases = [case("holds", CaseOutcome::Passed), skipped];
    let says = "Not tried: faults (`faults`: <a>\n::error::b).".to_owned();
    let notes = [Note { says, is_warning: false }, Note { says: "less is tried".to_owned(), is_warning: true }];
    for (format, parts) in [
        (
            ResultFormat::Junit,
            [
                "<property name=\"note\" value=\"Not tried: faults (`faults`: &lt;a&gt;",
                "<skipped message=\"a procedure # that nothing runs\"",
                "skipped=\"1\" failures=\"0\" errors=\"0\"",
            ],
        ),
        (
            ResultFormat::Tap,
            ["1..2\n", "\nok 2 - scenario, one/a,b.toml # SKIP a procedure \\# that nothing runs\n", "\n# Not tried: "],
        ),
        (
            ResultFormat::Markdown,
            [
                "0 inconclusive, 1 not checked\n",
                "| **not checked** | `scenario, one` |",
                "\n\nNot tried: faults (`faults`: &lt;a&gt;",
            ],
        ),
        (
            ResultFormat::Github,
            [
                "::warning file=a%2Cb.toml,title=not checked::a,b.toml is not checked: a procedure # that nothing runs\n",
                "\nNot tried: faults (`faults`: <a>\\u{a}::error::b).\n::warning title=less is checked::less is tried\nstranded: ",
                "0 inconclusive, 1 not checked\n",
            ],
        ),
    ] {
        let text = written(&cases, &notes, format);
        for part in parts {
            assert!(text.contains(part), "{}: {part:?} is not in\n{text}", format.name());
        }
        assert!(!text.contains("\n::error"), "{text}");
    }
}

#[test]
fn a_summary_keeps_within_its_bytes_and_says_what_is_left_out() {
    let found = Counterexample { steps: "| step |\n".repeat(20_000), diagram: "sequenceDiagram\n".to_owned() };
    let long = |name: String| Case {
        counterexample: Some(Counterexample { steps: format!("{name}{}", found.steps), ..found.clone() }),
        ..failed(&name, "is violated", None)
    };
    let mut cases: Vec<Case> = (0..9).map(|number| long(format!("long-{number}"))).collect();
    let all = summary(&cases, &[], BYTES_MAX);
    assert!(
        all.len() <= BYTES_MAX && all.contains("Left out: 0 rows of the table, 4 counterexample or details."),
        "{}",
        &all[all.len() - 300..]
    );
    cases.extend((0..20_000).map(|number| case(&format!("passed-{number}"), CaseOutcome::Passed)));
    let most = summary(&cases, &[], BYTES_MAX);
    assert!(most.len() <= BYTES_MAX && most.contains("Left out: "), "{}", most.len());
    assert!((0..9).all(|number| most.contains(&format!("`long-{number}`"))), "a failed case has no row");
    assert_eq!(summary(&cases, &[], 100), "");
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
        insta::assert_snapshot!(format!("check-{}", format.name()), timeless(&wrong.out));
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
        insta::assert_snapshot!(format!("validate-{}", format.name()), timeless(&ran.out));
    }
}

#[test]
fn a_command_without_cases_says_that_it_has_none_before_it_works() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["list"][..],
        &["check", "move", "--assumptions"],
        &["advise", "no-such-file"],
        &["doctor", "--", "no-such-file"],
    ] {
        for format in FORMATS {
            let (options, command) = match arguments.iter().position(|part| *part == "--") {
                Some(end) => (&arguments[..end], &arguments[end..]),
                None => (arguments, &[][..]),
            };
            let report = format!("--report={}=report", format.name());
            let ran = stranded_in(folder.path(), &[options, &[&report], command].concat());
            assert_eq!(ran.code, 2);
            assert!(ran.err.contains(&format!("does not support --format {}", format.name())), "{}", ran.err);
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
}

/// Runs the program as a step of a job; returns its exit code, its standard output and the summary of the step.
fn in_a_job(folder: &Path, arguments: &[&str]) -> (i32, String, Option<String>) {
    let summary = folder.join("summary.md");
    let output = Command::new(env!("CARGO_BIN_EXE_stranded"))
        .args(arguments)
        .current_dir(folder)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), fs::read_to_string(summary).ok())
}

const RUNBOOK: &str = r#"name = "eager"

[[step]]
do = "delete-mailbox"
at = "from"

[[step]]
do = "report"
outcome = "ok"
"#;

const SCENARIO: &str = r#"name = "mine"

[site]
servers = ["a", "b"]
messages = 1

[environment]
delivery = "before"

[[run]]
administrator = "first"
procedure = "eager.toml"
from = "a"
to = "b"

[expect]
reachable = "holds"
no-loss = "holds"
"#;

#[test]
fn an_annotation_names_the_line_of_the_expectation_and_that_of_the_step_in_the_procedure() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("books")).unwrap();
    fs::write(folder.path().join("books/eager.toml"), RUNBOOK).unwrap();
    fs::write(folder.path().join("books/mine.toml"), SCENARIO).unwrap();
    let (code, out, summary) = in_a_job(folder.path(), &["check", "books/mine.toml", "--report", "github"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.starts_with("mine"), "the report for people is there, too: {out}");
    let errors: Vec<&str> = out.lines().filter(|line| line.starts_with("::error ")).collect();
    assert!(
        errors.iter().any(|line| line.starts_with("::error file=books/mine.toml,line=18,title=mine/no-loss")),
        "{out}"
    );
    assert!(out.lines().any(|line| line.starts_with("::notice file=books/eager.toml,line=3,")), "{out}");
    let summary = summary.expect("there is a summary");
    assert!(summary.contains("| **not as expected** | `mine` | `no-loss` | violated |"), "{summary}");
    assert!(summary.contains("```mermaid\nsequenceDiagram") && summary.contains("| step | who |"), "{summary}");
    let (_, _, again) = in_a_job(folder.path(), &["check", "books/mine.toml", "--format", "github"]);
    assert_eq!(again.unwrap(), summary.repeat(2), "a summary is appended to");
    let (code, out, _) = in_a_job(
        folder.path(),
        &["check", "books/eager.toml", "--from", "fresh", "--move", "a:b", "--report", "github"],
    );
    assert_eq!(code, 1, "{out}");
    assert!(out.lines().any(|line| line.starts_with("::notice file=books/eager.toml,line=3,")), "{out}");
}

#[test]
fn errors_of_the_input_are_annotations_at_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.toml"), SCENARIO.replace("messages = 1", "message = 1")).unwrap();
    fs::write(folder.path().join("eager.toml"), RUNBOOK).unwrap();
    fs::write(folder.path().join("log"), "{\"event\":\"reset\"}\n{\"event\":\"rest\"}\n").unwrap();
    for (arguments, start) in [
        (["check", "mine.toml", "--report", "github"], "::error file=mine.toml,line=5,title=stranded::"),
        (["check", "mine.toml", "--format", "github"], "::error file=mine.toml,line=5,title=stranded::"),
        (["check", "none.toml", "--format", "github"], "::error title=stranded::"),
    ] {
        let (code, out, summary) = in_a_job(folder.path(), &arguments);
        assert_eq!(code, 2, "{out}");
        assert!(out.starts_with(start), "{out}");
        assert!(summary.unwrap().contains("the input is invalid"), "{arguments:?}");
    }
    let (code, out, _) = in_a_job(folder.path(), &["validate", "move", "log", "--format", "github"]);
    assert!(code == 2 && out.starts_with("::error file=log,line=2,title=stranded::"), "{out}");
    let (code, out, _) = in_a_job(folder.path(), &["check", "mine.toml"]);
    assert_eq!((code, out.as_str()), (2, ""), "only who asks for annotations gets them");
}

#[test]
fn several_reports_are_written_beside_the_main_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let names = ["text", "json", "junit", "tap", "markdown", "github"];
    let reports: Vec<String> = names.iter().map(|name| format!("--report={name}=out.{name}")).collect();
    let arguments: Vec<&str> = ["check", "move"].into_iter().chain(reports.iter().map(String::as_str)).collect();
    let ran = stranded_in(path, &arguments);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for name in names {
        let alone = stranded_in(path, &["check", "move", "--format", name]).out;
        let found = fs::read_to_string(path.join(format!("out.{name}"))).unwrap();
        let strip = |text: &str| text.split(|letter: char| letter.is_ascii_digit()).collect::<String>();
        assert_eq!(strip(&found), strip(&alone), "{name}");
    }
    for (reports, says) in [
        (&["--report", "junit=none/x"][..], "cannot write to none/x"),
        (&["--report", "junit=x", "--report", "tap=x"], "two outputs cannot be one file: x"),
        (&["--report", "junit=x", "-o", "x"], "two outputs cannot be one file: x"),
        (&["--format", "json", "--report", "github"], "standard output cannot have several formats"),
        (&["--report", "junit"], "the file is missing: write junit=FILE"),
        (&["--report", "xml=x"], "`xml` is no format"),
    ] {
        let ran = stranded_in(path, &[&["check", "move"], reports].concat());
        assert!(ran.code == 2 && ran.err.contains(says), "{reports:?}: {}", ran.err);
    }
    assert!(!path.join("x").exists());
}

#[test]
fn the_names_of_cases_are_unique_over_all_built_in_scenarios() {
    let ran = stranded_in(Path::new("."), &["check", "article", "other-kb", "--format", "junit"]);
    let names: Vec<&str> =
        ran.out.split("<testcase name=\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
    let distinct: BTreeSet<&&str> = names.iter().collect();
    assert!(names.len() > 100 && distinct.len() == names.len(), "{} names, {} distinct", names.len(), distinct.len());
    assert!(names.contains(&"second-move.no-loss"), "{names:?}");
}

#[test]
fn a_file_with_cases_of_an_earlier_run_does_not_pass_for_a_run_without_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let scenario = stranded_in(folder.path(), &["show", "move"]).out;
    write("mine.toml", &scenario);
    let reports = ["--report", "junit=r.xml", "--report", "tap=r.tap", "--report", "markdown=r.md"];
    let check = || stranded_in(folder.path(), &[&["check", "mine.toml"][..], &reports].concat()).code;
    assert_eq!(check(), 0);
    assert!(read("r.xml").contains("failures=\"0\"") && !read("r.tap").contains("not ok"));
    write("mine.toml", &scenario.replace("delivery", "deliverry"));
    assert_eq!(check(), 2);
    assert!(read("r.xml").contains("errors=\"1\"") && read("r.xml").contains("deliverry"), "{}", read("r.xml"));
    assert!(read("r.tap").contains("1..1\nnot ok 1 - stranded/error 1\n"), "{}", read("r.tap"));
    assert!(read("r.md").contains("deliverry"), "{}", read("r.md"));
    // A destination that is refused is not touched.
    let before = read("mine.toml");
    let ran = stranded_in(folder.path(), &["check", "mine.toml", "--report", "junit=mine.toml"]);
    assert!(ran.code == 2 && ran.err.contains("an output cannot replace an input: mine.toml"), "{}", ran.err);
    assert_eq!(read("mine.toml"), before);
}

#[test]
fn a_folder_without_anything_to_check_is_an_inconclusive_case() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let check = |format: &str| stranded_in(folder.path(), &["check", "empty", "--format", format]);
    assert_eq!(check("tap").code, 3);
    assert!(check("tap").out.contains("1..1\nnot ok 1 - stranded/nothing to check in empty\n"), "{}", check("tap").out);
    assert!(check("junit").out.contains("tests=\"1\""), "{}", check("junit").out);
    assert!(check("github").out.starts_with("::error "), "{}", check("github").out);
}

#[test]
fn a_pass_that_is_more_than_a_property_that_holds_says_so() {
    let tap = stranded_in(Path::new("."), &["check", "second-move", "--format", "tap"]).out;
    assert!(tap.contains("ok 1 - second-move/no-loss\n# second-move/no-loss: violated, as expected\n"), "{tap}");
    let junit = stranded_in(Path::new("."), &["check", "second-move", "--format", "junit"]).out;
    assert!(junit.contains("<system-out>violated, as expected</system-out>"), "{junit}");
}
