//! Predictions of the model for a tool that a fault strikes.

use stranded_model::id::ServerId;
use stranded_testbed::predict::{End, Strike, allowed};
use stranded_testbed::trial::report::DirectoryStep;

/// True if a store holds two copies of a message.
fn has_duplicate(end: &End) -> bool {
    end.copies.iter().any(|store| store.values().any(|copies| *copies > 1))
}

#[test]
fn a_lost_deletion_of_fetchmail_ends_with_a_duplicate_and_a_lost_reply_to_it_does_not() {
    let lost = allowed("fetchmail", DirectoryStep::First, Some(("delete", Strike::RequestLost))).unwrap();
    assert!(!lost.is_empty());
    assert!(lost.iter().all(has_duplicate));
    let done = allowed("fetchmail", DirectoryStep::First, Some(("delete", Strike::ReplyLost))).unwrap();
    assert!(!done.is_empty());
    assert!(!done.iter().any(has_duplicate));
}

#[test]
fn without_a_fault_every_mover_reports_success_and_the_mail_is_at_the_home() {
    for mover in ["doveadm-backup", "doveadm-sync", "doveadm-sync-1", "mbsync", "imapfilter", "fetchmail", "getmail"] {
        let ends = allowed(mover, DirectoryStep::Last, None).unwrap();
        assert!(!ends.is_empty(), "{mover}");
        for end in ends {
            assert_eq!(end.home, Some(ServerId(1)), "{mover}");
            assert!(end.copies[1].values().all(|copies| *copies == 1), "{mover}: {end:?}");
        }
    }
}

#[test]
fn larch_reports_no_success_and_repeats_an_append_without_an_answer() {
    for order in [DirectoryStep::First, DirectoryStep::Last, DirectoryStep::Never] {
        let ends = allowed("larch", order, None).unwrap();
        assert!(!ends.is_empty() && ends.iter().all(|end| end.runs.len() == 2 && !has_duplicate(end)), "{order:?}");
        let done = allowed("larch", order, Some(("copy", Strike::ReplyLost))).unwrap();
        assert!(!done.is_empty() && done.iter().all(has_duplicate), "{order:?}");
        let lost = allowed("larch", order, Some(("copy", Strike::RequestLost))).unwrap();
        assert!(!lost.is_empty() && !lost.iter().any(has_duplicate), "{order:?}");
    }
    let last = allowed("larch", DirectoryStep::Last, None).unwrap();
    assert!(last.iter().all(|end| end.home == Some(ServerId(0))), "the operator never gets to the directory step");
}
