//! Procedures as programs of their own on real servers, and snapshots before and after them.

use std::time::Duration;

use pretty_assertions::assert_eq;
use stranded_model::id::ServerId;
use stranded_model::procedure::Outcome;
use stranded_model::scenario::{Run, RunsMax};
use stranded_search::scenario::{SiteNames, builtin, parse_procedure};
use stranded_search::snapshot as advised;
use stranded_testbed::bed::Store;
use stranded_testbed::perform::{Performance, Performed, perform};
use stranded_testbed::snapshot;
use stranded_testbed::system::{INBOX, System};

use super::fixtures::{bed, message, system};

/// Runs a built-in procedure from the source to the destination.
fn performed(system: &System, name: &str, user: &str) -> Result<Performed, String> {
    let servers = ["source", "destination"].map(str::to_owned).to_vec();
    let procedure = parse_procedure(name, builtin::procedure(name).unwrap().text, &SiteNames::of(&servers)).unwrap();
    let journal = tempfile::tempdir().unwrap();
    let (from, to) = (ServerId(0), ServerId(1));
    perform(
        system,
        &Performance {
            run: Run { procedure, from, to, connected_to: from, runs_max: RunsMax::Times(1) },
            servers,
            user: user.to_owned(),
            administrator: "first".to_owned(),
            folder: journal.path().to_owned(),
            wait: Duration::from_secs(1),
        },
    )
}

/// The names of the messages of a user in each store.
fn where_is(system: &System, user: &str) -> [Option<Vec<String>>; 2] {
    ["source", "destination"].map(|store| {
        let held = system.mailbox(store, user).unwrap();
        held.map(|held| held.iter().map(|message| format!("{}/{}", message.folder, message.name())).collect())
    })
}

#[test]
fn a_move_takes_every_folder_with_it_and_a_second_one_is_refused() {
    let system = system();
    bed().add_user("moved", Store::A).unwrap();
    system.append("source", "moved", INBOX, &message("m1"), &["\\Seen".to_owned()]).unwrap();
    // One Message-ID in two folders, and two contents under one Message-ID, are different messages.
    system.append("source", "moved", "Sent", &message("m1"), &[]).unwrap();
    let same_id = b"Message-ID: <m1@example.test>\r\n\r\nAnother text.\r\n";
    system.append("source", "moved", INBOX, same_id, &[]).unwrap();
    let before = system.mailbox("source", "moved").unwrap().unwrap();

    assert_eq!(performed(&system, "move-without-marks", "moved").unwrap().outcome, Outcome::Ok);
    let after = system.mailbox("destination", "moved").unwrap().unwrap();
    let content = |held: &[stranded_testbed::system::StoredMessage]| {
        let mut all: Vec<_> =
            held.iter().map(|one| (one.folder.clone(), one.digest.clone(), one.flags.clone())).collect();
        all.sort();
        all
    };
    assert_eq!(content(&before), content(&after));
    assert_eq!(where_is(&system, "moved")[0], Some(Vec::new()));
    assert_eq!(performed(&system, "move-without-marks", "moved").unwrap().outcome, Outcome::Refused);
}

#[test]
fn a_procedure_with_a_step_that_the_system_lacks_does_not_start() {
    let system = system();
    bed().add_user("unmoved", Store::A).unwrap();
    let reason = performed(&system, "move", "unmoved").unwrap_err();
    assert!(reason.contains("no in-transit mark"), "{reason}");
    let reason = performed(&system, "append-repair", "unmoved").unwrap_err();
    assert!(reason.contains("[delivery]"), "{reason}");
    assert_eq!(where_is(&system, "unmoved"), [None, None]);
}

#[test]
fn a_snapshot_is_what_advise_reads_and_changes_nothing() {
    let system = system();
    bed().add_user("seen", Store::A).unwrap();
    system.append("destination", "seen", INBOX, &message("m1"), &[]).unwrap();
    let first = snapshot::line(&system, "seen");
    assert_eq!(first.warnings, [] as [&str; 0]);
    assert_eq!(snapshot::line(&system, "seen"), first);
    assert!(!bed().folder().join("mail/a/seen").exists());
    let value: serde_json::Value = serde_json::from_str(&first.json).unwrap();
    assert_eq!(value["directory"]["source"]["home-mdb"], "source");
    assert_eq!(value["stores"]["source"], serde_json::Value::Null);
    assert_eq!(value["stores"]["destination"]["messages"], serde_json::json!(["<m1@example.test>"]));
    assert_eq!(value["stores"]["destination"]["details"]["<m1@example.test>"]["folder"], "INBOX");
    assert!(value.get("waiting").is_none() && value.get("sessions").is_none());
    let read = advised::read("snapshot", &first.json).unwrap();
    assert_eq!(read[0].mailbox, "seen");
    assert_eq!(read[0].has_marks, Some(false), "IMAP has no in-transit mark");
}

#[test]
fn every_user_of_the_directory_is_listed() {
    let system = system();
    for name in ["listed-1", "listed-2"] {
        bed().add_user(name, Store::A).unwrap();
    }
    let users = system.users().unwrap();
    assert!(users.iter().filter(|user| user.starts_with("listed-")).count() == 2, "{users:?}");
}
