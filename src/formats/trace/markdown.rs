//! A story as Markdown: the question, the verdict, a table of the steps, and what would still have saved everything.

use std::fmt::Write as _;

use crate::report::story::Scene;
use crate::report::trace::answers;
use stranded_search::property::Property;

use super::NarratedTrace;

/// Writes a story.
#[must_use]
pub fn markdown(narrated: &NarratedTrace<'_>) -> String {
    let NarratedTrace { spec, world, story, property, .. } = narrated;
    let mut text = format!("# {}\n\n{}\n\n", escaped(&narrated.title()), escaped(&spec.question));
    let found = property.and_then(|name| Property::all().find(|property| property.name() == name));
    let length = story.rows.iter().filter(|row| !row.is_after).count();
    if let Some(found) = found {
        let (name, says) = (found.name(), escaped(found.says()));
        let _ = writeln!(text, "**{name} is violated** after {length} steps: it is not so that {says}.\n");
    }
    let answers = answers(world, &spec.touches());
    if !answers.is_empty() {
        let answers: Vec<String> = answers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = writeln!(text, "With {}.\n", escaped(&answers.join(", ")));
    }
    let servers: Vec<String> = world.scenario.site.servers.values().map(|server| escaped(server)).collect();
    let _ = writeln!(text, "| step | who | what happens | home is | {} |", servers.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(4 + servers.len()));
    text.push_str(&row("0", "", lines("at first", &[], narrated.marks(0)), &story.start));
    for one in &story.rows {
        let mark = if one.is_after { "+" } else { "" };
        let reported: Vec<String> = one.reported.iter().map(|reported| format!("told: {reported}")).collect();
        let what = lines(&one.says, &reported, narrated.marks(one.number));
        text.push_str(&row(&format!("{}{mark}", one.number), &one.actor, what, &one.scene));
    }
    let _ = write!(text, "\n{}", story.notes());
    if let Some(map) = &story.rescue {
        let _ = writeln!(text, "\n{}\n", crate::report::STILL);
        for (steps, says) in crate::report::stretches(map) {
            let _ = writeln!(text, "- after step {steps}: {}", escaped(&says));
        }
    }
    text
}

/// What happens in a step; what is worth a look stands out.
fn lines(says: &str, reported: &[String], marks: Vec<String>) -> String {
    let mut lines = vec![escaped(says)];
    lines.extend(reported.iter().map(|reported| escaped(reported)));
    lines.extend(marks.iter().map(|mark| format!("**{}**", escaped(mark))));
    lines.join("<br>")
}

fn row(number: &str, who: &str, what: String, scene: &Scene) -> String {
    let several = |lines: &[String]| lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>");
    let mut cells = vec![number.to_owned(), escaped(who), what, several(&scene.directory)];
    cells.extend(scene.stores.iter().map(|lines| several(lines)));
    format!("| {} |\n", cells.join(" | "))
}

/// Text that can only be text.
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
    escaped
}
