//! Line breaks for a text; a wide character counts as two columns.

use textwrap::{Options, WordSplitter, WrapAlgorithm};

/// Returns the text in lines of at most `width` columns; every line but the first starts with `indent` spaces. A word that is
/// longer than a line gets a line of its own.
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
