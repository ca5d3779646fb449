//! The commands that read or write a real site, on real servers: what they print, and their exit codes.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod advice;
mod movers;
mod values;

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use pretty_assertions::assert_eq;
use stranded_testbed::bed::{Bed, IMAP, LDAP, Store};
use stranded_testbed::system::{Config, INBOX, System};

const STRANDED: &str = env!("CARGO_BIN_EXE_stranded");
const MESSAGE: &[u8] = b"Message-ID: <m1@example.test>\r\n\r\nThe text.\r\n";

/// The servers of all tests. Each test has users of its own.
fn bed() -> &'static Bed {
    static BED: OnceLock<Bed> = OnceLock::new();
    BED.get_or_init(|| Bed::up().unwrap())
}

/// The text, the errors and the exit code of a program that has ended.
struct Ran {
    out: String,
    err: String,
    code: i32,
}

fn stranded(arguments: &[&str], input: &str) -> Ran {
    let mut command = Command::new(STRANDED);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

/// A configuration of the servers, with one change, in a file of this name.
fn config(name: &str, from: &str, to: &str) -> PathBuf {
    let text = bed().system_toml();
    assert!(text.contains(from), "{from}");
    let path = bed().folder().join("etc").join(name);
    fs::write(&path, text.replace(from, to)).unwrap();
    path
}

fn unchanged() -> PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| config("system.toml", "", "")).clone()
}

fn system() -> System {
    System::new(Config::read("system.toml", &bed().system_toml()).unwrap()).unwrap()
}

/// An address on which no server listens.
fn unused() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn conform(scenario: &str, config: &Path) -> Ran {
    stranded(&["conform", scenario, "--", STRANDED, "adapter", "ldap-imap", config.to_str().unwrap()], "")
}

#[test]
fn a_move_without_marks_conforms_on_real_servers() {
    let ran = conform("move-without-marks", &unchanged());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("conforming"), "{}", ran.out);
}

#[test]
fn a_scenario_with_marks_is_skipped_by_a_sentence() {
    let ran = conform("second-move", &unchanged());
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!((ran.out + &ran.err).contains("IMAP stores have no in-transit mark"));
}

#[test]
fn an_adapter_whose_directory_does_not_answer_is_broken_and_says_why() {
    let directory = format!("ldap://{}:{LDAP}", bed().proxy());
    let ran = conform("move-without-marks", &config("down.toml", &directory, &format!("ldap://{}", unused())));
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("cannot connect to ldap://127.0.0.1"), "{}", ran.err);
}

#[test]
fn a_wrong_configuration_ends_every_command_with_its_line() {
    let wrong = config("wrong.toml", "bind = ", "bnd = ");
    let wrong = wrong.to_str().unwrap();
    let journal = tempfile::tempdir().unwrap();
    let perform = ["testbed", "perform", "move-without-marks", "any", "source", "destination", "--system", wrong];
    let perform = [&perform[..], &["--journal", journal.path().to_str().unwrap()]].concat();
    for arguments in [&["adapter", "ldap-imap", wrong][..], &["snapshot", wrong], &perform] {
        let ran = stranded(arguments, "");
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(
            ran.err.contains("unknown key in [directory]: `bnd`") && ran.err.contains("wrong.toml:3"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_connection_without_tls_to_another_host_ends_every_command_with_what_to_write_instead() {
    let imap = format!("imap://{}:{IMAP}", bed().host(Store::A));
    let plain = config("plain.toml", &imap, "imap://mail.example.test");
    let plain = plain.to_str().unwrap();
    let journal = tempfile::tempdir().unwrap();
    let perform = ["testbed", "perform", "move-without-marks", "any", "source", "destination", "--system", plain];
    let perform = [&perform[..], &["--journal", journal.path().to_str().unwrap()]].concat();
    let whole_tool = ["conform", "--tool", "fetchmail", "--system", plain];
    for arguments in [&["adapter", "ldap-imap", plain][..], &["snapshot", plain, "any"], &perform, &whole_tool] {
        let ran = stranded(arguments, "");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
        for part in [
            "`imap` sends passwords and mail unprotected to mail.example.test, which is another host",
            "`imaps://mail.example.test`, or `starttls = true`, or `plaintext = \"permitted\"`",
            "plain.toml:",
        ] {
            assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
        }
    }
}

#[test]
fn a_snapshot_leaves_out_a_store_that_does_not_answer() {
    bed().add_user("half", Store::A).unwrap();
    for store in ["source", "destination"] {
        system().append(store, "half", INBOX, MESSAGE, &[]).unwrap();
    }
    let whole = stranded(&["snapshot", unchanged().to_str().unwrap(), "half"], "");
    assert_eq!((whole.code, whole.err.as_str()), (0, ""), "{}", whole.out);
    let piped = stranded(&["snapshot", unchanged().to_str().unwrap(), "-"], "half\n");
    assert_eq!(piped.out, whole.out);
    let all = stranded(&["snapshot", unchanged().to_str().unwrap()], "");
    assert!(all.out.contains(&whole.out), "{}", all.out);

    let destination = format!("imap://{}:{IMAP}", bed().host(Store::B));
    let down = config("half.toml", &destination, &format!("imap://{}", unused()));
    let half = stranded(&["snapshot", down.to_str().unwrap(), "half"], "");
    assert_eq!(half.code, 3, "{}", half.err);
    assert!(half.err.contains("destination of half is not known: cannot connect to imap://127.0.0.1"), "{}", half.err);
    assert!(half.out.contains("\"source\":{\"details\"") && !half.out.contains("\"destination\":{\"details\""));
    let advice = stranded(&["advise", "-"], &whole.out);
    assert!([0, 1].contains(&advice.code), "{}", advice.err);
}

#[test]
fn a_performed_procedure_ends_with_the_exit_code_of_its_report() {
    bed().add_user("performed", Store::A).unwrap();
    let journal = tempfile::tempdir().unwrap();
    let perform = |procedure: &str, config: &Path| {
        let mut arguments = vec!["testbed", "perform", procedure, "performed", "source", "destination"];
        arguments.extend(["--system", config.to_str().unwrap(), "--journal", journal.path().to_str().unwrap()]);
        stranded(&arguments, "")
    };
    system().append("source", "performed", INBOX, MESSAGE, &[]).unwrap();
    let ok = perform("move-without-marks", &unchanged());
    assert_eq!((ok.code, ok.err.as_str()), (0, "ok at step done\n"));
    let refused = perform("move-without-marks", &unchanged());
    assert_eq!((refused.code, refused.err.as_str()), (1, "refused at step home-is-source\n"));
    let lacking = perform("move", &unchanged());
    assert_eq!(lacking.code, 2, "{}", lacking.err);
    assert!(lacking.err.contains("no in-transit mark"), "{}", lacking.err);
    let source = format!("imap://{}:{IMAP}", bed().host(Store::A));
    let unknown = perform("doveadm-sync-1", &config("lost.toml", &source, &format!("imap://{}", unused())));
    assert_eq!(unknown.code, 3, "{}", unknown.err);
    assert!(unknown.err.starts_with("unknown at step list-source: cannot connect to"), "{}", unknown.err);
    let steps = fs::read_to_string(journal.path().join("performed.administrator.steps")).unwrap();
    assert!(steps.starts_with("other-server\nhome-is-source\ncreate\nlist-source\n"), "{steps}");
}
