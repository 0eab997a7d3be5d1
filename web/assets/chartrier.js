// What pages can do beyond links and forms: keys, steps through what was found, the code of a link, and an inbox that goes on in
// place. Everything works without this; it asks no other server, and keeps nothing but what is chosen in a list, until the tab
// is closed or somebody signs out.
"use strict";

(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // A link to sign in brings its code after the sign #, where no server sees it; also when the page is there already.
  const enter = () => {
    const door = one("#door");
    const code = location.hash.slice(1);
    if (!door || !/^[0-9a-f]{64}$/.test(code)) return;
    history.replaceState(null, "", location.pathname);
    one("#link").value = code;
    door.submit();
  };
  window.addEventListener("hashchange", enter);
  enter();

  // The room one is in may lie beside a narrow screen.
  const here = one(".rooms [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 40;

  const follow = (selector) => {
    const link = one(selector);
    if (link) link.click();
    return Boolean(link);
  };

  const walk = (step) => {
    const links = all(".hit h2 a");
    if (links.length === 0) return false;
    const now = links.indexOf(document.activeElement);
    const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
    links[next].focus();
    links[next].closest(".hit").scrollIntoView({ block: "nearest" });
    return true;
  };

  // Steps through places that were found: on the picture of a page and on to the next page that has one, else in the text.
  const stepper = (places) => {
    let now = -1;
    const at = (place) => {
      if (now >= 0) places[now].classList.remove("now");
      now = place;
      places[now].classList.add("now");
      places[now].scrollIntoView({ block: "center" });
    };
    return { at, next: (step) => (now < 0 ? (step > 0 ? 0 : places.length - 1) : now + step), count: places.length };
  };
  const inText = stepper(all(".words mark"));
  const onPage = stepper(all(".layer .hit"));
  const show = (steps, step) => {
    if (steps.count === 0) return false;
    steps.at((steps.next(step) + steps.count) % steps.count);
    return true;
  };
  const step = (by) => {
    if (!one("[data-pages-hits]")) return show(inText, by);
    const place = onPage.next(by);
    if (place >= 0 && place < onPage.count) { onPage.at(place); return true; }
    return follow(by > 0 ? "[data-key=next-hit-page]" : "[data-key=previous-hit-page]") || show(onPage, by);
  };
  if (onPage.count > 0 && location.hash === "#first-hit") onPage.at(0);
  if (onPage.count > 0 && location.hash === "#last-hit") onPage.at(onPage.count - 1);
  const next = one("[data-key=hit]");
  if (next) next.addEventListener("click", (event) => { event.preventDefault(); show(inText, 1); });

  const press = (selector) => {
    const button = one(selector);
    if (button) button.click();
    return Boolean(button);
  };

  // The inbox, where one record is at hand. What is chosen stays so while one walks on; it is over when something was filed.
  const filing = Boolean(one("body.filing"));
  const tools = one("#adding");
  const kept = `chosen-${tools ? tools.dataset.person : ""}`;
  const boxes = () => all(".queue input[type=checkbox]");
  const keep = () => sessionStorage.setItem(kept, JSON.stringify(boxes().filter((box) => box.checked).map((box) => box.name)));
  const choose = () => {
    const box = one(".queue .at-hand input");
    if (box) { box.checked = !box.checked; keep(); }
    return Boolean(box);
  };
  const settle = () => {
    const at_hand = one(".queue .at-hand");
    if (!at_hand) return;
    // The list alone moves: the page stays where it is.
    const list = at_hand.parentElement;
    list.scrollTop = at_hand.offsetTop - list.offsetTop - (list.clientHeight - at_hand.offsetHeight) / 2;
    if (one(".told")) sessionStorage.removeItem(kept);
    const names = JSON.parse(sessionStorage.getItem(kept) || "[]");
    boxes().forEach((box) => { box.checked = names.includes(box.name); box.addEventListener("change", keep); });
  };
  settle();

  // It goes on in place: what is typed while the next record is on its way is meant for that one, and heard when it is there.
  let coming = false;
  const ahead = [];
  const bring = async (address, sent, plainly) => {
    coming = true;
    const answer = await fetch(address, sent).catch(() => null);
    const page = answer && new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html");
    const main = page && page.querySelector("main");
    coming = false;
    // What follows something that went wrong is not meant; and nobody takes a suggestion that they have not seen.
    if (!main || !answer.ok || main.querySelector("[role=alert]")) ahead.length = 0;
    while (sent.method && ahead[0] === "y") ahead.shift();
    if (!main) { plainly(); return; }
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) { location.assign(answer.url); return; }
    const held = document.activeElement.matches("main a[rel]") ? `main a[rel=${document.activeElement.rel}]` : null;
    all("main, footer").forEach((part) => part.replaceWith(page.querySelector(part.localName) || part));
    document.title = page.title;
    if (answer.ok) history.replaceState(null, "", answer.url);
    settle();
    // Whoever hears the page hears what is at hand now; and what was done, for a status that came with the page is not read out.
    const focused = (held && one(held)) || one("#record-title") || one("main");
    if (!focused.matches("a")) focused.tabIndex = -1;
    focused.focus({ preventScroll: true });
    all("main [role=status]").forEach((status) => setTimeout(() => status.append(...status.childNodes)));
    while (ahead.length > 0 && !coming) typed(ahead.shift());
  };
  if (filing) {
    let plain = false;
    document.addEventListener("click", (event) => {
      const link = event.target.closest("main a");
      const ours = link && link.pathname === location.pathname && link.origin === location.origin;
      if (!ours || plain || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (!coming) bring(link.href, {}, () => location.assign(link.href));
    });
    document.addEventListener("submit", async (event) => {
      const { target: form, submitter } = event;
      if (plain || form.method !== "post" || !form.closest("main")) return;
      event.preventDefault();
      if (coming) return;
      coming = true;
      const box = submitter && submitter.formNoValidate ? null : form.querySelector("[data-places]");
      if (box) await settle_place(box);
      coming = false;
      if (box && !box.validity.valid) { ahead.length = 0; return; }
      const body = new URLSearchParams(new FormData(form, submitter));
      const again = () => { plain = true; form.requestSubmit(submitter); };
      bring(form.action, { method: "POST", body }, again);
    });
  }

  // g, then the letter of a room.
  let going = 0;
  const go = (key) => {
    const soon = Date.now() - going < 1500;
    going = 0;
    return soon && follow(`[data-go="${CSS.escape(key)}"]`);
  };

  // Classes and dossiers are fetched when somebody goes to a box for one, and not before.
  let places = null;
  const fill = async (box) => {
    if (box.list.childElementCount > 0) return;
    places ||= fetch("/api/classes").then((answer) => (answer.ok ? answer.json() : [])).catch(() => []);
    // What is closed takes nothing, and may still be known.
    const open = (await places).filter((place) => !place.closed || box.id === "on");
    box.list.replaceChildren(...open.map((place) => Object.assign(document.createElement("option"), { value: `${place.code} ${place.title}` })));
  };
  // What was typed for a place becomes that place, where it means one alone; what means none is said before it is sent.
  const bare = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
  const settle_place = async (box) => {
    const begun = bare(box.value);
    const means = () => {
      const known = [...box.list.options].map(({ value }) => value);
      const exact = known.filter((value) => bare(value) === begun || bare(value).split(" ")[0] === begun || bare(value).replace(/^\S+ /, "") === begun);
      // A code is meant whole; of a title, the beginning of a word is enough.
      const like = /\p{L}/u.test(begun) ? known.filter((value) => ` ${bare(value)}`.includes(` ${begun}`)) : [];
      return [known, exact.length > 0 ? exact : like];
    };
    await fill(box);
    let [known, [one_alone, ...more]] = means();
    if (begun && !one_alone) {
      // Somebody may have added it since.
      places = null;
      box.list.replaceChildren();
      await fill(box);
      [known, [one_alone, ...more]] = means();
    }
    // Somebody typed on meanwhile.
    if (bare(box.value) !== begun) { await settle_place(box); return; }
    if (begun && one_alone && more.length === 0) box.value = one_alone;
    // A record, by its identifier, is in no list.
    const fits = !begun || one_alone || known.length === 0 || /^[a-z]{3}-[0-9a-z]{26}$/.test(begun);
    box.setCustomValidity(fits ? "" : box.dataset.places);
    if (!box.validity.valid) box.reportValidity();
  };
  document.addEventListener("change", (event) => { if (event.target.matches("[data-places]")) settle_place(event.target); });
  document.addEventListener("input", (event) => { if (event.target.matches("[data-places]")) event.target.setCustomValidity(""); });
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-places]")) fill(event.target); });

  // Names of persons that have in them what was begun, for those who decide about persons.
  const names = async (box) => {
    const begin = box.value.trim();
    if (begin.length < 2) { box.list.replaceChildren(); return; }
    const answer = await fetch(`/persons/names?${new URLSearchParams({ begin })}`).catch(() => null);
    if (!answer || !answer.ok || box.value.trim() !== begin) return;
    box.list.replaceChildren(...(await answer.json()).map((name) => Object.assign(document.createElement("option"), { value: name })));
  };
  all("[data-persons]").forEach((box) => box.addEventListener("input", () => names(box)));

  // How the word in the box might go on. What is typed is asked for in a form, not in an address.
  const box = one("#q");
  const list = one("#goes-on");
  let soon = 0;
  const offer = async () => {
    const [, before, begin] = box.value.match(/^(.*?)([\p{L}\p{N}]{2,})$/su) || [];
    if (!begin) { list.replaceChildren(); return; }
    const answer = await fetch("/complete", { method: "POST", body: new URLSearchParams({ begin }) }).catch(() => null);
    if (!answer || !answer.ok) return;
    const words = await answer.json();
    if (!box.value.endsWith(begin)) return;
    list.replaceChildren(...words.map((word) => Object.assign(document.createElement("option"), { value: before + word })));
  };
  if (box && list) box.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(offer, 120); });

  const place = () => {
    const box = filing && one("#into");
    // Without a box, the words that were typed ahead for it are meant for nothing.
    if (box) box.focus(); else ahead.length = 0;
    return Boolean(box);
  };

  const keys = {
    "/": () => { const box = one("#q"); if (box) { box.focus(); box.select(); } return Boolean(box); },
    "?": () => { location.href = "/help#keys"; return true; },
    "j": () => (filing ? follow("a[rel=next]") : walk(1)),
    "k": () => (filing ? follow("a[rel=prev]") : walk(-1)),
    "g": () => { going = Date.now(); return true; },
    "x": choose,
    "y": () => press("[data-key=accept]") || place(),
    "z": () => press("[data-key=undo]"),
    "f": () => place(),
    "n": () => step(1),
    "N": () => step(-1),
    "[": () => follow("a[rel=prev]"),
    "]": () => follow("a[rel=next]"),
  };

  const hear = (key) => {
    if (document.body.dataset.keys !== "on") return false;
    if (go(key)) return true;
    const act = keys[key];
    return Boolean(act && act());
  };

  // Whether what was typed ahead is in a box by now: words follow.
  const is_in_box = () => Math.max(ahead.lastIndexOf("f"), ahead.lastIndexOf("/")) > ahead.lastIndexOf("Enter");

  // Where words are typed.
  const worded = "input:not([type=checkbox], [type=radio]), textarea, select";

  // A key that was typed ahead: it goes where the keys before it have led.
  const typed = (key) => {
    const box = document.activeElement.closest(worded);
    if (!box) { hear(key); return; }
    if (key === "Enter") { box.form.requestSubmit(); return; }
    if (!box.setRangeText) return;
    box.setRangeText(key, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest(worded);
    // Enter and Space on a link or a button are its own.
    const own = (event.key === "Enter" || event.key === " ") && event.target.closest("a, button, summary, input[type=checkbox]");
    const ours = event.key.length === 1 || event.key === "Enter";
    if (coming && ours && !own && !(typing && !typing.closest("main")) && (typing || document.body.dataset.keys === "on")) {
      // A key that is held down, and a suggestion that nobody has seen, wait for nothing.
      if (!event.repeat && (event.key !== "y" || is_in_box())) ahead.push(event.key);
      event.preventDefault();
      return;
    }
    if (event.key === "Escape") {
      ahead.length = 0;
      if (typing) typing.blur();
      else follow("a[rel=up]");
      return;
    }
    // Held down, a key may walk, and does nothing else.
    if (!typing && (!event.repeat || "jknN[]".includes(event.key)) && hear(event.key)) event.preventDefault();
  });
})();
