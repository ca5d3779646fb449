//! A system reads and writes a directory and stores, and observing changes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use stranded_testbed::bed::Store;
use stranded_testbed::system::{Delivery, INBOX, Named, StoredMessage, Trouble, Written};

use super::fixtures::{bed, message, system};

/// The names and folders of messages.
fn names(messages: &[StoredMessage]) -> Vec<(&str, &str)> {
    messages.iter().map(|message| (message.folder.as_str(), message.name())).collect()
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push((path.clone(), fs::read(&path).unwrap())) }
    }
    found.sort();
    found
}

fn mail(store: Store, user: &str) -> PathBuf {
    bed().folder().join("mail").join(store.name()).join(user)
}

#[test]
fn observing_changes_nothing_and_creates_no_inbox() {
    let system = system();
    bed().add_user("watched", Store::A).unwrap();
    assert_eq!(system.deliver("watched", &message("m1")).unwrap(), Delivery::Stored);
    system.append("source", "watched", "Archive/2024", &message("m2"), &["\\Seen".to_owned()]).unwrap();
    let first = system.mailbox("source", "watched").unwrap().unwrap();
    assert_eq!(names(&first), [("Archive/2024", "<m2@example.test>"), (INBOX, "<m1@example.test>")]);
    assert_eq!(first[0].flags, ["\\Seen"]);
    assert!(first[1].flags.is_empty());

    let before = files(&mail(Store::A, "watched"));
    assert_eq!(system.mailbox("source", "watched").unwrap().unwrap(), first);
    assert_eq!(system.mailbox("destination", "watched").unwrap(), None);
    assert_eq!(files(&mail(Store::A, "watched")), before);
    assert!(!mail(Store::B, "watched").exists());
}

#[test]
fn a_directory_write_that_depends_on_what_was_read_is_declined_after_any_other_write() {
    let system = system();
    bed().add_user("edited", Store::A).unwrap();
    let home = system.home("edited").unwrap().unwrap();
    assert_eq!(home.named, Named::Store("source".to_owned()));
    assert_eq!(system.set_home("edited", Some(&home), "destination").unwrap(), Written::Done);
    assert_eq!(system.set_home("edited", None, "source").unwrap(), Written::Done);
    // The value is the one that was read, but the version is not.
    assert_eq!(system.set_home("edited", Some(&home), "destination").unwrap(), Written::Differed);
    assert_eq!(system.home("edited").unwrap().unwrap().named, Named::Store("source".to_owned()));
    assert_eq!(system.home("stranger").unwrap(), None);
    assert_eq!(system.set_home("stranger", None, "source").unwrap(), Written::NoEntry);
}

#[test]
fn a_message_is_fetched_appended_and_deleted_alone() {
    let system = system();
    bed().add_user("single", Store::A).unwrap();
    for name in ["m1", "m2", "m1"] {
        system.append("source", "single", INBOX, &message(name), &[]).unwrap();
    }
    let listed = system.mailbox("source", "single").unwrap().unwrap();
    assert_eq!(system.fetch("source", "single", &listed[0]).unwrap(), message("m1"));
    system.delete("source", "single", &listed[0]).unwrap();
    let rest = system.mailbox("source", "single").unwrap().unwrap();
    assert_eq!(names(&rest), [(INBOX, "<m2@example.test>"), (INBOX, "<m1@example.test>")]);
    assert!(matches!(system.fetch("source", "single", &listed[0]), Err(Trouble::Refused(_))));
}

#[test]
fn mail_and_logons_follow_the_directory() {
    let system = system();
    bed().add_user("routed", Store::A).unwrap();
    system.set_home("routed", None, "destination").unwrap();
    assert_eq!(system.deliver("routed", &message("m1")).unwrap(), Delivery::Stored);
    assert_eq!(names(&system.log_on("routed").unwrap()), [(INBOX, "<m1@example.test>")]);
    assert!(!mail(Store::A, "routed").exists());
    assert!(matches!(system.deliver("stranger", &message("m1")).unwrap(), Delivery::Returned(_)));
    assert!(matches!(system.log_on("stranger"), Err(Trouble::Refused(_))));
}
