//! Going on where a saved search ended: its states are found again by the choices that first led to them.

use rayon::prelude::*;

use super::chunk::CHUNK;
use super::searching::{ROUND, Searching};
use super::space::{Space, TooNarrow};
use super::visited::Offer;
use crate::engine::limits::Truncation;
use crate::engine::rules::Rules;

impl<R: Rules, S: Space> Searching<'_, R, S> {
    /// From the first level to the last that is saved; where none is, the first is saved now. The limits are those of any
    /// search: a level that is farther away than one of them allows is left alone.
    pub(super) fn resume(&mut self, first: Vec<S::Word>) -> Result<(Vec<S::Word>, Option<Truncation>), TooNarrow> {
        let mut level = first;
        let Some(saved) = self.limits.saved else { return Ok((level, None)) };
        let levels = match saved.levels() {
            Ok(levels) => levels,
            Err(reason) => return Ok((level, Some(Truncation::Unsaved(reason.kind())))),
        };
        for (depth, again) in levels.enumerate() {
            let too_far = self.limits.depth_max.filter(|max| depth > *max && !again.from.is_empty());
            let truncated = too_far.map(Truncation::Depth).or_else(|| self.limits.met());
            if truncated.is_some() {
                return Ok((level, truncated));
            }
            self.seen_before.note_reached(&again.seen);
            if depth > 0 {
                let (next, truncated) = self.again(&level, &again.from)?;
                level = next;
                self.depth = if level.is_empty() { self.depth } else { depth };
                self.body(level.len());
                if truncated.is_some() {
                    return Ok((level, truncated));
                }
            }
        }
        let truncated = if self.depth == 0 { self.save(level.len()) } else { None };
        Ok((level, truncated))
    }

    /// The level that follows this one, from what each of its states was reached from.
    fn again(
        &mut self,
        level: &[S::Word],
        from: &[(u32, u16)],
    ) -> Result<(Vec<S::Word>, Option<Truncation>), TooNarrow> {
        let first = self.from.len() - level.len();
        let mut next = Vec::with_capacity(from.len());
        let mut from = from;
        let mut done = 0;
        let mut truncated = None;
        while done < level.len() && truncated.is_none() {
            let round = &level[done..level.len().min(done + ROUND)];
            let end = first + done + round.len();
            let (of_round, later) = from.split_at(from.partition_point(|(number, _)| (*number as usize) < end));
            truncated = self.round_again(round, first + done, of_round, &mut next)?;
            if truncated.is_none() {
                done += round.len();
                from = later;
            }
        }
        self.judge(&level[done..], first + done)?;
        self.frontier += level.len() - done;
        Ok((next, truncated))
    }

    /// Takes from neighbouring states of a level, whose first has this number, the choices that led to new ones.
    fn round_again(
        &mut self,
        words: &[S::Word],
        first: usize,
        from: &[(u32, u16)],
        next: &mut Vec<S::Word>,
    ) -> Result<Option<Truncation>, TooNarrow> {
        if let Some(truncated) = self.limits.reached() {
            return Ok(Some(truncated));
        }
        self.space.prepare(words)?;
        let follow = |from: &[(u32, u16)]| -> Vec<S::Word> {
            let scratch = &mut *self.scratch();
            let followed = from.iter().map(|(number, choice)| {
                let word = words[*number as usize - first];
                self.space.follow(scratch, word, *choice).expect("a saved choice is possible")
            });
            followed.collect()
        };
        let found: Vec<Vec<S::Word>> = from.par_chunks(CHUNK).map(follow).collect();
        if self.space.is_too_narrow() {
            return Err(TooNarrow);
        }
        let mut offer = Offer::new();
        found.iter().flatten().for_each(|word| offer.push(*word));
        if let Some(truncated) = self.limits.memory_for(self.visited.growth(&[&offer])) {
            return Ok(Some(truncated));
        }
        self.visited.add(&[&offer]);
        for (word, from) in found.iter().flatten().zip(from) {
            if let Some(truncated) = self.append(*word, *from, next) {
                return Ok(Some(truncated));
            }
        }
        self.judge(words, first)?;
        Ok(None)
    }
}
