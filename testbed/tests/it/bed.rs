//! A bed starts, several run at once, and nothing is left of one that has ended.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stranded_testbed::bed::{self, Bed, Store};

/// The longest time that the processes of a bed may outlive their parent.
const LEFT: Duration = Duration::from_secs(10);

/// The processes that run, and whose command line names the folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let name = folder.display().to_string();
    let numbers = fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let lines = numbers.filter_map(|process| fs::read(process.join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(&name) && !line.contains("stranded-guard")).collect()
}

fn is_nothing_left(folder: &Path) -> bool {
    let deadline = Instant::now() + LEFT;
    while Instant::now() < deadline {
        if !folder.exists() && processes_of(folder).is_empty() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// A program that holds a bed, and the folder of the bed.
fn holder(bed: &str, ending: &str) -> (Child, PathBuf) {
    let program = std::env::current_exe().unwrap();
    let program = program.parent().and_then(Path::parent).unwrap().join("examples/hold");
    let mut command = Command::new(program);
    command.args([bed, ending]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut folder = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut folder).unwrap();
    assert!(!folder.trim().is_empty(), "the bed did not start: run the program to see why");
    (child, PathBuf::from(folder.trim()))
}

/// Ends the program that holds a bed in each way, and checks that nothing is left.
pub(crate) fn check_that_nothing_is_left(bed: &str) {
    for ending in ["exit", "panic"] {
        let (mut child, folder) = holder(bed, ending);
        child.wait().unwrap();
        assert!(is_nothing_left(&folder), "{ending}: {:?}", processes_of(&folder));
    }
    let (mut child, folder) = holder(bed, "hold");
    assert!(processes_of(&folder).len() > 3, "the servers run while their program holds them");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_nothing_left(&folder), "killed: {:?}", processes_of(&folder));
}

#[test]
fn nothing_is_left_of_a_bed_whose_program_exits_panics_or_is_killed() {
    check_that_nothing_is_left("dovecot");
}

#[test]
fn two_beds_run_at_once_on_different_addresses() {
    let (first, second) = (Bed::up().unwrap(), Bed::up().unwrap());
    assert_ne!(first.host(Store::A), second.host(Store::A));
    first.add_user("alice", Store::A).unwrap();
    second.add_user("alice", Store::B).unwrap();
    let again = first.add_user("alice", Store::A).unwrap_err();
    assert!(again.to_string().contains("entryAlreadyExists"), "{again}");
}

#[test]
fn another_process_can_end_a_bed() {
    let (mut child, folder) = holder("dovecot", "hold");
    let deadline = Instant::now() + LEFT;
    while !bed::held().unwrap().contains(&folder) {
        assert!(Instant::now() < deadline, "the bed has no socket");
        std::thread::sleep(Duration::from_millis(20));
    }
    bed::end(&folder).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(is_nothing_left(&folder), "{:?}", processes_of(&folder));
    assert!(bed::end(&folder).is_err());
}
