//! What people see: the frame of every page here, and one file per page. Pages join answers of the engine and words; they
//! decide nothing.

pub(crate) mod account;
pub(crate) mod add;
pub(crate) mod asking;
pub(crate) mod bulk;
pub(crate) mod curate;
pub(crate) mod disclosures;
pub(crate) mod enrol;
pub(crate) mod fields;
pub(crate) mod group;
pub(crate) mod groups;
pub(crate) mod help;
pub(crate) mod house;
pub(crate) mod inbox;
pub(crate) mod invitation;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod layer;
pub(crate) mod leaves;
pub(crate) mod mail;
pub(crate) mod mandating;
pub(crate) mod person;
pub(crate) mod persons;
pub(crate) mod proof;
pub(crate) mod reading;
pub(crate) mod scheme;
pub(crate) mod search;
pub(crate) mod sending;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod together;
pub(crate) mod trouble;
pub(crate) mod unit;
pub(crate) mod unit_side;
pub(crate) mod who;

use crate::{
    assets::{ADDING, SCRIPT, SIGN, STYLE},
    room::Room,
    visit::{Signed, Visit},
    words::{Say, turns_letters},
};
use chartrier_engine::{Result, policy::Act};
use chartrier_schemas::{ActId, Level, Marking, Text};
use maud::{DOCTYPE, Markup, html};

/// What stands around a page.
pub(crate) struct Frame<'a> {
    pub(crate) title: &'a str,
    /// What was asked, where the box of the head shows it; nothing where the page has a box of its own, or none.
    pub(crate) words: Option<&'a str>,
    /// Which page it is, for the script and the style.
    pub(crate) kind: &'static str,
    /// Where one comes back to after a choice.
    pub(crate) back: &'a str,
}

/// A whole page.
pub(crate) fn frame(visit: &Visit, frame: &Frame<'_>, main: &Markup) -> Markup {
    let say = visit.say;
    document(
        say,
        frame.title,
        frame.kind,
        visit.keys,
        &html! {
            a .skip href="#main" { (say.t("skip")) }
            header .top {
                a .brand href="/" { img src=(SIGN.path) alt="" width="28" height="28"; span { "Chartrier" } }
                @if let Some(words) = frame.words { (search_box(visit, words)) }
                @if let Some(signed) = &visit.signed {
                    (rooms(say, signed, &visit.here))
                    nav .person aria-label=(say.t("account")) {
                        a href="/account" { (signed.name) }
                        form method="post" action="/sign-out" { button .quiet type="submit" { (say.t("sign-out")) } }
                    }
                }
            }
            main #main tabindex="-1" { (main) }
            footer .foot {
                form .choice method="post" action="/choices" {
                    input type="hidden" name="back" value=(frame.back);
                    @for (code, name) in [("fr", "Français"), ("en", "English")] {
                        button .quiet type="submit" name="language" value=(code) lang=(code) aria-pressed=(say.code() == code) { (name) }
                    }
                }
                a href="/help" { (say.t("help-link")) }
            }
            @if let Some(signed) = &visit.signed { (add::tools(say, signed)) }
        },
    )
}

/// The rooms that somebody may enter: address, key after g, name.
pub(crate) fn doors(say: Say, signed: &Signed) -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let all = [
        ("/", "i", say.t("search"), true),
        ("/add", "a", say.t("add-room"), signed.adds()),
        ("/inbox", "f", say.t("inbox-room"), curate::might(&signed.session, Act::File)),
        ("/classes", "c", say.t("scheme-room"), true),
        ("/jobs", "t", say.t("jobs"), curate::might(&signed.session, Act::File)),
        ("/persons", "", say.t("persons"), curate::might(&signed.session, Act::Empower)),
        ("/groups", "", say.t("groups"), curate::might(&signed.session, Act::Empower)),
        ("/disclosures", "", say.t("disclosures"), curate::might(&signed.session, Act::Audit)),
        ("/house", "", say.t("house-room"), curate::might(&signed.session, Act::Administer)),
    ];
    all.into_iter().filter(|(.., enters)| *enters).map(|(href, key, name, _)| (href, key, name))
}

fn rooms(say: Say, signed: &Signed, here: &str) -> Markup {
    let path = here.split('?').next().unwrap_or_default();
    html! {
        nav .rooms aria-label=(say.t("rooms")) {
            @for (href, key, name) in doors(say, signed) {
                a href=(href) data-go=[Some(key).filter(|key| !key.is_empty())] aria-current=[(path == href).then_some("page")] { (name) }
            }
        }
    }
}

/// What was just done, and how it is taken back.
pub(crate) fn told(room: &Room, visit: &Visit, back: &str) -> Result<Markup> {
    let say = visit.say;
    let number = |name: &str| visit.asked(name).parse::<u64>().ok();
    let session = &visit.person()?.session;
    let path = room.archive.path_of_code(session, visit.asked("into"))?;
    // A record that somebody else has filed meanwhile, and where.
    let late = visit.asked("late").parse().ok().and_then(|id| room.archive.show(session, id).ok());
    let late = late.map(|shown| (plain(shown.record.known_as()), shown.class.unwrap_or_default()));
    Ok(html! {
        @if !visit.asked("nowhere").is_empty() { p .note role="alert" { (say.t("no-such-place")) } }
        @if let Some((title, place)) = &late {
            p .note role="alert" { (say.with("filed-meanwhile", &[("title", title.as_str().into())])) " " (place) }
        }
        @if let (Some(moved), Some(place)) = (number("moved"), path.last()) {
            div .told role="status" {
                p {
                    (say.count("filed-just-now", moved)) " " span .code { (place.code) } " " (place.title)
                    @if let Some(others) = number("others").filter(|others| *others > 0) { " – " (say.count("filed-by-others", others)) }
                }
                @if visit.asked("filed").parse::<ActId>().is_ok() {
                    form method="post" action=(format!("/acts/{}/undo", visit.asked("filed"))) {
                        input type="hidden" name="back" value=(back);
                        button .quiet type="submit" data-key="undo" { (say.t("undo")) }
                    }
                }
            }
        } @else if let (Some(undone), Some(stayed)) = (number("undone"), number("stayed")) {
            div .told role="status" {
                p { (say.count("put-back", undone)) @if stayed > 0 { " " (say.count("stayed", stayed)) } }
            }
        }
    })
}

fn document(say: Say, title: &str, kind: &str, keys: bool, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(say.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Chartrier" }
                link rel="stylesheet" href=(STYLE.path);
                link rel="icon" href=(SIGN.path) type="image/svg+xml";
                script src=(SCRIPT.path) defer {}
                script src=(ADDING.path) defer {}
            }
            body .(kind) data-keys=(if keys { "on" } else { "off" }) { (body) }
        }
    }
}

/// A page with nothing around it: for those of whom nothing is known yet, and for what is shown once and must not be lost by
/// going elsewhere.
pub(crate) fn bare(say: Say, title: &str, main: &Markup) -> Markup {
    document(
        say,
        title,
        "bare",
        false,
        &html! {
            header .top { a .brand href="/" { img src=(SIGN.path) alt="" width="28" height="28"; span { "Chartrier" } } }
            main #main { (main) }
        },
    )
}

/// The one box.
pub(crate) fn search_box(visit: &Visit, words: &str) -> Markup {
    let say = visit.say;
    let (action, method) = if visit.veil.is_some() { ("/ask", "post") } else { ("/", "get") };
    html! {
        form .search role="search" action=(action) method=(method) {
            label .unseen for="q" { (say.t("search-label")) }
            input #q type="search" name="q" value=(words) placeholder=(say.t("search-placeholder")) autocomplete="off"
                spellcheck="false" maxlength="2000" list="goes-on";
            datalist #goes-on {}
            button type="submit" { (say.t("search")) }
        }
    }
}

/// The badge of a marking, with its level in words.
pub(crate) fn badge(say: Say, marking: &Marking) -> Markup {
    let level = level(say, marking);
    html! { span .badge .(level_style(marking)) title=(level) { span .unseen { (say.t("marking")) " " } (marking) } }
}

/// The level of a marking in words.
pub(crate) fn level(say: Say, marking: &Marking) -> String {
    match marking.level {
        Level::Np => say.t("level-np"),
        Level::Dr => say.t("level-dr"),
        Level::S => say.t("level-s"),
        Level::Ts => say.t("level-ts"),
    }
}

fn level_style(marking: &Marking) -> &'static str {
    match marking.level {
        Level::Np => "np",
        Level::Dr => "dr",
        Level::S => "s",
        Level::Ts => "ts",
    }
}

/// Text with what was looked for in it, each place between first byte and the one after the last.
pub(crate) fn marked(text: &str, places: &[(usize, usize)]) -> Markup {
    let (mut at, mut runs) = (0, Vec::new());
    for (first, end) in places.iter().copied() {
        if let (Some(before), Some(found)) = (text.get(at..first), text.get(first..end)) {
            runs.extend([(before, false), (found, true)]);
            at = end;
        }
    }
    runs.push((text.get(at..).unwrap_or_default(), false));
    html! {
        @for (run, found) in runs {
            @if found { mark { (plain(run)) } } @else { (plain(run)) }
        }
    }
}

/// A sentence of the engine's; what it quotes between backticks as what it is.
pub(crate) fn spoken(say: Say, text: &Text) -> Markup {
    html! { @for (at, part) in say.text(text).split('`').enumerate() { @if at % 2 == 1 { code { (plain(part)) } } @else { (part) } } }
}

/// Control characters of a document are shown as what they are: none of a text's business, and such as turn the order of letters
/// round make one name look like another. Between pages a line ends.
pub(crate) fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{c}' => '\n',
        '\n' | '\t' | '\r' => c,
        c if c.is_control() || turns_letters(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// What kind of file something is, in a few letters: as its bytes are told, else as its name says; of bytes that are text, XML or
/// ZIP, the name says more.
pub(crate) fn kind_of(tag: &str, name: &str) -> String {
    let told = if ["txt", "xml", "zip"].contains(&tag) { "" } else { tag };
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let fits = |word: &str| (1..=5).contains(&word.len()) && word.chars().all(|c| c.is_ascii_alphanumeric());
    [told, ending, tag].into_iter().find(|word| fits(word)).map(str::to_ascii_uppercase).unwrap_or_default()
}

/// The address of a page with its values; empty ones are left out.
pub(crate) fn address(path: &str, values: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    values.iter().filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| {
        query.append_pair(name, value);
    });
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_for_is_marked_and_the_rest_escaped() {
        assert_eq!(marked("a <b> c", &[(2, 5)]).into_string(), "a <mark>&lt;b&gt;</mark> c");
        assert_eq!(marked("é\u{1}\u{c}", &[]).into_string(), "é\u{fffd}\n");
        assert_eq!(plain("menu\u{202e}gpj.exe"), "menu\u{fffd}gpj.exe");
    }

    #[test]
    fn kinds_are_short() {
        for (name, kind) in [("Menu.pdf", "PDF"), ("menu", ""), ("a.b c", ""), ("x.jpeg", "JPEG"), ("x.backup", "")] {
            assert_eq!(kind_of("", name), kind);
        }
        for (tag, name, kind) in [("eml", "00017.a1b2", "EML"), ("zip", "plan.kmz", "KMZ"), ("txt", "lisez-moi", "TXT")] {
            assert_eq!(kind_of(tag, name), kind);
        }
    }
}
