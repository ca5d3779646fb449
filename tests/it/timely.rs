//! The engine timely: the same results as the exact engine with any number of workers, in one process or several, and
//! the end of the other processes when one is lost.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use stranded_search::check::check;
use stranded_search::engine::{Cluster, Engine, Hosts, HostsError, Limits};

use crate::cli::stranded_in;
use crate::process::Process;
use crate::worlds::{builtins, parsed};

/// Only two workers search scenarios with more states than this, and no test searches those with four times as many:
/// they take too long.
const STATES_FEW: usize = 3_000;

/// The margin within which a search ends after an interruption. Other programs use the machine too.
const MARGIN: Duration = Duration::from_secs(10);

/// Two mailboxes that share the faults.
const TWO: &str = r#"
    name = "two"
    [site]
    servers = ["source", "destination"]
    mailboxes = 2
    messages = 1
    [environment]
    delivery = "any-time"
    faults = ["store-crashes"]
    faults-max = 1
    [[run]]
    administrator = "first"
    procedure = "move-of-the-article"
    from = "source"
    to = "destination"
    runs-max = 2
    [assume]
    duplicate-abort = "removes-source"
    source-delete = "before-directory"
    mail-before-mark = "kept"
"#;

/// Three mailboxes that share nothing: more states than a debug build finds during the test.
const LONG: &str = r#"
name = "long"
[site]
servers = ["source", "destination"]
mailboxes = 4
messages = 2
[environment]
delivery = "any-time"
owner-deletes = 1
logon = true
[[run]]
administrator = "first"
procedure = "move-of-the-article"
from = "source"
to = "destination"
runs-max = 2
[assume]
duplicate-abort = "removes-source"
source-delete = "before-directory"
mail-before-mark = "kept"
"#;

/// Checks that two engines report the same on a scenario, with every trace.
#[track_caller]
fn check_same(spec: &stranded_search::scenario::Spec, cluster: &Cluster, symmetry: bool, what: &str) {
    let alone = check(spec, Engine::Exact, &Limits { symmetry, ..Limits::default() });
    let limits = Limits { symmetry, cluster: Some(cluster), ..Limits::default() };
    let together = check(spec, Engine::Timely, &limits);
    for (exact, timely) in alone.combinations.iter().zip(&together.combinations) {
        let counts = |case: &stranded_search::check::Combination| {
            (case.search.states, case.search.representatives, case.search.depth)
        };
        assert_eq!(counts(exact), counts(timely), "{what}");
        assert_eq!(exact.search.violations, timely.search.violations, "{what}: the paths differ");
        assert_eq!(exact.search.coverage, timely.search.coverage, "{what}");
        assert_eq!(exact.verdicts, timely.verdicts, "{what}");
    }
}

#[test]
fn any_number_of_workers_agrees_with_the_exact_engine_in_every_scenario() {
    for workers in [1, 2, 3] {
        let cluster = Cluster::local(Some(workers)).unwrap();
        let most = if workers == 2 { STATES_FEW * 4 } else { STATES_FEW };
        let few = Limits { states_max: Some(most), ..Limits::default() };
        for spec in builtins().iter().filter(|spec| check(spec, Engine::Exact, &few).is_complete()) {
            check_same(spec, &cluster, false, &format!("{} by {workers} workers", spec.name));
        }
    }
}

#[test]
fn mailboxes_that_share_something_are_found_the_same_with_and_without_symmetry() {
    let spec = parsed(TWO);
    for workers in [1, 2, 3] {
        let cluster = Cluster::local(Some(workers)).unwrap();
        for symmetry in [false, true] {
            check_same(&spec, &cluster, symmetry, &format!("{workers} workers, symmetry {symmetry}"));
        }
    }
}

/// Writes a file that names processes on free ports of this machine.
fn hosts(folder: &Path, count: usize) {
    let free: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let lines: Vec<String> = free.iter().map(|one| format!("{}\n", one.local_addr().unwrap())).collect();
    fs::write(folder.join("hosts.txt"), lines.concat()).unwrap();
}

/// A process that ends with the test.
struct Started {
    child: Option<Child>,
    /// The file for its results: a pipe without a reader would block the process.
    results: PathBuf,
}

impl Started {
    fn process(folder: &Path, number: usize, scenario: &str, more: &[&str]) -> Self {
        let number = number.to_string();
        let results = folder.join(format!("results-{number}"));
        let mut arguments = vec!["check", scenario, "--engine", "timely", "--workers", "1", "--hosts", "hosts.txt"];
        arguments.extend(["--process", &number]);
        arguments.extend(more);
        let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
        command.args(arguments).current_dir(folder).stdout(fs::File::create(&results).unwrap()).stderr(Stdio::piped());
        Self { child: Some(command.spawn().unwrap()), results }
    }

    /// Waits for the end of the process, within the time limit, and returns its exit code and output.
    #[track_caller]
    fn ended(mut self) -> (Option<i32>, String, String) {
        let give_up = Instant::now() + Duration::from_secs(60);
        while self.child.as_mut().unwrap().try_wait().unwrap().is_none() {
            assert!(Instant::now() < give_up, "a process hangs");
            std::thread::sleep(Duration::from_millis(20));
        }
        let Output { status, stderr, .. } = self.child.take().unwrap().wait_with_output().unwrap();
        (status.code(), fs::read_to_string(&self.results).unwrap(), String::from_utf8(stderr).unwrap())
    }

    /// Waits until the process reports its progress, which needs the other processes.
    fn wait_for_progress(&mut self) {
        use std::io::Read as _;
        let mut first = [0];
        self.child.as_mut().unwrap().stderr.as_mut().unwrap().read_exact(&mut first).unwrap();
    }

    fn kill(mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Returns a report without the differences between engines.
fn essential(text: &str) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_str(text).unwrap();
    for scenario in report["scenarios"].as_array_mut().unwrap() {
        scenario["seconds"] = "…".into();
        scenario["engine"] = "…".into();
    }
    report
}

#[test]
fn two_processes_report_the_same_as_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("two.toml"), TWO).unwrap();
    for scenario in ["article", "two.toml"] {
        hosts(folder.path(), 2);
        let second = Started::process(folder.path(), 1, scenario, &[]);
        let first = Started::process(folder.path(), 0, scenario, &["--format", "json"]);
        let alone = stranded_in(folder.path(), &["check", scenario, "--format", "json"]);
        let (code, out, err) = first.ended();
        assert_eq!((code, err.as_str()), (Some(alone.code), ""));
        assert!(essential(&out) == essential(&alone.out), "{scenario}: the reports differ");
        let (code, out, err) = second.ended();
        assert_eq!((code, out.as_str()), (Some(0), ""));
        assert!(err.starts_with("process 1 held ") && err.ends_with("process 0 prints the report\n"), "{err}");
    }
}

#[test]
fn when_a_process_is_lost_the_others_end_without_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("long.toml"), LONG).unwrap();
    for (lost, left) in [(0, 1), (1, 0)] {
        hosts(folder.path(), 2);
        let start =
            |number| Started::process(folder.path(), number, "long.toml", &["--progress", "plain", "--no-symmetry"]);
        let (dies, mut survives) = (start(lost), start(left));
        survives.wait_for_progress();
        dies.kill();
        let (code, out, err) = survives.ended();
        assert_eq!((code, out.as_str()), (Some(3), ""));
        assert!(err.contains(&format!("error: process {lost} at 127.0.0.1:")), "{err}");
        assert!(err.ends_with(" was lost; there is no verdict\n"), "{err}");
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[test]
fn processes_that_search_something_else_refuse_each_other() {
    let folder = tempfile::tempdir().unwrap();
    hosts(folder.path(), 2);
    fs::write(folder.path().join("one.toml"), TWO).unwrap();
    fs::write(folder.path().join("other.toml"), TWO.replace("runs-max = 2", "runs-max = 1")).unwrap();
    let rows: [(&str, &str, &[&str], &str); 3] = [
        ("move", "stranded", &[], "has another list of scenarios than"),
        ("one.toml", "other.toml", &[], "has another text of the scenarios than"),
        ("move", "move", &["--max-depth", "7"], "has another --max-depth than"),
    ];
    for (one, other, more, says) in rows {
        let second = Started::process(folder.path(), 1, other, more);
        let first = Started::process(folder.path(), 0, one, &[]);
        for (code, out, err) in [first.ended(), second.ended()] {
            assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
            assert!(err.contains(says), "{err}");
        }
    }
}

#[test]
fn a_process_whose_partner_never_connects_gives_up() {
    let folder = tempfile::tempdir().unwrap();
    hosts(folder.path(), 2);
    for (number, absent) in [(0, 1), (1, 0)] {
        let alone = Started::process(folder.path(), number, "move", &["--timeout", "500ms"]);
        let (code, out, err) = alone.ended();
        assert_eq!((code, out.as_str()), (Some(3), ""), "{err}");
        assert!(err.starts_with(&format!("error: process {absent} at ")) && err.contains("did not connect"), "{err}");
    }
}

#[test]
fn a_limit_that_one_process_reaches_ends_the_search_of_all() {
    let folder = tempfile::tempdir().unwrap();
    hosts(folder.path(), 2);
    fs::write(folder.path().join("long.toml"), LONG).unwrap();
    let second = Started::process(folder.path(), 1, "long.toml", &["--timeout", "3s"]);
    let first = Started::process(folder.path(), 0, "long.toml", &["--format", "json"]);
    let (code, out, err) = first.ended();
    assert!(matches!(code, Some(1 | 3)), "{err}");
    assert_eq!(essential(&out)["scenarios"][0]["complete"], false);
    assert_eq!(second.ended().0, Some(3));
}

#[test]
fn liveness_is_not_judged_by_several_processes() {
    let folder = tempfile::tempdir().unwrap();
    hosts(folder.path(), 2);
    let text = TWO.to_owned() + "[expect]\nreplicas-converge = \"holds\"\n";
    fs::write(folder.path().join("two.toml"), text).unwrap();
    let second = Started::process(folder.path(), 1, "two.toml", &[]);
    let first = Started::process(folder.path(), 0, "two.toml", &[]);
    let (_, out, err) = first.ended();
    assert!(out.contains("replicas-converge    inconclusive"), "{out}{err}");
    assert!(out.contains("liveness properties are checked only by a single process"), "{out}");
    assert!(!out.contains("every verdict is the expected one"), "{out}");
    drop(second);
}

#[test]
fn a_wrong_file_of_hosts_is_reported_with_its_line() {
    let line = |line, reason: &str| HostsError::Line { line, reason: reason.to_owned() };
    let rows = [
        ("127.0.0.1:4000\nhere\n", line(2, "`here` is not of the form host:port")),
        ("127.0.0.1:4000\n\n# two\n:4001", line(4, "`:4001` is not of the form host:port")),
        ("127.0.0.1:x\n", line(1, "`x` is not a port, a number from 1 to 65535")),
        ("127.0.0.1:0\n", line(1, "`0` is not a port, a number from 1 to 65535")),
        ("127.0.0.1:4000\n127.0.0.1:4000\n", line(2, "`127.0.0.1:4000` is process 0 already")),
        ("", HostsError::TooFew(0)),
        ("127.0.0.1:4000", HostsError::TooFew(1)),
    ];
    for (text, error) in rows {
        assert_eq!(Hosts::parse(text), Err(error), "{text}");
    }
    let hosts = Hosts::parse("# both here\n127.0.0.1:4000  # first\n\n127.0.0.1:4001").unwrap();
    assert_eq!(hosts.addresses, ["127.0.0.1:4000", "127.0.0.1:4001"]);
}

#[test]
fn too_many_workers_or_threads_are_refused_with_the_limit() {
    let check = |more: &[&str]| stranded_in(Path::new("."), &[&["check", "move"], more].concat());
    for (flag, engine, most) in [("--workers", "timely", 64), ("--threads", "exact", 512)] {
        let ran = check(&["--engine", engine, flag, &(most + 1).to_string()]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{flag}");
        assert!(ran.err.contains(&format!("{} is not in 1..={most}", most + 1)), "{}", ran.err);
        let ran = check(&["--engine", engine, flag, &most.to_string()]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{flag}");
    }
}

/// Threads with large stacks in a small address space simulate a system that refuses threads: root may start any number.
#[cfg(target_os = "linux")]
#[test]
fn threads_that_the_system_refuses_are_an_error_of_usage() {
    for (more, says) in [
        (["--engine", "timely", "--workers", "8"], "the system refuses the threads of 8 workers"),
        (["--engine", "exact", "--threads", "8"], "cannot start the threads"),
        (["--simulate", "10", "--threads", "8"], "cannot start the threads"),
    ] {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 4000000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_stranded"), "check", "move"]);
        let ran = command.args(more).env("RUST_MIN_STACK", "1073741824").output().unwrap();
        let err = String::from_utf8(ran.stderr).unwrap();
        assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(2), &b""[..]), "{err}");
        assert!(err.contains(says) && !err.contains("panicked"), "{err}");
    }
}

/// Returns the number of threads of a process.
fn threads_of(id: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let count = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    count.map_or(0, |count| count.trim().parse().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn an_interruption_is_obeyed_while_workers_start() {
    for threads in [2, 32, 60] {
        let arguments = ["check", "--engine", "timely", "--workers", "64"];
        let mut process = Process::start(Path::new("."), &arguments);
        process.until(|process| threads_of(process.id()) >= threads);
        let before = Instant::now();
        process.signal("TERM");
        let ended = process.end();
        // The signal ends a process that has not started all its workers, and interrupts the search of one that has.
        assert!(matches!(ended.code, None | Some(1 | 3)), "{:?}", ended.code);
        assert!(before.elapsed() < MARGIN, "it took {:?}", before.elapsed());
    }
}

#[test]
fn options_for_workers_are_refused_without_the_engine_timely() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hosts.txt"), "127.0.0.1:4000\n127.0.0.1:4001\n").unwrap();
    let rows: [(&[&str], &str); 6] = [
        (&["--workers", "2"], "--workers needs --engine timely; the engine is exact"),
        (&["--hosts", "hosts.txt", "--process", "0"], "--hosts needs --engine timely"),
        (&["--engine", "timely", "--hosts", "hosts.txt"], "--process <N>"),
        (&["--engine", "timely", "--process", "0"], "--hosts <FILE>"),
        (&["--engine", "timely", "--hosts", "hosts.txt", "--process", "2"], "from 0 to 1; there is no process 2"),
        (&["--engine", "timely", "--hosts", "none.txt", "--process", "0"], "cannot read none.txt"),
    ];
    for (more, says) in rows {
        let ran = stranded_in(folder.path(), &[&["check", "move"], more].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(says), "{}", ran.err);
    }
}
