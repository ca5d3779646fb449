//! Copies that a store holds beyond those with which the mailbox began there.

use std::collections::BTreeMap;

use stranded_model::property::Safety;

use crate::protocol::Observation;

use super::Harm;

/// The copies with which a mailbox began in each store that was observed, by message. A message with one copy is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct CopiesAtFirst {
    stores: BTreeMap<String, BTreeMap<String, usize>>,
}

impl CopiesAtFirst {
    /// Takes an observation before the first operation. For each store, the first one counts.
    pub(super) fn note(&mut self, observation: &Observation) {
        for (server, store) in &observation.stores {
            let copies = match store {
                None => BTreeMap::new(),
                Some(store) => match &store.messages {
                    None => continue,
                    Some(messages) => several(messages),
                },
            };
            self.stores.entry(server.clone()).or_insert(copies);
        }
    }

    /// Returns the duplicates: the messages of which a store shows more copies than the larger of 1 and those at first.
    pub(super) fn duplicates(&self, observation: &Observation) -> Option<Harm> {
        let mut says = Vec::new();
        for (server, store) in &observation.stores {
            let Some(messages) = store.as_ref().and_then(|store| store.messages.as_ref()) else { continue };
            let at_first = self.stores.get(server);
            let allowed = |message: &String| at_first.and_then(|copies| copies.get(message)).copied().unwrap_or(1);
            let more = several(messages).into_iter().filter(|(message, copies)| *copies > allowed(message));
            says.extend(more.map(|(message, copies)| format!("{server} holds {message} {copies} times")));
        }
        (!says.is_empty()).then(|| Harm::violation(Safety::NoDuplicates, says.join(", ")))
    }
}

/// Returns the messages with more than one copy, each with the number of its copies.
fn several(messages: &[String]) -> BTreeMap<String, usize> {
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for message in messages {
        *copies.entry(message.clone()).or_default() += 1;
    }
    copies.retain(|_, copies| *copies > 1);
    copies
}
