//! Edits of a procedure: remove, move, insert or replace a step, or add a handler. Handlers keep their target steps; a
//! handler whose target was removed continues at the step after it. The meaning of a step is not known here.

use stranded_model::procedure::{Act, Handler, Procedure, Step, StepResult};

/// A step of the edited procedure, with its index before the edit.
struct Slot {
    was: Option<usize>,
    step: Step,
}

/// The procedure without the step with this label.
pub(super) fn without(procedure: &Procedure, label: &str) -> Procedure {
    let gone = index_of(procedure, label);
    rearranged(procedure, slots(procedure).filter(|slot| slot.was != Some(gone)).collect())
}

/// The procedure with one step moved before another.
pub(super) fn moved(procedure: &Procedure, label: &str, before: &str) -> Procedure {
    let (which, target) = (index_of(procedure, label), index_of(procedure, before));
    let mut order: Vec<usize> = (0..procedure.steps.len()).filter(|index| *index != which).collect();
    let at = order.iter().position(|index| *index == target).unwrap_or(order.len());
    order.insert(at, which);
    let slot = |index: usize| Slot { was: Some(index), step: procedure.steps[index].clone() };
    rearranged(procedure, order.into_iter().map(slot).collect())
}

/// The procedure with a new step before another.
pub(super) fn inserted(procedure: &Procedure, before: &str, label: &str, act: Act) -> Procedure {
    let target = index_of(procedure, before);
    let step = Step {
        label: Some(label.to_owned()),
        act,
        on: Vec::new(),
        when: Vec::new(),
        line: procedure.steps[target].line,
    };
    let mut changed: Vec<Slot> = slots(procedure).collect();
    changed.insert(target, Slot { was: None, step });
    rearranged(procedure, changed)
}

/// The procedure with a new last step.
pub(super) fn appended(procedure: &Procedure, label: &str, act: Act) -> Procedure {
    let mut changed = procedure.clone();
    let line = changed.steps.last().map_or(1, |step| step.line);
    changed.steps.push(Step { label: Some(label.to_owned()), act, on: Vec::new(), when: Vec::new(), line });
    changed
}

/// The procedure with another act in the step with this label.
pub(super) fn replaced(procedure: &Procedure, label: &str, act: Act) -> Procedure {
    let mut changed = procedure.clone();
    changed.steps[index_of(procedure, label)].act = act;
    changed
}

/// The procedure with a handler: after this result of this step it continues at the step `to`.
pub(super) fn with_handler(procedure: &Procedure, label: &str, result: StepResult, to: &str) -> Procedure {
    let next = index_of(procedure, to);
    let mut changed = procedure.clone();
    let on = &mut changed.steps[index_of(procedure, label)].on;
    on.retain(|handler| handler.result != result);
    on.push(Handler { result, next });
    changed
}

fn slots(procedure: &Procedure) -> impl Iterator<Item = Slot> {
    procedure.steps.iter().enumerate().map(|(index, step)| Slot { was: Some(index), step: step.clone() })
}

/// Index of the step with this label.
///
/// # Panics
/// The procedure has no such step. Mutants are made from built-in procedures, whose labels are known.
fn index_of(procedure: &Procedure, label: &str) -> usize {
    let found = procedure.steps.iter().position(|step| step.label.as_deref() == Some(label));
    found.unwrap_or_else(|| panic!("{} has no step `{label}`", procedure.name))
}

fn rearranged(procedure: &Procedure, order: Vec<Slot>) -> Procedure {
    let now = |was: usize| order.iter().position(|slot| slot.was == Some(was));
    let target = |was: usize| (was..procedure.steps.len()).find_map(now).unwrap_or(order.len() - 1);
    let steps = order.iter().map(|slot| {
        let on = slot.step.on.iter().map(|handler| Handler { next: target(handler.next), ..*handler });
        Step { on: on.collect(), ..slot.step.clone() }
    });
    Procedure { steps: steps.collect(), ..procedure.clone() }
}

#[cfg(test)]
mod tests {
    use stranded_model::procedure::Procedure;

    use super::{moved, without};
    use stranded_search::scenario::builtin;

    fn labels(procedure: &Procedure) -> Vec<&str> {
        procedure.steps.iter().filter_map(|step| step.label.as_deref()).collect()
    }

    #[test]
    fn a_handler_keeps_its_target_when_steps_move() {
        let guarded = builtin::procedure("guarded-move").expect("it is built in").decoded();
        let changed = without(&moved(&guarded, "switch", "copy"), "merge");
        let step = |label: &str| changed.steps.iter().find(|step| step.label.as_deref() == Some(label));
        let confirm = step("confirm").expect("it is still there");
        let names: Vec<String> = confirm.on.iter().map(|handler| changed.step_name(handler.next)).collect();
        assert_eq!(names, ["home-is-ours", "confirm"]);
        assert_eq!(labels(&changed)[4..9], ["home-is-source", "switch", "copy", "confirm", "verify"]);
    }

    #[test]
    fn a_handler_whose_target_is_removed_continues_at_the_next_step() {
        let guarded = builtin::procedure("guarded-move").expect("it is built in").decoded();
        let changed = without(&guarded, "confirm");
        let found = changed.steps.iter().find(|step| step.label.as_deref() == Some("home-is-source"));
        let next = found.expect("it is still there").on[0].next;
        assert_eq!(changed.step_name(next), "merge");
    }
}
