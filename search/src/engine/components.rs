//! Strongly connected components of a part of a graph, by Tarjan's algorithm without recursion. Unlike those of the crate
//! petgraph, this search can be stopped between any two edges.

use stranded_model::action::Action;

use super::Truncation;
use super::limits::Pace;

/// The mark of a state outside the searched part, or in a component that is complete.
const OUTSIDE: u32 = u32::MAX;
/// The mark of a state that is not reached yet.
const UNREACHED: u32 = u32::MAX - 1;

/// A search for components, with memory that all its parts share.
pub(super) struct ComponentSearch<'g> {
    edges: &'g [Vec<(Action, u32)>],
    /// For each state: its position in the order of discovery, or one of the marks.
    found: Vec<u32>,
    /// For each state: the least position that is reachable from the states discovered after it.
    low: Vec<u32>,
    /// For each state: the number of the last component that it was in.
    component_of: Vec<u64>,
    /// The number of components so far. No number is used twice.
    count: u64,
}

/// Components of a part of a graph.
pub(super) struct Components {
    /// The states, grouped by component, in order within each of them.
    states: Vec<u32>,
    /// For each component, its number and the end of its states.
    ends: Vec<(u64, usize)>,
}

impl Components {
    /// The components, each with its number and its states in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &[u32])> {
        let mut start = 0;
        self.ends.iter().map(move |(number, end)| (*number, &self.states[std::mem::replace(&mut start, *end)..*end]))
    }
}

impl<'g> ComponentSearch<'g> {
    /// An estimate of the memory of a search in a graph with this number of states, in bytes.
    pub(super) fn bytes(states: usize) -> usize {
        // Besides the tables: the stack, the path, and the states of the part and of its components.
        states * (3 * size_of::<u64>() + size_of::<(u32, usize)>() + 4 * size_of::<u32>())
    }

    pub(super) fn new(edges: &'g [Vec<(Action, u32)>]) -> Self {
        let count = edges.len();
        Self { edges, found: vec![OUTSIDE; count], low: vec![0; count], component_of: vec![0; count], count: 0 }
    }

    /// Returns true if the last search put the state into the component with this number.
    pub(super) fn is_in(&self, state: u32, component: u64) -> bool {
        self.component_of[state as usize] == component
    }

    /// Finds the components among these states, which are in order. Edges to other states do not count.
    pub(super) fn among(&mut self, states: &[u32], pace: &mut Pace<'_>) -> Result<Components, Truncation> {
        for state in states {
            self.found[*state as usize] = UNREACHED;
        }
        let mut sizes: Vec<usize> = Vec::new();
        let first = self.count + 1;
        let mut next = 0;
        let mut stack = Vec::new();
        let mut path: Vec<(u32, usize)> = Vec::new();
        for root in states {
            if self.found[*root as usize] == UNREACHED {
                self.enter(*root, &mut next, &mut stack, &mut path);
            }
            while let Some((at, edge)) = path.last_mut() {
                pace.step()?;
                let state = *at as usize;
                if let Some((_, to)) = self.edges[state].get(*edge) {
                    *edge += 1;
                    match self.found[*to as usize] {
                        OUTSIDE => {}
                        UNREACHED => self.enter(*to, &mut next, &mut stack, &mut path),
                        position => self.low[state] = self.low[state].min(position),
                    }
                    continue;
                }
                path.pop();
                if let Some((before, _)) = path.last() {
                    self.low[*before as usize] = self.low[*before as usize].min(self.low[state]);
                }
                if self.low[state] == self.found[state] {
                    self.count += 1;
                    sizes.push(self.close(state, &mut stack, pace)?);
                }
            }
        }
        self.grouped(states, first, &sizes, pace)
    }

    fn enter(&mut self, state: u32, next: &mut u32, stack: &mut Vec<u32>, path: &mut Vec<(u32, usize)>) {
        self.found[state as usize] = *next;
        self.low[state as usize] = *next;
        *next += 1;
        stack.push(state);
        path.push((state, 0));
    }

    /// Completes the component of which this state was discovered first, and returns its size.
    fn close(&mut self, root: usize, stack: &mut Vec<u32>, pace: &mut Pace<'_>) -> Result<usize, Truncation> {
        let mut size = 0;
        while let Some(state) = stack.pop() {
            pace.step()?;
            self.found[state as usize] = OUTSIDE;
            self.component_of[state as usize] = self.count;
            size += 1;
            if state as usize == root {
                break;
            }
        }
        Ok(size)
    }

    /// Groups the states by component. The first component of this part has the number `first`.
    fn grouped(
        &self,
        states: &[u32],
        first: u64,
        sizes: &[usize],
        pace: &mut Pace<'_>,
    ) -> Result<Components, Truncation> {
        let mut end = 0;
        let mut positions = Vec::with_capacity(sizes.len());
        let mut ends = Vec::with_capacity(sizes.len());
        for (number, size) in (first..).zip(sizes) {
            positions.push(end);
            end += size;
            ends.push((number, end));
        }
        let mut grouped = vec![0; states.len()];
        for state in states {
            pace.step()?;
            let index = usize::try_from(self.component_of[*state as usize] - first).expect("a component has a size");
            grouped[positions[index]] = *state;
            positions[index] += 1;
        }
        Ok(Components { states: grouped, ends })
    }
}
