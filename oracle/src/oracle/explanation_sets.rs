//! The sets of explanations, and the effect of an event on them. Explanations, sets and events have numbers, and each result is
//! computed once: a set that meets the same event again is looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use indexmap::IndexSet;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use stranded_model::id::MailboxId;
use stranded_model::property::{Safety, SafetyBits};
use stranded_search::engine::{Limits, Truncation};

use crate::protocol::{Answer, Event, Observation, Operation};

use super::explanation::{Call, Explanation, Scene, Status};
use super::names::Numbered;

type Interned<T> = IndexSet<T, BuildHasherDefault<FxHasher>>;

/// The number of a set of explanations. It is valid until [`ExplanationSets::forget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExplanationSetId(u32);

/// The reason why a set of explanations was not computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// It would have more explanations than are allowed.
    TooMany,
    /// A limit of the time was reached.
    Stopped(Truncation),
}

/// The properties that are violated in the explanations of a set, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violated {
    /// The properties that are violated in all explanations.
    pub in_all: SafetyBits,
    /// The properties that are violated in some explanation.
    pub in_some: SafetyBits,
}

/// The properties that are violated in the explanations of a set at the end of a case, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ViolatedAtEnd {
    /// The properties that are violated in all explanations, because nothing is under way any more.
    pub(super) at_end: SafetyBits,
    /// The properties that are violated in some explanation if nothing else happens.
    pub(super) if_final: SafetyBits,
}

/// All sets of explanations that were computed.
#[derive(Debug)]
pub struct ExplanationSets {
    scenes: Vec<Scene>,
    /// The largest number of explanations that a set may have.
    explanations_max: usize,
    limits: Limits<'static>,
    explanations: Interned<Explanation>,
    next: FxHashMap<u32, Box<[u32]>>,
    sets: Interned<Box<[u32]>>,
    events: Interned<Event<Numbered>>,
    /// The set after an event; `None` if it would have too many explanations.
    after: FxHashMap<(u32, u32), Option<u32>>,
    violated: FxHashMap<(u32, MailboxId), Violated>,
    worlds: FxHashMap<u32, Arc<[u16]>>,
    largest: usize,
}

/// The most explanations, sets, events or results that are remembered. Beyond that, all but the current set are forgotten.
const REMEMBERED_MAX: usize = 400_000;

/// The number of the call of an operation that is asked and answered in one event.
const IMMEDIATE: u64 = u64::MAX;

impl ExplanationSets {
    /// Creates an empty table of sets for these scenes.
    #[must_use]
    pub fn new(scenes: Vec<Scene>, explanations_max: usize, limits: Limits<'static>) -> Self {
        Self {
            scenes,
            explanations_max,
            limits,
            explanations: Interned::default(),
            next: FxHashMap::default(),
            sets: Interned::default(),
            events: Interned::default(),
            after: FxHashMap::default(),
            violated: FxHashMap::default(),
            worlds: FxHashMap::default(),
            largest: 0,
        }
    }

    /// Returns the scenes.
    #[must_use]
    pub fn scenes(&self) -> &[Scene] {
        &self.scenes
    }

    /// Returns the scene of an explanation.
    #[must_use]
    pub fn scene(&self, explanation: &Explanation) -> &Scene {
        &self.scenes[usize::from(explanation.world)]
    }

    /// Returns the set of all initial explanations that agree with these observations.
    pub fn initial(&mut self, start: &BTreeMap<MailboxId, Observation<Numbered>>) -> ExplanationSetId {
        let scenes = self.scenes.iter().zip(0..);
        let all: Vec<Explanation> = scenes.flat_map(|(scene, index)| scene.initial(index)).collect();
        let fits = |one: &Explanation| start.iter().all(|(mailbox, observation)| observation.fits(one, *mailbox));
        self.set_of(all.into_iter().filter(fits))
    }

    /// Returns the explanations of a set.
    pub fn explanations(&self, set: ExplanationSetId) -> impl Iterator<Item = &Explanation> {
        self.sets[set.0 as usize].iter().map(|number| &self.explanations[*number as usize])
    }

    /// Returns true if the set has no explanation.
    #[must_use]
    pub fn is_empty(&self, set: ExplanationSetId) -> bool {
        self.sets[set.0 as usize].is_empty()
    }

    /// Returns the number of explanations of the largest set so far.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.largest
    }

    /// Forgets the size of the largest set.
    pub(super) fn forget_largest(&mut self) {
        self.largest = 0;
    }

    /// Returns the indices of the worlds that a set has explanations of, in order.
    pub fn worlds(&mut self, set: ExplanationSetId) -> Arc<[u16]> {
        if let Some(known) = self.worlds.get(&set.0) {
            return Arc::clone(known);
        }
        let worlds: BTreeSet<u16> = self.explanations(set).map(|one| one.world).collect();
        let worlds: Arc<[u16]> = worlds.into_iter().collect();
        self.worlds.insert(set.0, Arc::clone(&worlds));
        worlds
    }

    /// Returns the set of explanations after an event.
    ///
    /// # Errors
    /// An intermediate set would have too many explanations, or the time ran out.
    pub fn after(&mut self, set: ExplanationSetId, event: &Event<Numbered>) -> Result<ExplanationSetId, Unfinished> {
        let number = match self.events.get_index_of(event) {
            Some(index) => index,
            None => self.events.insert_full(event.clone()).0,
        };
        let key = (set.0, small(number));
        if let Some(known) = self.after.get(&key) {
            return known.map(ExplanationSetId).ok_or(Unfinished::TooMany);
        }
        let found = self.compute_after(set, event);
        if !matches!(found, Err(Unfinished::Stopped(_))) {
            self.after.insert(key, found.ok().map(|set| set.0));
        }
        found
    }

    fn compute_after(
        &mut self,
        set: ExplanationSetId,
        event: &Event<Numbered>,
    ) -> Result<ExplanationSetId, Unfinished> {
        Ok(match event {
            Event::Reset { start } => self.initial(start),
            Event::Observed { mailbox, observation } => {
                let closed = self.closed(set)?;
                let fits = |number: &u32| observation.fits(&self.explanations[*number as usize], *mailbox);
                let left = closed.into_iter().filter(fits).collect();
                self.set(left)
            }
            Event::Did { operation, answer } => {
                let called = self.called(set, IMMEDIATE, operation)?;
                self.returned(called, IMMEDIATE, answer)?
            }
            Event::Call { call, operation } => self.called(set, *call, operation)?,
            Event::Return { call, answer } => self.returned(set, *call, answer)?,
        })
    }

    fn called(
        &mut self,
        set: ExplanationSetId,
        number: u64,
        operation: &Operation<Numbered>,
    ) -> Result<ExplanationSetId, Unfinished> {
        let closed = self.closed(set)?;
        let call = Call { number: Some(number), operation: *operation, status: Status::Pending };
        let called = |mut one: Explanation| {
            one.calls.push(call);
            one
        };
        let called: Vec<Explanation> =
            closed.into_iter().map(|number| called(self.explanations[number as usize].clone())).collect();
        Ok(self.set_of(called))
    }

    fn returned(
        &mut self,
        set: ExplanationSetId,
        number: u64,
        answer: &Answer,
    ) -> Result<ExplanationSetId, Unfinished> {
        let closed = self.closed(set)?;
        let answered = |one: &u32| {
            let one = &self.explanations[*one as usize];
            let index = one.calls.iter().position(|call| call.number == Some(number))?;
            self.scene(one).answered(one, index, answer)
        };
        let answered: Vec<Explanation> = closed.iter().filter_map(answered).collect();
        Ok(self.set_of(answered))
    }

    /// Returns the numbers of the explanations of a set, and of all that can follow from them unseen.
    ///
    /// # Errors
    /// They are too many, or the time ran out.
    pub fn closed(&mut self, set: ExplanationSetId) -> Result<Vec<u32>, Unfinished> {
        let mut found: Vec<u32> = self.sets[set.0 as usize].to_vec();
        let mut known: FxHashSet<u32> = found.iter().copied().collect();
        let mut index = 0;
        while let Some(number) = found.get(index).copied() {
            index += 1;
            if let Some(reason) = self.limits.stopped() {
                return Err(Unfinished::Stopped(reason));
            }
            for next in self.unseen_next(number) {
                if known.insert(next) {
                    found.push(next);
                }
            }
            if found.len() > self.explanations_max {
                return Err(Unfinished::TooMany);
            }
        }
        self.largest = self.largest.max(found.len());
        found.sort_unstable();
        Ok(found)
    }

    /// Returns the set of one explanation.
    pub fn single(&mut self, number: u32) -> ExplanationSetId {
        self.set(vec![number])
    }

    /// Returns a set of its own for each explanation of a set.
    pub fn each(&mut self, set: ExplanationSetId) -> Vec<ExplanationSetId> {
        let numbers = self.sets[set.0 as usize].clone();
        numbers.iter().map(|number| self.single(*number)).collect()
    }

    /// Returns an explanation by its number.
    #[must_use]
    pub fn explanation(&self, number: u32) -> &Explanation {
        &self.explanations[number as usize]
    }

    /// Returns the properties of a mailbox that the explanations of a set violate.
    pub fn violated(&mut self, set: ExplanationSetId, mailbox: MailboxId) -> Violated {
        if let Some(known) = self.violated.get(&(set.0, mailbox)) {
            return *known;
        }
        let bits = |one: &Explanation| {
            let world = &self.scene(one).world;
            let (account, shared) = (&one.state.accounts[mailbox], &one.state.shared);
            Safety::bits(|property| !property.holds_for(world, account, shared))
        };
        let nothing = Violated { in_all: SafetyBits::MAX, in_some: 0 };
        let found = self
            .explanations(set)
            .map(bits)
            .fold(nothing, |all, one| Violated { in_all: all.in_all & one, in_some: all.in_some | one });
        let found = if self.is_empty(set) { Violated { in_all: 0, in_some: 0 } } else { found };
        self.violated.insert((set.0, mailbox), found);
        found
    }

    /// Returns the properties of a mailbox that the explanations of a set violate if the case ends with them.
    pub(super) fn violated_at_end(&self, set: ExplanationSetId, mailbox: MailboxId) -> ViolatedAtEnd {
        let nothing = ViolatedAtEnd { at_end: if self.is_empty(set) { 0 } else { SafetyBits::MAX }, if_final: 0 };
        self.explanations(set).fold(nothing, |all, one| {
            let (account, world) = (&one.state.accounts[mailbox], &self.scene(one).world);
            let is_idle =
                one.calls.iter().all(|call| call.number.is_none()) && world.is_idle(account, &one.state.shared);
            let bits = |is_final: bool| Safety::bits(|property| !property.holds_once(account, || is_final));
            ViolatedAtEnd { at_end: all.at_end & bits(is_idle), if_final: all.if_final | bits(true) }
        })
    }

    /// Returns the number of explanations, sets, events or results that are remembered, whichever is largest.
    #[must_use]
    pub fn remembered(&self) -> usize {
        [self.explanations.len(), self.sets.len(), self.events.len(), self.after.len()].into_iter().max().unwrap_or(0)
    }

    /// Forgets everything but this set if too much is remembered. Returns the number of the set from then on.
    pub fn forget(&mut self, keep: ExplanationSetId) -> ExplanationSetId {
        if self.remembered() < REMEMBERED_MAX {
            return keep;
        }
        let kept: Vec<Explanation> = self.explanations(keep).cloned().collect();
        let largest = self.largest;
        *self = Self { largest, ..Self::new(std::mem::take(&mut self.scenes), self.explanations_max, self.limits) };
        self.set_of(kept)
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

    fn set_of(&mut self, explanations: impl IntoIterator<Item = Explanation>) -> ExplanationSetId {
        let numbers = explanations.into_iter().map(|one| self.number(one)).collect();
        self.set(numbers)
    }

    fn set(&mut self, mut numbers: Vec<u32>) -> ExplanationSetId {
        numbers.sort_unstable();
        numbers.dedup();
        self.largest = self.largest.max(numbers.len());
        ExplanationSetId(small(self.sets.insert_full(numbers.into_boxed_slice()).0))
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("the oracle forgets its explanations long before that")
}

impl Observation<Numbered> {
    /// Returns true if the explanation agrees with this observation of a mailbox.
    #[must_use]
    pub fn fits(&self, explanation: &Explanation, mailbox: MailboxId) -> bool {
        super::difference::differences(self, explanation, mailbox).next().is_none()
    }
}
