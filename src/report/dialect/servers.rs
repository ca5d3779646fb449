//! The servers of a run, and their names in variables.

use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::ServerRef;
use stranded_search::scenario::SiteNames;

/// The servers of a run.
pub(super) struct Servers<'a> {
    /// The names of all servers.
    pub(super) names: &'a [String],
    pub(super) from: ServerId,
    pub(super) to: ServerId,
    pub(super) connected_to: ServerId,
    /// The home that the program looked up.
    pub(super) home: Option<ServerId>,
    /// The names of the site, if the observation shows its distinguished names.
    pub(super) site: Option<&'a SiteNames>,
}

impl Servers<'_> {
    /// Some servers, for the question if a system can perform an act at all.
    pub(super) const ANY: Servers<'static> = Servers {
        names: &[],
        from: ServerId(0),
        to: ServerId(1),
        connected_to: ServerId(0),
        home: Some(ServerId(0)),
        site: None,
    };

    /// Returns the server that a step names.
    pub(super) fn id(&self, reference: ServerRef) -> ServerId {
        match reference {
            ServerRef::From => self.from,
            ServerRef::To => self.to,
            ServerRef::ConnectedTo => self.connected_to,
            ServerRef::Earlier => self.from.min(self.to),
            ServerRef::Later => self.from.max(self.to),
            ServerRef::Home => self.home.unwrap_or(self.from),
            ServerRef::Server(server) => server,
        }
    }

    /// Returns the name of a server.
    pub(super) fn name(&self, server: ServerId) -> &str {
        self.names.get(server.index()).map_or("", String::as_str)
    }

    /// Returns the name of a server that a step names.
    pub(super) fn named(&self, reference: ServerRef) -> &str {
        self.name(self.id(reference))
    }

    /// Returns the end of the names of a server's variables. Two servers never have the same.
    pub(super) fn variable(&self, server: ServerId) -> String {
        let upper = |name: &str| name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_").to_uppercase();
        let own = upper(self.name(server));
        let is_shared = self.names.iter().filter(|name| upper(name) == own).count() > 1 || own == PROXY;
        if is_shared { format!("{own}_{}", server.index() + 1) } else { own }
    }

    /// Returns the end of the names of the variables of a server that a step names.
    pub(super) fn at(&self, reference: ServerRef) -> String {
        self.variable(self.id(reference))
    }

    /// Returns the end of the names of the variables of the other server of the run.
    pub(super) fn other(&self, reference: ServerRef) -> String {
        self.variable(if self.id(reference) == self.from { self.to } else { self.from })
    }

    /// Returns the ends of the names of all servers' variables.
    pub(super) fn variables(&self) -> Vec<String> {
        (0..self.names.len()).map(|index| self.variable(ServerId::at(index))).collect()
    }

    /// Returns the ends of the names of the variables of the two servers of the run.
    pub(super) fn of_run(&self) -> String {
        format!("{} {}", self.variable(self.from), self.variable(self.to))
    }
}

/// The end of the names of the proxy's variables.
const PROXY: &str = "PROXY";
