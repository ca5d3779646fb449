//! Distinguished names in home attributes, in the format that the article demands. [Q252869 S17, S18]

use std::fmt;

/// A home attribute of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HomeAttribute {
    /// Home-MDB, the store.
    Mdb,
    /// Home-MTA, the message transfer agent.
    Mta,
}

impl HomeAttribute {
    /// The name of the attribute.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mdb => "home-mdb",
            Self::Mta => "home-mta",
        }
    }

    /// The object that the last component of a value names.
    #[must_use]
    pub fn object(self) -> &'static str {
        match self {
            Self::Mdb => "Microsoft Private MDB",
            Self::Mta => "Microsoft MTA",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Mdb => Self::Mta,
            Self::Mta => Self::Mdb,
        }
    }
}

/// The value that a raw edit writes into a home attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HomeValue<S> {
    /// The name of a server's store or agent.
    Server(S),
    /// Text that is no name of a store or agent.
    Malformed,
}

/// The parts of a well-formed name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HomeName {
    /// The organisation's directory name.
    pub organization: String,
    /// The site's directory name.
    pub site: String,
    /// The server's directory name.
    pub server: String,
}

/// The reason why a text is not a valid home attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MalformedName {
    /// The text begins or ends with white space, or contains a line break (a copy of the article's wrapped lines).
    WhiteSpace,
    /// The text is in LDAP order, with commas. [Q246567]
    LdapOrder,
    /// The text names the object of the other attribute. [Q284199]
    OtherAttribute(HomeAttribute),
    /// The text names the public store. [Q288420]
    PublicStore,
    /// The text lacks `cn=Configuration`. [Q284199]
    NoConfiguration,
    /// A component is missing, superfluous, or of the wrong type.
    Component {
        /// The number of the component, from 1.
        number: usize,
        /// The expected component.
        expected: &'static str,
    },
}

impl fmt::Display for MalformedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WhiteSpace => f.write_str("the name has white space at an end or a line break inside"),
            Self::LdapOrder => f.write_str("the name is in LDAP order; raw mode expects a name that starts with `/o=`"),
            Self::OtherAttribute(other) => {
                write!(f, "the name is a value of {}: it ends in `cn={}`", other.name(), other.object())
            }
            Self::PublicStore => f.write_str("the name is that of the public store; a mailbox is in the private store"),
            Self::NoConfiguration => f.write_str("`cn=Configuration` is missing before `cn=Servers`"),
            Self::Component { number, expected } => write!(f, "component {number} must be `{expected}`"),
        }
    }
}

/// Reads the value of a home attribute. Types and fixed components are compared without regard to case. [Q190722]
///
/// # Errors
/// The first reason why the text is invalid.
pub fn parse(text: &str, attribute: HomeAttribute) -> Result<HomeName, MalformedName> {
    if text != text.trim() || text.contains(['\n', '\r', '\t']) {
        return Err(MalformedName::WhiteSpace);
    }
    let Some(path) = text.strip_prefix('/') else {
        let is_ldap = text.contains(',') && text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("cn="));
        return Err(if is_ldap {
            MalformedName::LdapOrder
        } else {
            MalformedName::Component { number: 1, expected: "/o=…" }
        });
    };
    let components: Vec<&str> = path.split('/').collect();
    let fixed = |number: usize, expected: &'static str| match components.get(number - 1) {
        Some(component) if component.eq_ignore_ascii_case(expected) => Ok(()),
        Some(_) | None => Err(MalformedName::Component { number, expected }),
    };
    let named = |number: usize, kind: &str, expected: &'static str| {
        let component = components.get(number - 1).and_then(|component| component.split_once('='));
        match component {
            Some((found, name)) if found.eq_ignore_ascii_case(kind) && !name.is_empty() && name == name.trim() => {
                Ok(name.to_owned())
            }
            Some(_) | None => Err(MalformedName::Component { number, expected }),
        }
    };
    let organization = named(1, "o", "o=<organisation>")?;
    let site = named(2, "ou", "ou=<site>")?;
    if fixed(3, "cn=Servers").is_ok() {
        return Err(MalformedName::NoConfiguration);
    }
    fixed(3, "cn=Configuration")?;
    fixed(4, "cn=Servers")?;
    let server = named(5, "cn", "cn=<server>")?;
    if fixed(6, "cn=Microsoft Public MDB").is_ok() {
        return Err(MalformedName::PublicStore);
    }
    let ends_in = |attribute: HomeAttribute| match attribute {
        HomeAttribute::Mdb => fixed(6, "cn=Microsoft Private MDB"),
        HomeAttribute::Mta => fixed(6, "cn=Microsoft MTA"),
    };
    if ends_in(attribute.other()).is_ok() {
        return Err(MalformedName::OtherAttribute(attribute.other()));
    }
    ends_in(attribute)?;
    if components.len() > 6 {
        return Err(MalformedName::Component { number: 7, expected: "the end of the name" });
    }
    Ok(HomeName { organization, site, server })
}

impl HomeName {
    /// The name in the format of the article.
    #[must_use]
    pub fn of(&self, attribute: HomeAttribute) -> String {
        let Self { organization, site, server } = self;
        format!("/o={organization}/ou={site}/cn=Configuration/cn=Servers/cn={server}/cn={}", attribute.object())
    }
}
