//! Text broken into lines of a width of columns. What it says is not its business.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The fewest columns that a continued line has; narrower ones are not indented.
const ROOM_MIN: usize = 10;

/// A sentence that is not broken into lines yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// What it says.
    pub(super) text: String,
    /// The column at which its second line starts.
    pub(super) indent: usize,
    /// How it looks.
    pub(super) style: Style,
}

impl Said {
    /// A sentence in plain letters.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same, continued at this column.
    pub(super) fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    /// The same in another look.
    pub(super) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    /// Its lines, none wider than this.
    pub(super) fn lines(&self, width: usize) -> Vec<Line<'static>> {
        folded(&self.text, self.indent, width).into_iter().map(|line| Line::styled(line, self.style)).collect()
    }
}

/// The columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

/// Breaks a text at its spaces, and a word that is wider than a line wherever the line ends. All lines but the first are
/// indented; several spaces, which align what follows them, are kept within a line.
pub(super) fn folded(text: &str, indent: usize, width: usize) -> Vec<String> {
    let width = width.max(1);
    let indent = if width < indent + ROOM_MIN { 0 } else { indent };
    let mut done: Vec<String> = Vec::new();
    let (mut line, mut gap, mut is_blank) = (String::new(), 0, true);
    for (index, word) in text.split(' ').enumerate() {
        gap += usize::from(index > 0);
        if word.is_empty() {
            continue;
        }
        if is_blank && done.is_empty() || !is_blank && columns(&line) + gap + columns(word) <= width {
            line.push_str(&" ".repeat(gap));
        } else if !is_blank {
            done.push(std::mem::replace(&mut line, " ".repeat(indent)));
        }
        (gap, is_blank) = (0, false);
        for character in word.chars() {
            if columns(&line) + columns(character.encode_utf8(&mut [0; 4])) > width {
                done.push(std::mem::replace(&mut line, " ".repeat(indent)));
            }
            line.push(character);
        }
    }
    done.push(line);
    done
}

/// A text that ends with a sign where it had to be cut.
pub(super) fn truncated(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        if columns(&kept) + columns(character.encode_utf8(&mut [0; 4])) + 1 > width {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

/// Lines of which the last says that some are left out, if they are more than this.
pub(super) fn truncated_lines(mut lines: Vec<Line<'static>>, height: usize) -> Vec<Line<'static>> {
    if lines.len() > height {
        lines.truncate(height);
        if let Some(last) = lines.last_mut() {
            last.push_span("…");
        }
    }
    lines
}
