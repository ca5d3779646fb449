//! A run of an implementation as a file: what was asked and answered, the scenario that it is judged by, and the model that
//! judged it. Nothing else is needed to judge it again, or to ask an implementation the same again.

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_model::action::ActionKind;

use crate::oracle::{Against, CaseVerdict, Judgement, Oracle, OracleOptions};
use crate::protocol::{Capabilities, Event, Observation, Operation};
use stranded_search::scenario::{self, Spec};

use super::session::SessionRun;

/// What such a file says that it is.
pub const KIND: &str = "conformance-run";

/// A run of an implementation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Always `conformance-run`.
    pub kind: String,
    /// The version of the program that wrote it.
    pub version: String,
    /// The model that judged it.
    pub model_hash: String,
    /// The name of the scenario.
    pub scenario: String,
    /// The scenario's file, self-contained.
    pub scenario_toml: String,
    /// What the implementation calls itself.
    pub implementation: String,
    /// The procedure that it says it is an implementation of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implements: Option<String>,
    /// The kinds of action that could happen unseen.
    pub unseen: Vec<String>,
    /// Whether what was seen was judged alone.
    #[serde(default)]
    pub safety_only: bool,
    /// The verdict that it shows.
    pub verdict: String,
    /// What was found, in a sentence.
    pub says: String,
    /// The property that is broken, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// What was asked, answered and seen.
    pub steps: Vec<RecordedStep>,
}

/// One event of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedStep {
    /// The event.
    pub event: Event,
    /// Where it is what the model does not explain: what was seen, against what is allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Against>,
    /// What forbids it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<String>,
}

/// Why a recorded run cannot be judged again.
#[derive(Debug)]
pub enum RecordingError {
    /// Its scenario is wrong.
    Scenario(scenario::Diagnostics),
    /// The file says something that does not belong together.
    File(String),
    /// Another model judged it.
    Stale(String),
}

impl Recording {
    pub(super) fn of(
        spec: &Spec,
        capabilities: &Capabilities,
        options: &OracleOptions,
        verdict: CaseVerdict,
        run: &SessionRun,
    ) -> Self {
        let finding =
            run.unexpected.iter().find(|(shown, _)| *shown == verdict).and_then(|(_, finding)| finding.clone());
        let failure = run.failure.as_ref();
        let step = |(index, event): (usize, &Event)| {
            let here = failure.filter(|failure| failure.in_run == index);
            RecordedStep {
                event: event.clone(),
                against: here.map_or_else(Vec::new, |failure| failure.against.clone()),
                guards: here.map_or_else(Vec::new, |failure| failure.guards.clone()),
            }
        };
        let says = match &finding {
            Some(finding) => finding.says.clone(),
            None => "the model does not explain what was seen".to_owned(),
        };
        Self {
            kind: KIND.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model_hash: stranded_search::model_hash(),
            scenario: spec.name.clone(),
            scenario_toml: spec.text.clone(),
            implementation: capabilities.name.clone(),
            implements: capabilities.implements.clone(),
            unseen: options.unseen.iter().map(|kind| kind.name().to_owned()).collect(),
            safety_only: options.safety_only,
            verdict: verdict.name().to_owned(),
            says,
            property: finding.and_then(|finding| finding.property).map(|property| property.name().to_owned()),
            steps: run.events.iter().enumerate().map(step).collect(),
        }
    }

    /// How each mailbox is set up at first.
    #[must_use]
    pub fn start(&self) -> BTreeMap<String, Observation> {
        let first = self.steps.first().map(|step| &step.event);
        if let Some(Event::Reset { start }) = first { start.clone() } else { BTreeMap::new() }
    }

    /// What was asked, in order.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.steps.iter().filter_map(|step| match &step.event {
            Event::Did { operation, .. } | Event::Call { operation, .. } => Some(operation),
            Event::Reset { .. } | Event::Return { .. } | Event::Observed { .. } => None,
        })
    }

    /// The scenario that it is judged by, and how.
    ///
    /// # Errors
    /// Why it cannot be judged again.
    pub fn judged_by(&self) -> Result<(Spec, OracleOptions), RecordingError> {
        if self.kind != KIND {
            return Err(RecordingError::File(format!("`kind` is `{}`; a recorded run says `{KIND}`", self.kind)));
        }
        if self.model_hash != stranded_search::model_hash() {
            let now = stranded_search::model_hash();
            let says = format!(
                "it was judged by another version of the model ({}; this is {now}), so what it was found to be may not be so any \
                 more: drive the implementation again",
                self.model_hash
            );
            return Err(RecordingError::Stale(says));
        }
        let alone =
            |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("a recorded run has no file {path}")));
        let spec =
            scenario::parse_scenario("scenario_toml", &self.scenario_toml, &alone).map_err(RecordingError::Scenario)?;
        if self.scenario != spec.name {
            let says = "expected the name that `scenario_toml` gives";
            return Err(RecordingError::File(format!(
                "`scenario` is `{}`; {says}, which is `{}`",
                self.scenario, spec.name
            )));
        }
        let spec = match &self.implements {
            None => spec,
            Some(name) => scenario::with_procedure(&spec, name).map_err(RecordingError::File)?,
        };
        let kind = |name: &String| {
            let found = ActionKind::ALL.into_iter().find(|kind| kind.name() == name);
            found.ok_or_else(|| RecordingError::File(format!("unseen: there is no action `{name}`")))
        };
        let options = OracleOptions {
            unseen: self.unseen.iter().map(kind).collect::<Result<_, _>>()?,
            safety_only: self.safety_only,
            keeps_expectations: self.implements.is_none(),
            ..OracleOptions::default()
        };
        Ok((spec, options))
    }

    /// Judges what was recorded once more.
    ///
    /// # Errors
    /// Why it cannot be judged again.
    pub fn judge(&self) -> Result<Judgement, RecordingError> {
        let (spec, options) = self.judged_by()?;
        let mut oracle =
            Oracle::new(&spec, options).map_err(|truncated| RecordingError::File(truncated.to_string()))?;
        for (index, step) in self.steps.iter().enumerate() {
            oracle.take(&step.event).map_err(|wrong| RecordingError::File(format!("steps[{index}]: {wrong}")))?;
        }
        Ok(oracle.judgement())
    }
}
