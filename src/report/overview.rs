//! The report on several scenarios: one line for each, the details of those that are not as expected, and the summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use stranded_search::check::Checked;
use stranded_search::lines::display_width;
use stranded_search::property::Verdict;

use super::not_tried::NotTried;
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
pub fn report(checked: &[Checked<'_>], details: Details, not_tried: &[NotTried], width: u16) -> Vec<String> {
    let is_shown = |one: &&Checked<'_>| match details {
        Details::All => true,
        Details::WhereNeeded => checked.len() == 1 || standing(one) != Standing::AsExpected,
    };
    let lines = (checked.len() > 1).then(|| lines(checked, width));
    let shown = checked.iter().filter(is_shown).map(|one| text::scenario(one, width));
    let ends = text::not_tried(not_tried, width).into_iter().chain([text::summary(checked, width)]);
    lines.into_iter().chain(shown).chain(ends).collect()
}

/// The standing of a scenario. A violation that was found outranks a search that is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Unexpected(usize),
    Inconclusive,
    AsExpected,
}

fn standing(checked: &Checked<'_>) -> Standing {
    let unexpected = checked.results.iter().filter(|result| text::is_unexpected(result)).count();
    let is_undecided = || checked.results.iter().any(text::is_inconclusive);
    if unexpected > 0 {
        Standing::Unexpected(unexpected)
    } else if !checked.is_complete() || checked.not_exercised().is_some() || is_undecided() {
        Standing::Inconclusive
    } else {
        Standing::AsExpected
    }
}

/// The parts of a line that are left out if they do not fit, from the fewest to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Brevity {
    Whole,
    WithoutTime,
    WithoutExpectation,
    WithoutStates,
}

impl Brevity {
    const ALL: [Self; 4] = [Self::Whole, Self::WithoutTime, Self::WithoutExpectation, Self::WithoutStates];
}

/// Returns one line for each scenario: its name, its verdicts, its states and the time, as far as they fit.
fn lines(checked: &[Checked<'_>], width: u16) -> String {
    Brevity::ALL.into_iter().find_map(|brevity| table(checked, brevity, width)).unwrap_or_default()
}

/// Returns the lines without what is left out; `None` if they do not fit, and more can be left out.
fn table(checked: &[Checked<'_>], brevity: Brevity, width: u16) -> Option<String> {
    let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(display_width).max().unwrap_or_default();
    let verdicts: Vec<(String, Style)> = checked.iter().map(|one| verdicts(one, brevity)).collect();
    let extents: Vec<String> = checked.iter().map(|one| extent(one, brevity)).collect();
    let name_width = widest(&mut checked.iter().map(|one| one.spec.name.as_str()));
    let verdict_width = widest(&mut verdicts.iter().map(|(says, _)| says.as_str()));
    let extent_width = widest(&mut extents.iter().map(String::as_str));
    let gap = if extent_width == 0 { 0 } else { 2 };
    let is_fitting = name_width + 2 + verdict_width + gap + extent_width <= usize::from(width);
    if !is_fitting && brevity != Brevity::WithoutStates {
        return None;
    }
    let mut text = String::new();
    for ((one, (says, style)), extent) in checked.iter().zip(verdicts).zip(extents) {
        let name = &one.spec.name;
        let before = name_width - display_width(name) + 2;
        let between = verdict_width - display_width(&says) + gap + extent_width - display_width(&extent);
        let line = format!("{name}{:before$}{style}{says}{style:#}{:between$}{extent}", "", "");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    Some(text)
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
    match (standing(checked), notable(std::slice::from_ref(checked))) {
        (Standing::Unexpected(count), _) => (format!("{count} not as expected"), BAD),
        (Standing::Inconclusive, _) => ("inconclusive".to_owned(), BAD),
        (Standing::AsExpected, None) => ("holds".to_owned(), GOOD),
        (Standing::AsExpected, Some(says)) if brevity < Brevity::WithoutExpectation => {
            (format!("{says}, as expected"), BAD)
        }
        (Standing::AsExpected, Some(says)) => (says, BAD),
    }
}

/// Returns the numbers of verdicts other than `holds` and `vacuous`: `5 violated, 2 depending`.
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
