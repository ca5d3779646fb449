//! The one endpoint of a served explorer: what a page can ask, and what it is answered. Nothing is kept of a page between two
//! questions; a way is named by its link.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::formats::trace::Form;
use stranded_search::scenario::{Spec, builtin};

use super::advice;
use super::checks::Checks;
use super::detail::{Detail, Outlook, Outlooks};
use super::document::{About, Document, document};
use super::dropped::{self, Dropped};
use super::exported;
use super::front_page;
use super::library::Library;
use super::link::LinkError;
use super::walk::Walk;

/// A question of a page.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Question {
    /// Which scenarios there are, and what was named on the command line.
    Catalogue,
    /// The article's second move, and the same with the correct move.
    Pair,
    /// Where a scenario starts.
    Open {
        /// Its name.
        scenario: String,
    },
    /// The way of a link.
    Follow {
        /// The link.
        link: String,
    },
    /// Another step at some moment of a way.
    Fork {
        /// The way.
        link: String,
        /// The moment.
        at: usize,
        /// The name of the step.
        action: String,
    },
    /// Another procedure at some moment of a way, run to its end.
    Apply {
        /// The way.
        link: String,
        /// The moment.
        at: usize,
        /// The procedure.
        procedure: String,
    },
    /// What runs at some moment of a way goes on undisturbed.
    GoOn {
        /// The way.
        link: String,
        /// The moment.
        at: usize,
    },
    /// More about a moment.
    Moment {
        /// The way.
        link: String,
        /// The moment.
        at: usize,
    },
    /// What is safe to run at a moment.
    Advise {
        /// The way.
        link: String,
        /// The moment.
        at: usize,
    },
    /// A way in a form of other programs.
    Export {
        /// The way.
        link: String,
        /// The form.
        form: Form,
    },
    /// Start a check of the scenario of a way, or of this name.
    Check {
        /// The way.
        link: Option<String>,
        /// The scenario.
        scenario: Option<String>,
    },
    /// How far a check is.
    Progress {
        /// Its number.
        check: u64,
    },
    /// End a check.
    Cancel {
        /// Its number.
        check: u64,
    },
    /// Show a file.
    Drop {
        /// Its name.
        name: String,
        /// What is in it.
        text: String,
        /// Which trace of a report is meant.
        part: Option<String>,
    },
}

/// What a served explorer knows.
#[derive(Debug, Default)]
pub struct Explorer {
    /// The scenarios.
    pub library: Arc<Library>,
    /// The checks that were started.
    pub checks: Checks,
    /// What was named on the command line.
    pub opened: OnceLock<Value>,
    pair: OnceLock<Result<Value, LinkError>>,
}

impl Explorer {
    /// Answers a question.
    ///
    /// # Errors
    /// Why there is no answer, in words for whoever looks at the page.
    pub fn answer(&self, question: Question) -> Result<Value, LinkError> {
        match question {
            Question::Catalogue => Ok(self.catalogue()),
            Question::Pair => self.pair(),
            Question::Open { scenario } => self.open(&self.library.named(&scenario)?),
            Question::Follow { link } => {
                let walk = self.library.follow(&link)?;
                Ok(reported(&walk, About { title: walk.origin.spec.name.clone(), ..About::default() }))
            }
            Question::Fork { link, at, action } => {
                self.fork(&link, at, format!("another step {}", at + 1), |walk| walk.take(&action))
            }
            Question::Apply { link, at, procedure } => {
                self.fork(&link, at, format!("{procedure} at step {at}"), |walk| walk.apply(&procedure))
            }
            Question::GoOn { link, at } => self.fork(&link, at, format!("undisturbed from step {at}"), Walk::run_on),
            Question::Moment { link, at } => {
                let walk = self.at(&link, at)?;
                let outlook = Outlooks::new(&walk.origin.spec).at(walk.end());
                Ok(json!({"detail": Detail::of(&walk, at), "outlook": Outlook::of(&outlook)}))
            }
            Question::Advise { link, at } => Ok(json!({"advice": advice::at(self.at(&link, at)?.end())?})),
            Question::Export { link, form } => Ok(json(&exported::export(&self.library.follow(&link)?, form)?)),
            Question::Check { link, scenario } => {
                let spec = match (link, scenario) {
                    (Some(link), _) => self.library.follow(&link)?.origin.spec,
                    (None, Some(name)) => self.library.named(&name)?,
                    (None, None) => return Err(LinkError("say what to check".to_owned())),
                };
                let number = self.checks.start(&self.library, spec)?;
                Ok(json(&self.checks.standing(number)?))
            }
            Question::Progress { check } => Ok(json(&self.checks.standing(check)?)),
            Question::Cancel { check } => {
                self.checks.cancel(check);
                Ok(json(&self.checks.standing(check)?))
            }
            Question::Drop { name, text, part } => self.show(&name, &text, part.as_deref()),
        }
    }

    /// Where a scenario starts, as an answer.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn open(&self, spec: &Arc<Spec>) -> Result<Value, LinkError> {
        let walk = self.library.start(spec)?;
        Ok(reported(&walk, About { title: spec.name.clone(), ..About::default() }))
    }

    /// What a file shows, as an answer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn show(&self, name: &str, text: &str, part: Option<&str>) -> Result<Value, LinkError> {
        Ok(match dropped::read(&self.library, name, text, part)? {
            Dropped::Path(walk, title, repeats_from) => reported(&walk, About { title, repeats_from, forked_at: None }),
            Dropped::Choice(parts) => json!({"choice": parts}),
            Dropped::Run(run) => json!({"run": run}),
        })
    }

    /// The article's second move and the correct one; told once.
    ///
    /// # Errors
    /// Why they cannot be told.
    pub fn pair(&self) -> Result<Value, LinkError> {
        let body = || {
            let (faulty, correct) = front_page::pair(&self.library)?;
            let about = |title: &str| About { title: title.to_owned(), ..About::default() };
            let faulty = document(&faulty, about("The faulty move"));
            let correct = document(&correct, about("The correct move"));
            Ok(json!({"pair": [faulty, correct]}))
        };
        self.pair.get_or_init(body).clone()
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

    fn at(&self, link: &str, at: usize) -> Result<Walk, LinkError> {
        let walk = self.library.follow(link)?;
        if at >= walk.stops.len() {
            return Err(LinkError(format!("the way has {} steps, there is none of number {at}", walk.stops.len() - 1)));
        }
        Ok(walk.until(at))
    }

    fn fork(
        &self,
        link: &str,
        at: usize,
        title: String,
        go: impl FnOnce(&mut Walk) -> Result<(), super::walk::NotTaken>,
    ) -> Result<Value, LinkError> {
        let mut walk = self.at(link, at)?;
        go(&mut walk).map_err(|why| LinkError(why.to_string()))?;
        Ok(reported(&walk, About { title, repeats_from: None, forked_at: Some(at) }))
    }
}

fn reported(walk: &Walk, about: About) -> Value {
    let reported: Document = document(walk, about);
    json!({"document": reported})
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("every answer can be written as JSON")
}
