//! Many drawn lists of deeds, each for a new implementation; of those that fail, the shortest that can be found. It draws the same
//! lists each time.

use std::cell::RefCell;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::adapter::Implementation;
use crate::oracle::Conformance;
use stranded_search::scenario::Spec;

use super::check::{CheckFailure, FailureReason, check};
use super::operations::operations;

/// How thoroughly to examine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examination {
    /// How many lists are drawn.
    pub cases: u32,
    /// How many deeds a list has at the most.
    pub operations: usize,
    /// Whether programs are driven step by step.
    pub in_steps: bool,
}

impl Default for Examination {
    fn default() -> Self {
        Self { cases: 128, operations: 12, in_steps: false }
    }
}

/// Draws lists of deeds, has each done by a new implementation, and judges it; says how many of the lists ran a procedure and
/// were seen through to the end.
///
/// # Errors
/// What is wrong, by the shortest list that shows something wrong; or that no list exercised anything, which is never a pass.
pub fn examine<I: Implementation>(
    spec: &Spec,
    examination: &Examination,
    make: impl Fn() -> I,
) -> Result<usize, CheckFailure> {
    let strategy = operations(spec, examination.operations);
    let strategy = if examination.in_steps { strategy.in_steps() } else { strategy };
    let config = Config { cases: examination.cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let shortest: RefCell<Option<CheckFailure>> = RefCell::new(None);
    let exercised = RefCell::new(0_usize);
    let outcome = runner.run(&strategy, |operations| match check(spec, &mut make(), &operations) {
        Ok(judgement) => {
            *exercised.borrow_mut() += usize::from(judgement.conformance == Conformance::Conforming);
            Ok(())
        }
        Err(failed) => {
            let reason = failed.to_string();
            // The list that fails last is the shortest.
            *shortest.borrow_mut() = Some(failed);
            Err(TestCaseError::fail(reason))
        }
    });
    let exercised = exercised.into_inner();
    match (outcome, shortest.into_inner()) {
        (Ok(()), _) if exercised > 0 => Ok(exercised),
        (Ok(()), _) => {
            let reason = "no list of deeds ran a procedure whose effect was seen".to_owned();
            Err(CheckFailure::just(spec, FailureReason::Inconclusive(reason)))
        }
        (Err(_), Some(failed)) => Err(failed),
        (Err(TestError::Abort(reason) | TestError::Fail(reason, _)), None) => {
            Err(CheckFailure::just(spec, FailureReason::Inconclusive(reason.to_string())))
        }
    }
}
