//! The comparison of two procedures or scenarios as text: the conclusion, the verdicts that changed, the shortest behaviour each way, and the
//! parts that were not compared.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use stranded_oracle::sentence;
use stranded_search::check::Trace;
use stranded_search::diff::{CombinationDiff, Conclusion, Diff, Direction, VerdictChange};
use stranded_search::lines::{display_width, wrapped};
use stranded_search::property::Property;
use stranded_search::scenario::delivery_name;

use super::counterexample::{steps_of, table_text};
use super::diff::{ComparedWorld, Comparison, NOT_COMPARED, answers, instead, pinned};
use super::table::TraceTable;
use super::trace::listed;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// The most combinations of assumptions that are listed.
const COMBINATIONS_MAX: usize = 6;
/// The most steps of the other side that are listed.
const INSTEAD_MAX: usize = 3;

/// Returns the report. It contains style codes; the caller strips them if it does not print on a terminal.
#[must_use]
pub fn report(comparison: &Comparison<'_>, width: u16) -> String {
    let mut text = format!("OLD {}\nNEW {}\n", comparison.old, comparison.new);
    text.push_str(&conclusion(comparison, width));
    text.push_str(&verdicts(comparison, width));
    for direction in Direction::ALL {
        text.push_str(&behaviour(comparison, direction, width));
    }
    text.push_str(&extent(comparison, width));
    text
}

fn conclusion(comparison: &Comparison<'_>, width: u16) -> String {
    let differing = |direction: Direction| comparison.shortest(direction).is_some();
    let (style, says) = match comparison.conclusion() {
        Conclusion::Alike => (GOOD, "Alike: the same behaviours and the same verdicts.".to_owned()),
        Conclusion::Inconclusive => {
            (BAD, "Inconclusive: no difference was found, and the comparison is not complete.".to_owned())
        }
        Conclusion::Different => {
            let changed: BTreeSet<Property> = grouped(comparison).iter().map(|(change, _)| change.property).collect();
            let mut parts = match changed.len() {
                0 if comparison.worlds.iter().any(|world| world.diff.is_undecided()) => {
                    vec!["no verdict is known to have changed, and some are inconclusive".to_owned()]
                }
                0 => vec!["no verdict changed".to_owned()],
                1 => vec!["1 property has a new verdict".to_owned()],
                more => vec![format!("{more} properties have new verdicts")],
            };
            parts.push(match (differing(Direction::Allowed), differing(Direction::Forbidden)) {
                (true, true) => "each allows what the other does not".to_owned(),
                (true, false) => "NEW allows what OLD does not".to_owned(),
                (false, true) => "NEW forbids what OLD allows".to_owned(),
                (false, false) => "no behaviour that only one of them has was found".to_owned(),
            });
            (TITLE, format!("Different: {}.", parts.join("; ")))
        }
    };
    format!("{style}{}{style:#}\n", wrapped(&says, 0, width))
}

/// Returns each change of a verdict once, with the worlds in which it occurs.
fn grouped<'a>(comparison: &'a Comparison<'_>) -> Vec<(VerdictChange, Vec<&'a ComparedWorld<'a>>)> {
    let mut groups: Vec<(VerdictChange, Vec<&ComparedWorld<'_>>)> = Vec::new();
    for world in &comparison.worlds {
        for change in world.diff.verdict_changes() {
            match groups.iter_mut().find(|(other, _)| *other == change) {
                Some((_, worlds)) => worlds.push(world),
                None => groups.push((change, vec![world])),
            }
        }
    }
    groups.sort_by_key(|(change, _)| std::cmp::Reverse(change.harm));
    groups
}

fn verdicts(comparison: &Comparison<'_>, width: u16) -> String {
    let groups = grouped(comparison);
    if groups.is_empty() {
        return String::new();
    }
    let names = groups.iter().map(|(change, _)| display_width(change.property.name()));
    let room = names.max().unwrap_or_default();
    let arrow = |change: &VerdictChange| format!("{} → {}", change.old, change.new);
    let arrows = groups.iter().map(|(change, _)| display_width(&arrow(change)));
    let arrow_room = arrows.max().unwrap_or_default();
    let mut text = format!("\n{TITLE}Verdicts that changed:{TITLE:#}\n");
    for (change, worlds) in &groups {
        let style = match change.harm {
            Ordering::Greater => BAD,
            Ordering::Less => GOOD,
            Ordering::Equal => Style::new(),
        };
        let arrow = arrow(change);
        let _ = write!(text, "  {:<room$}  {style}{arrow}{style:#}", change.property.name());
        if worlds.len() < comparison.worlds.len() {
            let gap = arrow_room - display_width(&arrow) + 2;
            let indent = room + arrow_room + 6;
            let _ = write!(text, "{:gap$}{}", "", wrapped(&places(worlds), indent, width));
        }
        text.push('\n');
    }
    text
}

/// Returns worlds in a few words: `stranded: never, any-time; fresh: before`.
fn places(worlds: &[&ComparedWorld<'_>]) -> String {
    let mut places: Vec<(&str, Vec<&str>)> = Vec::new();
    for trial in worlds.iter().filter_map(|world| world.trial.as_ref()) {
        let delivery = delivery_name(trial.delivery);
        match places.last_mut().filter(|(from, _)| *from == trial.from) {
            Some((_, deliveries)) => deliveries.push(delivery),
            None => places.push((&trial.from, vec![delivery])),
        }
    }
    let place = |(from, deliveries): &(&str, Vec<&str>)| format!("from {from}: {}", deliveries.join(", "));
    places.iter().map(place).collect::<Vec<_>>().join("; ")
}

fn behaviour(comparison: &Comparison<'_>, direction: Direction, width: u16) -> String {
    let Some((world, case, difference)) = comparison.shortest(direction) else { return String::new() };
    let (has, lacks) = case.worlds(direction);
    let (title, other) = match direction {
        Direction::Allowed => ("NEW allows what OLD does not", "OLD"),
        Direction::Forbidden => ("NEW forbids what OLD allows", "NEW"),
    };
    let steps = difference.path.actions.len();
    let place = world.trial.as_ref().map_or(String::new(), |_| format!(" ({})", places(&[world])));
    let title = wrapped(&format!("{title}, after {}{place}:", steps_of(steps)), 0, width);
    let mut text = format!("\n{TITLE}{title}{TITLE:#}\n");
    text.push_str(&under(&world.diff, case, direction, width));
    let path = difference.path.clone();
    let found = Trace { path, after: Vec::new(), repeats_from: None };
    text.push_str(&table_text(has, &TraceTable::of(has, &found), width));
    let instead = instead(lacks, difference);
    let says = match difference.path.actions.last() {
        None => format!("{other} does not start in this state."),
        Some(last) if instead.is_empty() => {
            format!("{other} has no other step of {} instead of step {steps}.", sentence::actor(has, last))
        }
        Some(_) => format!("{other} instead of step {steps}: {}.", others(&instead)),
    };
    let _ = writeln!(text, "{}", wrapped(&says, 2, width));
    text.push_str(&elsewhere(comparison, world, direction, width));
    text
}

/// Returns the assumptions of a behaviour, and the combinations under which the other side lacks one.
fn under(diff: &Diff<'_>, case: &CombinationDiff, direction: Direction, width: u16) -> String {
    if diff.varied.is_empty() {
        return String::new();
    }
    let mut says = format!("with {}", listed(&answers(case.answers, &diff.varied)));
    for (side, world) in [("OLD", &case.old), ("NEW", &case.new)] {
        let pinned = pinned(world, case.answers, &diff.varied);
        if !pinned.is_empty() {
            let _ = write!(says, "; {side} pins {}", listed(&pinned));
        }
    }
    let (all, found) = (diff.combinations.len(), diff.under(direction).count());
    if found == all {
        says.push_str("; so it is under every combination of these assumptions");
    } else {
        let others = diff.under(direction).filter(|other| other.answers != case.answers);
        let mut lines: Vec<String> = others.map(|other| listed(&answers(other.answers, &diff.varied))).collect();
        let left = lines.len().saturating_sub(COMBINATIONS_MAX);
        lines.truncate(COMBINATIONS_MAX);
        let more = if left > 0 { format!("; and {left} more") } else { String::new() };
        let also = if lines.is_empty() { String::new() } else { format!(", also with {}{more}", lines.join("; ")) };
        let _ = write!(says, "; under {found} of {all} combinations{also}");
    }
    format!("({})\n", wrapped(&says, 0, width - 2))
}

/// Returns the steps of the other side in one clause.
fn others(steps: &[String]) -> String {
    let left = steps.len().saturating_sub(INSTEAD_MAX);
    let more = if left > 0 { format!("; and {left} more") } else { String::new() };
    let shown: Vec<&str> = steps.iter().take(INSTEAD_MAX).map(String::as_str).collect();
    format!("{}{more}", shown.join("; "))
}

/// Returns the other worlds with a behaviour of this direction.
fn elsewhere(comparison: &Comparison<'_>, shown: &ComparedWorld<'_>, direction: Direction, width: u16) -> String {
    let is_other = |world: &&ComparedWorld<'_>| world.trial != shown.trial && world.diff.shortest(direction).is_some();
    let others: Vec<&ComparedWorld<'_>> = comparison.worlds.iter().filter(is_other).collect();
    if others.is_empty() {
        return String::new();
    }
    format!("{}\n", wrapped(&format!("Also {}; --format json has these traces.", places(&others)), 2, width))
}

fn extent(comparison: &Comparison<'_>, width: u16) -> String {
    let mut says = Vec::new();
    let worlds = &comparison.worlds;
    let pairs: usize = worlds.iter().map(|world| world.diff.pairs()).sum();
    let combinations: usize = worlds.iter().map(|world| world.diff.combinations.len()).sum();
    let place = places(&worlds.iter().collect::<Vec<_>>());
    let place = if place.is_empty() { String::new() } else { format!(" {place};") };
    let of = match combinations {
        1 => "one combination of assumptions".to_owned(),
        more => format!("{more} combinations of assumptions and worlds"),
    };
    says.push(format!(
        "Compared:{place} sequences of administrator, act, servers, message and result, and verdicts; {pairs} pairs of \
         states in {of}."
    ));
    for world in worlds {
        let place = world.trial.as_ref().map_or(String::new(), |_| format!(" ({})", places(&[world])));
        if let Some(truncated) = world.diff.truncated() {
            says.push(format!("{BAD}A search is incomplete{place}: {truncated}.{BAD:#}"));
        }
        if world.diff.is_of_any_number() {
            let messages = [&world.diff.old, &world.diff.new].map(|one| one.spec.scenario.site.messages);
            says.push(format!(
                "{BAD}The number of messages is `any`{place}: behaviours were compared with {} and {} messages only.{BAD:#}",
                messages[0], messages[1]
            ));
        }
        if let Some(defect) = world.diff.defect() {
            says.push(format!("{BAD}defect: {defect}{BAD:#}"));
        }
    }
    if let Some(side) = comparison.never_ok() {
        says.push(format!(
            "{BAD}{side} never ends ok on a mailbox that has mail, so its effect was not compared: try --from fresh --move OLD:NEW, \
             with your servers.{BAD:#}"
        ));
    }
    let missing = comparison.unreached();
    for side in ["OLD", "NEW"] {
        let of_side = missing.iter().filter(|(of, _)| *of == side);
        let steps: Vec<String> = of_side.map(|(_, missing)| missing.place()).collect();
        if !steps.is_empty() {
            says.push(format!("Nothing reached in {side}: {}.", steps.join(", ")));
        }
    }
    let only: BTreeSet<&str> = worlds.iter().flat_map(|world| world.diff.stated_by_one()).collect();
    if !only.is_empty() {
        let names: Vec<&str> = only.into_iter().collect();
        says.push(format!("No verdicts to compare: only one of them has {}.", names.join(", ")));
    }
    says.push(format!("Not compared: {}.", NOT_COMPARED.join("; ")));
    if !comparison.not_tried.is_empty() {
        says.push(format!("Not tried: {}.", comparison.not_tried.join("; ")));
    }
    let lines = says.iter().map(|line| format!("{}\n", wrapped(line, 2, width)));
    format!("\n{}", lines.collect::<String>())
}
