//! Wrong implementations, each with one known defect: what a judge must find. A mutant changes a procedure, which is data, or
//! tampers with what the model makes of an action; it writes no rule a second time, and judges nothing.
//!
//! `edit` changes procedures, `moves`, `repairs` and `guarded` have the wrong ones, `servers` what is wrong with stores and
//! directory, `answers` with what is told and shown; `mutated` puts one of them around the reference.

mod answers;
mod edit;
mod guarded;
mod moves;
mod mutated;
mod repairs;
mod servers;

use stranded_model::procedure::Procedure;
use stranded_model::state::State;

use stranded_search::scenario::{Spec, builtin, nearest};

use super::Implementation;
use super::reference::Tampering;

pub use self::mutated::{Mutated, Position};

/// An implementation with one known defect.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// The name by which it is asked for.
    pub name: &'static str,
    /// What it does wrong, in one sentence without a full stop.
    pub says: &'static str,
    /// The defect.
    pub defect: Defect,
}

/// What is wrong with an implementation.
#[derive(Clone, Copy, Debug)]
pub enum Defect {
    /// It is to be an implementation of one procedure, and its program follows another.
    Program {
        /// The built-in procedure that it is to be.
        of: &'static str,
        /// What it makes of it.
        wrong: fn(&Procedure) -> Procedure,
    },
    /// Its stores or its directory do something else, or it tells something else.
    World(Tampering),
    /// It shows something else than is the case: what it makes of the state before and the state now.
    Observation(fn(&State, &State) -> State),
}

/// Every mutant, in the order of lists.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    [moves::ALL, repairs::ALL, guarded::ALL, servers::ALL, answers::ALL].into_iter().flatten()
}

impl Mutant {
    /// The mutant of this name.
    ///
    /// # Errors
    /// There is none; what was probably meant.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        all().find(|mutant| mutant.name == name).ok_or_else(|| {
            let names: Vec<&str> = all().map(|mutant| mutant.name).collect();
            let near = nearest(name, &names).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            format!("unknown mutant `{}`; {near}`stranded list mutants` has all of them", name.escape_debug())
        })
    }

    /// The built-in procedure by which it is to be judged, whatever the scenario runs; none if it runs what the scenario says.
    #[must_use]
    pub fn implements(&self) -> Option<&'static str> {
        match self.defect {
            Defect::Program { of, .. } => Some(of),
            Defect::World(_) | Defect::Observation(_) => None,
        }
    }

    /// The scenario by which it is judged when it is run in this one.
    ///
    /// # Errors
    /// There is no built-in procedure of the name that it is to be.
    pub fn scene(&self, spec: &Spec) -> Result<Spec, String> {
        self.implements().map_or_else(|| Ok(spec.clone()), |name| stranded_search::scenario::with_procedure(spec, name))
    }

    /// It as an implementation, in this scenario, under the given combination of answers to what no source settles.
    ///
    /// # Errors
    /// How the scenario starts could not be found out.
    pub fn implementation<'a>(
        &'static self,
        spec: &'a Spec,
        combination: usize,
    ) -> Result<Box<dyn Implementation + 'a>, String> {
        Mutated::new(self, spec, combination).map(|mutated| -> Box<dyn Implementation + 'a> { Box::new(mutated) })
    }

    /// The program that it runs in the place of the one it is to be.
    #[must_use]
    pub fn program(&self) -> Option<Procedure> {
        match self.defect {
            Defect::Program { of, wrong } => builtin::procedure(of).map(|builtin| wrong(&builtin.decoded())),
            Defect::World(_) | Defect::Observation(_) => None,
        }
    }
}
