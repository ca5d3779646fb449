//! The state graph for Graphviz, with the trace marked in it. The states nearest to the initial state are drawn first; one more
//! node counts what is left out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use stranded_model::action::Action;
use stranded_model::id::MailboxId;
use stranded_model::state::State;

use crate::report::badge::Badge;
use crate::report::picture::Picture;
use stranded_oracle::sentence::{self, Mood};
use stranded_search::lines::wrapped;
use stranded_search::names;

use super::NarratedTrace;

/// The most states that are drawn.
pub const STATES_MAX: usize = 300;

/// The width of the label of an arrow, in columns.
const LABEL: u16 = 30;
/// The style of a state of the trace; it does not rely on colour.
const OWN_STATE: &str = ", peripheries=2, penwidth=3";
/// The colour of a state with a mark, such as a violation.
const MARKED: &str = ", style=filled, fillcolor=\"#ffe0d8\"";
/// The shape of a state whose step loses mail.
const LOSS: &str = ", shape=octagon";
/// The style of a step of the trace; it does not rely on colour.
const OWN_STEP: &str = "penwidth=4, weight=8, color=\"#1f4e8c\"";
/// The style of any other step.
const OTHER_STEP: &str = "style=dashed, fontsize=10";
/// The legend; the meanings of the signs follow.
const LEGEND: [&str; 4] = [
    "double frame, thick arrow: the trace, its steps numbered",
    "single frame, dashed arrow: other possible steps",
    "filled: a state with a sign",
    "octagon: a state whose step destroys mail",
];

/// Returns the graph around a trace.
#[must_use]
pub fn dot(narrated: &NarratedTrace<'_>) -> String {
    let drawn = Drawn::of(narrated);
    let mut text = "digraph stranded {\n".to_owned();
    let mut title: Vec<String> = std::iter::once(narrated.title()).chain(LEGEND.map(str::to_owned)).collect();
    title.extend(signs(narrated));
    let _ = writeln!(text, "    label={};", lines(&title));
    text.push_str(
        "    labelloc=t;\n    labeljust=l;\n    fontname=\"sans-serif\";\n    node [shape=box, fontname=\"sans-serif\"];\n    edge [fontname=\"sans-serif\"];\n",
    );
    for number in 0..drawn.states.len() {
        text.push_str(&drawn.node(narrated, number));
    }
    let mut beyond = 0_usize;
    for number in 0..drawn.states.len() {
        let (lines, truncated) = drawn.edges(narrated, number);
        text.push_str(&lines);
        beyond += truncated;
    }
    let missing = drawn.numbers.iter().filter(|number| number.is_none()).count();
    if beyond > 0 || missing > 0 {
        let mut says = vec![format!("… more: only {STATES_MAX} states are shown")];
        says.extend((beyond > 0).then(|| format!("{beyond} other steps lead beyond them")));
        says.extend((missing > 0).then(|| format!("{missing} more steps of the trace")));
        let _ = writeln!(text, "    more [shape=note, style=dashed, label={}];", lines(&says));
    }
    text.push_str("}\n");
    text
}

/// The states that are drawn, and the states of the trace among them.
struct Drawn {
    states: IndexSet<State, FxBuildHasher>,
    /// The number of the initial state and of the state after every step; none if it is not drawn.
    numbers: Vec<Option<usize>>,
    /// The states whose successors belong to the world of the trace.
    own: BTreeSet<usize>,
}

impl Drawn {
    /// Chooses the states of the trace, then those nearest to its initial state.
    fn of(narrated: &NarratedTrace<'_>) -> Self {
        let table = narrated.table;
        let mut states: IndexSet<State, FxBuildHasher> = IndexSet::default();
        let mut numbers = Vec::new();
        let mut own = BTreeSet::new();
        for (number, state) in
            std::iter::once(&table.initial).chain(table.rows.iter().map(|row| &row.state)).enumerate()
        {
            let known = states.get_index_of(state);
            let index = known.or_else(|| (states.len() < STATES_MAX).then(|| states.insert_full(state.clone()).0));
            own.extend(index.filter(|_| number <= narrated.own));
            numbers.push(index);
        }
        // Breadth first from the initial state; the states of the trace have no priority here.
        let mut seen: IndexSet<State, FxBuildHasher> = std::iter::once(table.initial.clone()).collect();
        let mut at = 0;
        while at < seen.len() && states.len() < STATES_MAX {
            let next: Vec<State> = narrated.world.enabled(&seen[at]).map(|(_, next)| next).collect();
            for state in next {
                if states.len() < STATES_MAX {
                    own.insert(states.insert_full(state.clone()).0);
                    seen.insert(state);
                }
            }
            at += 1;
        }
        Self { states, numbers, own }
    }

    fn node(&self, narrated: &NarratedTrace<'_>, number: usize) -> String {
        let state = &self.states[number];
        let moments: Vec<usize> =
            self.numbers.iter().enumerate().filter(|(_, index)| **index == Some(number)).map(|(at, _)| at).collect();
        let mut says = Vec::new();
        if !moments.is_empty() {
            let numbers: Vec<String> = moments.iter().map(ToString::to_string).collect();
            says.push(format!("step {}", numbers.join(", ")));
        }
        let picture = Picture::of(narrated.world, state);
        let several = state.accounts.ids().count() > 1;
        for id in state.accounts.ids() {
            says.extend(several.then(|| names::mailbox(id)));
            says.extend(cells(narrated, &picture, id));
        }
        let marks: Vec<String> = moments.iter().flat_map(|at| narrated.marks(*at)).collect();
        let colour = if marks.is_empty() { "" } else { MARKED };
        says.extend(marks);
        let lost = |at: &usize| at.checked_sub(1).is_some_and(|index| !narrated.table.rows[index].lost.is_empty());
        let shape = if moments.iter().any(lost) { LOSS } else { "" };
        let look = if moments.is_empty() { "" } else { OWN_STATE };
        format!("    s{number} [label={}{look}{colour}{shape}];\n", lines(&says))
    }

    /// Returns the steps from a state, and the number of those that lead to states that are not drawn.
    fn edges(&self, narrated: &NarratedTrace<'_>, number: usize) -> (String, usize) {
        let mut text = String::new();
        let (mut drawn, mut beyond) = (BTreeSet::new(), 0);
        for (at, row) in narrated.table.rows.iter().enumerate() {
            let ends = (self.numbers[at], self.numbers[at + 1]);
            if let (Some(from), Some(to)) = ends
                && from == number
                && drawn.insert((row.action.clone(), to))
            {
                let label = label(&format!("{} {}: {}", row.label(), row.actor, row.says));
                let _ = writeln!(text, "    s{from} -> s{to} [label={label}, {OWN_STEP}];");
            } else if let (Some(from), None) = ends
                && from == number
            {
                let _ = writeln!(text, "    s{from} -> more [{OWN_STEP}];");
            }
        }
        if !self.own.contains(&number) {
            return (text, 0);
        }
        for (action, next) in narrated.world.enabled(&self.states[number]) {
            let name = names::action(narrated.world, &self.states[number], &action);
            match self.states.get_index_of(&next) {
                Some(to) if drawn.insert((name, to)) => {
                    let label = label(&possible(narrated, &self.states[number], &action));
                    let _ = writeln!(text, "    s{number} -> s{to} [label={label}, {OTHER_STEP}];");
                }
                Some(_) => {}
                None => beyond += 1,
            }
        }
        if beyond > 0 {
            let _ =
                writeln!(text, "    s{number} -> more [style=dashed, label={}];", quoted(&format!("{beyond} more")));
        }
        (text, beyond)
    }
}

/// Returns the meaning of each sign that a state of the trace has.
fn signs(narrated: &NarratedTrace<'_>) -> Vec<String> {
    let badges: Vec<Badge> = (0..=narrated.table.rows.len()).flat_map(|number| narrated.badges(number)).collect();
    let is_used = |one: &Badge| badges.iter().any(|badge| badge.sign() == one.sign());
    Badge::all().iter().filter(|one| is_used(one)).map(|one| format!("{}: {}", one.sign(), one.meaning())).collect()
}

/// Returns the actor and the sentence of an action that is possible in a state.
fn possible(narrated: &NarratedTrace<'_>, state: &State, action: &Action) -> String {
    let occurrence = narrated.world.occur(state, action).expect("it is possible in this state");
    let says = sentence::says(narrated.world, state, action, Mood::Happened(&occurrence));
    format!("{}: {says}", sentence::actor(narrated.world, action))
}

/// Returns a sentence in short lines, with a space between them and the arrow.
fn label(text: &str) -> String {
    lines(&wrapped(text, 0, LABEL).lines().map(|line| format!(" {line}")).collect::<Vec<_>>())
}

fn cells(narrated: &NarratedTrace<'_>, picture: &Picture, id: MailboxId) -> Vec<String> {
    let cells = picture.cells(id);
    let servers = narrated.world.scenario.site.servers.values();
    let mut says = vec![format!("home is {}", cells.directory.join(", "))];
    says.extend(servers.zip(cells.stores).map(|(server, store)| format!("{server}: {}", store.join(", "))));
    says
}

/// Returns any text as an identifier.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Returns a label of several lines, aligned to the left.
fn lines(says: &[String]) -> String {
    format!("\"{}\"", says.iter().map(|line| format!("{}\\l", escaped(line))).collect::<String>())
}

fn escaped(text: &str) -> String {
    let plain = |character: char| if character.is_control() { ' ' } else { character };
    text.chars().map(plain).collect::<String>().replace('\\', "\\\\").replace('"', "\\\"")
}
