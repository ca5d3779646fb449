//! A recording of an implementation, as a file: the events, the scenario that judges them, and the hash of the model. It
//! is sufficient for judging the events again, and for repeating it.

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_model::World;
use stranded_model::action::ActionKind;
use stranded_model::assumption::Assumptions;

use crate::oracle::{Against, CaseVerdict, Conformance, Judgement, Oracle, OracleOptions};
use crate::protocol::{Capabilities, Event, Observation, Operation, RUN};
use stranded_search::FORMAT_VERSION;
use stranded_search::scenario::{self, Spec};

use super::session::SessionRun;

/// The key `kind` of a recording.
pub const KIND: &str = "conformance-run";

/// Checks the version of a recording before it is read as a [`Recording`]. A file without the key `format` has format 1.
///
/// # Errors
/// The recording has another format.
pub fn check_format(text: &str) -> Result<(), RecordingError> {
    #[derive(Deserialize)]
    struct Format {
        kind: Option<String>,
        #[serde(default = "first")]
        format: u64,
    }
    fn first() -> u64 {
        1
    }
    match serde_json::from_str::<Format>(text) {
        Ok(Format { kind, .. }) if kind.as_deref() != Some(KIND) => {
            let says = "this is not a recording of stranded; `stranded conform --save DIR` writes recordings";
            Err(RecordingError::File(says.to_owned()))
        }
        Ok(Format { format, .. }) if format != FORMAT_VERSION => Err(RecordingError::File(format!(
            "this is a recording of format {format}; this version of stranded reads format {FORMAT_VERSION}"
        ))),
        // Another error is reported when the whole file is read.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A recording of an implementation: the events of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Version of the format; see [`check_format`].
    pub format: u64,
    /// Always `conformance-run`.
    pub kind: String,
    /// Version of `stranded` that wrote the file.
    pub version: String,
    /// Hash of the model that judged the case.
    pub model_hash: String,
    /// Name of the scenario.
    pub scenario: String,
    /// The scenario as TOML, self-contained.
    pub scenario_toml: String,
    /// Name of the implementation.
    pub implementation: String,
    /// The procedure that the implementation claims to implement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implements: Option<String>,
    /// Kinds of action that could happen unobserved.
    pub unseen: Vec<String>,
    /// True if only observations were judged, not answers.
    #[serde(default)]
    pub safety_only: bool,
    /// The verdict of the case.
    pub verdict: String,
    /// The finding, as a sentence.
    pub says: String,
    /// The violated property, if the finding is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The events, in order.
    pub steps: Vec<RecordedStep>,
}

/// One event of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedStep {
    /// The event.
    pub event: Event,
    /// Differences between the observation and the model, for the event that the model does not explain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Against>,
    /// Reasons why the model does not allow it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<String>,
}

/// Reason why a recording cannot be judged again.
#[derive(Debug)]
pub enum RecordingError {
    /// The scenario has errors.
    Scenario(scenario::Diagnostics),
    /// The file is inconsistent, or has another format.
    File(String),
    /// Another version of the model judged it.
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
            let here = failure.filter(|failure| failure.in_case == index);
            RecordedStep {
                event: event.clone(),
                against: here.map_or_else(Vec::new, |failure| failure.against.clone()),
                guards: here.map_or_else(Vec::new, |failure| failure.guards.clone()),
            }
        };
        let says = match &finding {
            Some(finding) => finding.says.clone(),
            None => "the model does not explain the observation".to_owned(),
        };
        Self {
            format: FORMAT_VERSION,
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

    /// Initial observation of each mailbox.
    #[must_use]
    pub fn start(&self) -> BTreeMap<String, Observation> {
        let first = self.steps.first().map(|step| &step.event);
        if let Some(Event::Reset { start }) = first { start.clone() } else { BTreeMap::new() }
    }

    /// The operations, in order.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.steps.iter().filter_map(|step| match &step.event {
            Event::Did { operation, .. } | Event::Call { operation, .. } => Some(operation),
            Event::Reset { .. } | Event::Return { .. } | Event::Observed { .. } => None,
        })
    }

    /// The scenario and the options of the judgement.
    ///
    /// # Errors
    /// The reason why it cannot be judged again.
    pub fn judged_by(&self) -> Result<(Spec, OracleOptions), RecordingError> {
        if self.kind != KIND {
            return Err(RecordingError::File(format!("`kind` is `{}`; expected `{KIND}`", self.kind)));
        }
        if self.format != FORMAT_VERSION {
            return Err(RecordingError::File(format!("`format` is {}; expected {FORMAT_VERSION}", self.format)));
        }
        if !CaseVerdict::ALL.into_iter().any(|verdict| verdict.name() == self.verdict) {
            let names = CaseVerdict::ALL.map(CaseVerdict::name).join(", ");
            return Err(RecordingError::File(format!("`verdict` is `{}`; expected one of {names}", self.verdict)));
        }
        let mut events = self.steps.iter().map(|step| &step.event);
        let is_reset = |event: &Event| matches!(event, Event::Reset { .. });
        if !events.next().is_some_and(is_reset) || events.any(is_reset) {
            let says = "`steps` does not begin with `reset`, or has a second one; expected the events of one case";
            return Err(RecordingError::File(says.to_owned()));
        }
        if self.model_hash != stranded_search::model_hash() {
            let now = stranded_search::model_hash();
            let says = format!(
                "another version of the model judged it ({}; this is {now}), so its verdict may be out of date: \
                 drive the implementation again",
                self.model_hash
            );
            return Err(RecordingError::Stale(says));
        }
        let alone = |path: &str| {
            Err(io::Error::new(io::ErrorKind::NotFound, format!("a recording cannot refer to the file {path}")))
        };
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

    /// Checks that the scenario has every operation that the recording repeats.
    fn has_operations_of(&self, spec: &Spec) -> Result<(), RecordingError> {
        let world = World::new(&spec.scenario, Assumptions::default());
        let kinds: Vec<&str> = world.kinds().into_iter().map(ActionKind::name).chain([RUN]).collect();
        let dies = kinds.contains(&ActionKind::Die.name());
        for (index, step) in self.steps.iter().enumerate() {
            let (Event::Did { operation, .. } | Event::Call { operation, .. }) = &step.event else { continue };
            let action = operation.action();
            if !kinds.contains(&action) {
                let says = format!("steps[{index}]: the scenario {} has no `{action}`", spec.name);
                return Err(RecordingError::File(says));
            }
            if matches!(operation, Operation::Run { crash: true, .. }) && !dies {
                let says = format!("steps[{index}]: no program dies in the scenario {}, so no run crashes", spec.name);
                return Err(RecordingError::File(says));
            }
        }
        Ok(())
    }

    /// Judges the recording again.
    ///
    /// # Errors
    /// The reason why it cannot be judged again.
    pub fn judge(&self) -> Result<Judgement, RecordingError> {
        let (spec, options) = self.judged_by()?;
        let mut oracle =
            Oracle::new(&spec, options).map_err(|truncated| RecordingError::File(truncated.to_string()))?;
        for (index, step) in self.steps.iter().enumerate() {
            oracle.take(&step.event).map_err(|wrong| RecordingError::File(format!("steps[{index}]: {wrong}")))?;
        }
        Ok(oracle.judgement())
    }

    /// Checks that the recording can be repeated: its events fit its scenario, and show its verdict.
    ///
    /// # Errors
    /// The reason why it cannot be repeated.
    pub fn check(&self) -> Result<(), RecordingError> {
        self.has_operations_of(&self.judged_by()?.0)?;
        let judgement = self.judge()?;
        let of_model = match &judgement.conformance {
            Conformance::Nonconforming(failure) if failure.is_bounce => Some(CaseVerdict::Bounced),
            Conformance::Nonconforming(_) => Some(CaseVerdict::Nonconforming),
            Conformance::Conforming | Conformance::Inconclusive(_) | Conformance::NotJudged => None,
        };
        let findings = judgement.findings.iter().filter(|finding| !finding.is_expected).map(|finding| finding.verdict);
        if findings.chain(of_model).any(|shown| shown.name() == self.verdict) {
            return Ok(());
        }
        let says = format!("`verdict` is `{}`, but the events in `steps` do not show it", self.verdict);
        Err(RecordingError::File(says))
    }
}
