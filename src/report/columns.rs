//! The report on a check of procedures: a table with a column for each kind of delivery, the details of the columns that are not as expected,
//! and what was not tried.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use stranded_search::check::{Checked, CoverageFailure, PropertyResult};
use stranded_search::lines::{display_width, wrapped};
use stranded_search::property::Property;
use stranded_search::scenario::delivery_name;

use super::not_tried::NotTried;
use super::text;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// The width of a column.
const COLUMN: usize = 14;

/// Returns the parts of the report: a table for each procedure, the details, and what was not tried.
#[must_use]
pub fn report(checked: &[Checked<'_>], not_tried: &[NotTried], width: u16) -> Vec<String> {
    let mut parts: Vec<String> = by_procedure(checked).into_iter().map(|columns| table(&columns, width)).collect();
    let is_unexpected = |one: &&Checked<'_>| one.results.iter().any(|result| !result.is_as_expected());
    parts.extend(checked.iter().filter(is_unexpected).map(|one| text::scenario(one, width)));
    parts.extend(text::not_tried(not_tried, width));
    parts.push(text::summary(checked, width));
    parts
}

/// Returns the checks of each procedure together.
fn by_procedure<'c, 's>(checked: &'c [Checked<'s>]) -> Vec<Vec<&'c Checked<'s>>> {
    let of_one_procedure = checked.chunk_by(|one, other| one.procedure() == other.procedure());
    of_one_procedure.map(|columns| columns.iter().collect()).collect()
}

fn table(columns: &[&Checked<'_>], width: u16) -> String {
    let Some(first) = columns.first() else { return String::new() };
    let scenario = &first.spec.scenario;
    let run = scenario.run(scenario.last_run);
    let servers = &scenario.site.servers;
    let start = first
        .spec
        .from
        .as_ref()
        .map_or("a fresh site".to_owned(), |from| format!("the quiescent states of {}", from.name));
    let title = format!("{} from {} to {}, in {start}", run.procedure.name, servers[run.from], servers[run.to]);
    let mut text = format!("{TITLE}{}{TITLE:#}\n", wrapped(&title, 0, width));
    let names = || first.results.iter().map(|result| result.property).filter(|one| *one != Property::Coverage);
    let room = names().map(|property| display_width(property.name())).max().unwrap_or(0) + 2;
    let headings = columns.iter().map(|one| delivery_name(one.spec.scenario.environment.delivery).to_owned());
    let _ = writeln!(text, "  {:<room$}{}", "mail arrives", line(headings.map(|heading| (heading, Style::new()))));
    for property in names() {
        let cells = columns.iter().filter_map(|one| one.result(property));
        let _ = writeln!(text, "  {:<room$}{}", property.name(), line(cells.map(cell)));
    }
    let reasons: BTreeSet<&str> = columns.iter().filter_map(|one| one.not_exercised()).collect();
    for reason in reasons {
        let with_reason = columns.iter().filter(|one| one.not_exercised() == Some(reason));
        let deliveries: Vec<&str> =
            with_reason.map(|one| delivery_name(one.spec.scenario.environment.delivery)).collect();
        let says = format!("Inconclusive under {}: {reason}.", deliveries.join(", "));
        let _ = writeln!(text, "{BAD}{}{BAD:#}", wrapped(&says, 0, width));
    }
    let unreached: Vec<String> = Checked::unreached(columns).into_iter().map(CoverageFailure::place).collect();
    if !unreached.is_empty() {
        let says = format!("No column reached: {}.", unreached.join(", "));
        let _ = writeln!(text, "{}", wrapped(&says, 0, width));
    }
    text
}

fn cell(result: &PropertyResult) -> (String, Style) {
    (result.verdict.name().to_owned(), if result.is_as_expected() { GOOD } else { BAD })
}

/// Returns texts in columns; the last has no padding.
fn line(cells: impl Iterator<Item = (String, Style)>) -> String {
    let cells: Vec<(String, Style)> = cells.collect();
    let mut text = String::new();
    for (index, (cell, style)) in cells.iter().enumerate() {
        let room = if index + 1 == cells.len() { 0 } else { COLUMN.saturating_sub(display_width(cell)).max(1) };
        let _ = write!(text, "{style}{cell}{style:#}{:room$}", "");
    }
    text
}
