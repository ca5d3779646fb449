//! Expected failures of an implementation, as a TOML file: each deviation with a reason and an expiry date. The comparison
//! with a judgement lists verdicts without an entry, and entries that match nothing. This module neither drives nor judges.

use std::fmt;

use jiff::civil::Date;
use stranded_model::property::Safety;

use crate::oracle::{CaseVerdict, Conformance, Judgement};
use stranded_search::scenario::{Cursor, Diagnostics, Findings, SourceText, builtin, parse_toml, wrong_type};

/// Maximum number of deviations in a file.
const DEVIATIONS_MAX: usize = 1000;

/// Verdicts that a deviation can have: those of failures.
const VERDICTS: [CaseVerdict; 7] = [
    CaseVerdict::Nonconforming,
    CaseVerdict::Bounced,
    CaseVerdict::FalseSuccess,
    CaseVerdict::Duplicate,
    CaseVerdict::Changed,
    CaseVerdict::Unreachable,
    CaseVerdict::Loss,
];

/// A file of expected failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedFailures {
    file: String,
    deviations: Vec<Deviation>,
}

/// A failure that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The scenario that shows it.
    pub scenario: String,
    /// The verdict.
    pub verdict: CaseVerdict,
    /// The violated property; `None` matches any property.
    pub property: Option<Safety>,
    /// Reason for not fixing it.
    pub reason: String,
    /// First day on which the entry no longer counts.
    pub expires: Date,
    /// Line of the file on which the entry begins.
    pub line: u32,
}

/// Unexpected verdicts of a scenario that was driven and judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioVerdicts {
    /// The scenario.
    pub scenario: String,
    /// Verdicts that the scenario does not expect.
    pub unexpected: Vec<UnexpectedVerdict>,
    /// True if the scenario was driven to the end, so that a deviation that did not occur passes now.
    pub is_over: bool,
}

/// A verdict that the scenario does not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnexpectedVerdict {
    /// The verdict.
    pub verdict: CaseVerdict,
    /// The violated property, if the verdict is about one.
    pub property: Option<Safety>,
}

/// Result of the comparison of verdicts with the expected failures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison<'k> {
    /// Verdicts without an entry, each with its scenario.
    pub not_listed: Vec<(String, UnexpectedVerdict)>,
    /// Entries that match a verdict.
    pub matching: Vec<&'k Deviation>,
    /// Wrong entries, each as a sentence with file and line.
    pub problems: Vec<String>,
}

impl Comparison<'_> {
    /// Returns true if every verdict has an entry, and no entry is wrong.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.not_listed.is_empty() && self.problems.is_empty()
    }
}

impl ScenarioVerdicts {
    /// Unexpected verdicts of a judgement, each once.
    #[must_use]
    pub fn of(scenario: &str, judgement: &Judgement) -> Self {
        let findings = judgement.findings.iter().filter(|finding| !finding.is_expected);
        let mut unexpected: Vec<UnexpectedVerdict> = findings
            .map(|finding| UnexpectedVerdict { verdict: finding.verdict, property: finding.property })
            .collect();
        if let Conformance::Nonconforming(failure) = &judgement.conformance {
            let verdict = if failure.is_bounce { CaseVerdict::Bounced } else { CaseVerdict::Nonconforming };
            unexpected.push(UnexpectedVerdict { verdict, property: None });
        }
        unexpected.sort();
        unexpected.dedup();
        Self { scenario: scenario.to_owned(), unexpected, is_over: true }
    }
}

impl Deviation {
    fn covers(&self, scenario: &str, verdict: UnexpectedVerdict) -> bool {
        self.scenario == scenario
            && self.verdict == verdict.verdict
            && (self.property.is_none() || self.property == verdict.property)
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in {}", self.verdict.name(), self.scenario)?;
        self.property.map_or(Ok(()), |property| write!(f, " ({})", property.name()))
    }
}

impl ExpectedFailures {
    /// Reads a file of expected failures.
    ///
    /// # Errors
    /// The file has errors; all are reported.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Diagnostics> {
        let file = SourceText { name: file_name.to_owned(), text: text.to_owned() };
        let deviations = parse_toml(file.clone(), |mut root, found| {
            let mut tables = root.tables("deviation", "deviation", found);
            if let Some(excess) = tables.get(DEVIATIONS_MAX) {
                let label = format!("a file has at most {DEVIATIONS_MAX}");
                found.report(excess.span.clone(), format!("too many deviations: there are {}", tables.len()), label);
            }
            tables.truncate(DEVIATIONS_MAX);
            root.finish(found);
            let mut all: Vec<Deviation> = Vec::new();
            for table in tables {
                let span = table.span.clone();
                let Some(one) = deviation(table, &file, found) else { continue };
                let is_same = |other: &&Deviation| {
                    (&other.scenario, other.verdict, other.property) == (&one.scenario, one.verdict, one.property)
                };
                if let Some(other) = all.iter().find(is_same) {
                    let label = format!("the one on line {} covers it", other.line);
                    found.report(span, format!("{one} is listed twice"), label);
                }
                all.push(one);
            }
            Some(all)
        })?;
        Ok(Self { file: file_name.to_owned(), deviations })
    }

    /// The deviations, in the order of the file.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// Compares verdicts with the entries.
    ///
    /// An entry is wrong if it has expired; if its scenario was driven to the end and has no verdict that it matches; or if its
    /// scenario was not driven and is not built in. An entry for a built-in scenario that was not driven is ignored.
    #[must_use]
    pub fn compare(&self, found: &[ScenarioVerdicts], today: Date) -> Comparison<'_> {
        let mut comparison = Comparison::default();
        for one in &self.deviations {
            let at = format!("{}:{}", self.file, one.line);
            let driven = found.iter().find(|found| found.scenario == one.scenario);
            let is_found =
                driven.is_some_and(|found| found.unexpected.iter().any(|verdict| one.covers(&one.scenario, *verdict)));
            let problem = if one.expires <= today {
                let again = if is_found { "it still occurs" } else { "it did not occur" };
                format!("{at}: {one} expired on {}; {again}; reason: {}", one.expires, one.reason)
            } else if is_found {
                comparison.matching.push(one);
                continue;
            } else if driven.is_some_and(|found| !found.is_over) {
                continue;
            } else if driven.is_some() {
                format!("{at}: {one} is expected but did not occur: it passes now, remove the entry")
            } else if builtin::scenario(&one.scenario).is_none() {
                format!("{at}: {one} matches no scenario: none with this name was driven or is built in")
            } else {
                continue;
            };
            comparison.problems.push(problem);
        }
        for found in found {
            let is_covered =
                |verdict: UnexpectedVerdict| comparison.matching.iter().any(|one| one.covers(&found.scenario, verdict));
            let left = found.unexpected.iter().copied().filter(|verdict| !is_covered(*verdict));
            comparison.not_listed.extend(left.map(|verdict| (found.scenario.clone(), verdict)));
        }
        comparison
    }
}

fn deviation(mut table: Cursor<'_>, file: &SourceText, found: &mut Findings) -> Option<Deviation> {
    table.demand("scenario", "the name of the scenario that shows it", found);
    table.demand("verdict", "the expected verdict", found);
    table.demand("reason", "why it is not fixed", found);
    table.demand("expires", "the first day on which the entry no longer counts, such as 2027-03-31", found);
    let line = file.line(table.span.start);
    let scenario = table.string("scenario", found).and_then(|text| text_of("scenario", &text, found));
    let verdict = table.choice("verdict", &VERDICTS.map(|verdict| (verdict.name(), verdict)), found);
    let property_is_wrong = table.has("property");
    let property = table.choice("property", &Safety::ALL.map(|safety| (safety.name(), safety)), found);
    let reason = table.string("reason", found).and_then(|text| text_of("reason", &text, found));
    let expires = expires(&mut table, found);
    table.finish(found);
    if property_is_wrong && property.is_none() {
        return None;
    }
    Some(Deviation { scenario: scenario?, verdict: verdict?, property, reason: reason?, expires: expires?, line })
}

fn text_of(key: &str, text: &toml::Spanned<&str>, found: &mut Findings) -> Option<String> {
    let text_of = text.get_ref().trim();
    if text_of.is_empty() {
        found.report(text.span(), format!("`{key}` is empty"), "write a text here");
    }
    (!text_of.is_empty()).then(|| text_of.to_owned())
}

fn expires(table: &mut Cursor<'_>, found: &mut Findings) -> Option<Date> {
    let value = table.value("expires")?;
    let wanted = "a date without quotes, such as 2027-03-31,";
    let Some(written) = value.get_ref().as_datetime() else {
        wrong_type("expires", value, wanted, found);
        return None;
    };
    let (Some(date), None, None) = (written.date, written.time, written.offset) else {
        found.report(value.span(), "`expires` is not a plain date", "a date without a time, such as 2027-03-31");
        return None;
    };
    let parts = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
    let (Ok(year), Ok(month), Ok(day)) = parts else { return None };
    let date = Date::new(year, month, day).ok();
    if date.is_none() {
        found.report(value.span(), "`expires` is not a date of the calendar", "a date such as 2027-03-31");
    }
    date
}

/// Today's date in UTC. `source_date_epoch`, in seconds since 1970, replaces the current time, so that a result can be
/// reproduced. Only commands call this; a judgement does not depend on the date.
///
/// # Errors
/// `SOURCE_DATE_EPOCH` is not a number of seconds.
pub fn today(source_date_epoch: Option<&str>) -> Result<Date, String> {
    let now = match source_date_epoch {
        None => jiff::Timestamp::now(),
        Some(text) => {
            let seconds = text.parse::<i64>().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
            seconds.ok_or_else(|| {
                format!(
                    "SOURCE_DATE_EPOCH is `{}`; expected seconds since 1970, such as 1800000000",
                    text.escape_debug()
                )
            })?
        }
    };
    Ok(now.to_zoned(jiff::tz::TimeZone::UTC).date())
}
