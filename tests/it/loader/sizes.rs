//! A sound scenario, and the same with a given number of something. The tests of the reader and those of the schemas use it.

/// A scenario without errors.
pub(crate) const SOUND: &str = r#"name = "sound"
family = "user"
question = "Is it sound?"
source = ["Q252869 S22"]
never = ["mine/reported"]

[site]
servers = ["source", "destination"]
mailboxes = 1
messages = 2

[environment]
delivery = "before"
logon = false
faults = ["program-dies"]
faults-max = 1

[[procedure]]
name = "mine"
source = ["Q252869"]

[[procedure.step]]
do = "create-mailbox"
at = "to"
on = { duplicate = "reported" }

[[procedure.step]]
do = "report"
outcome = "ok"

[[procedure.step]]
label = "reported"
do = "report"
outcome = "failed"

[[run]]
administrator = "first"
procedure = "mine"
from = "source"
to = "destination"

[assume]
source-delete = "after-directory"

[expect]
no-loss = "holds"
"#;

/// The kinds of things in a scenario, the largest number of each, and true if the schema counts them: it cannot count
/// distinct names.
pub(crate) const SIZES: [(&str, usize, bool); 8] = [
    ("runs of one", 16, true),
    ("runs of each", 16, true),
    ("administrators", 4, false),
    ("servers", 2, true),
    ("mailboxes", 4, true),
    ("messages", 8, true),
    ("procedures", 15, true),
    ("steps", 197, true),
];

/// Returns the sound scenario with `new` for the only `old`.
pub(crate) fn changed(old: &str, new: &str) -> String {
    assert_eq!(SOUND.matches(old).count(), 1, "`{old}`");
    SOUND.replace(old, new)
}

/// Returns the sound scenario with `count` of something.
pub(crate) fn with(what: &str, count: usize) -> String {
    let each = |line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let run = |who: &str| {
        format!("[[run]]\nadministrator = \"{who}\"\nprocedure = \"mine\"\nfrom = \"source\"\nto = \"destination\"\n")
    };
    let (before, after) = (SOUND.find("[[run]]").unwrap(), SOUND.find("[assume]").unwrap());
    let runs = |runs: String| format!("{}{runs}{}", &SOUND[..before], &SOUND[after..]);
    match what {
        "runs of one" => runs(run("first").repeat(count)),
        "runs of each" => runs(each(&|number| run(&format!("person-{}", number % 4)))),
        "administrators" => runs(each(&|number| run(&format!("person-{number}")))),
        "servers" => {
            changed("\"destination\"]", &format!("\"destination\"{}]", each(&|number| format!(", \"s{number}\""))))
        }
        "mailboxes" => changed("mailboxes = 1", &format!("mailboxes = {count}")),
        "messages" => changed("messages = 2", &format!("messages = {count}")),
        "procedures" => {
            let own = |number| {
                format!("[[procedure]]\nname = \"p{number}\"\nstep = [{{ do = \"report\", outcome = \"ok\" }}]\n")
            };
            format!("{SOUND}{}", each(&own))
        }
        "steps" => changed(
            "[[run]]",
            &format!("{}[[run]]", "[[procedure.step]]\ndo = \"report\"\noutcome = \"ok\"\n".repeat(count)),
        ),
        other => panic!("{other}"),
    }
}
