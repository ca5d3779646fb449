//! The judgement of an implementation as text: the verdict, the harm, the first event that the model does not explain, the
//! assumptions that explain the rest, and the exercised actions. `stranded_oracle::judged` is the same in JSON. This file decides
//! nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use indexmap::IndexMap;
use stranded_model::assumption::Assumption;

use stranded_oracle::judged::{Judged, Subject};
use stranded_oracle::oracle::{CaseVerdict, Conformance, Failure, Finding, Judgement, Safe};
use stranded_search::lines::{display_width, padded, wrapped};
use stranded_search::sanitize::visible_line;

use super::trace::listed;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// The most characters of an event that a text shows.
const LINE_SHOWN: usize = 300;
/// The limit of the columns of observed and allowed values.
const VALUE_WIDTH: usize = 24;

/// Returns the report. It contains style codes; the caller strips them if it does not print on a terminal.
#[must_use]
pub fn text(judged: &Judged<'_>, width: u16) -> String {
    let found = judged.judgement;
    let style = match found.verdict {
        CaseVerdict::Conforming | CaseVerdict::Refused if judged.broken.is_none() => GOOD,
        CaseVerdict::Conforming
        | CaseVerdict::Refused
        | CaseVerdict::Inconclusive
        | CaseVerdict::Nonconforming
        | CaseVerdict::Bounced
        | CaseVerdict::FalseSuccess
        | CaseVerdict::Duplicate
        | CaseVerdict::Changed
        | CaseVerdict::Unreachable
        | CaseVerdict::Loss => BAD,
    };
    let subject = match judged.subject {
        Subject::Log(path) => format!("the log {}", visible_line(path)),
        Subject::Implementation(name) => visible_line(name).into_owned(),
    };
    let verdict = match (found.verdict, judged.broken) {
        (CaseVerdict::Conforming | CaseVerdict::Refused, Some(_)) => {
            format!("{}, but the adapter broke a rule", found.verdict.name())
        }
        (verdict, _) => verdict.name().to_owned(),
    };
    let mut text = format!("{style}{verdict}{style:#}  {TITLE}{}{TITLE:#}: {subject}", judged.scenario);
    let length = display_width(&verdict) + display_width(judged.scenario) + display_width(&subject) + 4;
    let missing = judged.missing();
    if !missing.is_empty() {
        let says = format!("({})", missing.join("; "));
        // The list begins on the first line, behind the title.
        let title = "x".repeat(length);
        text.push_str(&wrapped(&format!("{title} {says}"), 3, width)[length..]);
    }
    text.push_str("\n\n");
    if let Some(broken) = judged.broken {
        row(&mut text, "adapter", &format!("broke a rule: {}", broken.lines().next().unwrap_or_default()), width);
    }
    row(&mut text, "model", &conformance(judged), width);
    row(&mut text, "safety", &safety(found), width);
    withheld(&mut text, found, width);
    if let Conformance::Nonconforming(failure) = &found.conformance {
        text.push('\n');
        text.push_str(&failure_text(judged, failure));
    }
    text.push_str(&findings(judged, width));
    text.push('\n');
    text.push_str(&explained_by(found, width));
    text.push_str(&exercised(found, width));
    for paragraph in judged.extra {
        let _ = writeln!(text, "\n{}", wrapped(paragraph, 2, width));
    }
    text
}

/// The width of the names of rows.
const NAME_WIDTH: usize = 11;

fn row(text: &mut String, name: &str, says: &str, width: u16) {
    let _ = writeln!(text, "  {name:<NAME_WIDTH$} {}", wrapped(says, NAME_WIDTH + 3, width));
}

fn conformance(judged: &Judged<'_>) -> String {
    let events = judged.judgement.exercise.events;
    match &judged.judgement.conformance {
        Conformance::Conforming => format!("explains all {events} events"),
        Conformance::Nonconforming(failure) => {
            let before = failure.event - 1;
            format!("explains the first {before} of {events} events, but not {}", judged.place(failure.event))
        }
        Conformance::Inconclusive(why) => format!("inconclusive: {why}"),
        Conformance::NotJudged => "not checked: only the observations are judged".to_owned(),
    }
}

fn safety(judgement: &Judgement) -> String {
    let says = match judgement.safety {
        Safe::Safe => "safe: no harm was observed",
        Safe::Unsafe if judgement.findings.iter().all(|finding| finding.is_expected) => {
            "unsafe, as the scenario expects"
        }
        Safe::Unsafe => "unsafe",
        Safe::Refused => "refused: every run refused and changed nothing",
        Safe::Unknown => {
            return match (&judgement.lacks, judgement.undecided.first()) {
                (Some(lacks), _) => format!("unknown: {lacks}"),
                (None, Some((_, reason))) if judgement.withheld.is_empty() => format!("unknown: {reason}"),
                (None, _) => "unknown: no harm was observed, but a verdict is withheld".to_owned(),
            };
        }
    };
    says.to_owned()
}

/// The most withheld verdicts that a text shows.
const WITHHELD_SHOWN: usize = 4;

/// Adds the verdicts that are withheld at the ends of cases, each with its reason, and equal ones once.
fn withheld(text: &mut String, judgement: &Judgement, width: u16) {
    let mut cases: IndexMap<String, usize> = IndexMap::new();
    for one in &judgement.withheld {
        let property = one.property.map_or("the end of the case", |property| property.name());
        *cases.entry(format!("{property} of {}: {}", one.mailbox, one.reason)).or_default() += 1;
    }
    for (index, (says, count)) in cases.iter().take(WITHHELD_SHOWN).enumerate() {
        let often = if *count == 1 { String::new() } else { format!("; in {count} cases") };
        row(text, if index == 0 { "withheld" } else { "" }, &format!("{says}{often}"), width);
    }
    let more = cases.len().saturating_sub(WITHHELD_SHOWN) + judgement.withheld_left_out;
    if more > 0 {
        row(text, "", &format!("… {more} more"), width);
    }
}

/// Returns the first event that the model does not explain: the observed and the allowed values, and the guards that refuse it. It
/// has no style codes.
#[must_use]
pub fn failure_text(judged: &Judged<'_>, failure: &Failure) -> String {
    const WIDTH: u16 = crate::report::text::WIDTH;
    const SEEN: &str = "observed";
    const ALLOWED: &str = "allowed";
    let mut text = format!("  {}:\n", judged.place(failure.event));
    let _ = writeln!(text, "    {}", pieces(&failure.line, usize::from(WIDTH) - 4).join("\n    "));
    if !failure.against.is_empty() {
        let widest = |cell: fn(&stranded_oracle::oracle::Against) -> &String, head: &str| {
            let all = failure.against.iter().map(|one| display_width(cell(one)));
            all.chain([head.len()]).max().unwrap_or(0).min(VALUE_WIDTH)
        };
        let seen = widest(|one| &one.seen, SEEN);
        let allowed = widest(|one| &one.allowed, ALLOWED);
        let what = usize::from(WIDTH) - 4 - 4 - seen - allowed;
        let mut line = |cells: [&str; 3]| {
            let columns = [(cells[0], what), (cells[1], seen), (cells[2], allowed)].map(|(cell, width)| {
                let cell = wrapped(cell, 0, u16::try_from(width).unwrap_or(WIDTH));
                cell.lines().map(ToOwned::to_owned).collect::<Vec<_>>()
            });
            let height = columns.iter().map(Vec::len).max().unwrap_or(0);
            let at = |column: usize, index: usize| columns[column].get(index).map_or("", String::as_str);
            for index in 0..height {
                let (what, seen) = (padded(at(0, index), what), padded(at(1, index), seen));
                let line = format!("    {what}  {seen}  {}", at(2, index));
                let _ = writeln!(text, "{}", line.trim_end());
            }
        };
        line(["", SEEN, ALLOWED]);
        for Against { what, seen, allowed } in failure.against.iter().map(Against::of) {
            line([what, seen, if allowed.is_empty() { "nothing" } else { allowed }]);
        }
    }
    for guard in &failure.guards {
        let _ = writeln!(text, "    because {}", wrapped(guard, 12, WIDTH));
    }
    text
}

/// The cells of a line of the table.
struct Against<'a> {
    what: &'a str,
    seen: &'a str,
    allowed: &'a str,
}

impl<'a> Against<'a> {
    fn of(one: &'a stranded_oracle::oracle::Against) -> Self {
        Self { what: &one.what, seen: &one.seen, allowed: &one.allowed }
    }
}

/// Returns the beginning of a line of JSON in lines of the given width. They end between the parts of the JSON; only a part that is
/// longer than a line is longer.
fn pieces(line: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut shown = 0;
    for part in parts(line) {
        let length = part.chars().count();
        if shown > 0 && shown + length > LINE_SHOWN {
            pieces.push("…".to_owned());
            return pieces;
        }
        shown += length;
        let part: String = part.chars().take(LINE_SHOWN).chain((length > LINE_SHOWN).then_some('…')).collect();
        let piece = pieces.last_mut().expect("there is always a last piece");
        if piece.is_empty() || display_width(piece) + display_width(&part) <= width {
            piece.push_str(&part);
        } else {
            pieces.push(part);
        }
    }
    pieces
}

/// Returns the parts of a line of JSON: each ends after a comma, or after a bracket or a brace that is not closed at once, but never in
/// a string.
fn parts(line: &str) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_in_string, mut is_escaped) = (false, false);
    for (index, letter) in line.char_indices() {
        let end = index + letter.len_utf8();
        let is_end = match letter {
            ',' => !is_in_string,
            '{' | '[' => !is_in_string && !line[end..].starts_with(['}', ']']),
            _ => false,
        };
        if is_end {
            parts.push(&line[start..end]);
            start = end;
        }
        is_in_string ^= letter == '"' && !is_escaped;
        is_escaped = is_in_string && letter == '\\' && !is_escaped;
    }
    parts.push(&line[start..]);
    parts
}

fn findings(judged: &Judged<'_>, width: u16) -> String {
    let mut text = String::new();
    let all = &judged.judgement.findings;
    let alike = |one: &Finding| all.iter().filter(|other| kind(other) == kind(one)).count();
    // A report shows one finding of each kind.
    let mut shown: Vec<&Finding> = Vec::new();
    for finding in all {
        if shown.iter().all(|other| kind(other) != kind(finding)) {
            shown.push(finding);
        }
    }
    shown.sort_by_key(|finding| (finding.is_expected, finding.event));
    if !shown.is_empty() {
        text.push('\n');
    }
    for finding in shown {
        let style = if finding.is_expected { Style::new() } else { BAD };
        let property = finding.property.map_or_else(String::new, |property| format!(" ({})", property.name()));
        let expected = if finding.is_expected { ", as the scenario expects" } else { "" };
        let often = match alike(finding) {
            1 => String::new(),
            times => format!("; {times} times"),
        };
        let event = judged.place(finding.event);
        let says = format!("{}{property}, {event}: {}{expected}{often}", finding.verdict.name(), finding.says);
        let says = wrapped(&says, 4, width);
        let _ = writeln!(text, "  {style}*{style:#} {says}");
    }
    if judged.judgement.findings_left_out > 0 {
        let _ = writeln!(text, "  … {} more", judged.judgement.findings_left_out);
    }
    text
}

/// Returns the kind of a finding.
fn kind(finding: &Finding) -> (CaseVerdict, Option<&'static str>, bool) {
    (finding.verdict, finding.property.map(|property| property.name()), finding.is_expected)
}

/// The most combinations of assumptions that a text shows.
const COMBINATIONS_SHOWN: usize = 4;

fn explained_by(judgement: &Judgement, width: u16) -> String {
    let mut text = String::new();
    let is_explained = matches!(judgement.conformance, Conformance::Conforming | Conformance::Inconclusive(_));
    if !is_explained || judgement.explained_by.first().is_none_or(BTreeMap::is_empty) {
        return text;
    }
    let answers = combined(&judgement.explained_by);
    for (index, answers) in answers.iter().take(COMBINATIONS_SHOWN).enumerate() {
        row(&mut text, if index == 0 { "assuming" } else { "or" }, answers, width);
    }
    if answers.len() > COMBINATIONS_SHOWN {
        row(&mut text, "or", &format!("{} other combinations", answers.len() - COMBINATIONS_SHOWN), width);
    }
    text
}

/// Returns combinations of assumptions as text, in one line if they are all combinations of some values of each assumption.
fn combined(combinations: &[BTreeMap<String, String>]) -> Vec<String> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in combinations.iter().flatten() {
        values.entry(name).or_default().insert(value);
    }
    let distinct: BTreeSet<&BTreeMap<String, String>> = combinations.iter().collect();
    if values.values().map(BTreeSet::len).product::<usize>() != distinct.len() {
        return distinct.into_iter().map(listed).collect();
    }
    let all =
        |name: &str| Assumption::ALL.into_iter().find(|one| one.name() == name).map_or(0, |one| one.values().len());
    let value = |(name, values): (&&str, &BTreeSet<&str>)| {
        let values: Vec<&str> = values.iter().copied().collect();
        format!("{name}={}", values.join(" or "))
    };
    let matter: Vec<String> = values.iter().filter(|(name, values)| values.len() < all(name)).map(value).collect();
    let names: Vec<&str> = values.keys().copied().collect();
    let any = format!("any value of {}", names.join(", "));
    vec![if matter.is_empty() { any } else { matter.join(", ") }]
}

fn exercised(judgement: &Judgement, width: u16) -> String {
    let exercise = &judgement.exercise;
    let mut text = String::new();
    let mut actions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((action, outcome), count) in &exercise.outcomes {
        actions.entry(action).or_default().push(format!("{outcome} {count}"));
    }
    let done: Vec<String> =
        actions.iter().map(|(action, outcomes)| format!("{action}: {}", outcomes.join(", "))).collect();
    row(&mut text, "exercised", if done.is_empty() { "nothing" } else { &done[0] }, width);
    for line in done.iter().skip(1) {
        row(&mut text, "", line, width);
    }
    let (observations, full) = (exercise.observations, exercise.full_observations);
    let noun = if observations == 1 { "observation" } else { "observations" };
    let says = format!("{observations} {noun}, of which {full} cover every location of mail");
    row(&mut text, "observed", &says, width);
    let largest = match judgement.largest {
        1 => "1 explanation".to_owned(),
        more => format!("{more} explanations"),
    };
    let cases = if exercise.cases == 1 { "1 case".to_owned() } else { format!("{} cases", exercise.cases.max(1)) };
    let says = format!("{} in {cases}; at most {largest} at once", exercise.events);
    row(&mut text, "events", &says, width);
    text
}
