//! The article on real servers.

use stranded_testbed::article::{STORIES, Story, perform};
use stranded_testbed::bed::{Bed, Store};
use stranded_testbed::system::{Config, System};

#[test]
fn the_servers_show_what_the_model_says_at_every_step_of_every_story() {
    let bed = Bed::up().unwrap();
    let system = System::new(Config::read("system.toml", &bed.system_toml()).unwrap()).unwrap();
    for story in &STORIES {
        bed.add_user(story.name, Store::A).unwrap();
        let lines = perform(story, &system, story.name).unwrap();
        for line in &lines {
            assert!(line.agrees(), "{}: {line:#?}", story.name);
        }
        let end = &lines.last().unwrap().real;
        let found: Vec<&str> = end.stores.iter().flatten().flatten().map(String::as_str).collect();
        let expected: &[&str] = match story.name {
            // The second move destroys the mail.
            "second-move" => &[],
            "method-1-late-mail" => &["m2", "m1"],
            _ => &["m1"],
        };
        assert_eq!(found, expected, "{}: {end:?}", story.name);
    }
}

#[test]
fn what_the_servers_cannot_do_is_labelled() {
    let bed = Bed::up().unwrap();
    let system = System::new(Config::read("system.toml", &bed.system_toml()).unwrap()).unwrap();
    bed.add_user("alice", Store::A).unwrap();
    let second_move: &Story = &STORIES[0];
    let lines = perform(second_move, &system, "alice").unwrap();
    let emulated: Vec<&str> =
        lines.iter().filter(|line| line.reply.is_emulated).map(|line| line.reply.says.as_str()).collect();
    assert!(emulated.iter().any(|says| says.contains("c1040b00")), "{emulated:?}");
    assert!(emulated.iter().any(|says| says.contains("no in-transit mark")), "{emulated:?}");
}
