//! Assumptions: questions that no public source settles, with their possible answers and the sources that leave them
//! open. Every answer is tried unless a scenario pins one. `specs/assumptions.md` gives the reasons.

/// A question that no source settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assumption {
    /// Does the abort on a duplicate also remove the source?
    DuplicateAbort,
    /// Is the source deleted before or after the directory step?
    SourceDelete,
    /// Is one Apply in raw mode one write or two?
    RawApply,
    /// Mail while Home-MDB and Home-MTA do not name the same server.
    SplitHome,
    /// Mail at a server that is not the home of the mailbox.
    MisroutedMail,
    /// A message that arrives between the creation of a mailbox and its mark.
    MailBeforeMark,
    /// Does the Administrator program purge a mailbox before or after it deletes the recipient?
    PurgeOrder,
    /// A program's writes to a store that looks empty.
    EmptyStoreWrites,
    /// The moment at which the operator of a mover changes the directory.
    DirectoryStep,
}

/// An answer to an assumption: its index in [`Assumption::values`].
pub type AssumptionAnswer = u8;

impl Assumption {
    /// Every assumption, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::DuplicateAbort,
        Self::SourceDelete,
        Self::RawApply,
        Self::SplitHome,
        Self::MisroutedMail,
        Self::MailBeforeMark,
        Self::PurgeOrder,
        Self::EmptyStoreWrites,
        Self::DirectoryStep,
    ];

    /// The name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DuplicateAbort => "duplicate-abort",
            Self::SourceDelete => "source-delete",
            Self::RawApply => "raw-apply",
            Self::SplitHome => "split-home",
            Self::MisroutedMail => "misrouted-mail",
            Self::MailBeforeMark => "mail-before-mark",
            Self::PurgeOrder => "purge-order",
            Self::EmptyStoreWrites => "empty-store-writes",
            Self::DirectoryStep => "directory-step",
        }
    }

    /// The possible answers.
    #[must_use]
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::DuplicateAbort => &["keeps-source", "removes-source"],
            Self::SourceDelete => &["after-directory", "before-directory"],
            Self::RawApply => &["one-write", "two-writes"],
            Self::SplitHome => &["return", "shell", "queue"],
            Self::MisroutedMail => &["return", "shell", "forward"],
            Self::MailBeforeMark => &["kept", "lost"],
            Self::PurgeOrder => &["before-tombstone", "after-tombstone"],
            Self::EmptyStoreWrites => &["accepted", "refused"],
            Self::DirectoryStep => &["first", "last", "never"],
        }
    }

    /// The question in one sentence.
    #[must_use]
    pub fn question(self) -> &'static str {
        match self {
            Self::DuplicateAbort => {
                "When a move finds a duplicate at its destination and deletes it, is the source removed too?"
            }
            Self::SourceDelete => "Is the source deleted before or after the directory step of a move?",
            Self::RawApply => "Is one Apply in raw mode one write of both home attributes, or two?",
            Self::SplitHome => "What happens to mail when Home-MDB and Home-MTA do not name the same server?",
            Self::MisroutedMail => "What does a server do with mail for a mailbox that is not homed there?",
            Self::MailBeforeMark => "What becomes of a message that reaches a new mailbox before its in-transit mark?",
            Self::PurgeOrder => {
                "Does the Administrator program purge the mailbox before or after it deletes the recipient?"
            }
            Self::EmptyStoreWrites => "Does a store that only looks empty accept what a program writes to it?",
            Self::DirectoryStep => {
                "Does the operator of a mover change the directory before the mover runs, after it, or never?"
            }
        }
    }

    /// The sources that raise the question and leave it open.
    #[must_use]
    pub fn sources(self) -> &'static [&'static str] {
        match self {
            Self::DuplicateAbort => &["Q252869 S10", "Q177772"],
            Self::SourceDelete => &["Q252869 S24", "Q168188"],
            Self::RawApply => &["Q252869 S16"],
            Self::SplitHome => &["Q236582", "Q252820"],
            Self::MisroutedMail => &["Q172364", "Q170478"],
            Self::MailBeforeMark => &["Q277911"],
            Self::PurgeOrder => &["Q184160", "Q239639"],
            Self::EmptyStoreWrites => &["doveadm-mount(1)"],
            Self::DirectoryStep => &["inferred"],
        }
    }
}

/// An answer to every assumption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assumptions([AssumptionAnswer; Assumption::ALL.len()]);

impl Assumptions {
    /// These answers, with another answer to one assumption.
    #[must_use]
    pub fn with(mut self, assumption: Assumption, answer: AssumptionAnswer) -> Self {
        assert!(usize::from(answer) < assumption.values().len(), "{} has no answer with this index", assumption.name());
        self.0[assumption as usize] = answer;
        self
    }

    /// The answer to an assumption.
    #[must_use]
    pub fn answer(&self, assumption: Assumption) -> AssumptionAnswer {
        self.0[assumption as usize]
    }

    /// The answer to an assumption, by name.
    #[must_use]
    pub fn value(&self, assumption: Assumption) -> &'static str {
        assumption.values()[usize::from(self.answer(assumption))]
    }
}

/// Treatment of mail that arrives at a server that is not the home, or for a recipient whose home attributes disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stray {
    /// The server returns it to its sender.
    Return,
    /// The server delivers it into its own store, and creates a shell if the mailbox is absent.
    Shell,
    /// A server forwards it to the home that its replica names. If the attributes name no single home, the queue keeps
    /// it.
    Forward,
}

impl Assumptions {
    /// The answer to [`Assumption::SplitHome`] or [`Assumption::MisroutedMail`].
    #[must_use]
    pub fn stray(&self, assumption: Assumption) -> Stray {
        match self.answer(assumption) {
            0 => Stray::Return,
            1 => Stray::Shell,
            _ => Stray::Forward,
        }
    }
}
