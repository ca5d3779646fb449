//! Trials at every planned fault, on several lanes at once. Knows nothing of servers and tools.

use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::report::TrialReport;
use super::{Observer, TrialError, TrialOptions};
use crate::proxy::point::{FaultPoint, Mode};

/// The most attempts at one trial. One in which the system under the tool failed says nothing about the tool, and is repeated.
const ATTEMPTS_MAX: usize = 3;

/// Returns the points that are tried, of those that a run of the tool with this name reached; a sample is evenly spread.
pub(crate) fn selected(
    tool: &str,
    reached: &[FaultPoint],
    options: &TrialOptions<'_>,
) -> Result<Vec<FaultPoint>, TrialError> {
    if let Some(unknown) = options.points.iter().find(|point| !reached.contains(point)) {
        let points: Vec<String> = reached.iter().map(ToString::to_string).collect();
        let points = points.join("\n  ");
        return Err(TrialError::Tool(format!("{tool} does not reach {unknown}; its points are\n  {points}")));
    }
    let is_asked = |point: &&FaultPoint| options.points.is_empty() || options.points.contains(point);
    let points: Vec<&FaultPoint> = reached.iter().filter(is_asked).collect();
    let count = options.points_max.map_or(points.len(), |most| most.get().min(points.len()));
    Ok((0..count).map(|index| points[index * points.len() / count].clone()).collect())
}

/// Tries each mode at each point, one trial on each lane at a time. Returns the trial without a fault and then these, in the order of
/// the points, and the reason why some are missing.
pub(crate) fn all<L: Send, E: Display>(
    lanes: &mut [L],
    plain: TrialReport,
    points: &[FaultPoint],
    modes: &[Mode],
    observer: &dyn Observer,
    trial: impl Fn(&mut L, &FaultPoint, Mode) -> Result<TrialReport, E> + Sync,
) -> (Vec<TrialReport>, Option<String>) {
    let faults: Vec<_> = points.iter().flat_map(|point| modes.iter().map(move |mode| (point, *mode))).collect();
    observer.ended(&plain, faults.len() + 1);
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, TrialReport)>> = Mutex::default();
    let stopped: Mutex<Option<String>> = Mutex::default();
    // A panic in another lane leaves whole values behind.
    let stop = |reason: String| *stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    let work = |lane: &mut L| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((point, mode)) = faults.get(index) else { return };
            if observer.is_interrupted() {
                return stop("the command was stopped".to_owned());
            }
            let trial = match repeated(observer, || trial(lane, point, *mode)) {
                Ok(trial) => trial,
                Err(reason) => return stop(format!("{} {point}: {reason}", mode.name())),
            };
            observer.ended(&trial, faults.len() + 1);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, trial));
        }
    };
    thread::scope(|scope| {
        for lane in lanes {
            scope.spawn(|| work(lane));
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    let trials = std::iter::once(plain).chain(results.into_iter().map(|(_, trial)| trial)).collect();
    (trials, stopped.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Carries out a trial, again if the system under the tool fails in it.
pub(super) fn repeated<E: Display>(
    observer: &dyn Observer,
    mut trial: impl FnMut() -> Result<TrialReport, E>,
) -> Result<TrialReport, E> {
    for _ in 1..ATTEMPTS_MAX {
        match trial() {
            Ok(trial) => return Ok(trial),
            Err(reason) => observer.repeats(&reason.to_string()),
        }
    }
    trial()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use pretty_assertions::assert_eq;

    use super::{ATTEMPTS_MAX, Mode, Observer, all};
    use crate::proxy::point::FaultPoint;
    use crate::trial::report::{DirectoryStep, FinalState, TrialReport, TrialVerdict};

    /// Notes what the lanes say of the system under the tool.
    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Observer for Notes {
        fn repeats(&self, reason: &str) {
            self.0.lock().unwrap().push(reason.to_owned());
        }
    }

    fn trial(fault: Option<(&FaultPoint, Mode)>) -> TrialReport {
        TrialReport {
            mover: "mover".to_owned(),
            version: None,
            repair: None,
            order: DirectoryStep::Tool,
            mode: fault.map(|(_, mode)| mode),
            point: fault.map(|(point, _)| point.clone()),
            frame: None,
            is_run_again: false,
            reached: Vec::new(),
            reached_by_operator: Vec::new(),
            runs: Vec::new(),
            mail: [].into(),
            end: FinalState::default(),
            verdict: TrialVerdict::Fine,
            reasons: Vec::new(),
            milliseconds: 0,
        }
    }

    /// Tries two faults on one lane, where the system fails so many times in the first trial with a fault. Returns the number of trials,
    /// the reason why trials are missing, and the number of failures that were reported.
    fn with_failures(failures: usize) -> (usize, Option<String>, usize) {
        let points = ["source-imap:XFER:1".parse().unwrap()];
        let (notes, mut calls) = (Notes::default(), [0]);
        let (trials, stopped) =
            all(&mut calls, trial(None), &points, &[Mode::Cut, Mode::Kill], &notes, |calls, point, mode| {
                *calls += 1;
                if *calls <= failures { Err("a server did not start") } else { Ok(trial(Some((point, mode)))) }
            });
        (trials.len(), stopped, notes.0.into_inner().unwrap().len())
    }

    #[test]
    fn a_trial_is_repeated_if_the_system_under_the_tool_fails() {
        assert_eq!(with_failures(0), (3, None, 0));
        assert_eq!(with_failures(ATTEMPTS_MAX - 1), (3, None, ATTEMPTS_MAX - 1));
    }

    #[test]
    fn trials_end_if_the_system_under_the_tool_keeps_failing() {
        let reason = "cut source-imap:XFER:1: a server did not start".to_owned();
        assert_eq!(with_failures(usize::MAX), (1, Some(reason), ATTEMPTS_MAX - 1));
    }
}
