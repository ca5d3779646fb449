//! For each state, the state from which it was first reached, and the choice.

use crate::engine::short_numbers;

/// The number of states between two positions that can be found without reading the states before.
const BLOCK: usize = 64;

/// The parent and the choice of each state, by its number. An initial state is its own parent. Numbers follow the order
/// of discovery, so consecutive states have the same parent or near ones, and a state takes about two bytes.
pub(super) struct Parents {
    count: usize,
    /// For each state, the distance from the parent of the state before, and the choice.
    bytes: Vec<u8>,
    /// The parent of the newest state.
    last: u32,
    /// For each block, its start and the parent of the state before it.
    blocks: Vec<(usize, u32)>,
}

impl Parents {
    pub(super) fn new() -> Self {
        Self { count: 0, bytes: Vec::new(), last: 0, blocks: Vec::new() }
    }

    /// The number of states.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Adds the next state.
    pub(super) fn push(&mut self, (parent, choice): (u32, u16)) {
        if self.count.is_multiple_of(BLOCK) {
            self.blocks.push((self.bytes.len(), self.last));
        }
        short_numbers::push(&mut self.bytes, short_numbers::distance(self.last, parent));
        short_numbers::push(&mut self.bytes, u64::from(choice));
        self.last = parent;
        self.count += 1;
    }

    /// The parent and the choice of a state.
    pub(super) fn of(&self, number: u32) -> (u32, u16) {
        self.from(number as usize).next().expect("a state has a parent")
    }

    /// The parents and choices of this state and of all that follow it.
    pub(super) fn from(&self, number: usize) -> impl Iterator<Item = (u32, u16)> {
        let (mut position, mut parent) = self.blocks.get(number / BLOCK).copied().unwrap_or((self.bytes.len(), 0));
        let next = move || {
            (position < self.bytes.len()).then(|| {
                parent = short_numbers::at_distance(parent, short_numbers::read(&self.bytes, &mut position));
                (parent, short_numbers::read(&self.bytes, &mut position) as u16)
            })
        };
        std::iter::from_fn(next).skip(number % BLOCK)
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Parents};

    #[test]
    fn every_state_has_the_parent_and_the_choice_that_it_was_given() {
        let given = |number: u32| (number * 7 % 1000, (number % 500) as u16);
        let mut parents = Parents::new();
        let count = 3 * BLOCK as u32 + 5;
        (0..count).for_each(|number| parents.push(given(number)));
        assert_eq!(parents.count(), count as usize);
        for number in 0..count {
            assert_eq!(parents.of(number), given(number));
            assert!(parents.from(number as usize).eq((number..count).map(given)));
        }
        assert_eq!(parents.from(count as usize).count(), 0);
    }
}
