//! The files of the page: embedded one by one, and as one script for a page that is a file.

/// A file of the page.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// The name.
    pub name: &'static str,
    /// The media type.
    pub kind: &'static str,
    /// The text.
    pub text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! scripts {
    ($($name:literal),* $(,)?) => {
        [$(Asset { name: $name, kind: SCRIPT, text: include_str!(concat!("assets/", $name)) }),*]
    };
}

/// The HTML of the page.
pub const PAGE: Asset =
    Asset { name: "index.html", kind: "text/html; charset=utf-8", text: include_str!("assets/index.html") };

/// The style sheet.
pub const STYLE: Asset =
    Asset { name: "style.css", kind: "text/css; charset=utf-8", text: include_str!("assets/style.css") };

/// The scripts, each module after those that it imports.
pub const SCRIPTS: [Asset; 12] = scripts![
    "dom.js",
    "layout.js",
    "align.js",
    "source.js",
    "picture.js",
    "panels.js",
    "compare.js",
    "check.js",
    "export.js",
    "home.js",
    "share.js",
    "main.js",
];

/// Returns the file of this name.
#[must_use]
pub fn asset(name: &str) -> Option<&'static Asset> {
    static SCRIPTS_KEPT: [Asset; 12] = SCRIPTS;
    static OTHERS: [Asset; 2] = [PAGE, STYLE];
    OTHERS.iter().chain(&SCRIPTS_KEPT).find(|asset| asset.name == name)
}

/// Returns all modules as one script without imports. Therefore no two modules share a top-level name.
#[must_use]
pub fn bundled() -> String {
    let mut bundle = String::new();
    for script in SCRIPTS {
        for line in script.text.lines() {
            if line.starts_with("import ") {
                continue;
            }
            bundle.push_str(line.strip_prefix("export ").unwrap_or(line));
            bundle.push('\n');
        }
    }
    bundle
}
