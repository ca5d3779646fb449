//! A trace as Markdown: the question, the verdict, a table of the steps, and the procedures that recover all mail.

use std::fmt::Write as _;

use crate::report::counterexample;
use crate::report::picture::Cells;
use crate::report::trace::{answers, listed};

use super::NarratedTrace;

/// Returns the trace as Markdown.
#[must_use]
pub fn markdown(narrated: &NarratedTrace<'_>) -> String {
    let NarratedTrace { spec, table, property, .. } = narrated;
    let mut text = format!("# {}\n\nQuestion: {}\n\n", escaped(&narrated.title()), escaped(&spec.question));
    let found = property.and_then(|name| spec.properties().into_iter().find(|property| property.name() == name));
    let length = table.rows.iter().filter(|row| !row.is_after).count();
    if let Some(found) = found {
        let (name, says) = (found.name(), escaped(&spec.says(found)));
        let _ = writeln!(text, "**{name} is violated** after {length} steps: {says}.\n");
    }
    text + &steps(narrated)
}

/// Returns the assumptions of the trace, the table of its steps, and the procedures that recover all mail.
#[must_use]
pub fn steps(narrated: &NarratedTrace<'_>) -> String {
    let NarratedTrace { spec, world, table, .. } = narrated;
    let mut text = String::new();
    let answers = answers(world, &spec.touches());
    if !answers.is_empty() {
        let _ = writeln!(text, "With {}.\n", escaped(&listed(&answers)));
    }
    let servers: Vec<String> = world.scenario.site.servers.values().map(|server| escaped(server)).collect();
    let _ = writeln!(text, "| step | who | what happens | home is | {} |", servers.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(4 + servers.len()));
    text.push_str(&row("0", "", lines("at first", &[], narrated.marks(0)), &table.start));
    for one in &table.rows {
        let reported: Vec<String> = one.reported.iter().map(|reported| format!("reported: {reported}")).collect();
        let what = lines(&one.says, &reported, narrated.marks(one.number));
        text.push_str(&row(&one.label(), &one.actor, what, &one.cells));
    }
    let _ = write!(text, "\n{}", table.notes());
    if let Some(map) = &table.rescue {
        let _ = writeln!(text, "\n{}\n", escaped(&crate::report::recovering(world)));
        for (steps, says) in crate::report::ranges(map) {
            let _ = writeln!(text, "- after step {steps}: {}", escaped(&says));
        }
    }
    if let Some(found) = &table.instead {
        let _ = writeln!(text, "\n{}", escaped(&counterexample::instead(found)));
    }
    text
}

/// Returns the lines of the cell that describes a step; badges are bold.
fn lines(says: &str, reported: &[String], marks: Vec<String>) -> String {
    let mut lines = vec![escaped(says)];
    lines.extend(reported.iter().map(|reported| escaped(reported)));
    lines.extend(marks.iter().map(|mark| format!("**{}**", escaped(mark))));
    lines.join("<br>")
}

fn row(number: &str, who: &str, what: String, state: &Cells) -> String {
    let several = |lines: &[String]| lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>");
    let mut cells = vec![number.to_owned(), escaped(who), what, several(&state.directory)];
    cells.extend(state.stores.iter().map(|lines| several(lines)));
    format!("| {} |\n", cells.join(" | "))
}

/// Returns the text without Markdown or HTML of its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            character if character.is_control() => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    // A bare address would become a link.
    escaped.replace("://", ":\\/\\/").replace("www.", "www\\.")
}
