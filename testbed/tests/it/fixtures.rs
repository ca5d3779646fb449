//! The servers that tests share, and small things about mail on them.

use std::sync::OnceLock;

use stranded_testbed::bed::Bed;
use stranded_testbed::system::{Config, System, Trouble};

/// The servers of all tests that do not stop one. Each test has users of its own.
pub(crate) fn bed() -> &'static Bed {
    static BED: OnceLock<Bed> = OnceLock::new();
    BED.get_or_init(|| Bed::up().unwrap())
}

pub(crate) fn system() -> System {
    system_of(&bed().system_toml())
}

pub(crate) fn system_of(toml: &str) -> System {
    System::new(Config::read("system.toml", toml).unwrap_or_else(|error| panic!("{error}"))).unwrap()
}

pub(crate) fn message(name: &str) -> Vec<u8> {
    format!("Message-ID: <{name}@example.test>\r\nSubject: {name}\r\n\r\nThe text of {name}.\r\n").into_bytes()
}

/// Checks that a reason is one line with this part.
#[track_caller]
pub(crate) fn is_sentence(trouble: &Trouble, part: &str) {
    let says = trouble.to_string();
    assert!(says.contains(part) && !says.contains('\n'), "{says}");
}
