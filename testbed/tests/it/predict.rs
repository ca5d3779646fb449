//! Predictions of the model for a tool that a fault strikes.

use stranded_model::id::ServerId;
use stranded_model::procedure::Outcome;
use stranded_search::scenario::builtin;
use stranded_testbed::predict::{End, RunEnd, Strike, allowed};
use stranded_testbed::trial::report::{DirectoryStep, MailReport};

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
    for mover in [
        "doveadm-backup",
        "doveadm-sync",
        "doveadm-sync-1",
        "mbsync",
        "imapfilter",
        "fetchmail",
        "getmail",
        "naive-move",
    ] {
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

/// Every way in which a fault reaches a step.
const STRIKES: [Strike; 4] = [Strike::RequestLost, Strike::ReplyLost, Strike::Death, Strike::Mail];

/// True if the home holds each accepted message once.
fn is_complete(end: &End) -> bool {
    let home = end.home.map(|home| &end.copies[usize::from(home.0)]);
    home.is_some_and(|home| home.len() == end.mail.len() && home.values().all(|copies| *copies == 1))
        && !has_duplicate(end)
}

#[test]
fn the_safe_move_keeps_all_mail_at_the_home_after_a_fault_at_any_step() {
    let labels: Vec<String> = builtin::procedure("move-then-merge")
        .unwrap()
        .decoded()
        .steps
        .into_iter()
        .filter_map(|step| step.label)
        .collect();
    for (order, home) in [(DirectoryStep::Tool, ServerId(1)), (DirectoryStep::Never, ServerId(0))] {
        let mut struck = 0;
        let faults = labels.iter().flat_map(|label| STRIKES.map(|strike| Some((label.as_str(), strike))));
        for fault in faults.chain([None]) {
            let ends = allowed("move-then-merge", order, fault).unwrap();
            struck += usize::from(!ends.is_empty());
            assert!(ends.iter().all(|end| end.home == Some(home) && is_complete(end)), "{order:?} {fault:?}: {ends:?}");
        }
        assert!(struck > 20, "{order:?}: {struck} faults strike");
    }
}

#[test]
fn the_naive_move_loses_mail_that_arrives_before_its_deletion_unless_the_directory_changes_first() {
    for (order, is_lost) in [(DirectoryStep::First, false), (DirectoryStep::Last, true), (DirectoryStep::Never, true)] {
        let ends = allowed("naive-move", order, Some(("delete", Strike::Mail))).unwrap();
        let loses = |end: &End| (0..end.mail.len()).any(|message| end.copies.iter().all(|store| store[&message] == 0));
        assert!(!ends.is_empty());
        assert_eq!(ends.iter().any(loses), is_lost, "{order:?}");
    }
}

#[test]
fn a_mover_that_writes_the_directory_itself_has_no_step_of_the_operator() {
    let refused = allowed("move-then-merge", DirectoryStep::Last, None).unwrap_err();
    assert_eq!(refused, "move-then-merge writes the directory itself, and not last");
}

/// The ends of `XFER` with this fault. There is at least one, and each of them passes.
fn check_xfer(step: &str, strike: Strike, passes: impl Fn(&End) -> bool) {
    let ends = allowed("cyrus-xfer", DirectoryStep::Tool, Some((step, strike))).unwrap();
    assert!(!ends.is_empty(), "{step}");
    for end in &ends {
        assert!(passes(end), "{step}, {strike:?}: {end:?}");
    }
}

#[test]
fn xfer_asks_mupdate_again_and_is_declined_if_its_first_request_arrived() {
    check_xfer("deactivate", Strike::RequestLost, |end| {
        end.home == Some(ServerId(1)) && end.runs == [RunEnd::Reported(Outcome::Ok)]
    });
    let failed = RunEnd::Reported(Outcome::Failed);
    check_xfer("deactivate", Strike::ReplyLost, |end| {
        end.home.is_none() && end.runs == [failed, failed] && end.mail.last() == Some(&MailReport::Deferred)
    });
}

#[test]
fn a_source_that_dies_in_xfer_activates_what_it_holds_and_forgets_what_it_has_deleted() {
    let is_moved = |end: &End| end.home == Some(ServerId(1)) && !end.mail.contains(&MailReport::Returned);
    check_xfer("moving", Strike::Death, is_moved);
    check_xfer("finish", Strike::Death, is_moved);
    check_xfer("push", Strike::Death, |end| {
        end.home.is_none() && end.mail.last() == Some(&MailReport::Returned) && end.copies[1].len() == 4
    });
}

#[test]
fn xfer_returns_mail_that_waited_for_it_at_the_source() {
    let during = |answer| move |end: &End| end.home == Some(ServerId(1)) && end.mail[3] == answer;
    check_xfer("initial-sync", Strike::WaitingMail, during(MailReport::Returned));
    check_xfer("initial-sync", Strike::Mail, during(MailReport::Accepted));
    // The location is inactive, and the sender sends the mail again later.
    check_xfer("moving", Strike::Mail, during(MailReport::Accepted));
}
