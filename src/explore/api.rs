//! The endpoint of a served explorer: the queries of the page and their answers. The server keeps no state of a page between two
//! queries; a link identifies a trace.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::formats::trace::TraceFormat;
use stranded_search::scenario::{Spec, builtin};

use super::advice;
use super::checks::{self, Checks};
use super::detail::{Detail, OutlookView, Outlooks};
use super::document::{About, Document, document};
use super::dropped::{self, Dropped};
use super::exported;
use super::front_page;
use super::library::Library;
use super::link::LinkError;
use super::open_trace::OpenTrace;

/// A query of the page.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Query {
    /// The list of scenarios, and the document of the command line.
    Catalogue,
    /// The second move of the article, and the same with the correct move.
    Pair,
    /// The start of a scenario.
    Open {
        /// The name.
        scenario: String,
    },
    /// The worst counterexample of a scenario, or its start if a short check finds none.
    Worst {
        /// The name.
        scenario: String,
    },
    /// The trace of a link.
    Follow {
        /// The link.
        link: String,
        /// The property that it violates, if a check found it.
        property: Option<String>,
    },
    /// A fork of a trace by another step.
    Fork {
        /// The link to the trace.
        link: String,
        /// The moment.
        at: usize,
        /// The name of the step.
        action: String,
    },
    /// A fork of a trace by another procedure, which runs to its end.
    Apply {
        /// The link to the trace.
        link: String,
        /// The moment.
        at: usize,
        /// The procedure.
        procedure: String,
    },
    /// A fork of a trace in which the running procedures run to their end, undisturbed.
    RunOn {
        /// The link to the trace.
        link: String,
        /// The moment.
        at: usize,
    },
    /// The details of a moment.
    Moment {
        /// The link to the trace.
        link: String,
        /// The moment.
        at: usize,
    },
    /// Advice on a moment.
    Advise {
        /// The link to the trace.
        link: String,
        /// The moment.
        at: usize,
    },
    /// A trace in the format of another program.
    Export {
        /// The link to the trace.
        link: String,
        /// The format.
        form: TraceFormat,
        /// The property that it violates, if a check found it.
        property: Option<String>,
    },
    /// The start of a check of the scenario of a trace, or of a named scenario.
    Check {
        /// The link to the trace.
        link: Option<String>,
        /// The scenario.
        scenario: Option<String>,
    },
    /// The progress of a check.
    Progress {
        /// The number of the check.
        check: u64,
    },
    /// The cancellation of a check.
    Cancel {
        /// The number of the check.
        check: u64,
    },
    /// The content of a file.
    Drop {
        /// The name.
        name: String,
        /// The text of the file.
        text: String,
        /// The trace of a report, as `scenario/property`.
        part: Option<String>,
    },
}

/// The state of a served explorer.
#[derive(Debug, Default)]
pub struct Explorer {
    /// The scenarios.
    pub library: Arc<Library>,
    /// The running and finished checks.
    pub checks: Checks,
    /// The document of the command line.
    pub opened: OnceLock<Value>,
    pair: OnceLock<Result<Value, LinkError>>,
}

impl Explorer {
    /// Answers a query.
    ///
    /// # Errors
    /// The reason why there is no answer, as text for the page.
    pub fn answer(&self, query: Query) -> Result<Value, LinkError> {
        match query {
            Query::Catalogue => Ok(self.catalogue()),
            Query::Pair => self.pair(),
            Query::Open { scenario } => self.open(&self.library.named(&scenario)?),
            Query::Worst { scenario } => self.open_worst(&self.library.named(&scenario)?),
            Query::Follow { link, property } => {
                let trace = self.library.follow(&link)?;
                let title = property.clone().unwrap_or_else(|| trace.origin.spec.name.clone());
                Ok(document_answer(&trace, About { title, property, ..About::default() }))
            }
            Query::Fork { link, at, action } => {
                self.fork(&link, at, || format!("another step after {at}"), |trace| trace.take(&action))
            }
            Query::Apply { link, at, procedure } => {
                self.fork(&link, at, || format!("{procedure} at step {at}"), |trace| trace.apply(&procedure))
            }
            Query::RunOn { link, at } => {
                self.fork(&link, at, || format!("undisturbed from step {at}"), OpenTrace::run_on)
            }
            Query::Moment { link, at } => {
                let trace = self.at(&link, at)?;
                let outlook = Outlooks::new(&trace.origin.spec).at(trace.end());
                Ok(json!({"detail": Detail::of(&trace, at), "outlook": OutlookView::of(&outlook)}))
            }
            Query::Advise { link, at } => Ok(json!({"advice": advice::at(&self.at(&link, at)?)?})),
            Query::Export { link, form, property } => {
                Ok(json(&exported::export(&self.library.follow(&link)?, form, property.as_deref())?))
            }
            Query::Check { link, scenario } => {
                let spec = match (link, scenario) {
                    (Some(link), _) => self.library.follow(&link)?.origin.spec,
                    (None, Some(name)) => self.library.named(&name)?,
                    (None, None) => return Err(LinkError("expected a link or a scenario to check".to_owned())),
                };
                let number = self.checks.start(&self.library, spec)?;
                Ok(json(&self.checks.progress(number)?))
            }
            Query::Progress { check } => Ok(json(&self.checks.progress(check)?)),
            Query::Cancel { check } => {
                self.checks.cancel(check);
                Ok(json(&self.checks.progress(check)?))
            }
            Query::Drop { name, text, part } => self.show(&name, &text, part.as_deref()),
        }
    }

    /// Returns the start of a scenario, as an answer.
    ///
    /// # Errors
    /// The reason why it does not start.
    pub fn open(&self, spec: &Arc<Spec>) -> Result<Value, LinkError> {
        let trace = self.library.start(spec)?;
        Ok(document_answer(&trace, About { title: spec.name.clone(), ..About::default() }))
    }

    /// Returns the worst counterexample of a scenario, or its start if a short check finds none, as an answer.
    ///
    /// # Errors
    /// The reason why it does not start.
    pub fn open_worst(&self, spec: &Arc<Spec>) -> Result<Value, LinkError> {
        match checks::worst(&self.library, spec) {
            Some((trace, about)) => Ok(document_answer(&trace, about)),
            None => self.open(spec),
        }
    }

    /// Returns the trace, the choice of traces or the run in a file, as an answer.
    ///
    /// # Errors
    /// The error in the file.
    pub fn show(&self, name: &str, text: &str, part: Option<&str>) -> Result<Value, LinkError> {
        Ok(match dropped::read(&self.library, name, text, part)? {
            Dropped::Trace(trace, about) => document_answer(&trace, about),
            Dropped::Choice(parts) => json!({"choice": parts}),
            Dropped::Run(run) => json!({"run": run}),
        })
    }

    /// Returns the second move of the article and the correct one. Both are computed once.
    ///
    /// # Errors
    /// The reason why they are not available.
    pub fn pair(&self) -> Result<Value, LinkError> {
        let pair = || {
            let (faulty, correct) = front_page::pair(&self.library)?;
            let about = |title: &str| About { title: title.to_owned(), ..About::default() };
            let faulty = document(&faulty, about("The faulty move"));
            let correct = document(&correct, about("The correct move"));
            Ok(json!({"pair": [faulty, correct]}))
        };
        self.pair.get_or_init(pair).clone()
    }

    fn catalogue(&self) -> Value {
        let entry = |builtin: &builtin::Builtin| {
            let spec = self.library.named(builtin.name).ok()?;
            Some(json!({"name": spec.name, "family": spec.family.name(), "question": spec.question}))
        };
        let scenarios: Vec<Value> = builtin::scenarios().iter().filter_map(entry).collect();
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model_hash": stranded_search::model_hash(),
            "scenarios": scenarios,
            "opened": self.opened.get(),
        })
    }

    fn at(&self, link: &str, at: usize) -> Result<OpenTrace, LinkError> {
        let trace = self.library.follow(link)?;
        if at >= trace.visited.len() {
            return Err(LinkError(format!("the trace has {} steps; there is no step {at}", trace.visited.len() - 1)));
        }
        Ok(trace.until(at))
    }

    fn fork(
        &self,
        link: &str,
        at: usize,
        title: impl FnOnce() -> String,
        extend: impl FnOnce(&mut OpenTrace) -> Result<(), super::open_trace::NotTaken>,
    ) -> Result<Value, LinkError> {
        let mut trace = self.at(link, at)?;
        extend(&mut trace).map_err(|error| LinkError(error.to_string()))?;
        Ok(document_answer(&trace, About { title: title(), forked_at: Some(at), ..About::default() }))
    }
}

fn document_answer(trace: &OpenTrace, about: About) -> Value {
    let document: Document = document(trace, about);
    json!({"document": document})
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("every answer can be written as JSON")
}
