//! The commands that `advise --dialect dovecot-ldap` prints, performed word by word on mailboxes that the article's move has stranded.
//! Mail arrives and sessions are open in the meantime; afterwards the stores are read.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_testbed::article;
use stranded_testbed::bed::{ADMIN, Bed, IMAP, LMTP, PASSWORD, Store};
use stranded_testbed::system::{Delivery, INBOX, Named, StoredMessage};

use super::{Ran, bed, stranded, system, unchanged};

/// The procedures that advise calls safe for a stranded mailbox without late mail, and that Dovecot can perform.
const PROCEDURES: [&str; 4] = ["append-repair", "method-1", "hold-then-method-1", "method-2"];
/// The longest time for something that needs a second or two.
const LONGEST: Duration = Duration::from_secs(60);

/// A stranded mailbox, and the messages that its servers accepted.
pub(super) struct Mailbox {
    pub(super) user: String,
    pub(super) accepted: Vec<String>,
    /// The folder in which scripts note what they have begun, for later runs.
    pub(super) notes: tempfile::TempDir,
}

impl Mailbox {
    /// Strands the mailbox of a new user by the move of the article. It has another folder too, and a message without a Message-ID.
    pub(super) fn stranded(user: &str) -> Self {
        bed().add_user(user, Store::A).unwrap();
        let system = system();
        article::perform(&article::STRANDED, &system, user).unwrap();
        system.append("destination", user, "Archive/2024", &text("kept"), &["\\Flagged".to_owned()]).unwrap();
        system.append("destination", user, INBOX, b"Subject: nameless\r\n\r\n.\r\n", &["\\Seen".to_owned()]).unwrap();
        assert_eq!(system.home(user).unwrap().unwrap().named, Named::Store("source".to_owned()));
        let accepted = names(&read("destination", user));
        assert_eq!((accepted.len(), read("source", user)), (3, Vec::new()));
        Self { user: user.to_owned(), accepted, notes: tempfile::tempdir().unwrap() }
    }

    pub(super) fn deliver(&mut self, name: &str) {
        assert_eq!(system().deliver(&self.user, &text(name)).unwrap(), Delivery::Stored);
        self.accepted.push(message_id(name));
    }

    /// Returns the snapshot.
    pub(super) fn snapshot(&self) -> String {
        let ran = stranded(&["snapshot", unchanged().to_str().unwrap(), &self.user], "");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        ran.out
    }

    /// Returns the commands of a procedure, if advise prints them.
    pub(super) fn commands(&self, snapshot: &str, procedure: &str) -> Option<String> {
        let arguments = ["advise", "-", "--dialect", "dovecot-ldap", "--procedure", procedure];
        let report = stranded(&[&arguments[..], &["--format", "json"]].concat(), snapshot);
        assert_eq!(report.code, 1, "{}", report.err);
        let report: Value = serde_json::from_str(&report.out).unwrap();
        let entries = report["mailboxes"][0]["advice"].as_array().unwrap();
        let with_script: Vec<_> = entries.iter().filter(|entry| entry["script"].is_string()).collect();
        let text = stranded(&arguments, snapshot).out;
        assert_eq!(text.contains("No commands are printed: "), with_script.is_empty(), "{text}");
        let [entry] = with_script[..] else {
            assert!(with_script.is_empty(), "one procedure has commands");
            return None;
        };
        assert_eq!((entry["procedure"].as_str(), entry["answer"].as_str()), (Some(procedure), Some("safe")));
        let script = entry["script"].as_str().unwrap();
        assert!(text.contains(script), "the text has the same commands");
        Some(script.to_owned())
    }

    /// Runs printed commands with the values of the bed.
    pub(super) fn perform(&self, script: &str) -> Ran {
        self.perform_with(script, &[])
    }

    /// Runs printed commands with the values of the bed, and some others.
    pub(super) fn perform_with(&self, script: &str, others: &[(&str, &str)]) -> Ran {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("commands");
        fs::write(&file, script).unwrap();
        let mut command = self.command(&file);
        let output = command.envs(others.iter().copied()).stdin(Stdio::null()).output().unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// Returns the command that runs a file with the values of the bed.
    pub(super) fn command(&self, file: &Path) -> Command {
        let doveadm = |config: PathBuf| format!("doveadm -c {}", config.display());
        let mut command = Command::new("timeout");
        command.arg(LONGEST.as_secs().to_string()).arg("bash").arg(file);
        command
            .env("ADDRESS", format!("{}@example.test", self.user))
            .env("LOGIN_NAMES", format!("{0},{0}@example.test", self.user))
            .env("LDAP_URL", bed().directory_url())
            .env("BIND_DN", ADMIN)
            .env("PASSWORD_FILE", bed().password_file())
            .env("USER_DN", Bed::dn(&self.user))
            .env("SAVED", self.notes.path().join("saved"))
            .env("LIST_QUEUE", "true")
            .env("HOST_SOURCE", bed().host(Store::A).to_string())
            .env("DOVEADM_SOURCE", doveadm(bed().doveadm_config(Store::A)))
            .env("HOST_DESTINATION", bed().host(Store::B).to_string())
            .env("DOVEADM_DESTINATION", doveadm(bed().doveadm_config(Store::B)))
            .env("DOVEADM_PROXY", doveadm(bed().proxy_config()))
            .env("HELD_FILE", bed().held_names());
        command
    }

    /// Performs a procedure that advise calls safe for the mailbox as it is now.
    #[track_caller]
    pub(super) fn repair(&self, procedure: &str) {
        let script =
            self.commands(&self.snapshot(), procedure).unwrap_or_else(|| panic!("{procedure} has no commands"));
        let ran = self.perform(&script);
        assert_eq!(ran.code, 0, "{procedure}: {}{}", ran.out, ran.err);
        assert!(ran.out.ends_with("done\n"), "{procedure}: {}{}", ran.out, ran.err);
    }

    /// Checks that the home has every accepted message once, and that nothing is elsewhere or held.
    #[track_caller]
    pub(super) fn is_recovered(&self, before: &str) {
        let user = &self.user;
        let Named::Store(home) = system().home(user).unwrap().unwrap().named else { panic!("{user} has no home") };
        let other = if home == "source" { "destination" } else { "source" };
        let mut accepted = self.accepted.clone();
        accepted.sort();
        assert_eq!(names(&read(&home, user)), accepted);
        assert_eq!(names(&read(other, user)), Vec::<String>::new());
        let mut seen = names(&system().log_on(user).unwrap());
        seen.sort();
        assert_eq!(seen, accepted);
        assert!(!self.is_held());
        let folder = tempfile::tempdir().unwrap();
        let earlier = folder.path().join("before.jsonl");
        fs::write(&earlier, before).unwrap();
        let compared = stranded(&["advise", "-", "--before", earlier.to_str().unwrap()], &self.snapshot());
        assert_eq!(compared.code, 0, "{}{}", compared.out, compared.err);
    }

    /// Returns true if the proxy holds mail and logins of the user.
    pub(super) fn is_held(&self) -> bool {
        let lines = fs::read_to_string(bed().held_names()).unwrap();
        lines.lines().any(|line| line.split(':').next() == Some(self.user.as_str()))
    }
}

pub(super) fn message_id(name: &str) -> String {
    format!("<{name}@example.test>")
}

pub(super) fn text(name: &str) -> Vec<u8> {
    format!("Message-ID: {}\r\n\r\n.The text.\r\n", message_id(name)).into_bytes()
}

pub(super) fn read(store: &str, user: &str) -> Vec<StoredMessage> {
    system().mailbox(store, user).unwrap().unwrap_or_default()
}

pub(super) fn names(messages: &[StoredMessage]) -> Vec<String> {
    let mut names: Vec<String> = messages.iter().map(|message| message.name().to_owned()).collect();
    names.sort();
    names
}

/// Waits until something is so.
#[track_caller]
pub(super) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LONGEST;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A sender of mail that tries each message until it is stored, as an MTA does. Returns the names of all stored messages, and the
/// number of attempts that were deferred.
fn send(user: &str, ended: &AtomicBool, sent: &AtomicBool) -> (Vec<String>, usize) {
    let (system, mut stored, mut deferred) = (system(), Vec::new(), 0);
    let deadline = Instant::now() + LONGEST;
    while !ended.load(Ordering::Relaxed) && Instant::now() < deadline {
        let name = format!("{user}-{}", stored.len());
        match system.deliver(user, &text(&name)).unwrap() {
            Delivery::Stored => {
                stored.push(message_id(&name));
                sent.store(true, Ordering::Relaxed);
            }
            Delivery::Deferred(_) => deferred += 1,
            other @ (Delivery::Returned(_) | Delivery::Unknown(_)) => panic!("{user}: {other:?}"),
        }
        thread::sleep(Duration::from_millis(30));
    }
    (stored, deferred)
}

/// A session of IMAP.
struct Session(BufReader<TcpStream>);

impl Session {
    fn open(host: Ipv4Addr, user: &str) -> io::Result<Self> {
        let stream = TcpStream::connect((host, IMAP))?;
        stream.set_read_timeout(Some(LONGEST))?;
        let mut session = Self(BufReader::new(stream));
        session.ask(&format!("LOGIN {user} {PASSWORD}"))?;
        session.ask("SELECT INBOX")?;
        Ok(session)
    }

    /// Sends a command and reads the answers to it.
    fn ask(&mut self, command: &str) -> io::Result<()> {
        self.0.get_mut().write_all(format!("a {command}\r\n").as_bytes())?;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = line.strip_prefix("a ") {
                return if answer.starts_with("OK") { Ok(()) } else { Err(io::Error::other(line)) };
            }
        }
    }

    /// Appends a message to the inbox.
    fn append(&mut self, name: &str) -> io::Result<()> {
        let text = String::from_utf8(text(name)).unwrap();
        // A literal that is sent at once. [RFC 7888]
        self.ask(&format!("APPEND INBOX {{{}+}}\r\n{text}", text.len()))
    }
}

/// Performs procedures at the same time, each for a mailbox of its own.
fn for_each(procedures: &[&'static str], purpose: &str, perform: impl Fn(&'static str, Mailbox) + Sync) {
    thread::scope(|scope| {
        for procedure in procedures {
            let perform = &perform;
            scope.spawn(move || perform(procedure, Mailbox::stranded(&format!("{purpose}-{procedure}"))));
        }
    });
}

#[test]
fn the_procedures_of_these_tests_are_all_that_are_safe_and_can_be_performed() {
    let snapshot = Mailbox::stranded("safe").snapshot();
    let report = stranded(&["advise", "-", "--dialect", "dovecot-ldap", "--format", "json"], &snapshot).out;
    let report: Value = serde_json::from_str(&report).unwrap();
    let entries = report["mailboxes"][0]["advice"].as_array().unwrap().iter();
    let safe = entries.filter(|entry| entry["answer"] == "safe" && entry.get("cannot_perform").is_none());
    assert_eq!(safe.map(|entry| entry["procedure"].as_str().unwrap()).collect::<Vec<_>>(), PROCEDURES);
}

#[test]
fn each_safe_procedure_recovers_a_stranded_mailbox() {
    for_each(&PROCEDURES, "quiet", |procedure, mailbox| {
        let before = mailbox.snapshot();
        mailbox.repair(procedure);
        mailbox.is_recovered(&before);
    });
}

#[test]
fn mail_that_arrives_while_delivery_is_held_waits_and_reaches_the_new_home() {
    for_each(&PROCEDURES, "during", |procedure, mut mailbox| {
        let before = mailbox.snapshot();
        let (ended, sent) = (AtomicBool::new(false), AtomicBool::new(false));
        let (stored, deferred) = thread::scope(|scope| {
            let (mailbox, ended, sent) = (&mailbox, &ended, &sent);
            let sender = scope.spawn(move || {
                until("delivery is held", || mailbox.is_held());
                // The proxy reads the file within a second, and until then it still delivers to the source.
                until("the proxy holds delivery", || Session::open(bed().proxy(), &mailbox.user).is_err());
                send(&mailbox.user, ended, sent)
            });
            mailbox.repair(procedure);
            until("a message is stored", || sent.load(Ordering::Relaxed));
            ended.store(true, Ordering::Relaxed);
            sender.join().unwrap()
        });
        assert!(deferred > 0, "{procedure}: no delivery was held");
        mailbox.accepted.extend(stored);
        mailbox.is_recovered(&before);
    });
}

#[test]
fn mail_that_arrives_before_and_while_everything_happens_is_copied_or_held() {
    let mut mailbox = Mailbox::stranded("always");
    mailbox.deliver("always-late");
    let before = mailbox.snapshot();
    let (ended, sent) = (AtomicBool::new(false), AtomicBool::new(false));
    let (stored, deferred) = thread::scope(|scope| {
        let sender = scope.spawn(|| send("always", &ended, &sent));
        until("a message is stored", || sent.load(Ordering::Relaxed));
        mailbox.repair("append-repair");
        ended.store(true, Ordering::Relaxed);
        sender.join().unwrap()
    });
    assert!(deferred > 0);
    mailbox.accepted.extend(stored);
    mailbox.deliver("always-after");
    mailbox.is_recovered(&before);
}

#[test]
fn advice_names_the_late_message_that_a_procedure_cannot_save_and_prints_no_commands_for_it() {
    let mut mailbox = Mailbox::stranded("late");
    mailbox.deliver("late");
    let snapshot = mailbox.snapshot();
    for procedure in ["method-1", "hold-then-method-1", "method-2"] {
        assert_eq!(mailbox.commands(&snapshot, procedure), None, "{procedure}");
    }
    let text = stranded(&["advise", "-", "--dialect", "dovecot-ldap"], &snapshot).out;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let left = "method-1 source to destination it can leave 1 message (<late@example.test>) on source";
    assert!(text.contains(left), "{text}");
    mailbox.repair("append-repair");
    mailbox.is_recovered(&snapshot);
}

#[test]
fn commands_that_copy_nothing_stop_before_the_switch_and_name_mail_that_came_after_the_advice() {
    for_each(&["method-1", "hold-then-method-1", "method-2"], "between", |procedure, mut mailbox| {
        let before = mailbox.snapshot();
        let script = mailbox.commands(&before, procedure).unwrap();
        let late = format!("late-{procedure}");
        mailbox.deliver(&late);
        let ran = mailbox.perform(&script);
        assert_eq!(ran.code, 1, "{procedure}: {}{}", ran.out, ran.err);
        let said = format!("INBOX\t{}\nstopped: only on SOURCE; observe again\n", message_id(&late));
        assert!(ran.err.contains(&said), "{procedure}: {}", ran.err);
        // Nothing has changed, and the operator sees that mail is held.
        assert_eq!(system().home(&mailbox.user).unwrap().unwrap().named, Named::Store("source".to_owned()));
        assert_eq!(names(&read("source", &mailbox.user)), [message_id(&late)]);
        assert!(mailbox.is_held() && ran.err.contains(" are held: lines of "), "{procedure}: {}", ran.err);
        mailbox.repair("append-repair");
        mailbox.is_recovered(&before);
    });
}

#[test]
fn values_of_two_users_stop_the_commands_before_anything_is_held() {
    let mailbox = Mailbox::stranded("values");
    bed().add_user("values-of-another", Store::A).unwrap();
    let script = mailbox.commands(&mailbox.snapshot(), "append-repair").unwrap();
    let of_another = Bed::dn("values-of-another");
    for (name, value) in [("USER_DN", of_another.as_str()), ("LOGIN_NAMES", "values,vaules"), ("LDAP_URL", "")] {
        let ran = mailbox.perform_with(&script, &[(name, value)]);
        assert_eq!(ran.code, 1, "{name}: {}{}", ran.out, ran.err);
        let says = if value.is_empty() {
            "stopped: set these at the top of the script: LDAP_URL"
        } else {
            "give names and entry of one user"
        };
        assert!(ran.err.contains(says), "{name}: {}", ran.err);
        assert!(!ran.err.contains(" are held: ") && !mailbox.is_held(), "{name}: {}", ran.err);
    }
    assert_eq!(system().home("values").unwrap().unwrap().named, Named::Store("source".to_owned()));
}

#[test]
fn the_next_run_sets_the_flags_that_an_interrupted_one_has_not_set() {
    let mut mailbox = Mailbox::stranded("flags");
    let flagged = ["\\Flagged".to_owned(), "\\Deleted".to_owned()];
    system().append("source", "flags", INBOX, &text("half"), &flagged).unwrap();
    system().append("destination", "flags", INBOX, &text("half"), &["\\Seen".to_owned()]).unwrap();
    mailbox.accepted.push(message_id("half"));
    mailbox.repair("append-repair");
    let found = read("destination", "flags");
    let half = found.iter().find(|message| message.name() == message_id("half")).unwrap();
    assert_eq!(half.flags, ["\\Flagged", "\\Seen"]);
}

#[test]
fn sessions_that_cannot_be_listed_stop_the_commands() {
    let mailbox = Mailbox::stranded("unlisted");
    let script = mailbox.commands(&mailbox.snapshot(), "append-repair").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refusing = folder.path().join("doveadm");
    let real = format!("exec doveadm -c '{}' \"$@\"", bed().doveadm_config(Store::A).display());
    fs::write(&refusing, format!("case \" $* \" in *' who '*) echo refused >&2; exit 77 ;; esac\n{real}\n")).unwrap();
    let ran = mailbox.perform_with(&script, &[("DOVEADM_SOURCE", &format!("sh {}", refusing.display()))]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("refused\nstopped: cannot list the sessions on SOURCE\n"), "{}", ran.err);
    assert!(mailbox.is_held() && ran.err.contains("let them through:\n"), "{}", ran.err);
    assert_eq!(system().home("unlisted").unwrap().unwrap().named, Named::Store("source".to_owned()));
}

/// A delivery whose recipient the proxy has accepted, and whose text it has not read yet.
fn begun_delivery(user: &str) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(TcpStream::connect((bed().proxy(), LMTP)).unwrap());
    stream.get_ref().set_read_timeout(Some(LONGEST)).unwrap();
    let recipient = format!("RCPT TO:<{user}>");
    for (command, code) in
        [("", "220 "), ("LHLO localhost", "250 "), ("MAIL FROM:<>", "250 "), (&recipient, "250 "), ("DATA", "354 ")]
    {
        if !command.is_empty() {
            stream.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
        }
        answered(&mut stream, code);
    }
    stream
}

/// Reads the answer of an LMTP server up to its last line.
#[track_caller]
fn answered(stream: &mut BufReader<TcpStream>, code: &str) {
    let mut line = String::new();
    while line.as_bytes().get(3) != Some(&b' ') {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the connection ended before {code}");
    }
    assert!(line.starts_with(code), "{line}");
}

#[test]
fn a_delivery_that_began_before_the_hold_is_waited_for() {
    for_each(&["append-repair", "method-1"], "begun", |procedure, mut mailbox| {
        let before = mailbox.snapshot();
        let script = mailbox.commands(&before, procedure).unwrap();
        let late = format!("late-{procedure}");
        let mut delivery = begun_delivery(&mailbox.user);
        let ran = thread::scope(|scope| {
            let mailbox = &mailbox;
            let text = text(&late);
            scope.spawn(move || {
                until("logins are refused", || Session::open(bed().proxy(), &mailbox.user).is_err());
                // The script ends sessions, and that of this look may be one of them.
                let held = || system().mailbox("source", &mailbox.user);
                until("the message is not stored yet", || held().is_ok_and(|held| held.unwrap_or_default().is_empty()));
                // The script is in its wait for deliveries, or reaches it now.
                thread::sleep(Duration::from_secs(2));
                delivery.get_mut().write_all(&[&text[..], b".\r\n"].concat()).unwrap();
                answered(&mut delivery, "250 ");
            });
            mailbox.perform(&script)
        });
        mailbox.accepted.push(message_id(&late));
        if procedure == "method-1" {
            assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
            assert!(ran.err.contains(&message_id(&late)), "{}", ran.err);
            assert_eq!(system().home(&mailbox.user).unwrap().unwrap().named, Named::Store("source".to_owned()));
            mailbox.repair("append-repair");
        } else {
            assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        }
        mailbox.is_recovered(&before);
    });
}

#[test]
fn open_sessions_end_before_the_switch_and_logins_are_refused_until_the_home_is_right() {
    for_each(&PROCEDURES, "session", |procedure, mailbox| {
        let before = mailbox.snapshot();
        let user = &mailbox.user;
        let mut open: Vec<Session> =
            [bed().proxy(), bed().host(Store::A)].map(|host| Session::open(host, user).unwrap()).into();
        thread::scope(|scope| {
            let mailbox = &mailbox;
            scope.spawn(move || {
                until("a login is refused", || {
                    let refused = Session::open(bed().proxy(), user).err();
                    refused.is_some_and(|reason| reason.to_string().contains("[UNAVAILABLE]"))
                });
            });
            mailbox.repair(procedure);
        });
        assert!(open.iter_mut().all(|session| session.ask("NOOP").is_err()), "{procedure}");
        mailbox.is_recovered(&before);
    });
}

#[test]
fn what_a_session_writes_until_it_ends_is_copied() {
    let mut mailbox = Mailbox::stranded("writes");
    let before = mailbox.snapshot();
    let (written, unanswered) = thread::scope(|scope| {
        let mut session = Session::open(bed().proxy(), "writes").unwrap();
        session.append("writes-first").unwrap();
        let client = scope.spawn(move || {
            let mut written = vec![message_id("writes-first")];
            loop {
                let name = format!("writes-{}", written.len());
                if session.append(&name).is_err() {
                    return (written, message_id(&name));
                }
                written.push(message_id(&name));
                thread::sleep(Duration::from_millis(20));
            }
        });
        mailbox.repair("append-repair");
        client.join().unwrap()
    });
    mailbox.accepted.extend(written);
    // The server may have stored the last message, whose answer the client did not see.
    let stored = names(&system().log_on("writes").unwrap());
    mailbox.accepted.extend(stored.into_iter().filter(|name| *name == unanswered).take(1));
    let mut after = Session::open(bed().proxy(), "writes").unwrap();
    after.append("writes-after").unwrap();
    mailbox.accepted.push(message_id("writes-after"));
    mailbox.is_recovered(&before);
}
