//! A story as a Mermaid sequence diagram: the administrators, the directory and every server as participants, the sentences of
//! the story between them. Mermaid refuses texts over 50,000 characters, so a long story is cut where it can be seen.

use std::fmt::Write as _;

use crate::report::story::{Row, Scene};

use super::Telling;

/// A diagram is shorter than this, in characters.
pub const CHARACTERS_MAX: usize = 50_000;
/// What is kept free for the line that says how many steps were cut.
const CUT: usize = 100;
/// The participant that the directory is.
const DIRECTORY: &str = "directory";

/// Writes a story.
#[must_use]
pub fn mermaid(telling: &Telling<'_>) -> String {
    let story = telling.story;
    let servers: Vec<&str> = telling.world.scenario.site.servers.values().map(String::as_str).collect();
    let mut actors: Vec<&str> = Vec::new();
    for row in &story.rows {
        if row.actor != DIRECTORY && !actors.contains(&row.actor.as_str()) {
            actors.push(&row.actor);
        }
    }
    let mut text = "sequenceDiagram\n".to_owned();
    let _ = writeln!(text, "    title {}", escaped(&telling.title()));
    for (index, actor) in actors.iter().enumerate() {
        let _ = writeln!(text, "    actor a{index} as {}", escaped(actor));
    }
    let _ = writeln!(text, "    participant d as {DIRECTORY}");
    for (index, server) in servers.iter().enumerate() {
        let _ = writeln!(text, "    participant s{index} as {}", escaped(server));
    }
    let all = format!("d,s{}", servers.len().saturating_sub(1));
    let _ = writeln!(text, "    Note over {all}: {}", escaped(&standing(&servers, &story.start)));
    for mark in telling.marks(0) {
        let _ = writeln!(text, "    Note over {all}: {}", escaped(&mark));
    }
    let mut length = text.chars().count();
    let mut before = &story.start;
    for (index, row) in story.rows.iter().enumerate() {
        let lines = step(telling, row, before, &actors, &all);
        length += lines.chars().count();
        if length + CUT >= CHARACTERS_MAX {
            let _ = writeln!(text, "    Note over {all}: … {} more", story.rows.len() - index);
            return text;
        }
        text.push_str(&lines);
        before = &row.scene;
    }
    if let Some(number) = story.repeats_from {
        let _ = writeln!(text, "    Note over {all}: what follows step {number} repeats for ever");
    }
    text
}

/// One step: a message to the first that is changed by it, or a note where nothing that is drawn changes.
fn step(telling: &Telling<'_>, row: &Row, before: &Scene, actors: &[&str], all: &str) -> String {
    let actor = actors.iter().position(|actor| *actor == row.actor);
    let actor = actor.map_or_else(|| "d".to_owned(), |index| format!("a{index}"));
    let store = before.stores.iter().zip(&row.scene.stores).position(|(before, after)| before != after);
    let changed = match store {
        Some(index) => Some(format!("s{index}")),
        None if before.directory != row.scene.directory => Some("d".to_owned()),
        None => None,
    };
    let mark = if row.is_after { "+" } else { "" };
    let says = escaped(&format!("{}{mark} {}", row.number, row.says));
    let mut text = match changed {
        Some(changed) => format!("    {actor}->>{changed}: {says}\n"),
        None => format!("    Note over {actor}: {says}\n"),
    };
    if let Some(told) = &row.told {
        let _ = writeln!(text, "    Note over {actor}: told: {}", escaped(told));
    }
    for mark in telling.marks(row.number) {
        let _ = writeln!(text, "    Note over {all}: {}", escaped(&mark));
    }
    text
}

fn standing(servers: &[&str], scene: &Scene) -> String {
    let stores = servers.iter().zip(&scene.stores).map(|(server, says)| format!("{server}: {}", says.join(", ")));
    format!("at first, home is {}; {}", scene.directory.join(", "), stores.collect::<Vec<_>>().join("; "))
}

/// Text that can only be text: whatever means something to Mermaid or to a page is written by its number.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            character if character.is_control() => escaped.push(' '),
            '#' | ';' | '<' | '>' | '&' | '"' | '%' | '{' | '}' | '`' | '\\' | ':' => {
                let _ = write!(escaped, "#{};", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    escaped
}
