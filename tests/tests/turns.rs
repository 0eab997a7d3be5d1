//! Turns: many requests at once are shed politely, nobody takes what is there for all, and who dawdles is let go.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{browse::Served, world::World};
use std::io::{Read as _, Write as _};

#[test]
fn too_many_requests_are_shed_and_the_rest_is_served() {
    let world = World::new();
    let served = Served::over(&world);
    let nobody = served.visitor();
    // Forms that never come hold their places for ten seconds; some more than there are places, for one may be ours at the
    // wrong moment. A machine that is busy elsewhere may need another try.
    let head = nobody.request("POST", "/sign-in", "Sec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n");
    let crowded = || {
        let mut slow: Vec<_> = (0..80).map(|_| nobody.connect()).collect();
        slow.iter_mut().for_each(|stream| stream.write_all(head.as_bytes()).unwrap());
        (0..100).map(|_| nobody.get("/health")).find(|answer| answer.status == 503)
    };
    let shed = (0..10).find_map(|_| crowded()).expect("a request is shed");
    assert_eq!(shed.header("retry-after"), Some("2"));
    let served_again = (0..1000).map(|_| nobody.get("/health")).find(|answer| answer.status == 200);
    assert!(served_again.is_some(), "it recovers");
    let long = nobody.request("GET", "/", &format!("X: {}\r\n", "y".repeat(400_000)));
    let mut stream = nobody.connect();
    let _ = stream.write_all(long.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn nobody_takes_all_the_turns() {
    let world = World::new();
    let served = Served::over(&world);
    let (ada, other) = (served.signed_in(world.archive.owner()), served.signed_in(world.archive.owner()));
    // Forms that never come, all of one session: as many as one may have, and fewer than there is place for. One more before
    // each question, for one that comes while a question still has its turn is refused itself.
    let head = ada.request("POST", "/searches", "Sec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n");
    let mut slow = Vec::new();
    let refused = (0..50).find_map(|_| {
        let mut form = ada.connect();
        form.write_all(head.as_bytes()).unwrap();
        slow.push(form);
        Some(ada.get("/")).filter(|answer| answer.status != 200)
    });
    let refused = refused.expect("too much at once");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("2")));
    assert_eq!(other.get("/").status, 200, "somebody else is answered");
    drop(slow);
    assert!((0..1000).any(|_| ada.get("/").status == 200), "it recovers");
}

#[test]
fn who_dawdles_is_let_go() {
    let world = World::new();
    let served = Served::over(&world);
    let nobody = served.visitor();
    let started = std::time::Instant::now();
    let mut silent = nobody.connect();
    silent.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let mut slow = nobody.connect();
    let head = nobody.request("POST", "/sign-in", "Sec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n");
    slow.write_all(head.as_bytes()).unwrap();
    let heard = |stream: &mut std::net::TcpStream| {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    assert!(heard(&mut slow).starts_with("HTTP/1.1 408"));
    let said = heard(&mut silent);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(started.elapsed() < std::time::Duration::from_secs(30));
}
