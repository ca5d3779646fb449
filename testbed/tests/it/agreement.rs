//! Trials of movers on real servers, compared with the model.

use stranded_testbed::bed::Bed;
use stranded_testbed::mover::{Mover, Shipped};
use stranded_testbed::predict::{Traced, compare, trace};
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::record::{Row, is_explained, markdown};
use stranded_testbed::trial::report::{DirectoryStep, MoverReport};
use stranded_testbed::trial::site::Site;
use stranded_testbed::trial::{LIMIT, TrialOptions, trials};

/// The trials of a mover with the directory step last, in this mode at every fault point.
fn tried(mover: Shipped, mode: Mode) -> MoverReport {
    let bed = Bed::up().unwrap();
    let site = Site::of_bed(&bed).unwrap();
    let options = TrialOptions { order: DirectoryStep::Last, modes: &[mode], points: &[], limit: LIMIT };
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
            let Traced::Trace(shown) = &traced else { panic!("{mover:?} at {:?}: {traced:?}", trial.point) };
            assert!(shown.steps[0].contains("message m1 arrives"), "{shown:?}");
            assert!(shown.steps.iter().any(|step| step.contains("dies")), "{shown:?}");
        }
        let other = compare(&report, other).unwrap();
        assert!(other.disagreements().next().is_some(), "{mover:?} is not distinguished from {}", other.procedure);
    }
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
    let row = Row { report, agreement };
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
