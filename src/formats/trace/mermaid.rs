//! A trace as a Mermaid sequence diagram. Actors, the directory and every store are participants; every step is an arrow. Mermaid
//! refuses texts over 50,000 characters, so the diagram of a long trace is truncated and says so.

use std::fmt::Write as _;

use stranded_model::action::Fate;
use stranded_model::id::ServerId;

use crate::report::arrow::Party;
use crate::report::picture::Cells;
use crate::report::table::TraceRow;

use super::NarratedTrace;

/// The limit of a diagram, in characters.
pub const CHARACTERS_MAX: usize = 50_000;
/// The characters reserved for the line that counts the steps left out.
const TRUNCATION: usize = 100;
/// The background of a step that loses mail.
const LOSS: &str = "    rect rgb(255, 214, 214)\n";

/// Returns the diagram of a trace.
#[must_use]
pub fn mermaid(narrated: &NarratedTrace<'_>) -> String {
    let table = narrated.table;
    let lanes = Lanes::of(narrated);
    let mut text = "sequenceDiagram\n".to_owned();
    let _ = writeln!(text, "    title {}", escaped(&narrated.title()));
    for (id, kind, name) in lanes.declared() {
        let _ = writeln!(text, "    {kind} {id} as {}", escaped(name));
    }
    let all = lanes.all();
    let servers: Vec<&str> = narrated.world.scenario.site.servers.values().map(String::as_str).collect();
    let _ = writeln!(text, "    Note over {all}: {}", escaped(&initial(&servers, &table.start)));
    text.push_str(&marked(narrated, 0, &all));
    let mut length = text.chars().count();
    for (index, row) in table.rows.iter().enumerate() {
        let lines = step(narrated, row, &lanes, &all);
        length += lines.chars().count();
        if length + TRUNCATION >= CHARACTERS_MAX {
            let _ = writeln!(text, "    Note over {all}: … {} more", table.rows.len() - index);
            return text;
        }
        text.push_str(&lines);
    }
    if let Some(number) = table.repeats_from {
        let _ = writeln!(text, "    Note over {all}: the steps after step {number} repeat for ever");
    }
    text
}

/// The participants from left to right: actors, the directory, the stores.
struct Lanes {
    actors: Vec<String>,
    directories: Vec<String>,
    stores: Vec<String>,
}

impl Lanes {
    fn of(narrated: &NarratedTrace<'_>) -> Self {
        let world = narrated.world;
        let (mut actors, mut directories) = (Vec::new(), Vec::new());
        for party in narrated.table.rows.iter().flat_map(|row| [row.arrow.from, row.arrow.to]) {
            let name = party.name(world);
            match party {
                Party::Directory(_) | Party::Store(_) => {}
                Party::Mail | Party::User | Party::Administrator(_) | Party::Editor | Party::Fault => {
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

    /// Returns the identifier, kind and name of every participant.
    fn declared(&self) -> impl Iterator<Item = (String, &'static str, &str)> {
        let lanes =
            [("a", "actor", &self.actors), ("d", "participant", &self.directories), ("s", "participant", &self.stores)];
        lanes.into_iter().flat_map(|(prefix, kind, names)| {
            names.iter().enumerate().map(move |(index, name)| (format!("{prefix}{index}"), kind, name.as_str()))
        })
    }

    /// Returns the participants that a general note spans.
    fn all(&self) -> String {
        format!("d0,s{}", self.stores.len().saturating_sub(1))
    }

    /// Returns the identifier of a participant.
    fn id(&self, narrated: &NarratedTrace<'_>, party: Party) -> String {
        let index = |names: &[String]| {
            let name = party.name(narrated.world);
            names.iter().position(|other| *other == name).expect("every party of the trace has a lane")
        };
        let store = |server: ServerId| {
            let mut ids = narrated.world.scenario.site.servers.ids();
            ids.position(|id| id == server).expect("every server has a lane")
        };
        match party {
            Party::Directory(_) => format!("d{}", index(&self.directories)),
            Party::Store(server) => format!("s{}", store(server)),
            Party::Mail | Party::User | Party::Administrator(_) | Party::Editor | Party::Fault => {
                format!("a{}", index(&self.actors))
            }
        }
    }
}

/// Returns the arrow of a step. A lost request or reply ends in a cross.
fn step(narrated: &NarratedTrace<'_>, row: &TraceRow, lanes: &Lanes, all: &str) -> String {
    let (from, to) = (lanes.id(narrated, row.arrow.from), lanes.id(narrated, row.arrow.to));
    // The lane names an actor that sends the arrow; a copy is an arrow between stores, so its text names the actor.
    let asks = row.arrow.from.name(narrated.world) == row.actor;
    let who = if asks || row.taken.administrator().is_none() { String::new() } else { format!("{} ", row.actor) };
    let says = escaped(&format!("{} {who}{}", row.label(), row.says));
    let mut text = String::new();
    if !row.lost.is_empty() {
        text.push_str(LOSS);
    }
    let _ = match row.arrow.fate {
        Fate::Answered => writeln!(text, "    {from}->>{to}: {says}"),
        Fate::RequestLost => writeln!(text, "    {from}-x{to}: {says}"),
        Fate::RequestLate => writeln!(text, "    {from}-){to}: {says}"),
        Fate::ReplyLost => writeln!(text, "    {from}->>{to}: {says}\n    {to}--x{from}: the reply is lost"),
    };
    if let Some(reported) = &row.reported {
        let whom = row.taken.administrator().map_or(row.arrow.from, Party::Administrator);
        let _ = writeln!(text, "    Note over {}: reported: {}", lanes.id(narrated, whom), escaped(reported));
    }
    text.push_str(&marked(narrated, row.number, all));
    if !row.lost.is_empty() {
        text.push_str("    end\n");
    }
    text
}

/// Returns the badges of a step as one note.
fn marked(narrated: &NarratedTrace<'_>, number: usize, all: &str) -> String {
    let marks: Vec<String> = narrated.marks(number).iter().map(|mark| escaped(mark)).collect();
    if marks.is_empty() { String::new() } else { format!("    Note over {all}: {}\n", marks.join("<br/>")) }
}

fn initial(servers: &[&str], state: &Cells) -> String {
    let stores = servers.iter().zip(&state.stores).map(|(server, says)| format!("{server}: {}", says.join(", ")));
    format!("at first, home is {}; {}", state.directory.join(", "), stores.collect::<Vec<_>>().join("; "))
}

/// Returns the text with every character that Mermaid or HTML interprets replaced by its number.
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
