//! Checks the order of a procedure's steps where they read memory: a list is written before it is read, messages are noted before
//! they are deleted by these notes, a mirror does not compare a store with itself, and a copy has two ends.

use std::ops::Range;

use stranded_model::procedure::{Act, Condition, ListPurpose, Only, Procedure, ServerRef, StepResult};
use stranded_model::scenario::Run;

use super::diagnostic::Findings;

/// The store of the program's list: none as long as the program has listed nothing.
type Listed = Option<ServerRef>;

/// Reports every step that reads a list which can be missing, and every copy or mirror of a store with itself. `spans` has the
/// place of each step.
pub(super) fn check(procedure: &Procedure, spans: &[Range<usize>], found: &mut Findings) {
    let before = lists_before(procedure);
    let notes_copies = procedure.has_act(Act::writes_journal);
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
        if let Act::DeleteListed { only: Only::Copied, .. } | Act::DeleteUnlisted { only: Only::Copied, .. } = step.act
            && !notes_copies
        {
            let label = "add a step `append-message`, or `list` with `as = \"copied\"`, or leave out `only`";
            found.report(span.clone(), "the step deletes only messages noted as copied, and no step notes any", label);
        }
    }
}

/// Reports the first copy or mirror of a store with itself that follows from the servers of a run: its procedure names a server
/// where the run has the same one.
pub(super) fn check_run(run: &Run, span: &Range<usize>, found: &mut Findings) {
    let is_same = |one: ServerRef, other: ServerRef| run.server(one).is_some() && run.server(one) == run.server(other);
    let before = lists_before(&run.procedure);
    let wrong = run.procedure.steps.iter().zip(&before).enumerate().find_map(|(index, (step, lists))| {
        let mirrors = |at: ServerRef| lists.iter().flatten().any(|listed| is_same(*listed, at));
        let says = if matches!(step.act, Act::DeleteUnlisted { at, .. } if mirrors(at)) {
            "compares a store with its own list"
        } else if step.act.ends_of_copy().is_some_and(|(from, to)| is_same(from, to)) {
            "copies from a store to itself"
        } else {
            return None;
        };
        Some(format!("with these servers, the step `{}` {says}", run.procedure.step_name(index)))
    });
    if let Some(message) = wrong {
        found.report(span.clone(), message, "the servers of the run and of the step must differ");
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
