//! Random lists of operations, each performed by a new implementation; a failing list is shrunk. The random numbers are the
//! same each time.

use std::cell::RefCell;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::adapter::Implementation;
use crate::oracle::Conformance;
use stranded_search::scenario::Spec;

use super::check::{CheckFailure, FailureReason, check};
use super::operations::operations;

/// Options of [`examine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExamineOptions {
    /// Number of lists.
    pub cases: u32,
    /// Maximum number of operations in a list.
    pub operations: usize,
    /// True to draw single steps of programs instead of whole runs.
    pub in_steps: bool,
}

impl Default for ExamineOptions {
    fn default() -> Self {
        Self { cases: 128, operations: 12, in_steps: false }
    }
}

/// Draws lists of operations, performs each on a new implementation, and judges it. Returns the number of lists that moved
/// mail, whose end was observed, and that conform.
///
/// # Errors
/// The failure of the shortest failing list; or inconclusive, if there is no such list.
pub fn examine<I: Implementation>(
    spec: &Spec,
    options: &ExamineOptions,
    make: impl Fn() -> I,
) -> Result<usize, CheckFailure> {
    let strategy = operations(spec, options.operations);
    let strategy = if options.in_steps { strategy.in_steps() } else { strategy };
    let config = Config { cases: options.cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let shortest: RefCell<Option<CheckFailure>> = RefCell::new(None);
    let exercised = RefCell::new(0_usize);
    let outcome = runner.run(&strategy, |operations| match check(spec, &mut make(), &operations) {
        Ok(judgement) => {
            let is_shown = judgement.conformance == Conformance::Conforming && judgement.exercise.is_end_observed();
            *exercised.borrow_mut() += usize::from(is_shown);
            Ok(())
        }
        Err(failed) => {
            let reason = failed.to_string();
            // The last failing list is the shortest.
            *shortest.borrow_mut() = Some(failed);
            Err(TestCaseError::fail(reason))
        }
    });
    let exercised = exercised.into_inner();
    match (outcome, shortest.into_inner()) {
        (Ok(()), _) if exercised > 0 => Ok(exercised),
        (Ok(()), _) => {
            let reason = "no list of operations moved accepted mail to an observed outcome".to_owned();
            Err(CheckFailure::without_events(spec, FailureReason::Inconclusive(reason)))
        }
        (Err(_), Some(failed)) => Err(failed),
        (Err(TestError::Abort(reason) | TestError::Fail(reason, _)), None) => {
            Err(CheckFailure::without_events(spec, FailureReason::Inconclusive(reason.to_string())))
        }
    }
}
