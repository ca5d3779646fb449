//! How the program ends. The one place that gives the exit codes their numbers.

/// What an exit code says; when several apply, the greatest in this order is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Every verdict is the expected one.
    AsExpected,
    /// A bound, the time or the memory ran out, somebody ended it, or nothing was exercised.
    Inconclusive,
    /// A property or an implementation is not as expected.
    NotAsExpected,
    /// An adapter broke the protocol, hung or died unasked.
    BrokenAdapter,
    /// The command line, a scenario or another input is wrong.
    Usage,
    /// A defect of `stranded` itself.
    Defect,
}

impl Exit {
    /// The number that the program ends with.
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

    /// What `--help` says about the codes.
    pub const HELP: &str = "\
Exit codes:
  0  every verdict is the expected one
  1  a property is not as expected; advise: some mailbox is stranded or has no safe procedure
  2  the command line, a scenario or another input is wrong
  3  inconclusive: a bound, the time or the memory ran out, it was interrupted or only walked,
     its checkpoint could not be written, nothing was exercised, or it cannot be told for any number
  4  an adapter broke the protocol, hung or died unasked
  5  a defect of stranded itself";
}
