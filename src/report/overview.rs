//! The report on several scenarios: one line for each, the details of those that are not as expected, and the summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use stranded_search::check::{Checked, PropertyResult};
use stranded_search::lines::display_width;
use stranded_search::property::Verdict;

use super::text;

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();

/// The number of scenarios with details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// Every scenario has them.
    All,
    /// Those have them that are not as expected, and a single scenario.
    WhereNeeded,
}

/// Returns the parts of the report.
#[must_use]
pub fn report(checked: &[Checked<'_>], details: Details, width: u16) -> Vec<String> {
    let is_shown = |one: &&Checked<'_>| match details {
        Details::All => true,
        Details::WhereNeeded => checked.len() == 1 || !is_as_expected(one),
    };
    let lines = (checked.len() > 1).then(|| lines(checked, width));
    let shown = checked.iter().filter(is_shown).map(|one| text::scenario(one, width));
    lines.into_iter().chain(shown).chain([text::summary(checked)]).collect()
}

fn is_as_expected(checked: &Checked<'_>) -> bool {
    let is_expected = |result: &PropertyResult| result.is_as_expected() && result.verdict != Verdict::Inconclusive;
    checked.is_complete() && !checked.is_without_end() && checked.results.iter().all(is_expected)
}

/// The parts of a line that are left out if they do not fit, from the fewest to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Brevity {
    Whole,
    WithoutTime,
    WithoutExpectation,
    WithoutStates,
}

/// Returns one line for each scenario: its name, its verdicts, its states and the time, as far as they fit.
fn lines(checked: &[Checked<'_>], width: u16) -> String {
    let names = || checked.iter().map(|one| one.spec.name.as_str());
    let room = names().map(display_width).max().unwrap_or_default();
    let columns = |brevity: Brevity| -> Vec<(String, Style, String)> {
        let columns = |one: &Checked<'_>| {
            let (says, style) = verdicts(one, brevity);
            (says, style, extent(one, brevity))
        };
        checked.iter().map(columns).collect()
    };
    let widest = |columns: &[(String, Style, String)], of: fn(&(String, Style, String)) -> &str| {
        columns.iter().map(|one| display_width(of(one))).max().unwrap_or_default()
    };
    let used = |columns: &[(String, Style, String)]| {
        let [says, extent] = [widest(columns, |one| &one.0), widest(columns, |one| &one.2)];
        (says, room + 2 + says + if extent == 0 { 0 } else { 2 + extent })
    };
    let brevities = [Brevity::Whole, Brevity::WithoutTime, Brevity::WithoutExpectation, Brevity::WithoutStates];
    let shortest = columns(Brevity::WithoutStates);
    let fitting = brevities.into_iter().map(columns).find(|columns| used(columns).1 <= usize::from(width));
    let columns = fitting.unwrap_or(shortest);
    let (verdicts, _) = used(&columns);
    let last = widest(&columns, |one| &one.2);
    let mut text = String::new();
    for (name, (says, style, extent)) in names().zip(&columns) {
        let padding = room - display_width(name);
        let _ = write!(text, "{name}{:padding$}  {style}{says}{style:#}", "");
        if !extent.is_empty() {
            let gap = verdicts - display_width(says) + 2 + last - display_width(extent);
            let _ = write!(text, "{:gap$}{extent}", "");
        }
        text.push('\n');
    }
    text
}

fn extent(checked: &Checked<'_>, brevity: Brevity) -> String {
    match brevity {
        Brevity::Whole => format!("{} states, {:.2} s", checked.states(), checked.elapsed.as_secs_f64()),
        Brevity::WithoutTime | Brevity::WithoutExpectation => format!("{} states", checked.states()),
        Brevity::WithoutStates => String::new(),
    }
}

/// Returns the verdicts of a scenario in a few words, and their style: a violation is red whether it is expected or not.
fn verdicts(checked: &Checked<'_>, brevity: Brevity) -> (String, Style) {
    let unexpected = checked.results.iter().filter(|result| !result.is_as_expected()).count();
    if !checked.is_complete() || checked.results.iter().any(|result| result.verdict == Verdict::Inconclusive) {
        return ("inconclusive".to_owned(), BAD);
    }
    if unexpected > 0 {
        return (format!("{unexpected} not as expected"), BAD);
    }
    match notable(std::slice::from_ref(checked)) {
        None => ("holds".to_owned(), GOOD),
        Some(says) if brevity < Brevity::WithoutExpectation => (format!("{says}, as expected"), BAD),
        Some(says) => (says, BAD),
    }
}

/// Returns the numbers of verdicts other than `holds` and `vacuous`: `5 violated, 2 depend`.
pub(super) fn notable(checked: &[Checked<'_>]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for result in checked.iter().flat_map(|one| &one.results) {
        let word = match result.verdict {
            Verdict::Violated => "violated",
            Verdict::Depends => "depending",
            Verdict::Holds | Verdict::Vacuous | Verdict::Inconclusive | Verdict::Error => continue,
        };
        *counts.entry(word).or_default() += 1;
    }
    let says: Vec<String> = counts.iter().rev().map(|(word, count)| format!("{count} {word}")).collect();
    (!says.is_empty()).then(|| says.join(", "))
}
