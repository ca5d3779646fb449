//! Implementations with one known defect, which a judge must find. A mutant edits a procedure, or changes the model's result
//! of an action; it repeats no rule and does not judge.
//!
//! `edit` edits procedures; `moves`, `workarounds`, `guarded` and `movers` have wrong procedures; `servers` has wrong stores
//! and directories, and `faults` has wrong stores under faults; `answers` has wrong answers and observations; `mutated` applies
//! a mutant to the reference.

mod answers;
mod edit;
mod faults;
mod guarded;
mod movers;
mod moves;
mod mutated;
mod servers;
mod workarounds;

use stranded_model::procedure::Procedure;
use stranded_model::state::State;

use stranded_search::scenario::{Spec, builtin, nearest};

use super::Implementation;
use super::reference::Tampering;

pub use self::mutated::{Mutated, Position};

/// An implementation with one known defect.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// Name of the mutant.
    pub name: &'static str,
    /// The defect in one sentence, without a full stop.
    pub says: &'static str,
    /// The defect.
    pub defect: Defect,
}

/// Kind of defect.
#[derive(Clone, Copy, Debug)]
pub enum Defect {
    /// A program that claims to implement one procedure and follows another.
    Program {
        /// The built-in procedure that it claims to implement.
        of: &'static str,
        /// The edit of that procedure.
        wrong: fn(&Procedure) -> Procedure,
    },
    /// Wrong stores, directory or answers.
    World(Tampering),
    /// Wrong observations: a function of the state before the last operation and the current state.
    Observation(fn(&State, &State) -> State),
}

/// All mutants, in the order of lists.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    let of_programs = [moves::ALL, workarounds::ALL, guarded::ALL, movers::ALL];
    let of_worlds = [servers::ALL, faults::ALL, answers::ALL];
    of_programs.into_iter().chain(of_worlds).flatten()
}

impl Mutant {
    /// The mutant with this name.
    ///
    /// # Errors
    /// There is no such mutant; the message suggests a similar name.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        all().find(|mutant| mutant.name == name).ok_or_else(|| {
            let names: Vec<&str> = all().map(|mutant| mutant.name).collect();
            let near = nearest(name, &names).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            format!("unknown mutant `{}`; {near}`stranded list mutants` has all of them", name.escape_debug())
        })
    }

    /// The built-in procedure by which it is judged; `None` if it runs the procedures of the scenario.
    #[must_use]
    pub fn implements(&self) -> Option<&'static str> {
        match self.defect {
            Defect::Program { of, .. } => Some(of),
            Defect::World(_) | Defect::Observation(_) => None,
        }
    }

    /// The scenario by which it is judged.
    ///
    /// # Errors
    /// There is no built-in procedure with the name that it claims.
    pub fn scene(&self, spec: &Spec) -> Result<Spec, String> {
        self.implements().map_or_else(|| Ok(spec.clone()), |name| stranded_search::scenario::with_procedure(spec, name))
    }

    /// The mutant as an implementation, under the combination of assumption values at this index.
    ///
    /// # Errors
    /// The initial states of the scenario could not be computed.
    pub fn implementation<'a>(
        &'static self,
        spec: &'a Spec,
        combination: usize,
    ) -> Result<Box<dyn Implementation + 'a>, String> {
        Mutated::new(self, spec, combination).map(|mutated| -> Box<dyn Implementation + 'a> { Box::new(mutated) })
    }

    /// The wrong program, if the mutant has one.
    #[must_use]
    pub fn program(&self) -> Option<Procedure> {
        match self.defect {
            Defect::Program { of, wrong } => builtin::procedure(of).map(|builtin| wrong(&builtin.decoded())),
            Defect::World(_) | Defect::Observation(_) => None,
        }
    }
}
