//! The doctor names an adapter whose reset does not reset, whose observation changes something, or whose children become daemons;
//! `conform` ends such children, too.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::cli::stranded_in;
use crate::exercised::{conform, wrapped};

fn doctor(options: &[&str], adapter: &[String]) -> (i32, Value) {
    let adapter: Vec<&str> = adapter.iter().map(String::as_str).collect();
    let arguments = [&["doctor", "--format", "json", "--deadline", "60s"], options, &["--"], &adapter[..]].concat();
    let ran = stranded_in(Path::new(env!("CARGO_MANIFEST_DIR")), &arguments);
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|reason| panic!("{reason}: {}{}", ran.out, ran.err)))
}

fn check<'v>(found: &'v Value, name: &str) -> &'v Value {
    found["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

#[test]
fn the_doctor_names_a_reset_that_does_not_reset_and_an_observation_that_changes_something() {
    for (options, diagnosis, failed) in [
        (r#"{"forgets-resets": true}"#, "reset does not reset", "resets"),
        (r#"{"opens-mailboxes": true}"#, "observation changes something", "observes"),
    ] {
        for scenario in ["move", "move-under-mail", "two-mailboxes"] {
            let (code, found) = doctor(&["--scenario", scenario], &wrapped(options, None));
            assert_eq!((code, &found["diagnosis"]), (4, &diagnosis.into()), "{scenario}: {found:#}");
            assert_eq!(check(&found, failed)["ok"], false, "{found:#}");
            assert!(check(&found, failed)["mend"].is_string(), "{found:#}");
        }
    }
}

#[test]
fn the_doctor_finds_nothing_wrong_with_the_reference_in_any_scenario_that_starts_fresh() {
    for scenario in ["move", "move-under-mail", "two-mailboxes", "crash-source-gone", "guarded-move", "stale-cache"] {
        let (code, found) = doctor(&["--scenario", scenario], &wrapped("{}", None));
        assert_eq!((code, &found["healthy"]), (0, &true.into()), "{scenario}: {found:#}");
        assert_eq!((&check(&found, "resets")["ok"], &check(&found, "observes")["ok"]), (&true.into(), &true.into()));
    }
    // What was not reached is not called right.
    let skips = "import json,sys\nfor line in sys.stdin:\n  print(json.dumps({'id':json.loads(line)['id'],**({'type':'done','result':'ok'} if 'bye' in line else {'type':'skip','reason':'no'})}),flush=True)\n";
    let (_, found) = doctor(&[], &["python3", "-c", skips].map(ToOwned::to_owned));
    assert_eq!(check(&found, "resets")["ok"], Value::Null, "{found:#}");
}

/// An adapter that starts a daemon, which forks twice and has a session of its own, and then becomes the reference.
fn starts_a_daemon(file: &Path) -> Vec<String> {
    let script = format!(
        r#"
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for pipe in range(3):
            os.dup2(null, pipe)
        sleep = os.fork()
        if sleep == 0:
            os.execvp("env", ["env", "-i", "sleep", "300"])
        while open(f"/proc/{{sleep}}/comm").read() != "sleep\n":
            time.sleep(0.01)
        open("{file}.new", "w").write(str(os.getpid()))
        os.rename("{file}.new", "{file}")
        time.sleep(300)
    os._exit(0)
os.wait()
while not os.path.exists("{file}"):
    time.sleep(0.01)
os.execv("{stranded}", ["stranded", "adapter", "reference"])
"#,
        file = file.display(),
        stranded = env!("CARGO_BIN_EXE_stranded"),
    );
    ["python3", "-c", &script].map(ToOwned::to_owned).to_vec()
}

fn is_alive(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, after)| !after.trim_start().starts_with(['Z', 'X']))
}

#[test]
fn a_child_that_daemonises_twice_is_named_by_the_doctor_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("doctor-daemon");
    let (code, found) = doctor(&[], &starts_a_daemon(&file));
    let daemon = fs::read_to_string(&file).unwrap();
    assert_eq!((code, &found["diagnosis"]), (4, &"children left behind".into()), "{found:#}");
    assert!(found["details"].as_str().unwrap().contains(&format!("({daemon})")), "{found:#}");
    assert!(!is_alive(&daemon), "the daemon {daemon} still runs");

    let file = folder.path().join("conform-daemon");
    let ran = conform(folder.path(), &["move", "--max-actions", "40"], &starts_a_daemon(&file));
    let daemon = fs::read_to_string(&file).unwrap();
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("sleep") && ran.err.contains(&daemon), "{}", ran.err);
    assert!(!is_alive(&daemon), "the daemon {daemon} still runs");
    // What was judged before is kept.
    let text = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("adapter broke a rule: it left processes running"), "{}", ran.out);
    assert!(text.contains("Everything was judged before the adapter broke the rule."), "{}", ran.out);
}
