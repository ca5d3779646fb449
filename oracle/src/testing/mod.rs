//! Model-based tests for authors of mail systems in Rust: [proptest] drives your mailbox store and directory, and the oracle
//! judges them, without a process and without a protocol. This module builds on [`crate::adapter`] and [`crate::oracle`].
//!
//! Add `stranded-oracle` with the feature `proptest`, `stranded-search` and `proptest` to the `[dev-dependencies]` of your
//! crate. Then use:
//!
//! * [`MailSystem`]: a trait with a few methods for your system. [`Adapted`] makes an implementation of it. A system that
//!   supports more, single steps for example, implements [`crate::adapter::Implementation`] itself.
//! * [`operations()`]: a strategy for lists of operations that are possible in a scenario, and stay possible when they shrink.
//!   [`check`] performs a list and judges it. [`examine`] does both, for many lists.
//! * [`History`]: for calls that overlap, from several threads for example: some interleaving must explain them.
//!
//! # A mailbox store under test
//!
//! ```
//! use std::collections::{BTreeMap, BTreeSet};
//!
//! use stranded_oracle::testing::{Adapted, ExamineOptions, MailSystem, examine};
//! use stranded_oracle::oracle::CaseVerdict;
//! use stranded_search::scenario::load_scenario;
//! use stranded_oracle::protocol::{Greeting, Outcome, RunRequest};
//!
//! /// A few stores, and one directory.
//! #[derive(Default)]
//! struct Site {
//!     stores: BTreeMap<(String, String), BTreeSet<String>>,
//!     homes: BTreeMap<String, String>,
//!     /// The mistake of this example: the directory is never switched.
//!     forgets_the_directory: bool,
//! }
//!
//! impl MailSystem for Site {
//!     fn reset(&mut self, greeting: &Greeting) {
//!         let home = |mailbox: &String| (mailbox.clone(), greeting.home.clone());
//!         self.homes = greeting.mailboxes.iter().map(home).collect();
//!         self.stores.clear();
//!     }
//!
//!     fn deliver(&mut self, mailbox: &str, message: &str, _by: &str) -> Outcome {
//!         let home = self.homes[mailbox].clone();
//!         self.stores.entry((home, mailbox.to_owned())).or_default().insert(message.to_owned());
//!         Outcome::Ok
//!     }
//!
//!     fn run(&mut self, run: &RunRequest) -> Outcome {
//!         if self.homes[&run.mailbox] != run.from {
//!             return Outcome::Refused;
//!         }
//!         let mail = self.stores.remove(&(run.from.clone(), run.mailbox.clone())).unwrap_or_default();
//!         self.stores.insert((run.to.clone(), run.mailbox.clone()), mail);
//!         if !self.forgets_the_directory {
//!             self.homes.insert(run.mailbox.clone(), run.to.clone());
//!         }
//!         Outcome::Ok
//!     }
//!
//!     fn store(&self, server: &str, mailbox: &str) -> Option<Vec<String>> {
//!         let found = self.stores.get(&(server.to_owned(), mailbox.to_owned()));
//!         found.map(|messages| messages.iter().cloned().collect())
//!     }
//!
//!     fn home(&self, _server: &str, mailbox: &str) -> Option<String> {
//!         self.homes.get(mailbox).cloned()
//!     }
//! }
//!
//! // Without the mistake the store conforms.
//! let spec = load_scenario("move").expect("it is built in");
//! examine(&spec, &ExamineOptions::default(), || Adapted::new(Site::default())).expect("it conforms");
//!
//! // With the mistake a move reports ok and did not move the home. The failing list is as short as possible.
//! let wrong = || Adapted::new(Site { forgets_the_directory: true, ..Site::default() });
//! let failed = examine(&spec, &ExamineOptions::default(), wrong).expect_err("it does not conform");
//! assert_eq!(failed.verdict(), Some(CaseVerdict::FalseSuccess));
//! assert_eq!(failed.operations().len(), 1, "{failed}");
//! ```
//!
//! Inside `proptest!`, `?` turns an error of [`check`] into a failed case, which proptest shrinks and saves:
//!
//! ```
//! # use stranded_oracle::adapter::Reference;
//! use proptest::prelude::*;
//! use stranded_oracle::testing::{check, operations};
//! use stranded_search::scenario::load_scenario;
//!
//! proptest! {
//!     # #![proptest_config(ProptestConfig { failure_persistence: None, cases: 20, ..ProptestConfig::default() })]
//!     # /*
//!     #[test]
//!     # */
//!     fn my_move_conforms(list in operations(&load_scenario("second-move").expect("it is built in"), 12)) {
//!         let spec = load_scenario("second-move").expect("it is built in");
//!         let mut system = Reference::new(&spec, 0).expect("the model itself");
//!         check(&spec, &mut system, &list)?;
//!     }
//! }
//! my_move_conforms();
//! ```
//!
//! # Verdicts
//! A list passes if the model explains all answers and observations, and no property is violated that the scenario does not
//! expect to be violated. The scenario defines the allowed actions: `move` delivers, moves and moves again; in `move-under-mail`
//! mail arrives after the move. `stranded list` shows all scenarios; a scenario file of your own works, too.

mod check;
mod examine;
mod history;
mod operations;
mod system;

pub use self::check::{CheckFailure, FailureReason, check};
pub use self::examine::{ExamineOptions, examine};
pub use self::history::{CallId, History};
pub use self::operations::{Operations, OperationsStrategy, OperationsTree, operations};
pub use self::system::{Adapted, MailSystem};
