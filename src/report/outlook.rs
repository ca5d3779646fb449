//! The rescue map as lines of text: one for every stretch of states in which the same procedures would save everything.

use std::fmt::Write as _;

use crate::rescue::{Outlook, RescueMap};

use crate::lines::wrapped;

/// What marks the first state from which on nothing saves everything any more.
pub(super) const NO_RETURN: &str = "POINT OF NO RETURN";

/// The columns that the numbers of the states take.
const INDENT: usize = 9;

/// The lines under a table.
pub(super) fn strip(map: &RescueMap, width: u16) -> String {
    let mut text = "Run now, and nothing else happening, this would still save everything:\n".to_owned();
    let says: Vec<String> = map.outlooks.iter().map(says).collect();
    let mut first = 0;
    for number in 1..=says.len() {
        let is_same = |number: usize| says[number] == says[first] && map.point_of_no_return != Some(number);
        if number < says.len() && is_same(number) {
            continue;
        }
        let last = number - 1;
        let range = if first == last { first.to_string() } else { format!("{first}–{last}") };
        let mark = if map.point_of_no_return == Some(first) { format!(": {NO_RETURN}") } else { String::new() };
        let line = format!("{}{mark}", says[first]);
        let _ = writeln!(text, "  {range:<column$}{}", wrapped(&line, INDENT, width), column = INDENT - 2);
        first = number;
    }
    text
}

fn says(outlook: &Outlook) -> String {
    let saviours: Vec<&str> = outlook.saviours().collect();
    let names = saviours.join(", ");
    match (outlook.is_whole, saviours.is_empty()) {
        (true, true) => "(nothing is to be saved)".to_owned(),
        (true, false) => format!("(nothing is to be saved) {names}"),
        (false, true) => "nothing".to_owned(),
        (false, false) => names,
    }
}
