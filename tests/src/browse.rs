//! A server over a small archive, and visitors who speak HTTP to it through a real connection, as plainly as it is written.

use crate::{binary::binary, world::World};
use chartrier_engine::{
    archive::{Archive, OpenOptions},
    clock::Clock,
};
use chartrier_ingest::worker::Pool;
use chartrier_schemas::PersonId;
use chartrier_web::{Options, Server};
use futures::channel::oneshot;
use jiff::{SignedDuration, Timestamp};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// A clock that a test puts forward.
#[derive(Clone, Default)]
pub struct Forward(Arc<AtomicI64>);

impl Forward {
    /// Lets time pass.
    pub fn by(&self, time: SignedDuration) {
        self.0.fetch_add(time.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for Forward {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A server that answers while this is kept, on the home of a world that is open beside it.
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its time.
    pub clock: Forward,
    /// The lines of its log.
    pub log: Arc<Mutex<Vec<String>>>,
    /// The same home, open beside the server, in the same time.
    archive: Archive,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Workers of the real binary.
pub fn workers() -> Pool {
    Pool::new(binary().to_owned(), vec!["worker".into()], 1)
}

impl Served {
    /// A server beside a world.
    pub fn over(world: &World) -> Self {
        Self::known_as(world, &[])
    }

    /// The same behind a proxy that gives it these names.
    pub fn known_as(world: &World, hosts: &[&str]) -> Self {
        Self::on(world.home.path(), &world.options, hosts)
    }

    /// A server on a home.
    pub fn on(home: &Path, options: &OpenOptions, hosts: &[&str]) -> Self {
        let (clock, log) = (Forward::default(), Arc::new(Mutex::new(Vec::new())));
        let options = OpenOptions { clock: Arc::new(clock.clone()), ..options.clone() };
        let open = || Archive::open(home, &options).expect("the home opens several times");
        let (archive, beside) = (open(), open());
        let lines = log.clone();
        let server = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            tls: None,
            workers: Box::new(|| Ok(workers())),
            log: Box::new(move |line| lines.lock().expect("the log").push(format!("{line:?}"))),
            quiet: Box::new(|_, _| {}),
        };
        let server = Server::new(archive, server).expect("a server");
        let address = server.listening();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let stopped = async {
                let _ = stopped.await;
            };
            server.run_until(stopped).expect("the server stops");
        });
        Self { address, clock, log, archive: beside, stop: Some(stop), thread: Some(thread) }
    }

    /// Somebody who is not signed in.
    pub fn visitor(&self) -> Visitor {
        Visitor { address: self.address, cookie: None, language: "en" }
    }

    /// Somebody who has signed in.
    pub fn signed_in(&self, person: PersonId) -> Visitor {
        let owner = self.archive.session(self.archive.owner()).expect("a session");
        let link = self.archive.sign_in_link(&owner, person).expect("a link");
        let mut visitor = self.visitor();
        let answer = visitor.post("/sign-in", &[("link", &link)]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.text());
        visitor.keep_cookie(&answer);
        visitor
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let stopped = thread.join();
            assert!(stopped.is_ok() || std::thread::panicking(), "the server stopped by a panic");
        }
    }
}

/// Somebody with a browser.
#[derive(Clone)]
pub struct Visitor {
    /// Where the server listens.
    pub address: SocketAddr,
    /// The cookie of the session.
    pub cookie: Option<String>,
    /// What the browser accepts.
    pub language: &'static str,
}

/// An answer, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Visitor {
    /// Asks for a page.
    pub fn get(&self, path: &str) -> Answer {
        self.send(&self.request("GET", path, ""))
    }

    /// Sends a form from a page of the server.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(&self.form(path, form))
    }

    /// Sends a form, and says where from.
    pub fn post_from(&self, origin: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(&self.form_from(origin, path, form))
    }

    /// The text of a form from a page of the server.
    pub fn form(&self, path: &str, form: &[(&str, &str)]) -> String {
        self.form_from("Sec-Fetch-Site: same-origin\r\n", path, form)
    }

    fn form_from(&self, origin: &str, path: &str, form: &[(&str, &str)]) -> String {
        let body = form.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let head = format!("{origin}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len());
        self.request("POST", path, &head) + &body
    }

    /// The same where the server may be too busy to take the connection: then nothing.
    pub fn attempt(&self, request: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let mut bytes = Vec::new();
        stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        stream.read_to_end(&mut bytes).ok()?;
        bytes.starts_with(b"HTTP/1.1 ").then(|| Answer::read(&bytes))
    }

    /// Sends bytes of some kind from a page of the server.
    pub fn send_body(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let head = format!("Sec-Fetch-Site: same-origin\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        let mut request = self.request("POST", path, &head).into_bytes();
        request.extend_from_slice(body);
        self.exchange(&request)
    }

    /// The text of a request.
    pub fn request(&self, method: &str, path: &str, more: &str) -> String {
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let (host, language) = (self.address, self.language);
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Language: {language}\r\nConnection: close\r\n{cookie}{more}\r\n"
        )
    }

    /// Sends what is written, and hears the whole answer.
    pub fn send(&self, request: &str) -> Answer {
        self.exchange(request.as_bytes())
    }

    /// The same for bytes of any kind.
    pub fn send_bytes(&self, request: &[u8]) -> Answer {
        self.exchange(request)
    }

    fn exchange(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).expect("the server reads");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the server answers");
        Answer::read(&bytes)
    }

    /// A connection to the server.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a patient connection");
        stream
    }

    /// The same person, who lets words stand in addresses whatever they are cleared for.
    #[must_use]
    pub fn showing_words(mut self) -> Self {
        self.cookie = self.cookie.map(|session| session + "; chartrier-words=shown");
        self
    }

    /// Keeps the cookie that an answer sets.
    pub fn keep_cookie(&mut self, answer: &Answer) {
        let set = answer.header("set-cookie").expect("a cookie");
        self.cookie = set.split(';').next().map(str::to_owned);
    }
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the end of the head");
        let head = std::str::from_utf8(&bytes[..end]).expect("a head in text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = &bytes[end + 4..];
        Self { status, headers, body: if chunked { joined(body) } else { body.to_vec() } }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Everything but the date.
    pub fn without_date(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "date");
        self
    }

    /// The addresses of the hits of a page of results.
    pub fn hits(&self) -> Vec<String> {
        let text = self.text();
        let links = text.split("<h2><a href=\"").skip(1);
        links.filter_map(|rest| Some(rest.split('"').next()?.replace("&amp;", "&"))).collect()
    }
}

/// What was sent in pieces (RFC 9112, 7.1).
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.expect("the size of a piece");
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[(end + 4 + size).min(rest.len())..];
        if size == 0 {
            break;
        }
    }
    whole
}
