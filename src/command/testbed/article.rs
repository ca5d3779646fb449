//! `stranded testbed article`

use stranded_testbed::article::{STORIES, perform};
use stranded_testbed::bed::Store;

use crate::cli::TestbedArticle;
use crate::command::{CommandError, output};
use crate::exit::Exit;
use crate::report::stories;

pub(super) fn run(arguments: &TestbedArticle) -> Result<Exit, CommandError> {
    let bed = super::bed()?;
    let system = super::system(&bed)?;
    let stories = if arguments.stories.is_empty() { &STORIES[..] } else { &arguments.stories };
    let file = arguments.file.as_deref();
    let width = output::width(file);
    let mut exit = Exit::AsExpected;
    let mut text = Vec::new();
    for story in stories {
        let added = bed.add_user(story.name, Store::A);
        added.map_err(|reason| CommandError::Inconclusive(format!("cannot add a user: {reason}")))?;
        let lines = perform(story, &system, story.name);
        let lines = lines.map_err(|trouble| CommandError::Inconclusive(format!("{}: {trouble}", story.name)))?;
        if !lines.iter().all(stranded_testbed::article::Line::agrees) {
            exit = Exit::NotAsExpected;
        }
        text.push(stories::story(story, &lines, width));
    }
    Ok(output::print(&text.join("\n"), file).max(exit))
}
