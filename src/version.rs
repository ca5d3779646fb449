//! The version of the program: its number, the commit that it was built from, and the hash of the rules of its model.

use std::sync::LazyLock;

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let commit = option_env!("STRANDED_COMMIT").unwrap_or("unknown");
    format!("{} (commit {commit}, model {})", env!("CARGO_PKG_VERSION"), stranded_search::model_hash())
});

/// Returns the version. The commit is `unknown` if the program was built without a repository or a package of one.
#[must_use]
pub fn text() -> &'static str {
    &TEXT
}
