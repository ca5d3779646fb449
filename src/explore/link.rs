//! Links to traces: hash of the scenario, answers to the assumptions, hashes of the initial and the last state, and names of the
//! steps. Names survive a new order of the actions; every other change makes the link an error.

use std::collections::BTreeMap;
use std::fmt;

use stranded_model::World;
use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};
use stranded_model::state::State;

use crate::report::trace::answers;
use stranded_search::scenario::Spec;
use stranded_search::state_view;

use super::open_trace::OpenTrace;

/// The version at the start of every link.
const VERSION: &str = "v2";
/// The number of letters of a hash in a link.
const LETTERS: usize = 12;

/// A parsed link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The name of the scenario.
    pub scenario: String,
    /// The hash of its text.
    pub hash: String,
    /// The answers to the assumptions that it touches.
    pub answers: BTreeMap<String, String>,
    /// The hash of the initial state.
    pub initial: String,
    /// The hash of the last state.
    pub end: String,
    /// The names of the steps.
    pub steps: Vec<String>,
}

/// The reason why a link, a file or a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError(pub String);

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the link to a trace.
#[must_use]
pub fn to(trace: &OpenTrace) -> String {
    let spec = &trace.origin.spec;
    let world = &trace.origin.world;
    let end = trace.end();
    let answers = answers(world, &spec.touches());
    let answers: Vec<String> =
        answers.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let steps: Vec<String> = trace.names().map(escaped).collect();
    [
        VERSION.to_owned(),
        escaped(&spec.name),
        hash_of(spec),
        answers.join(","),
        state_hash(world, &trace.origin.initial),
        state_hash(&end.world, &end.state),
        steps.join(","),
    ]
    .join("/")
}

/// Parses a link.
///
/// # Errors
/// The error in the link.
pub fn parse(text: &str) -> Result<Link, LinkError> {
    let text = text.trim_start_matches('#');
    let parts: Vec<&str> = text.split('/').collect();
    if parts[0] == "v1" {
        return Err(LinkError("this is a link of format 1; this version of stranded reads format 2".to_owned()));
    }
    let [VERSION, scenario, hash, answers, initial, end, steps] = parts[..] else {
        return Err(LinkError("this is no link of the explorer, or it is incomplete".to_owned()));
    };
    let listed = |text: &str| -> Result<Vec<String>, LinkError> {
        text.split(',').filter(|part| !part.is_empty()).map(unescaped).collect()
    };
    let answer = |pair: &str| {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| LinkError(format!("expected `assumption=answer` in the link, found `{pair}`")))?;
        Ok((unescaped(name)?, unescaped(value)?))
    };
    Ok(Link {
        scenario: unescaped(scenario)?,
        hash: hash.to_owned(),
        answers: answers.split(',').filter(|pair| !pair.is_empty()).map(answer).collect::<Result<_, LinkError>>()?,
        initial: initial.to_owned(),
        end: end.to_owned(),
        steps: listed(steps)?,
    })
}

/// Returns the answers to all assumptions.
///
/// # Errors
/// The unknown assumption or answer.
pub fn assumptions(named: &BTreeMap<String, String>) -> Result<Assumptions, LinkError> {
    named.iter().try_fold(Assumptions::default(), |all, (name, value)| {
        let one = Assumption::ALL.into_iter().find(|one| one.name() == name);
        let one = one.ok_or_else(|| LinkError(format!("there is no assumption `{name}`")))?;
        let answer = one.values().iter().position(|known| known == value);
        let answer = answer.and_then(|index| AssumptionAnswer::try_from(index).ok());
        let answer = answer.ok_or_else(|| LinkError(format!("the assumption {name} has no value `{value}`")))?;
        Ok(all.with(one, answer))
    })
}

/// Returns the hash of a scenario and of the scenarios that it starts from.
#[must_use]
pub fn hash_of(spec: &Spec) -> String {
    let from = spec.from.as_ref().map(|earlier| hash_of(earlier)).unwrap_or_default();
    short(&format!("{}\n{from}", spec.text))
}

/// Returns the hash of a state.
///
/// # Panics
/// Never: every state can be written as JSON.
#[must_use]
pub fn state_hash(world: &World, state: &State) -> String {
    let shown = state_view::show(&world.scenario, state);
    short(&serde_json::to_string(&shown).expect("a state can be written as JSON"))
}

fn short(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..LETTERS].to_owned()
}

/// Escapes the characters of a name that have a meaning in a link or a URL.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => text.push(char::from(byte)),
            b' ' => text.push('+'),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

fn unescaped(text: &str) -> Result<String, LinkError> {
    let wrong = || LinkError(format!("`{text}` in the link is not escaped correctly"));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().ok_or_else(wrong)?, rest.next().ok_or_else(wrong)?];
                let digits = std::str::from_utf8(&digits).map_err(|_| wrong())?;
                u8::from_str_radix(digits, 16).map_err(|_| wrong())?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}
