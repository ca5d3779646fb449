//! Servers and configurations that are wrong: each is one clear sentence, and nothing waits for ever.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use stranded_testbed::bed::Store;
use stranded_testbed::system::{Config, System, Trouble};

use super::fixtures::{bed, is_sentence, system_of};

/// The behaviour of a server that is wrong.
#[derive(Clone, Copy)]
enum Wrong {
    Silent,
    ClosesAtOnce,
    Garbage,
}

/// Listens on loopback, and treats every connection like this, as long as the test runs.
fn listen(wrong: Wrong) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            match wrong {
                Wrong::Silent => kept.push(stream),
                Wrong::ClosesAtOnce => {}
                Wrong::Garbage => {
                    let _ = stream.write_all(b"\x16\x03\xff\x00 one two three\r\n\r\n");
                    kept.push(stream);
                }
            }
        }
    });
    address
}

/// A system whose servers all are at this address.
fn system_at(address: SocketAddr) -> System {
    let toml = bed().system_toml().replace("answer = \"10s\"", "answer = \"300ms\"");
    let mut lines: Vec<String> = Vec::new();
    for line in toml.lines() {
        let (key, value) = line.split_once(" = ").unwrap_or((line, ""));
        match value.trim_matches('"').split_once("://") {
            Some((scheme, _)) => lines.push(format!("{key} = \"{scheme}://{address}\"")),
            None => lines.push(line.to_owned()),
        }
    }
    system_of(&lines.join("\n"))
}

#[test]
fn a_server_that_is_silent_closes_or_answers_garbage_is_unknown_in_time() {
    for (wrong, part) in [
        (Wrong::Silent, "did not answer within 300ms"),
        (Wrong::ClosesAtOnce, "closed"),
        (Wrong::Garbage, "no answer of"),
    ] {
        let system = system_at(listen(wrong));
        bed().add_user(&format!("wrong-{}", wrong as u8), Store::A).unwrap();
        let user = format!("wrong-{}", wrong as u8);
        fs::create_dir_all(bed().folder().join("mail/a").join(&user).join("sdbox")).unwrap();
        let started = Instant::now();
        let directory = system.home(&user).unwrap_err();
        let store = system.mailbox("source", &user).unwrap_err();
        let logon = system.log_on(&user).unwrap_err();
        let mail = system.deliver(&user, b"Subject: x\r\n\r\ny\r\n").unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(5));
        for trouble in [&directory, &store, &logon, &mail] {
            assert!(matches!(trouble, Trouble::Unknown(_)), "{trouble:?}");
        }
        is_sentence(&store, part);
        is_sentence(&logon, part);
        is_sentence(&system.check().unwrap_err(), "://127.0.0.1");
    }
}

#[test]
fn a_server_without_a_listener_is_unreachable() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let trouble = system_at(free).home("any").unwrap_err();
    assert!(matches!(trouble, Trouble::Unreachable(_)), "{trouble:?}");
    is_sentence(&trouble, "cannot connect to ldap://");
}

#[test]
fn a_refused_login_names_the_login_and_the_reason_of_the_server() {
    let secret = bed().folder().join("etc/wrong-secret");
    fs::write(&secret, "another").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let toml = bed().system_toml().replace("etc/secret", "etc/wrong-secret");
    bed().add_user("refused", Store::A).unwrap();
    let system = system_of(&toml);
    is_sentence(&system.home("refused").unwrap_err(), "refuses the login of cn=admin,dc=example,dc=test");
    let trouble = system.log_on("refused").unwrap_err();
    assert!(matches!(trouble, Trouble::Refused(_)), "{trouble:?}");
    is_sentence(&trouble, "refuses the login of refused: ");
    is_sentence(&trouble, "Authentication failed");
}

/// The text of the errors in a configuration with one change.
fn errors(from: &str, to: &str) -> String {
    let toml = bed().system_toml();
    assert!(toml.contains(from), "{from}");
    Config::read("system.toml", &toml.replace(from, to)).unwrap_err().render(false)
}

#[test]
fn a_wrong_configuration_is_shown_with_line_caret_and_the_accepted_form() {
    let check = |from: &str, to: &str, parts: &[&str]| {
        let shown = errors(from, to);
        assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
    };
    check("bind = ", "bnd = ", &["unknown key in [directory]: `bnd`", "did you mean `bind`?", "system.toml:3"]);
    check("ldap://", "http://", &["unknown scheme `http`"]);
    check("uid={user},", "uid=someone,", &["`entry` lacks `{user}`"]);
    check("home = \"mailHost\"\n", "", &["[directory] lacks `home`"]);
    check("answer = \"10s\"", "answer = \"soon\"", &["`answer` is no duration", "250ms"]);
    check("[logon]", "[login]", &["unknown key in the file: `login`", "did you mean `logon`?"]);
    let host = format!("home = \"{}\"", bed().host(Store::B));
    let other = format!("home = \"{}\"", bed().host(Store::A));
    check(&host, &other, &["two stores have the same home"]);
}

#[test]
fn a_secret_is_refused_unless_only_its_owner_can_read_it() {
    let secret = |name: &str, mode: u32| {
        let path = bed().folder().join("etc").join(name);
        fs::write(&path, "secret").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    secret("group", 0o640);
    let shown = errors("etc/secret", "etc/group");
    assert!(shown.contains("has the mode 0640") && shown.contains("chmod 600"), "{shown}");
    let shown = errors("etc/secret", "etc/none");
    assert!(shown.contains("cannot read") && shown.contains("No such file"), "{shown}");
    let file = format!("{{ file = \"{}/etc/secret\" }}", bed().folder().display());
    let shown = errors(&file, "{ env = \"STRANDED_NO_SUCH_VARIABLE\" }");
    assert!(shown.contains("the variable STRANDED_NO_SUCH_VARIABLE is not set"), "{shown}");
    let shown = errors(&file, "\"secret\"");
    assert!(shown.contains("`password` stands in the file itself"), "{shown}");
}
