//! Checks the order of a procedure's steps where they read memory: a list is written before it is read, a mirror does not compare
//! a store with itself, and a copy has two ends.

use std::ops::Range;

use stranded_model::procedure::{Act, Condition, ListPurpose, Procedure, ServerRef, StepResult};

use super::diagnostic::Findings;

/// The store of the program's list: none as long as the program has listed nothing.
type Listed = Option<ServerRef>;

/// Reports every step that reads a list which can be missing, and every copy or mirror of a store with itself. `spans` has the
/// place of each step.
pub(super) fn check(procedure: &Procedure, spans: &[Range<usize>], found: &mut Findings) {
    let before = lists_before(procedure);
    for ((step, lists), span) in procedure.steps.iter().zip(&before).zip(spans) {
        if step.act.reads_list() && lists.contains(&None) {
            let label = "add a step `do = \"list\"` on every path before it";
            found.report(span.clone(), "the step reads a list that the program may not have", label);
        }
        if let Act::DeleteUnlisted { at, .. } = step.act
            && lists.contains(&Some(at))
        {
            let label = "list the other store before it";
            found.report(span.clone(), "the step compares a store with its own list", label);
        }
        if let Some((from, to)) = step.act.ends_of_copy()
            && from == to
        {
            found.report(span.clone(), "the step copies from a store to itself", "`from` and `to` must differ");
        }
    }
}

/// Returns the lists that the program can have before each step. A step that control does not reach has none.
fn lists_before(procedure: &Procedure) -> Vec<Vec<Listed>> {
    let mut before: Vec<Vec<Listed>> = vec![Vec::new(); procedure.steps.len()];
    before[0].push(None);
    let mut changed = true;
    while changed {
        changed = false;
        for (index, step) in procedure.steps.iter().enumerate() {
            let lists = before[index].clone();
            let skipped = (!step.when.is_empty()).then_some((index + 1, lists.clone()));
            let results = StepResult::ALL.into_iter().filter(|_| !lists.is_empty());
            let after = results
                .filter_map(|result| Some((step.next_after(index, result)?, lists_after(&step.act, result, &lists))));
            let after: Vec<(usize, Vec<Listed>)> = after.chain(skipped).collect();
            for (next, lists) in after {
                let Some(known) = before.get_mut(next) else { continue };
                for list in lists {
                    if !known.contains(&list) {
                        known.push(list);
                        changed = true;
                    }
                }
            }
        }
    }
    before
}

/// Returns the lists that the program can have after an act with this result.
fn lists_after(act: &Act, result: StepResult, before: &[Listed]) -> Vec<Listed> {
    match (act, result) {
        (Act::List { at, purpose: ListPurpose::Listed }, StepResult::Ok) => vec![Some(*at)],
        (Act::Require(Condition::HoldsAll { of, .. }) | Act::Wait(Condition::HoldsAll { of, .. }), result) => {
            let listed = Some(*of);
            // A refusal of the comparison follows its list; a lost answer can precede it.
            let unlisted = if result == StepResult::Lost { before } else { &[] };
            unlisted.iter().copied().chain([listed]).collect()
        }
        _ => before.to_vec(),
    }
}
