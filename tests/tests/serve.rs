//! The server as a process: what it prints, what it answers beside other commands, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::binary::{Desk, Said};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
};

/// A server that was started, and the lines that it printed until its link.
struct Running {
    child: Child,
    printed: Vec<String>,
}

impl Running {
    fn start(desk: &Desk, words: &[&str]) -> Self {
        let child =
            desk.command(words.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        Self::listening(child)
    }

    /// A process once it has printed its link.
    fn listening(mut child: Child) -> Self {
        let mut printed = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            printed.push(line.unwrap());
            if printed.last().unwrap().contains("/sign-in#") {
                break;
            }
        }
        Self { child, printed }
    }

    fn link(&self) -> String {
        let line = self.printed.last().unwrap();
        line[line.find("http").unwrap()..].split('"').next().unwrap().to_owned()
    }

    /// Asks it to stop, and answers its log.
    fn stop(mut self, signal: Signal) -> String {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{log}");
        log
    }
}

/// What a plain client gets for a request.
fn ask(link: &str, method: &str, path: &str, form: &str) -> String {
    let host = link.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let length = form.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{form}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn enter(link: &str) -> String {
    ask(link, "POST", "/sign-in", &format!("link={}", link.split_once('#').unwrap().1))
}

#[test]
fn a_server_runs_beside_other_commands_and_stops_when_it_is_asked() {
    let desk = Desk::new();
    let absent = desk.run(["person", "link"]).with_code(5);
    assert!(absent.err.contains("chartrier serve"), "{}", absent.err);

    let server = Running::start(&desk, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(enter(&server.link()).starts_with("HTTP/1.1 303"));
    let file = desk.file("note.txt", "rosiers");
    desk.run(["ingest", &file]).with_code(0);
    let second = desk.run(["serve", "--listen", "127.0.0.1:0"]).with_code(4);
    assert!(second.err.contains("http://127.0.0.1:"), "{}", second.err);

    let given: Said = desk.run(["person", "link", "--json"]).with_code(0);
    let link = given.json()["link"].as_str().unwrap().to_owned();
    let answer = enter(&link);
    let cookie = answer.split("set-cookie: ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let host = link.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    let request = format!("GET /?q=rosiers HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.contains("<mark>rosiers</mark>"), "{page}");

    // A link does not outlive its use, and the files of the home say nothing of either.
    let secret = link.split_once('#').unwrap().1;
    let local = std::fs::read(desk.path("home/local.db")).unwrap();
    assert!(!local.windows(secret.len()).any(|part| part == secret.as_bytes()) && !local.starts_with(b"SQLite"));

    let log = server.stop(Signal::TERM);
    assert!(log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log}");
    assert!(log.contains("\"route\":\"/\"") && !log.contains("rosiers") && !log.contains(secret), "{log}");
    desk.run(["person", "link"]).with_code(5);
}

#[test]
fn the_demo_ends_with_the_pages() {
    let desk = Desk::empty();
    let server = Running::start(&desk, &["demo"]);
    assert!(server.printed.iter().any(|line| line.contains("$ chartrier search 'jardin'")), "{:?}", server.printed);
    assert!(enter(&server.link()).starts_with("HTTP/1.1 303"));
    server.stop(Signal::INT);
    desk.run(["demo", "--no-serve"]).with_code(0);
}

#[test]
fn one_does_not_serve_in_clear_to_others() {
    let desk = Desk::new();
    let refused = desk.run(["serve", "--listen", "0.0.0.0:0"]).with_code(2);
    assert!(refused.err.contains("--host"), "{}", refused.err);
    desk.run(["serve", "--listen", "nowhere"]).with_code(2);
}

/// TLS of the server's own, and the passphrase as systemd hands it over.
#[test]
fn a_service_speaks_tls_and_is_unlocked_by_a_credential() {
    let desk = Desk::empty();
    let credentials = desk.path("credentials");
    std::fs::create_dir(&credentials).unwrap();
    desk.file("passphrase", "un jardin sous la pluie\n");
    std::fs::copy(desk.path("files/passphrase"), format!("{credentials}/chartrier-passphrase")).unwrap();
    desk.run(["init", "--passphrase-file", &desk.path("files/passphrase")]).with_code(0);
    desk.run(["list"]).with_code(4);

    let made = rcgen::generate_simple_self_signed(["archives.example".to_owned()]).unwrap();
    let certificate = desk.file("certificate.pem", made.cert.pem());
    let key = desk.file("key.pem", made.signing_key.serialize_pem());
    let words = |certificate: &str| {
        let words =
            ["serve", "--listen", "127.0.0.1:0", "--host", "archives.example", "--tls-certificate", certificate, "--tls-key"];
        words.iter().map(|word| (*word).to_owned()).chain([key.clone()]).collect::<Vec<String>>()
    };
    let start = |certificate: &str| {
        let words = words(certificate);
        let mut command = desk.command(words.iter().map(String::as_str));
        command.env("CREDENTIALS_DIRECTORY", &credentials).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let wrong = start(&desk.file("note.txt", "ceci n’est pas un certificat")).wait_with_output().unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--tls-certificate"));

    let running = Running::listening(start(&certificate));
    let link = running.link();
    let port: u16 = link.trim_start_matches("https://archives.example:").split('/').next().unwrap().parse().unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = std::sync::Arc::new(client.with_root_certificates(roots).with_no_client_auth());
    let name = "archives.example".try_into().unwrap();
    let mut session = rustls::ClientConnection::new(client, name).unwrap();
    let mut plain = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut tls = rustls::Stream::new(&mut session, &mut plain);
    write!(tls, "GET /health HTTP/1.1\r\nHost: archives.example:{port}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = tls.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("strict-transport-security"), "{answer}");
    // In clear nothing is answered.
    let mut clear = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(clear, "GET /health HTTP/1.1\r\nHost: archives.example\r\n\r\n").unwrap();
    let mut heard = Vec::new();
    let _ = clear.read_to_end(&mut heard);
    assert!(!heard.starts_with(b"HTTP"), "{heard:?}");
    running.stop(Signal::TERM);
}
