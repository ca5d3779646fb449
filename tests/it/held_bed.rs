//! `stranded testbed up` and `down` with the bed of Cyrus Murder.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn a_bed_of_cyrus_stays_up_until_it_is_ended() {
    let mut up = Command::new(env!("CARGO_BIN_EXE_stranded"));
    up.args(["testbed", "up", "--testbed", "cyrus", "--user", "bob"]).stdout(Stdio::piped());
    let mut up = up.spawn().unwrap();
    let output = BufReader::new(up.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut lines: Vec<String> = Vec::new();
    for line in output {
        let is_last = line.starts_with("It ends with");
        lines.push(line);
        if is_last {
            break;
        }
    }
    let value = |name: &str| {
        let line = lines.iter().find_map(|line| line.trim_start().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name}: {lines:?}")).trim()
    };
    assert!(value("move").starts_with("at the source: XFER user/bob 127."), "{lines:?}");
    assert!(value("frontend").contains("mupdate at 127."), "{lines:?}");
    let folder = value("folder");
    let mut down = Command::new(env!("CARGO_BIN_EXE_stranded"));
    let down = down.args(["testbed", "down", folder]).output().unwrap();
    assert_eq!(String::from_utf8(down.stdout).unwrap(), format!("ended {folder}\n"));
    assert!(up.wait().unwrap().success());
    assert!(!std::path::Path::new(folder).exists());
}

#[test]
fn a_name_that_no_login_can_have_is_refused_before_anything_starts() {
    for name in ["o'brien", "john doe", "-x", ""] {
        let mut up = Command::new(env!("CARGO_BIN_EXE_stranded"));
        let ran = up.args(["testbed", "up", &format!("--user={name}")]).output().unwrap();
        assert_eq!((ran.status.code(), ran.stdout.is_empty()), (Some(2), true), "{name}");
        assert!(String::from_utf8(ran.stderr).unwrap().contains("a name has only letters, digits"), "{name}");
    }
}
