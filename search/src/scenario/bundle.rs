//! Bundles: the text of a scenario and the texts of the files that it names, in one text. A trace carries a bundle, and it can be
//! read without any file. The scenario comes first; each file follows after a line `#@ file NAME`, which is a comment in TOML.
//! Names are relative to the folder of the scenario.

use std::io;

use crate::files::ReadError;

/// The start of the line before the text of a file.
const MARK: &str = "#@ file ";

/// The text of a scenario and the texts of the files that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bundle {
    /// The scenario.
    pub(super) main: String,
    /// The files, by name.
    pub(super) files: Vec<(String, String)>,
}

impl Bundle {
    /// Splits a text into the scenario and its files.
    pub(super) fn split(text: &str) -> Self {
        let mut bundle = Self::default();
        for line in text.split_inclusive('\n') {
            match line.strip_prefix(MARK) {
                Some(name) => bundle.files.push((name.trim_end().to_owned(), String::new())),
                None => bundle.files.last_mut().map_or(&mut bundle.main, |(_, text)| text).push_str(line),
            }
        }
        bundle
    }

    /// Returns the bundle as one text.
    pub(super) fn join(&self) -> String {
        let mut text = self.main.clone();
        for (name, file) in &self.files {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.extend([MARK, name, "\n", file]);
        }
        text
    }

    /// Adds a file and the files that it names. Their names become relative to the folder of this bundle's scenario.
    pub(super) fn add(&mut self, name: &str, text: &str) {
        let inner = Self::split(text);
        self.add_plain(name.to_owned(), inner.main);
        for (inner_name, text) in inner.files {
            self.add_plain(beside(name, &inner_name), text);
        }
    }

    fn file(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(other, _)| other == name).map(|(_, text)| text.as_str())
    }

    fn add_plain(&mut self, name: String, text: String) {
        if self.file(&name).is_none() {
            self.files.push((name, text));
        }
    }
}

/// The files that one scenario can read, and those that it has read.
pub(super) struct Files<'a> {
    /// The name of the scenario's file.
    pub(super) name: &'a str,
    /// The files that the scenario has read.
    pub(super) used: Bundle,
    bundled: Bundle,
    read: &'a dyn Fn(&str) -> io::Result<String>,
}

impl<'a> Files<'a> {
    /// Returns the files of a scenario: those in its text, and those that `read` returns.
    pub(super) fn of(name: &'a str, text: &str, read: &'a dyn Fn(&str) -> io::Result<String>) -> Self {
        let bundled = Bundle::split(text);
        let used = Bundle { main: bundled.main.clone(), files: Vec::new() };
        Self { name, used, bundled, read }
    }

    /// Returns the name of a file for messages.
    pub(super) fn reported(&self, path: &str) -> String {
        beside(self.name, path)
    }

    /// Returns the text of a file.
    pub(super) fn peek(&self, path: &str) -> io::Result<String> {
        match self.bundled.file(path) {
            Some(text) => Ok(text.to_owned()),
            None => (self.read)(path),
        }
    }

    /// Returns the text of a file that the scenario names, with the reported name in an error.
    pub(super) fn text_of(&self, path: &str) -> Result<String, ReadError> {
        self.peek(path).map_err(|reason| ReadError { path: self.reported(path), reason })
    }

    /// Returns the text of a file that the scenario names, and records that the scenario has read it.
    pub(super) fn open(&mut self, path: &str) -> Result<String, ReadError> {
        let text = self.text_of(path)?;
        self.used.add_plain(path.to_owned(), text.clone());
        Ok(text)
    }
}

/// Returns a path relative to the folder of `file`, without `.` and without needless `..`.
pub(super) fn beside(file: &str, path: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let joined = match (path.starts_with('/'), file.contains('/')) {
        (true, _) | (false, false) => path.to_owned(),
        (false, true) => format!("{folder}/{path}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match (part, parts.last()) {
            (".", _) => {}
            ("..", Some(last)) if !["", ".."].contains(last) => {
                let _up = parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
