//! Text in columns of a terminal. A wide character takes two columns.

pub use textwrap::core::display_width;
use textwrap::{Options, WordSplitter, WrapAlgorithm};

/// Returns the text in lines of at most `width` columns; every line but the first starts with `indent` spaces. A word that
/// is longer than a line has a line of its own.
#[must_use]
pub fn wrapped(text: &str, indent: usize, width: u16) -> String {
    const COLUMNS_MIN: usize = 20;
    let columns = usize::from(width).saturating_sub(indent).max(COLUMNS_MIN);
    let options = Options::new(columns)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    textwrap::wrap(&words, options).join(&format!("\n{:indent$}", ""))
}

/// Returns the text with spaces at its end, so that it takes at least `width` columns.
#[must_use]
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{:spaces$}", "", spaces = width.saturating_sub(display_width(text)))
}

/// Returns a text whose first letter is a capital.
#[must_use]
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}
