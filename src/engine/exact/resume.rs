//! Going on where a saved search ended: its states are found again by the choices that first led to them.

use super::searching::Searching;
use super::space::{Judged, Space, TooNarrow};
use super::visited::Offer;
use crate::engine::limits::Cut;
use crate::engine::rules::Rules;
use crate::engine::saved::Level;

impl<R: Rules, S: Space> Searching<'_, R, S> {
    /// From the first level to the last that is saved; where none is, the first is saved now.
    pub(super) fn resume(&mut self, first: Vec<S::Word>) -> Result<(Vec<S::Word>, Option<Cut>), TooNarrow> {
        let mut level = first;
        let Some(saved) = self.limits.saved else { return Ok((level, None)) };
        let levels = match saved.levels() {
            Ok(levels) => levels,
            Err(reason) => return Ok((level, Some(Cut::Unsaved(reason.kind())))),
        };
        for (depth, again) in levels.enumerate() {
            if let Some(cut) = self.limits.reached() {
                return Ok((level, Some(cut)));
            }
            self.seen_before.note_seen(&again.seen);
            if depth > 0 {
                level = self.again(&level, &again)?;
                self.depth = if level.is_empty() { self.depth } else { depth };
                self.limits.report(self.from.len(), self.depth, level.len());
            }
        }
        let cut = if self.depth == 0 { self.save(level.len()) } else { None };
        Ok((level, cut))
    }

    /// The level that follows this one, as it was saved.
    fn again(&mut self, level: &[S::Word], again: &Level) -> Result<Vec<S::Word>, TooNarrow> {
        let first = self.from.len() - level.len();
        self.space.prepare(level)?;
        let (judged, words) = {
            let scratch = &mut *self.scratch();
            let judged: Vec<Judged> = level.iter().map(|word| self.space.judge(scratch, *word)).collect();
            let found = again.from.iter().map(|(from, choice)| {
                let word = level[*from as usize - first];
                self.space.follow(scratch, word, *choice).expect("a saved choice is possible")
            });
            (judged, found.collect::<Vec<_>>())
        };
        self.note(first, &judged, level);
        let mut offer = Offer::new();
        words.iter().for_each(|word| offer.push(*word));
        self.visited.add(&[&offer]);
        let mut next = Vec::with_capacity(words.len());
        for (word, from) in words.iter().zip(&again.from) {
            self.append(*word, *from, &mut next);
        }
        Ok(next)
    }
}
