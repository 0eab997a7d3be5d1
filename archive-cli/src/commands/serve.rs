//! `serve`: the pages, until the process is asked to stop; and a link for somebody to sign in by.

use super::{extract, ingest::workers};
use crate::{arguments::Serve, context::Context, output};
use chartrier_engine::{Error, Kind, Result, archive::Archive, clock, policy::Session};
use chartrier_schemas::{Text, text};
use chartrier_web::{Log, Logged, Options, Server, Tls};
use serde_json::json;
use std::{net::SocketAddr, process::ExitCode, time::Duration};

pub(crate) fn run(context: &Context, arguments: &Serve) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    let files = arguments.tls_certificate.as_ref().zip(arguments.tls_key.as_ref());
    let tls = files.map(|(certificate, key)| Tls { certificate: certificate.clone(), key: key.clone() });
    let server = server(context, archive, arguments.listen, (&arguments.hosts, tls), Box::new(log))?;
    open_door(context, &server, &session)?;
    server.run()?;
    Ok(ExitCode::SUCCESS)
}

/// Heaps of the allocator. Threads of a server come and go with what is asked, and each would keep a heap of its own, half empty:
/// at a million records that was a quarter of all memory.
const HEAPS: i32 = 2;

#[allow(unsafe_code, reason = "the allocator has no other door")]
fn few_heaps() {
    // SAFETY: it sets a number of the allocator's, before the threads of the server begin.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, HEAPS);
    }
}

/// A server that listens, with workers of this program.
pub(super) fn server(
    context: &Context,
    archive: Archive,
    listen: SocketAddr,
    (hosts, tls): (&[String], Option<Tls>),
    log: Log,
) -> Result<Server> {
    let home = context.at(&context.home);
    let here = context.at(&context.home);
    few_heaps();
    let workers = Box::new(move || workers(&home, 1, false));
    let quiet =
        Box::new(move |archive: &Archive, goes_on: &mut dyn FnMut(Duration) -> bool| extract::quietly(&here, archive, goes_on));
    Server::new(archive, Options { listen, hosts: hosts.to_vec(), tls, workers, log, quiet })
}

/// Says where the server is, and gives the person of this home a link.
pub(super) fn open_door(context: &Context, server: &Server, session: &Session) -> Result<()> {
    let link = server.link(session, session.person)?;
    if context.json {
        output::json(&json!({ "address": server.address(), "link": link }));
        return Ok(());
    }
    let lines = [
        text!(
            "Chartrier answers at {address} until Ctrl-C.",
            "Chartrier répond à {address} jusqu’à Ctrl-C.",
            address = server.address()
        ),
        text!(
            "Sign in by this link, once, within five minutes (`chartrier person link` gives another):",
            "Connectez-vous par ce lien, une fois, dans les cinq minutes (`chartrier person link` en donne un autre) :"
        ),
    ];
    lines.iter().for_each(|line| output::line(context, line));
    output::put(&link);
    Ok(())
}

/// One line of the log as JSON on standard error: no title, no word of a query, no person.
fn log(line: &Logged<'_>) {
    let at = clock::written(jiff::Timestamp::now());
    let millis = line.micros as f64 / 1000.0;
    eprintln!("{}", json!({ "at": at, "method": line.method, "route": line.route, "status": line.status, "ms": millis }));
}

/// `person link`: a new link to the running server of this home.
pub(super) fn link(context: &Context, archive: &Archive, session: &Session, name: Option<&str>) -> Result<ExitCode> {
    let person = name.map_or(Ok(session.person), |name| archive.person_named(session, name))?;
    let address = running(archive)?;
    let link = chartrier_web::link(&address, &archive.sign_in_link(session, person)?);
    let said = text!("Opens once, within five minutes:", "N’ouvre qu’une fois, dans les cinq minutes :");
    Ok(hand_out(context, &link, &said))
}

/// `person invite`: a link by which a person makes an account at the running server.
pub(super) fn invite(context: &Context, archive: &Archive, session: &Session, name: &str) -> Result<ExitCode> {
    let person = archive.person_named(session, name)?;
    let address = running(archive)?;
    let link = chartrier_web::invitation(&address, &archive.invite(session, person)?);
    let said = text!(
        "Give this to {name} alone. It may be used once, within three days:",
        "À remettre à {name} seul. Utilisable une fois, dans les trois jours :",
        name = name
    );
    Ok(hand_out(context, &link, &said))
}

fn hand_out(context: &Context, link: &str, said: &Text) -> ExitCode {
    if context.json {
        return output::json(&json!({ "link": link }));
    }
    output::aside(context, said);
    output::put(link);
    ExitCode::SUCCESS
}

/// Where the running server of this home is reached.
fn running(archive: &Archive) -> Result<String> {
    archive.server()?.ok_or_else(|| Error {
        kind: Kind::Unavailable,
        problem: text!("No server of this home is running.", "Aucun serveur de ce poste n’est en marche."),
        remedy: text!("Start it first: chartrier serve", "Lancez-le d’abord : chartrier serve"),
    })
}
