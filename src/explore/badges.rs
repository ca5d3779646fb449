//! The badges of a moment: what the step did to the mail, and how a repair ended.

use serde::Serialize;

use crate::report::badge::Badge;
use crate::report::summary::TraceEnd;

use super::document::Moment;
use super::open_trace::{REPAIR, VisitedState};

/// A badge of a moment.
#[derive(Clone, Debug, Serialize)]
pub struct BadgeEntry {
    /// The kind: `bad`, `stray`, `warn` or `good`.
    pub kind: &'static str,
    /// The sign.
    pub sign: &'static str,
    /// The text.
    pub says: String,
}

impl From<Badge> for BadgeEntry {
    fn from(badge: Badge) -> Self {
        let kind = match badge {
            Badge::Destroys(_) | Badge::TooLate => "bad",
            Badge::Strands(_) => "stray",
            Badge::FirstViolation | Badge::Breaks(_) => "warn",
        };
        Self { kind, sign: badge.sign(), says: badge.words() }
    }
}

/// The badge of the report of an applied procedure: the place of the mail after it.
pub(super) fn outcome(visited: &VisitedState, moment: &Moment) -> Option<BadgeEntry> {
    let is_repair = visited.taken.as_ref().and_then(|taken| taken.action.administrator()).is_some();
    if moment.reported.is_none() || !is_repair || moment.actor != REPAIR {
        return None;
    }
    let ending = TraceEnd::of(&visited.world, &visited.state, None);
    let (kind, sign, says) = match (ending.is_whole, ending.is_marked) {
        (true, false) => ("good", "✓", "all mail is at the home"),
        (true, true) => ("warn", "⇄", "all mail is at the home, but it stays in transit"),
        (false, _) => ("warn", "⚠", "not all mail is at the home"),
    };
    Some(BadgeEntry { kind, sign, says: says.to_owned() })
}

/// The badges of a step that do not depend on the trace.
pub(super) fn badges(lost: &[String], strands: &[String], breaks: &[&'static str]) -> Vec<BadgeEntry> {
    let destroys = (!lost.is_empty()).then(|| Badge::Destroys(lost.to_vec()));
    let broken = (!breaks.is_empty()).then(|| Badge::Breaks(breaks.to_vec()));
    let strands = (!strands.is_empty()).then(|| Badge::Strands(strands.to_vec()));
    destroys.into_iter().chain(strands).chain(broken).map(BadgeEntry::from).collect()
}
