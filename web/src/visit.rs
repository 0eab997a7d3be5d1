//! One request as a page sees it: who asks, in which language, for what. A person is known by the cookie alone, and what the
//! person may do is asked of the engine's session, made anew for each request.

use crate::{
    guard::{self, Through},
    room::Room,
    words::{Say, preferred},
};
use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use chartrier_engine::{
    Kind, Result,
    local::Browser,
    policy::{Act, Session, Verdict, is_recorded, may},
    veil::Veil,
};
use chartrier_schemas::{persisted::v1::SavedSearch, text::Language};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Cookies that keep a person's choices, for a year.
pub(crate) const LANGUAGE: &str = "chartrier-language";
pub(crate) const KEYS: &str = "chartrier-keys";
pub(crate) const WORDS: &str = "chartrier-words";
const YEAR: u32 = 31_536_000;

/// A person who is signed in.
pub(crate) struct Signed {
    pub(crate) session: Session,
    pub(crate) browser: Browser,
    pub(crate) name: String,
    /// The searches that the person keeps.
    pub(crate) searches: Vec<SavedSearch>,
}

impl Signed {
    /// Whether the person may add something at all.
    pub(crate) fn adds(&self) -> bool {
        may(&self.session, Act::Capture, None) == Verdict::Granted
    }
}

/// One request.
pub(crate) struct Visit {
    pub(crate) say: Say,
    /// Whether single keys do something.
    pub(crate) keys: bool,
    pub(crate) through: Through,
    pub(crate) headers: HeaderMap,
    pub(crate) params: HashMap<String, String>,
    pub(crate) query: HashMap<String, String>,
    pub(crate) form: HashMap<String, String>,
    /// What a program sent, as it came.
    pub(crate) body: Vec<u8>,
    /// What covers words in addresses, where the person wants them in none.
    pub(crate) veil: Option<Veil>,
    /// Whether the address holds covered words that this session cannot read.
    pub(crate) lost: bool,
    /// Path and query, to come back to.
    pub(crate) here: String,
    pub(crate) signed: Option<Signed>,
    /// What the page reads itself, once it is known who sends it.
    pub(crate) sent: Mutex<Option<Body>>,
}

/// What came with a request.
pub(crate) struct Came {
    pub(crate) headers: HeaderMap,
    pub(crate) through: Through,
    pub(crate) params: HashMap<String, String>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) form: Vec<u8>,
    pub(crate) sent: Option<Body>,
}

impl Visit {
    /// Reads a request, and finds out who asks.
    pub(crate) fn of(room: &Room, came: Came) -> Result<Self> {
        let Came { headers, through, params, path, query, form, sent } = came;
        let read = |text: &[u8]| -> HashMap<String, String> {
            form_urlencoded::parse(text).map(|(name, value)| (name.into(), value.into())).collect()
        };
        let signed = secret(room, &headers, through).map_or(Ok(None), |secret| signed(room, secret))?;
        let here = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut query: HashMap<String, String> = read(query.as_bytes());
        let own = signed.as_ref().map(|signed: &Signed| room.archive.veil(&signed.browser));
        let covered = query.remove(COVERED);
        let words = covered.as_deref().and_then(|covered| own.as_ref()?.uncover(covered));
        let hides = words.is_some() || hides_words(&headers, signed.as_ref());
        let lost = covered.is_some() && words.is_none();
        query.extend(words.map(|words| ("q".to_owned(), words)));
        Ok(Self {
            veil: own.filter(|_| hides),
            lost,
            say: Say(language(&headers)),
            keys: cookie(&headers, KEYS) != Some("off"),
            through,
            here,
            query,
            form: read(&form),
            body: form,
            params,
            signed,
            headers,
            sent: Mutex::new(sent),
        })
    }

    /// A value of the address.
    pub(crate) fn asked(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Words as they stand in an address of this person's: by name and value.
    pub(crate) fn worded(&self, words: &str) -> (&'static str, String) {
        worded(self.veil.as_ref(), words)
    }

    /// A number of the address, within bounds.
    pub(crate) fn number(&self, name: &str, least: usize, most: usize) -> usize {
        self.asked(name).parse().unwrap_or(least).clamp(least, most)
    }

    /// A value of the form.
    pub(crate) fn filled(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    /// What came with the request, once.
    pub(crate) fn sent(&self) -> Body {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// The secret that a program shows.
    pub(crate) fn bearer(&self) -> Option<&str> {
        guard::bearer(&self.headers)
    }

    /// Whether a program asks.
    pub(crate) fn is_api(&self) -> bool {
        self.here.starts_with(crate::api::ROOT)
    }

    /// Who asks, on a route that only a person comes to.
    pub(crate) fn person(&self) -> Result<&Signed> {
        self.signed.as_ref().ok_or_else(|| chartrier_engine::error::bug("a route that asks for a person"))
    }
}

/// The name of covered words in an address.
const COVERED: &str = "k";

/// Words as they stand in an address, by name and value: covered where they are to be read by nobody there.
pub(crate) fn worded(veil: Option<&Veil>, words: &str) -> (&'static str, String) {
    match veil {
        Some(veil) if !words.is_empty() => (COVERED, veil.cover(words)),
        _ => ("q", words.to_owned()),
    }
}

/// Whether somebody wants their words in no address: as they chose, else whoever is cleared for what is read on the record.
fn hides_words(headers: &HeaderMap, signed: Option<&Signed>) -> bool {
    match cookie(headers, WORDS) {
        Some("hidden") => true,
        Some("shown") => false,
        _ => signed.is_some_and(|signed| is_recorded(&signed.session.clearance)),
    }
}

/// What a program or a browser shows of its session.
pub(crate) fn secret<'a>(room: &Room, headers: &'a HeaderMap, through: Through) -> Option<&'a str> {
    guard::bearer(headers).or_else(|| cookie(headers, &session_cookie(room.port, through)))
}

/// The person whose browser shows this secret. A person who is gone is nobody.
fn signed(room: &Room, secret: &str) -> Result<Option<Signed>> {
    let Some(browser) = room.archive.signed_in(secret)? else { return Ok(None) };
    let (session, row) = match room.archive.at_work(browser.person) {
        Err(why) if why.kind == Kind::NotFound => return Ok(None),
        there => there?,
    };
    Ok(Some(Signed { session, browser, name: row.name, searches: row.searches }))
}

/// The language that was chosen in this browser, else the one that it prefers.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    match cookie(headers, LANGUAGE) {
        Some("fr") => Language::French,
        Some("en") => Language::English,
        _ => preferred(guard::text(headers, header::ACCEPT_LANGUAGE).unwrap_or_default()),
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    all.filter_map(|one| one.trim().split_once('=')).find(|(given, _)| *given == name).map(|(_, value)| value)
}

/// The cookie of a session. Behind TLS it belongs to the host alone; on this machine it is named after the port, which
/// browsers do not tell apart.
fn session_cookie(port: u16, through: Through) -> String {
    match through {
        Through::Tls => "__Host-chartrier".to_owned(),
        Through::Loopback => format!("chartrier-{port}"),
    }
}

/// What sets the cookie of a session; an empty secret takes it away.
pub(crate) fn set_session(port: u16, through: Through, secret: &str) -> String {
    let secure = if through == Through::Tls { "; Secure" } else { "" };
    let gone = if secret.is_empty() { "; Max-Age=0" } else { "" };
    format!("{}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}{gone}", session_cookie(port, through))
}

/// What sets a cookie of a choice.
pub(crate) fn set_choice(name: &str, value: &str, through: Through) -> String {
    let secure = if through == Through::Tls { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={YEAR}{secure}")
}

/// A path of ours to come back to; the first page for anything else.
pub(crate) fn local_path(given: &str) -> &str {
    let fits = given.starts_with('/') && !given.starts_with("//") && !given.contains(['\\', '\r', '\n']) && given.is_ascii();
    if fits { given } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_pages_of_ours_only() {
        for (given, expected) in
            [("/unit/x?q=a", "/unit/x?q=a"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/"), ("", "/")]
        {
            assert_eq!(local_path(given), expected);
        }
    }
}
