//! Answers in the making: pages, redirections, bytes, and bytes that follow one another while they are read.

use crate::{guard::SANDBOX, limits::GIFTS, room::Room};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use chartrier_engine::{Result, error};
use maud::Markup;
use serde_json::Value;
use std::{
    io::{self, Write},
    sync::Arc,
};
use tokio::sync::mpsc;

/// Bytes that wait between the archive and a connection, in pieces of [`PIECE`].
const WAITING: usize = 4;

/// Bytes sent at once.
const PIECE: usize = 64 << 10;

/// An answer with a status and a kind of content.
pub(crate) fn of(status: StatusCode, media: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// A page.
pub(crate) fn page(status: StatusCode, markup: Markup) -> Response {
    of(status, "text/html; charset=utf-8", markup.into_string())
}

/// An answer to a program.
pub(crate) fn json(status: StatusCode, value: &Value) -> Response {
    of(status, "application/json", value.to_string())
}

/// Another page to see.
pub(crate) fn see(path: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let path = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, path);
    response
}

/// The same answer with one header more.
pub(crate) fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
    response
}

/// A picture made by a worker of ours.
pub(crate) fn picture(jpeg: Vec<u8>) -> Response {
    with(of(StatusCode::OK, "image/jpeg", jpeg), header::CONTENT_SECURITY_POLICY, SANDBOX)
}

/// A file to be saved, never shown: its bytes are nobody's of ours.
pub(crate) fn attachment(body: impl Into<Body>, name: &str, length: Option<u64>) -> Response {
    let response = of(StatusCode::OK, "application/octet-stream", body);
    let response = with(response, header::CONTENT_DISPOSITION, &disposition(name));
    let response = with(response, header::CONTENT_SECURITY_POLICY, SANDBOX);
    match length {
        Some(length) => with(response, header::CONTENT_LENGTH, &length.to_string()),
        None => response,
    }
}

/// RFC 6266: a name for old browsers, and the name.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '(' | ')') { c } else { '_' })
        .collect();
    let mut exact = String::new();
    // What turns the order of letters round would make one kind of file look like another where it is saved.
    let name: String = name.chars().filter(|c| !crate::words::turns_letters(*c)).collect();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => exact.push(byte.into()),
            _ => exact.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

/// What is written into this is sent, as fast as the other side reads.
struct Sent {
    to: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        if piece.is_empty() {
            return Ok(());
        }
        self.to.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// A body that is written while it is read. What fails on the way ends the connection: a part never passes for the whole.
pub(crate) fn stream(room: &Arc<Room>, write: impl FnOnce(&Room, &mut dyn Write) -> Result<()> + Send + 'static) -> Result<Body> {
    let permit =
        room.gifts.clone().try_acquire_owned().map_err(|_| error::unavailable("give more at once", format_args!("{GIFTS}")))?;
    let (send, receive) = mpsc::channel(WAITING);
    let room = room.clone();
    tokio::task::spawn_blocking(move || {
        let mut sent = Sent { to: send, piece: Vec::with_capacity(PIECE * 2) };
        let done = write(&room, &mut sent).is_ok() && sent.flush().is_ok();
        if !done {
            let _ = sent.to.blocking_send(Err(io::ErrorKind::InvalidData.into()));
        }
        drop(permit);
    });
    Ok(Body::from_stream(futures::stream::unfold(receive, async |mut receive| {
        receive.recv().await.map(|piece| (piece, receive))
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_told_whole_and_harmless() {
        assert_eq!(
            disposition("menu \"dîner\"\r\n.pdf"),
            "attachment; filename=\"menu _d_ner___.pdf\"; filename*=UTF-8''menu%20%22d%C3%AEner%22%0D%0A.pdf"
        );
        assert!(disposition("menu\u{202e}gpj.exe").ends_with("menugpj.exe"));
    }
}
