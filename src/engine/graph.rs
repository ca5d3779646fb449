//! Everything that is reachable in a world, with every way between: for questions about where one can still get to, which a
//! search that keeps only states cannot answer.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::state::State;

use super::{Cut, Limits, Path};

/// After how many states the clock is looked at.
const STATES_PER_LOOK: usize = 256;

/// The graph of everything that is reachable. States are numbered by distance from the start, so the first is a nearest.
#[derive(Debug)]
pub struct Graph<'a> {
    pub(super) world: &'a World,
    /// The states, the nearest first.
    pub states: Vec<State>,
    /// What is possible in each state, and the number of the state that it leads to; empty where the graph was cut.
    pub edges: Vec<Vec<(Action, u32)>>,
    /// Why it is not complete, if it is not.
    pub cut: Option<Cut>,
    parents: Vec<Option<(u32, Action)>>,
}

impl<'a> Graph<'a> {
    /// Everything that is reachable within the limits. A limit of the depth is not looked at.
    #[must_use]
    pub fn of(world: &'a World, limits: &Limits<'_>) -> Self {
        let mut graph = Self { world, states: Vec::new(), edges: Vec::new(), cut: None, parents: Vec::new() };
        let mut numbers: HashMap<State, u32, FxBuildHasher> = HashMap::default();
        for state in &world.initial {
            graph.number(&mut numbers, state.clone(), None);
        }
        while graph.edges.len() < graph.states.len() {
            let at = graph.edges.len();
            let is_over = at.is_multiple_of(STATES_PER_LOOK) && limits.time_is_over();
            let too_many = limits.states_max.filter(|max| graph.states.len() > *max);
            graph.cut = if is_over { Some(Cut::Time) } else { too_many.map(Cut::States) };
            if graph.cut.is_some() {
                graph.edges.resize(graph.states.len(), Vec::new());
                return graph;
            }
            let from = u32::try_from(at).unwrap_or(u32::MAX);
            let enabled: Vec<(Action, State)> = world.enabled(&graph.states[at]).collect();
            let edges = enabled
                .into_iter()
                .map(|(action, next)| (action, graph.number(&mut numbers, next, Some((from, action)))));
            let edges = edges.collect();
            graph.edges.push(edges);
        }
        graph
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &'a World {
        self.world
    }

    fn number(
        &mut self,
        numbers: &mut HashMap<State, u32, FxBuildHasher>,
        state: State,
        parent: Option<(u32, Action)>,
    ) -> u32 {
        let next = u32::try_from(self.states.len()).unwrap_or(u32::MAX);
        let number = *numbers.entry(state.clone()).or_insert(next);
        if number == next {
            self.states.push(state);
            self.parents.push(parent);
        }
        number
    }

    /// A shortest way to a state.
    #[must_use]
    pub fn path_to(&self, number: u32) -> Path {
        let mut actions = Vec::new();
        let mut at = number;
        while let Some((parent, action)) = self.parents[at as usize] {
            actions.push(action);
            at = parent;
        }
        actions.reverse();
        Path { initial: self.states[at as usize].clone(), actions }
    }

    /// The nearest state of which this is true.
    #[must_use]
    pub fn nearest(&self, wanted: impl Fn(&State) -> bool) -> Option<u32> {
        self.states.iter().position(wanted).and_then(|place| u32::try_from(place).ok())
    }

    /// For each state, whether a state of which this is true can be reached from it; the state itself counts.
    #[must_use]
    pub fn leads_to(&self, wanted: impl Fn(&State) -> bool) -> Vec<bool> {
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); self.states.len()];
        for (from, edges) in (0..).zip(&self.edges) {
            edges.iter().for_each(|(_, to)| before[*to as usize].push(from));
        }
        let mut leads: Vec<bool> = self.states.iter().map(wanted).collect();
        let mut waiting: Vec<u32> = (0..).zip(&leads).filter(|(_, leads)| **leads).map(|(number, _)| number).collect();
        while let Some(at) = waiting.pop() {
            for from in &before[at as usize] {
                if !std::mem::replace(&mut leads[*from as usize], true) {
                    waiting.push(*from);
                }
            }
        }
        leads
    }
}
