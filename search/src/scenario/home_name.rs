//! The values that a raw edit writes to the home attributes: distinguished names in the article's format, with placeholders for
//! the servers of a run. [`stranded_model::dn`] parses the format. [Q252869 S17, S18]

use stranded_model::dn::{self, HomeAttribute, HomeName, HomeValue};
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::ServerRef;

use super::cursor::Text;
use super::diagnostic::{Findings, listed, nearest};
use super::name::SiteNames;

/// The placeholder for the organisation.
const ORGANIZATION: &str = "{organization}";
/// The placeholder for the site.
const SITE: &str = "{site}";
/// The placeholders for the servers of a run.
const SERVERS: [(&str, ServerRef); 3] =
    [("{from}", ServerRef::From), ("{to}", ServerRef::To), ("{connected-to}", ServerRef::ConnectedTo)];

/// An error in a value: the message and the label.
type NameError = (String, String);

/// Returns the server that a value names. A value that names no server of the site is an error, unless it is `unchecked`; then it
/// is malformed.
pub(super) fn home_value(
    typed: &Text<'_>,
    attribute: HomeAttribute,
    unchecked: bool,
    site: &SiteNames,
    found: &mut Findings,
) -> Option<HomeValue<ServerRef>> {
    match named_server(typed.get_ref(), attribute, site) {
        Ok(server) => Some(HomeValue::Server(server)),
        Err(_) if unchecked => Some(HomeValue::Malformed),
        Err((message, label)) => {
            let name = HomeName { organization: ORGANIZATION.into(), site: SITE.into(), server: "{to}".into() };
            let form = name.of(attribute);
            let help = format!("to write a wrong value on purpose, add `unchecked = true`; the form is\n{form}");
            found.report_with_help(typed.span(), message, label, Some(help));
            None
        }
    }
}

/// Returns the text of a value, as [`home_value`] reads it. `key` is the attribute.
pub(super) fn typed_value(value: HomeValue<ServerRef>, key: &str, servers: &[String]) -> String {
    let attribute = if key == HomeAttribute::Mdb.name() { HomeAttribute::Mdb } else { HomeAttribute::Mta };
    let server = match value {
        HomeValue::Malformed => return "malformed".to_owned(),
        HomeValue::Server(ServerRef::Server(server)) => servers[server.index()].clone(),
        HomeValue::Server(part) => {
            let word = SERVERS.iter().find(|(_, other)| *other == part).map(|(word, _)| *word);
            word.expect("a raw edit names a server of the run or of the site").to_owned()
        }
    };
    HomeName { organization: ORGANIZATION.to_owned(), site: SITE.to_owned(), server }.of(attribute)
}

fn named_server(typed: &str, attribute: HomeAttribute, site: &SiteNames) -> Result<ServerRef, NameError> {
    let owner = attribute.name();
    let name = dn::parse(typed, attribute)
        .map_err(|reason| (reason.to_string(), format!("`{owner}` must name a server of the site")))?;
    let is = |text: &str, placeholder: &str, own: &str| text == placeholder || text.eq_ignore_ascii_case(own);
    if !is(&name.organization, ORGANIZATION, &site.organization) {
        let label = format!("the organisation is `{}`; write `{ORGANIZATION}`", site.organization);
        return Err((format!("`{}` is another organisation", name.organization), label));
    }
    if !is(&name.site, SITE, &site.name) {
        let label = format!("the site is `{}`; write `{SITE}`", site.name);
        return Err((format!("`{}` names another site", name.site), label));
    }
    let placeholder = SERVERS.iter().find(|(word, _)| *word == name.server).map(|(_, server)| *server);
    let same = |server: &String| server.eq_ignore_ascii_case(&name.server);
    let literal = || site.servers.iter().position(same).map(|index| ServerRef::Server(ServerId::at(index)));
    placeholder.or_else(literal).ok_or_else(|| {
        let valid: Vec<&str> =
            SERVERS.iter().map(|(word, _)| *word).chain(site.servers.iter().map(String::as_str)).collect();
        let label = match nearest(&name.server, &valid) {
            Some(near) => format!("did you mean `{near}`?"),
            None => listed(&valid),
        };
        (format!("unknown server `{}`", name.server), label)
    })
}
