//! The tables of a scenario file, read from top to bottom. Runs and procedures are read by `runs`; `cross_check` then compares the
//! tables with each other. No file is read here.

use std::ops::RangeInclusive;

use stranded_model::id::{Id, MessageId, MessageSet, ServerId};
use stranded_model::scenario::{Delivery, Environment, Fault, Replication, Scenario, Site, Start};
use stranded_model::state::{Contents, Homes, Mailbox, Recipient, Stamp};
use stranded_model::state_condition::OwnProperty;
use stranded_model::table::{ENTRIES_MAX, PerServer};
use toml::Spanned;
use toml::de::DeValue;

use super::bundle::Files;
use super::cross_check::{self, Tables};
use super::cursor::{Cursor, choose, number, text, wrong_type};
use super::diagnostic::Findings;
use super::name::{self, SiteNames};
use super::own_properties::{self, ConditionSite};
use super::procedure::answers;
use super::runs::{self, Runs};
use super::{ANY, COPY_ORDERS, DELIVERIES, Family, Number, Numbers, QUIET, REPLICATIONS, Spec, implied, load};
use crate::property::{OwnName, Property, Verdict};

/// The value for an object that a replica does not have.
pub(super) const ABSENT: &str = "absent";

/// Reads a scenario from the root table of its file.
pub(super) fn scenario(
    mut root: Cursor<'_>,
    files: &mut Files<'_>,
    chain: &[String],
    found: &mut Findings,
) -> Option<Spec> {
    root.demand("name", "the name that reports use, in kebab-case", found);
    let name = root.string("name", found).and_then(|name| name::kebab("name", &name, found));
    let family = root.choice("family", &Family::ALL.map(|family| (family.name(), family)), found);
    let question = root.string("question", found).map(|question| (*question.get_ref()).to_owned());
    let source = root.strings("source", found).map(|texts| name::sentences("source", &texts, found));
    let has_from = root.has("from");
    let from = if has_from { load::predecessor(&mut root, files, chain, found) } else { root.absent("from", None) };
    if !has_from {
        root.demand("site", "the table of servers, mailboxes and messages", found);
    }
    let before_site = found.count();
    let table = root.table("site", "`[site]`", found);
    let (site, names, numbers) = match table {
        Some(table) if !has_from || from.is_some() => site(table, from.as_ref(), found),
        Some(_) | None => {
            let (site, names) = from.as_ref().map(|from| (from.scenario.site.clone(), from.names.clone())).unzip();
            (site, names, from.as_ref().map_or(Numbers::GIVEN, |from| from.numbers))
        }
    };
    let start = match (root.table("start", "`[start]`", found), &site, &names) {
        (Some(table), Some(site), Some(names)) => Some(start(table, site, names, found)),
        (Some(_) | None, _, _) => None,
    };
    let environment = root.table("environment", "`[environment]`", found);
    let environment = environment.map_or_else(|| QUIET, |table| environment_of(table, found));
    let is_site_sound = found.count() == before_site;
    let runs = match &names {
        Some(names) => Runs::read(&mut root, names, files, found),
        None => {
            let _unread = root.value("procedure");
            root.demand("run", runs::WHAT, found);
            None
        }
    };
    let mut properties = match (&site, &names) {
        (Some(site), Some(names)) => {
            let site = ConditionSite { names, site, messages: numbers.messages };
            own_properties::read(&mut root, site, found)
        }
        (Some(_) | None, _) => root.absent("property", Vec::new()),
    };
    let family = family.unwrap_or(Family::User);
    if let Some(runs) = &runs {
        implied::add_own(family, &runs.administrators, &mut properties);
    }
    let pinned = root.table("assume", "`[assume]`", found).map(|table| answers(&table, found));
    let expect = root.table("expect", "`[expect]`", found).map(|table| expected(&table, &properties, found));
    let never = root.strings("never", found).unwrap_or_default();

    let tables = Tables { root: &root, from: from.as_ref(), numbers, is_site_sound };
    cross_check::site_and_environment(&tables, site.as_ref(), start.as_ref(), &environment, found);
    let parts = name.zip(site).zip(names).zip(runs).map(|(((name, site), names), runs)| {
        let (administrators, last_run) = (runs.administrators, runs.last);
        let scenario = Scenario { site, start, environment, administrators, last_run, properties };
        cross_check::runs_and_never(&tables, &scenario, &never, found);
        (name, names, scenario)
    });
    root.finish(found);
    let (name, names, scenario) = parts?;
    Some(Spec {
        question: question.unwrap_or_else(|| format!("Which properties does {name} have?")),
        name,
        family,
        source: source.unwrap_or_default(),
        from: from.map(Box::new),
        names,
        scenario,
        numbers,
        pinned: pinned.unwrap_or_default(),
        expect: expect.unwrap_or_default(),
        never: never.iter().map(|name| (*name.get_ref()).to_owned()).collect(),
        may_be_unreached: false,
        text: String::new(),
    })
}

/// Reads the site. A key that is not given has the value of the predecessor's site.
fn site(
    mut cursor: Cursor<'_>,
    from: Option<&Spec>,
    found: &mut Findings,
) -> (Option<Site>, Option<SiteNames>, Numbers) {
    let earlier = from.map(|from| &from.scenario.site);
    if from.is_none() {
        cursor.demand("servers", "an array of two to four names", found);
    }
    let inherited: Option<Vec<String>> = earlier.map(|site| site.servers.values().cloned().collect());
    let servers =
        if cursor.has("servers") { servers(&mut cursor, found) } else { cursor.absent("servers", inherited.clone()) };
    let standard = SiteNames::of(servers.iter().flatten());
    let defaults = from.map_or(&standard, |from| &from.names);
    let mut name_of = |key, default: &str, found: &mut Findings| {
        cursor.string(key, found).map_or_else(|| default.to_owned(), |name| (*name.get_ref()).to_owned())
    };
    let organization = name_of("organization", &defaults.organization, found);
    let name = name_of("name", &defaults.name, found);
    let names = servers.clone().map(|servers| SiteNames { servers, organization, name });
    let home = cursor.string("home", found).and_then(|home| names.as_ref()?.known_server(&home, found));
    let mailboxes = counted(&mut cursor, "mailboxes", 1..=ENTRIES_MAX, 1, found);
    let messages = counted(&mut cursor, "messages", 0..=MessageSet::MESSAGES_MAX, MessageSet::MESSAGES_MAX, found);
    let (mailboxes_kind, mailboxes) = mailboxes
        .or_else(|| from.map(|from| (from.numbers.mailboxes, from.scenario.site.mailboxes)))
        .unwrap_or((Number::Given, 1));
    let (messages_kind, messages) = messages
        .or_else(|| from.map(|from| (from.numbers.messages, from.scenario.site.messages)))
        .unwrap_or((Number::Given, 0));
    let replication = cursor.choice("replication", &REPLICATIONS, found);
    // With unreadable servers the other keys can still be compared with those of the predecessor.
    let site = servers.or(inherited).map(|servers| Site {
        servers: PerServer::of(servers.len(), |server: ServerId| servers[server.index()].clone()),
        home: home.or(earlier.map(|site| site.home)).unwrap_or(ServerId::at(0)),
        mailboxes,
        messages,
        replication: replication.or(earlier.map(|site| site.replication)).unwrap_or(Replication::Instant),
    });
    cursor.finish(found);
    (site, names, Numbers { mailboxes: mailboxes_kind, messages: messages_kind })
}

fn servers(cursor: &mut Cursor<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let texts = cursor.strings("servers", found)?;
    if texts.len() < 2 || texts.len() > ENTRIES_MAX {
        let label = format!("a run needs two servers; a site has at most {ENTRIES_MAX}");
        found.report(cursor.span_of("servers"), format!("`servers` lists {}", texts.len()), label);
    }
    let mut names: Vec<String> = Vec::new();
    for text in texts.iter().take(ENTRIES_MAX) {
        let Some(name) = name::word("servers", text, found) else { continue };
        if name::is_server_ref(&name) {
            let label = "in a procedure this word names a server's part in the run";
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

/// Reads a number of the site. `any` is the count in a world that shows an example of any number: one mailbox, because no rule
/// concerns two of them; as many messages as a trace can distinguish.
fn counted(
    cursor: &mut Cursor<'_>,
    key: &'static str,
    limits: RangeInclusive<usize>,
    any: usize,
    found: &mut Findings,
) -> Option<(Number, usize)> {
    let value = cursor.value(key)?;
    let limit = |limit: &usize| u8::try_from(*limit).unwrap_or(u8::MAX);
    let limits = limit(limits.start())..=limit(limits.end());
    match value.get_ref().as_str() {
        Some(ANY) => Some((Number::Any, any)),
        Some(_) => {
            let wanted = format!("a number from {} to {}, or \"{ANY}\",", limits.start(), limits.end());
            wrong_type(key, value, &wanted, found);
            None
        }
        None => Some((Number::Given, usize::from(*number(key, value, limits, found)?.get_ref()))),
    }
}

/// Reads the environment. By default nothing in it acts.
fn environment_of(mut cursor: Cursor<'_>, found: &mut Findings) -> Environment {
    let mut amount = |key, found: &mut Findings| cursor.count(key, 0..=8, found).map_or(0, |count| *count.get_ref());
    let (owner_deletes, other_edits) = (amount("owner-deletes", found), amount("other-edits", found));
    let faults_max = amount("faults-max", found);
    let faults = faults(&mut cursor, found);
    if faults_max == 0 && !faults.is_empty() {
        let label = "`faults-max` must be at least 1, or `faults` empty";
        found.report(cursor.span_of("faults"), "faults are listed, and none may happen", label);
    }
    if faults_max > 0 && (!cursor.has("faults") || cursor.is_empty_array("faults")) {
        let label = "list their kinds in `faults`, or make this 0";
        found.report(cursor.span_of("faults-max"), "faults may happen, and no kind is listed", label);
    }
    let environment = Environment {
        delivery: cursor.choice("delivery", &DELIVERIES, found).unwrap_or(Delivery::Never),
        logon: cursor.flag("logon", found).unwrap_or(false),
        owner_deletes,
        other_edits,
        stale_views: cursor.flag("stale-views", found).unwrap_or(false),
        faults,
        faults_max,
        copy_order: cursor.choice("copy-order", &COPY_ORDERS, found).unwrap_or_default(),
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

/// Reads the initial state of every mailbox, such as a restored backup or an expired tombstone. By default a mailbox is fresh.
fn start(mut cursor: Cursor<'_>, site: &Site, names: &SiteNames, found: &mut Findings) -> Start {
    let servers = site.servers.count();
    let fresh = live(site.home, Stamp::default());
    let mut recipients: PerServer<Recipient> = PerServer::of(servers, |_| fresh);
    let mut mailboxes: PerServer<Mailbox> = PerServer::of(servers, |_| Mailbox::Absent);
    if let Some(table) = cursor.table("directory", "`[start.directory]`", found) {
        for (key, value) in table.entries() {
            let server = names.known_server(&key, found);
            let recipient = recipient(value, names, found);
            if let (Some(server), Some(recipient)) = (server, recipient) {
                recipients[server] = recipient;
            }
        }
    }
    if let Some(table) = cursor.table("stores", "`[start.stores]`", found) {
        for (key, value) in table.entries() {
            let server = names.known_server(&key, found);
            if let (Some(server), Some(contents)) = (server, contents(value, site, found)) {
                mailboxes[server] = Mailbox::Present(contents);
            }
        }
    }
    cursor.finish(found);
    Start { recipients, mailboxes }
}

fn recipient(value: &Spanned<DeValue<'_>>, names: &SiteNames, found: &mut Findings) -> Option<Recipient> {
    if let Some(table) = value.get_ref().as_table() {
        let mut cursor = Cursor::of("the entry", value.span(), table);
        let version = cursor.count("version", 0..=9, found).map_or(0, |version| *version.get_ref());
        let stamp = Stamp { version, ..Stamp::default() };
        let deleted = cursor.flag("deleted", found).unwrap_or(false);
        let home = cursor.string("home", found);
        cursor.finish(found);
        return match home {
            Some(home) if !deleted => names.known_server(&home, found).map(|home| live(home, stamp)),
            None if deleted => Some(Recipient::Tombstone { stamp }),
            Some(_) | None => {
                let label = "`home = SERVER` or `deleted = true`";
                found.report(value.span(), "an entry either has a home or is deleted", label);
                None
            }
        };
    }
    if value.get_ref().as_str().is_none() {
        wrong_type("directory", value, "a server, `absent`, or a table of `home` or `deleted` and `version`", found);
        return None;
    }
    let name = text("directory", value, found)?;
    if *name.get_ref() == ABSENT {
        return Some(Recipient::Absent);
    }
    names.known_server(&name, found).map(|home| live(home, Stamp::default()))
}

fn live(home: ServerId, stamp: Stamp) -> Recipient {
    Recipient::Live { homes: Homes::both(home), stamp }
}

/// Reads the messages of a store. A copy is a repeated entry.
fn contents(value: &Spanned<DeValue<'_>>, site: &Site, found: &mut Findings) -> Option<Contents> {
    let Some(array) = value.get_ref().as_array() else {
        wrong_type("stores", value, "an array of messages", found);
        return None;
    };
    let mut contents = Contents::EMPTY;
    for value in array {
        let name = text("stores", value, found)?;
        let number = name.get_ref().strip_prefix('m').and_then(|number| number.parse::<usize>().ok());
        match number.filter(|number| (1..=site.messages).contains(number)) {
            Some(number) => {
                let message = MessageSet::just(MessageId::at(number - 1));
                if message.is_within(contents.began_twice) {
                    let label = "a store begins with one or two copies of a message; two stand for more";
                    found.report(name.span(), format!("`{}` is listed a third time", name.get_ref()), label);
                    return None;
                }
                contents.began_twice = contents.began_twice.with(contents.messages.common(message));
                contents.messages = contents.messages.with(message);
            }
            None => {
                let label = format!("m1 to m{}: the site says `messages = {}`", site.messages, site.messages);
                found.report(name.span(), format!("there is no message `{}`", name.get_ref().escape_debug()), label);
                return None;
            }
        }
    }
    Some(contents)
}

/// Reads the expected verdicts, in the order of [`Property`].
fn expected(table: &Cursor<'_>, own: &[OwnProperty], found: &mut Findings) -> Vec<(Property, Verdict)> {
    let names = own.iter().filter_map(|own| OwnName::of(&own.name)).map(Property::Own);
    let properties: Vec<Property> = Property::all().chain(names).collect();
    let properties: Vec<(&str, Property)> = properties.iter().map(|property| (property.name(), *property)).collect();
    let mut expected = Vec::new();
    for (key, value) in table.entries() {
        if implied::is_not_judged(key.get_ref(), own) {
            // A run whose procedure has errors can be the one that saves mail.
            if found.count() == 0 {
                let message =
                    format!("no run of this scenario saves mail to a file, so `{}` is not judged", key.get_ref());
                found.report(key.span(), message, "remove this line");
            }
            continue;
        }
        let property = choose("property", &key, &properties, found);
        let verdict = text(key.get_ref(), value, found)
            .and_then(|value| choose("verdict", &value, &Verdict::EXPECTABLE.map(|one| (one.name(), one)), found));
        expected.extend(property.zip(verdict));
    }
    expected.sort_unstable();
    expected
}
