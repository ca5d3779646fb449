//! The command line.

use std::io::Write as _;
use std::panic;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use stranded::cli::Cli;
use stranded::command;
use stranded::exit::Exit;

fn main() -> ExitCode {
    ignore_file_limit();
    command::complete();
    if let Some(exit) = command::refuse_in_job(std::env::args_os().skip(1)) {
        return exit;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(reason) => return command::print_usage(&reason),
    };
    let exit = match panic::catch_unwind(|| command::run(&cli)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            command::print_error(&error);
            error.exit()
        }
        Err(_) => {
            let _ = writeln!(anstream::stderr(), "this is a defect of stranded; do not rely on any verdict above");
            Exit::Defect
        }
    };
    ExitCode::from(exit.code())
}

/// Turns the signal for a file beyond the limit of the process into an error of the write.
fn ignore_file_limit() {
    // Without the handler, such a write ends the program.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}
