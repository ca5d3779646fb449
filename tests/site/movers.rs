//! Our own movers at their fault points, compared with the model. The other movers have their test in `testbed/tests/it/agreement.rs`.

use pretty_assertions::assert_eq;
use stranded_testbed::mover::Mover;
use stranded_testbed::predict::compare;
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::trial::report::{DirectoryStep, MoverReport, TrialVerdict};
use stranded_testbed::trial::site::Site;
use stranded_testbed::trial::{LIMIT, TrialOptions, trials};

use crate::{STRANDED, bed};

/// The trials of a procedure in this mode, at its last fault point and at every so many before it.
fn tried(procedure: &str, order: DirectoryStep, mode: Mode, every: usize) -> MoverReport {
    let site = Site::of_bed(bed()).unwrap();
    let mover = Mover::Performed { procedure: procedure.to_owned(), program: STRANDED.into() };
    let options = TrialOptions { order, modes: &[], points: &[], points_max: None, limit: LIMIT, must_succeed: false };
    let planned = trials(&site, &mover, &options, &()).unwrap().planned;
    let points: Vec<_> = planned.iter().rev().step_by(every).cloned().collect();
    trials(&site, &mover, &TrialOptions { modes: &[mode], points: &points, ..options }, &()).unwrap()
}

/// One test: two at once would use the same addresses of the bed.
#[test]
fn our_own_movers_end_as_their_procedures_allow_and_not_as_another_one_does() {
    for (mover, order, other) in [
        ("naive-move", DirectoryStep::Last, "doveadm-sync-1"),
        ("naive-move", DirectoryStep::First, "larch"),
        ("move-then-merge", DirectoryStep::Tool, "larch"),
    ] {
        let report = tried(mover, order, Mode::Mail, 4);
        let own = compare(&report, mover).unwrap();
        assert!(own.trials.len() > 5, "{mover}: {} trials", own.trials.len());
        let wrong: Vec<_> = own.disagreements().collect();
        assert!(wrong.is_empty(), "{mover}: {wrong:#?}");
        let other = compare(&report, other).unwrap();
        assert!(other.disagreements().next().is_some(), "{mover} is not distinguished from {}", other.procedure);
    }

    // The last request of the naive move comes just before its deletion.
    let report = tried("naive-move", DirectoryStep::Never, Mode::Mail, usize::MAX);
    let verdicts: Vec<TrialVerdict> = report.trials.iter().map(|trial| trial.verdict).collect();
    assert_eq!(verdicts, [TrialVerdict::Unreachable, TrialVerdict::Loss]);

    // The safe move leaves all mail at the home, also if its directory step does nothing.
    for (order, home) in [(DirectoryStep::Tool, "destination"), (DirectoryStep::Never, "source")] {
        for mode in [Mode::Cut, Mode::Kill] {
            let report = tried("move-then-merge", order, mode, 7);
            assert_eq!(compare(&report, "move-then-merge").unwrap().disagreements().next(), None, "{mode:?}");
            for trial in report.trials {
                assert!(trial.verdict.is_fine(), "{mode:?} {:?}: {:?}", trial.point, trial.reasons);
                assert_eq!(trial.end.home.as_deref(), Some(home), "{mode:?} {:?}", trial.point);
            }
        }
    }
}
