//! The exact engine: breadth-first, one level after the other, over whole states. The first state found that breaks a
//! property is a nearest one, for every property in the same run, and the same one for any number of threads.
//!
//! The states of a level are expanded in their order, many at a time. What they lead to is offered to the states that are
//! known; of what is new the first stays, and stands in the next level where it was first found. So the order is that of a
//! search which takes one state after the other, and the trace that it finds first is the first in the order of the actions.

mod chunk;
pub(super) mod many;
mod parts;
pub(super) mod path;
mod resume;
mod searching;
pub(super) mod single;
pub(super) mod space;
pub(super) mod visited;
mod walk;
pub(super) mod word;

use self::many::Many;
use self::searching::Searching;
use self::single::Single;
use self::space::TooNarrow;
use super::Search;
use super::limits::Limits;
use super::rules::Rules;

/// Searches all that can be reached under these rules. Where a number does not fit in the words, wider ones are taken.
pub(super) fn search<R: Rules>(rules: &R, limits: &Limits<'_>) -> Search<R::Choice> {
    let narrow = |TooNarrow| "a world has more different parts than a machine word can number".to_owned();
    let found = if rules.world().scenario.site.mailboxes == 1 {
        Searching::new(Single::new(rules), rules, limits).go()
    } else {
        let found = Searching::new(Many::<&R, u64>::new(rules, limits.symmetry), rules, limits).go();
        match found {
            Ok(found) => Ok(found),
            Err(TooNarrow) => Searching::new(Many::<&R, u128>::new(rules, limits.symmetry), rules, limits).go(),
        }
    };
    found.unwrap_or_else(|reason| Search { defect: Some(narrow(reason)), ..Search::nothing(rules.world()) })
}
