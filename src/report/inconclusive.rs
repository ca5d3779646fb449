//! Why a property could not be told although everything was searched, in words.

use stranded_model::counter_abstraction::{Choice, CounterAbstraction, Rest, Taken, Unfolded};

use stranded_search::check::{Undecided, UndecidedReason};
use stranded_search::engine::Path;

use stranded_oracle::sentence;

/// Why a property could not be told.
#[must_use]
pub fn reason(undecided: &Undecided) -> String {
    let with_few = |searched: &Option<usize>| match searched {
        Some(1) => "with one message".to_owned(),
        Some(most) => format!("with up to {most} messages"),
        None => "with one message, as far as that was searched,".to_owned(),
    };
    match &undecided.reason {
        UndecidedReason::LivenessUnbounded => {
            "what must happen in the end is judged for given numbers only: give them".to_owned()
        }
        UndecidedReason::LivenessDistributed => {
            "what must happen in the end is not judged by several processes: leave out --hosts".to_owned()
        }
        UndecidedReason::NotReproduced { searched, .. } => {
            format!("something breaks it if messages can be in any order; {} nothing does", with_few(searched))
        }
        UndecidedReason::NotReached { points, searched } => {
            let points = points.join(", ");
            format!("this happens if messages can be in any order: {points}; {} it does not", with_few(searched))
        }
    }
}

/// What happens among any number of messages, one sentence a step. Numbers of messages are given anew at every step.
#[must_use]
pub fn steps(undecided: &Undecided) -> Vec<String> {
    match &undecided.reason {
        UndecidedReason::LivenessUnbounded
        | UndecidedReason::LivenessDistributed
        | UndecidedReason::NotReached { .. } => Vec::new(),
        UndecidedReason::NotReproduced { abstraction, path, .. } => reported(abstraction, path),
    }
}

fn reported(abstraction: &CounterAbstraction, path: &Path<Choice>) -> Vec<String> {
    let mut state = path.initial.clone();
    let mut steps = Vec::new();
    for choice in &path.actions {
        let Unfolded { before, action, occurrence } =
            abstraction.unfolded(&state, choice).expect("every step of a path is possible");
        let actor = sentence::actor(abstraction.world(), &action);
        let says = sentence::says(abstraction.world(), &before, &action, &occurrence);
        steps.push(format!("{actor}: {says}{}", whose(choice.taken)));
        state = abstraction.step(&state, choice).expect("every step of a path is possible");
    }
    steps
}

fn whose(taken: Taken) -> &'static str {
    match taken {
        Taken::Nothing => "",
        Taken::Tracked => " (it is the one that is followed)",
        Taken::New => " (it is another one)",
        Taken::Other { rest: Rest::Some, .. } => " (it is another one, and more remain where it was)",
        Taken::Other { rest: Rest::None, .. } => " (it is another one, the last where it was)",
    }
}
