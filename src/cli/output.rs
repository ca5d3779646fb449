//! The formats of results, and their destination.

use std::path::{Path, PathBuf};

use clap::{Arg, Args, ValueEnum};

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
    /// Also write the result in this format; can be given several times. `github` needs no file, and also appends Markdown to the
    /// summary of the job
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file)]
    pub reports: Vec<ReportFile>,
}

/// A further output of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its format.
    pub format: Format,
    /// Its file.
    pub file: PathBuf,
}

/// Reads `FORMAT=FILE`. Annotations go to standard output, where GitHub reads them, so their format needs no file.
fn report_file(text: &str) -> Result<ReportFile, String> {
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
    let names: Vec<String> = Format::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|one| one.get_name().to_owned())
        .collect();
    let format = Format::from_str(name, false)
        .map_err(|_| format!("`{name}` is no format; expected FORMAT=FILE with one of {}", names.join(", ")))?;
    match (format, file.filter(|file| !file.is_empty())) {
        (_, Some(file)) => Ok(ReportFile { format, file: file.into() }),
        (Format::Github, None) => Ok(ReportFile { format, file: STANDARD_OUTPUT.into() }),
        (Format::Text | Format::Json | Format::Junit | Format::Tap | Format::Markdown, None) => {
            Err(format!("the file is missing: write {name}=FILE"))
        }
    }
}

/// Returns the argument `--format` with the help for a command whose result has no cases.
#[must_use]
pub(super) fn without_cases(argument: Arg) -> Arg {
    argument.hide_possible_values(true).help("Format of the output: text or json")
}

/// The name of standard output in place of a file.
pub const STANDARD_OUTPUT: &str = "-";

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
    /// The Test Anything Protocol, version 13
    Tap,
    /// Markdown, for the summary of a job
    Markdown,
    /// Annotations in a log of GitHub Actions, and Markdown in the summary of the job
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

impl Output {
    /// Returns every format with its destination: the main one first.
    pub fn destinations(&self) -> impl Iterator<Item = (Format, Option<&Path>)> {
        let reports = self.reports.iter().map(|report| (report.format, Some(report.file.as_path())));
        [(self.format, self.file.as_deref())].into_iter().chain(reports)
    }

    /// Returns true if a format of programs that know GitHub is among the outputs.
    #[must_use]
    pub fn is_for_github(&self) -> bool {
        self.destinations().any(|(format, _)| format == Format::Github)
    }
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
