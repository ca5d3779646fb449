//! The set of explanations that are left, and how an event changes it. What was worked out once is remembered: explanations,
//! sets of them and events have numbers, and a set that meets the same event again is looked up.

use std::collections::BTreeSet;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use indexmap::IndexSet;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use stranded_model::id::MailboxId;
use stranded_model::property::Safety;

use super::explanation::{Call, Explanation, Scene, Status};
use super::step::{Look, Op, Step, Told};

type Numbered<T> = IndexSet<T, BuildHasherDefault<FxHasher>>;

/// The number of a set of explanations; good until [`Beliefs::forget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Belief(u32);

/// More explanations were left at once than there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Which properties are broken in all the explanations of a set, and which in some: one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// In all.
    pub surely: u8,
    /// In some.
    pub perhaps: u8,
}

/// All sets of explanations that were met.
#[derive(Debug)]
pub struct Beliefs {
    scenes: Vec<Scene>,
    /// The most explanations that a set may have.
    at_most: usize,
    explanations: Numbered<Explanation>,
    next: FxHashMap<u32, Box<[u32]>>,
    sets: Numbered<Box<[u32]>>,
    steps: Numbered<Step>,
    after: FxHashMap<(u32, u32), Result<u32, TooMany>>,
    broken: FxHashMap<(u32, MailboxId), Broken>,
    worlds: FxHashMap<u32, Arc<[u16]>>,
    largest: usize,
}

/// The most explanations, sets, events and what became of them that are remembered; beyond, everything but the set at hand is forgotten.
const REMEMBERED_MAX: usize = 400_000;

impl Beliefs {
    /// Nothing was met but how the scenes begin.
    #[must_use]
    pub fn new(scenes: Vec<Scene>, at_most: usize) -> Self {
        Self {
            scenes,
            at_most,
            explanations: Numbered::default(),
            next: FxHashMap::default(),
            sets: Numbered::default(),
            steps: Numbered::default(),
            after: FxHashMap::default(),
            broken: FxHashMap::default(),
            worlds: FxHashMap::default(),
            largest: 0,
        }
    }

    /// The scenes.
    #[must_use]
    pub fn scenes(&self) -> &[Scene] {
        &self.scenes
    }

    /// The scene of an explanation.
    #[must_use]
    pub fn scene(&self, explanation: &Explanation) -> &Scene {
        &self.scenes[usize::from(explanation.world)]
    }

    /// All ways to begin that look like this.
    pub fn initial(&mut self, start: &[(MailboxId, Look)]) -> Belief {
        let scenes = self.scenes.iter().zip(0..);
        let all: Vec<Explanation> = scenes.flat_map(|(scene, place)| scene.initial(place)).collect();
        let fits = |one: &Explanation| start.iter().all(|(mailbox, look)| look.fits(one, *mailbox));
        let numbers = all.into_iter().filter(fits).map(|one| self.number(one)).collect();
        self.set(numbers)
    }

    /// The explanations of a set.
    pub fn explanations(&self, belief: Belief) -> impl Iterator<Item = &Explanation> {
        self.sets[belief.0 as usize].iter().map(|number| &self.explanations[*number as usize])
    }

    /// Whether nothing explains what was seen.
    #[must_use]
    pub fn is_empty(&self, belief: Belief) -> bool {
        self.sets[belief.0 as usize].is_empty()
    }

    /// The most explanations that a set had.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.largest
    }

    /// Counts anew how many explanations a set has at the most.
    pub(super) fn forget_largest(&mut self) {
        self.largest = 0;
    }

    /// The worlds that are left, each by its place, in order.
    pub fn worlds(&mut self, belief: Belief) -> Arc<[u16]> {
        if let Some(known) = self.worlds.get(&belief.0) {
            return Arc::clone(known);
        }
        let worlds: BTreeSet<u16> = self.explanations(belief).map(|one| one.world).collect();
        let worlds: Arc<[u16]> = worlds.into_iter().collect();
        self.worlds.insert(belief.0, Arc::clone(&worlds));
        worlds
    }

    /// What is left after an event.
    ///
    /// # Errors
    /// On the way more explanations were left than there may be.
    pub fn after(&mut self, belief: Belief, step: &Step) -> Result<Belief, TooMany> {
        let number = match self.steps.get_index_of(step) {
            Some(index) => index,
            None => self.steps.insert_full(step.clone()).0,
        };
        let key = (belief.0, small(number));
        if let Some(known) = self.after.get(&key) {
            return known.map(Belief);
        }
        let found = self.work_out(belief, step).map(|belief| belief.0);
        self.after.insert(key, found);
        found.map(Belief)
    }

    fn work_out(&mut self, belief: Belief, step: &Step) -> Result<Belief, TooMany> {
        Ok(match step {
            Step::Reset(start) => self.initial(start),
            Step::Observed(mailbox, look) => {
                let open = self.closed(belief)?;
                let fits = |number: &u32| look.fits(&self.explanations[*number as usize], *mailbox);
                let left = open.into_iter().filter(fits).collect();
                self.set(left)
            }
            Step::Did(op, reported) => {
                let asked = self.called(belief, u64::MAX, op)?;
                self.returned(asked, u64::MAX, *reported)?
            }
            Step::Call(number, op) => self.called(belief, *number, op)?,
            Step::Return(number, reported) => self.returned(belief, *number, *reported)?,
        })
    }

    fn called(&mut self, belief: Belief, number: u64, op: &Op) -> Result<Belief, TooMany> {
        let open = self.closed(belief)?;
        let call = Call { number: Some(number), op: *op, status: Status::Waiting };
        let asked = |mut one: Explanation| {
            one.calls.push(call);
            one
        };
        let asked: Vec<Explanation> =
            open.into_iter().map(|number| asked(self.explanations[number as usize].clone())).collect();
        let numbers = asked.into_iter().map(|one| self.number(one)).collect();
        Ok(self.set(numbers))
    }

    fn returned(&mut self, belief: Belief, number: u64, reported: Told) -> Result<Belief, TooMany> {
        let open = self.closed(belief)?;
        let answered = |one: &u32| {
            let one = &self.explanations[*one as usize];
            let place = one.calls.iter().position(|call| call.number == Some(number))?;
            self.scene(one).answered(one, place, reported)
        };
        let answered: Vec<Explanation> = open.iter().filter_map(answered).collect();
        let numbers = answered.into_iter().map(|one| self.number(one)).collect();
        Ok(self.set(numbers))
    }

    /// What is left when anything has happened unseen, or nothing.
    pub fn closed(&mut self, belief: Belief) -> Result<Vec<u32>, TooMany> {
        let mut found: Vec<u32> = self.sets[belief.0 as usize].to_vec();
        let mut known: FxHashSet<u32> = found.iter().copied().collect();
        let mut place = 0;
        while let Some(number) = found.get(place).copied() {
            place += 1;
            for next in self.unseen_next(number) {
                if known.insert(next) {
                    found.push(next);
                }
            }
            if found.len() > self.at_most {
                return Err(TooMany);
            }
        }
        self.largest = self.largest.max(found.len());
        found.sort_unstable();
        Ok(found)
    }

    /// The set of this explanation alone.
    pub fn single(&mut self, number: u32) -> Belief {
        self.set(vec![number])
    }

    /// Each explanation of a set alone.
    pub fn each(&mut self, belief: Belief) -> Vec<Belief> {
        let numbers = self.sets[belief.0 as usize].clone();
        numbers.iter().map(|number| self.single(*number)).collect()
    }

    /// An explanation by its number.
    #[must_use]
    pub fn explanation(&self, number: u32) -> &Explanation {
        &self.explanations[number as usize]
    }

    /// Which properties are broken for a mailbox in the explanations of a set.
    pub fn broken(&mut self, belief: Belief, mailbox: MailboxId) -> Broken {
        if let Some(known) = self.broken.get(&(belief.0, mailbox)) {
            return *known;
        }
        let bits = |one: &Explanation| {
            let world = &self.scene(one).world;
            let (account, shared) = (&one.state.accounts[mailbox], &one.state.shared);
            let broken = Safety::ALL.into_iter().filter(|property| !property.holds_for(world, account, shared));
            broken.fold(0, |bits, property| bits | 1 << property as u8)
        };
        let nothing = Broken { surely: u8::MAX, perhaps: 0 };
        let found = self
            .explanations(belief)
            .map(bits)
            .fold(nothing, |all, one| Broken { surely: all.surely & one, perhaps: all.perhaps | one });
        let found = if self.is_empty(belief) { Broken { surely: 0, perhaps: 0 } } else { found };
        self.broken.insert((belief.0, mailbox), found);
        found
    }

    /// How much is remembered: explanations, sets of them or events, whichever are more.
    #[must_use]
    pub fn remembered(&self) -> usize {
        [self.explanations.len(), self.sets.len(), self.steps.len(), self.after.len()].into_iter().max().unwrap_or(0)
    }

    /// Keeps only this set, if much else is remembered; its number from then on.
    pub fn forget(&mut self, keep: Belief) -> Belief {
        if self.remembered() < REMEMBERED_MAX {
            return keep;
        }
        let kept: Vec<Explanation> = self.explanations(keep).cloned().collect();
        let largest = self.largest;
        *self = Self { largest, ..Self::new(std::mem::take(&mut self.scenes), self.at_most) };
        let numbers = kept.into_iter().map(|one| self.number(one)).collect();
        self.set(numbers)
    }

    fn unseen_next(&mut self, number: u32) -> Box<[u32]> {
        if let Some(known) = self.next.get(&number) {
            return known.clone();
        }
        let one = &self.explanations[number as usize];
        let next = self.scene(one).unseen_next(one);
        let numbers: Box<[u32]> = next.into_iter().map(|one| self.number(one)).collect();
        self.next.insert(number, numbers.clone());
        numbers
    }

    fn number(&mut self, explanation: Explanation) -> u32 {
        small(self.explanations.insert_full(explanation).0)
    }

    fn set(&mut self, mut numbers: Vec<u32>) -> Belief {
        numbers.sort_unstable();
        numbers.dedup();
        self.largest = self.largest.max(numbers.len());
        Belief(small(self.sets.insert_full(numbers.into_boxed_slice()).0))
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("what is remembered is forgotten long before that")
}

impl Look {
    /// Whether a mailbox looks like this.
    #[must_use]
    pub fn fits(&self, explanation: &Explanation, mailbox: MailboxId) -> bool {
        super::difference::differences(self, explanation, mailbox).next().is_none()
    }
}
