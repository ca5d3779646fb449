//! The state graph around a story for Graphviz: what is reachable, the nearest states first, and the story marked in it. More
//! states than fit are one node that says so.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use stranded_model::action::Action;
use stranded_model::id::MailboxId;
use stranded_model::state::State;

use crate::report::story::Scene;
use stranded_search::lines::wrapped;
use stranded_search::names;

use super::NarratedTrace;

/// The most states that are drawn.
pub const STATES_MAX: usize = 300;

/// The width of what stands at an arrow, in columns.
const LABEL: u16 = 30;
/// How a state of the story stands out, whatever the colour.
const OWN_STATE: &str = ", peripheries=2, penwidth=3, style=filled, fillcolor=\"#ffe8e0\"";
/// The shape of a state in which mail was just lost.
const LOSS: &str = ", shape=octagon";
/// How a step of the story stands out, whatever the colour.
const OWN_STEP: &str = "penwidth=4, weight=8, color=\"#b00020\"";
/// How any other step looks.
const OTHER_STEP: &str = "style=dashed, fontsize=10";
/// What the signs mean.
const LEGEND: [&str; 2] =
    ["double frame, thick arrow: the trace, its steps numbered", "single frame, dashed arrow: what else can happen"];

/// Writes the graph.
#[must_use]
pub fn dot(narrated: &NarratedTrace<'_>) -> String {
    let drawn = Drawn::of(narrated);
    let mut text = "digraph stranded {\n".to_owned();
    let title: Vec<String> = std::iter::once(narrated.title()).chain(LEGEND.map(str::to_owned)).collect();
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
    let untold = drawn.places.len().saturating_sub(drawn.reported());
    if beyond > 0 || untold > 0 {
        let mut says = vec![format!("… more: only {STATES_MAX} states are shown")];
        says.extend((beyond > 0).then(|| format!("{beyond} ways lead beyond them")));
        says.extend((untold > 0).then(|| format!("{untold} more steps of the trace")));
        let _ = writeln!(text, "    cut [shape=note, style=dashed, label={}];", lines(&says));
    }
    text.push_str("}\n");
    text
}

/// The states that are drawn, and where the story is among them.
struct Drawn {
    states: IndexSet<State, FxBuildHasher>,
    /// For the start and after every step: the number of the state; nothing beyond the cut.
    places: Vec<Option<usize>>,
    /// The states in which the world of the story goes on.
    own: BTreeSet<usize>,
}

impl Drawn {
    /// The states of the story, then the nearest to its start.
    fn of(narrated: &NarratedTrace<'_>) -> Self {
        let story = narrated.story;
        let mut states: IndexSet<State, FxBuildHasher> = IndexSet::default();
        let mut places = Vec::new();
        let mut own = BTreeSet::new();
        for (number, state) in
            std::iter::once(&story.initial).chain(story.rows.iter().map(|row| &row.state)).enumerate()
        {
            let known = states.get_index_of(state);
            let place = known.or_else(|| (states.len() < STATES_MAX).then(|| states.insert_full(state.clone()).0));
            own.extend(place.filter(|_| number <= narrated.own));
            places.push(place);
        }
        // Breadth first from the start; a state of the story waits for its turn like any other.
        let mut seen: IndexSet<State, FxBuildHasher> = std::iter::once(story.initial.clone()).collect();
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
        Self { states, places, own }
    }

    /// How many moments of the story are drawn.
    fn reported(&self) -> usize {
        self.places.iter().flatten().count()
    }

    fn node(&self, narrated: &NarratedTrace<'_>, number: usize) -> String {
        let state = &self.states[number];
        let moments: Vec<usize> =
            self.places.iter().enumerate().filter(|(_, place)| **place == Some(number)).map(|(at, _)| at).collect();
        let mut says = Vec::new();
        if !moments.is_empty() {
            let numbers: Vec<String> = moments.iter().map(ToString::to_string).collect();
            says.push(format!("step {}", numbers.join(", ")));
        }
        let several = state.accounts.ids().count() > 1;
        for id in state.accounts.ids() {
            says.extend(several.then(|| names::mailbox(id)));
            says.extend(seen(narrated, state, id));
        }
        says.extend(moments.iter().flat_map(|at| narrated.marks(*at)));
        let lost = |at: &usize| at.checked_sub(1).is_some_and(|place| !narrated.story.rows[place].lost.is_empty());
        let shape = if moments.iter().any(lost) { LOSS } else { "" };
        let look = if moments.is_empty() { "" } else { OWN_STATE };
        format!("    s{number} [label={}{look}{shape}];\n", lines(&says))
    }

    /// The ways from a state, and how many of them lead beyond what is drawn.
    fn edges(&self, narrated: &NarratedTrace<'_>, number: usize) -> (String, usize) {
        let mut text = String::new();
        let (mut drawn, mut beyond) = (BTreeSet::new(), 0);
        for (at, row) in narrated.story.rows.iter().enumerate() {
            let ends = (self.places[at], self.places[at + 1]);
            if let (Some(from), Some(to)) = ends
                && from == number
                && drawn.insert((row.action.clone(), to))
            {
                let after = if row.is_after { "+" } else { "" };
                let label = sentence(&format!("{}{after} {}: {}", row.number, row.actor, row.says));
                let _ = writeln!(text, "    s{from} -> s{to} [label={label}, {OWN_STEP}];");
            } else if let (Some(from), None) = ends
                && from == number
            {
                let _ = writeln!(text, "    s{from} -> cut [{OWN_STEP}];");
            }
        }
        if !self.own.contains(&number) {
            return (text, 0);
        }
        for (action, next) in narrated.world.enabled(&self.states[number]) {
            let name = names::action(narrated.world, &self.states[number], &action);
            match self.states.get_index_of(&next) {
                Some(to) if drawn.insert((name, to)) => {
                    let label = sentence(&reported(narrated, &self.states[number], &action));
                    let _ = writeln!(text, "    s{number} -> s{to} [label={label}, {OTHER_STEP}];");
                }
                Some(_) => {}
                None => beyond += 1,
            }
        }
        if beyond > 0 {
            let _ = writeln!(text, "    s{number} -> cut [style=dashed, label={}];", quoted(&format!("{beyond} more")));
        }
        (text, beyond)
    }
}

/// Who does what in an action that is possible in a state.
fn reported(narrated: &NarratedTrace<'_>, state: &State, action: &Action) -> String {
    let occurrence = narrated.world.occur(state, action).expect("it is possible in this state");
    let says = stranded_oracle::sentence::says(narrated.world, state, action, &occurrence);
    format!("{}: {says}", stranded_oracle::sentence::actor(narrated.world, action))
}

/// A sentence in short lines, which keep off the arrow that they stand at.
fn sentence(text: &str) -> String {
    lines(&wrapped(text, 0, LABEL).lines().map(|line| format!(" {line}")).collect::<Vec<_>>())
}

fn seen(narrated: &NarratedTrace<'_>, state: &State, id: MailboxId) -> Vec<String> {
    let scene = Scene::of(narrated.world, state, id);
    let servers = narrated.world.scenario.site.servers.values();
    let mut says = vec![format!("home is {}", scene.directory.join(", "))];
    says.extend(servers.zip(scene.stores).map(|(server, store)| format!("{server}: {}", store.join(", "))));
    says
}

/// An identifier that may hold anything.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// A label of several lines, each at the left.
fn lines(says: &[String]) -> String {
    format!("\"{}\"", says.iter().map(|line| format!("{}\\l", escaped(line))).collect::<String>())
}

fn escaped(text: &str) -> String {
    let plain = |character: char| if character.is_control() { ' ' } else { character };
    text.chars().map(plain).collect::<String>().replace('\\', "\\\\").replace('"', "\\\"")
}
