//! Links: a way is found again by its link, survives a new order of the actions, and is never shown as another.

use stranded::explore::library::Library;
use stranded::explore::link;
use stranded::explore::walk::Walk;
use stranded_model::World;
use stranded_search::scenario::builtin;

use crate::process::Drawn;

/// How many ways are drawn.
const WAYS: u64 = 200;
/// The most steps that each has.
const STEPS_MAX: u64 = 30;

/// A way through some built-in scenario, with now and then another procedure put in.
fn drawn_way(library: &Library, drawn: &mut Drawn) -> Walk {
    let names: Vec<&str> =
        builtin::scenarios().iter().map(|one| one.name).filter(|name| !name.ends_with("-of-three")).collect();
    let name = names[usize::try_from(drawn.below(names.len() as u64)).unwrap()];
    let mut walk = library.start(&library.named(name).unwrap()).unwrap();
    for _ in 0..drawn.below(STEPS_MAX) {
        let possible = walk.end().world.enabled(&walk.end().state).count() as u64;
        if possible == 0 {
            break;
        }
        if drawn.below(15) == 0 {
            walk.apply("method-1").unwrap();
            continue;
        }
        let mut skipped = drawn.below(possible);
        let (world, state) = (walk.end().world.clone(), walk.end().state.clone());
        let nth = |action: &stranded_model::action::Action| world.step(&state, action).is_ok();
        let action = *world
            .actions()
            .iter()
            .filter(|action| nth(action))
            .find(|_| {
                let found = skipped == 0;
                skipped = skipped.saturating_sub(1);
                found
            })
            .unwrap();
        assert!(walk.take_any(|other| *other == action).unwrap());
    }
    walk
}

#[test]
fn two_hundred_ways_are_found_again_by_their_links() {
    let (library, mut drawn) = (Library::default(), Drawn(7));
    for number in 0..WAYS {
        let walk = drawn_way(&library, &mut drawn);
        let text = link::to(&walk);
        // Whoever opens it has opened nothing else.
        let again = Library::default().follow(&text).unwrap_or_else(|why| panic!("way {number}: {why}: {text}"));
        assert_eq!(link::to(&again), text, "way {number}");
        assert_eq!(again.end().state, walk.end().state, "way {number}");
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#@".contains(&byte)), "{text}");
    }
}

#[test]
fn a_link_names_its_steps_so_their_order_in_the_model_does_not_matter() {
    let library = Library::default();
    let walk = drawn_way(&library, &mut Drawn(3));
    let parsed = link::parse(&link::to(&walk)).unwrap();
    assert_eq!(parsed.steps, walk.names().collect::<Vec<_>>());
    let places: Vec<String> =
        World::actions(&walk.origin.world).iter().enumerate().map(|(place, _)| place.to_string()).collect();
    assert!(parsed.steps.iter().all(|step| !places.contains(step)), "{:?}", parsed.steps);
}

#[test]
fn a_stale_or_foreign_link_is_told_and_nothing_is_shown_for_it() {
    let library = Library::default();
    let mut walk = library.start(&library.named("second-move").unwrap()).unwrap();
    walk.take("deliver mailbox-1 by source").unwrap();
    let sound = link::to(&walk);
    assert!(library.follow(&sound).is_ok());
    let parts: Vec<&str> = sound.split('/').collect();
    let with = |place: usize, text: &str| {
        let mut parts = parts.clone();
        parts[place] = text;
        parts.join("/")
    };
    let rows = [
        (sound[..sound.len() / 3].to_owned(), "this is no link"),
        ("https://example.org/".to_owned(), "this is no link"),
        (with(0, "v0"), "this is no link"),
        (with(1, "my-own").replace(parts[2], "0123456789ab"), "`my-own`, which is not known here"),
        (with(2, "0123456789ab"), "another version of the scenario `second-move`"),
        (with(3, "duplicate-abort=maybe"), "`maybe` is no answer to duplicate-abort"),
        (with(3, "weather=fine"), "knows no assumption `weather`"),
        (with(4, "0123456789ab"), "starts in a state in which second-move does not start"),
        (with(5, "0123456789ab"), "its steps lead to another state here"),
        (with(6, "deliver+mailbox-1+by+sauce"), "cannot be followed beyond step 0: there is no action"),
        (with(6, "act+mailbox-1+first+nothing"), "is not possible here: the administrator's program is not running"),
        (with(6, "apply+prayer+mailbox-1"), "there is no procedure `prayer`"),
        (with(6, "%ZZ"), "cannot be read"),
    ];
    for (text, says) in rows {
        let reported = Library::default().follow(&text).map(|_| ()).unwrap_err().to_string();
        assert!(reported.contains(says), "{text}: {reported}");
    }
}
