//! The model as a reference for the tests of a Rust author: his own mailbox store and directory are driven by [proptest] and
//! judged here, without a process and without a wire. It builds on [`crate::adapter`] and [`crate::oracle`], and knows no
//! command line.
//!
//! Add `stranded` and `proptest` to the `[dev-dependencies]` of your crate. Then there are three things to use:
//!
//! * [`MailSystem`] is what your system can do: a handful of methods. [`Adapted`] makes an implementation of it. Whoever can do
//!   more, single steps for example, implements [`crate::adapter::Implementation`] himself.
//! * [`deeds`] is a strategy: lists of things to do, all possible in a scenario, which stay possible when they shrink. [`check`]
//!   does such a list and says what is wrong. [`examine`] is both, for many lists.
//! * [`History`] is for calls that overlap, from several threads for example: it says whether some interleaving explains them.
//!
//! # A mailbox store under test
//!
//! ```
//! use std::collections::{BTreeMap, BTreeSet};
//!
//! use stranded::conformance::{Adapted, Examination, MailSystem, examine};
//! use stranded::oracle::Word;
//! use stranded::scenario::load_scenario;
//! use stranded::wire::{Done, Greeting, deed::Run};
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
//!     fn deliver(&mut self, mailbox: &str, message: &str, _by: &str) -> Done {
//!         let home = self.homes[mailbox].clone();
//!         self.stores.entry((home, mailbox.to_owned())).or_default().insert(message.to_owned());
//!         Done::Ok
//!     }
//!
//!     fn run(&mut self, run: &Run) -> Done {
//!         if self.homes[&run.mailbox] != run.from {
//!             return Done::Refused;
//!         }
//!         let mail = self.stores.remove(&(run.from.clone(), run.mailbox.clone())).unwrap_or_default();
//!         self.stores.insert((run.to.clone(), run.mailbox.clone()), mail);
//!         if !self.forgets_the_directory {
//!             self.homes.insert(run.mailbox.clone(), run.to.clone());
//!         }
//!         Done::Ok
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
//! // A store without the mistake does what the model allows, whatever is asked of it.
//! let spec = load_scenario("move").expect("it is built in");
//! examine(&spec, &Examination::default(), || Adapted::new(Site::default())).expect("it conforms");
//!
//! // With the mistake it says that the move is done, and it is not. The failing list is as short as it can be.
//! let wrong = || Adapted::new(Site { forgets_the_directory: true, ..Site::default() });
//! let failed = examine(&spec, &Examination::default(), wrong).expect_err("it does not conform");
//! assert_eq!(failed.word(), Some(Word::FalseSuccess));
//! assert_eq!(failed.deeds().len(), 1, "{failed}");
//! ```
//!
//! The same inside `proptest!`, where `?` turns what [`check`] found into a failed case, which proptest makes short and keeps:
//!
//! ```
//! # use stranded::adapter::Reference;
//! use proptest::prelude::*;
//! use stranded::conformance::{check, deeds};
//! use stranded::scenario::load_scenario;
//!
//! proptest! {
//!     # #![proptest_config(ProptestConfig { failure_persistence: None, cases: 20, ..ProptestConfig::default() })]
//!     # /*
//!     #[test]
//!     # */
//!     fn my_move_conforms(deeds in deeds(&load_scenario("second-move").expect("it is built in"), 12)) {
//!         let spec = load_scenario("second-move").expect("it is built in");
//!         let mut system = Reference::new(&spec, 0).expect("the model itself");
//!         check(&spec, &mut system, &deeds)?;
//!     }
//! }
//! my_move_conforms();
//! ```
//!
//! # What a verdict means
//! A list passes if the model explains all that was answered and seen, and no property was broken that the scenario does not
//! expect to be. Which scenario you take says what is asked: `move` delivers, moves and moves again; `move-under-mail` lets mail
//! arrive after the move; `stranded list` has all of them, and a file of your own will do.

mod check;
mod examine;
mod history;
mod operations;
mod system;

pub use self::check::{CheckFailure, FailureReason, check};
pub use self::examine::{Examination, examine};
pub use self::history::{CallId, History};
pub use self::operations::{Operations, OperationsStrategy, OperationsTree, operations};
pub use self::system::{Adapted, MailSystem};
