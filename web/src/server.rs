//! Listening, connections and their patience, and a graceful stop. Says nothing itself: who runs it prints and logs.

use crate::{
    guard::Hosts,
    limits::{CONNECTIONS, HEAD_BYTES, HEAD_TIME, HEADERS, JOBS, LOOK, STILL, STOPPING},
    room::{Log, Quiet, Room, Workers},
    routes,
    taking::take_in,
    tls::Tls,
};
use chartrier_engine::{
    Result,
    archive::{Archive, Serving},
    error,
    policy::Session,
};
use chartrier_schemas::{PersonId, text};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
    time::{Instant, Sleep, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

/// Where the server listens unless somebody says otherwise.
pub const DEFAULT: &str = "127.0.0.1:8480";

/// Where browsers look for TLS.
const HTTPS: u16 = 443;

/// How long one waits after a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// What a server needs beside its archive.
pub struct Options {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Names under which it is reached, by TLS of its own or of a proxy.
    pub hosts: Vec<String>,
    /// TLS of its own.
    pub tls: Option<Tls>,
    /// Makes workers.
    pub workers: Workers,
    /// Where lines of the log go.
    pub log: Log,
    /// What is done beside answering.
    pub quiet: Quiet,
}

/// A server that listens, and does not answer yet.
pub struct Server {
    listener: TcpListener,
    room: Arc<Room>,
    quiet: Quiet,
    tls: Option<TlsAcceptor>,
    here: SocketAddr,
    address: String,
    serving: Serving,
}

impl Server {
    /// Becomes the server of the archive's home, and listens.
    pub fn new(archive: Archive, options: Options) -> Result<Self> {
        let Options { listen, hosts, tls, workers, log, quiet } = options;
        let tls = tls.map(|tls| tls.acceptor()).transpose()?;
        if !listen.ip().is_loopback() && hosts.is_empty() {
            return Err(error::invalid(
                text!(
                    "At {listen} others reach the server, in clear.",
                    "À l’adresse {listen}, d’autres atteignent le serveur, en clair.",
                    listen = listen
                ),
                text!(
                    "Listen on 127.0.0.1, or name it, with TLS of its own or of a proxy before it: --host archives.example.",
                    "Écoutez sur 127.0.0.1, ou nommez-le, avec son propre TLS ou celui d’un mandataire : --host archives.example."
                ),
            ));
        }
        let serving = archive.serve()?;
        let listener = TcpListener::bind(listen).map_err(|why| cannot_listen(listen, &why))?;
        let here = listener.local_addr().map_err(|why| cannot_listen(listen, &why))?;
        let address = match (hosts.first(), &tls) {
            (Some(host), Some(_)) if here.port() != HTTPS => format!("https://{host}:{}", here.port()),
            (Some(host), _) => format!("https://{host}"),
            (None, Some(_)) => format!("https://localhost:{}", here.port()),
            (None, None) => format!("http://{here}"),
        };
        archive.served_at(&address)?;
        let room = Arc::new(Room::new(archive, workers, log, Hosts::new(&hosts, here, tls.is_some()), here.port()));
        Ok(Self { listener, room, quiet, tls, here, address, serving })
    }

    /// Where it listens.
    pub fn listening(&self) -> SocketAddr {
        self.here
    }

    /// Where browsers reach it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A link by which a person signs in, once, within five minutes.
    pub fn link(&self, session: &Session, person: PersonId) -> Result<String> {
        Ok(link(&self.address, &self.room.archive.sign_in_link(session, person)?))
    }

    /// Answers until the process is asked to stop, by SIGINT or SIGTERM.
    pub fn run(self) -> Result<()> {
        self.run_until(async {
            let (Ok(mut stop), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
                return std::future::pending().await;
            };
            futures::future::select(pin!(stop.recv()), pin!(interrupt.recv())).await;
        })
    }

    /// Answers until something else has happened.
    pub fn run_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        let Self { listener, room, quiet, tls, serving, .. } = self;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|why| error::io("start the server's threads", &why))?;
        let done = std::thread::scope(|scope| {
            scope.spawn(|| look(&room));
            scope.spawn(|| do_jobs(&room));
            scope.spawn(|| take_in(&room, &serving));
            scope.spawn(|| keep_up(&room));
            scope.spawn(|| quiet(&room.archive, &mut |pause| room.quiet.wait(pause)));
            let done = runtime.block_on(serve(&room, listener, tls, stop));
            room.close();
            done
        });
        // What is still given is cut off: nothing of the archive is half written.
        runtime.shutdown_timeout(Duration::from_secs(1));
        done
    }
}

/// The address of a link. The secret follows the sign `#`: it is in no log, and browsers send it to nobody.
pub fn link(address: &str, secret: &str) -> String {
    format!("{address}/sign-in#{secret}")
}

/// The address of an invitation, its secret likewise.
pub fn invitation(address: &str, secret: &str) -> String {
    format!("{address}/invitation#{secret}")
}

fn cannot_listen(listen: SocketAddr, why: &io::Error) -> chartrier_engine::Error {
    let why = match why.kind() {
        io::ErrorKind::AddrInUse => text!("something else listens there", "autre chose y écoute déjà"),
        io::ErrorKind::PermissionDenied => text!("you may not listen there", "vous n’en avez pas le droit"),
        io::ErrorKind::AddrNotAvailable => text!("it is no address of this machine", "ce n’est pas une adresse de cette machine"),
        _ => text!("{why}", "{why}", why = why),
    };
    error::invalid(
        chartrier_schemas::Text {
            en: format!("The server cannot listen at {listen}: {}.", why.en),
            fr: format!("Le serveur ne peut pas écouter à {listen} : {}.", why.fr),
        },
        text!(
            "Name another address: --listen 127.0.0.1:0 takes any free port.",
            "Indiquez une autre adresse : --listen 127.0.0.1:0 prend un port libre."
        ),
    )
}

/// Makes searchable what was committed, here or by other processes, until the bell is closed.
fn look(room: &Room) {
    loop {
        // What fails now is tried again; searches say that they are not complete.
        let _ = room.archive.index();
        if !room.changed.wait(LOOK) {
            return;
        }
    }
}

/// Does jobs step by step, until the bell is closed; what is not done then goes on at the next start.
fn do_jobs(room: &Room) {
    while !room.jobs.is_closed() {
        // What fails now is tried again.
        if room.archive.work().unwrap_or(false) {
            room.changed.ring();
        } else {
            room.jobs.wait(JOBS);
        }
    }
}

/// Does upkeep, one piece after the other, until the bell is closed; what is not done then is done after the next start.
fn keep_up(room: &Room) {
    let goes_on = || !room.upkeep.is_closed();
    while goes_on() {
        // What fails now is tried again.
        if !room.archive.keep_up(&goes_on).unwrap_or(false) {
            room.upkeep.wait(JOBS);
        }
    }
}

async fn serve(room: &Arc<Room>, listener: TcpListener, tls: Option<TlsAcceptor>, stop: impl Future<Output = ()>) -> Result<()> {
    let listening = |why: io::Error| error::io("take connections", &why);
    listener.set_nonblocking(true).map_err(listening)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(listening)?;
    let router = routes::router(room.clone());
    let (graceful, places) = (GracefulShutdown::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    let mut stop = pin!(stop);
    loop {
        let accept = pin!(listener.accept());
        let stream = match futures::future::select(accept, &mut stop).await {
            futures::future::Either::Left((Ok((stream, _)), _)) => stream,
            futures::future::Either::Left((Err(_), _)) => {
                sleep(PAUSE).await;
                continue;
            }
            futures::future::Either::Right(_) => break,
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let _ = stream.set_nodelay(true);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_headers(HEADERS).max_buf_size(HEAD_BYTES);
        let (stream, service, watcher) = (Patient::new(stream), TowerToHyperService::new(router.clone()), graceful.watcher());
        let tls = tls.clone();
        tokio::spawn(async move {
            // A connection that breaks is its client's affair.
            match tls {
                None => drop(watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await),
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(HEAD_TIME, tls.accept(stream)).await {
                        drop(watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await);
                    }
                }
            }
            drop(place);
        });
    }
    drop(listener);
    let _ = timeout(STOPPING, graceful.shutdown()).await;
    Ok(())
}

/// A connection that gives up on a client who takes nothing of what it is sent.
struct Patient {
    stream: TcpStream,
    still: Pin<Box<Sleep>>,
    waits: bool,
}

impl Patient {
    fn new(stream: TcpStream) -> Self {
        Self { stream, still: Box::pin(sleep(STILL)), waits: false }
    }

    /// What a write came to; one that has made no progress for too long fails.
    fn patiently<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waits = false;
            return written;
        }
        if !self.waits {
            self.waits = true;
            self.still.as_mut().reset(Instant::now() + STILL);
        }
        self.still.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.patiently(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.patiently(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
