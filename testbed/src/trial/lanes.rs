//! Trials at every planned fault, on several lanes at once. Knows nothing of servers and tools.

use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::report::TrialReport;
use super::{Observer, TrialError, TrialOptions};
use crate::proxy::point::{FaultPoint, Mode};

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
            match trial(lane, point, *mode) {
                Ok(trial) => {
                    observer.ended(&trial, faults.len() + 1);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((index, trial));
                }
                Err(reason) => return stop(format!("{} {point}: {reason}", mode.name())),
            }
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
