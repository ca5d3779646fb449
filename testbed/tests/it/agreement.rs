//! Trials of movers and of `XFER` on real servers, compared with the model.

use stranded_testbed::bed::Bed;
use stranded_testbed::cyrus;
use stranded_testbed::cyrus::repair::NONE;
use stranded_testbed::mover::{Mover, Shipped};
use stranded_testbed::predict::{Traced, XFER_PROCEDURE, compare, trace};
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::record::{Row, is_explained, markdown};
use stranded_testbed::trial::report::{DirectoryStep, MoverReport};
use stranded_testbed::trial::site::Site;
use stranded_testbed::trial::{LIMIT, TrialOptions, trials};

/// The trials of a mover with the directory step last, in this mode at every fault point.
fn tried(mover: Shipped, mode: Mode) -> MoverReport {
    let bed = Bed::up().unwrap();
    let site = Site::of_bed(&bed).unwrap();
    let options = TrialOptions {
        order: DirectoryStep::Last,
        modes: &[mode],
        points: &[],
        points_max: None,
        limit: LIMIT,
        must_succeed: false,
    };
    trials(&site, &Mover::Shipped(mover), &options, &()).unwrap()
}

#[test]
fn a_mover_that_is_killed_ends_as_its_procedure_allows_and_not_as_another_one_does() {
    for (mover, other) in [(Shipped::DoveadmSync1, "fetchmail"), (Shipped::Fetchmail, "doveadm-sync-1")] {
        let report = tried(mover, Mode::Kill);
        assert!(report.trials.len() > 20, "{mover:?}: {} trials", report.trials.len());
        let own = compare(&report, mover.name()).unwrap();
        let wrong: Vec<_> = own.disagreements().collect();
        assert!(wrong.is_empty(), "{mover:?}: {wrong:#?}");
        for trial in report.trials.iter().filter(|trial| !trial.verdict.is_fine()) {
            let traced = trace(trial).unwrap();
            let Traced::Trace(steps) = &traced else { panic!("{mover:?} at {:?}: {traced:?}", trial.point) };
            assert!(steps[0].contains("message m1 arrives"), "{steps:?}");
            assert!(steps.iter().any(|step| step.contains("dies")), "{steps:?}");
        }
        let other = compare(&report, other).unwrap();
        assert!(other.disagreements().next().is_some(), "{mover:?} is not distinguished from {}", other.procedure);
    }
}

/// A point of each part of `XFER`.
const POINTS: [&str; 6] = [
    "source-mupdate:AUTHENTICATE:1",
    "destination-imap:SYNCGET USER:1",
    "source-mupdate:DEACTIVATE:1",
    "destination-imap:SYNCGET ANNOTATION:1",
    "destination-imap:MUPDATEPUSH:1",
    "destination-mupdate:ACTIVATE:2",
];

#[test]
fn xfer_ends_as_its_procedure_allows_and_not_as_another_mover_does() {
    let points = POINTS.map(|point| point.parse().unwrap());
    let options = TrialOptions {
        order: DirectoryStep::Tool,
        modes: &Mode::ALL,
        points: &points,
        points_max: None,
        limit: LIMIT,
        must_succeed: false,
    };
    let report = cyrus::trial::trials(&cyrus::installed().unwrap(), NONE, &options, &()).unwrap();
    let own = compare(&report, XFER_PROCEDURE).unwrap();
    assert_eq!(own.trials.len(), POINTS.len() * Mode::ALL.len());
    let wrong: Vec<_> = own.disagreements().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for other in ["doveadm-sync-1", "fetchmail"] {
        let other = compare(&report, other).unwrap();
        assert!(other.disagreements().next().is_some(), "XFER is not distinguished from {}", other.procedure);
    }
    let repaired = MoverReport { repair: Some("enter-source".to_owned()), ..report.clone() };
    let rows = [Row { report, agreement: Some(own) }, Row { report: repaired, agreement: None }];
    let page = markdown(&rows);
    assert!(
        page.contains("| 24 of 24 | `stranded conform --tool xfer --directory tool --testbed cyrus` |\n"),
        "{page}"
    );
    let of_repair = "| – | `stranded conform --tool xfer --repair enter-source --directory tool --testbed cyrus` |\n";
    assert!(page.contains("| `xfer`, then `enter-source` |") && page.contains(of_repair), "{page}");
}

#[test]
fn a_trial_at_a_point_without_a_place_is_a_disagreement() {
    let mut report = tried(Shipped::DoveadmSync1, Mode::Cut);
    for trial in &mut report.trials {
        if let Some(point) = &mut trial.point {
            point.verb = "no such verb".to_owned();
            point.connection = stranded_testbed::proxy::point::Connection::Lmtp;
        }
    }
    let agreement = compare(&report, "doveadm-sync-1").unwrap();
    assert_eq!(agreement.disagreements().count(), agreement.trials.len());
    let row = Row { report, agreement: Some(agreement) };
    assert!(!is_explained(&row));
    assert!(markdown(&[row]).contains("| 0 of "), "the page shows it");
}

#[test]
fn larch_ends_as_its_procedure_allows_and_not_as_another_one_does() {
    let report = tried(Shipped::Larch, Mode::Swallow);
    let own = compare(&report, "larch").unwrap();
    assert!(own.trials.len() > 20, "{} trials", own.trials.len());
    let wrong: Vec<_> = own.disagreements().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let other = compare(&report, "imapsync").unwrap();
    assert!(other.disagreements().next().is_some(), "larch is not distinguished from {}", other.procedure);
}
