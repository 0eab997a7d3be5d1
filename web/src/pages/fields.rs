//! Fields that several forms have, and how what was written in them is read.

use crate::{room::Room, words::Say};
use chartrier_engine::{Error, Kind, Result, error, policy::Session};
use chartrier_schemas::{Marking, marking::BadMarking, text, text::Told};
use maud::{Markup, html};

/// A box for a class or dossier. The script offers those that one may know once somebody goes there: no page carries them.
pub(crate) fn place(say: Say, id: &str, value: &str, placeholder: &str) -> Markup {
    html! {
        input id=(id) name=(id) value=(value) placeholder=(placeholder) list=(format!("{id}-list")) data-places=(say.t("no-such-place"))
            autocomplete="off" spellcheck="false" maxlength="400" aria-describedby=(format!("{id}-help"));
        datalist id=(format!("{id}-list")) {}
    }
}

/// A box for a person. The script offers names for what was begun, to those who may see them.
pub(crate) fn person(id: &str, label: &str) -> Markup {
    html! {
        input id=(id) name=(id) aria-label=(label) list=(format!("{id}-list")) data-persons autocomplete="off" spellcheck="false"
            maxlength="200";
        datalist id=(format!("{id}-list")) {}
    }
}

/// Why something is decided: a reason is due.
pub(crate) fn reason(say: Say, id: &str) -> Markup {
    html! { p { label for=(id) { (say.t("reason")) } input id=(id) name="reason" required maxlength="1000" autocomplete="off"; } }
}

/// The code of a place as its box shows it: alone, or followed by its title. Nothing is no place.
pub(crate) fn code_of(given: &str) -> Option<&str> {
    given.split_whitespace().next()
}

/// What is wrong where the only thing that may be absent is the place that was written.
pub(crate) fn no_place(why: Error) -> Error {
    if why.kind != Kind::NotFound {
        return why;
    }
    error::invalid(
        text!(
            "There is no such class or dossier, or it is not for you to know.",
            "Il n’y a pas de classe ou de dossier de ce nom, ou il ne vous est pas connu."
        ),
        text!(
            "Choose one from the list, or none for the inbox.",
            "Choisissez-en un dans la liste, ou aucun pour classer plus tard."
        ),
    )
}

/// A marking.
pub(crate) fn marking(room: &Room, say: Say, session: &Session, now: &str) -> Markup {
    html! {
        label for="marking" { (say.t("marking")) }
        input #marking name="marking" list="markings" value=(now) required maxlength="200" autocomplete="off" spellcheck="false"
            aria-describedby="marking-help";
        datalist #markings { @for marking in room.archive.own_markings(session) { option value=(marking) {} } }
        p #marking-help .help { (say.t("marking-help")) }
    }
}

/// A marking as somebody wrote it; small letters are no mistake.
pub(crate) fn read_marking(given: &str) -> Result<Marking> {
    given.trim().to_uppercase().parse().map_err(|why: BadMarking| error::invalid(why.problem(), why.remedy()))
}

/// The code of a link, for whoever has no script.
pub(crate) fn link_code(say: Say, name: &str) -> Markup {
    html! {
        label for="link" { (say.t("link-code")) }
        input #link name=(name) autocomplete="off" spellcheck="false" required minlength="64" maxlength="64" pattern="[0-9a-f]{64}"
            aria-describedby="link-help";
        p #link-help .help { (say.t("link-help")) }
    }
}
