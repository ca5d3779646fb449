//! The groups of messages of a snapshot, and the messages of the model that represent each group.

use indexmap::IndexMap;
use stranded_model::id::{Id, MessageId, MessageSet, ServerId};

use super::line::{Entries, Listing, Store};
use super::{ContentError, Group, Snapshot};

/// The servers whose stores hold a message, those that hold it more than once, and those whose stores remember it as deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Placement {
    stores: Vec<ServerId>,
    repeated_in: Vec<ServerId>,
    deleted_in: Vec<ServerId>,
}

/// Returns the groups of messages, in the order in which the line first names a message of each; then the stores of which only the number
/// of messages is known. A repeated name is another copy of the same message.
pub(super) fn groups(stores: &Entries<Option<Store>>, servers: &[String]) -> Result<Vec<Group>, ContentError> {
    let id = |server: &String| servers.iter().position(|known| known == server).map(ServerId::at);
    let observed = || stores.0.iter().filter_map(|(server, store)| Some((id(server)?, store.as_ref()?)));
    let mut placements: IndexMap<&str, Placement> = IndexMap::new();
    for (server, store) in observed() {
        if let Some(Listing::Names(names)) = &store.messages {
            for name in names {
                let Placement { stores, repeated_in, .. } = placements.entry(name).or_default();
                let servers = if stores.contains(&server) { repeated_in } else { stores };
                servers.extend((!servers.contains(&server)).then_some(server));
            }
        }
    }
    for (server, store) in observed() {
        // A message that no store holds any more cannot be lost.
        for name in store.deleted.iter().flatten() {
            if let Some(Placement { deleted_in, .. }) = placements.get_mut(name.as_str()) {
                deleted_in.extend((!deleted_in.contains(&server)).then_some(server));
            }
        }
    }
    let mut alike: IndexMap<Placement, Vec<String>> = IndexMap::new();
    for (name, mut placement) in placements {
        placement.stores.sort();
        placement.repeated_in.sort();
        placement.deleted_in.sort();
        alike.entry(placement).or_default().push(name.to_owned());
    }
    let group = |(Placement { stores, repeated_in, deleted_in }, messages): (Placement, Vec<String>)| Group {
        stands_for: MessageSet::EMPTY,
        count: messages.len(),
        messages,
        stores,
        repeated_in,
        deleted_in,
    };
    let mut groups: Vec<Group> = alike.into_iter().map(group).collect();
    for (server, store) in observed() {
        if let Some(Listing::Count(count)) = store.messages
            && count > 0
        {
            groups.push(Group {
                stands_for: MessageSet::EMPTY,
                count,
                messages: Vec::new(),
                stores: vec![server],
                repeated_in: Vec::new(),
                deleted_in: Vec::new(),
            });
        }
    }
    represent(&mut groups)?;
    Ok(groups)
}

/// Gives each group the messages that represent it: two for a group of two or more, if the model has enough messages for them and for one
/// that was not observed.
fn represent(groups: &mut [Group]) -> Result<(), ContentError> {
    let wanted = |each: usize| groups.iter().map(|group| group.count.min(each)).sum::<usize>();
    let fits = |(each, most): &(usize, usize)| wanted(*each) <= *most;
    let Some((each, _)) = [(2, Snapshot::MESSAGES_MAX - 1), (1, Snapshot::MESSAGES_MAX)].into_iter().find(fits) else {
        let most = Snapshot::MESSAGES_MAX;
        let message = format!(
            "the messages are in {} different sets of stores, and the model distinguishes {most}",
            groups.len()
        );
        return Err(ContentError::at(
            "stores",
            message,
            "nearest: leave out a store that holds only what others hold too",
        ));
    };
    let mut next = 0;
    for group in groups {
        let count = group.count.min(each);
        let messages = (next..next + count).map(|index| MessageSet::just(MessageId::at(index)));
        group.stands_for = messages.fold(MessageSet::EMPTY, MessageSet::with);
        next += count;
    }
    Ok(())
}
