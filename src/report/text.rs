//! The report of a check as text: the question, the verdicts against the expectation, and how much was searched. A reader who
//! follows a scenario that holds needs no other file of the reports; `counterexample` adds what shows a violation.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use stranded_model::assumption::Assumptions;
use stranded_search::check::{Checked, PropertyResult, Undecided};
use stranded_search::lines::{display_width, wrapped};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Number, Numbers};

use super::not_tried::NotTried;
use super::trace::{answers, listed};
use super::{counterexample, inconclusive, overview};

/// The width of a report that is not printed on a terminal.
pub const WIDTH: u16 = 80;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// Returns the report on one scenario. It contains style codes; the caller strips them if it does not print on a terminal.
#[must_use]
pub fn scenario(checked: &Checked<'_>, width: u16) -> String {
    let mut text = heading(checked, width);
    text.push_str(&verdicts(checked, width));
    text.push_str(&extent(checked, width));
    text.push_str(&dependencies(checked, width));
    for violation in counterexample::of(checked, width) {
        text.push('\n');
        text.push_str(&violation);
    }
    if let Some(says) = unreached(checked) {
        let _ = writeln!(text, "{}", wrapped(&says, 0, width));
    }
    text
}

/// Returns the line of the scenario file that accepts what never occurs, if that is not as expected.
#[must_use]
pub fn unreached(checked: &Checked<'_>) -> Option<String> {
    let result = checked.result(Property::Coverage)?;
    let is_property = |name: &str| Property::all().any(|one| one.name() == name);
    let failures = checked.coverage_failures().into_iter();
    let is_point = |name: &str| !name.contains(char::is_whitespace) && !is_property(name);
    let missing = failures.filter(|failure| !failure.happened && is_point(&failure.name));
    let names: Vec<String> = missing.map(|failure| format!("\"{}\"", failure.name)).collect();
    if result.is_as_expected() || names.is_empty() {
        return None;
    }
    let already = checked.spec.never.iter().map(|name| format!("\"{name}\""));
    let all: Vec<String> = already.chain(names).collect();
    Some(format!("To accept it, write at the top of the scenario file: never = [{}]", all.join(", ")))
}

/// Returns the lines at the end of a report on several scenarios.
#[must_use]
pub fn summary(checked: &[Checked<'_>], width: u16) -> String {
    let unexpected: Vec<String> = checked.iter().flat_map(|one| names(one, is_unexpected)).collect();
    let (complete, truncated): (Vec<_>, Vec<_>) = checked.iter().partition(|one| one.is_complete());
    let truncated: Vec<String> = truncated.into_iter().map(|one| one.spec.name.clone()).collect();
    let undecided: Vec<String> = complete.into_iter().flat_map(|one| names(one, is_inconclusive)).collect();
    let untested: Vec<String> = checked
        .iter()
        .filter_map(|one| Some(wrapped(&format!("{}: {}", one.spec.name, one.not_exercised()?), 4, width)))
        .collect();
    let scenarios = if checked.len() == 1 { "1 scenario".to_owned() } else { format!("{} scenarios", checked.len()) };
    if [&unexpected, &truncated, &undecided, &untested].iter().all(|names| names.is_empty()) {
        let good = format!("{scenarios}: every verdict is the expected one");
        let notable = overview::notable(checked).map(|says| format!("{says}, as expected"));
        let notable = notable.map_or_else(String::new, |notable| {
            let fits = good.len() + "; ".len() + notable.len() <= usize::from(width);
            format!(";{}{notable}", if fits { " " } else { "\n" })
        });
        return format!("{GOOD}{good}{GOOD:#}{notable}\n");
    }
    let mut text = String::new();
    let lists = [
        ("not as expected:", unexpected),
        ("inconclusive, the search is incomplete:", truncated),
        ("inconclusive:", undecided),
        ("inconclusive, nothing was exercised:", untested),
    ];
    for (title, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
        let _ = writeln!(text, "{BAD}{scenarios}: {title}{BAD:#}\n  {}", names.join("\n  "));
    }
    text
}

/// Returns a sentence for each group of procedures for which something was not tried, if there is one.
pub(super) fn not_tried(groups: &[NotTried], width: u16) -> Option<String> {
    let says = |one: &NotTried| format!("{}\n", wrapped(&one.says(), 0, width));
    (!groups.is_empty()).then(|| groups.iter().map(says).collect())
}

/// Returns SCENARIO/PROPERTY for each chosen property.
fn names(checked: &Checked<'_>, chosen: fn(&PropertyResult) -> bool) -> Vec<String> {
    let chosen = checked.results.iter().filter(|result| chosen(result));
    chosen.map(|result| format!("{}/{}", checked.spec.name, result.property.name())).collect()
}

pub(super) fn is_inconclusive(result: &PropertyResult) -> bool {
    result.verdict == Verdict::Inconclusive
}

pub(super) fn is_unexpected(result: &PropertyResult) -> bool {
    !result.is_as_expected() && !is_inconclusive(result)
}

fn heading(checked: &Checked<'_>, width: u16) -> String {
    let spec = checked.spec;
    let mut origin = vec![spec.family.name().to_owned()];
    origin.extend(Some(sources(&spec.source)).filter(|sources| !sources.is_empty() && *sources != origin[0]));
    let indent = display_width(&spec.name) + 3;
    let origin = wrapped(&origin.join(": "), indent, width);
    let mut text = format!("{TITLE}{}{TITLE:#}  ({origin})\n{}\n", spec.name, question(&spec.question, width));
    if let Some(earlier) = &spec.from {
        let says = format!(
            "It starts in the quiescent states of {}. Executions that never become quiescent are excluded.",
            earlier.name
        );
        let _ = writeln!(text, "{}", wrapped(&says, 0, width));
    }
    if !spec.pinned.is_empty() {
        let pinned: Vec<String> = spec
            .pinned
            .iter()
            .map(|(one, answer)| format!("{}={}", one.name(), Assumptions::default().with(*one, *answer).value(*one)))
            .collect();
        let says = format!("Checked only with {}, as [assume] says.", pinned.join(", "));
        let _ = writeln!(text, "{}", wrapped(&says, 0, width));
    }
    text.push('\n');
    text
}

/// Returns the question of a scenario. It stands behind a title, so that no line of it looks like a line of the report.
fn question(question: &str, width: u16) -> String {
    const TITLE: &str = "question: ";
    wrapped(&format!("{TITLE}{question}"), TITLE.len(), width)
}

/// Returns the sources in their order, each article once before its statements: `Q252869 S5 S6, Q177772`.
fn sources(sources: &[String]) -> String {
    let mut text = String::new();
    let mut last = "";
    for source in sources {
        match source.split_once(' ') {
            Some((article, statement)) if article == last => text.push_str(&format!(" {statement}")),
            _ if text.is_empty() => text.push_str(source),
            _ => text.push_str(&format!(", {source}")),
        }
        last = source.split(' ').next().unwrap_or_default();
    }
    text
}

fn verdicts(checked: &Checked<'_>, width: u16) -> String {
    let mut text = format!("  {:<20} {:<13} expected\n", "property", "verdict");
    for result in &checked.results {
        let is_good = result.is_as_expected() && result.verdict != Verdict::Violated;
        let style = if is_good { GOOD } else { BAD };
        let name = result.property.name();
        let _ = write!(text, "  {name:<20} {style}{:<13}{style:#} {:<10}", result.verdict, result.expects());
        if let Some(length) = length(checked, result) {
            let _ = write!(text, " shortest: {length} steps");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for (result, undecided) in undecided(checked) {
        let name = result.property.name();
        let reason = wrapped(&format!("{name}: {}", inconclusive::reason(undecided)), 4, width);
        let _ = writeln!(text, "  {reason}");
    }
    text.push('\n');
    text
}

/// Returns the inconclusive verdicts of a complete search, each with its reason.
pub(super) fn undecided<'a>(checked: &'a Checked<'_>) -> impl Iterator<Item = (&'a PropertyResult, &'a Undecided)> {
    let inconclusive = checked.results.iter().filter(|result| is_inconclusive(result));
    inconclusive.filter_map(|result| Some((result, checked.undecided(result.property)?)))
}

fn length(checked: &Checked<'_>, result: &PropertyResult) -> Option<usize> {
    let trace = checked.combinations[result.shown_by?].trace(result.property)?;
    Some(trace.path.actions.len())
}

pub(super) fn extent(checked: &Checked<'_>, width: u16) -> String {
    let searched = match checked.truncated() {
        None => "all searched".to_owned(),
        Some(truncated) => format!("{BAD}the search is incomplete: {truncated}{BAD:#}"),
    };
    let mut states = format!("{} states", checked.states());
    if checked.representatives() != checked.states() {
        let _ = write!(states, " ({} representatives under mailbox symmetry)", checked.representatives());
    }
    if checked.frontier() > 0 {
        let _ = write!(states, " ({} of them not expanded)", checked.frontier());
    }
    let mut text = format!(
        "  {states}, depth {}, {searched}; {} engine, {:.2} s\n",
        checked.depth(),
        checked.engine,
        checked.elapsed.as_secs_f64()
    );
    if let Some(defect) = checked.defect() {
        let _ = writeln!(text, "  {BAD}defect: {defect}{BAD:#}");
    }
    text.push_str(&unbounded(checked.spec.numbers, width));
    if !checked.varied.is_empty() {
        let effect = if checked.results.is_empty() {
            ""
        } else if checked.results.iter().any(|result| result.verdict == Verdict::Depends) {
            ": some verdicts depend on them"
        } else if checked.is_complete() {
            ": no verdict depends on them"
        } else {
            ": it is unknown whether a verdict depends on them"
        };
        let names: Vec<&str> = checked.varied.iter().map(|assumption| assumption.name()).collect();
        let says = format!("assumptions: {} ({} combinations){effect}", names.join(", "), checked.combinations.len());
        let _ = writeln!(text, "  {}", wrapped(&says, 2, width));
    }
    text
}

/// Returns the meaning of the verdicts where a number of the site is `any`.
fn unbounded(numbers: Numbers, width: u16) -> String {
    let mut text = String::new();
    if numbers.messages == Number::Any {
        let says = "any number of messages: a property that holds, holds for every number; a counterexample uses as few \
                    messages as possible";
        let _ = writeln!(text, "  {}", wrapped(says, 2, width));
    }
    if numbers.mailboxes == Number::Any {
        let says = "any number of mailboxes: mailboxes share nothing, so the verdicts on one are the verdicts on all";
        let _ = writeln!(text, "  {}", wrapped(says, 2, width));
    }
    text
}

/// Returns, for every verdict that differs between combinations of assumptions, the verdict under each combination.
/// Assumptions that make no difference to it are left out.
fn dependencies(checked: &Checked<'_>, width: u16) -> String {
    let mut text = String::new();
    for (index, result) in checked.results.iter().enumerate() {
        if result.verdict != Verdict::Depends {
            continue;
        }
        let _ = writeln!(text, "\n  {} depends:", result.property.name());
        for (verdict, answers) in under(checked, index) {
            let _ = writeln!(text, "    {verdict:<13} {}", wrapped(&answers, 18, width));
        }
    }
    text
}

/// Returns the verdict on a property, given by index, under each combination of the assumptions that decide it.
#[must_use]
pub fn under(checked: &Checked<'_>, index: usize) -> Vec<(Verdict, String)> {
    let deciding = checked.deciding(index);
    let mut all: Vec<(Verdict, String)> = Vec::new();
    for case in &checked.combinations {
        let one = (case.verdicts[index], listed(&answers(&case.world, &deciding)));
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}
