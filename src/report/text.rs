//! The report of a check as text: the question, the verdicts against the expectation, how much was searched, and for each
//! violation the shortest counterexample as a table.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use stranded_model::World;
use stranded_model::property::Safety;

use crate::check::{Case, Checked, Judgement};
use crate::property::{Property, Verdict};

use super::story::{KILOBYTES_PER_MESSAGE, Row, Scene, Story};
use super::trace::answers;

/// The width that a report has where no terminal says another.
pub const WIDTH: u16 = 80;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// The report on one scenario. It contains style codes; whoever prints it to something else than a terminal strips them.
#[must_use]
pub fn scenario(checked: &Checked<'_>, width: u16) -> String {
    let mut text = heading(checked);
    text.push_str(&verdicts(checked));
    text.push_str(&extent(checked));
    text.push_str(&dependencies(checked));
    for (case, told) in told_together(checked) {
        text.push('\n');
        text.push_str(&counterexample(checked, case, &told, width));
    }
    text
}

/// The lines at the end of a report on several scenarios.
#[must_use]
pub fn summary(checked: &[Checked<'_>]) -> String {
    let unexpected: Vec<String> = checked
        .iter()
        .flat_map(|one| unexpected(one).map(|judgement| format!("{}/{}", one.spec.name, judgement.property.name())))
        .collect();
    let cut: Vec<&str> = checked.iter().filter(|one| !one.is_complete()).map(|one| one.spec.name.as_str()).collect();
    let mut text = String::new();
    let scenarios = if checked.len() == 1 { "1 scenario".to_owned() } else { format!("{} scenarios", checked.len()) };
    if unexpected.is_empty() && cut.is_empty() {
        let _ = writeln!(text, "{GOOD}{scenarios}: every verdict is the expected one{GOOD:#}");
    }
    if !unexpected.is_empty() {
        let _ = writeln!(text, "{BAD}{scenarios}: not as expected: {}{BAD:#}", unexpected.join(", "));
    }
    if !cut.is_empty() {
        let _ = writeln!(text, "{BAD}{scenarios}: inconclusive, not all was searched: {}{BAD:#}", cut.join(", "));
    }
    text
}

fn unexpected<'a>(checked: &'a Checked<'_>) -> impl Iterator<Item = &'a Judgement> {
    let wanted = |judgement: &&Judgement| !judgement.is_as_expected() && judgement.verdict != Verdict::Inconclusive;
    checked.judgements.iter().filter(wanted)
}

fn heading(checked: &Checked<'_>) -> String {
    let spec = checked.spec;
    let sources = spec.source.join(", ");
    let standing = [spec.family.name(), &sources].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
    let mut text = format!("{TITLE}{}{TITLE:#}  ({})\n{}\n", spec.name, standing.join(", "), spec.question);
    if let Some(earlier) = &spec.from {
        let _ = writeln!(text, "It starts where {} comes to rest.", earlier.name);
    }
    text.push('\n');
    text
}

fn verdicts(checked: &Checked<'_>) -> String {
    let mut text = format!("  {:<20} {:<13} expected\n", "property", "verdict");
    for judgement in &checked.judgements {
        let style = if judgement.is_as_expected() { GOOD } else { BAD };
        let name = judgement.property.name();
        let _ = write!(text, "  {name:<20} {style}{:<13}{style:#} {:<10}", judgement.verdict, judgement.expected);
        if let Some(length) = length(checked, judgement) {
            let _ = write!(text, " shortest: {length} steps");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for item in unwitnessed(checked) {
        let _ = writeln!(text, "  witness: {BAD}{item}{BAD:#}");
    }
    text.push('\n');
    text
}

fn unwitnessed(checked: &Checked<'_>) -> Vec<String> {
    let witness = checked.judgements.iter().find(|judgement| judgement.property == Property::Witness);
    let case = witness.and_then(|judgement| judgement.shown_by).map(|index| &checked.cases[index]);
    match case {
        Some(case) if case.search.cut.is_none() => case.unwitnessed.iter().map(ToString::to_string).collect(),
        Some(_) | None => Vec::new(),
    }
}

fn length(checked: &Checked<'_>, judgement: &Judgement) -> Option<usize> {
    match judgement.property {
        Property::Safety(safety) => shortest(&checked.cases[judgement.shown_by?], safety),
        Property::Witness => None,
    }
}

fn shortest(case: &Case, property: Safety) -> Option<usize> {
    case.search.violations[property as usize].as_ref().map(|path| path.actions.len())
}

fn extent(checked: &Checked<'_>) -> String {
    let searched = match checked.cut() {
        None => "all searched".to_owned(),
        Some(cut) => format!("{BAD}not all searched: {cut}{BAD:#}"),
    };
    let mut text = format!(
        "  {} states, depth {}, {searched}; {} engine, {:.2} s\n",
        checked.states(),
        checked.depth(),
        checked.engine,
        checked.elapsed.as_secs_f64()
    );
    if let Some(defect) = checked.defect() {
        let _ = writeln!(text, "  {BAD}defect: {defect}{BAD:#}");
    }
    if !checked.varied.is_empty() {
        let turns = checked.judgements.iter().any(|judgement| judgement.verdict == Verdict::Depends);
        let verdict = if turns { "some verdicts turn on them" } else { "no verdict turns on them" };
        let names: Vec<&str> = checked.varied.iter().map(|assumption| assumption.name()).collect();
        let _ = writeln!(text, "  assumptions: {} ({} combinations): {verdict}", names.join(", "), checked.cases.len());
    }
    text
}

/// For every verdict that is not the same under every combination: which combination gives which.
fn dependencies(checked: &Checked<'_>) -> String {
    let mut text = String::new();
    for (index, judgement) in checked.judgements.iter().enumerate() {
        if judgement.verdict != Verdict::Depends {
            continue;
        }
        let _ = writeln!(text, "\n  {} depends:", judgement.property.name());
        for case in &checked.cases {
            let _ = writeln!(text, "    {:<13} {}", case.verdicts[index], combination(&case.world, checked));
        }
    }
    text
}

fn combination(world: &World, checked: &Checked<'_>) -> String {
    let answers = answers(world, &checked.varied);
    answers.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

/// The counterexamples to print: a longer one that breaks another property at its nearest speaks for that one too.
fn told_together<'a>(checked: &'a Checked<'_>) -> Vec<(&'a Case, Vec<Safety>)> {
    let mut violated: Vec<(usize, usize, Safety)> = Vec::new();
    for judgement in &checked.judgements {
        let (Property::Safety(safety), Some(case)) = (judgement.property, judgement.shown_by) else { continue };
        if let Some(length) = shortest(&checked.cases[case], safety) {
            violated.push((length, case, safety));
        }
    }
    violated.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
    let mut together: Vec<(&Case, Vec<Safety>)> = Vec::new();
    for (length, case, safety) in violated {
        let case = &checked.cases[case];
        let speaks = together.iter_mut().find(|(teller, told)| first_broken(teller, told[0], safety) == Some(length));
        match speaks {
            Some((_, told)) => told.push(safety),
            None => together.push((case, vec![safety])),
        }
    }
    together.iter_mut().for_each(|(_, told)| told[1..].sort());
    together.reverse();
    together
}

/// After how many steps of the counterexample to one property another is broken.
fn first_broken(case: &Case, of: Safety, other: Safety) -> Option<usize> {
    let path = case.search.violations[of as usize].as_ref()?;
    path.states(&case.world).iter().position(|state| !other.holds(&case.world, state))
}

fn counterexample(checked: &Checked<'_>, case: &Case, told: &[Safety], width: u16) -> String {
    let Some(trace) = case.trace(Property::Safety(told[0])) else { return String::new() };
    let story = Story::of(&case.world, &trace);
    let names: Vec<&str> = told.iter().map(|property| property.name()).collect();
    let mut text = format!("{BAD}{} violated{BAD:#} in {} steps", names.join(", "), trace.path.actions.len());
    if !checked.varied.is_empty() {
        let _ = write!(text, "\n(with {})", combination(&case.world, checked));
    }
    text.push('\n');
    text.push_str(&table(&case.world, &story, width));
    text
}

/// A story as a table that fits the width.
#[must_use]
pub fn table(world: &World, story: &Story, width: u16) -> String {
    let servers: Vec<String> = world.scenario.site.servers.values().cloned().collect();
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.enforce_styling();
    let titles = ["", "who", "what happens", "directory says"].map(ToOwned::to_owned).into_iter().chain(servers);
    table.set_header(titles.map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
    table.add_row(cells("0", "", vec!["at first".to_owned()], &story.start, None));
    for row in &story.rows {
        let alarm = (!row.lost.is_empty()).then_some(Color::Red);
        table.add_row(cells(&row.number.to_string(), &row.actor, events(row), &row.scene, alarm));
    }
    let mut text = table.to_string();
    text.push('\n');
    let _ = writeln!(text, "Under each server: its mailbox resources, {KILOBYTES_PER_MESSAGE} KB for each message.");
    if story.rows.iter().any(|row| row.is_after) {
        text.push_str("The steps marked + are how the running procedure goes on.\n");
    }
    text
}

fn events(row: &Row) -> Vec<String> {
    let mut lines = vec![row.says.clone()];
    if !row.lost.is_empty() {
        lines.push(format!(">> DESTROYED: {} <<", row.lost.join(", ")));
    }
    lines.extend(row.told.as_ref().map(|told| format!("told: {told}")));
    let broken: Vec<&str> = row.breaks.iter().map(|property| property.name()).collect();
    if !broken.is_empty() && !row.is_after {
        lines.push(format!("[breaks {}]", broken.join(", ")));
    }
    if row.is_after {
        lines[0] = format!("+ {}", lines[0]);
    }
    lines
}

fn cells(number: &str, who: &str, what: Vec<String>, scene: &Scene, colour: Option<Color>) -> Vec<Cell> {
    let mut texts = vec![number.to_owned(), who.to_owned(), what.join("\n"), scene.directory.join("\n")];
    texts.extend(scene.stores.iter().map(|lines| lines.join("\n")));
    let paint = |text: String| match colour {
        Some(colour) => Cell::new(text).fg(colour),
        None => Cell::new(text),
    };
    texts.into_iter().map(paint).collect()
}

/// Breaks a text into lines that start at the indent, the first one excepted, and end before the width.
#[must_use]
pub fn wrapped(text: &str, indent: usize, width: u16) -> String {
    let room = usize::from(width).saturating_sub(indent).max(20);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{:indent$}", ""))
}
