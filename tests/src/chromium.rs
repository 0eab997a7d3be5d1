//! A real browser, driven through the pipe of its debugging protocol: JSON messages, each ended by a zero byte.

use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a page may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Chromium with one page.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    number: u64,
    session: Option<String>,
    /// What went wrong in pages: errors of scripts, and what the policy of contents refused.
    pub complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// A browser that prefers a language, with a page of this size; nothing where no Chromium is installed.
    pub fn start(language: &str, (width, height): (u32, u32)) -> Option<Self> {
        let program = std::env::var_os("PATH")?;
        std::env::split_paths(&program).map(|folder| folder.join("chromium")).find(|path| path.is_file())?;
        let profile = tempfile::tempdir().expect("a temporary folder");
        // The protocol speaks through descriptors 3 and 4.
        let words = "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
                     --remote-debugging-pipe --user-data-dir=\"$1\" --lang=\"$2\" --accept-lang=\"$2\" about:blank 3<&0 4>&1 2>/dev/null";
        let folder = profile.path().to_str().expect("a path in UTF-8");
        let mut child = Command::new("bash")
            .args(["-c", words, "bash", folder, language])
            .env("LANGUAGE", language)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash");
        let to = child.stdin.take().expect("a pipe");
        let from = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut browser = Self { child, to, from, number: 0, session: None, complaints: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        browser.call("Emulation.setDeviceMetricsOverride", size);
        Some(browser)
    }

    /// Asks the browser, and waits for its answer.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.ask(method, params).unwrap_or_else(|why| panic!("{method}: {why}"))
    }

    /// The same, where the browser may have no answer.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.number += 1;
        let mut message = json!({ "id": self.number, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).expect("the browser listens");
        loop {
            let heard = self.hear();
            if heard["id"] == json!(self.number) {
                let Value::Null = heard["error"] else { return Err(heard["error"].clone()) };
                return Ok(heard["result"].clone());
            }
        }
    }

    fn hear(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("the browser speaks");
        assert_eq!(bytes.pop(), Some(0), "the browser has gone");
        let heard: Value = serde_json::from_slice(&bytes).expect("JSON");
        let complaint = match heard["method"].as_str() {
            Some("Runtime.exceptionThrown") => Some(&heard["params"]["exceptionDetails"]),
            Some("Log.entryAdded") if heard["params"]["entry"]["level"] == "error" => Some(&heard["params"]["entry"]),
            _ => None,
        };
        self.complaints.extend(complaint.map(Value::to_string));
        heard
    }

    /// What an expression of JavaScript is.
    pub fn eval(&mut self, expression: &str) -> Value {
        self.call("Runtime.evaluate", evaluation(expression))["result"]["value"].clone()
    }

    /// Whether an expression is true now. Of a page that goes away while it is asked, nothing is.
    fn holds(&mut self, expression: &str) -> bool {
        match self.ask("Runtime.evaluate", evaluation(expression)) {
            Ok(answer) => answer["result"]["value"] == json!(true),
            Err(why) if why["message"] == json!("Inspected target navigated or closed") => false,
            Err(why) => panic!("{expression}: {why}"),
        }
    }

    /// Opens another page of the same browser, and stays with this one.
    pub fn open_beside(&mut self, url: &str) {
        let session = self.session.take();
        self.call("Target.createTarget", json!({ "url": url }));
        self.session = session;
    }

    /// Goes to a page.
    pub fn go(&mut self, address: &str) {
        self.eval("document.documentElement.dataset.old = 'yes'");
        self.call("Page.navigate", json!({ "url": address }));
        self.wait("document.readyState == 'complete' && !document.documentElement.dataset.old");
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.holds(expression) {
            if Instant::now() >= until {
                let page = self.eval("location.href + document.body.innerText");
                panic!("{expression} is not true at {page} {:?}", self.complaints);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses a key as a person does.
    pub fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            key if key.chars().count() == 1 => key,
            _ => "",
        };
        let code = if key == "Enter" { 13 } else { 0 };
        let down = json!({ "type": "keyDown", "key": key, "text": text, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
    }

    /// Types words where the cursor is.
    pub fn write(&mut self, words: &str) {
        self.call("Input.insertText", json!({ "text": words }));
    }

    /// What the checker of accessible pages finds serious on this one; nothing where it is not at hand.
    pub fn barriers(&mut self) -> Vec<String> {
        let checker: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/axe/package/axe.min.js");
        let Ok(script) = std::fs::read_to_string(checker) else { return Vec::new() };
        self.call("Runtime.evaluate", json!({ "expression": script }));
        let found = self.eval("axe.run().then(found => found.violations.map(one => one.id + ': ' + one.nodes[0].html))");
        found.as_array().into_iter().flatten().map(Value::to_string).collect()
    }
}

fn evaluation(expression: &str) -> Value {
    json!({ "expression": expression, "returnByValue": true, "awaitPromise": true })
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
