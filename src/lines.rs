//! Breaking a text into lines. What the text says is not its business.

/// Breaks a text into lines that start at the indent, the first one excepted, and end before the width.
pub(crate) fn wrapped(text: &str, indent: usize, width: u16) -> String {
    let room = usize::from(width).saturating_sub(indent).max(20);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{:indent$}", ""))
}
