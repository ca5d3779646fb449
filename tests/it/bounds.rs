//! Limits of time, memory, states and steps: the program ends soon after a limit, stays within a fifth of the memory,
//! reports how far it searched, and never reports that a property holds.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use stranded_search::engine::{SystemMemory, memory_max};

use crate::process::{Ended, Process, large, run};

/// The margin within which a search ends after its limit. Other programs use the machine too.
const MARGIN: Duration = Duration::from_secs(10);
/// A search that takes minutes: 102 million states.
const LARGE: &str = "second-move-of-three-large";

fn check_large(more: &[&str]) -> Vec<String> {
    let file = large(LARGE);
    ["check", &file, "--no-symmetry"].iter().chain(more).map(|argument| (*argument).to_owned()).collect()
}

/// Checks that the program reports the extent of a truncated search, and no property as holding.
#[track_caller]
fn check_is_truncated(ended: &Ended, why: &str) {
    assert_eq!((ended.code, ended.err.as_str()), (Some(3), ""), "{}", ended.out);
    assert!(ended.out.contains(&format!("the search is incomplete: {why}")), "{}", ended.out);
    assert!(
        ended.out.contains("inconclusive, the search is incomplete:\n  second-move-of-three-large"),
        "{}",
        ended.out
    );
    let extent = ended.out.lines().find(|line| line.contains(" states (")).unwrap_or_else(|| panic!("{}", ended.out));
    assert!(extent.contains(" of them not expanded), depth "), "{extent}");
    let holds = |line: &&str| line.split_whitespace().nth(1) == Some("holds");
    assert_eq!(ended.out.lines().find(holds), None);
}

#[test]
fn a_search_ends_soon_after_its_time_limit() {
    const TIME: Duration = Duration::from_millis(1500);
    for threads in ["1", "2"] {
        let ended = run(Path::new("."), &check_large(&["--timeout", "1500ms", "--threads", threads]));
        check_is_truncated(&ended, "the time limit was reached (--timeout)");
        assert!((TIME..TIME + MARGIN).contains(&ended.took), "it took {:?}", ended.took);
    }
}

#[test]
fn a_search_ends_soon_after_it_was_interrupted() {
    let mut process = Process::start(Path::new("."), &check_large(&["--progress", "plain"]));
    // At this depth the levels are large.
    while !process.line().unwrap().contains(": depth 16,") {}
    let before = std::time::Instant::now();
    process.signal("INT");
    while process.line().is_some() {}
    assert!(before.elapsed() < MARGIN, "it took {:?}", before.elapsed());
    check_is_truncated(&process.end(), "it was interrupted");
}

#[test]
fn a_search_ends_at_its_limit_of_states_or_steps() {
    let ended = run(Path::new("."), &check_large(&["--max-states", "100000"]));
    check_is_truncated(&ended, "there are more than 100000 states (--max-states)");
    assert!(ended.out.contains("  100000 states ("), "{}", ended.out);
    let ended = run(Path::new("."), &check_large(&["--max-depth", "12"]));
    check_is_truncated(&ended, "there are states more than 12 steps from the start (--max-depth)");
    assert!(ended.out.contains("depth 12, "), "{}", ended.out);
}

#[test]
fn a_limit_does_not_hide_an_unexpected_violation() {
    let text = std::fs::read_to_string(large(LARGE)).unwrap().replace("no-self-move = \"violated\"\n", "");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("unexpected.toml"), text).unwrap();
    let ended = run(folder.path(), &["check", "unexpected.toml", "--max-states", "100000"]);
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert!(ended.out.contains("not as expected:\n  second-move-of-three-large/no-self-move"), "{}", ended.out);
    assert!(ended.out.contains("the search is incomplete: "), "{}", ended.out);
}

/// Returns the peak memory of a running process, in KiB, as Linux reports it.
fn peak_kib(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

/// Runs the program until it ends; returns its result and its peak memory, in bytes.
fn with_peak(arguments: &[String]) -> (Ended, u64) {
    let mut peak = 0;
    let mut process = Process::start(Path::new("."), arguments);
    process.until(|process| {
        peak = peak_kib(process.id()).unwrap_or(peak).max(peak);
        false
    });
    (process.end(), peak * 1024)
}

#[cfg(target_os = "linux")]
#[test]
fn a_search_stays_within_a_fifth_of_its_memory() {
    for megabytes in [60, 200] {
        for threads in ["1", "2"] {
            let size = format!("{megabytes}MB");
            let (ended, peak) = with_peak(&check_large(&["--max-memory", &size, "--threads", threads]));
            check_is_truncated(
                &ended,
                &format!("it needs more memory than {} MiB (--max-memory)", (megabytes * 1_000_000) >> 20),
            );
            let ceiling = megabytes * 1_000_000;
            assert!(peak <= ceiling * 6 / 5, "the search used {peak} bytes of {ceiling}, with {threads} threads");
            assert!(peak >= ceiling / 2, "the search ended at {peak} bytes of {ceiling}, with {threads} threads");
        }
    }
}

#[test]
fn a_memory_limit_is_refused_where_memory_is_not_measured() {
    assert_eq!(memory_max(1 << 30, Some(1 << 20)), Ok(1 << 30));
    let refused = memory_max(1 << 30, None).unwrap_err().to_string();
    assert_eq!(refused, "--max-memory cannot be obeyed: this system does not report the memory of a process");
}

/// The paths and texts of files.
type Files<'a> = &'a [(&'a str, &'a str)];

#[test]
fn the_limits_of_control_groups_and_of_the_address_space_are_read() {
    let limits = |soft: &str| format!("Limit   Soft   Hard   Units\nMax data size    {soft}    unlimited  bytes\n");
    let rows: [(Files<'_>, Option<usize>, Option<usize>); 8] = [
        (&[], None, None),
        (&[("/proc/self/cgroup", "0::/a/b\n"), ("/sys/fs/cgroup/a/b/memory.max", "max\n")], None, None),
        (
            &[
                ("/proc/self/cgroup", "0::/a/b\n"),
                ("/sys/fs/cgroup/a/b/memory.max", "max\n"),
                ("/sys/fs/cgroup/a/memory.max", "5000\n"),
                ("/sys/fs/cgroup/memory.max", "9000\n"),
            ],
            Some(5000),
            None,
        ),
        (&[("/proc/self/cgroup", "0::/\n"), ("/sys/fs/cgroup/memory.max", "700\n")], Some(700), None),
        // A container whose group is mounted at the root.
        (&[("/proc/self/cgroup", "0::/docker/1f\n"), ("/sys/fs/cgroup/memory.max", "700\n")], Some(700), None),
        (
            &[
                ("/proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/job\n1:name=systemd:/\n"),
                ("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "800\n"),
                ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ],
            Some(800),
            None,
        ),
        (&[("/proc/self/limits", &limits("unlimited"))], None, None),
        (&[("/proc/self/limits", &limits("4096000"))], None, Some(4_096_000)),
    ];
    for (files, control_group, address_space) in rows {
        let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        assert_eq!(SystemMemory::from_files(&read), SystemMemory { control_group, address_space }, "{files:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_search_that_would_exceed_the_memory_of_its_system_is_inconclusive() {
    for engine in ["exact", "timely"] {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 1000000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_stranded")]);
        command.args(check_large(&["--engine", engine]));
        let ended = Process::start_command(Path::new("."), command).end();
        let why = "it needs more memory than the 976 MiB of address space that `ulimit -v` allows";
        check_is_truncated(&ended, why);
    }
}

/// The graph in which liveness is judged needs more memory than the search.
#[cfg(target_os = "linux")]
#[test]
fn the_judging_of_liveness_stays_within_a_fifth_of_its_memory() {
    let scenario = large("guarded-move-large-with-liveness");
    let arguments = ["check", &scenario, "--threads", "1", "--max-memory", "70MB"].map(str::to_owned);
    let (ended, peak) = with_peak(&arguments);
    assert_eq!((ended.code, ended.err.as_str()), (Some(3), ""), "{}", ended.out);
    let verdict = |property: &str| {
        let line = ended.out.lines().find(|line| line.trim_start().starts_with(property)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(verdict("no-loss"), "holds", "the search was complete:\n{}", ended.out);
    assert_eq!(verdict("repair-completes"), "inconclusive", "{}", ended.out);
    assert!(ended.out.contains("the search is incomplete: it needs more memory than 66 MiB"), "{}", ended.out);
    assert!(
        ended.out.contains("inconclusive, the search is incomplete:\n  guarded-move-large-with-liveness"),
        "{}",
        ended.out
    );
    assert!(peak <= 70_000_000 * 6 / 5, "the program used {peak} bytes");
}

#[cfg(target_os = "linux")]
#[test]
fn the_reference_engine_obeys_the_same_limits() {
    let engine = ["--engine", "stateright"];
    let (ended, peak) = with_peak(&check_large(&[&["--max-memory", "80MB"][..], &engine].concat()));
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert!(ended.out.contains("the search is incomplete: it needs more memory than 76 MiB"), "{}", ended.out);
    assert!(peak <= 80_000_000 * 6 / 5, "the program used {peak} bytes");
    let process = Process::start(Path::new("."), &check_large(&[&["--progress", "plain"][..], &engine].concat()));
    let mut process = process;
    // Its memory grows as soon as it searches.
    process.until(|process| peak_kib(process.id()).is_some_and(|peak| peak > 40_000));
    process.signal("INT");
    let ended = process.end();
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert!(ended.out.contains("the search is incomplete: it was interrupted"), "{}", ended.out);
}
