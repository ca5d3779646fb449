//! The reasons why a complete search leaves a property inconclusive, in words.

use stranded_model::counter_abstraction::{Choice, CounterAbstraction, Rest, Taken, Unfolded};

use stranded_search::check::{Undecided, UndecidedReason};
use stranded_search::engine::Path;

use stranded_oracle::sentence::{self, Mood};

/// Returns the reason why a property is inconclusive, as a clause.
#[must_use]
pub fn reason(undecided: &Undecided) -> String {
    let with_few = |searched: &Option<usize>, result: &str| match searched {
        Some(1) => format!("but the search with one message {result}"),
        Some(most) => format!("but the searches with up to {most} messages {result}"),
        None => "and even the search with one message was incomplete".to_owned(),
    };
    match &undecided.reason {
        UndecidedReason::LivenessUnbounded => {
            "liveness properties are checked only for given numbers of messages and mailboxes: replace \"any\" by a number"
                .to_owned()
        }
        UndecidedReason::LivenessDistributed => "liveness properties are checked only by a single process: leave out --hosts".to_owned(),
        UndecidedReason::NotReproduced { searched, .. } => {
            format!(
                "the counter abstraction, which ignores the order of messages, violates it, {}",
                with_few(searched, "found no violation")
            )
        }
        UndecidedReason::NotReached { points, searched } => {
            let points = points.join(", ");
            format!(
                "these occur in the counter abstraction, which ignores the order of messages: {points}; {}",
                with_few(searched, "did not find them")
            )
        }
    }
}

/// Returns the steps to a violation in the counter abstraction, a sentence for each. A message number is valid for one step only.
#[must_use]
pub fn steps(undecided: &Undecided) -> Vec<String> {
    match &undecided.reason {
        UndecidedReason::LivenessUnbounded
        | UndecidedReason::LivenessDistributed
        | UndecidedReason::NotReached { .. } => Vec::new(),
        UndecidedReason::NotReproduced { abstraction, path, .. } => sentences(abstraction, path),
    }
}

fn sentences(abstraction: &CounterAbstraction, path: &Path<Choice>) -> Vec<String> {
    let mut state = path.initial.clone();
    let mut steps = Vec::new();
    for choice in &path.actions {
        let Unfolded { before, action, occurrence } =
            abstraction.unfolded(&state, choice).expect("every step of a path is possible");
        let actor = sentence::actor(abstraction.world(), &action);
        let says = sentence::says(abstraction.world(), &before, &action, Mood::Happened(&occurrence));
        steps.push(format!("{actor}: {says}{}", remark(choice.taken)));
        state = abstraction.step(&state, choice).expect("every step of a path is possible");
    }
    steps
}

fn remark(taken: Taken) -> &'static str {
    match taken {
        Taken::Nothing => "",
        Taken::Tracked => " (the tracked message)",
        Taken::New => " (another message)",
        Taken::Other { rest: Rest::Some, .. } => " (another message; more remain in its location)",
        Taken::Other { rest: Rest::None, .. } => " (another message, the last in its location)",
    }
}
