//! Strongly connected components of a part of a graph, by Tarjan's algorithm without recursion. Unlike those of the crate
//! petgraph, this search can be stopped between any two edges.

use super::Truncation;
use super::limits::Pace;
use super::live_graph::{Edge, EdgePosition, LiveGraph, STATES_MAX};

/// The mark of a state that no search has to do with.
const OUTSIDE: u32 = u32::MAX;
/// The mark of a state that is not reached yet.
const UNREACHED: u32 = u32::MAX - 1;
/// The first mark of a state in a complete component: the mark plus the number of the component.
const IN_COMPONENT: u32 = 1 << 31;
const _: () = assert!(STATES_MAX < IN_COMPONENT as usize, "a mark below is a position");

/// A search for components, with memory that all its parts share.
pub(super) struct ComponentSearch<'g> {
    graph: &'g LiveGraph<'g>,
    /// For each state: its position in the order of discovery while its component is incomplete, or one of the marks.
    marks: Vec<u32>,
}

/// A state on the path of a search.
struct OnPath {
    state: u32,
    /// The least position that is reachable from the states discovered after it.
    low: u32,
    next_edge: EdgePosition,
}

/// Components of a part of a graph.
pub(super) struct Components {
    /// The states, grouped by component, in order within each of them.
    states: Vec<u32>,
    /// For each component, the end of its states.
    ends: Vec<usize>,
}

impl Components {
    /// The components, each with its number and its states in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u32])> {
        let mut start = 0;
        (0..)
            .zip(&self.ends)
            .map(move |(number, end)| (number, &self.states[std::mem::replace(&mut start, *end)..*end]))
    }
}

impl<'g> ComponentSearch<'g> {
    /// An estimate of the memory of a search in a graph with this number of states, in bytes.
    pub(super) fn bytes(states: usize) -> usize {
        // The marks, the stack, the path, and the states of the part and of its components.
        states * (4 * size_of::<u32>() + size_of::<OnPath>())
    }

    pub(super) fn new(graph: &'g LiveGraph<'g>) -> Self {
        Self { graph, marks: vec![OUTSIDE; graph.count()] }
    }

    /// Returns true if the last search put the state into the component with this number.
    pub(super) fn is_in(&self, state: u32, component: u32) -> bool {
        self.marks[state as usize] == IN_COMPONENT + component
    }

    /// Finds the components among these states, which are in order. Edges to other states do not count. The components
    /// of the search before must be [forgotten](Self::forget).
    pub(super) fn among(&mut self, states: &[u32], pace: &mut Pace<'_>) -> Result<Components, Truncation> {
        for state in states {
            self.marks[*state as usize] = UNREACHED;
        }
        let mut sizes: Vec<usize> = Vec::new();
        let mut next = 0;
        let mut stack = Vec::new();
        let mut path: Vec<OnPath> = Vec::new();
        for root in states {
            if self.marks[*root as usize] == UNREACHED {
                self.enter(*root, &mut next, &mut stack, &mut path);
            }
            while let Some(last) = path.last_mut() {
                pace.step()?;
                if let Some(Edge { to, .. }) = self.graph.next_edge(last.state, &mut last.next_edge) {
                    match self.marks[to as usize] {
                        UNREACHED => self.enter(to, &mut next, &mut stack, &mut path),
                        IN_COMPONENT.. => {}
                        position => last.low = last.low.min(position),
                    }
                    continue;
                }
                let OnPath { state, low, .. } = *last;
                path.pop();
                if let Some(before) = path.last_mut() {
                    before.low = before.low.min(low);
                }
                if low == self.marks[state as usize] {
                    let component = u32::try_from(sizes.len()).expect("there are not more components than states");
                    sizes.push(self.close(state, component, &mut stack, pace)?);
                }
            }
        }
        self.grouped(states, &sizes, pace)
    }

    /// Forgets the components among these states.
    pub(super) fn forget(&mut self, states: &[u32]) {
        for state in states {
            self.marks[*state as usize] = OUTSIDE;
        }
    }

    fn enter(&mut self, state: u32, next: &mut u32, stack: &mut Vec<u32>, path: &mut Vec<OnPath>) {
        self.marks[state as usize] = *next;
        stack.push(state);
        path.push(OnPath { state, low: *next, next_edge: self.graph.first_edge(state) });
        *next += 1;
    }

    /// Completes the component of which this state was discovered first, and returns its size.
    fn close(
        &mut self,
        root: u32,
        component: u32,
        stack: &mut Vec<u32>,
        pace: &mut Pace<'_>,
    ) -> Result<usize, Truncation> {
        let mut size = 0;
        while let Some(state) = stack.pop() {
            pace.step()?;
            self.marks[state as usize] = IN_COMPONENT + component;
            size += 1;
            if state == root {
                break;
            }
        }
        Ok(size)
    }

    /// Groups the states by component.
    fn grouped(&self, states: &[u32], sizes: &[usize], pace: &mut Pace<'_>) -> Result<Components, Truncation> {
        let mut end = 0;
        let mut positions = Vec::with_capacity(sizes.len());
        let mut ends = Vec::with_capacity(sizes.len());
        for size in sizes {
            positions.push(end);
            end += size;
            ends.push(end);
        }
        let mut grouped = vec![0; states.len()];
        for state in states {
            pace.step()?;
            let component = (self.marks[*state as usize] - IN_COMPONENT) as usize;
            grouped[positions[component]] = *state;
            positions[component] += 1;
        }
        Ok(Components { states: grouped, ends })
    }
}
