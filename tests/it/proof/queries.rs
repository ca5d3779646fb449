//! The comparison of the proof with the model by z3: each query asks whether one of them has a property that the
//! other lacks. Every answer must be no.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::World;
use stranded_model::assumption::Assumption;
use stranded_model::id::AdministratorId;

use super::followed::{Followed, administrator_name};
use super::reached::{Reached, Successors};
use super::solver::{Check, answered, output};
use super::taken::Step;

/// The assumptions of the proof.
const ASSUMPTIONS: [Assumption; 6] = [
    Assumption::DuplicateAbort,
    Assumption::SourceDelete,
    Assumption::RawApply,
    Assumption::SplitHome,
    Assumption::MailBeforeMark,
    Assumption::PurgeOrder,
];

/// The largest number of queries in one text for z3.
const QUERIES_MAX: usize = 30;

/// Queries about the differences between the proof and the model.
pub(super) struct Queries<'a> {
    world: &'a World,
    /// The names of the proof's states in the text.
    names: BTreeMap<&'a Followed, String>,
    asked: Vec<Query>,
}

/// A query: its name, and a condition on one state (`before`) and another (`after`).
#[derive(Clone)]
struct Query {
    name: String,
    condition: String,
}

impl<'a> Queries<'a> {
    /// Returns the queries on the initial states, on lost messages, and on the successors of each state by each of
    /// these steps.
    pub(super) fn about(world: &'a World, reached: &'a Reached, steps: &[String]) -> Self {
        let names = reached.states.keys().zip(0..).map(|(state, number)| (state, format!("state-{number}"))).collect();
        let mut queries = Self { world, names, asked: Vec::new() };
        queries.ask_of_states(reached);
        let whose = reached.steps.keys().filter_map(|step| step.administrator);
        let administrators: Vec<AdministratorId> = whose.collect::<BTreeSet<_>>().into_iter().collect();
        let none = Successors::new();
        for step in steps.iter().flat_map(|name| Step::named(name, &administrators)) {
            queries.ask_of_step(&step, reached.steps.get(&step).unwrap_or(&none));
        }
        queries
    }

    /// Returns the differences between the proof with these definitions and the model, each with an example; empty if
    /// they agree.
    pub(super) fn differences(&self, definitions: &str) -> String {
        let differing: Vec<Query> =
            self.asked.chunks(QUERIES_MAX).flat_map(|asked| self.differing(definitions, asked)).collect();
        if differing.is_empty() {
            String::new()
        } else {
            output(&self.text(definitions, &differing, "(get-value (before after))"))
        }
    }

    fn differing(&self, definitions: &str, asked: &[Query]) -> Vec<Query> {
        let answers = answered(&self.text(definitions, asked, ""));
        assert_eq!(answers.len(), asked.len(), "z3 answers every query");
        let expected = |query: &Query| Check::new(&query.name, "unsat");
        let differs = |(answer, query): &(&Check, &Query)| **answer != expected(query);
        answers.iter().zip(asked).filter(differs).map(|(_, query)| query.clone()).collect()
    }

    fn text(&self, definitions: &str, asked: &[Query], then: &str) -> String {
        let says = |one: Assumption| format!("(assert (= {} {}))", one.name(), self.world.assumptions.value(one));
        let assumed = lines(ASSUMPTIONS.map(says));
        let define =
            |(state, name): (&&Followed, &String)| format!("(define-fun {name} () State {})", state.term(self.world));
        let states = lines(self.names.iter().map(define));
        let asked = lines(asked.iter().map(|Query { name, condition }| {
            format!("(push) (assert {condition}) (echo \"{name}\") (check-sat) {then} (pop)")
        }));
        format!(
            "{definitions}\n{assumed}\n{states}\n(declare-const before State)\n(declare-const after State)\n{asked}\n"
        )
    }

    fn body(&mut self, name: String, condition: String) {
        self.asked.push(Query { name, condition });
    }

    fn ask_of_states(&mut self, reached: &Reached) {
        let initial = any(reached.initial.iter().map(|state| format!("(= before {})", self.names[state])));
        self.body("other states are initial".to_owned(), format!("(distinct (initial before) {initial})"));
        let judged = any(reached.states.iter().map(|(state, is_kept)| {
            let name = &self.names[state];
            format!("(and (= before {name}) (distinct (no-loss {name}) {is_kept}))")
        }));
        self.body("other messages are lost".to_owned(), judged);
    }

    /// Asks whether the step leads from each state exactly to the successors in the model.
    fn ask_of_step(&mut self, step: &Step, successors: &Successors) {
        let function = format!("|step-{}|", step.name);
        let (reported, by) = match step.administrator.map(administrator_name) {
            Some(name) => (format!("{} of the {name}", step.name), format!("(= p {name})")),
            None => (step.name.clone(), "true".to_owned()),
        };
        if let Some(here) = step.position() {
            let elsewhere = format!("(and {by} ({function} before after) (distinct (position p before) {here}))");
            self.body(format!("{reported} is done elsewhere"), elsewhere);
        }
        let pairs = successors.iter().flat_map(|(before, after)| after.iter().map(move |after| (before, after)));
        let lacking = any(pairs.map(|(before, after)| {
            let (before, after) = (&self.names[before], &self.names[after]);
            format!("(and (= before {before}) (= after {after}) (not ({function} {before} {after})))")
        }));
        self.body(
            format!("{reported} does in the model what it does not in the proof"),
            format!("(and {by} {lacking})"),
        );
        let none = BTreeSet::new();
        let from_here = self.names.iter().filter(|(state, _)| state.can_take(self.world, step));
        let excess = any(from_here.map(|(state, name)| {
            let known = successors.get(state).unwrap_or(&none).iter();
            let known = any(known.map(|after| format!("(= after {})", self.names[after])));
            format!("(and (= before {name}) ({function} {name} after) (not {known}))")
        }));
        self.body(
            format!("{reported} does in the proof what it does not in the model"),
            format!("(and {by} {excess})"),
        );
    }
}

fn any(conditions: impl Iterator<Item = String>) -> String {
    format!("(or false {})", lines(conditions))
}

fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().collect::<Vec<_>>().join("\n")
}
