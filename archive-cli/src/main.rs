//! `chartrier`: every act of the engine as a command. Reads arguments, environment and terminal, which
//! nothing else in the product does; decides nothing.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the face that prints")]

mod arguments;
mod commands;
mod context;
mod output;
mod usage;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    // A worker reads untrusted bytes: it must not come near anything below.
    if std::env::args_os().nth(1).is_some_and(|word| word == "worker") {
        return chartrier_ingest::worker::run();
    }
    let arguments = match arguments::Arguments::try_parse_from(arguments::given()) {
        Ok(arguments) => arguments,
        Err(why) => return misunderstood(&why),
    };
    let context = context::Context::new(&arguments);
    match commands::run(&context, arguments.command) {
        Ok(code) => code,
        Err(why) => {
            output::error(&context, &why);
            ExitCode::from(output::exit_code(why.kind))
        }
    }
}

/// Help and version are no errors; a verb without its verb is answered with its help, unless a machine asks.
fn misunderstood(why: &clap::Error) -> ExitCode {
    let json = usage::wants_json(std::env::args_os());
    let help = why.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !json;
    if help || !why.use_stderr() {
        let _ = why.print();
        return ExitCode::from(if why.use_stderr() { 2 } else { 0 });
    }
    let told = usage::told(why);
    output::tell(json, context::language(), &told);
    ExitCode::from(output::exit_code(told.kind))
}
