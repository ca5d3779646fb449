//! The stories of the article on real servers, as text: each step of the model, and below it what the servers answered and show.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use stranded_search::lines::wrapped;
use stranded_testbed::article::{Line, Story, View};

const TITLE: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Returns the text of one story.
#[must_use]
pub fn story(story: &Story, lines: &[Line], width: u16) -> String {
    let mut text = format!("{TITLE}{}{TITLE:#}\n", story.name);
    for (number, line) in lines.iter().enumerate() {
        let number = number + 1;
        let _ = writeln!(text, "{number:>3}  {}", wrapped(&format!("model:   {}", line.says), 14, width));
        let label = if line.reply.is_emulated { "emulated:" } else { "servers:" };
        let _ = writeln!(text, "     {}", wrapped(&format!("{label:<8} {}", line.reply.says), 14, width));
        let (style, says) = if line.agrees() { (GOOD, "as the model") } else { (BAD, "NOT AS THE MODEL") };
        let _ = writeln!(text, "     {}; {style}{says}{style:#}", wrapped(&view(&line.real), 14, width));
        if !line.agrees() {
            let _ = writeln!(text, "     {}", wrapped(&format!("expected {}", view(&line.model)), 14, width));
        }
    }
    let agreed = lines.iter().filter(|line| line.agrees()).count();
    let style = if agreed == lines.len() { GOOD } else { BAD };
    let _ = writeln!(text, "{style}{agreed} of {} steps are as the model says{style:#}", lines.len());
    text
}

fn view(view: &View) -> String {
    let home = view.home.as_deref().unwrap_or("none");
    let [source, destination] = view.stores.each_ref().map(|store| match store {
        None => "not observed".to_owned(),
        Some(messages) if messages.is_empty() => "empty".to_owned(),
        Some(messages) => messages.join(" "),
    });
    format!("home {home}, source {source}, destination {destination}")
}
