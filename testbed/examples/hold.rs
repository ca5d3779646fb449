//! Starts a bed, prints its folder, and ends. Arguments: the bed, `dovecot` or `cyrus`; and the end: `exit`, `panic`, or `hold` until
//! another process ends the bed.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use stranded_testbed::bed::{self, Bed};
use stranded_testbed::cyrus::Murder;
use stranded_testbed::processes::Processes;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bed, ending] = &*arguments else { return Err("usage: hold dovecot|cyrus exit|panic|hold".into()) };
    if bed == "cyrus" { end(Murder::up()?.processes(), ending) } else { end(Bed::up()?.processes(), ending) }
}

fn end(processes: &mut Processes, ending: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut output = std::io::stdout();
    writeln!(output, "{}", processes.folder().display())?;
    output.flush()?;
    match ending {
        "panic" => panic!("the program that holds the bed panics"),
        "hold" => bed::hold(processes, &AtomicBool::new(false))?,
        _ => {}
    }
    Ok(())
}
