// The queue of files to add: dropped on any page or chosen on /add, kept by the browser over reloads and lost connections,
// hashed by a worker, announced, sent in pieces, and called done only when the server says that they are in the archive.
// What it keeps is deleted when one signs out, and when somebody else signs in.
"use strict";

(() => {
  const root = document.querySelector("#adding");
  if (!root || !window.indexedDB) return;
  const { person, digest, adds } = root.dataset;
  const words = JSON.parse(root.dataset.words);
  const PIECE = Number(root.dataset.piece);
  const PREFIX = "chartrier-queue-";
  const NAME = PREFIX + person;
  const LISTED = 50; // files announced at once
  const SHOWN = 60; // files shown of the queue
  const SENDERS = 2;
  const LOOK = 700; // milliseconds between two questions about what is being verified
  const PATIENCE = 5000; // the longest wait for the browser to open what it keeps
  const LONGEST = 60000; // the longest pause after something failed
  const one = (selector) => document.querySelector(selector);
  const pause = (time) => new Promise((done) => setTimeout(done, time));

  // What the browser keeps.
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  let db = null;
  let opening = null;
  const open = async () => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("rows", { keyPath: "id", autoIncrement: true });
      request.result.createObjectStore("blobs");
    };
    // A browser that does not answer keeps nothing: the queue lives in this page alone then.
    const late = pause(PATIENCE).then(() => { throw new Error("no answer"); });
    db = await Promise.race([asked(request), late]);
    db.onversionchange = () => { db.close(); db = null; opening = null; };
    return db;
  };
  const store = () => db || (opening = opening || open());
  // Nothing is made before there is something to keep.
  const exists = async () => db || !indexedDB.databases || (await indexedDB.databases()).some(({ name }) => name === NAME);
  const within = async (mode, work) => {
    const transaction = (await store()).transaction(["rows", "blobs"], mode);
    const done = new Promise((fulfil, failed) => {
      transaction.oncomplete = fulfil;
      transaction.onabort = () => failed(transaction.error);
    });
    const result = await work(transaction.objectStore("rows"), transaction.objectStore("blobs"));
    await done;
    return result;
  };
  const forget = (name) => new Promise((done) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = done;
  });
  const forgetQueues = async (keep) => {
    const all = indexedDB.databases ? await indexedDB.databases() : [{ name: NAME }];
    const others = all.map(({ name }) => name).filter((name) => name && name.startsWith(PREFIX) && name !== keep);
    await Promise.all(others.map(forget));
  };

  // Who waits for something to do.
  const wakers = new Set();
  const wake = () => { for (const waker of wakers) waker(); wakers.clear(); };

  // Signing out leaves nothing behind.
  let leaving = false;
  for (const form of document.querySelectorAll("form[action='/sign-out']")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      leaving = true;
      wake();
      if (db) { db.close(); db = null; }
      localStorage.removeItem(NAME);
      sessionStorage.clear();
      await Promise.race([forgetQueues(), pause(1000)]);
      form.submit();
    });
  }
  forgetQueues(NAME);
  for (const key of Object.keys(sessionStorage)) if (!key.endsWith(person)) sessionStorage.removeItem(key);
  if (adds !== "yes") return;

  // The queue in memory. Rows: new → hashed → wanted → whole → kept, or failed on the way.
  const rows = new Map();
  const inMemory = new Map();
  const gone = new Set();
  const isDone = (row) => row.state === "kept";
  const all = () => [...rows.values()];
  const channel = new BroadcastChannel(NAME);
  const idle = (time) => new Promise((done) => {
    wakers.add(done);
    setTimeout(() => { wakers.delete(done); done(); }, time);
  });
  const load = async () => {
    if (!(await exists())) return;
    // What comes while one reads is not gone because it was not there yet.
    const before = [...rows.keys()];
    const kept = await within("readonly", (found) => asked(found.getAll()));
    const there = new Set(kept.map((row) => row.id));
    for (const id of before) if (id > 0 && !there.has(id)) rows.delete(id);
    for (const row of kept.filter(({ id }) => !gone.has(id))) {
      const known = rows.get(row.id);
      if (!known) rows.set(row.id, row.state === "wanted" ? { ...row, state: "hashed" } : row);
      else if (!runs || (known.state === "failed" && row.state === "new")) Object.assign(known, row);
    }
    show();
  };
  const plain = ({ busy, ...row }) => row;
  const save = async (row) => {
    if (leaving || !rows.has(row.id)) return;
    if (isDone(row)) inMemory.delete(row.id);
    if (row.id < 0) return;
    await within("readwrite", (kept, blobs) => {
      kept.put(plain(row));
      if (isDone(row)) blobs.delete(row.id);
    });
    channel.postMessage("changed");
  };
  const drop = async (row) => {
    gone.add(row.id);
    rows.delete(row.id);
    inMemory.delete(row.id);
    if (row.id > 0) await within("readwrite", (kept, blobs) => { kept.delete(row.id); blobs.delete(row.id); });
    if (row.upload && !isDone(row)) fetch(`/add/give-up/${row.upload}`, { method: "POST", redirect: "manual" }).catch(() => {});
    channel.postMessage("changed");
    show();
  };
  const blobOf = async (row) => inMemory.get(row.id)
    || (row.id > 0 ? within("readonly", (_, blobs) => asked(blobs.get(row.id))) : undefined);

  // Where it goes: what the page that adds says; elsewhere what it said last, until the tab is closed; else where one belongs.
  const place = one("#add-form #into");
  const marked = one("#add-form #marking");
  const PLACE = `place-${person}`;
  const chosen = () => ({ into: place ? place.value : sessionStorage.getItem(PLACE), marking: marked ? marked.value : "NP" });
  let changed = false;
  if (place) {
    if (!new URLSearchParams(location.search).has("into")) place.value = sessionStorage.getItem(PLACE) ?? place.value;
    place.addEventListener("change", () => { changed = true; });
  }

  const enqueue = async (files) => {
    if (files.length === 0) return;
    await load().catch(() => {});
    // What is over makes room for what begins.
    if (all().every(isDone)) for (const row of all()) await drop(row);
    const { into, marking } = chosen();
    // Its code alone is kept, not its title.
    if (place) sessionStorage.setItem(PLACE, into.trim().split(/\s/)[0]);
    changed = false;
    const given_up = new Map(all().filter((row) => row.state === "failed").map((row) => [`${row.size} ${row.path}`, row]));
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    for (const { file, path } of files) {
      // What could not be added is given up where the same is added again.
      const old = given_up.get(`${file.size} ${path}`);
      if (old) await drop(old);
      const row = { path, size: file.size, modified: file.lastModified, into, marking, state: "new", at: 0 };
      try {
        row.id = await within("readwrite", async (kept, blobs) => {
          const id = await asked(kept.add(row));
          blobs.put(file, id);
          return id;
        });
      } catch {
        // No room for it, or no answer: this page keeps it, for as long as it is open.
        row.memory = true;
        row.id = -1 - rows.size - gone.size;
        inMemory.set(row.id, file);
      }
      rows.set(row.id, row);
      show();
      wake();
    }
    channel.postMessage("changed");
    begin();
  };

  // What keeps the queue from going on.
  let runs = false;
  let signedOut = false;
  let delay = 0;
  let offline = false;
  const paused = () => localStorage.getItem(NAME) === "paused";
  const halted = () => leaving || signedOut || paused();
  window.addEventListener("online", () => { delay = 0; wake(); });
  const faltered = async () => {
    offline = true;
    show();
    delay = Math.min(Math.max(1000, delay * 2), LONGEST);
    await idle(delay);
  };

  // Asks the server; nothing where it cannot be reached now.
  const ask = async (path, options) => {
    try {
      const answer = await fetch(path, { method: "POST", redirect: "manual", ...options });
      if (answer.type === "opaqueredirect") {
        signedOut = true;
        show();
        return null;
      }
      const told = await answer.json();
      if (answer.status >= 500 || answer.status === 429) throw new Error(told.problem);
      offline = false;
      delay = 0;
      return { status: answer.status, told };
    } catch {
      await faltered();
      return null;
    }
  };
  const fail = (row, told) => {
    row.state = "failed";
    row.problem = told.problem;
    // Whether it was the place that was refused, for all that were announced together.
    row.misplaced = Boolean(told.whole);
    row.remedy = told.remedy || "";
    return save(row);
  };

  // The three who work on it: one reads, one announces and asks, some send.
  let worker = null;
  const answers = new Map();
  const sha256 = (number, blob) => new Promise((done) => {
    if (!worker) {
      worker = new Worker(digest);
      worker.onmessage = ({ data }) => { answers.get(data.number)(data.sha256); answers.delete(data.number); };
    }
    answers.set(number, done);
    worker.postMessage({ number, blob });
  });
  const reads = async () => {
    for (;;) {
      const row = halted() ? null : all().find(({ state }) => state === "new");
      if (!row) { await idle(LONGEST); continue; }
      row.busy = true;
      const blob = await blobOf(row);
      const hash = blob && await sha256(row.id, blob);
      row.busy = false;
      if (hash) {
        row.sha256 = hash;
        row.state = "hashed";
        await save(row);
      } else await fail(row, { problem: words.gone });
      wake();
      show();
    }
  };
  const announces = async () => {
    for (;;) {
      const now = Date.now();
      const due = halted() ? [] : all().filter((row) => (row.state === "hashed" || row.state === "whole") && (row.after || 0) <= now);
      const first = due.find(({ state }) => state === "hashed") || due[0];
      if (!first) {
        await idle(all().some(({ after, state }) => after && state !== "kept") ? LOOK : LONGEST);
        continue;
      }
      const batch = due.filter(({ into, marking }) => into === first.into && marking === first.marking).slice(0, LISTED);
      const files = batch.map(({ path, size, modified, sha256: hash, again }) => ({ path, size, modified, sha256: hash, again }));
      const answer = await ask("/add/files", { body: JSON.stringify({ into: first.into, marking: first.marking, files }) });
      if (!answer) continue;
      for (const [at, row] of batch.entries()) {
        if (rows.has(row.id)) await stands(row, answer.told.files ? answer.told.files[at] : { state: "refused", whole: true, ...answer.told });
      }
      wake();
      show();
    }
  };
  const stands = async (row, told) => {
    const before = row.state;
    row.again = false;
    row.note = told.problem ? `${told.problem} ${told.remedy}` : "";
    row.after = Date.now() + (told.state === "later" ? LOOK * 10 : LOOK);
    if (told.upload) row.upload = told.upload;
    if (told.state === "held" || told.state === "kept") {
      row.held = told.state === "held" && before === "hashed" && !row.sent;
      row.state = "kept";
      row.record = told.record;
      await save(row);
      receive(row);
    } else if (told.state === "refused") await fail(row, told);
    else if (told.state === "wanted") {
      row.at = told.at;
      row.state = "wanted";
    } else if (told.state === "whole") row.state = "whole";
  };
  const sends = async () => {
    for (;;) {
      const row = halted() ? null : all().find(({ state, busy }) => state === "wanted" && !busy);
      if (!row) { await idle(LONGEST); continue; }
      row.busy = true;
      const blob = await blobOf(row);
      if (!blob) await fail(row, { problem: words.gone });
      while (blob && row.state === "wanted" && rows.has(row.id) && !halted()) {
        const answer = await ask(`/add/piece/${row.upload}?at=${row.at}`, {
          headers: { "Content-Type": "application/octet-stream" },
          body: blob.slice(row.at, row.at + PIECE),
        });
        if (!answer) continue;
        if (answer.status === 200 || answer.status === 409) {
          row.at = answer.told.at;
          row.sent = true;
          if (answer.told.whole) {
            row.state = "whole";
            row.after = Date.now() + LOOK / 2;
          }
        } else {
          // It is not there any more: announced anew, it goes on.
          row.state = "hashed";
          row.after = Date.now() + LOOK;
        }
        show();
      }
      row.busy = false;
      wake();
    }
  };

  // One tab sends; when it goes away, the next one does.
  const run = async () => {
    runs = true;
    await load().catch(() => {});
    await Promise.all([reads(), announces(), ...Array.from({ length: SENDERS }, sends)]);
  };
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    if (navigator.locks) navigator.locks.request(NAME, run); else run();
  };
  channel.onmessage = async () => {
    await load().catch(() => {});
    if (rows.size > 0) begin();
    wake();
  };
  load().catch(() => {}).then(() => { if (rows.size > 0) begin(); });

  // What one sees of it. Characters that turn the order of letters round make one name look like another.
  const named = (row) => row.path.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
  const told = (text, n, m) => text.replace("{n}", n).replace("{m}", m);
  const receive = (row) => {
    const list = one("#received");
    if (!list || (row.record && [...list.querySelectorAll("a")].some((link) => link.pathname === `/unit/${row.record}`))) return;
    const item = document.createElement("li");
    const link = document.createElement(row.record ? "a" : "span");
    link.textContent = named(row);
    if (row.record) link.href = `/unit/${row.record}`;
    item.append(link);
    const note = row.held ? words.held : row.record ? "" : words.unseen;
    if (note) item.append(Object.assign(document.createElement("span"), { className: "size", textContent: note }));
    list.prepend(item);
    one("#received-none").hidden = true;
  };
  const state = (row) => {
    if (row.state === "failed") return `${row.problem} ${row.remedy}`;
    if (row.note) return row.note;
    if (row.state === "whole") return words.verifying;
    if (row.state === "wanted" && row.busy) return `${Math.floor(100 * row.at / Math.max(row.size, 1))}\u00a0%`;
    return row.busy ? words.reading : words.waits;
  };
  const item = (row) => {
    const line = document.createElement("li");
    line.dataset.row = row.id;
    const name = document.createElement("span");
    const how = document.createElement("p");
    const away = document.createElement("button");
    name.textContent = named(row);
    how.className = "state";
    away.type = "button";
    away.className = "quiet";
    away.textContent = words.remove;
    away.setAttribute("aria-label", `${words.remove} ${row.path}`);
    away.addEventListener("click", () => drop(row));
    line.append(name, how, away);
    return line;
  };
  let due = 0;
  let said = 0;
  const show = () => {
    if (due) return;
    due = setTimeout(() => { due = 0; draw(); }, 120);
  };
  const draw = () => {
    const every = all();
    const done = every.filter(isDone).length;
    const failed = every.filter((row) => row.state === "failed");
    const over = done + failed.length === every.length;
    const link = one("nav a[href='/add']");
    if (link) {
      const count = one("#add-count") || link.appendChild(Object.assign(document.createElement("span"), { id: "add-count", className: "count" }));
      count.textContent = over ? "" : ` ${done}/${every.length}`;
    }
    const queue = one("#queue");
    if (!queue) return;
    one(".sources").hidden = false;
    one(".plain-form").hidden = true;
    queue.hidden = every.length === 0;
    if (every.length === 0) return;
    const bar = one("#queue-bar");
    bar.max = Math.max(1, every.reduce((sum, row) => sum + row.size + 1, 0));
    bar.value = every.reduce((sum, row) => sum + (isDone(row) ? row.size + 1 : row.at), 0);
    const status = [
      told(every.length === 1 ? words.one : words.many, done, every.length),
      failed.length > 0 ? told(words.failed, failed.length) : "",
      over ? "" : signedOut ? words.signedOut : paused() ? words.paused : offline ? words.offline : "",
    ].filter(Boolean).join(". ").replace("..", ".");
    // A screen reader is not told of every piece.
    if (over || Date.now() - said > 1500 || !one("#queue-status").textContent) {
      said = Date.now();
      if (one("#queue-status").textContent !== status) one("#queue-status").textContent = status;
    } else show();
    queue.classList.toggle("over", over && failed.length === 0);
    one("#queue-pause").hidden = over;
    one("#queue-pause").textContent = paused() ? words.goOn : words.pause;
    one("#queue-retry").hidden = failed.length === 0;
    one("#queue-drop").hidden = failed.length < 2;
    const note = one("#queue-note");
    note.hidden = !every.some((row) => row.memory && !isDone(row));
    note.textContent = note.hidden ? "" : words.memory;
    const open = every.filter((row) => !isDone(row));
    open.sort((a, b) => (b.state === "failed") - (a.state === "failed") || Boolean(b.busy) - Boolean(a.busy) || a.id - b.id);
    const list = one("#queue-list");
    const shown = open.slice(0, SHOWN);
    const wanted = new Set(shown.map((row) => String(row.id)));
    for (const line of [...list.children]) if (!wanted.has(line.dataset.row)) line.remove();
    for (const row of shown) {
      const line = list.querySelector(`[data-row="${row.id}"]`) || list.appendChild(item(row));
      const how = line.querySelector(".state");
      if (how.textContent !== state(row)) how.textContent = state(row);
      line.classList.toggle("failed", row.state === "failed");
    }
    if (open.length > SHOWN) {
      const more = document.createElement("li");
      more.dataset.row = "more";
      more.textContent = told(words.more, open.length - SHOWN);
      list.append(more);
    }
    const mine = new Set(every.map((row) => row.upload));
    for (const line of document.querySelectorAll(".unfinished [data-upload]")) line.hidden = mine.has(line.dataset.upload);
    const unfinished = one(".unfinished");
    unfinished.hidden = !unfinished.querySelector("li:not([hidden])");
  };

  // Choosing.
  const toggle = one("#queue-pause");
  if (toggle) {
    toggle.addEventListener("click", () => {
      if (paused()) localStorage.removeItem(NAME); else localStorage.setItem(NAME, "paused");
      wake();
      draw();
    });
    one("#queue-retry").addEventListener("click", async () => {
      for (const row of all().filter(({ state: now }) => now === "failed")) {
        Object.assign(row, { state: "new", at: 0, again: true, problem: "", remedy: "", after: 0 }, changed && row.misplaced ? { into: chosen().into } : {});
        await save(row);
      }
      wake();
      draw();
    });
    one("#queue-drop").addEventListener("click", async () => {
      for (const row of all().filter(({ state: now }) => now === "failed")) await drop(row);
    });
    for (const input of document.querySelectorAll(".sources input")) {
      input.addEventListener("change", () => {
        if (!place.reportValidity()) { input.value = ""; return; }
        const files = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
        input.value = "";
        enqueue(files);
      });
    }
  }
  window.addEventListener("beforeunload", (event) => {
    if (inMemory.size > 0 && !leaving) event.preventDefault();
  });

  // Dropping, on any page.
  const sheet = one("#drop");
  const bringsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  const below = async (entry, path, files) => {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      files.push({ file, path });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (some.length === 0) return;
      for (const child of some) await below(child, `${path}/${child.name}`, files);
    }
  };
  window.addEventListener("dragenter", (event) => { if (bringsFiles(event)) sheet.hidden = false; });
  window.addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  window.addEventListener("dragleave", (event) => { if (!event.relatedTarget) sheet.hidden = true; });
  window.addEventListener("drop", async (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    sheet.hidden = true;
    // What was dropped can be asked for only now.
    const entries = [...event.dataTransfer.items].map((entry) => entry.webkitGetAsEntry && entry.webkitGetAsEntry());
    const files = [];
    if (entries.every(Boolean)) for (const entry of entries) await below(entry, entry.name, files).catch(() => {});
    else files.push(...[...event.dataTransfer.files].map((file) => ({ file, path: file.name })));
    await enqueue(files);
    if (files.length > 0 && inMemory.size === 0 && location.pathname !== "/add") location.href = "/add";
  });
  draw();
})();
