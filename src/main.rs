//! The command line.

use std::io::Write as _;
use std::panic;
use std::process::ExitCode;

use clap::Parser as _;
use stranded::cli::Cli;
use stranded::command;
use stranded::exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = match panic::catch_unwind(|| command::run(&cli)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            let _ = writeln!(anstream::stderr(), "{}", error.to_string().trim_end());
            error.exit()
        }
        Err(_) => {
            let _ = writeln!(anstream::stderr(), "this is a defect of stranded; do not rely on any verdict above");
            Exit::Defect
        }
    };
    ExitCode::from(exit.code())
}
