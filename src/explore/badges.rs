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

/// The badges of the report of an applied procedure: the place of the mail after it, and the destroyed mail.
pub(super) fn outcome(visited: &VisitedState, moment: &Moment) -> Vec<BadgeEntry> {
    let is_repair = visited.taken.as_ref().and_then(|taken| taken.action.administrator()).is_some();
    if moment.reported.is_none() || !is_repair || moment.actor != REPAIR {
        return Vec::new();
    }
    let ending = TraceEnd::of(&visited.world, &visited.state, None);
    let (kind, sign, says) = match (ending.is_whole, ending.is_marked) {
        (true, false) => ("good", "✓", "all mail is at the home"),
        (true, true) => ("warn", "⇄", "all mail is at the home, but it stays in transit"),
        (false, _) => ("warn", "⚠", "not all mail is at the home"),
    };
    let lost: Vec<&str> =
        moment.picture.mailboxes.iter().flat_map(|mailbox| &mailbox.lost).map(String::as_str).collect();
    let destroyed = (!lost.is_empty()).then(|| {
        let verb = if lost.len() == 1 { "is" } else { "are" };
        BadgeEntry { kind: "bad", sign: "✕", says: format!("{} {verb} destroyed", lost.join(" ")) }
    });
    destroyed.into_iter().chain([BadgeEntry { kind, sign, says: says.to_owned() }]).collect()
}
