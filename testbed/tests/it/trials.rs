//! Whole tools at fault points, on real servers: one sample of each mover, and tools that misbehave.

use std::sync::OnceLock;
use std::time::Duration;

use pretty_assertions::assert_eq;
use stranded_testbed::bed::Bed;
use stranded_testbed::mover::{Mover, Shipped};
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::trial::report::{DirectoryStep, MoverReport, TrialVerdict};
use stranded_testbed::trial::run::{Ended, OUTPUT_MAX};
use stranded_testbed::trial::site::Site;
use stranded_testbed::trial::{self, LIMIT, TrialError, TrialOptions};

/// The bed of all trials of this file, one after the other: two beds would only slow each other down.
fn with_bed<T>(act: impl FnOnce(&Site) -> T) -> T {
    static ONE: OnceLock<std::sync::Mutex<()>> = OnceLock::new();
    let _one = ONE.get_or_init(Default::default).lock();
    let bed = Bed::up().unwrap();
    act(&Site::of_bed(&bed).unwrap())
}

fn options<'a>(order: DirectoryStep, modes: &'a [Mode]) -> TrialOptions<'a> {
    TrialOptions { order, modes, points: &[], points_max: None, limit: LIMIT, must_succeed: false }
}

/// Tries a mover at one point. Checks the verdict without a fault, and the verdict with it.
fn check(site: &Site, mover: Shipped, point: &str, mode: Mode, expected: [TrialVerdict; 2]) {
    mover.require().unwrap();
    let points = [point.parse().unwrap()];
    let modes = [mode];
    let options = TrialOptions { points: &points, ..options(DirectoryStep::Last, &modes) };
    let report = trial::trials(site, &Mover::Shipped(mover), &options, &()).unwrap();
    let verdicts: Vec<TrialVerdict> = report.trials.iter().map(|trial| trial.verdict).collect();
    assert_eq!(verdicts, expected, "{}: {:#?}", mover.name(), report.trials);
    let struck = &report.trials[1];
    assert_eq!(struck.frame.map(|frame| &report.planned[frame - 1]), Some(&points[0]), "{}", mover.name());
    let version = report.version.unwrap();
    assert!(version.contains(|letter: char| letter.is_ascii_digit()), "{version}");
    let overhead = struck.milliseconds - struck.runs.iter().map(|run| run.milliseconds).sum::<u64>();
    // The goal of 150 ms is measured on an idle machine.
    assert!(overhead < 1500, "{}: {overhead} ms beside the tool", mover.name());
}

#[test]
fn each_mover_is_judged_at_a_fault_point() {
    use Mode::{Cut, Kill, Mail, Swallow};
    use TrialVerdict::{Duplicate, Fine, FineAfterRetry, Unreachable};
    with_bed(|site| {
        check(site, Shipped::DoveadmBackup, "doveadm:mail:2", Kill, [Fine, FineAfterRetry]);
        check(site, Shipped::DoveadmSync, "doveadm:mail:1", Cut, [Fine, FineAfterRetry]);
        check(site, Shipped::DoveadmSync1, "directory:modify:1", Mail, [Fine, Unreachable]);
        check(site, Shipped::Mbsync, "destination-imap:APPEND:2", Swallow, [Fine, FineAfterRetry]);
        check(site, Shipped::Imapfilter, "source-imap:UID STORE:1", Kill, [Fine, Duplicate]);
        check(site, Shipped::Fetchmail, "source-imap:STORE:1", Kill, [Fine, Duplicate]);
        check(site, Shipped::Getmail, "lmtp:DATA:1", Swallow, [Fine, Duplicate]);
        check(site, Shipped::Larch, "destination-imap:APPEND:1", Cut, [FineAfterRetry, FineAfterRetry]);
    });
}

/// Tries a command line without faults.
fn command(site: &Site, line: &str, limit: Duration) -> Result<MoverReport, TrialError> {
    let options = TrialOptions { limit, ..options(DirectoryStep::Last, &[]) };
    trial::trials(site, &Mover::Command(line.to_owned()), &options, &())
}

#[test]
fn a_tool_that_loops_and_prints_without_end_is_inconclusive() {
    with_bed(|site| {
        let line = "trap '' TERM; while :; do echo {user} is on its way; done";
        let report = command(site, line, Duration::from_millis(500)).unwrap();
        let trial = &report.trials[0];
        assert_eq!(trial.verdict, TrialVerdict::Inconclusive);
        assert_eq!(trial.reasons, ["the tool did not end within its time limit and was killed"]);
        assert!(trial.runs.iter().all(|run| run.tool == Some(Ended::TimedOut) && run.output.len() <= OUTPUT_MAX));
        assert!(trial.runs[0].output.ends_with("is on its way"), "{}", trial.runs[0].output);
    });
}

#[test]
fn a_tool_that_reports_success_and_moves_nothing_strands_the_mail() {
    with_bed(|site| {
        let report = command(site, "true", LIMIT).unwrap();
        let trial = &report.trials[0];
        assert_eq!(trial.verdict, TrialVerdict::Unreachable);
        assert_eq!(trial.reasons[0], "before-1 is in source, and the home is destination");
        assert_eq!(trial.reasons.last().unwrap(), "the tool exited with 0, and before-1 is not in destination");
        // The directory step of the operator is the only traffic.
        let points: Vec<String> = report.planned.iter().map(ToString::to_string).collect();
        assert_eq!(points, ["directory:bind:1", "directory:modify:1", "directory:unbind:1"]);
    });
}

#[test]
fn the_requests_of_the_operator_do_not_count_as_those_of_the_tool() {
    with_bed(|site| {
        let report = command(site, "true", LIMIT).unwrap();
        assert_eq!(report.trials[0].reached_by_operator, report.planned);
        assert_eq!(report.not_exercised, ["source", "destination"]);
        let every = options(DirectoryStep::Last, &Mode::ALL);
        let report = trial::trials(site, &Mover::Command("true".to_owned()), &every, &()).unwrap();
        assert_eq!((report.trials.len(), report.points.len()), (1, 0), "no fault strikes such a tool");
        assert!(report.stopped.unwrap().starts_with("the tool sent nothing through the fault proxies"));
    });
}

#[test]
fn a_tool_that_never_succeeds_is_inconclusive_where_it_must_succeed() {
    with_bed(|site| {
        let must = TrialOptions { must_succeed: true, ..options(DirectoryStep::Last, &Mode::ALL) };
        let report =
            trial::trials(site, &Mover::Command("echo wrong password; exit 1".to_owned()), &must, &()).unwrap();
        let trial = &report.trials[0];
        assert_eq!((report.trials.len(), trial.verdict), (1, TrialVerdict::Inconclusive));
        let expected = "the tool never succeeded without a fault: the tool exited with 1: wrong password";
        assert_eq!(trial.reasons, [expected]);
    });
}

#[test]
fn a_tool_that_is_not_there_is_refused() {
    with_bed(|site| {
        let wrong = command(site, "no-such-mover {user}", LIMIT).unwrap_err().to_string();
        assert!(wrong.starts_with("the command `no-such-mover {user}` is not there: "), "{wrong}");
    });
}

#[test]
fn a_point_that_the_tool_does_not_reach_is_refused() {
    with_bed(|site| {
        let points = ["lmtp:DATA:9".parse().unwrap()];
        let options = TrialOptions { points: &points, ..options(DirectoryStep::Last, &Mode::ALL) };
        let wrong = trial::trials(site, &Mover::Command("true".to_owned()), &options, &()).unwrap_err().to_string();
        let expected = "true does not reach lmtp:DATA:9; its points are\n  directory:bind:1\n";
        assert!(wrong.starts_with(expected), "{wrong}");
    });
}
