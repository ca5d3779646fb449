//! The rescue map as lines of text: one for every stretch of states in which the same procedures would save everything.

use std::fmt::Write as _;

use stranded_search::rescue::{Outlook, RescueEffect, RescueMap};

use stranded_search::lines::wrapped;

use stranded_search::names;

/// What marks the first state from which on nothing saves everything any more.
pub(super) const NO_RETURN: &str = "POINT OF NO RETURN";

/// What stands over the procedures that would still save everything.
pub(crate) const STILL: &str = "Run now, and nothing else happening, this would still save everything:";

/// The columns that the numbers of the states take.
const INDENT: usize = 9;

/// The lines under a table.
pub(super) fn strip(map: &RescueMap, width: u16) -> String {
    let mut text = format!("{STILL}\n");
    for (range, says) in stretches(map) {
        let _ = writeln!(text, "  {range:<column$}{}", wrapped(&says, INDENT, width), column = INDENT - 2);
    }
    text
}

/// Every stretch of states in which the same procedures would save everything: their numbers, and what is said of them.
pub(crate) fn stretches(map: &RescueMap) -> Vec<(String, String)> {
    let says: Vec<String> = map.outlooks.iter().map(says).collect();
    let mut stretches = Vec::new();
    let mut first = 0;
    for number in 1..=says.len() {
        let is_same = |number: usize| says[number] == says[first] && map.point_of_no_return != Some(number);
        if number < says.len() && is_same(number) {
            continue;
        }
        let last = number - 1;
        let range = if first == last { first.to_string() } else { format!("{first}–{last}") };
        let mark = if map.point_of_no_return == Some(first) { format!(": {NO_RETURN}") } else { String::new() };
        stretches.push((range, format!("{}{mark}", says[first])));
        first = number;
    }
    stretches
}

/// What would still save everything in one state, by name.
fn says(outlook: &Outlook) -> String {
    let saving_procedures: Vec<&str> = outlook.saving_procedures().collect();
    let names = saving_procedures.join(", ");
    match (outlook.is_whole, saving_procedures.is_empty()) {
        (true, true) => "(nothing is to be saved)".to_owned(),
        (true, false) => format!("(nothing is to be saved) {names}"),
        (false, true) => "nothing".to_owned(),
        (false, false) => names,
    }
}

/// What a procedure would do, as a sign and a clause.
#[cfg_attr(not(feature = "terminal"), expect(dead_code, reason = "only the terminal prints one effect by itself"))]
pub(crate) fn effect(effect: &RescueEffect) -> (&'static str, String) {
    match effect {
        RescueEffect::Saves => ("✓", "saves everything".to_owned()),
        RescueEffect::Declines => ("–", "no help: it refuses, or leaves mail out of reach".to_owned()),
        RescueEffect::Loses(lost) => {
            let messages: Vec<String> = lost.iter().flat_map(|(_, messages)| names::messages(*messages)).collect();
            ("✕", format!("destroys {}", messages.join(" ")))
        }
        RescueEffect::Unknown => ("?", "not known".to_owned()),
    }
}
