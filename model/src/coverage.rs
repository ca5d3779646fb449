//! Coverage: the actions, steps, handlers and antecedents that a search has reached, out of those that the scenario
//! allows. A verdict about something that never occurred is vacuous.

use std::ops::Range;

use crate::action::{Action, ActionKind};
use crate::id::Id;
use crate::procedure::{Act, StepResult};
use crate::property::{Invariant, Safety};
use crate::scenario::{Fault, RunId};
use crate::state::{Account, Shared, State};
use crate::world::{Executed, World};

/// A point that some execution must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// An action of this kind, by the environment or a fault.
    Environment(ActionKind),
    /// The execution of a step. All runs of one procedure count as one.
    Step {
        /// The first run of the procedure.
        run: RunId,
        /// The index of the step.
        step: usize,
    },
    /// A result with a handler, or a requirement that is met.
    Handler {
        /// The first run of the procedure.
        run: RunId,
        /// The index of the step.
        step: usize,
        /// The result.
        result: StepResult,
    },
    /// The antecedent of a property.
    Antecedent(Safety),
    /// A part of the condition of a property that the scenario states itself.
    Part {
        /// The index of the property.
        property: usize,
        /// The index of the part among its antecedents.
        part: usize,
    },
}

/// The points of a world, and those that a search has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    points: Vec<Point>,
    reached: Vec<bool>,
    indexes: PointIndexes,
}

/// The index of each point, so that a search looks nothing up.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PointIndexes {
    kinds: [Option<usize>; ActionKind::ALL.len()],
    antecedents: [Option<usize>; Safety::ALL.len()],
    /// The parts of the scenario's own properties.
    parts: Range<usize>,
    /// Indexed by administrator, run and step.
    steps: Vec<Vec<Vec<StepIndexes>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StepIndexes {
    step: Option<usize>,
    handlers: [Option<usize>; StepResult::ALL.len()],
}

impl Coverage {
    /// No coverage yet of this world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let points = points(world);
        let index = |point: Point| points.binary_search(&point).ok();
        let steps_of = |id: RunId| {
            let run = first_of_its_procedure(world, id);
            let indexes = |step: usize| StepIndexes {
                step: index(Point::Step { run, step }),
                handlers: StepResult::ALL.map(|result| index(Point::Handler { run, step, result })),
            };
            (0..world.scenario.run(id).procedure.steps.len()).map(indexes).collect()
        };
        let mut steps = vec![Vec::new(); world.scenario.administrators.len()];
        for (id, _) in world.scenario.runs() {
            steps[id.administrator.index()].push(steps_of(id));
        }
        let indexes = PointIndexes {
            kinds: ActionKind::ALL.map(|kind| index(Point::Environment(kind))),
            antecedents: Safety::ALL.map(|property| index(Point::Antecedent(property))),
            parts: points.partition_point(|point| !is_part(point))..points.len(),
            steps,
        };
        Self { reached: vec![false; points.len()], points, indexes }
    }

    /// Notes an action, and the step that a program executed with it.
    pub fn note_action(&mut self, world: &World, action: &Action, step: Option<&Executed>) {
        self.note(self.indexes.kinds[action.kind() as usize]);
        let Some(executed) = step else { return };
        let indexes =
            self.indexes.steps[executed.run.administrator.index()][usize::from(executed.run.run)][executed.step];
        self.note(indexes.step);
        if executed.finished {
            self.note(indexes.handlers[executed.result as usize]);
        }
        for property in Safety::ALL.into_iter().filter(|property| property.is_exercised_by(world, executed)) {
            self.note(self.indexes.antecedents[property as usize]);
        }
    }

    /// Adds the coverage of another search of the same world.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.note_reached(&other.reached);
        self
    }

    /// Notes the antecedents that are true in a state.
    pub fn note_state(&mut self, world: &World, state: &State) {
        state.accounts.values().for_each(|account| self.note_account(world, account, &state.shared));
    }

    /// Notes the antecedents that are true for a mailbox.
    pub fn note_account(&mut self, world: &World, account: &Account, shared: &Shared) {
        for property in Safety::ALL {
            if self.lacks(property) && property.antecedent_holds_for(world, account, shared) {
                self.note(self.indexes.antecedents[property as usize]);
            }
        }
        for index in self.indexes.parts.clone() {
            let Point::Part { property, part } = self.points[index] else { continue };
            let condition = &world.scenario.properties[property].antecedents()[part];
            if !self.reached[index] && condition.is_true(world, account, shared) {
                self.reached[index] = true;
            }
        }
    }

    /// One flag for each point, true if it was reached.
    #[must_use]
    pub fn reached(&self) -> &[bool] {
        &self.reached
    }

    /// Adds the flags of [`Coverage::reached`] of another search of the same world. Excess flags are ignored.
    pub fn note_reached(&mut self, reached: &[bool]) {
        self.reached.iter_mut().zip(reached).for_each(|(reached, also)| *reached |= also);
    }

    /// Returns true if the antecedent of the property was true in some state or step. For a property of the scenario's own, each part
    /// of its condition must have been true in some state.
    #[must_use]
    pub fn is_exercised(&self, property: Invariant) -> bool {
        match property {
            Invariant::BuiltIn(safety) => !self.lacks(safety),
            Invariant::Own(own) => {
                let is_missing = |(point, reached): (Point, bool)| {
                    !reached && matches!(point, Point::Part { property, .. } if property == own)
                };
                !self.points().any(is_missing)
            }
        }
    }

    /// Every point, with true if it was reached.
    pub fn points(&self) -> impl Iterator<Item = (Point, bool)> {
        self.points.iter().copied().zip(self.reached.iter().copied())
    }

    fn lacks(&self, property: Safety) -> bool {
        self.indexes.antecedents[property as usize].is_some_and(|index| !self.reached[index])
    }

    fn note(&mut self, index: Option<usize>) {
        if let Some(index) = index {
            self.reached[index] = true;
        }
    }
}

impl Point {
    /// The name for the key `never` of a scenario: a kind of action, a property, or `procedure/step`, with `:result`
    /// for a handler.
    #[must_use]
    pub fn name(&self, world: &World) -> String {
        let step_name = |run: RunId, step: usize| {
            let procedure = &world.scenario.run(run).procedure;
            format!("{}/{}", procedure.name, procedure.step_name(step))
        };
        match *self {
            Self::Environment(kind) => kind.name().to_owned(),
            Self::Step { run, step } => step_name(run, step),
            Self::Handler { run, step, result } => format!("{}:{}", step_name(run, step), result.name()),
            Self::Antecedent(property) => property.name().to_owned(),
            Self::Part { property, part } => format!("{}:{}", world.scenario.properties[property].name, part + 1),
        }
    }
}

fn first_of_its_procedure(world: &World, id: RunId) -> RunId {
    let name = &world.scenario.run(id).procedure.name;
    let first = world.scenario.runs().find(|(_, run)| run.procedure.name == *name);
    first.map_or(id, |(first, _)| first)
}

fn is_part(point: &Point) -> bool {
    matches!(point, Point::Part { .. })
}

fn points(world: &World) -> Vec<Point> {
    let mut points: Vec<Point> = Safety::ALL.map(Point::Antecedent).to_vec();
    for (property, own) in world.scenario.properties.iter().enumerate() {
        points.extend((0..own.antecedents().len()).map(|part| Point::Part { property, part }));
    }
    let chosen = |kind: &ActionKind| match kind {
        ActionKind::Deliver
        | ActionKind::LogOn
        | ActionKind::OwnerDeletes
        | ActionKind::RequestLost
        | ActionKind::ReplyLost
        | ActionKind::RequestLate
        | ActionKind::Die
        | ActionKind::JournalLost
        | ActionKind::RecentMailLost
        | ActionKind::StoreLooksEmpty
        | ActionKind::Replicate
        | ActionKind::Edit
        | ActionKind::StoreFails
        | ActionKind::ReplicaFails => true,
        // These follow from other points, or are runs, whose steps are points of their own.
        ActionKind::Redeliver
        | ActionKind::Refresh
        | ActionKind::Start
        | ActionKind::Act
        | ActionKind::LateEffect
        | ActionKind::StoreShowsMail
        | ActionKind::StoreRecovers
        | ActionKind::ReplicaRecovers => false,
    };
    points.extend(world.kinds().into_iter().filter(chosen).map(Point::Environment));
    let faults = &world.scenario.environment.faults;
    let has = |kind: Fault| faults.contains(&kind);
    let can_be_down = has(Fault::StoreCrashes) || has(Fault::ReplicaUnreachable);
    let can_get_lost = has(Fault::RequestLost) || has(Fault::ReplyLost);
    let can_be_late = |act: &Act| act.can_be_late() && has(Fault::RequestLate);
    let can_be_lost = |act: &Act| can_be_down || (act.is_request() && can_get_lost) || can_be_late(act);
    for (id, run) in world.scenario.runs().filter(|(id, _)| first_of_its_procedure(world, *id) == *id) {
        for (index, step) in run.procedure.steps.iter().enumerate() {
            points.push(Point::Step { run: id, step: index });
            if matches!(step.act, Act::Require(_)) {
                points.push(Point::Handler { run: id, step: index, result: StepResult::Ok });
            }
            let handled = step.on.iter().filter(|handler| handler.result != StepResult::Lost || can_be_lost(&step.act));
            points.extend(handled.map(|handler| Point::Handler { run: id, step: index, result: handler.result }));
        }
    }
    points.sort();
    points.dedup();
    points
}
