//! The worker itself: shut in, then one document after another.

use super::{
    asked::Asked,
    protocol::{Hello, Job, Request, Told, Word, ends, read_frame, write_frame},
    sandbox, tool,
};
use crate::{
    extract, findings,
    identify::{told, unsure},
    limits::{MAX_ANSWER, MAX_NESTING, MAX_PAGE_ROWS, MAX_READ},
    pronom::{self, Document, Registry, Release, Whole},
};
use chartrier_schemas::{Extraction, Finding, Format, PageRow};
use std::{
    io::{self, Read, Write},
    mem::take,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

/// Runs a worker over standard input and output until its parent hangs up. `--open` as the second argument
/// leaves the sandbox away; `--tool` makes of this process the program that follows, in a sandbox of its own.
pub fn run() -> ExitCode {
    let mut words = std::env::args_os().skip_while(|word| word != "--tool").skip(1);
    if let Some(program) = words.next() {
        return tool::become_it(&program, words);
    }
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
    while let Ok(Some(request)) = next(&mut input) {
        if answer(&request, &mut input, &mut output).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Shuts this process in for ever, as a worker is before it reads a byte.
pub fn shut_in() -> Result<(), Box<dyn std::error::Error>> {
    sandbox::enter(true)
}

/// The next request; nothing when the parent hung up.
fn next(input: &mut dyn Read) -> io::Result<Option<Request>> {
    match read_frame(input, 1 << 20) {
        Ok(head) => Ok(Some(serde_json::from_slice(&head)?)),
        Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(why) => Err(why),
    }
}

/// The next bytes, so many.
fn bytes(input: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(MAX_READ)).unwrap_or(0));
    input.take(size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn answer(request: &Request, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
    match &request.job {
        Job::Extract => {
            let bytes = bytes(input, request.size)?;
            let read = catch_unwind(AssertUnwindSafe(|| extract::extract(&bytes, &request.name)));
            tell(read.unwrap_or_else(|_| panicked(&bytes, &request.name)), output)?;
        }
        Job::Identify => {
            let told = identified(request, input, output)?;
            output.write_all(&[Word::Answer as u8])?;
            write_frame(output, &serde_json::to_vec(&told)?)?;
        }
        Job::Part { path } => {
            let bytes = bytes(input, request.size)?;
            let deep = path.split('/').count() > MAX_NESTING + 1;
            let read = catch_unwind(AssertUnwindSafe(|| if deep { None } else { extract::part(&bytes, &request.name, path) }));
            let part = read.unwrap_or_default();
            output.write_all(&[u8::from(part.is_some())])?;
            write_frame(output, &part.unwrap_or_default())?;
        }
        Job::Release => {
            let bytes = bytes(input, request.size)?;
            let registry = Release::from_bytes(&bytes).and_then(|release| Registry::read(&release));
            output.write_all(&[u8::from(registry.is_ok_and(pronom::put_in_force))])?;
        }
        Job::Page { page, side } => {
            let bytes = bytes(input, request.size)?;
            show(
                || extract::page::page(&bytes, &request.name, *page, *side),
                |page| vec![framed(page.width, page.height, &page.jpeg), rows(&page.rows)],
                output,
            )?;
        }
        Job::Scan { page } => {
            let bytes = bytes(input, request.size)?;
            show(
                || extract::page::scan(&bytes, &request.name, *page),
                |page| vec![framed(page.width(), page.height(), page.as_raw())],
                output,
            )?;
        }
        Job::Layers => {
            let bytes = bytes(input, request.size)?;
            let layers = catch_unwind(AssertUnwindSafe(|| extract::layers(&bytes, &request.name))).unwrap_or_default();
            let waits: Vec<bool> = layers.iter().map(|layer| layer.waits).collect();
            write_frame(output, &serde_json::to_vec(&waits)?)?;
            for layer in layers {
                write_frame(output, layer.text.as_bytes())?;
            }
        }
    }
    output.flush()
}

/// Tells the format of a document of which the two ends are here; more of it is asked for where it is a container.
fn identified(request: &Request, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<Told> {
    let (first, last) = ends(request.size);
    let mut head = bytes(input, first)?;
    let mut tail = bytes(input, last)?;
    let told = if request.size == first + last {
        head.append(&mut tail);
        catch_unwind(AssertUnwindSafe(|| told(Document::in_memory(&head), &request.name)))
    } else {
        let mut whole = Asked::new(&head, &tail, request.size, input, output);
        let document = Document { head: &head, tail: &tail, whole: Whole::Source(&mut whole) };
        catch_unwind(AssertUnwindSafe(|| told(document, &request.name)))
    };
    let (format, identification) = told.unwrap_or_else(|_| (Format::unknown(), unsure()));
    Ok(Told { format, identification })
}

/// Makes a picture and says it, or why there is none.
fn show<T>(
    make: impl FnOnce() -> Result<T, Finding>,
    frames: impl FnOnce(&T) -> Vec<Vec<u8>>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let made = catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|_| Err(findings::no_page_image("its reader gave up")));
    match made {
        Ok(picture) => frames(&picture).iter().try_for_each(|frame| write_frame(output, frame)),
        Err(why) => {
            write_frame(output, &[])?;
            write_frame(output, &serde_json::to_vec(&why)?)
        }
    }
}

/// The frame of a picture.
fn framed(width: u32, height: u32, bytes: &[u8]) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), bytes].concat()
}

/// The words of a page; none, where they are more than a parent listens to.
fn rows(rows: &[PageRow]) -> Vec<u8> {
    let none = || b"[]".to_vec();
    serde_json::to_vec(rows).ok().filter(|said| said.len() <= MAX_PAGE_ROWS).unwrap_or_else(none)
}

/// Says what was read: texts apart, for they are long.
fn tell(mut extraction: Extraction, output: &mut dyn Write) -> io::Result<()> {
    let mut texts = vec![take(&mut extraction.text)];
    texts.extend(extraction.parts.iter_mut().map(|part| take(&mut part.text)));
    let head = fitted(&mut extraction)?;
    write_frame(output, &head)?;
    for text in texts.iter().take(extraction.parts.len() + 1) {
        write_frame(output, text.as_bytes())?;
    }
    let picture = extraction.thumbnail.map(|picture| framed(picture.width, picture.height, &picture.jpeg));
    write_frame(output, &picture.unwrap_or_default())
}

/// The short side of an extraction. Of one that says more than a parent listens to, the first half, or of that the
/// first half, as long as it takes.
fn fitted(extraction: &mut Extraction) -> io::Result<Vec<u8>> {
    let mut head = serde_json::to_vec(&extraction)?;
    if head.len() > MAX_ANSWER {
        extraction.findings.push(findings::text_cut());
    }
    while head.len() > MAX_ANSWER {
        extraction.parts.truncate(extraction.parts.len() / 2);
        extraction.fields.truncate(extraction.fields.len() / 2);
        for people in [&mut extraction.authors, &mut extraction.recipients] {
            people.truncate(people.len() / 2);
        }
        head = serde_json::to_vec(&extraction)?;
    }
    Ok(head)
}

fn format(bytes: &[u8], name: &str) -> Format {
    let told = || told(Document::in_memory(bytes), name).0;
    catch_unwind(AssertUnwindSafe(told)).unwrap_or_else(|_| Format::unknown())
}

/// What is known of a document whose reader gave up: its format.
fn panicked(bytes: &[u8], name: &str) -> Extraction {
    let findings = vec![findings::damaged("its reader gave up")];
    Extraction { format: format(bytes, name), findings, ..Extraction::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_never_longer_than_a_parent_listens_to() {
        let mut extraction = Extraction {
            authors: vec!["x".repeat(4_000); 1_000],
            recipients: vec!["y".repeat(4_000); 1_000],
            ..Extraction::default()
        };
        let head = fitted(&mut extraction).unwrap();
        assert!(head.len() <= MAX_ANSWER && !extraction.authors.is_empty());
        assert_eq!(extraction.findings[0].number, 7);
    }
}
