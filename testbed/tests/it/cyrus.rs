//! The bed of Cyrus Murder starts, nothing is left of it, and `XFER` moves mailboxes between its backends.

use stranded_testbed::cyrus::mupdate::Status;
use stranded_testbed::cyrus::{ADMIN, Backend, Murder};

fn message(id: &str) -> Vec<u8> {
    format!("Message-ID: <{id}@example.test>\r\nFrom: a@example.test\r\nSubject: {id}\r\n\r\nText of {id}.\r\n").into()
}

#[test]
fn nothing_is_left_of_a_murder_whose_program_exits_panics_or_is_killed() {
    crate::bed::check_that_nothing_is_left("cyrus");
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
        let reply = alice.append(folder, &message(id)).unwrap();
        assert!(reply.is_ok(), "{reply}");
    }
    let reply = admin.command(&format!("XFER user/alice {}", murder.server(Backend::Destination))).unwrap();
    assert!(reply.is_ok(), "{reply}");
    for mailbox in ["user.alice", "user.alice.Work"] {
        let entry = murder.mupdate().unwrap().find(mailbox).unwrap().unwrap();
        assert_eq!(entry.status, Status::Active);
        assert_eq!(entry.server(), murder.server(Backend::Destination));
    }
}
