//! Workers that are written by an enemy: this program executes itself as a worker, lets the real worker shut it in, and
//! then tries what a taken-over reader would try. Everything must be denied; its parent must believe nothing and go on.
//!
//! Not the usual harness: `main` must be able to be a worker.

#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stdout, reason = "a test that attacks")]

use chartrier_ingest::{
    recognition::Recogniser,
    worker::{self, Document, Pool},
};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream, UdpSocket},
    os::unix::{net::UnixListener, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if let Some(what) = Path::new(&words[0]).file_name().and_then(|name| name.to_str()?.strip_prefix("tool-")) {
        return evil_tool(what, words.get(1).map_or("", String::as_str));
    }
    match words.get(1).map(String::as_str) {
        Some("worker") => worker::run(),
        Some("evil") => evil(&words[2]),
        // `cargo test -- --list` and the like ask every test program.
        Some("--list") => ExitCode::SUCCESS,
        _ => run_all(),
    }
}

/// Shut in as a worker is, then hostile. `what` says how.
fn evil(what: &str) -> ExitCode {
    if let Some(hello) = match what {
        "hello" => Some(b"?"),
        "refusal" => Some(b"N"),
        _ => None,
    } {
        std::io::stdout().write_all(hello).unwrap();
        return ExitCode::SUCCESS;
    }
    worker::shut_in().unwrap();
    let mut out = std::io::stdout().lock();
    out.write_all(b"S").unwrap();
    out.flush().unwrap();
    let mut request = vec![0; 1 << 16];
    let _ = std::io::stdin().lock().read(&mut request).unwrap();
    let frame = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    // An extraction as JSON, then what is to follow it.
    let said = |title: &str, authors: &str, text: &str, rest: &[u8]| {
        let json = format!(
            r#"{{"format":{{"puid":null,"media":"text/plain","tags":["txt"]}},"title":{title},"authors":[{authors}],"recipients":[],"date":null,"language":null,"pages":null,"fields":[],"text":"{text}","parts":[],"findings":[]}}"#
        );
        [&frame(json.as_bytes()), rest].concat()
    };
    let sound = |title: &str| said(title, "", "", &[0; 8]);
    let identifies = String::from_utf8_lossy(&request).contains("Identify");
    let answer = match what {
        "reading" if identifies => {
            let told = br#"{"format":{"puid":"fmt/276","media":"application/pdf","tags":["pdf"]},"identification":{"matches":[],"warnings":[]}}"#;
            [&[0], &frame(told)[..]].concat()
        }
        "beyond" => [&[1; 9][..], &[0, 0, 0, 1]].concat(),
        "greed" => [&[1][..], &[0; 8], &[0xff; 4]].concat(),
        "puid" => {
            let told = br#"{"format":{"puid":"fmt/1\u001b","media":"application/pdf","tags":[]},"identification":{"matches":[],"warnings":[]}}"#;
            [&[0], &frame(told)[..]].concat()
        }
        "reading" => std::process::abort(),
        "escape" => sound(&serde_json::to_string(&attempts().join(", ")).unwrap()),
        "silence" => loop {
            std::thread::sleep(std::time::Duration::from_secs(1));
        },
        "flood" => loop {
            out.write_all(&[0xff; 1 << 16]).unwrap();
        },
        "memory" => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(vec![1; 64 << 20]);
            }
        }
        "death" => std::process::abort(),
        "nonsense" => frame(b"{]"),
        "crowd" => said("null", &(r#""","#.repeat(20 << 20) + r#""""#), "", &[0; 8]),
        "throng" => said("null", &(r#""","#.repeat(1 << 20) + r#""""#), "", &[0; 8]),
        "text_inside" => said("null", "", "words", &[0; 8]),
        "no_utf8" => said("null", "", "", &[&frame(&[0xff, 0xfe])[..], &[0; 4]].concat()),
        "long_text" => said("null", "", "", &frame(&vec![b'x'; chartrier_ingest::limits::MAX_TEXT + 1])),
        "bell" => sound(r#""\u001b]0;gotcha\u0007""#),
        "half" => vec![0, 0, 0, 200, b'{'],
        other => panic!("{other}"),
    };
    out.write_all(&answer).unwrap();
    out.flush().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    ExitCode::SUCCESS
}

/// A hostile program that was taken for Tesseract.
fn evil_tool(what: &str, word: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let mut say = |said: &[u8]| out.write_all(said).and_then(|()| out.flush()).is_ok();
    let head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";
    match (word, what) {
        ("--version", "escape") => {
            let done = [attempts(), attempts_of_a_tool()].concat();
            say(format!("tesseract {}.{}\n", done.len(), done.concat().replace(' ', "-")).as_bytes());
        }
        ("--version", "bell") => {
            say(b"tesseract \x1b]0;gotcha\x07\n");
        }
        ("--version", _) => {
            say(b"tesseract 5.0\n");
        }
        ("--list-langs", _) => {
            say(b"List of languages:\neng\nfra\n");
        }
        (_, "flood") => while say(&[b'x'; 1 << 16]) {},
        (_, "death") => std::process::abort(),
        (_, "memory") => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(vec![1; 64 << 20]);
            }
        }
        (_, "nonsense") => {
            let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
            say(&[0xff, 0xfe, b'\t', 0]);
        }
        (_, "lies") => {
            let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
            let word = |sure: &str, word: &str| format!("5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t{sure}\t{word}\n");
            let lies = [head, &word("9e9", "sure"), &word("50", &"x".repeat(1 << 20)), &word("90", "\u{1b}[2Jword\u{7}\u{c}")];
            say(lies.concat().as_bytes());
        }
        (_, other) => panic!("{other}"),
    }
    ExitCode::SUCCESS
}

/// What succeeded of what a tool must not, which a worker could not even try.
fn attempts_of_a_tool() -> Vec<String> {
    let mut done: Vec<&str> = Vec::new();
    let mut tried = |what: &'static str, succeeded: bool| {
        if succeeded {
            done.push(what);
        }
    };
    let nothing = std::ptr::null::<u8>();
    tried("write below usr", fs::write("/usr/chartrier-escape", "x").is_ok());
    tried("link below tmp", std::os::unix::fs::symlink("/etc/passwd", "/tmp/chartrier-escape-link").is_ok());
    tried("make a folder", fs::create_dir("/tmp/chartrier-escape-folder").is_ok());
    tried(
        "write to itself",
        std::env::args_os().next().is_some_and(|this| fs::OpenOptions::new().append(true).open(this).is_ok()),
    );
    tried("remove itself", std::env::args_os().next().is_some_and(|this| fs::remove_file(this).is_ok()));
    tried("list the users", fs::read_dir("/home").or_else(|_| fs::read_dir("/root")).is_ok());
    tried("become a shell", Command::new("/bin/sh").arg("-c").arg("exit").exec().kind() != std::io::ErrorKind::PermissionDenied);
    // SAFETY: plain system calls, each refused before it does anything; pointers are null or our own.
    unsafe {
        tried("open a socket", libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0) >= 0);
        tried("open a local socket", libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0) >= 0);
        tried("open a netlink", libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, 0) >= 0);
        tried("mount", libc::mount(nothing.cast(), c"/tmp".as_ptr(), c"tmpfs".as_ptr(), 0, nothing.cast()) == 0);
        tried("add a key", libc::syscall(libc::SYS_add_key, c"user".as_ptr(), c"x".as_ptr(), nothing, 0, -3) >= 0);
        tried("use rings of input and output", libc::syscall(libc::SYS_io_uring_setup, 1, nothing) >= 0);
        tried(
            "read another's memory",
            libc::syscall(libc::SYS_process_vm_readv, libc::getppid(), nothing, 0, nothing, 0, 0) >= 0,
        );
        tried("load a filter", libc::syscall(libc::SYS_bpf, 0, nothing, 0) >= 0);
        tried("change its root", libc::chroot(c"/usr".as_ptr()) == 0);
        tried("change its owner", libc::setuid(65_534) == 0);
        tried("change a mode", libc::chmod(c"/tmp".as_ptr(), 0o777) == 0);
        tried("send a signal to all", libc::kill(-1, 0) == 0);
        tried("matter as much as others", libc::getpriority(libc::PRIO_PROCESS, 0) == 0 && libc::nice(-19) == 0);
    }
    done.into_iter().map(str::to_owned).collect()
}

/// What succeeded of what must not.
fn attempts() -> Vec<String> {
    let mut done: Vec<&str> = Vec::new();
    let mut tried = |what: &'static str, succeeded: bool| {
        if succeeded {
            done.push(what);
        }
    };
    tried("read a file", fs::read("/etc/passwd").is_ok());
    tried("read itself", fs::read("/proc/self/exe").is_ok());
    tried("read its memory map", fs::read("/proc/self/maps").is_ok());
    tried("write a file", fs::write("/tmp/chartrier-escape", "x").is_ok());
    tried("list a folder", fs::read_dir("/").is_ok());
    tried("look at a file", fs::metadata("/etc/passwd").is_ok());
    tried("change folder", std::env::set_current_dir("/tmp").is_ok());
    tried("listen", TcpListener::bind("127.0.0.1:0").is_ok());
    tried("connect", TcpStream::connect("127.0.0.1:9").is_err_and(|why| why.kind() == std::io::ErrorKind::ConnectionRefused));
    tried("send a datagram", UdpSocket::bind("127.0.0.1:0").is_ok());
    tried("open a local socket", UnixListener::bind("/tmp/chartrier-escape.sock").is_ok());
    tried("start a program", Command::new("/bin/true").spawn().is_ok());
    tried("start a thread", std::thread::Builder::new().spawn(|| ()).is_ok());
    tried("see an environment", std::env::vars_os().any(|(name, _)| name != "OMP_THREAD_LIMIT"));
    // SAFETY: plain system calls, each refused before it does anything; pointers are null or our own.
    unsafe {
        tried("fork", libc::fork() >= 0);
        tried("trace its parent", libc::ptrace(libc::PTRACE_ATTACH, libc::getppid(), 0, 0) == 0);
        tried("signal its parent", libc::kill(libc::getppid(), 0) == 0);
        tried("make a pipe", libc::pipe([0; 2].as_mut_ptr()) == 0);
        tried("make a file in memory", libc::memfd_create(c"x".as_ptr(), 0) >= 0);
        tried(
            "raise a limit",
            libc::setrlimit(libc::RLIMIT_AS, &libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY }) == 0,
        );
        tried("enter a namespace", libc::unshare(libc::CLONE_NEWUSER) == 0);
        tried(
            "run what it wrote",
            libc::mmap(
                std::ptr::null_mut(),
                4096,
                libc::PROT_WRITE | libc::PROT_EXEC,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            ) != libc::MAP_FAILED,
        );
        for descriptor in 3..64 {
            tried("write to an inherited descriptor", libc::write(descriptor, b"x".as_ptr().cast(), 1) > 0);
        }
    }
    done.into_iter().map(str::to_owned).collect()
}

/// A document without end.
struct Endless;

impl Document for Endless {
    fn read_at(&mut self, _: u64, out: &mut [u8]) -> std::io::Result<usize> {
        out.fill(b'a');
        Ok(out.len())
    }
}

/// A worker that is `first` once and sound ever after, as a shell says it.
fn at_first(first: &str) -> Pool {
    let been = std::env::temp_dir().join(format!("chartrier-first-{}-{}", std::process::id(), first.replace(' ', "-")));
    let _ = fs::remove_dir(&been);
    let script =
        format!("if /bin/mkdir \"$1\" 2>/dev/null; then exec \"$0\" {first}; else /bin/rmdir \"$1\"; exec \"$0\" worker; fi");
    shell(&script, &[been.into_os_string()])
}

/// A worker that a shell starts.
fn shell(script: &str, more: &[std::ffi::OsString]) -> Pool {
    let this = std::env::current_exe().unwrap().into_os_string();
    let words = ["-c".into(), script.into(), this].into_iter().chain(more.iter().cloned());
    Pool::new("/bin/sh".into(), words.collect(), 1)
}

/// A picture: BMP, 24 bits a pixel, strokes on white.
fn image(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    for number in [54 + width * height * 3, 0, 54, 40, width, height, 24 << 16 | 1, 0, 0, 0, 0, 0, 0] {
        bytes.extend(u32::to_le_bytes(number));
    }
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        bytes.extend([if y % 12 < 4 && x % 5 == 0 { 0 } else { 0xff }; 3]);
    }
    bytes
}

/// This program under a name by which it is an evil tool.
fn tool(what: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tool-{what}"));
    let _ = fs::remove_file(&path);
    let this = std::env::current_exe().unwrap();
    fs::hard_link(&this, &path).or_else(|_| fs::copy(&this, &path).map(|_| ())).unwrap();
    path
}

/// The most memory that this process ever took, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn pool(arguments: &[&str]) -> Pool {
    Pool::new(std::env::current_exe().unwrap(), arguments.iter().map(Into::into).collect(), 1)
}

fn run_all() -> ExitCode {
    // Descriptors that a careless parent left open.
    let leak = fs::File::create(std::env::temp_dir().join("chartrier-leak")).unwrap();
    // SAFETY: the descriptor is open for as long as this test runs.
    unsafe { libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&leak), libc::F_SETFD, 0) };
    let mut passed = 0;
    let mut test = |name: &str, holds: bool| {
        println!("test {name} ... {}", if holds { "ok" } else { "FAILED" });
        assert!(holds, "{name}");
        passed += 1;
    };
    let text = b"Un jardin, une maison, et un tres long apres-midi au bord de l'eau.";
    let read = |pool: &Pool| pool.extract(&mut &text[..], text.len() as u64, "x.txt");

    let sound = pool(&["worker"]);
    test("a_sound_worker_reads", read(&sound).text.contains("jardin") && read(&sound).findings.is_empty());
    let escaped = read(&pool(&["evil", "escape"]));
    test(&format!("nothing_escapes ({:?})", escaped.title), escaped.title.as_deref() == Some("") && escaped.findings.is_empty());
    let before = peak();
    for (what, finding) in [
        ("death", 5),
        ("half", 5),
        ("memory", 5),
        ("nonsense", 11),
        ("bell", 11),
        ("flood", 11),
        ("hello", 11),
        ("crowd", 11),
        ("throng", 11),
        ("text_inside", 11),
        ("no_utf8", 11),
        ("long_text", 11),
    ] {
        let enemy = pool(&["evil", what]);
        let found = read(&enemy);
        test(
            &format!("an_enemy_who_tries_{what}_costs_one_text"),
            found.findings.iter().map(|finding| finding.number).eq([finding]) && found.text.is_empty(),
        );
    }
    test("no_enemy_costs_its_parent_memory", peak() - before < 200 << 10);
    let started = Instant::now();
    let silent = read(&pool(&["evil", "silence"]).with_wall_clock(std::time::Duration::from_secs(2)));
    test("silence_ends_at_the_wall_clock", silent.findings[0].number == 6 && started.elapsed().as_secs() < 20);
    let huge = sound.extract(&mut Endless, chartrier_ingest::limits::MAX_READ + 1, "x");
    test("what_is_too_large_is_not_sent", huge.findings.len() == 1 && huge.findings[0].number == 4);
    test("what_is_too_large_is_still_told_by_its_beginning", huge.format.tags == ["txt", "text"]);
    let stopped = read(&at_first("evil death"));
    test("a_worker_that_stops_once_costs_nothing", stopped.text.contains("jardin") && stopped.findings.is_empty());
    let slow = read(&at_first("evil silence").with_wall_clock(std::time::Duration::from_secs(3)));
    test("a_worker_that_is_slow_once_costs_nothing", slow.text.contains("jardin") && slow.findings.is_empty());
    let stopped = read(&pool(&["evil", "reading"]));
    test("what_stops_its_reader_is_still_told", stopped.findings[0].number == 5 && stopped.format.tags == ["pdf"]);
    let refused = read(&at_first("evil nonsense"));
    test("what_turns_its_reader_is_still_told", refused.findings[0].number == 11 && refused.format.tags == ["txt", "text"]);
    let told = |pool: &Pool| pool.identify(&mut &text[..], text.len() as u64, "x.txt").map_err(|finding| finding.number);
    test("a_sound_worker_tells", told(&sound).is_ok_and(|told| told.best().is_some_and(|best| best.puid == "x-fmt/111")));
    for what in ["nonsense", "beyond", "greed", "puid"] {
        test(&format!("an_enemy_who_tells_{what}_is_refused"), matches!(told(&pool(&["evil", what])), Err(5 | 11)));
    }
    test(
        "a_worker_under_lower_limits_reads",
        read(&shell("ulimit -v 1500000; ulimit -t 60; exec \"$0\" worker", &[])).text.contains("jardin"),
    );
    test("a_pool_that_works_says_so", sound.check().is_ok());
    let number = |pool: &Pool| pool.check().unwrap_err().number;
    test("a_kernel_without_sandbox_is_told_before", number(&pool(&["evil", "refusal"])) == 9);
    test("a_worker_that_cannot_start_is_told_before", number(&Pool::new("/nonexistent".into(), vec![], 1)) == 14);
    test("a_worker_that_ends_at_once_is_told_before", number(&shell("exit 1", &[])) == 14);
    let short = sound.extract(&mut &text[..10], 1000, "x.txt");
    test("a_document_that_ends_early_is_a_finding", short.findings[0].number == 5 && read(&sound).findings.is_empty());
    let open = pool(&["worker"]).allow_unsandboxed();
    test("a_reader_without_sandbox_is_told", read(&open).findings.iter().any(|finding| finding.number == 12));
    let picture = image(16, 8);
    let page = sound.page_image(&mut &picture[..], picture.len() as u64, "x.bmp", 1, 8);
    test("a_page_is_a_picture", page.is_ok_and(|page| (page.width, page.height) == (8, 4)));
    let page =
        |pool: &Pool, number| pool.page_image(&mut &picture[..], picture.len() as u64, "x.bmp", number, 8).unwrap_err().number;
    test("a_page_that_is_not_there_is_a_finding", page(&sound, 2) == 20);
    test("a_picture_that_is_none_is_refused", page(&pool(&["evil", "bell"]), 1) == 11);
    let scan = image(400, 300);
    let escaped = Recogniser::at(&tool("escape"), &sound).unwrap();
    // What is executed may be read, and a name may be looked up: these two and nothing else.
    let open = "tesseract 2.read-itselflook-at-a-file";
    test(&format!("no_tool_escapes ({})", escaped.engine()), escaped.engine() == open);
    test("a_tool_under_a_false_name_is_none", Recogniser::at(&tool("bell"), &sound).is_err_and(|why| why.number == 19));
    test(
        "a_tool_that_is_not_there_is_none",
        Recogniser::at(Path::new("/nonexistent"), &sound).is_err_and(|why| why.number == 19),
    );
    let before = peak();
    for what in ["flood", "death", "memory", "nonsense"] {
        let recogniser = Recogniser::at(&tool(what), &sound).unwrap();
        let recognition = recogniser.recognise(&sound, &mut &scan[..], scan.len() as u64, "x.bmp");
        let numbers = recognition.findings.iter().map(|finding| finding.number);
        test(&format!("a_tool_that_tries_{what}_costs_one_text"), numbers.eq([19]) && recognition.text().is_empty());
    }
    test("no_tool_costs_its_parent_memory", peak() - before < 100 << 10);
    let liar = Recogniser::at(&tool("lies"), &sound).unwrap();
    let recognition = liar.recognise(&sound, &mut &scan[..], scan.len() as u64, "x.bmp");
    test(
        "of_a_tool_that_lies_only_words_are_believed",
        recognition.text() == "[2Jword" && recognition.pages[0].confidence == Some(90),
    );
    let mut part = Vec::new();
    let missing = sound.part(&mut &text[..], text.len() as u64, "x.txt", "2", &mut part);
    test("a_part_that_is_not_there_is_a_finding", missing.is_err() && part.is_empty());
    println!("\ntest result: ok. {passed} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
    ExitCode::SUCCESS
}
