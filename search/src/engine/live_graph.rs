//! The graph of all reachable states in which liveness is judged. A state is a number; an edge takes a few bytes. States
//! are packed into words while the graph is built, and the words are dropped afterwards.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;
use itertools::Itertools;
use rayon::prelude::*;
use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::id::MailboxId;
use stranded_model::liveness::Liveness;

use super::exact::{OverStates, StateSpace, TooNarrow, Word, over_states};
use super::limits::Pace;
use super::{Limits, Path, Truncation, short_numbers};

/// The number of states that one thread expands at a time.
const CHUNK: usize = 1024;
/// The number of states that are expanded before their successors are numbered.
const ROUND: usize = CHUNK * 16;
/// The most states of a graph. The component search uses the numbers above for marks.
pub(super) const STATES_MAX: usize = (u32::MAX >> 1) as usize - 1;
/// The number of states whose edges start less than 4 GiB apart.
const BLOCK: usize = 1 << 16;
/// The number of no state.
const NONE: u32 = u32::MAX;

/// All reachable states and their edges. States are numbered by distance from the start.
pub(super) struct LiveGraph<'a> {
    pub(super) world: &'a World,
    /// For each state, a bit for each given property whose condition is true for the first mailbox.
    reached: Vec<ReachedBits>,
    edges: EdgeLists,
}

/// One bit for each liveness property.
type ReachedBits = u8;
const _: () = assert!(Liveness::ALL.len() <= ReachedBits::BITS as usize, "a bit for each property");

/// The edges of all states, in order, each in a few bytes: the distance to its end, its fairness and its choice.
struct EdgeLists {
    bytes: Vec<u8>,
    /// For each state and for the end, the start of its edges after the start of its block.
    starts: Vec<u32>,
    /// For each block of states, the start of its edges.
    blocks: Vec<usize>,
}

/// An action that is possible in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// The index of the action.
    pub(super) action: u16,
    /// True if the action is fair in the state.
    pub(super) is_fair: bool,
    /// The number of the successor.
    pub(super) to: u32,
}

/// The position in the edges of a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct EdgePosition(usize);

impl<'a> LiveGraph<'a> {
    /// Returns the graph for these properties.
    ///
    /// # Errors
    /// The limit that is reached before the graph is complete. A limit of the depth is ignored.
    pub(super) fn of(world: &'a World, properties: &[Liveness], limits: &Limits<'_>) -> Result<Self, Truncation> {
        let built = over_states(&world, false, || Building { world, properties, limits });
        built.unwrap_or(Err(Truncation::States(STATES_MAX)))
    }

    /// The number of states.
    pub(super) fn count(&self) -> usize {
        self.reached.len()
    }

    /// The states in which the condition of the property with this index is false.
    pub(super) fn not_reached(&self, property: usize) -> impl Iterator<Item = u32> {
        (0..).zip(&self.reached).filter(move |(_, reached)| **reached >> property & 1 == 0).map(|(state, _)| state)
    }

    /// The edges of a state, in the order of the actions. A state in which the conditions of all properties are true has
    /// only those by which another state was found.
    pub(super) fn edges(&self, state: u32) -> impl Iterator<Item = Edge> {
        let mut position = self.first_edge(state);
        std::iter::from_fn(move || self.next_edge(state, &mut position))
    }

    /// The position of the first edge of a state.
    pub(super) fn first_edge(&self, state: u32) -> EdgePosition {
        EdgePosition(self.edges.start(state as usize))
    }

    /// Returns the edge at a position, and moves the position to the next one.
    pub(super) fn next_edge(&self, state: u32, position: &mut EdgePosition) -> Option<Edge> {
        (position.0 < self.edges.start(state as usize + 1)).then(|| self.edges.read(state, &mut position.0))
    }

    /// A shortest path to a state, the one of a search that expands one state after the other.
    pub(super) fn path_to(&self, state: u32, pace: &mut Pace<'_>) -> Result<Path, Truncation> {
        let mut parents = vec![NONE; state as usize + 1];
        for from in 0..state {
            pace.step()?;
            for Edge { to, .. } in self.edges(from) {
                // A parent has a lower number, so an initial state may get one that is not lower, and is no end of it.
                if to <= state && to > from && parents[to as usize] == NONE {
                    parents[to as usize] = from;
                }
            }
        }
        let initial: Vec<_> = self.world.initial.iter().unique().collect();
        let mut actions = Vec::new();
        let mut at = state;
        while at as usize >= initial.len() {
            let parent = parents[at as usize];
            let edge = self.edges(parent).find(|edge| edge.to == at).expect("a parent has an edge to its child");
            actions.push(self.action(edge));
            at = parent;
        }
        actions.reverse();
        Ok(Path { initial: initial[at as usize].clone(), actions })
    }

    /// The action of an edge.
    pub(super) fn action(&self, edge: Edge) -> Action {
        self.world.actions()[usize::from(edge.action)]
    }
}

impl EdgeLists {
    fn new() -> Self {
        Self { bytes: Vec::new(), starts: vec![0], blocks: vec![0] }
    }

    /// Ends the edges of the newest state.
    fn end_state(&mut self) {
        if self.starts.len().is_multiple_of(BLOCK) {
            self.blocks.push(self.bytes.len());
        }
        let start = self.bytes.len() - self.blocks[self.starts.len() / BLOCK];
        self.starts.push(u32::try_from(start).expect("the edges of a block take less than 4 GiB"));
    }

    fn start(&self, state: usize) -> usize {
        self.blocks[state / BLOCK] + self.starts[state] as usize
    }

    /// Adds an edge of the newest state, which has this number.
    fn push(&mut self, from: u32, Edge { action, is_fair, to }: Edge) {
        let distance = short_numbers::distance(from, to);
        short_numbers::push(&mut self.bytes, distance << 1 | u64::from(is_fair));
        short_numbers::push(&mut self.bytes, u64::from(action));
    }

    fn read(&self, from: u32, position: &mut usize) -> Edge {
        let first = short_numbers::read(&self.bytes, position);
        let action = short_numbers::read(&self.bytes, position) as u16;
        Edge { action, is_fair: first & 1 == 1, to: short_numbers::at_distance(from, first >> 1) }
    }
}

/// A graph that is being built.
struct Building<'a, 'l> {
    world: &'a World,
    properties: &'l [Liveness],
    limits: &'l Limits<'l>,
}

/// The edges of consecutive states that one thread expanded.
struct Chunk<W> {
    /// For each state, the properties whose condition is true, and the end of its edges.
    states: Vec<(ReachedBits, usize)>,
    /// For each edge, the index of the action, its fairness and the successor.
    edges: Vec<(u16, bool, W)>,
}

/// Words with numbers in the order in which they were found.
struct Numbers<W> {
    words: Vec<W>,
    numbers: HashTable<u32>,
}

impl<'a> OverStates for Building<'a, '_> {
    type Output = Result<LiveGraph<'a>, Truncation>;

    fn over<S: StateSpace>(self, space: S) -> Result<Self::Output, TooNarrow> {
        let mut space = space.with_loops();
        let scratches: Vec<Mutex<S::Scratch>> =
            (0..rayon::current_num_threads().max(1)).map(|_| Mutex::new(space.scratch())).collect();
        let mut numbers = Numbers { words: Vec::new(), numbers: HashTable::new() };
        for word in space.initial()? {
            numbers.number(word);
        }
        let mut graph = LiveGraph { world: self.world, reached: Vec::new(), edges: EdgeLists::new() };
        while graph.count() < numbers.words.len() {
            let level_end = numbers.words.len();
            space.prepare(&numbers.words[graph.count()..])?;
            while graph.count() < level_end {
                let round = &numbers.words[graph.count()..level_end.min(graph.count() + ROUND)];
                let expand = |words: &[S::Word]| {
                    self.limits.stopped().map_or(Ok(()), Err)?;
                    Ok(self.expand(&space, &mut scratch_of_thread(&scratches), words))
                };
                let chunks: Result<Vec<Chunk<S::Word>>, Truncation> = round.par_chunks(CHUNK).map(expand).collect();
                if space.is_too_narrow() {
                    return Err(TooNarrow);
                }
                if let Some(truncated) = self.limits.memory_limit(numbers.growth()) {
                    return Ok(Err(truncated));
                }
                let chunks = match chunks {
                    Ok(chunks) => chunks,
                    Err(truncated) => return Ok(Err(truncated)),
                };
                chunks.iter().for_each(|chunk| graph.add(chunk, self.properties.len(), &mut numbers));
                let max = self.limits.states_max.unwrap_or(usize::MAX).min(STATES_MAX);
                if numbers.words.len() > max {
                    return Ok(Err(Truncation::States(max)));
                }
            }
        }
        Ok(Ok(graph))
    }
}

/// The working memory of the calling thread.
fn scratch_of_thread<T>(scratches: &[Mutex<T>]) -> MutexGuard<'_, T> {
    let thread = rayon::current_thread_index().unwrap_or(0) % scratches.len();
    scratches[thread].lock().unwrap_or_else(PoisonError::into_inner)
}

impl Building<'_, '_> {
    fn expand<S: StateSpace>(&self, space: &S, scratch: &mut S::Scratch, words: &[S::Word]) -> Chunk<S::Word> {
        let mut chunk = Chunk { states: Vec::new(), edges: Vec::new() };
        for word in words {
            let state = space.unpack(scratch, *word);
            let reached = (0..).zip(self.properties).fold(0, |bits, (index, property)| {
                bits | ReachedBits::from(property.is_reached(self.world, &state, MailboxId::default())) << index
            });
            space.expand(scratch, *word, &mut |choice, next| {
                let is_fair = self.world.is_fair(&state, &self.world.actions()[usize::from(choice)]);
                chunk.edges.push((choice, is_fair, next));
            });
            chunk.states.push((reached, chunk.edges.len()));
        }
        chunk
    }
}

impl LiveGraph<'_> {
    /// Adds expanded states, the first of which is the first without edges.
    fn add<W: Word>(&mut self, chunk: &Chunk<W>, properties: usize, numbers: &mut Numbers<W>) {
        let mut first = 0;
        for (reached, end) in &chunk.states {
            let from = self.count() as u32;
            let all_reached = reached.count_ones() as usize == properties;
            for (action, is_fair, word) in &chunk.edges[first..*end] {
                let (to, is_new) = numbers.number(*word);
                if is_new || !all_reached {
                    self.edges.push(from, Edge { action: *action, is_fair: *is_fair, to });
                }
            }
            self.edges.end_state();
            self.reached.push(*reached);
            first = *end;
        }
    }
}

impl<W: Word> Numbers<W> {
    /// Returns the number of a word, and true if it is new.
    fn number(&mut self, word: W) -> (u32, bool) {
        let Self { words, numbers } = self;
        let same = |number: &u32| words[*number as usize] == word;
        if let Some(number) = numbers.find(word.scrambled(), same) {
            return (*number, false);
        }
        let number = words.len() as u32;
        words.push(word);
        numbers.insert_unique(word.scrambled(), number, |number| words[*number as usize].scrambled());
        (number, true)
    }

    /// The additional bytes that the next growth of the table takes, if the table is almost full.
    fn growth(&self) -> usize {
        let is_almost_full = self.numbers.len() > self.numbers.capacity() / 4 * 3;
        if is_almost_full { self.numbers.allocation_size() * 2 } else { 0 }
    }
}
