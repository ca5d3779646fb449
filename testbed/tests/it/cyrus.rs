//! The bed of Cyrus Murder starts, nothing is left of it, `XFER` moves mailboxes between its backends, and a fault in a move ends in a
//! state that the report names.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use stranded_testbed::cyrus::held::Standing;
use stranded_testbed::cyrus::mupdate::Status;
use stranded_testbed::cyrus::repair::{REPAIRS, Repair};
use stranded_testbed::cyrus::{ADMIN, Backend, IMAP, Murder, cache, trial};
use stranded_testbed::proxy::faults::Fault;
use stranded_testbed::proxy::framing::{Protocol, Role};
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::trial::report::{DirectoryStep, MailReport, TrialReport, TrialVerdict};
use stranded_testbed::trial::{LIMIT, TrialError, TrialOptions};

fn message(id: &str) -> Vec<u8> {
    format!("Message-ID: <{id}@example.test>\r\nFrom: a@example.test\r\nSubject: {id}\r\n\r\nText of {id}.\r\n").into()
}

fn repair(name: &str) -> &'static Repair {
    REPAIRS.iter().find(|repair| repair.name == name).unwrap()
}

/// Tries `XFER` with one fault and a repair; the trial without a fault is fine.
fn tried(repair_name: &str, mode: Mode, point: &str) -> TrialReport {
    let points = [point.parse().unwrap()];
    let options = TrialOptions {
        order: DirectoryStep::Tool,
        modes: &[mode],
        points: &points,
        points_max: None,
        limit: LIMIT,
        must_succeed: false,
    };
    let mut report = trial::trials(&cache().unwrap(), repair(repair_name), &options, &()).unwrap();
    assert_eq!((report.trials.len(), report.stopped), (2, None));
    assert!(report.trials[0].verdict.is_fine(), "{:?}", report.trials[0]);
    report.trials.remove(1)
}

#[test]
fn nothing_is_left_of_a_murder_whose_program_exits_panics_or_is_killed() {
    crate::bed::check_that_nothing_is_left("cyrus");
}

#[test]
fn a_folder_without_cyrus_is_refused_with_the_script_that_unpacks_it() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Murder::up_from(folder.path()).unwrap_err().to_string();
    assert!(refused.contains(&format!("testbed/cyrus-packages {}", folder.path().display())), "{refused}");
}

#[test]
fn xfer_moves_every_folder_and_mupdate_names_the_destination() {
    let murder = Murder::up().unwrap();
    let mut admin = murder.log_on(Backend::Source, ADMIN).unwrap();
    for folder in ["user/alice", "user/alice/Work"] {
        let reply = admin.command(&format!("CREATE {folder}")).unwrap();
        assert!(reply.is_ok(), "{reply}");
    }
    let mut alice = murder.log_on(Backend::Source, "alice").unwrap();
    for (folder, id) in [("INBOX", "m1"), ("INBOX", "m2"), ("Work", "m3")] {
        let reply = alice.append(folder, &[], &message(id)).unwrap();
        assert!(reply.is_ok(), "{reply}");
    }
    let reply = admin.command(&format!("XFER user/alice {}", murder.destination())).unwrap();
    assert!(reply.is_ok(), "{reply}");

    for mailbox in ["user.alice", "user.alice.Work"] {
        let entry = murder.mupdate().unwrap().find(mailbox).unwrap().unwrap();
        assert_eq!((entry.status, entry.server()), (Status::Active, &*murder.server(Backend::Destination)));
    }
    assert_eq!(murder.held(Backend::Source, "alice").unwrap(), []);
    let held = murder.held(Backend::Destination, "alice").unwrap();
    let texts = held.iter().map(|mailbox| {
        let texts: Vec<_> = mailbox.messages.iter().map(|message| message.text.clone()).collect();
        (mailbox.folder.as_str(), mailbox.standing, texts)
    });
    let expected = [
        ("INBOX", Standing::Local, vec![message("m1"), message("m2")]),
        ("Work", Standing::Local, vec![message("m3")]),
    ];
    assert_eq!(texts.collect::<Vec<_>>(), expected);
    let seen = murder.seen("alice").unwrap();
    let of_user = held.into_iter().map(|mailbox| (mailbox.folder, mailbox.messages)).collect();
    assert_eq!(seen, of_user, "the user sees what the destination holds");
}

#[test]
fn a_source_that_dies_in_the_move_holds_the_mailbox_as_moving() {
    let murder = Murder::up().unwrap();
    let mut admin = murder.log_on(Backend::Source, ADMIN).unwrap();
    assert!(admin.command("CREATE user/alice").unwrap().is_ok());
    let mut alice = murder.log_on(Backend::Source, "alice").unwrap();
    assert!(alice.append("INBOX", &[], &message("m1")).unwrap().is_ok());
    let source = murder.group(Backend::Source).unwrap();
    // The mark precedes the last question of the final synchronisation.
    let point = "destination-imap:SYNCGET ANNOTATION:1".parse().unwrap();
    murder.faults().begin(Some(Fault { point, mode: Mode::Kill, act: Arc::new(move || source.kill()) }));
    admin.command(&format!("XFER user/alice {}", murder.destination())).unwrap_err();
    assert!(murder.faults().end().1.is_some(), "the fault strikes");

    let held = murder.held(Backend::Source, "alice").unwrap();
    let texts = held.iter().map(|mailbox| (mailbox.standing, mailbox.messages[0].text.clone()));
    assert_eq!(texts.collect::<Vec<_>>(), [(Standing::Moving, message("m1"))]);
    let entry = murder.mupdate().unwrap().find("user.alice").unwrap().unwrap();
    assert_eq!((entry.status, entry.server()), (Status::Reserved, &*murder.server(Backend::Source)));
    assert!(murder.seen("alice").unwrap().is_empty());
}

#[test]
fn a_wrong_password_is_refused() {
    let murder = Murder::up().unwrap();
    let mut stream = TcpStream::connect((murder.host(Backend::Source), IMAP)).unwrap();
    write!(stream, "a LOGIN alice wrong\r\n").unwrap();
    let answer = BufReader::new(stream).lines().map_while(Result::ok).find(|line| line.starts_with("a ")).unwrap();
    assert!(answer.starts_with("a NO"), "{answer}");
}

#[test]
fn a_move_cut_before_the_destination_activates_its_entry_strands_the_mailbox() {
    let trial = tried("none", Mode::Cut, "destination-imap:MUPDATEPUSH:1");
    assert_eq!(trial.verdict, TrialVerdict::Unreachable, "{trial:?}");
    assert_eq!(trial.end.home.as_deref(), Some("source (reserved)"));
    assert_eq!(trial.end.stores["source"], None);
    assert_eq!(trial.end.stores["destination"].as_ref().unwrap().len(), 3);
    assert_eq!(trial.end.stores["logon"], None);
    assert_eq!(trial.mail["after"], MailReport::Deferred);
    let again = &trial.runs.last().unwrap().output;
    assert!(again.contains("Mailbox does not exist"), "{again}");
}

#[test]
fn the_destination_that_enters_what_it_has_recovers_a_stranded_mailbox() {
    let trial = tried("enter-destination", Mode::Cut, "destination-imap:MUPDATEPUSH:1");
    assert_eq!(trial.verdict, TrialVerdict::FineAfterRetry, "{trial:?}");
    assert_eq!(trial.end.home.as_deref(), Some("destination"));
}

#[test]
fn a_point_that_xfer_does_not_reach_is_refused_with_the_points_that_it_reaches() {
    let points = ["destination-imap:MUPDATEPUSH:9".parse().unwrap()];
    let options = TrialOptions {
        order: DirectoryStep::Tool,
        modes: &[Mode::Cut],
        points: &points,
        points_max: None,
        limit: LIMIT,
        must_succeed: false,
    };
    let refused = trial::trials(&cache().unwrap(), repair("none"), &options, &()).unwrap_err();
    let TrialError::Tool(says) = refused else { panic!("{refused}") };
    assert!(says.contains("\n  source-mupdate:DEACTIVATE:1\n"), "{says}");
}

#[test]
fn a_frame_of_mupdate_includes_its_literals_and_ends_with_its_answer() {
    let mut conversation = Protocol::Mupdate.conversation();
    conversation.client(b"X0 FIND {10+}\r\nuser.a OK\n\r\nX1 LOGOUT\r\n");
    let mut verbs = Vec::new();
    while let Some(piece) = conversation.next_piece() {
        verbs.push((piece.verb.clone(), piece.is_end));
        conversation.forward(&piece);
    }
    let verb = |name: &str| Some(name.to_owned());
    assert_eq!(verbs, [(verb("FIND"), false), (None, false), (None, true), (verb("LOGOUT"), true)]);
    let answers = conversation.server(b"X0 MAILBOX {2+}\r\nOK {3+}\r\nX0!\r\nX0 OK \"done\"\r\n");
    let roles: Vec<Role> = answers.iter().map(|answer| answer.role).collect();
    assert_eq!(roles.iter().filter(|role| **role == Role::Last).count(), 1);
    assert_eq!(roles.last(), Some(&Role::Last));
    assert!(!conversation.is_answered(), "X1 has no answer yet");
}

#[test]
fn a_message_between_two_servers_of_cyrus_is_part_of_one_frame() {
    let mut conversation = Protocol::Imap.conversation();
    conversation.client(b"S2 SYNCAPPLY MESSAGE (%{default 0a1b 9}\r\nS3 NOOP\r\n)\r\n");
    let mut pieces = Vec::new();
    while let Some(piece) = conversation.next_piece() {
        pieces.push((piece.verb, piece.is_end));
    }
    assert_eq!(pieces, [(Some("SYNCAPPLY MESSAGE".to_owned()), false), (None, false), (None, true)]);
}

#[test]
fn a_restart_of_the_destination_first_deletes_the_only_copy_and_of_the_source_first_recovers_it() {
    let point = "destination-imap:MUPDATEPUSH:1";
    let deleted = tried("restart-destination-source", Mode::Cut, point);
    assert_eq!(deleted.verdict, TrialVerdict::Unreachable, "{deleted:?}");
    assert_eq!((deleted.end.home.as_deref(), &deleted.end.stores["destination"]), (None, &None));
    assert_eq!(deleted.end.stores["destination (deleted)"].as_ref().unwrap().len(), 3);
    assert_eq!(deleted.mail["after"], MailReport::Returned);

    let recovered = tried("restart-source-destination", Mode::Cut, point);
    assert_eq!(recovered.verdict, TrialVerdict::FineAfterRetry, "{recovered:?}");
}

#[test]
fn late_mail_stays_on_the_source_when_the_destination_enters_what_it_has() {
    // XFER fails and the source still takes mail for the inbox; the destination has a copy of the mail before.
    let trial = tried("enter-destination", Mode::Swallow, "source-mupdate:DEACTIVATE:1");
    assert_eq!(trial.verdict, TrialVerdict::Unreachable, "{trial:?}");
    assert_eq!(trial.reasons, ["late is in source, and the home is destination"]);
}
