//! The exit codes of the program, and their text in `--help`.

/// The exit codes; if several apply, the greatest in this order is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[must_use]
pub enum Exit {
    /// Every verdict is the expected one.
    AsExpected,
    /// A bound was reached, the program was interrupted, an output could not be written, or nothing was exercised.
    Inconclusive,
    /// A property or an implementation is not as expected.
    NotAsExpected,
    /// An adapter broke the protocol, hung or died unexpectedly.
    BrokenAdapter,
    /// The command line, a scenario or another input is invalid.
    Usage,
    /// A defect of `stranded` itself.
    Defect,
}

impl Exit {
    /// Returns the number of this exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::AsExpected => 0,
            Self::NotAsExpected => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::BrokenAdapter => 4,
            Self::Defect => 5,
        }
    }

    /// The text of `--help` about the exit codes.
    pub const HELP: &str = "\
Exit codes:
  0  every verdict is the expected one
  1  a property is not as expected; advise: a mailbox is stranded or has no safe procedure; diff: a
     verdict or a behaviour differs
  2  the command line, a scenario or another input is invalid
  3  inconclusive: a bound on states, depth, time or memory was reached; the search was interrupted,
     only sampled, or undecided for unbounded messages; an output or a checkpoint could not be
     written; or nothing was exercised
  4  an adapter broke the protocol, hung or died unexpectedly
  5  a defect of stranded itself";
}
