//! The outcomes that the model allows and that no trial shows, each with the reason.

use crate::proxy::point::Mode;
use crate::trial::report::TrialVerdict;

/// An outcome that the model allows for a mover in a mode, and the reason why it is not observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The mover.
    pub mover: &'static str,
    /// The mode.
    pub mode: Mode,
    /// The verdict.
    pub verdict: TrialVerdict,
    /// The reason, as a sentence without a full stop.
    pub reason: &'static str,
}

/// Every explained outcome.
pub const EXPLAINED: &[Explained] = &[
    Explained {
        mover: "mbsync",
        mode: Mode::Swallow,
        verdict: TrialVerdict::Duplicate,
        reason: "mbsync finds a message whose APPEND got no answer by its header X-TUID, which the procedure does not have",
    },
    Explained { mover: "fetchmail", mode: Mode::Cut, verdict: TrialVerdict::FalseSuccess, reason: NEXT_MESSAGE },
    Explained { mover: "fetchmail", mode: Mode::Swallow, verdict: TrialVerdict::FalseSuccess, reason: NEXT_MESSAGE },
];

/// The reason why fetchmail strands mail where the procedure leaves all of it at the home.
const NEXT_MESSAGE: &str =
    "after a delivery that got no answer fetchmail continues with the next message, and the procedure ends";

/// Returns the reason why an outcome is not observed, if the table has it.
#[must_use]
pub fn explanation(mover: &str, mode: Mode, verdict: TrialVerdict) -> Option<&'static str> {
    let is_meant = |one: &&Explained| (one.mover, one.mode, one.verdict) == (mover, mode, verdict);
    EXPLAINED.iter().find(is_meant).map(|one| one.reason)
}
