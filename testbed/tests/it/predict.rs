//! Predictions of the model for a tool that a fault strikes.

use stranded_model::id::ServerId;
use stranded_testbed::predict::{DirectoryStep, End, FaultMode, allowed};

/// True if a store holds two copies of a message.
fn has_duplicate(end: &End) -> bool {
    end.copies.iter().any(|store| store.values().any(|copies| *copies > 1))
}

#[test]
fn a_lost_reply_to_a_delivery_of_fetchmail_ends_with_a_duplicate() {
    let swallowed = allowed("fetchmail", DirectoryStep::First, Some(("deliver", FaultMode::Swallow))).unwrap();
    assert!(!swallowed.is_unreachable);
    assert!(swallowed.ends.iter().all(has_duplicate));
    let cut = allowed("fetchmail", DirectoryStep::First, Some(("deliver", FaultMode::Cut))).unwrap();
    assert!(!cut.is_unreachable);
    assert!(!cut.ends.iter().any(has_duplicate));
}

#[test]
fn without_a_fault_every_mover_reports_success_and_the_mail_is_at_the_home() {
    for mover in ["doveadm-backup", "doveadm-sync", "doveadm-sync-1", "mbsync", "imapfilter", "fetchmail", "getmail"] {
        let ends = allowed(mover, DirectoryStep::Last, None).unwrap().ends;
        assert!(!ends.is_empty(), "{mover}");
        for end in ends {
            assert_eq!(end.home, Some(ServerId(1)), "{mover}");
            assert!(end.copies[1].values().all(|copies| *copies == 1), "{mover}: {end:?}");
        }
    }
}
