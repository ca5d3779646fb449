//! A scenario's text together with the texts of the files it names, in one text: what a trace carries, and what loads again
//! without any file. The scenario comes first; after it each file follows a line `#@ file NAME`, which TOML takes for a
//! comment. Names are relative to the scenario's folder.

use std::io;

/// What begins the line before a file's text.
const MARK: &str = "#@ file ";

/// A scenario's text and the texts of the files it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bundle {
    /// The scenario.
    pub(crate) main: String,
    /// The files, by name.
    pub(crate) files: Vec<(String, String)>,
}

impl Bundle {
    /// Takes a text apart.
    pub(crate) fn split(text: &str) -> Self {
        let mut bundle = Self::default();
        for line in text.split_inclusive('\n') {
            match line.strip_prefix(MARK) {
                Some(name) => bundle.files.push((name.trim_end().to_owned(), String::new())),
                None => bundle.files.last_mut().map_or(&mut bundle.main, |(_, text)| text).push_str(line),
            }
        }
        bundle
    }

    /// Puts the texts together.
    pub(crate) fn join(&self) -> String {
        let mut text = self.main.clone();
        for (name, file) in &self.files {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.extend([MARK, name, "\n", file]);
        }
        text
    }

    /// Adds a file, and the files it names itself, all under the folder of the first.
    pub(crate) fn add(&mut self, name: &str, text: &str) {
        let inner = Self::split(text);
        self.add_plain(name.to_owned(), inner.main);
        for (inner_name, text) in inner.files {
            self.add_plain(beside(name, &inner_name), text);
        }
    }

    /// The text of a file, if it is here.
    pub(crate) fn file(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(other, _)| other == name).map(|(_, text)| text.as_str())
    }

    fn add_plain(&mut self, name: String, text: String) {
        if self.file(&name).is_none() {
            self.files.push((name, text));
        }
    }
}

/// Where a scenario finds the files it names.
pub(crate) struct Files<'a> {
    /// The name of the scenario's file.
    pub(crate) name: &'a str,
    /// What was read so far.
    pub(crate) used: Bundle,
    bundled: Bundle,
    read: &'a dyn Fn(&str) -> io::Result<String>,
}

impl<'a> Files<'a> {
    /// The files that came with the text, and whatever can be read besides.
    pub(crate) fn of(name: &'a str, text: &str, read: &'a dyn Fn(&str) -> io::Result<String>) -> Self {
        let bundled = Bundle::split(text);
        let used = Bundle { main: bundled.main.clone(), files: Vec::new() };
        Self { name, used, bundled, read }
    }

    /// What a file is called in messages.
    pub(crate) fn reported(&self, path: &str) -> String {
        beside(self.name, path)
    }

    /// The text of a file, without taking note of it.
    pub(crate) fn peek(&self, path: &str) -> io::Result<String> {
        match self.bundled.file(path) {
            Some(text) => Ok(text.to_owned()),
            None => (self.read)(path),
        }
    }

    /// The text of a file that the scenario names.
    pub(crate) fn open(&mut self, path: &str) -> io::Result<String> {
        let text = self.peek(path)?;
        self.used.add_plain(path.to_owned(), text.clone());
        Ok(text)
    }
}

/// The path, taken from the folder in which the file stands; without `.` and without needless `..`.
pub(crate) fn beside(file: &str, path: &str) -> String {
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
