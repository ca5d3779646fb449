//! The program's output, its destination and its exit codes. `snapshots` holds the output; `INSTA_UPDATE=always cargo
//! test --test it` rewrites it.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_search::property::Property;

/// The output and the exit code of a run of the program.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program in a folder.
pub(crate) fn stranded_in(folder: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_stranded"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'), "style codes reach a pipe: {arguments:?}");
    assert!(
        ran.code != 2 || ran.out.lines().all(|line| line.starts_with("::error ")),
        "the program printed a result for wrong input: {arguments:?}\n{}",
        ran.out
    );
    ran
}

fn stranded(arguments: &[&str]) -> Ran {
    stranded_in(Path::new("."), arguments)
}

/// Returns the output of the program on a terminal of 80 columns.
pub(crate) fn on_a_terminal(arguments: &[&str]) -> String {
    let command = format!("stty cols 80; exec {} {}", env!("CARGO_BIN_EXE_stranded"), arguments.join(" "));
    // A machine without terminals gets them in a name space of its own, which ends with the command.
    let has_terminals = Path::new("/dev/pts/ptmx").exists();
    let terminals = "mount --make-private /dev && mount -t devpts -o ptmxmode=666 devpts /dev/pts && exec \"$@\"";
    let apart = ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", terminals, "sh"];
    let script = ["script", "-qec", &command, "/dev/null"];
    let words = if has_terminals { script.to_vec() } else { [&apart[..], &script].concat() };
    let output = Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

/// Returns a new folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Returns the text without the seconds that a search took.
pub(crate) fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once(" engine, ") {
        Some((before, _)) => format!("{before} engine, …\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|reason| panic!("{reason}: {text}"))
}

/// Returns a report without the parts that change between runs or versions, and without most of its traces.
fn essential(mut report: Value) -> Value {
    report["model_hash"] = "…".into();
    for scenario in report["scenarios"].as_array_mut().unwrap() {
        scenario["seconds"] = "…".into();
        for property in scenario["properties"].as_array_mut().unwrap() {
            let trace = &mut property["trace"];
            if trace.is_null() {
                continue;
            }
            for bulk in ["model_hash", "scenario_toml", "initial"] {
                trace[bulk] = "…".into();
            }
            for steps in ["steps", "after"] {
                for step in trace[steps].as_array_mut().unwrap() {
                    step["state"] = "…".into();
                }
            }
        }
    }
    report
}

/// Returns the text of `second-move` with `move` instead of `move-of-the-article`.
fn second_move_done_right() -> String {
    let shown = stranded(&["show", "second-move"]);
    assert_eq!(shown.code, 0);
    shown.out.replace("\"move-of-the-article\"", "\"move\"")
}

fn verdict_lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("  ") && line.contains("holds")).collect()
}

#[test]
fn check_reports_the_article_as_text() {
    let ran = stranded(&["check", "article"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let widest = ran.out.lines().skip_while(|line| !line.starts_with('─')).filter(|line| line.starts_with([' ', '─']));
    assert!(widest.into_iter().all(|line| line.chars().count() <= 80 || line.starts_with("  assumptions")));
    assert!(ran.out.lines().all(|line| line.trim_end() == line), "a line ends in spaces");
}

#[test]
fn check_reports_the_second_move() {
    let ran = stranded(&["check", "second-move"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!("check-second-move", timeless(&ran.out));
    let flat = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let instead = "Instead: From step 9 to step 11: append what destination lacks, then set the home (append-repair from source to \
                   destination).";
    assert!(flat.contains(instead), "{flat}");
    assert!(flat.contains("(move-of-the-article), from source to destination: that destroys mail."), "{flat}");
    assert!(flat.contains("`stranded explore second-move` shows it in a browser."), "{flat}");
    let third = stranded(&["check", "move-to-third"]).out;
    assert!(!third.contains("POINT OF NO RETURN"), "nothing is destroyed: {third}");
}

/// The structure of a report: one line for each scenario, and one for each property with the actions of its counterexample.
fn structure(report: &Value) -> String {
    let mut text = String::new();
    for scenario in report["scenarios"].as_array().unwrap() {
        let of = |key: &str| &scenario[key];
        let _ = writeln!(
            text,
            "{}: {} states, depth {}, complete {}",
            of("name"),
            of("states"),
            of("depth"),
            of("complete")
        );
        for property in of("properties").as_array().unwrap() {
            let of = |key: &str| property[key].as_str().unwrap_or("null");
            let _ = writeln!(text, "  {}: {} (expected {})", of("name"), of("verdict"), of("expected"));
            for step in ["steps", "after"].iter().flat_map(|part| property["trace"][part].as_array()).flatten() {
                let _ = writeln!(text, "    {}", step["action"].as_str().unwrap());
            }
        }
    }
    text
}

#[test]
fn check_reports_the_structure_of_the_article_in_json() {
    let ran = stranded(&["check", "article", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!("check-article-structure", structure(&json(&ran.out)));
}

#[test]
fn check_reports_a_scenario_as_json() {
    let ran = stranded(&["check", "method-1-then-delete", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let report = essential(json(&ran.out));
    insta::assert_snapshot!("check-json", serde_json::to_string_pretty(&report).unwrap());
}

#[test]
fn a_report_in_json_has_the_documented_keys() {
    let report = json(&stranded(&["check", "second-move", "--format", "json"]).out);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let scenario = &report["scenarios"][0];
    for key in ["name", "family", "complete", "states", "depth", "seconds", "engine", "properties"] {
        assert!(!scenario[key].is_null(), "{key}: {:?}", keys(scenario));
    }
    let no_loss = &scenario["properties"][0];
    assert_eq!(no_loss["name"], "no-loss");
    for key in ["verdict", "expected", "as_expected", "assumptions", "trace"] {
        assert!(!no_loss[key].is_null(), "{key}: {:?}", keys(no_loss));
    }
    let trace = &no_loss["trace"];
    for key in ["scenario", "scenario_toml", "model_hash", "assumptions", "initial", "steps", "after"] {
        assert!(!trace[key].is_null(), "{key}: {:?}", keys(trace));
    }
    assert!(keys(trace).contains(&"loop".to_owned()));
    for key in ["actor", "action", "says", "state"] {
        assert!(!trace["steps"][0][key].is_null(), "{key}: {:?}", keys(&trace["steps"][0]));
    }
}

#[test]
fn a_property_that_the_scenario_does_not_name_has_no_expected_verdict() {
    let shown = stranded(&["show", "method-1"]).out;
    let (open, _) = shown.split_once("[expect]").unwrap();
    let folder = folder(&[("open.toml", open)]);
    let ran = stranded_in(folder.path(), &["check", "open.toml", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    for property in json(&ran.out)["scenarios"][0]["properties"].as_array().unwrap() {
        assert!(property["expected"].is_null() && property["as_expected"] == true, "{property}");
    }
    let ran = stranded_in(folder.path(), &["check", "open.toml"]);
    assert!(ran.out.contains("no-self-move         vacuous       holds or vacuous\n"), "{}", ran.out);
    fs::write(folder.path().join("open.toml"), format!("{open}[expect]\nno-self-move = \"holds\"\n")).unwrap();
    let ran = stranded_in(folder.path(), &["check", "open.toml", "--format", "tap"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("no-self-move is vacuous, expected holds"), "{}", ran.out);
}

#[test]
fn two_checks_print_the_same_bytes_apart_from_seconds() {
    let once = || {
        let out = stranded(&["check", "article", "--format", "json"]).out;
        out.lines().filter(|line| !line.contains("\"seconds\":")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(once(), once());
}

#[test]
fn built_ins_are_listed_as_text_and_as_json() {
    for kind in ["scenarios", "procedures", "properties", "assumptions", "mutants"] {
        let text = stranded(&["list", kind]);
        assert_eq!((text.code, text.err.as_str()), (0, ""), "{kind}");
        let listed = json(&stranded(&["list", kind, "--format", "json"]).out);
        for item in listed.as_array().unwrap() {
            let name = item["name"].as_str().unwrap();
            assert!(text.out.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name} of {kind}");
            assert!(!item["says"].as_str().unwrap().is_empty(), "{name} of {kind}");
        }
        assert_eq!(text.out.lines().count(), listed.as_array().unwrap().len(), "{kind} in a pipe");
        let shown = on_a_terminal(&["list", kind]);
        let fits = |line: &str| line.chars().count() <= 80 || line.contains("https://");
        assert!(shown.lines().all(fits), "{kind}:\n{shown}");
        assert!(shown.lines().count() > text.out.lines().count(), "{kind} is wrapped on a terminal:\n{shown}");
    }
    assert_eq!(stranded(&["list"]).out, stranded(&["list", "scenarios"]).out);
    let procedures = stranded(&["list", "procedures"]).out;
    assert!(procedures.contains("set both home attributes to the destination; 4 steps"), "{procedures}");
    assert!(procedures.contains("doveadm backup: a one-way mirror by message GUID; 8 steps"), "{procedures}");
    let is_about = |line: &str| line.split_whitespace().nth(1).is_some_and(|word| word.parse::<u8>().is_err());
    assert!(procedures.lines().all(is_about), "each procedure has words:\n{procedures}");
    insta::assert_snapshot!("list-assumptions", on_a_terminal(&["list", "assumptions"]));
    let properties = json(&stranded(&["list", "properties", "--format", "json"]).out);
    let names: Vec<&str> = properties.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let all: Vec<Property> = Property::all().collect();
    assert_eq!(names, all.iter().map(Property::name).collect::<Vec<_>>());
}

#[test]
fn show_prints_the_file_of_a_built_in() {
    let ran = stranded(&["show", "second-move"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, include_str!("../../specs/scenarios/second-move.toml"));
    let ran = stranded(&["show", "method-1", "--procedure"]);
    assert_eq!(ran.out, include_str!("../../specs/procedures/method-1.toml"));
    let ran = stranded(&["show", "move-of-the-article"]);
    assert!(ran.code == 2 && ran.err.contains("stranded show --procedure move-of-the-article"), "{}", ran.err);
    let ran = stranded(&["show", "one-home"]);
    assert!(ran.code == 2 && ran.err.contains("one-home is a property, not a scenario: when quiescent"), "{}", ran.err);
    let ran = stranded(&["show", "second-move", "--procedure"]);
    assert!(ran.code == 2 && ran.err.contains("print it with: stranded show second-move"), "{}", ran.err);
}

#[test]
fn an_unknown_name_is_reported_with_the_nearest_one() {
    for arguments in [["check", "second-mov"], ["show", "second-mov"], ["check", "artikle"]] {
        let ran = stranded(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        let nearest = if arguments[1] == "artikle" { "article" } else { "second-move" };
        assert!(ran.err.contains(&format!("did you mean `{nearest}`?")), "{}", ran.err);
        assert!(ran.err.contains("`stranded list`") && ran.err.lines().count() < 6, "no list of names: {}", ran.err);
    }
}

#[test]
fn a_wrong_command_line_is_reported_with_the_usage() {
    for arguments in [&["chek"][..], &["check", "--engine", "none"], &["check", "--timeout", "soon"], &["list", "cats"]]
    {
        let ran = stranded(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains("--help"), "{}", ran.err);
    }
}

#[test]
fn the_correct_move_instead_of_the_articles_loses_nothing() {
    let copy = second_move_done_right();
    let (sound, _) = copy.split_once("# The second run deletes").unwrap();
    let folder = folder(&[("copy.toml", &copy), ("sound.toml", sound)]);
    let ran = stranded_in(folder.path(), &["check", "copy.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let no_loss = ran.out.lines().find(|line| line.trim_start().starts_with("no-loss")).unwrap();
    assert_eq!(no_loss.split_whitespace().collect::<Vec<_>>(), ["no-loss", "holds", "violated"]);
    assert!(ran.out.contains("not as expected") && ran.out.contains("second-move/no-loss"), "{}", ran.out);

    let ran = stranded_in(folder.path(), &["check", "sound.toml"]);
    assert_eq!(ran.code, 1, "the handler of the duplicate never runs:\n{}", ran.out);
    let never = sound.replace(
        "[site]",
        "never = [\"move/create:duplicate\", \"move/duplicate\", \"move/report-duplicate\"]\n[site]",
    );
    fs::write(folder.path().join("sound.toml"), never).unwrap();
    let ran = stranded_in(folder.path(), &["check", "sound.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
}

#[test]
fn a_truncated_search_is_inconclusive_and_reports_no_property_as_holding() {
    for limit in [["--max-states", "3"], ["--max-depth", "2"], ["--timeout", "0s"]] {
        for engine in ["exact", "stateright"] {
            for scenario in ["second-move", "move", "method-1"] {
                let ran = stranded(&["check", scenario, limit[0], limit[1], "--engine", engine]);
                assert_eq!(ran.code, 3, "{scenario} {limit:?} {engine}\n{}", ran.out);
                let holds = verdict_lines(&ran.out);
                let reports = |line: &&str| line.split_whitespace().nth(1) == Some("holds");
                assert!(!holds.iter().any(reports), "{scenario} {limit:?} {engine}\n{}", ran.out);
                assert!(ran.out.contains("the search is incomplete: "), "{}", ran.out);
                assert!(ran.out.contains("inconclusive, the search is incomplete"), "{}", ran.out);
                assert!(
                    !ran.out.contains("no verdict depends on them"),
                    "a truncated search cannot know this:\n{}",
                    ran.out
                );
            }
        }
        let report = json(&stranded(&["check", "move", limit[0], limit[1], "--format", "json"]).out);
        assert_eq!(report["scenarios"][0]["complete"], false);
        assert!(!report.to_string().contains("\"verdict\":\"holds\""));
    }
}

#[test]
fn a_violation_is_reported_even_if_the_search_was_truncated_after_it() {
    let ran = stranded(&["check", "second-move", "--max-depth", "12"]);
    assert_eq!(ran.code, 3);
    assert!(ran.out.contains("DESTROYED: m1"), "{}", ran.out);
    let folder =
        folder(&[("unexpected.toml", &stranded(&["show", "second-move"]).out.replace("no-loss = \"violated\"", ""))]);
    let ran = stranded_in(folder.path(), &["check", "unexpected.toml", "--max-depth", "12"]);
    assert_eq!(ran.code, 1, "an unexpected violation outranks the truncation");
}

#[test]
fn saved_traces_replay() {
    let folder = folder(&[]);
    let ran = stranded_in(folder.path(), &["check", "article", "--traces", "traces"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let mut files: Vec<_> =
        fs::read_dir(folder.path().join("traces")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 8, "three of stranded and five of second-move: {files:?}");
    for file in &files {
        let ran = stranded_in(folder.path(), &["replay", file.to_str().unwrap()]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", file.display());
        let again = stranded_in(folder.path(), &["replay", file.to_str().unwrap(), "--format", "json"]);
        assert_eq!(json(&again.out), json(&fs::read_to_string(file).unwrap()));
    }
    let ran = stranded_in(folder.path(), &["replay", "traces/second-move.no-loss.json"]);
    insta::assert_snapshot!("replay-second-move-no-loss", ran.out);
}

#[test]
fn a_trace_of_a_report_replays() {
    let folder = folder(&[]);
    let ran = stranded_in(folder.path(), &["check", "article", "--format", "json", "-o", "report.json"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    let ran = stranded_in(folder.path(), &["replay", "report.json#second-move/no-loss"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("second-move: no-loss, 12 steps"), "{}", ran.out);
    let ran = stranded_in(folder.path(), &["replay", "report.json#move/no-loss"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("has no trace move/no-loss; it has stranded/no-false-success"), "{}", ran.err);
}

#[test]
fn an_incorrect_trace_is_refused() {
    let folder = folder(&[]);
    stranded_in(folder.path(), &["check", "second-move", "--traces", "."]);
    let sound = fs::read_to_string(folder.path().join("second-move.no-loss.json")).unwrap();
    let replay = |text: &str| {
        fs::write(folder.path().join("trace.json"), text).unwrap();
        stranded_in(folder.path(), &["replay", "trace.json"])
    };
    let hash = json(&sound)["model_hash"].as_str().unwrap().to_owned();
    let stale = replay(&sound.replace(&hash, "0123456789abcdef"));
    assert_eq!(stale.code, 0);
    assert!(stale.err.starts_with("warning: the trace is from another version of the model"), "{}", stale.err);

    let wrong_action = replay(&sound.replacen("act mailbox-1 first create", "act mailbox-1 first crate", 1));
    assert_eq!((wrong_action.code, wrong_action.out.as_str()), (1, ""));
    assert!(wrong_action.err.contains("step 3: there is no action"), "{}", wrong_action.err);
    let wrong_state = replay(&sound.replacen("\"self-move\": true", "\"self-move\": false", 1));
    assert_eq!((wrong_state.code, wrong_state.out.as_str()), (1, ""));
    assert!(wrong_state.err.contains("leads to another state"), "{}", wrong_state.err);
    let wrong_answer = replay(&sound.replacen("keeps-source", "keeps-sauce", 1));
    assert_eq!(wrong_answer.code, 2);
    assert!(wrong_answer.err.contains("keeps-sauce is not an answer to duplicate-abort"), "{}", wrong_answer.err);
    let wrong_scenario = replay(&sound.replacen("procedure = \\\"move-of", "procedure = \\\"moof-of", 1));
    assert_eq!(wrong_scenario.code, 2, "{}", wrong_scenario.err);
    let wrong_name = replay(&sound.replacen("\"scenario\": \"second-move\"", "\"scenario\": \"third-move\"", 1));
    assert_eq!(wrong_name.code, 2);
    assert!(wrong_name.err.contains("`scenario` is `third-move`"), "{}", wrong_name.err);
    let wrong_property = replay(&sound.replacen("\"property\": \"no-loss\"", "\"property\": \"no-losses\"", 1));
    assert_eq!(wrong_property.code, 2);
    assert!(wrong_property.err.contains("there is no property `no-losses`"), "{}", wrong_property.err);
    let truncated = replay(&sound[..sound.len() / 2]);
    assert_eq!(truncated.code, 2);
    assert!(truncated.err.contains("trace.json: this is not a trace"), "{}", truncated.err);
    let absent = stranded_in(folder.path(), &["replay", "absent.json"]);
    assert_eq!(absent.code, 2);
    assert!(absent.err.contains("cannot read absent.json"), "{}", absent.err);
}

#[test]
fn a_file_with_two_errors_reports_both() {
    let wrong = stranded(&["show", "second-move"])
        .out
        .replace("messages = 2", "mesages = 2")
        .replace("\"before\"", "\"befor\"");
    let folder = folder(&[("wrong.toml", &wrong)]);
    let ran = stranded_in(folder.path(), &["check", "wrong.toml", "move"]);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!("two-errors", ran.err);
}

#[test]
fn a_reader_that_closes_the_pipe_causes_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stranded"))
        .args(["check", "article", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_result_that_cannot_be_written_is_an_error_and_leaves_nothing_behind() {
    let folder = folder(&[]);
    for arguments in
        [&["check", "move", "-o", "none/x"][..], &["list", "-o", "none/x"], &["show", "move", "-o", "none/x"]]
    {
        let ran = stranded_in(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains("cannot write to none/x"), "{}", ran.err);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_receives_the_same_result_as_a_pipe() {
    let folder = folder(&[]);
    let ran = stranded_in(folder.path(), &["check", "second-move", "--output", "report.txt"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let written = fs::read_to_string(folder.path().join("report.txt")).unwrap();
    assert_eq!(timeless(&written), timeless(&stranded(&["check", "second-move"]).out));
}

#[test]
fn a_procedure_is_checked_from_the_quiescent_states_of_a_scenario() {
    let mine = "name = \"mine\"\n[[step]]\ndo = \"create-mailbox\"\nat = \"to\"\n[[step]]\ndo = \"report\"\noutcome = \"ok\"\n";
    let folder = folder(&[("mine.toml", mine)]);
    let ran = stranded_in(folder.path(), &["check", "mine.toml", "--from", "stranded", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let report = json(&ran.out);
    let scenario = &report["scenarios"][0];
    assert_eq!((&scenario["name"], &scenario["family"]), (&"mine-never".into(), &"user".into()));
    assert_eq!(scenario["properties"][0]["verdict"], "violated", "it creates the mailbox that exists already");
    let ran = stranded_in(folder.path(), &["check", "mine.toml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("add `--from SCENARIO`"), "{}", ran.err);
    let ran = stranded_in(folder.path(), &["check", "--from", "stranded"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--from needs a procedure"), "{}", ran.err);
}

#[test]
fn the_help_lists_the_exit_codes() {
    assert!(stranded(&["--help"]).out.contains("Exit codes:"));
}

#[test]
fn a_wide_character_takes_two_columns() {
    use stranded_search::lines::{display_width, padded, wrapped};
    assert_eq!((padded("移動", 6), padded("move", 6)), ("移動  ".to_owned(), "move  ".to_owned()));
    let lines = wrapped("移動 移動 移動 移動 移動 移動 移動", 0, 20);
    assert!(lines.lines().count() == 2 && lines.lines().all(|line| display_width(line) <= 20), "{lines}");
}
