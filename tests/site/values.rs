//! Wrong values, old advice and repeated runs of the commands that `advise --dialect dovecot-ldap` prints: they stop before anything is
//! lost, or end with mail and logins let through.

use std::process::{Command, Stdio};
use std::thread;

use pretty_assertions::assert_eq;
use stranded_testbed::bed::Store;
use stranded_testbed::system::{INBOX, Named};

use super::advice::{Mailbox, message_id, names, read, text, until};
use super::{bed, stranded, system};

fn doveadm(store: Store) -> String {
    format!("doveadm -c {}", bed().doveadm_config(store).display())
}

/// Returns the names of the messages on each server, and the home.
fn state(user: &str) -> (Vec<String>, Vec<String>, Option<Named>) {
    let home = system().home(user).unwrap().map(|home| home.named);
    (names(&read("source", user)), names(&read("destination", user)), home)
}

/// Runs the commands with wrong values: they stop with a reason, nothing changes, and nothing is held.
#[track_caller]
fn is_refused(mailbox: &Mailbox, script: &str, values: &[(&str, &str)], reason: &str) {
    let before = state(&mailbox.user);
    let ran = mailbox.perform_with(script, values);
    assert_eq!(ran.code, 1, "{values:?}: {}{}", ran.out, ran.err);
    assert!(ran.err.contains(reason), "{values:?}: {}", ran.err);
    assert_eq!(state(&mailbox.user), before, "{values:?}");
    assert!(!mailbox.is_held(), "{values:?}: {}", ran.err);
}

#[test]
fn commands_for_one_server_twice_stop_before_anything_is_deleted() {
    let mailbox = Mailbox::stranded("twice");
    let script = mailbox.commands(&mailbox.snapshot(), "append-repair").unwrap();
    let (a, b) = (doveadm(Store::A), doveadm(Store::B));
    let same = "SOURCE and DESTINATION are the same server";
    is_refused(&mailbox, &script, &[("DOVEADM_SOURCE", &b)], same);
    is_refused(&mailbox, &script, &[("DOVEADM_DESTINATION", &a)], same);
    // Another text of the same command.
    is_refused(&mailbox, &script, &[("DOVEADM_SOURCE", &b.replace(" -c ", "  -c "))], same);
    let host = bed().host(Store::A).to_string();
    is_refused(&mailbox, &script, &[("HOST_DESTINATION", &host)], same);
    // With the two hosts swapped, the home seems to be where the script would bring it.
    let other = bed().host(Store::B).to_string();
    let swapped = [("HOST_SOURCE", other.as_str()), ("HOST_DESTINATION", &host)];
    is_refused(&mailbox, &script, &swapped, "no run of this script has switched it");
    mailbox.repair("append-repair");
}

#[test]
fn a_copy_with_the_guids_of_its_original_is_another_server() {
    let mailbox = Mailbox::stranded("guids");
    let config = |store| bed().doveadm_config(store);
    let copied = Command::new("doveadm")
        .arg("-c")
        .arg(config(Store::B))
        // The environment of doveadm names its own configuration.
        .args(["backup", "-u", "guids", "env", "-i", "/usr/bin/doveadm", "-c"])
        .arg(config(Store::A))
        .args(["dsync-server", "-u", "guids"])
        .output()
        .unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    system().append("destination", "guids", INBOX, &text("more"), &[]).unwrap();
    let mailbox = Mailbox { accepted: [&mailbox.accepted[..], &[message_id("more")]].concat(), ..mailbox };
    let before = mailbox.snapshot();
    mailbox.repair("append-repair");
    mailbox.is_recovered(&before);
}

#[test]
fn commands_of_servers_that_are_swapped_or_lost_their_mail_stop_before_anything_is_held() {
    let mailbox = Mailbox::stranded("swapped");
    let script = mailbox.commands(&mailbox.snapshot(), "append-repair").unwrap();
    let (a, b) = (doveadm(Store::A), doveadm(Store::B));
    let swapped = [("DOVEADM_SOURCE", b.as_str()), ("DOVEADM_DESTINATION", a.as_str())];
    is_refused(&mailbox, &script, &swapped, "DESTINATION has 0 messages, and had 3 in the snapshot");
    // As many messages, but others.
    for name in ["one", "two", "three"] {
        system().append("source", "swapped", INBOX, &text(name), &[]).unwrap();
    }
    is_refused(&mailbox, &script, &swapped, "DESTINATION does not hold <");
    for message in read("destination", "swapped") {
        system().delete("destination", "swapped", &message).unwrap();
    }
    is_refused(&mailbox, &script, &[], "DESTINATION has 0 messages, and had 3 in the snapshot");
}

#[test]
fn values_that_lack_are_named_all_at_once_and_names_are_separated_by_commas() {
    let mailbox = Mailbox::stranded("lacking");
    let script = mailbox.commands(&mailbox.snapshot(), "append-repair").unwrap();
    let lacking = [("LOGIN_NAMES", ""), ("LDAP_URL", ""), ("USER_DN", ""), ("ADDRESS", "")];
    is_refused(&mailbox, &script, &lacking, "set these at the top of the script: LOGIN_NAMES LDAP_URL USER_DN\n");
    let spaces = [("LOGIN_NAMES", "lacking lacking@example.test")];
    is_refused(&mailbox, &script, &spaces, "with commas between the names");
}

#[test]
fn a_run_after_a_run_that_ended_changes_nothing_and_lets_mail_through() {
    for procedure in ["append-repair", "method-1"] {
        let mailbox = Mailbox::stranded(&format!("again-{procedure}"));
        let before = mailbox.snapshot();
        let script = mailbox.commands(&before, procedure).unwrap();
        for says in ["messages on DESTINATION: log in through the proxy, and look\ndone\n", "done\n"] {
            let ran = mailbox.perform(&script);
            assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
            assert!(ran.out.ends_with(says), "{}{}", ran.out, ran.err);
            mailbox.is_recovered(&before);
        }
    }
}

/// Starts the commands, and kills them with every signal refused once something is so.
fn kill_when(mailbox: &Mailbox, script: &str, what: &str, is_so: impl Fn() -> bool) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("commands");
    std::fs::write(&file, script).unwrap();
    let values = mailbox.command(&file);
    let values = values.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut child = Command::new("bash").arg(&file).envs(values).stdin(Stdio::null()).spawn().unwrap();
    until(what, is_so);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_run_after_a_run_that_was_killed_past_the_switch_ends_and_lets_mail_through() {
    let mut mailbox = Mailbox::stranded("killed");
    for number in 0..8 {
        let name = format!("killed-{number}");
        system().append("destination", "killed", INBOX, &text(&name), &[]).unwrap();
        mailbox.accepted.push(message_id(&name));
    }
    mailbox.deliver("late");
    let before = mailbox.snapshot();
    let script = mailbox.commands(&before, "append-repair").unwrap();
    let is_switched = || system().home("killed").unwrap().unwrap().named == Named::Store("destination".to_owned());
    kill_when(&mailbox, &script, "the home is switched", is_switched);
    assert!(mailbox.is_held());
    let ran = mailbox.perform(&script);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    mailbox.is_recovered(&before);
    assert!(ran.err.contains(" are released\n"), "{}", ran.err);
}

#[test]
fn two_runs_at_once_append_each_message_once() {
    let mut mailbox = Mailbox::stranded("at-once");
    for number in 0..4 {
        mailbox.deliver(&format!("at-once-{number}"));
    }
    let before = mailbox.snapshot();
    let script = mailbox.commands(&before, "append-repair").unwrap();
    let codes = thread::scope(|scope| {
        let runs = [0, 1].map(|_| scope.spawn(|| mailbox.perform(&script)));
        let mut ran = runs.map(|run| run.join().unwrap());
        ran.sort_by_key(|ran| ran.code);
        let late = &ran[1];
        assert!(late.code == 0 || late.err.contains("another run for at-once has the lock"), "{}", late.err);
        ran.map(|ran| ran.code)
    });
    assert_eq!(codes[0], 0);
    mailbox.is_recovered(&before);
}

#[test]
fn a_stop_says_how_to_let_mail_through_with_every_value() {
    let mailbox = Mailbox::stranded("stopped");
    let script = mailbox.commands(&mailbox.snapshot(), "append-repair").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refusing = folder.path().join("doveadm");
    let real = format!("exec doveadm -c '{}' \"$@\"", bed().doveadm_config(Store::A).display());
    std::fs::write(&refusing, format!("case \" $* \" in *' who '*) exit 77 ;; esac\n{real}\n")).unwrap();
    let ran = mailbox.perform_with(&script, &[("DOVEADM_SOURCE", &format!("sh {}", refusing.display()))]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let names = format!(
        "LOGIN_NAMES='stopped,stopped@example.test' DOVEADM_PROXY='doveadm -c {}'",
        bed().proxy_config().display()
    );
    assert!(ran.err.contains(&names), "{}", ran.err);
    assert!(ran.err.contains(&format!("HELD_FILE='{}'", bed().held_names().display())), "{}", ran.err);
    assert!(mailbox.is_held());
}

/// A message with this name and another text.
fn another_text(name: &str) -> Vec<u8> {
    format!("Message-ID: {}\r\n\r\nAnother text.\r\n", message_id(name)).into_bytes()
}

#[test]
fn two_texts_with_one_message_id_are_both_kept_and_a_lost_one_is_named() {
    let mailbox = Mailbox::stranded("texts");
    system().append("source", "texts", INBOX, &text("both"), &[]).unwrap();
    system().append("destination", "texts", INBOX, &another_text("both"), &[]).unwrap();
    for message in [text("one-store"), another_text("one-store")] {
        system().append("destination", "texts", INBOX, &message, &[]).unwrap();
    }
    let more = ["both", "both", "one-store", "one-store"].map(message_id);
    let mailbox = Mailbox { accepted: [&mailbox.accepted[..], &more].concat(), ..mailbox };
    let before = mailbox.snapshot();
    mailbox.repair("append-repair");
    mailbox.is_recovered(&before);
    let held = read("destination", "texts");
    let gone = held.iter().find(|message| message.message_id.as_deref() == Some(&*message_id("both"))).unwrap();
    system().delete("destination", "texts", gone).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let earlier = folder.path().join("before.jsonl");
    std::fs::write(&earlier, before).unwrap();
    let compared = stranded(&["advise", "-", "--before", earlier.to_str().unwrap()], &mailbox.snapshot());
    assert_eq!(compared.code, 1, "{}{}", compared.out, compared.err);
    assert!(compared.out.contains("<both@example.test> (text "), "{}", compared.out);
}

#[test]
fn folders_with_quotes_and_backslashes_are_read_and_one_that_no_command_can_name_stops_the_commands() {
    let mailbox = Mailbox::stranded("folders");
    system().append("destination", "folders", "a\"b", &text("quoted"), &[]).unwrap();
    let mailbox = Mailbox { accepted: [&mailbox.accepted[..], &[message_id("quoted")]].concat(), ..mailbox };
    system().append("source", "folders", "c\\d", &text("backslash"), &[]).unwrap();
    let snapshot = mailbox.snapshot();
    assert!(snapshot.contains(r#""folder":"a\"b""#) && snapshot.contains(r#""folder":"c\\d""#), "{snapshot}");
    let script = mailbox.commands(&snapshot, "append-repair").unwrap();
    is_refused(&mailbox, &script, &[], "no command can name the folder c\\d on SOURCE: rename it first");
}
