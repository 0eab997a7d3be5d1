//! The worker itself: shut in, then one document after another.

use super::{
    protocol::{Hello, Job, Request, read_frame, write_frame},
    sandbox,
};
use crate::{
    extract, findings,
    limits::{MAX_NESTING, MAX_READ},
};
use chartrier_schemas::Extraction;
use std::{
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

/// Runs a worker over standard input and output until its parent hangs up. `--open` as the second argument
/// leaves the sandbox away.
pub fn run() -> ExitCode {
    // What a panic says comes from the document: nobody needs to hear it.
    std::panic::set_hook(Box::new(|_| {}));
    let open = std::env::args_os().any(|word| word == "--open");
    let hello = match sandbox::enter(!open) {
        Ok(()) if open => Hello::Open,
        Ok(()) => Hello::Sandboxed,
        Err(_) => Hello::Refused,
    };
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let said = output.write_all(&[hello as u8]).and_then(|()| output.flush());
    if said.is_err() || hello == Hello::Refused {
        return ExitCode::FAILURE;
    }
    while let Ok(Some((request, bytes))) = next(&mut input) {
        if answer(&request, &bytes, &mut output).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Shuts this process in for ever, as a worker is before it reads a byte.
pub fn shut_in() -> Result<(), Box<dyn std::error::Error>> {
    sandbox::enter(true)
}

/// The next request and its document; nothing when the parent hung up.
fn next(input: &mut dyn Read) -> io::Result<Option<(Request, Vec<u8>)>> {
    let head = match read_frame(input, 1 << 20) {
        Ok(head) => head,
        Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(why) => return Err(why),
    };
    let request: Request = serde_json::from_slice(&head)?;
    let mut bytes = Vec::with_capacity(usize::try_from(request.size.min(MAX_READ)).unwrap_or(0));
    input.take(request.size).read_to_end(&mut bytes)?;
    Ok(Some((request, bytes)))
}

fn answer(request: &Request, bytes: &[u8], output: &mut dyn Write) -> io::Result<()> {
    match &request.job {
        Job::Extract => {
            let read = catch_unwind(AssertUnwindSafe(|| extract::extract(bytes, &request.name)));
            let extraction = read.unwrap_or_else(|_| panicked(bytes, &request.name));
            write_frame(output, &serde_json::to_vec(&extraction)?)?;
            let picture = extraction
                .thumbnail
                .map(|picture| [&picture.width.to_be_bytes()[..], &picture.height.to_be_bytes(), &picture.jpeg].concat());
            write_frame(output, &picture.unwrap_or_default())?;
        }
        Job::Part { path } => {
            let deep = path.split('/').count() > MAX_NESTING + 1;
            let read = catch_unwind(AssertUnwindSafe(|| if deep { None } else { extract::part(bytes, path) }));
            let part = read.unwrap_or_default();
            output.write_all(&[u8::from(part.is_some())])?;
            write_frame(output, &part.unwrap_or_default())?;
        }
    }
    output.flush()
}

/// What is known of a document whose reader gave up: its format.
fn panicked(bytes: &[u8], name: &str) -> Extraction {
    let format = catch_unwind(AssertUnwindSafe(|| crate::identify::identify(bytes, name).0)).unwrap_or_default();
    Extraction { format, findings: vec![findings::damaged("its reader gave up")], ..Extraction::default() }
}
