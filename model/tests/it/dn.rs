//! Names in home attributes: a written name is read back, and each malformed name has its own reason.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use stranded_model::dn::{HomeAttribute, HomeName, MalformedName, parse};

const MDB: &str = "/o=Org/ou=Site/cn=Configuration/cn=Servers/cn=SRV/cn=Microsoft Private MDB";
const MTA: &str = "/o=Org/ou=Site/cn=Configuration/cn=Servers/cn=SRV/cn=Microsoft MTA";

fn name() -> HomeName {
    HomeName { organization: "Org".to_owned(), site: "Site".to_owned(), server: "SRV".to_owned() }
}

fn component(number: usize, expected: &'static str) -> MalformedName {
    MalformedName::Component { number, expected }
}

#[test]
fn the_names_of_the_article_are_well_formed() {
    assert_eq!(parse(MDB, HomeAttribute::Mdb), Ok(name()));
    assert_eq!(parse(MTA, HomeAttribute::Mta), Ok(name()));
}

#[test]
fn types_and_fixed_components_are_compared_without_regard_to_case() {
    let shouted = "/O=Org/OU=Site/CN=CONFIGURATION/CN=SERVERS/CN=SRV/CN=MICROSOFT PRIVATE MDB";
    assert_eq!(parse(shouted, HomeAttribute::Mdb), Ok(name()));
}

#[test]
fn every_malformed_name_has_its_reason() {
    let other = MalformedName::OtherAttribute;
    let rows =
        [(MTA, HomeAttribute::Mdb, other(HomeAttribute::Mta)), (MDB, HomeAttribute::Mta, other(HomeAttribute::Mdb))];
    for (text, attribute, why) in rows {
        assert_eq!(parse(text, attribute), Err(why), "{text}");
    }
    let rows = [
        ("/o=Org/ou=Site/cn=Servers/cn=SRV/cn=Microsoft Private MDB", MalformedName::NoConfiguration),
        ("cn=Microsoft Private MDB,cn=SRV,cn=Servers,cn=Configuration,ou=Site,o=Org", MalformedName::LdapOrder),
        ("/o=Org/ou=Site/cn=Configuration/cn=Servers/cn=SRV/cn=Microsoft Public MDB", MalformedName::PublicStore),
        (&format!("{MDB} "), MalformedName::WhiteSpace),
        (&format!(" {MDB}"), MalformedName::WhiteSpace),
        (&format!("{MDB}\n"), MalformedName::WhiteSpace),
        (&MDB.replace("Microsoft ", "Microsoft\n"), MalformedName::WhiteSpace),
        (&MDB.replace("Microsoft ", "Microsoft\r\n"), MalformedName::WhiteSpace),
        (&MDB.replace("Microsoft ", "Microsoft\t"), MalformedName::WhiteSpace),
        (&MDB.replace("Microsoft ", "Microsoft  "), component(6, "cn=Microsoft Private MDB")),
        (&MDB.replace("/cn=Servers", ""), component(4, "cn=Servers")),
        (&MDB.replace("/cn=SRV", ""), component(6, "cn=Microsoft Private MDB")),
        (&MDB.replace("/cn=Microsoft Private MDB", ""), component(6, "cn=Microsoft Private MDB")),
        (&MDB.replace("/ou=Site", ""), component(2, "ou=<site>")),
        (&MDB.replace("/o=Org", ""), component(1, "o=<organisation>")),
        (&MDB.replace("/cn=SRV", "/cn=SRV/cn=SRV"), component(6, "cn=Microsoft Private MDB")),
        (&format!("{MDB}/cn=more"), component(7, "the end of the name")),
        (&format!("{MDB}/"), component(7, "the end of the name")),
        (&MDB.replace("cn=SRV", "cn="), component(5, "cn=<server>")),
        (&MDB.replace("cn=SRV", "ou=SRV"), component(5, "cn=<server>")),
        (&MDB.replace("cn=SRV", "cn=SRV "), component(5, "cn=<server>")),
        (&MDB.replace("cn=SRV", "SRV"), component(5, "cn=<server>")),
        (&MDB[1..], component(1, "/o=…")),
        ("SRV", component(1, "/o=…")),
        ("SRV,Org", component(1, "/o=…")),
        ("cn=SRV", component(1, "/o=…")),
        ("", component(1, "/o=…")),
        ("/", component(1, "o=<organisation>")),
    ];
    for (text, why) in rows {
        assert_eq!(parse(text, HomeAttribute::Mdb), Err(why), "{text:?}");
    }
}

/// Directory names: not empty, without slash or line break, and without white space at an end.
fn directory_name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9=äß,._-]([A-Za-z0-9=äß,. _-]{0,8}[A-Za-z0-9=äß,._-])?"
}

proptest! {
    #[test]
    fn a_name_that_is_written_is_read_back(
        organization in directory_name(),
        site in directory_name(),
        server in directory_name(),
    ) {
        let name = HomeName { organization, site, server };
        for attribute in [HomeAttribute::Mdb, HomeAttribute::Mta] {
            prop_assert_eq!(parse(&name.of(attribute), attribute), Ok(name.clone()));
        }
        prop_assert_eq!(
            parse(&name.of(HomeAttribute::Mta), HomeAttribute::Mdb),
            Err(MalformedName::OtherAttribute(HomeAttribute::Mta))
        );
    }

    #[test]
    fn every_text_is_read_or_refused(text in "\\PC{0,40}|[/a-z=, \n]{0,60}") {
        if let Ok(name) = parse(&text, HomeAttribute::Mdb) {
            prop_assert!(name.of(HomeAttribute::Mdb).eq_ignore_ascii_case(&text));
        }
    }

    #[test]
    fn a_component_less_or_more_is_never_well_formed(index in 0_usize..6, doubled in any::<bool>()) {
        let mut components: Vec<&str> = MDB.split('/').skip(1).collect();
        if doubled {
            components.insert(index, components[index]);
        } else {
            components.remove(index);
        }
        let text = format!("/{}", components.join("/"));
        prop_assert!(parse(&text, HomeAttribute::Mdb).is_err(), "{}", text);
    }
}
