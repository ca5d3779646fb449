//! The formats of results, and their destination.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::formats::results::ResultFormat;

/// Format and destination of a result.
#[derive(Debug, Args)]
pub struct Output {
    /// Format of the output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write to this file; - is standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// The formats of results. Some commands print only some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Text,
    /// JSON for programs
    Json,
    /// JUnit XML, for programs that collect test results
    Junit,
    /// The Test Anything Protocol, version 14
    Tap,
    /// Markdown, for the summary of a job
    Markdown,
    /// Annotations in a log of GitHub Actions
    Github,
}

/// The kinds of formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// A format for people.
    Text,
    /// A format for programs that know `stranded`.
    Json,
    /// A format for programs that know tests.
    Cases(ResultFormat),
}

impl Format {
    /// Returns the kind of this format.
    #[must_use]
    pub fn kind(self) -> OutputKind {
        match self {
            Self::Text => OutputKind::Text,
            Self::Json => OutputKind::Json,
            Self::Junit => OutputKind::Cases(ResultFormat::Junit),
            Self::Tap => OutputKind::Cases(ResultFormat::Tap),
            Self::Markdown => OutputKind::Cases(ResultFormat::Markdown),
            Self::Github => OutputKind::Cases(ResultFormat::Github),
        }
    }
}
