//! A story as a Mermaid sequence diagram: whoever acts, the directory and every store as participants, and every step an arrow
//! between the two that it passes between. Mermaid refuses texts over 50,000 characters, so a long story is cut where it can be
//! seen.

use std::fmt::Write as _;

use stranded_model::action::Fate;
use stranded_model::id::ServerId;

use crate::report::arrow::Party;
use crate::report::story::{Row, Scene};

use super::NarratedTrace;

/// A diagram is shorter than this, in characters.
pub const CHARACTERS_MAX: usize = 50_000;
/// What is kept free for the line that says how many steps were cut.
const CUT: usize = 100;
/// What stands behind a step that loses mail.
const LOSS: &str = "    rect rgb(255, 214, 214)\n";

/// Writes a story.
#[must_use]
pub fn mermaid(narrated: &NarratedTrace<'_>) -> String {
    let story = narrated.story;
    let lanes = Lanes::of(narrated);
    let mut text = "sequenceDiagram\n".to_owned();
    let _ = writeln!(text, "    title {}", escaped(&narrated.title()));
    for (id, kind, name) in lanes.declared() {
        let _ = writeln!(text, "    {kind} {id} as {}", escaped(name));
    }
    let all = lanes.all();
    let servers: Vec<&str> = narrated.world.scenario.site.servers.values().map(String::as_str).collect();
    let _ = writeln!(text, "    Note over {all}: {}", escaped(&standing(&servers, &story.start)));
    text.push_str(&marked(narrated, 0, &all));
    let mut length = text.chars().count();
    for (index, row) in story.rows.iter().enumerate() {
        let lines = step(narrated, row, &lanes, &all);
        length += lines.chars().count();
        if length + CUT >= CHARACTERS_MAX {
            let _ = writeln!(text, "    Note over {all}: … {} more", story.rows.len() - index);
            return text;
        }
        text.push_str(&lines);
    }
    if let Some(number) = story.repeats_from {
        let _ = writeln!(text, "    Note over {all}: what follows step {number} repeats for ever");
    }
    text
}

/// The participants, from the left: who acts, the directory, the stores.
struct Lanes {
    actors: Vec<String>,
    directories: Vec<String>,
    stores: Vec<String>,
}

impl Lanes {
    fn of(narrated: &NarratedTrace<'_>) -> Self {
        let world = narrated.world;
        let (mut actors, mut directories) = (Vec::new(), Vec::new());
        for party in narrated.story.rows.iter().flat_map(|row| [row.arrow.from, row.arrow.to]) {
            let name = party.name(world);
            match party {
                Party::Directory(_) | Party::Store(_) => {}
                Party::Mail | Party::User | Party::Administrator(_) | Party::Somebody | Party::Fault => {
                    if !actors.contains(&name) {
                        actors.push(name);
                    }
                }
            }
        }
        for server in world.scenario.site.servers.ids() {
            let name = Party::Directory(server).name(world);
            if !directories.contains(&name) {
                directories.push(name);
            }
        }
        Self { actors, directories, stores: world.scenario.site.servers.values().cloned().collect() }
    }

    /// Every participant: its identifier, its kind and its name.
    fn declared(&self) -> impl Iterator<Item = (String, &'static str, &str)> {
        let lanes =
            [("a", "actor", &self.actors), ("d", "participant", &self.directories), ("s", "participant", &self.stores)];
        lanes.into_iter().flat_map(|(prefix, kind, names)| {
            names.iter().enumerate().map(move |(index, name)| (format!("{prefix}{index}"), kind, name.as_str()))
        })
    }

    /// The participants that a note about everything stands over.
    fn all(&self) -> String {
        format!("d0,s{}", self.stores.len().saturating_sub(1))
    }

    /// The identifier of a participant.
    fn id(&self, narrated: &NarratedTrace<'_>, party: Party) -> String {
        let place = |names: &[String]| {
            let name = party.name(narrated.world);
            names.iter().position(|other| *other == name).expect("every party of the story has a lane")
        };
        let store = |server: ServerId| {
            let mut ids = narrated.world.scenario.site.servers.ids();
            ids.position(|id| id == server).expect("every server has a lane")
        };
        match party {
            Party::Directory(_) => format!("d{}", place(&self.directories)),
            Party::Store(server) => format!("s{}", store(server)),
            Party::Mail | Party::User | Party::Administrator(_) | Party::Somebody | Party::Fault => {
                format!("a{}", place(&self.actors))
            }
        }
    }
}

/// One step: an arrow from who asks to what is asked; a request or a reply that is lost ends in a cross.
fn step(narrated: &NarratedTrace<'_>, row: &Row, lanes: &Lanes, all: &str) -> String {
    let (from, to) = (lanes.id(narrated, row.arrow.from), lanes.id(narrated, row.arrow.to));
    let mark = if row.is_after { "+" } else { "" };
    // The lane says who acts where he is the one who asks; a copy passes between stores, so its text says who has it done.
    let asks = row.arrow.from.name(narrated.world) == row.actor;
    let who = if asks || row.taken.administrator().is_none() { String::new() } else { format!("{} ", row.actor) };
    let says = escaped(&format!("{}{mark} {who}{}", row.number, row.says));
    let mut text = String::new();
    if !row.lost.is_empty() {
        text.push_str(LOSS);
    }
    let _ = match row.arrow.fate {
        Fate::Answered => writeln!(text, "    {from}->>{to}: {says}"),
        Fate::RequestLost => writeln!(text, "    {from}-x{to}: {says}"),
        Fate::ReplyLost => writeln!(text, "    {from}->>{to}: {says}\n    {to}--x{from}: the reply is lost"),
    };
    if let Some(reported) = &row.reported {
        let whom = row.taken.administrator().map_or(row.arrow.from, Party::Administrator);
        let _ = writeln!(text, "    Note over {}: told: {}", lanes.id(narrated, whom), escaped(reported));
    }
    text.push_str(&marked(narrated, row.number, all));
    if !row.lost.is_empty() {
        text.push_str("    end\n");
    }
    text
}

/// What is worth knowing of a moment, as one note.
fn marked(narrated: &NarratedTrace<'_>, number: usize, all: &str) -> String {
    let marks: Vec<String> = narrated.marks(number).iter().map(|mark| escaped(mark)).collect();
    if marks.is_empty() { String::new() } else { format!("    Note over {all}: {}\n", marks.join("<br/>")) }
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
