//! A way as a link: the hash of its scenario, the answers, where it starts, the names of its steps, and where it ends. Names
//! survive a new order of the actions; whatever else has changed is told, and never shown as if it were the same.

use std::collections::BTreeMap;
use std::fmt;

use stranded_model::World;
use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};
use stranded_model::state::State;

use crate::report::trace::answers;
use stranded_search::scenario::Spec;
use stranded_search::state_view;

use super::walk::Walk;

/// What every link starts with.
const VERSION: &str = "v1";
/// How many letters of a hash are enough to tell things apart.
const LETTERS: usize = 12;

/// A link, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The name of the scenario.
    pub scenario: String,
    /// The hash of its text.
    pub hash: String,
    /// The answers to the assumptions that it touches.
    pub answers: BTreeMap<String, String>,
    /// The hash of the state in which it starts.
    pub initial: String,
    /// The hash of the state in which it ends.
    pub end: String,
    /// The names of the steps.
    pub steps: Vec<String>,
}

/// Why a link leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError(pub String);

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The link to a way.
#[must_use]
pub fn to(walk: &Walk) -> String {
    let spec = &walk.origin.spec;
    let world = &walk.origin.world;
    let end = walk.end();
    let answers = answers(world, &spec.touches());
    let answers: Vec<String> =
        answers.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let steps: Vec<String> = walk.names().map(escaped).collect();
    [
        VERSION.to_owned(),
        escaped(&spec.name),
        hash_of(spec),
        answers.join(","),
        state_hash(world, &walk.origin.initial),
        state_hash(&end.world, &end.state),
        steps.join(","),
    ]
    .join("/")
}

/// Takes a link apart.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Link, LinkError> {
    let text = text.trim_start_matches('#');
    let parts: Vec<&str> = text.split('/').collect();
    let [VERSION, scenario, hash, answers, initial, end, steps] = parts[..] else {
        return Err(LinkError("this is no link of the explorer: it may have been cut off".to_owned()));
    };
    let listed = |text: &str| -> Result<Vec<String>, LinkError> {
        text.split(',').filter(|part| !part.is_empty()).map(unescaped).collect()
    };
    let answer = |pair: &str| {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| LinkError(format!("`{pair}` in the link is no answer")))?;
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

/// The answers of a link to all assumptions.
///
/// # Errors
/// What in them is no answer of this program.
pub fn assumptions(named: &BTreeMap<String, String>) -> Result<Assumptions, LinkError> {
    named.iter().try_fold(Assumptions::default(), |all, (name, value)| {
        let one = Assumption::ALL.into_iter().find(|one| one.name() == name);
        let one = one.ok_or_else(|| LinkError(format!("this program knows no assumption `{name}`")))?;
        let answer = one.values().iter().position(|known| known == value);
        let answer = answer.and_then(|place| AssumptionAnswer::try_from(place).ok());
        let answer = answer.ok_or_else(|| LinkError(format!("`{value}` is no answer to {name}")))?;
        Ok(all.with(one, answer))
    })
}

/// What tells a scenario from every other: its text, with all that it names.
#[must_use]
pub fn hash_of(spec: &Spec) -> String {
    let from = spec.from.as_ref().map(|earlier| hash_of(earlier)).unwrap_or_default();
    short(&format!("{}\n{from}", spec.text))
}

/// What tells a state from every other.
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

/// A name in which nothing has a meaning for a link or for an address.
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
    let wrong = || LinkError(format!("`{text}` in the link cannot be read"));
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
