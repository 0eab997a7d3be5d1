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
        let mut child =
            desk.command(words.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
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
