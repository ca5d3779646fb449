//! The `[site]` and `[environment]` tables: the servers, and what acts besides the administrators.

use stranded_model::id::{Id, ServerId};
use stranded_model::scenario::{Delivery, Environment, Fault, Replication, Site};
use stranded_model::table::{ENTRIES_MAX, PerServer};

use super::cursor::{Cursor, choose};
use super::diagnostic::Findings;
use super::name::{self, PLACES};
use super::{Numbers, Spec, number};

/// What `replication` can say.
pub(crate) const REPLICATIONS: [(&str, Replication); 2] =
    [("instant", Replication::Instant), ("eventual", Replication::Eventual)];
/// What `delivery` can say.
pub(crate) const DELIVERIES: [(&str, Delivery); 4] = [
    ("never", Delivery::Never),
    ("before", Delivery::Before),
    ("until-repair", Delivery::UntilRepair),
    ("any-time", Delivery::AnyTime),
];

/// The word for when mail arrives.
#[must_use]
pub fn delivery_name(delivery: Delivery) -> &'static str {
    word(&DELIVERIES, &delivery)
}

/// The word for how a change of the directory reaches the other replicas.
#[must_use]
pub fn replication_name(replication: Replication) -> &'static str {
    word(&REPLICATIONS, &replication)
}

/// The word that stands for a value.
pub(crate) fn word<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> &'static str {
    choices.iter().find(|(_, other)| other == value).expect("every value has a word").0
}

/// The names that the steps of a procedure can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteNames {
    /// The servers.
    pub servers: Vec<String>,
    /// The organisation, as distinguished names write it.
    pub organization: String,
    /// The site, as distinguished names write it.
    pub name: String,
}

impl SiteNames {
    /// A site of these servers, of an organisation called Organization.
    #[must_use]
    pub fn of(servers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let servers = servers.into_iter().map(Into::into).collect();
        Self { servers, organization: "Organization".to_owned(), name: "Site".to_owned() }
    }
}

/// Reads the site. A scenario that starts where another ends has that one's site, and can say it again.
pub(crate) fn site(
    mut cursor: Cursor<'_>,
    from: Option<&Spec>,
    found: &mut Findings,
) -> (Option<Site>, Option<SiteNames>, Numbers) {
    let (earlier, from_names) = (from, from.map(|from| &from.names));
    let from = from.map(|from| &from.scenario.site);
    if from.is_none() {
        cursor.demand("servers", "an array of two to four names", found);
    }
    let inherited: Option<Vec<String>> = from.map(|site| site.servers.values().cloned().collect());
    let servers =
        if cursor.has("servers") { servers(&mut cursor, found) } else { cursor.absent("servers", inherited.clone()) };
    if let (Some(servers), Some(inherited)) = (&servers, &inherited)
        && servers != inherited
    {
        let label = format!("there they are {}", inherited.join(", "));
        found.report(cursor.place("servers"), "the servers are not those of the `from` scenario", label);
    }
    let mut name_of = |key, default: &str, found: &mut Findings| {
        cursor.string(key, found).map_or_else(|| default.to_owned(), |name| (*name.get_ref()).to_owned())
    };
    let standard = SiteNames::of(servers.iter().flatten());
    let defaults = from_names.unwrap_or(&standard);
    let organization = name_of("organization", &defaults.organization, found);
    let name = name_of("name", &defaults.name, found);
    let names = servers.clone().map(|servers| SiteNames { servers, organization, name });
    let home = match cursor.string("home", found) {
        Some(home) => names.as_ref().and_then(|names| names.known_server(&home, found)),
        None => Some(from.map_or(ServerId::at(0), |site| site.home)),
    };
    let mailboxes = number::mailboxes(&mut cursor, earlier, found);
    let messages = number::messages(&mut cursor, earlier, found);
    let replication = cursor.choice("replication", &REPLICATIONS, found);
    if let Some(from) = from.filter(|from| home.is_some_and(|home| home != from.home)) {
        let label = format!("there it is `{}`", from.servers[from.home]);
        found.report(cursor.place("home"), "the home is not that of the `from` scenario", label);
    }
    let site = servers.map(|servers| Site {
        servers: PerServer::of(servers.len(), |server: ServerId| servers[server.index()].clone()),
        home: home.unwrap_or(ServerId::at(0)),
        mailboxes: mailboxes.count,
        messages: messages.count,
        replication: replication.or(from.map(|site| site.replication)).unwrap_or(Replication::Instant),
    });
    cursor.finish(found);
    (site, names, Numbers { mailboxes: mailboxes.kind, messages: messages.kind })
}

fn servers(cursor: &mut Cursor<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let texts = cursor.strings("servers", found)?;
    if texts.len() < 2 || texts.len() > ENTRIES_MAX {
        let label = format!("a run needs two servers; a site has at most {ENTRIES_MAX}");
        found.report(cursor.place("servers"), format!("`servers` lists {}", texts.len()), label);
    }
    let mut names: Vec<String> = Vec::new();
    for text in texts.iter().take(ENTRIES_MAX) {
        let Some(name) = name::word("servers", text, found) else { continue };
        if PLACES.contains(&name.as_str()) {
            let label = "in a procedure this word means a part of the run";
            found.report(text.span(), format!("no server can be called `{name}`"), label);
            continue;
        }
        let taken = names.iter().any(|other| other.eq_ignore_ascii_case(&name));
        if name::is_new("servers", &name, text.span(), taken, found) {
            names.push(name);
        }
    }
    (names.len() == texts.len() && names.len() >= 2).then_some(names)
}

/// Reads the environment; whatever it does not say does not act.
pub(crate) fn environment(mut cursor: Cursor<'_>, found: &mut Findings) -> Environment {
    let mut amount = |key, found: &mut Findings| cursor.count(key, 0..=8, found).map_or(0, |count| *count.get_ref());
    let (owner_deletes, other_edits) = (amount("owner-deletes", found), amount("other-edits", found));
    let faults_max = amount("faults-max", found);
    let faults = faults(&mut cursor, found);
    if faults_max == 0 && !faults.is_empty() {
        let label = "`faults-max` must be at least 1, or `faults` empty";
        found.report(cursor.place("faults"), "faults are listed, and none may happen", label);
    }
    if faults_max > 0 && (!cursor.has("faults") || cursor.is_empty_array("faults")) {
        let label = "list their kinds in `faults`, or make this 0";
        found.report(cursor.place("faults-max"), "faults may happen, and no kind is listed", label);
    }
    let environment = Environment {
        delivery: cursor.choice("delivery", &DELIVERIES, found).unwrap_or(Delivery::Never),
        logon: cursor.flag("logon", found).unwrap_or(false),
        owner_deletes,
        other_edits,
        stale_views: cursor.flag("stale-views", found).unwrap_or(false),
        faults,
        faults_max,
    };
    cursor.finish(found);
    environment
}

fn faults(cursor: &mut Cursor<'_>, found: &mut Findings) -> Vec<Fault> {
    let names = Fault::ALL.map(|fault| (fault.name(), fault));
    let mut faults = Vec::new();
    for text in cursor.strings("faults", found).unwrap_or_default() {
        let Some(fault) = choose("fault", &text, &names, found) else { continue };
        if faults.contains(&fault) {
            found.report(text.span(), format!("`{}` is listed twice", fault.name()), "once is enough");
        } else {
            faults.push(fault);
        }
    }
    faults
}

/// Reports a supply of mail that nothing uses, or a use of mail that has no supply.
pub(crate) fn mail_supply(
    site: &Site,
    environment: &Environment,
    is_fresh: bool,
    places: [std::ops::Range<usize>; 2],
    found: &mut Findings,
) {
    let [messages, delivery] = places;
    if environment.delivery != Delivery::Never && site.messages == 0 {
        let label = "give at least 1, or `delivery = \"never\"`";
        found.report(messages, "mail is delivered, and there are no messages", label);
    } else if environment.delivery == Delivery::Never && site.messages > 0 && is_fresh {
        let label = "say when mail arrives, or `messages = 0`";
        found.report(delivery, "there are messages, and none is ever delivered", label);
    }
}
