//! Outputs: each is checked before a command works, and a report that cannot be written is printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pretty_assertions::assert_eq;
use stranded_search::files::write;

use crate::cli::stranded_in;

use super::{OLD, names};

const PROGRAM: &str = env!("CARGO_BIN_EXE_stranded");

/// An adapter that leaves a file when it starts.
const ADAPTER: [&str; 5] = ["--", "sh", "-c", "touch started; exec \"$0\" adapter reference", PROGRAM];

#[test]
fn an_output_that_cannot_be_written_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::write(folder.path().join("file"), OLD).unwrap();
    fs::write(folder.path().join("log"), "").unwrap();
    let with_adapter = |arguments: &[&'static str]| [arguments, &ADAPTER].concat();
    for (arguments, path) in [
        (vec!["check", "move", "-o", "folder"], "folder"),
        (vec!["check", "move", "-o", "none/x"], "none/x"),
        (vec!["check", "move", "-o", "file/x"], "file/x"),
        (vec!["check", "move", "--traces", "file"], "file"),
        (vec!["check", "move", "--traces", "file/x"], "file/x"),
        (vec!["check", "move", "--checkpoint", "file"], "file"),
        (with_adapter(&["conform", "move", "-o", "folder"]), "folder"),
        (with_adapter(&["conform", "move", "--save", "file"]), "file"),
        (with_adapter(&["conform", "move", "--log", "folder"]), "folder"),
        (with_adapter(&["conform", "move", "--adapter-log", "folder"]), "folder"),
        (with_adapter(&["doctor", "--adapter-log", "folder"]), "folder"),
        (with_adapter(&["doctor", "-o", "none/x"]), "none/x"),
        (vec!["replay", "log", "--html", "folder"], "folder"),
        (vec!["replay", "log", "-o", "folder"], "folder"),
        (vec!["validate", "move", "log", "-o", "folder"], "folder"),
        (vec!["advise", "log", "-o", "folder"], "folder"),
        (vec!["generate", "move", "-o", "file"], "file"),
        (vec!["list", "-o", "folder"], "folder"),
        (vec!["show", "move", "-o", "folder"], "folder"),
        (vec!["schema", "trace", "-o", "folder"], "folder"),
    ] {
        let ran = stranded_in(folder.path(), &arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        let line = format!("error: cannot write to {path}: ");
        assert!(ran.err.starts_with(&line) && ran.err.lines().count() == 1, "{arguments:?}: {}", ran.err);
        assert_eq!(names(folder.path()), ["file", "folder", "log"], "{arguments:?}");
    }
    let twice = stranded_in(folder.path(), &with_adapter(&["conform", "move", "-o", "new", "--log", "new"]));
    assert_eq!((twice.code, twice.err.as_str()), (2, "error: two outputs cannot be one file: new\n"));
}

#[test]
fn a_report_that_cannot_be_written_is_printed_and_success_becomes_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    let shown = stranded_in(folder.path(), &["show", "second-move"]).out;
    fs::write(folder.path().join("wrong.toml"), shown.replace("no-loss = \"violated\"", "no-loss = \"holds\""))
        .unwrap();
    for (arguments, code) in [
        (&["list"][..], 3),
        (&["list", "--format", "json"], 3),
        (&["check", "move", "--format", "tap"], 3),
        (&["check", "wrong.toml", "--format", "tap"], 1),
        (&["check", "move", "--format", "tap", "--max-depth", "2"], 3),
    ] {
        let usual = stranded_in(folder.path(), arguments);
        let ran = stranded_in(folder.path(), &[arguments, &["-o", "/dev/full"]].concat());
        assert_eq!((ran.code, &ran.out), (code, &usual.out), "{arguments:?}");
        assert_eq!(ran.err, "error: cannot write to /dev/full: No space left on device (os error 28)\n");
    }
    let adapter = ["--", PROGRAM, "adapter", "reference"];
    let ran = stranded_in(folder.path(), &[&["conform", "method-2", "--log", "/dev/full"], &adapter[..]].concat());
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.starts_with("conforming"), "{}", ran.out);
}

#[test]
fn standard_output_without_room_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let script = "ulimit -f 1; \"$0\" schema trace > out";
    let output = Command::new("sh").args(["-c", script, PROGRAM]).current_dir(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let reported = String::from_utf8(output.stderr).unwrap();
    assert_eq!(reported, "error: cannot write to standard output: File too large (os error 27)\n");
    let output = Command::new("sh").args(["-c", "\"$0\" list > /dev/full", PROGRAM]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[test]
fn a_log_of_the_adapter_that_is_truncated_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = |rest: &str| format!("echo noise >&2; {rest}");
    let (sound, broken) = (adapter("exec \"$0\" adapter reference"), adapter("exit 1"));
    let arguments = |script: &str| -> Vec<String> {
        let arguments = ["conform", "method-2", "--adapter-log", "/dev/full", "--", "sh", "-c", script, PROGRAM];
        arguments.map(str::to_owned).to_vec()
    };
    let run = |script: &str| {
        let arguments = arguments(script);
        stranded_in(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let ran = run(&sound);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.starts_with("conforming"), "{}", ran.out);
    assert!(ran.err.contains("cannot write to /dev/full: No space left on device"), "{}", ran.err);
    let doctor = ["doctor", "--adapter-log", "/dev/full", "--", "sh", "-c", &sound, PROGRAM];
    let ran = stranded_in(folder.path(), &doctor);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.contains("remark: the log is incomplete: No space left on device"), "{}", ran.out);
    let ran = run(&broken);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("the log of its standard error is incomplete: No space left on device"), "{}", ran.err);
}

/// Returns a script that runs the program without room for its output.
fn without_room(folder: &Path, file: &str) -> i32 {
    let script = "ulimit -f 2; exec \"$0\" schema trace -o \"$1\"";
    let status = Command::new("sh").args(["-c", script, PROGRAM, file]).current_dir(folder).output().unwrap().status;
    status.code().expect("the limit ends no program")
}

#[test]
fn a_file_in_memory_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let file = folder.path().join("file");
    fs::write(&file, OLD).unwrap();
    assert_eq!(without_room(Path::new("/"), file.to_str().unwrap()), 3);
    assert_eq!(fs::read_to_string(&file).unwrap(), OLD);
    write(&file, b"new").unwrap();
    assert_eq!((fs::read_to_string(&file).unwrap().as_str(), names(folder.path())), ("new", vec!["file".to_owned()]));
}

/// Returns a folder in which no temporary file fits, because its path is too long for one.
fn full_path(root: &Path) -> PathBuf {
    // The limit of the system is 4,096 bytes with the NUL.
    const LENGTH: usize = 4_085;
    let mut folder = fs::canonicalize(root).unwrap();
    while folder.as_os_str().len() + 202 < LENGTH {
        folder.push("x".repeat(200));
        fs::create_dir(&folder).unwrap();
    }
    folder.push("x".repeat(LENGTH - folder.as_os_str().len() - 1));
    fs::create_dir(&folder).unwrap();
    folder
}

#[test]
fn a_file_that_cannot_be_replaced_is_overwritten_whole_or_not_at_all() {
    let root = tempfile::tempdir().unwrap();
    let folder = full_path(root.path());
    let file = folder.join("file");
    for old in ["", OLD, &OLD.repeat(1_000)] {
        fs::write(&file, old).unwrap();
        assert_eq!(without_room(Path::new("/"), file.to_str().unwrap()), 3, "{} bytes", old.len());
        assert!(fs::read_to_string(&file).unwrap() == old, "{} bytes", old.len());
        for new in ["new", &"new".repeat(1_000)] {
            write(&file, new.as_bytes()).unwrap();
            assert!(fs::read_to_string(&file).unwrap() == new);
        }
        assert_eq!(names(&folder), ["file"]);
    }
}

#[test]
fn an_output_behind_an_open_file_is_written_into_that_file() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let script = "echo before > out; \"$0\" show move -o \"$1\" >> out; echo after >> out";
        let ended = Command::new("sh").args(["-c", script, PROGRAM, path]).current_dir(&folder).status().unwrap();
        assert!(ended.success());
        let out = fs::read_to_string(folder.path().join("out")).unwrap();
        assert!(out.ends_with("after\n") && out.contains("name = \"move\""), "{path}: {out}");
    }
}
