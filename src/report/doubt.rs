//! Why a property could not be told although everything was searched, in words.

use stranded_model::crowd::{Choice, Crowd, Rest, Taken, Unfolded};

use crate::check::{Doubt, Reason};
use crate::engine::Path;

use super::words;

/// Why a property could not be told.
#[must_use]
pub fn reason(doubt: &Doubt) -> String {
    let with_few = |searched: &Option<usize>| match searched {
        Some(1) => "with one message".to_owned(),
        Some(most) => format!("with up to {most} messages"),
        None => "with one message, as far as that was searched,".to_owned(),
    };
    match &doubt.reason {
        Reason::InTheEnd => "what must happen in the end is judged for given numbers only: give them".to_owned(),
        Reason::Spread => {
            "what must happen in the end is not judged by several processes: leave out --hosts".to_owned()
        }
        Reason::NotReplayed { searched, .. } => {
            format!("something breaks it if messages can be in any order; {} nothing does", with_few(searched))
        }
        Reason::NotSeen { points, searched } => {
            let points = points.join(", ");
            format!("this happens if messages can be in any order: {points}; {} it does not", with_few(searched))
        }
    }
}

/// What happens among any number of messages, one sentence a step. Numbers of messages are given anew at every step.
#[must_use]
pub fn steps(doubt: &Doubt) -> Vec<String> {
    match &doubt.reason {
        Reason::InTheEnd | Reason::Spread | Reason::NotSeen { .. } => Vec::new(),
        Reason::NotReplayed { crowd, path, .. } => told(crowd, path),
    }
}

fn told(crowd: &Crowd, path: &Path<Choice>) -> Vec<String> {
    let mut state = path.initial.clone();
    let mut steps = Vec::new();
    for choice in &path.actions {
        let Unfolded { before, action, occurrence } =
            crowd.unfolded(&state, choice).expect("every step of a path is possible");
        let actor = words::actor(crowd.world(), &action);
        let says = words::says(crowd.world(), &before, &action, &occurrence);
        steps.push(format!("{actor}: {says}{}", whose(choice.taken)));
        state = crowd.step(&state, choice).expect("every step of a path is possible");
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
