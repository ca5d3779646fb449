//! Making a failing run short: everything is left out without which it still shows the same verdict, asked of the live
//! implementation each time. Whether it shows it again at all is found out first.

use std::time::Instant;

use crate::adapter::Broken;
use crate::oracle::{Manner, Word};
use crate::wire::{Capabilities, Deed, Event};

use super::record::Record;
use super::session::{Run, Session};

/// How often a run is tried again before it is said not to fail again.
const TRIES: usize = 3;
/// The most runs that are spent on making one run short.
const ATTEMPTS_MAX: usize = 3_000;

/// A run that shows a verdict, and nothing else if that could be found.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The verdict.
    pub word: Word,
    /// The run.
    pub record: Record,
    /// How many things were done in the run that was found first.
    pub deeds_before: usize,
    /// Why the run cannot be relied on: the implementation did not do the same again.
    pub unsteady: Option<String>,
}

/// For each verdict among failing runs, the worst first, its shortest run.
pub(super) fn shortest(
    session: &mut Session<'_, '_>,
    capabilities: &Capabilities,
    manner: &Manner,
    failing: &[Run],
    deadline: Option<Instant>,
) -> Result<Vec<Shrunk>, Broken> {
    let mut found = Vec::new();
    for word in Word::ALL.into_iter().rev() {
        let shows = failing.iter().filter(|run| run.shows(word)).min_by_key(|run| run.deeds.len());
        if let Some(run) = shows {
            let (short, unsteady) = shrink(session, run, word, deadline)?;
            let deeds_before = run.deeds.len();
            let record = Record::of(session.spec(), capabilities, manner, word, &short);
            found.push(Shrunk { word, record, deeds_before, unsteady });
        }
    }
    Ok(found)
}

/// Does the same things again, and says what they show.
///
/// # Errors
/// The implementation broke the protocol.
pub(super) fn again(session: &mut Session<'_, '_>, run: &Run, deeds: &[Deed]) -> Result<Option<Run>, Broken> {
    if !session.reset(&run.start)? {
        return Ok(None);
    }
    for deed in deeds {
        session.perform(deed)?;
    }
    Ok(Some(session.run()))
}

fn shrink(
    session: &mut Session<'_, '_>,
    run: &Run,
    word: Word,
    deadline: Option<Instant>,
) -> Result<(Run, Option<String>), Broken> {
    let mut unsteady = None;
    let mut best = None;
    for _ in 0..TRIES {
        let second = again(session, run, &run.deeds)?;
        if let Some(second) = second {
            if unsteady.is_none() && !is_same(&run.events, &second.events) {
                unsteady = Some("asked the same again, it answered otherwise".to_owned());
            }
            if second.shows(word) {
                best = Some(second);
                break;
            }
        }
    }
    let Some(mut best) = best else {
        let says = format!("asked the same again {TRIES} times, it did not show it again");
        return Ok((run.clone(), Some(says)));
    };
    let mut attempts = 0;
    let mut size = best.deeds.len().div_ceil(2).max(1);
    loop {
        let mut is_shorter = false;
        let mut from = 0;
        while from < best.deeds.len() {
            let is_over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if attempts >= ATTEMPTS_MAX || is_over {
                return Ok((best, unsteady));
            }
            attempts += 1;
            let to = (from + size).min(best.deeds.len());
            let rest = [&best.deeds[..from], &best.deeds[to..]].concat();
            match again(session, run, &rest)? {
                Some(shorter) if shorter.shows(word) => {
                    best = shorter;
                    is_shorter = true;
                }
                Some(_) | None => from = to,
            }
        }
        if size == 1 && !is_shorter {
            return Ok((best, unsteady));
        }
        size = size.div_ceil(2).max(1);
    }
}

impl Run {
    /// Whether it shows this verdict.
    pub(super) fn shows(&self, word: Word) -> bool {
        self.surprises.iter().any(|(shown, _)| *shown == word)
    }
}

/// Whether the same was answered and seen; words to people may differ.
fn is_same(one: &[Event], other: &[Event]) -> bool {
    let plain = |event: &Event| match event.clone() {
        Event::Did { deed, mut answer } => {
            answer.says = None;
            Event::Did { deed, answer }
        }
        event @ (Event::Reset { .. } | Event::Call { .. } | Event::Return { .. } | Event::Saw { .. }) => event,
    };
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| plain(one) == plain(other))
}
