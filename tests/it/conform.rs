//! `stranded conform`, and its agreement with `validate` and the test vectors: one implementation has one verdict.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_oracle::adapter::mutant::Mutant;
use stranded_oracle::adapter::{AdapterError, HelloReply, Implementation};
use stranded_oracle::conform::{self, Options};
use stranded_oracle::protocol::{Answer, Greeting, Observation, Operation};
use stranded_search::scenario::load_scenario;

use crate::cli::{Ran, stranded_in};

/// Returns the adapter of the reference, or of a mutant.
fn adapter(mutant: Option<&str>) -> Vec<String> {
    let mut command = vec![env!("CARGO_BIN_EXE_stranded").to_owned(), "adapter".to_owned(), "reference".to_owned()];
    command.extend(mutant.into_iter().flat_map(|name| ["--mutant".to_owned(), name.to_owned()]));
    command
}

fn conform(folder: &Path, options: &[&str], adapter: &[String]) -> Ran {
    let adapter = adapter.iter().map(String::as_str);
    let arguments: Vec<&str> = ["conform"].iter().chain(options).copied().chain(["--"]).chain(adapter).collect();
    stranded_in(folder, &arguments)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|reason| panic!("{reason}: {}{}", ran.out, ran.err))
}

/// Returns the verdicts that have a shortest trace, each with its number of actions.
fn shortest(report: &Value) -> Vec<(String, u64)> {
    let runs = report["shortest"].as_array().unwrap().iter();
    runs.map(|run| (run["verdict"].as_str().unwrap().to_owned(), run["actions"].as_u64().unwrap())).collect()
}

#[test]
fn the_articles_program_is_caught_at_the_first_move_and_at_the_second() {
    let folder = tempfile::tempdir().unwrap();
    for scenario in ["second-move", "move"] {
        for (options, lengths) in
            [(&["--format", "json"][..], [12, 10, 9]), (&["--format", "json", "--whole-runs"], [3, 2, 1])]
        {
            let options = [&[scenario][..], options].concat();
            let ran = conform(folder.path(), &options, &adapter(Some("move-of-the-article")));
            assert_eq!(ran.code, 1, "{}", ran.err);
            let report = json(&ran);
            assert_eq!(report["verdict"], "loss");
            let found = shortest(&report);
            for (verdict, length) in ["loss", "unreachable", "false success"].into_iter().zip(lengths) {
                assert!(
                    found.contains(&(verdict.to_owned(), length)),
                    "{scenario} {options:?}: {verdict} in {found:?}"
                );
            }
            // The first move reports ok and has moved nothing; the second one finds a duplicate.
            let run = report["shortest"].as_array().unwrap().iter().find(|run| run["verdict"] == "loss").unwrap();
            let steps = run["run"]["steps"].as_array().unwrap().iter().map(|step| &step["event"]);
            let started = steps.filter(|event| event["action"] == "start" || event["action"] == "run");
            assert_eq!(started.count(), 2);
        }
    }
}

#[test]
fn a_program_that_meets_the_expectations_is_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let ran = conform(folder.path(), &["second-move", "--format", "json"], &adapter(None));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report = json(&ran);
    assert_eq!((&report["verdict"], &report["safety"]), (&Value::from("conforming"), &Value::from("unsafe")));
    assert!(report["findings"].as_array().unwrap().iter().all(|finding| finding["expected"] == true));
    // A program that copies in one order shows no state of the other orders.
    assert!(report["coverage"]["percent"].as_f64().unwrap() > 95.0, "{}", report["coverage"]);
}

#[test]
fn nothing_is_saved_and_no_folder_is_made_if_no_trace_failed() {
    let folder = tempfile::tempdir().unwrap();
    let ran = conform(folder.path(), &["move", "--save", "runs"], &adapter(None));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("nothing was saved: no trace failed"), "{}", ran.out);
    assert!(!folder.path().join("runs").exists());
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let logs = ["1", "1", "2"].map(|seed| {
        let log = format!("{seed}.jsonl");
        let options = ["move-under-mail", "--drive", "random", "--seed", seed, "--max-actions", "200", "--log", &log];
        assert_eq!(conform(folder.path(), &options, &adapter(None)).code, 0);
        fs::read_to_string(folder.path().join(log)).unwrap()
    });
    assert_eq!(logs[0], logs[1]);
    assert!(logs[0] != logs[2]);
}

#[test]
fn a_saved_run_can_be_judged_again_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let caught = conform(
        folder.path(),
        &["second-move", "--whole-runs", "--save", "runs"],
        &adapter(Some("move-of-the-article")),
    );
    assert_eq!(caught.code, 1, "{}", caught.err);
    let run = "runs/second-move.loss.json";
    let replayed = stranded_in(folder.path(), &["replay", run]);
    assert_eq!(replayed.code, 1, "{}", replayed.err);
    assert!(replayed.out.starts_with("loss  second-move"), "{}", replayed.out);
    let again = conform(folder.path(), &["--replay", run], &adapter(Some("move-of-the-article")));
    assert_eq!(again.code, 1, "{}", again.err);
    assert!(again.out.contains("shows it again"), "{}", again.out);
    // A correct mover shows no violation for the same requests.
    let mended = conform(folder.path(), &["--replay", run, "--format", "json"], &adapter(None));
    assert_eq!((mended.code, &json(&mended)["verdict"]), (0, &Value::from("conforming")), "{}", mended.err);
}

#[test]
fn a_saved_run_that_another_model_judged_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    conform(folder.path(), &["move", "--whole-runs", "--save", "runs"], &adapter(Some("directory-never")));
    let file = folder.path().join("runs/move.loss.json");
    let text = fs::read_to_string(&file).unwrap();
    let stale = text.replace(&stranded_search::model_hash(), "0123456789abcdef");
    assert!(stale != text);
    fs::write(&file, stale).unwrap();
    for arguments in
        [&["replay", "runs/move.loss.json"][..], &["conform", "--replay", "runs/move.loss.json", "--", "true"]]
    {
        let ran = stranded_in(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains("another version of the model"), "{}", ran.err);
    }
}

#[test]
fn too_little_coverage_fails() {
    let folder = tempfile::tempdir().unwrap();
    let with = |options: &[&str]| conform(folder.path(), options, &adapter(None)).code;
    assert_eq!(with(&["second-move", "--fail-under", "95"]), 0);
    assert_eq!(with(&["second-move", "--fail-under", "95", "--max-actions", "5"]), 1);
}

#[test]
fn an_expected_failure_fails_only_when_it_passes_or_expires() {
    let folder = tempfile::tempdir().unwrap();
    let entry = |verdict: &str, expires: &str| {
        format!(
            "[[deviation]]\nscenario = \"move\"\nverdict = \"{verdict}\"\nreason = \"ticket 7\"\nexpires = {expires}\n"
        )
    };
    let code = |entries: &[String], mutant: Option<&str>| {
        fs::write(folder.path().join("known.toml"), entries.concat()).unwrap();
        let options = ["move", "--whole-runs", "--expected-failures", "known.toml"];
        let ran = conform(folder.path(), &options, &adapter(mutant));
        (ran.code, ran.out + &ran.err)
    };
    let all = ["loss", "unreachable", "false success", "nonconforming"].map(|verdict| entry(verdict, "2999-01-01"));
    assert_eq!(code(&all, Some("move-of-the-article")).0, 0);
    let (some, errors) = code(&all[..2], Some("move-of-the-article"));
    assert!(some == 1 && errors.contains("not known: false success"), "{errors}");
    let (passes, errors) = code(&all, None);
    assert!(passes == 1 && errors.contains("passes now"), "{errors}");
    let expired = [&all[1..], &[entry("loss", "2001-01-01")]].concat();
    let (expired, errors) = code(&expired, Some("move-of-the-article"));
    assert!(expired == 1 && errors.contains("expired on 2001-01-01"), "{errors}");
    let (wrong, errors) = code(&["[[deviation]]\nscenari = 1\n".to_owned()], None);
    assert!(wrong == 2 && errors.contains("known.toml:2"), "{errors}");
}

#[test]
fn a_run_in_which_nothing_was_exercised_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    let ran = conform(folder.path(), &["move", "--max-actions", "0"], &adapter(None));
    assert_eq!(ran.code, 3, "{}", ran.out);
    let script = "import json,sys\nfor line in sys.stdin:\n  print(json.dumps({'id':json.loads(line)['id'],'type':'skip','reason':'no store here'}),flush=True)\n";
    fs::write(folder.path().join("skip.py"), script).unwrap();
    let skips = ["python3", "skip.py"].map(ToOwned::to_owned);
    let ran = conform(folder.path(), &["move"], &skips);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.err.contains("no store here"), "{}", ran.err);
}

#[test]
fn an_adapter_that_breaks_the_protocol_ends_it_with_its_own_code() {
    let folder = tempfile::tempdir().unwrap();
    for script in ["echo hello", "exit 3", "echo '{\"id\":7}'; cat >/dev/null"] {
        let breaks = ["sh", "-c", script].map(ToOwned::to_owned);
        let ran = conform(folder.path(), &["move", "--deadline", "5s"], &breaks);
        assert_eq!(ran.code, 4, "{script}: {}{}", ran.out, ran.err);
        assert!(ran.out.is_empty(), "{}", ran.out);
    }
    let ran = conform(folder.path(), &["move"], &["no-such-command-anywhere".to_owned()]);
    assert_eq!(ran.code, 4, "{}", ran.err);
}

#[test]
fn an_implementation_has_one_verdict_however_it_is_judged() {
    let mutants =
        ["move-of-the-article", "delete-before-copy", "partial-copy", "directory-never", "refusal-that-marks"];
    let folder = tempfile::tempdir().unwrap();
    for scenario in ["move", "second-move"] {
        let vectors = format!("{scenario}-vectors");
        let made = stranded_in(folder.path(), &["generate", scenario, "--implements", "move", "-o", &vectors]);
        assert_eq!(made.code, 0, "{}", made.err);
        for mutant in [None].into_iter().chain(mutants.map(Some)) {
            let name = format!("{scenario} {mutant:?}");
            let options = [scenario, "--whole-runs", "--implements", "move", "--format", "json", "--log", "log.jsonl"];
            let driven = conform(folder.path(), &options, &adapter(mutant));
            let read =
                ["validate", scenario, "log.jsonl", "--missing", "none", "--implements", "move", "--format", "json"];
            let read = stranded_in(folder.path(), &read);
            assert_eq!((driven.code, &json(&driven)["verdict"]), (read.code, &json(&read)["verdict"]), "{name}");
            assert_eq!(driven.code, i32::from(mutant.is_some()), "{name}: {}", driven.out);
            let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run-vectors.py");
            let mut run = Command::new("python3");
            run.arg(runner).arg(folder.path().join(&vectors)).args(adapter(mutant));
            let run = run.output().unwrap();
            let reported = String::from_utf8_lossy(&run.stdout).into_owned();
            assert_eq!(run.status.code(), Some(driven.code), "{name}: {reported}");
        }
    }
}

#[test]
fn a_report_names_the_steps_of_the_model_and_what_was_not_exercised() {
    let folder = tempfile::tempdir().unwrap();
    let ran = conform(folder.path(), &["move"], &adapter(Some("directory-never")));
    let title = ran.out.lines().next().unwrap();
    assert_eq!(title, "unreachable  move: directory-never (not exercised: 1 of 47 transitions)");
    for step in [
        "  8  first copies m1 from source to destination: ok",
        " 10  first asks the directory to move the recipient from source to\n       destination: ok\n       >> Home-MDB of mailbox-1",
        " 11  first executes step 9 of its run: ok",
    ] {
        assert!(ran.out.contains(step), "{step}: {}", ran.out);
    }
    assert!(!ran.out.contains("the next step"), "{}", ran.out);
    // Each line of an event ends between two parts of its JSON.
    let event: Vec<&str> = ran
        .out
        .lines()
        .skip_while(|line| !line.starts_with("    {\"event\""))
        .take_while(|line| *line != "    …")
        .collect();
    assert!(event.len() > 3 && event.iter().all(|line| line.ends_with([',', '{', '['])), "{event:#?}");
}

/// An implementation that writes down the operations between two resets.
struct Counted<'a> {
    inner: Box<dyn Implementation + 'a>,
    cases: Vec<Vec<Operation>>,
}

impl Implementation for Counted<'_> {
    fn hello(&mut self, greeting: &Greeting) -> Result<HelloReply, AdapterError> {
        self.inner.hello(greeting)
    }

    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, AdapterError> {
        self.cases.push(Vec::new());
        self.inner.reset(start)
    }

    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError> {
        self.cases.last_mut().unwrap().push(operation.clone());
        self.inner.perform(operation)
    }

    fn observe(&mut self, mailbox: &str) -> Result<Observation, AdapterError> {
        self.inner.observe(mailbox)
    }
}

#[test]
fn shrinking_runs_no_operations_a_second_time() {
    let spec = load_scenario("second-move").unwrap();
    let mutant = Mutant::named("move-of-the-article").unwrap();
    let mut counted = Counted { inner: mutant.implementation(&spec, 0).unwrap(), cases: Vec::new() };
    let (capabilities, judged) = conform::handshake(&spec, &mut counted).unwrap();
    let result = conform::drive(&judged, &capabilities, &mut counted, &Options::default()).unwrap();
    let verdicts = result.shrunk.len();
    assert!(verdicts > 1, "{verdicts}");
    let shrinking = &counted.cases[result.judgement.exercise.cases..];
    let mut cases = shrinking.to_vec();
    cases.sort();
    cases.dedup();
    // A failing case runs once more for each verdict, to see whether it is steady.
    let repeated = shrinking.len() - cases.len();
    assert!(repeated <= verdicts, "{repeated} of {} cases ran before", shrinking.len());
}
