//! The part of a check's report that shows violations: for each the shortest counterexample as a table of its steps, and for
//! `coverage` a list. The rescue map is under each table. `table` makes the rows, `text` the rest of the report.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use stranded_model::World;

use stranded_search::check::{Checked, Combination, PropertyResult, Shown, Trace, Undecided};
use stranded_search::engine::Truncation;
use stranded_search::lines::{display_width, wrapped};
use stranded_search::names;
use stranded_search::property::{Property, Verdict};
use stranded_search::rescue::{Outlook, RescueEffect, RescueMap};
use stranded_search::scenario::{Number, Spec, builtin};

use super::badge::Badge;
use super::inconclusive;
use super::picture::Cells;
use super::remedy::{self, Remedy};
use super::summary::Sentence;
use super::table::{TraceRow, TraceTable};
use super::text::undecided;
use super::trace::{answers, listed};

const BAD: Style = AnsiColor::Red.on_default().bold();

/// The mark of the first state from which on no procedure recovers all mail.
const NO_RETURN: &str = "POINT OF NO RETURN";

/// Returns the title above the effects of the procedures in the states of a trace.
pub(crate) fn recovering(world: &World) -> String {
    let run = world.scenario.run(world.scenario.last_run);
    let [from, to] = [run.from, run.to].map(|server| names::server(&world.scenario, server));
    format!("Procedures from {from} to {to}: ✓ recovers all mail, others by effect:")
}

/// The column of events.
const EVENTS: usize = 2;
/// The width that it needs before lines of other columns stay whole.
const EVENTS_ROOM: u16 = 18;
/// The width that it needs before words of other columns stay whole.
const EVENTS_MIN: u16 = 8;
/// The longest line of another column that is not wrapped.
const LINE_MAX: usize = 16;
/// The spaces on both sides of a cell.
const PADDING: usize = 2;
/// The width of the column of state numbers.
const INDENT: usize = 9;

/// Lines above, below and under the head; step numbers separate the rows.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('─', '─', '─', '─'))
    .header_separator(LineStyle::new('─', '─', '─', '─'))
    .bottom_border(LineStyle::new('─', '─', '─', '─'));

/// Returns a paragraph for each violation, and for each that may be one.
pub(super) fn of(checked: &Checked<'_>, width: u16) -> Vec<String> {
    let mut paragraphs: Vec<String> = checked.shown().iter().map(|shown| violation(checked, shown, width)).collect();
    if !paragraphs.is_empty() && builtin::scenario(&checked.spec.name).is_some() {
        let first = if paragraphs.len() == 1 { "it" } else { "the first one" };
        let explored = format!("`stranded explore {}` shows {first} in a browser.", checked.spec.name);
        paragraphs.push(format!("{}\n", wrapped(&explored, 0, width)));
    }
    paragraphs.extend(coverage(checked, width));
    paragraphs
        .extend(undecided(checked).filter_map(|(result, undecided)| suspicion(checked, result, undecided, width)));
    paragraphs
}

fn violation(checked: &Checked<'_>, shown: &Shown<'_>, width: u16) -> String {
    let Shown { case, property, trace, .. } = shown;
    let messages = match checked.spec.numbers.messages {
        Number::Given => String::new(),
        Number::Any => format!(" with {}", messages_of(case, trace)),
    };
    let mut text = title(checked.spec, *property, trace.path.actions.len(), &messages, width);
    if !checked.varied.is_empty() {
        let combination = listed(&answers(&case.world, &checked.varied));
        let _ = writeln!(text, "({})", wrapped(&format!("with {combination}"), 0, width - 2));
    }
    text.push_str(&trace_text(checked, case, trace, width));
    text
}

/// Returns a further counterexample to a property, with its number.
#[must_use]
pub fn further(
    checked: &Checked<'_>,
    case: &Combination,
    property: Property,
    (number, trace): (usize, &Trace),
    width: u16,
) -> String {
    let steps = trace.path.actions.len();
    format!(
        "{BAD}{}/{} is violated{BAD:#} also by another cause (number {number}), after {}:\n{}",
        checked.spec.name,
        property.name(),
        steps_of(steps),
        trace_text(checked, case, trace, width)
    )
}

/// Returns the table of a trace with its rescue map and the recommended repair, for which no time is left after a time limit.
#[must_use]
pub fn trace_text(checked: &Checked<'_>, case: &Combination, trace: &Trace, width: u16) -> String {
    if checked.truncated() == Some(Truncation::Time) {
        let table = TraceTable::rescued(checked.spec, &case.world, trace);
        let says = "No time was left to recommend a repair: save the trace with --traces DIR, and `stranded replay` recommends one.";
        return format!("{}{}\n", table_text(&case.world, &table, width), wrapped(says, 0, width));
    }
    trace_of(checked.spec, &case.world, trace, width)
}

/// Returns the table of a trace of a scenario with its rescue map and the recommended repair.
#[must_use]
pub fn trace_of(spec: &Spec, world: &World, trace: &Trace, width: u16) -> String {
    let table = TraceTable::rescued(spec, world, trace).with_repair(|_| world);
    let instead = table.instead.as_ref().map(|found| format!("{}\n", wrapped(&instead(found), 0, width)));
    format!("{}{}", table_text(world, &table, width), instead.unwrap_or_default())
}

/// Returns the recommended repair as every report says it.
pub(crate) fn instead(found: &Sentence) -> String {
    format!("Instead: {}", found.says)
}

/// Returns the title of a counterexample and the meaning of the property.
#[must_use]
pub fn title(spec: &Spec, property: Property, steps: usize, messages: &str, width: u16) -> String {
    let says = wrapped(&spec.says(property), 0, width);
    let after = steps_of(steps);
    format!("{BAD}{} is violated{BAD:#} after {after}{messages}:\n{says}\n", property.name())
}

/// Returns a number of steps in words.
#[must_use]
pub fn steps_of(steps: usize) -> String {
    if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") }
}

/// Returns the number of messages that have arrived at the end of a trace.
fn messages_of(case: &Combination, trace: &Trace) -> String {
    let end = trace.path.end(&case.world);
    match end.accounts.values().map(|account| account.record.accepted.len()).max().unwrap_or(0) {
        1 => "one message".to_owned(),
        more => format!("{more} messages"),
    }
}

/// Returns the reasons why `coverage` is violated; no trace can show it.
fn coverage(checked: &Checked<'_>, width: u16) -> Option<String> {
    let failures = checked.coverage_failures();
    let result = checked.result(Property::Coverage)?;
    if failures.is_empty() {
        return None;
    }
    let under = if result.verdict == Verdict::Depends { " under some combinations of assumptions" } else { "" };
    let mut text = format!("{BAD}coverage is violated{BAD:#}{under}:\n");
    for failure in failures {
        let _ = writeln!(text, "  {}", wrapped(&failure.to_string(), 4, width));
    }
    let says = "No trace can show this, because coverage is a statement about all reachable states.";
    let _ = writeln!(text, "{}", wrapped(says, 0, width));
    Some(text)
}

/// Returns the steps to a violation in the counter abstraction that a search with few messages did not find.
fn suspicion(checked: &Checked<'_>, result: &PropertyResult, undecided: &Undecided, width: u16) -> Option<String> {
    let steps = inconclusive::steps(undecided);
    if steps.is_empty() {
        return None;
    }
    let (name, says) = (result.property.name(), checked.spec.says(result.property));
    let mut text = format!("{BAD}{name} may be violated{BAD:#}:\n{}\n", wrapped(&says, 0, width));
    for (number, step) in (1..).zip(&steps) {
        let _ = writeln!(text, "  {number:<3} {}", wrapped(step, 6, width));
    }
    let legend = "The search tracks one message and knows only the locations of the others. A message number is valid for one step only.";
    let _ = writeln!(text, "{}", wrapped(legend, 0, width));
    Some(text)
}

/// Returns the table as text of the given width, a row for each step.
#[must_use]
pub fn table_text(world: &World, table: &TraceTable, width: u16) -> String {
    let servers: Vec<String> = world.scenario.site.servers.values().cloned().collect();
    let mut drawn = Table::new();
    drawn.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(width).enforce_styling();
    let titles = ["", "who", "what happens", "home is"].map(ToOwned::to_owned).into_iter().chain(servers);
    drawn.set_header(titles.map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
    let mut at_first = vec!["at first".to_owned()];
    at_first.extend(table.is_point_of_no_return(0).then(|| NO_RETURN.to_owned()));
    drawn.add_row(cells("0", "", at_first, &table.start, None));
    for row in &table.rows {
        let colour = (!row.lost.is_empty()).then_some(Color::Red);
        drawn.add_row(cells(&row.label(), &row.actor, events(row, table), &row.cells, colour));
    }
    keep_words_whole(&mut drawn, width);
    let mut text: String = drawn.lines().flat_map(|line| [without_end(&line), "\n".to_owned()]).collect();
    text.push_str(&table.notes());
    if let Some(map) = &table.rescue {
        text.push_str(&strip(world, map, width));
    }
    text
}

/// Gives each column room for its lines, or at least for its longest word, and the rest to the events.
fn keep_words_whole(table: &mut Table, width: u16) {
    let count = table.column_count();
    let texts = |column: usize| {
        let cells = table.header().into_iter().chain(table.row_iter()).filter_map(|row| row.cell_iter().nth(column));
        cells.map(Cell::content).collect()
    };
    let columns: Vec<Vec<String>> = (0..count).map(texts).collect();
    let borders = u16::try_from(columns.len() + 1).unwrap_or(u16::MAX);
    let width = width.saturating_sub(borders);
    let tried = [(LINE_MAX, EVENTS_ROOM), (0, EVENTS_MIN)].into_iter();
    let mut tried = tried.map(|(line_max, events)| (room(&columns, width, line_max), events));
    let Some((room, _)) = tried.find(|(room, events)| room[EVENTS] >= *events) else { return };
    for (column, room) in table.column_iter_mut().zip(room) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(room)));
    }
}

/// Returns the width of each column, if lines of up to a number of letters stay whole. The column of events has what is left, if it needs it.
fn room(columns: &[Vec<String>], width: u16, line_max: usize) -> Vec<u16> {
    let widest = |parts: &mut dyn Iterator<Item = &str>| parts.map(display_width).max().unwrap_or(0);
    let wanted = |(column, texts): (usize, &Vec<String>)| {
        let line = widest(&mut texts.iter().flat_map(|text| text.lines()));
        let word = widest(&mut texts.iter().flat_map(|text| text.split_whitespace()));
        let room = if column == EVENTS { line } else { line.min(word.max(line_max)) };
        u16::try_from(room + PADDING).unwrap_or(u16::MAX)
    };
    let mut room: Vec<u16> = columns.iter().enumerate().map(wanted).collect();
    let others = room.iter().enumerate().filter(|(column, _)| *column != EVENTS);
    let left = others.fold(width, |left, (_, one)| left.saturating_sub(*one));
    room[EVENTS] = room[EVENTS].min(left);
    room
}

/// Returns the line without the spaces at its end, before and between its last style codes.
fn without_end(line: &str) -> String {
    let (mut seen, mut codes) = (line.trim_end(), String::new());
    while let Some(start) = seen.rfind('\x1b').filter(|start| seen.ends_with('m') && !seen[*start..].contains(' ')) {
        let code = &seen[start..];
        if code.find('m') != Some(code.len() - 1) {
            break;
        }
        codes.insert_str(0, code);
        seen = seen[..start].trim_end();
    }
    format!("{seen}{codes}")
}

fn events(row: &TraceRow, table: &TraceTable) -> Vec<String> {
    let mut lines = vec![row.says.clone()];
    let badges = table.badges(row.number, false);
    let is_small = |badge: &&Badge| matches!(badge, Badge::Breaks(_));
    let words = |badge: &Badge| match badge {
        Badge::Destroys(messages) => format!(">> DESTROYED: {} <<", messages.join(", ")),
        Badge::TooLate => NO_RETURN.to_owned(),
        Badge::Strands(_) | Badge::FirstViolation | Badge::Breaks(_) => format!("[{}]", badge.words()),
    };
    lines.extend(badges.iter().filter(|badge| !is_small(badge)).map(words));
    lines.extend(row.reported.as_ref().map(|reported| format!("reported: {reported}")));
    lines.extend(badges.iter().filter(is_small).map(words));
    lines
}

fn cells(number: &str, actor: &str, what: Vec<String>, state: &Cells, colour: Option<Color>) -> Vec<Cell> {
    let mut texts = vec![number.to_owned(), actor.to_owned(), what.join("\n"), state.directory.join("\n")];
    texts.extend(state.stores.iter().map(|lines| lines.join("\n")));
    let paint = |text: String| match colour {
        Some(colour) => Cell::new(text).fg(colour),
        None => Cell::new(text),
    };
    texts.into_iter().map(paint).collect()
}

/// Returns the rescue map under a table: a line for each range of states from which the same procedures recover all mail.
fn strip(world: &World, map: &RescueMap, width: u16) -> String {
    let mut text = format!("{}\n", wrapped(&recovering(world), 0, width));
    for (range, says) in ranges(map) {
        let _ = writeln!(text, "  {range:<column$}{}", wrapped(&says, INDENT, width), column = INDENT - 2);
    }
    text
}

/// Returns each range of states in which the same procedures recover all mail: its numbers, and the procedures.
pub(crate) fn ranges(map: &RescueMap) -> Vec<(String, String)> {
    let says: Vec<String> = map.outlooks.iter().map(procedures).collect();
    let mut ranges = Vec::new();
    let mut first = 0;
    for number in 1..=says.len() {
        let is_same = |number: usize| says[number] == says[first] && map.point_of_no_return != Some(number);
        if number < says.len() && is_same(number) {
            continue;
        }
        let last = number - 1;
        let range = if first == last { first.to_string() } else { format!("{first}–{last}") };
        let mark = if map.point_of_no_return == Some(first) { format!("{NO_RETURN}: ") } else { String::new() };
        ranges.push((range, format!("{mark}{}", says[first])));
        first = number;
    }
    ranges
}

/// Returns the effects of all procedures in one state: with nothing to recover only those that would change that.
fn procedures(outlook: &Outlook) -> String {
    let has_need = !outlook.is_whole && outlook.has_mail;
    let recovers = outlook.rescues.iter().any(|one| one.effect == RescueEffect::Saves);
    let effects = remedy::by_kind(outlook).into_iter().filter(|(kind, _)| match kind {
        Remedy::Recovers | Remedy::LeavesInTransit | Remedy::Strands | Remedy::Destroys(_) => true,
        // Where nothing recovers all mail, each procedure is listed.
        Remedy::NoHelp | Remedy::Risky | Remedy::Unknown => has_need && !outlook.is_lost && !recovers,
        Remedy::Idle => false,
    });
    let says = |(kind, names): (Remedy, Vec<String>)| match kind {
        Remedy::Recovers => format!("{} {}", kind.sign(), names.join(", ")),
        other @ (Remedy::Idle
        | Remedy::LeavesInTransit
        | Remedy::Risky
        | Remedy::NoHelp
        | Remedy::Strands
        | Remedy::Destroys(_)
        | Remedy::Unknown) => format!("{} {}: {}", other.sign(), other.short(), names.join(", ")),
    };
    let effects: Vec<String> = effects.map(says).collect();
    let effects = effects.join("; ");
    let nothing = if outlook.is_whole { "nothing to recover" } else { "no mail to recover" };
    match (has_need, recovers, effects.is_empty()) {
        (false, _, true) => format!("({nothing})"),
        (false, _, false) => format!("({nothing}; if run now: {effects})"),
        (true, false, true) => "none".to_owned(),
        (true, false, false) => format!("none; {effects}"),
        (true, true, _) => effects,
    }
}
