//! Files on disk: a file that is read whole has a limit, and a file that is written is either complete or unchanged.

mod inputs;
mod outputs;

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use pretty_assertions::assert_eq;
use stranded_search::files::{READ_MAX, read, read_from, write};

use crate::cli::stranded_in;

/// The content of a file before the program writes it.
const OLD: &str = "what was there before\n";

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Runs the program with a limit of one kilobyte on the size of a file.
fn without_room(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let script = "ulimit -f 2; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_stranded")]).args(arguments).current_dir(folder);
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_new_file_has_the_usual_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let script = "umask 027; exec \"$0\" show move -o new.toml";
    let status = Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_stranded")]).current_dir(&folder).status();
    assert!(status.unwrap().success());
    assert_eq!(names(folder.path()), ["new.toml"]);
    assert_eq!(mode(&folder.path().join("new.toml")), 0o640);
}

#[test]
fn a_file_that_is_replaced_keeps_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    for kept in [0o600, 0o664] {
        fs::write(&file, OLD).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(kept)).unwrap();
        write(&file, b"new").unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), mode(&file)), ("new", kept));
    }
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn a_link_stays_a_link_and_its_target_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("there")).unwrap();
    let (target, link, second) =
        (folder.path().join("there/file"), folder.path().join("link"), folder.path().join("2"));
    symlink("there/file", &link).unwrap();
    symlink(&link, &second).unwrap();
    for text in ["new file", "replaced"] {
        write(&second, text.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), text);
        assert!([&link, &second].iter().all(|link| fs::symlink_metadata(link).unwrap().is_symlink()));
    }
    assert_eq!(names(&folder.path().join("there")), ["file"]);
    symlink("round", folder.path().join("round")).unwrap();
    assert!(write(&folder.path().join("round"), b"nowhere").is_err());
}

#[test]
fn an_output_that_is_no_regular_file_is_written_in_place() {
    let folder = tempfile::tempdir().unwrap();
    write(Path::new("/dev/null"), b"nothing").unwrap();
    let full = stranded_in(folder.path(), &["show", "move", "-o", "/dev/full"]);
    let shown = stranded_in(folder.path(), &["show", "move"]);
    assert_eq!((full.code, &full.out), (3, &shown.out));
    assert!(full.err.contains("cannot write to /dev/full: No space left"), "{}", full.err);
    for out in ["/dev/stdout", "-"] {
        let ran = stranded_in(folder.path(), &["show", "move", "-o", out]);
        assert_eq!((ran.code, &ran.out), (0, &shown.out), "{out}");
    }
    let script = "mkfifo pipe; \"$0\" show move -o pipe & cat pipe; wait";
    let piped = Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_stranded")]).current_dir(&folder).output();
    assert_eq!(String::from_utf8(piped.unwrap().stdout).unwrap(), shown.out);
    assert_eq!(names(folder.path()), ["pipe"]);
}

#[test]
fn a_file_without_room_is_unchanged_and_leaves_no_partial_file() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stranded_in(folder.path(), &["check", "second-move", "--traces", "traces"]).code, 0);
    let trace = "traces/second-move.no-loss.json";
    let out = folder.path().join("out");
    fs::write(&out, OLD).unwrap();
    for arguments in [
        &["check", "second-move", "-o", "out"][..],
        &["check", "second-move", "--format", "json", "-o", "out"],
        &["check", "article", "--format", "junit", "-o", "out"],
        &["replay", trace, "--html", "out"],
        &["replay", trace, "--to", "itf", "-o", "out"],
        &["schema", "scenario", "-o", "out"],
    ] {
        let (code, reported) = without_room(folder.path(), arguments);
        assert_eq!(code, 3, "{arguments:?}: {reported}");
        assert_eq!(reported, "error: cannot write to out: File too large (os error 27)\n", "{arguments:?}");
        assert_eq!(fs::read_to_string(&out).unwrap(), OLD, "{arguments:?}");
        assert_eq!(names(folder.path()), ["out", "traces"], "{arguments:?}");
    }
    let saved = fs::read_to_string(folder.path().join(trace)).unwrap();
    let before = names(&folder.path().join("traces"));
    let (code, reported) = without_room(folder.path(), &["check", "second-move", "--traces", "traces"]);
    assert_eq!(code, 3, "{reported}");
    assert_eq!(fs::read_to_string(folder.path().join(trace)).unwrap(), saved);
    assert_eq!(names(&folder.path().join("traces")), before);
}

#[test]
fn a_log_is_unchanged_if_there_is_no_room_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    fs::write(&log, OLD).unwrap();
    let program = env!("CARGO_BIN_EXE_stranded");
    let (code, reported) =
        without_room(folder.path(), &["conform", "move", "--log", "log", "--", program, "adapter", "reference"]);
    assert_eq!(code, 3, "{reported}");
    assert!(reported.contains("cannot write to log: File too large"), "{reported}");
    assert_eq!((fs::read_to_string(&log).unwrap().as_str(), names(folder.path())), (OLD, vec!["log".to_owned()]));
}

#[test]
fn a_file_beyond_the_size_limit_is_refused() {
    let zeros = |count: u64| std::io::Read::take(std::io::repeat(b' '), count);
    assert_eq!(read_from("zeros", zeros(READ_MAX)).unwrap().len() as u64, READ_MAX);
    assert_eq!(read_from("zeros", zeros(READ_MAX + 1)).unwrap_err().reason.kind(), ErrorKind::FileTooLarge);
    assert_eq!(read("/dev/zero").unwrap_err().reason.kind(), ErrorKind::FileTooLarge);
    let wrong = read_from("bytes", &b"one\ntwo\n\xff"[..]).unwrap_err();
    assert_eq!(wrong.to_string(), "cannot read bytes: line 3 is not UTF-8 text");
    let wrong = read_from("wide", &b"\xff\xfe{\0"[..]).unwrap_err();
    assert_eq!(wrong.to_string(), "cannot read wide: it is UTF-16 text: save it as UTF-8");
}

#[test]
fn no_command_reads_a_file_without_an_end() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("none.jsonl"), "").unwrap();
    let endless = "/dev/zero";
    symlink(endless, folder.path().join("x.toml")).unwrap();
    for arguments in [
        &["explore", endless][..],
        &["explore", "./x.toml"],
        &["check", "x.toml"],
        &["check", "x.toml", "--from", "move"],
        &["check", "move", "--engine", "timely", "--hosts", endless, "--process", "0"],
        &["replay", endless],
        &["replay", "/dev/zero#move/no-loss"],
        &["advise", endless],
        &["advise", "none.jsonl", "--runbook", endless],
        &["conform", "--replay", endless, "--", "true"],
        &["conform", "move", "--expected-failures", endless, "--", "true"],
    ] {
        let ran = stranded_in(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("it is longer than the limit of 64.0 MiB"), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_page_has_one_output_and_one_format() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stranded_in(folder.path(), &["check", "second-move", "--traces", "."]).code, 0);
    let trace = "second-move.no-loss.json";
    for also in [&["-o", "y"][..], &["--format", "json"], &["--format", "text"], &["--to", "html"], &["--interactive"]]
    {
        let arguments = [&["replay", trace, "--html", "x"], also].concat();
        let ran = stranded_in(folder.path(), &arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains("cannot be used with"), "{}", ran.err);
        assert!(!folder.path().join("x").exists() && !folder.path().join("y").exists());
    }
    let to_file = stranded_in(folder.path(), &["replay", trace, "--html", "x"]);
    let printed = stranded_in(folder.path(), &["replay", trace, "--html", "-"]);
    assert_eq!((to_file.code, to_file.out.as_str(), printed.code), (0, "", 0));
    assert!(printed.out == fs::read_to_string(folder.path().join("x")).unwrap(), "the pages differ");
    assert!(!folder.path().join("-").exists());
}
