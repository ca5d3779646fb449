//! Resumes a search from its checkpoint: takes the saved choices again, which finds the saved states again. It trusts no
//! number in the checkpoint.

use std::time::Instant;

use rayon::prelude::*;

use super::packed::{StateSpace, TooNarrow};
use super::visited::Offer;
use super::{CHUNK, Exploration, ROUND};
use crate::engine::limits::Truncation;
use crate::engine::rules::Rules;

impl<R: Rules, S: StateSpace> Exploration<'_, R, S> {
    /// Finds the saved levels again, and returns the last of them. An empty checkpoint gets the first level. The limits
    /// of the search apply: a level beyond one of them is not read. The time that this takes is added to the deadline, so that every
    /// session with a time limit adds to the search.
    pub(super) fn resume(&mut self, first: Vec<S::Word>) -> Result<(Vec<S::Word>, Option<Truncation>), TooNarrow> {
        let (deadline, start) = (self.limits.deadline.take(), Instant::now());
        let resumed = self.resume_without_deadline(first);
        self.limits.deadline = deadline.and_then(|deadline| deadline.checked_add(start.elapsed()));
        resumed
    }

    fn resume_without_deadline(
        &mut self,
        first: Vec<S::Word>,
    ) -> Result<(Vec<S::Word>, Option<Truncation>), TooNarrow> {
        let mut level = first;
        let Some(checkpoint) = self.limits.checkpoint else { return Ok((level, None)) };
        let levels = match checkpoint.levels() {
            Ok(levels) => levels,
            Err(reason) => return Ok((level, Some(Truncation::Unsaved(reason.kind())))),
        };
        for (depth, replay_level) in levels.enumerate() {
            let too_far = self.limits.depth_max.filter(|max| depth > *max && !replay_level.from.is_empty());
            let truncated = too_far.map(Truncation::Depth).or_else(|| self.limits.limit_reached());
            if truncated.is_some() {
                return Ok((level, truncated));
            }
            let is_other_start = depth == 0 && replay_level.from.len() != level.len();
            if is_other_start || replay_level.seen.len() != self.seen_earlier.reached().len() {
                return Ok((level, Some(Truncation::Unreachable(depth))));
            }
            self.seen_earlier.note_reached(&replay_level.seen);
            if depth > 0 {
                let (next, truncated) = self.replay_level(depth, &level, &replay_level.from)?;
                level = next;
                self.depth = if level.is_empty() { self.depth } else { depth };
                self.report_level(level.len());
                if truncated.is_some() {
                    return Ok((level, truncated));
                }
            }
        }
        let truncated = if self.depth == 0 { self.save(level.len()) } else { None };
        Ok((level, truncated))
    }

    /// Finds the level of this depth again, from the parents and choices of its states. The checkpoint may be forged: a
    /// parent may not be on the level before, and a choice may be impossible there or lead to a state that was found
    /// before.
    fn replay_level(
        &mut self,
        depth: usize,
        level: &[S::Word],
        from: &[(u32, u16)],
    ) -> Result<(Vec<S::Word>, Option<Truncation>), TooNarrow> {
        let first = self.parents.count() - level.len();
        let mut next = Vec::with_capacity(from.len());
        let mut from = from;
        let mut done = 0;
        let mut truncated = None;
        while done < level.len() && truncated.is_none() {
            let round = &level[done..level.len().min(done + ROUND)];
            let end = first + done + round.len();
            let (of_round, later) = from.split_at(from.partition_point(|(number, _)| (*number as usize) < end));
            truncated = self.replay_round(depth, round, first + done, of_round, &mut next)?;
            if truncated.is_none() {
                done += round.len();
                from = later;
            }
        }
        if truncated.is_none() && !from.is_empty() {
            truncated = Some(Truncation::Unreachable(depth));
        }
        self.judge(&level[done..], first + done)?;
        self.frontier += level.len() - done;
        Ok((next, truncated))
    }

    /// Takes the saved choices from consecutive states of a level, the first of which has the number `first`.
    fn replay_round(
        &mut self,
        depth: usize,
        words: &[S::Word],
        first: usize,
        from: &[(u32, u16)],
        next: &mut Vec<S::Word>,
    ) -> Result<Option<Truncation>, TooNarrow> {
        if let Some(truncated) = self.limits.stopped() {
            return Ok(Some(truncated));
        }
        self.space.prepare(words)?;
        let follow = |from: &[(u32, u16)]| -> Option<Vec<S::Word>> {
            let scratch = &mut *self.scratches.own();
            let followed = from.iter().map(|(number, choice)| {
                let word = words.get((*number as usize).checked_sub(first)?)?;
                self.space.follow(scratch, *word, *choice)
            });
            followed.collect()
        };
        let found: Option<Vec<Vec<S::Word>>> = from.par_chunks(CHUNK).map(follow).collect();
        if self.space.is_too_narrow() {
            return Err(TooNarrow);
        }
        let Some(found) = found else { return Ok(Some(Truncation::Unreachable(depth))) };
        let mut offer = Offer::new();
        found.iter().flatten().for_each(|word| offer.push(*word));
        if let Some(truncated) = self.limits.memory_limit(self.visited.growth(&[&offer])) {
            return Ok(Some(truncated));
        }
        self.visited.add(&[&offer]);
        let mut added = Vec::new();
        self.visited.added(0, &mut added);
        if added.len() != from.len() {
            return Ok(Some(Truncation::Unreachable(depth)));
        }
        for (word, from) in found.iter().flatten().zip(from) {
            if let Some(truncated) = self.append(*word, *from, next) {
                return Ok(Some(truncated));
            }
        }
        self.judge(words, first)?;
        Ok(None)
    }
}
