//! Text wrapped to a number of columns.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The smallest width of an indented line; narrower lines are not indented.
const ROOM_MIN: usize = 10;

/// Text with its indentation and style, before it is wrapped.
#[derive(Clone, Debug, Default)]
pub(super) struct TextBlock {
    /// The text.
    pub(super) text: String,
    /// The indentation of all lines but the first.
    pub(super) indent: usize,
    /// The style.
    pub(super) style: Style,
}

impl TextBlock {
    /// Unstyled text without indentation.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same text with this indentation.
    pub(super) fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    /// The same text in this style.
    pub(super) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    /// The lines of the text, none wider than this.
    pub(super) fn lines(&self, width: usize) -> Vec<Line<'static>> {
        wrapped(&self.text, self.indent, width).into_iter().map(|line| Line::styled(line, self.style)).collect()
    }
}

/// The columns of a text.
pub(super) fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

/// Wraps a text at its spaces, and a word that is wider than a line at the end of the line. All lines but the first are
/// indented. Repeated spaces, which align columns, stay within a line.
pub(super) fn wrapped(text: &str, indent: usize, width: usize) -> Vec<String> {
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

/// The start of a text that fits, with `…` if the rest is left out.
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

/// The first lines, with `…` if the rest is left out.
pub(super) fn truncated_lines(mut lines: Vec<Line<'static>>, height: usize) -> Vec<Line<'static>> {
    if lines.len() > height {
        lines.truncate(height);
        if let Some(last) = lines.last_mut() {
            last.push_span("…");
        }
    }
    lines
}
