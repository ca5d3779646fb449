//! `stranded conform --tool`: what is refused before anything starts, and the report of one real trial.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use pretty_assertions::assert_eq;
use serde_json::Value;

/// The exit code, standard output and standard error of a command line.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
    command.arg("conform").args(arguments).env("PATH", "/usr/bin:/bin");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Checks that a command line is refused with this sentence.
fn check_refused(arguments: &[&str], expected: &str) {
    let (code, out, err) = run(arguments);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    let err = err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(err.contains(expected), "{err}");
}

#[test]
fn a_tool_that_cannot_be_tried_is_refused_before_anything_starts() {
    check_refused(
        &["--tool", "fetchmial", "--testbed", "dovecot"],
        "`fetchmial` is no tool; expected one of doveadm-backup,",
    );
    check_refused(&["--tool", "imapsync", "--testbed", "dovecot"], "imapsync is not in PATH");
    check_refused(&["--tool", "fetchmail"], "expected --testbed dovecot, or --system FILE");
    check_refused(&["--tool", "fetchmail", "--testbed", "exchange"], "invalid value 'exchange'");
    check_refused(&["--tool", "fetchmail", "--point", "lmtp:DATA"], "`lmtp:DATA` is no fault point");
    check_refused(&["--testbed", "dovecot"], "required");
    check_refused(
        &["--tool", "fetchmail", "--testbed", "cyrus"],
        "`fetchmail` cannot be tried with --testbed cyrus, which has --tool xfer only",
    );
    check_refused(
        &["--tool", "xfer", "--testbed", "dovecot"],
        "`xfer` is a command of Cyrus Murder; add --testbed cyrus",
    );
    check_refused(
        &["--tool", "xfer", "--testbed", "cyrus", "--directory", "last"],
        "--directory last is not for `xfer`, which writes the directory itself",
    );
    check_refused(
        &["--tool", "fetchmail", "--testbed", "dovecot", "--repair", "all"],
        "--repair is for --tool xfer --testbed cyrus",
    );
    check_refused(
        &["--tool", "xfer", "--testbed", "cyrus", "--repair", "reboot"],
        "possible values: none, restart-source-destination, restart-destination-source,",
    );
    check_refused(&["second-move", "--tool", "fetchmail"], "cannot be used with");
    check_refused(
        &["--tool", "mover {usr}", "--testbed", "dovecot"],
        "there is no placeholder `{usr}`; expected one of {user}, {password}, {source},",
    );
    check_refused(
        &["--tool", "mover {user", "--testbed", "dovecot"],
        "the placeholder `{user` is not closed; expected `{user}`",
    );
    check_refused(&["--tool", "mover", "--testbed", "dovecot"], "a command line with a placeholder or a `/`, such as");
}

#[test]
fn an_option_that_trials_of_a_tool_ignore_is_refused() {
    for option in [
        &["--implements", "move"][..],
        &["--fail-under", "90"],
        &["--save", "runs"],
        &["--log", "log"],
        &["--seed", "1"],
        &["--max-actions", "1"],
        &["--drive", "random"],
        &["--safety"],
        &["--deadline", "1s"],
        &["--expected-failures", "known.toml"],
    ] {
        let arguments = [&["--tool", "fetchmail", "--testbed", "dovecot"], option].concat();
        check_refused(&arguments, "cannot be used with");
    }
}

#[test]
fn the_help_lists_the_placeholders_with_examples_and_a_dry_run_shows_a_command_line() {
    let (code, out, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("{source}") && out.contains("127.50.0.21:143"), "{out}");
    let (code, out, err) = run(&["--tool", "mover {user} {source}", "--testbed", "dovecot", "--dry-run"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("For example: mover trial42x1 127.50.0.21:143"), "{out}");
}

#[test]
fn a_tool_that_never_succeeds_is_inconclusive_in_every_report_and_no_fault_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("junit.xml").display().to_string();
    let tool = "echo {user}: no such module >&2; exit 1";
    let (code, out, err) = run(&["--tool", tool, "--testbed", "dovecot", "--report", &format!("junit={junit}")]);
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(out.starts_with("inconclusive: "), "{out}");
    let text = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("(not exercised: source, destination; not tried: any fault; a second run after success)"),
        "{text}"
    );
    assert!(text.contains("the tool never succeeded without a fault: the tool exited with 1"), "{text}");
    assert!(!text.contains("fine after retry"), "{text}");
    let report = fs::read_to_string(&junit).unwrap();
    assert!(report.contains("no such module") && report.contains("<error"), "{report}");
}

#[test]
fn processes_that_a_tool_leaves_behind_are_ended_and_named() {
    // In its process group, and outside of it.
    for tool in ["sleep 299 >/dev/null 2>&1 & echo {user}", "setsid sleep 299 >/dev/null 2>&1 & sleep 0.1; echo {user}"]
    {
        let (_, out, err) = run(&["--tool", tool, "--testbed", "dovecot", "--mode", "none"]);
        let says = "The tool left processes running after its end, which were ended: sleep.";
        assert!(out.contains(says), "{tool}: {out}{err}");
    }
    let left = Command::new("pgrep").args(["-fx", "sleep 299"]).output().unwrap();
    assert_eq!(String::from_utf8(left.stdout).unwrap(), "");
}

/// The configuration of a site at an address, in a folder with its secret.
fn site(address: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let store = |name: &str| {
        format!(
            "[stores.{name}]\nhome = \"{name}\"\nimap = \"imap://{address}:143\"\nplaintext = \"permitted\"\nlogin = \"{{user}}\"\n\
             password = {{ file = \"secret\" }}\n"
        )
    };
    let text = format!(
        "[directory]\nurl = \"ldap://{address}:389\"\nplaintext = \"permitted\"\nbind = \"cn=admin\"\npassword = {{ file = \"secret\" }}\n\
         new-password = {{ file = \"secret\" }}\nentry = \"uid={{user}}\"\nhome = \"mailHost\"\n{}{}\
         [delivery]\nlmtp = \"lmtp://{address}:24\"\nplaintext = \"permitted\"\nrecipient = \"{{user}}\"\n",
        store("old"),
        store("new")
    );
    let file = folder.path().join("site.toml");
    fs::write(&file, text).unwrap();
    let name = file.display().to_string();
    (folder, name)
}

#[test]
fn a_site_that_is_not_on_loopback_needs_a_backup() {
    let (_folder, file) = site("192.0.2.1");
    check_refused(&["--tool", "mbsync", "--system", &file], "192.0.2.1 is not on loopback");
    let (code, out, err) = run(&["--tool", "mbsync", "--system", &file, "--dry-run"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("move the mail from old to new, and delete the user and both mailboxes afterwards."), "{out}");
    assert!(out.contains("This is refused without --i-have-a-backup, because 192.0.2.1 is not on loopback."), "{out}");
    assert!(out.contains("Nothing was started."), "{out}");
}

#[test]
fn a_dry_run_says_what_would_be_tried() {
    let arguments = ["--tool", "fetchmail", "--testbed", "dovecot", "--directory", "first,never", "--mode", "cut,mail"];
    let (code, out, err) = run(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        out.contains("Run fetchmail without a fault, and write the directory before it. Then, at each frame"),
        "{out}"
    );
    assert!(out.contains("Run fetchmail without a fault, and never write the directory."), "{out}");
    assert!(out.contains("try in turn: cut, mail."), "{out}");
}

/// Returns the first lines of the table of verdicts.
fn table(report: &str, count: usize) -> Vec<&str> {
    report.lines().skip_while(|line| !line.starts_with("tool ")).take(count).collect()
}

/// A tool that reports success and moves nothing.
const IDLE: [&str; 8] =
    ["--tool", "true {user}", "--testbed", "dovecot", "--mode", "cut,kill", "--point", "directory:modify:1"];

#[test]
fn a_tool_that_strands_mail_fails_with_the_command_that_shows_it() {
    let (code, out, err) = run(&IDLE);
    assert_eq!(code, Some(1), "{err}");
    let headline = out.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "unreachable: true {user}, directory step last (not exercised: source, destination; not tried: swallow, mail; \
                    2 of 3 points)";
    assert!(headline.starts_with(expected), "{out}");
    let table: Vec<&str> = table(&out, 5);
    assert_eq!(
        table,
        [
            "tool        order fault   planned injected observed verdicts",
            "true {user} last  none          1        1        1 unreachable 1",
            "                  again         1        1        1 unreachable 1",
            "                  cut           1        1        1 unreachable 1",
            "                  kill          1        1        1 unreachable 1",
        ]
    );
    let command = "stranded conform --tool 'true {user}' --directory last --testbed dovecot --mode none";
    assert!(out.lines().any(|line| line.trim() == command), "{out}");
    let reasons = "fault none: unreachable\n  the tool exited with 0, and before-1 is not in destination\n  \
                   before-1 is in source, and the home is destination\n";
    assert!(out.contains(reasons), "{out}");
    assert!(out.contains("  first run: the tool exited with 0, the directory step exited with 0\n"), "{out}");
    // What happens without a fault is not the effect of one.
    assert_eq!(out.matches(": unreachable, also without a fault\n").count(), 3, "{out}");
    assert_eq!(out.matches("before-1 is in source").count(), 1, "{out}");
    assert!(out.contains("  No trace of the model: no built-in procedure describes it.\n"), "{out}");
}

#[test]
fn a_known_mover_that_strands_mail_comes_with_the_trace_of_the_model() {
    let (code, out, err) =
        run(&["--tool", "fetchmail", "--testbed", "dovecot", "--mode", "cut", "--point", "lmtp:MAIL:1"]);
    assert_eq!(code, Some(1), "{err}");
    let (_, trace) = out.split_once("  A run of the model with the same verdict:\n").unwrap_or_else(|| panic!("{out}"));
    assert_eq!(trace.lines().next(), Some("    1  mail message m1 arrives and is stored on source"));
    assert!(trace.contains("request is lost, nothing happens"), "{trace}");
    assert!(trace.contains("operator reports ok"), "{trace}");
}

#[test]
fn the_report_for_programs_has_every_trial() {
    let (code, out, err) = run(&[&IDLE[..], &["--format", "json"]].concat());
    assert_eq!(code, Some(1), "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["site"], "--testbed dovecot");
    let tool = &report["tools"][0];
    assert_eq!(tool["planned"][1], "directory:modify:1");
    let killed = &tool["trials"][2];
    assert_eq!(
        (&killed["mode"], &killed["frame"], &killed["verdict"]),
        (&"kill".into(), &2.into(), &"unreachable".into())
    );
    assert_eq!(killed["runs"][0]["directory-step"], "killed");
    assert_eq!(killed["runs"][1]["tool"]["exited"], 0);
    assert_eq!(killed["end"]["home"], "destination");
    assert_eq!(killed["end"]["stores"]["source"].as_array().map(Vec::len), Some(3));
}

/// `XFER` without an answer to the activation of the moved mailbox.
const XFER: [&str; 8] =
    ["--tool", "xfer", "--testbed", "cyrus", "--mode", "cut", "--point", "destination-imap:MUPDATEPUSH:1"];

#[test]
fn xfer_strands_a_mailbox_and_a_repair_recovers_it() {
    let (code, out, err) = run(&[&XFER[..], &["--repair", "enter-destination", "--repair", "none"]].concat());
    assert_eq!(code, Some(1), "{err}");
    let table: Vec<&str> = table(&out, 6);
    assert_eq!(
        table,
        [
            "tool order fault   planned injected observed verdicts",
            "xfer tool  none          1        1        1 fine 1",
            "           cut           1        1        1 unreachable 1",
            "xfer, then enter-destination",
            "     tool  none          1        1        1 fine 1",
            "           cut           1        1        1 fine after retry 1",
        ]
    );
    let command = "stranded conform --tool xfer --directory tool --testbed cyrus \
                   --mode cut --point destination-imap:MUPDATEPUSH:1";
    assert!(out.lines().any(|line| line.trim() == command), "{out}");
    assert!(out.contains("  before-1 is in destination, and the home is source (reserved)\n"), "{out}");
}

#[test]
fn a_recovered_mailbox_is_a_success_and_the_report_names_the_repair() {
    let arguments = ["--repair", "enter-destination", "--format", "json"];
    let (code, out, err) = run(&[&XFER[..], &arguments].concat());
    assert_eq!(code, Some(0), "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["site"], "--testbed cyrus");
    let tool = &report["tools"][0];
    assert_eq!((&tool["mover"], &tool["repair"]), (&"xfer".into(), &"enter-destination".into()));
    assert_eq!(tool["trials"][1]["verdict"], "fine-after-retry");
}

#[test]
fn a_dry_run_names_each_repair() {
    let (code, out, err) = run(&[&XFER[..], &["--repair", "all", "--dry-run"]].concat());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(out.matches("Run xfer without a fault, and let it write the directory.").count(), 9, "{out}");
    assert!(out.contains("Use test beds of Cyrus Murder on loopback, one for each trial."), "{out}");
    assert!(out.contains("do the repair enter-source-compare-destination, deliver a mail,"), "{out}");
    assert!(out.contains("Nothing was started."), "{out}");
}

/// Returns a command line of the mover of the tests, of this kind.
fn mover(kind: &str) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/imap-mover.py");
    format!("python3 {file} {kind} {{user}} {{password}} {{source}} {{destination}} {{system}}")
}

/// Returns the exit code and the report in one line, without a fault.
fn without_a_fault(kind: &str, order: &str) -> (Option<i32>, String) {
    let (code, out, err) =
        run(&["--tool", &mover(kind), "--testbed", "dovecot", "--directory", order, "--mode", "none"]);
    (code, format!("{out}{err}").split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn a_tool_is_run_again_after_its_success_and_must_not_destroy_the_mail_that_came_between() {
    let (code, out) = without_a_fault("copies", "last");
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("again 1 1 1 fine 1") && out.contains("(not tried: any fault)"), "{out}");
    let (code, out) = without_a_fault("wipes", "last");
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("none 1 1 1 fine 1") && out.contains("again 1 1 1 loss 1"), "{out}");
    assert!(out.contains("between is in no store"), "{out}");
    assert!(out.contains("a second run after success: loss the tool"), "{out}");
}

#[test]
fn a_tool_that_moves_the_mail_past_the_proxies_is_inconclusive() {
    let (code, out) = without_a_fault("bypasses", "last");
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("(not exercised: destination; not tried: any fault)"), "{out}");
}

#[test]
fn a_report_does_not_show_the_password_of_the_user() {
    let tool = "echo logged in as {user} with {password}; exit 1";
    let (code, out, err) = run(&["--tool", tool, "--testbed", "dovecot", "--mode", "none", "--format", "json"]);
    assert_eq!(code, Some(3), "{err}");
    assert!(out.contains("with {password}") && !out.contains("with secret"), "{out}");
}

#[test]
fn a_tool_with_a_relative_path_runs_or_the_report_says_where_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("mover.sh");
    fs::write(&script, "#!/bin/sh\necho it runs; exit 1\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |tool: &str, order: &str| {
        let arguments = ["conform", "--tool", tool, "--testbed", "dovecot", "--directory", order, "--mode", "none"];
        let ran = crate::cli::stranded_in(folder.path(), &arguments);
        (ran.code, format!("{}{}", ran.out, ran.err).split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let (code, out) = run("./mover.sh {user}", "last");
    assert!(code == 3 && out.contains("it runs"), "{out}");
    // The operator has written the directory, and the tool did not run.
    let (code, out) = run("sh mover.sh {user}", "first");
    assert!(code == 3 && out.contains("give the full path of mover.sh"), "{out}");
}
