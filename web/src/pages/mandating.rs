//! Mandates on the pages of persons, of groups and of the house: in lines, the form that gives one, and what was filled in there.

use super::{
    fields::{code_of, place, reason},
    person::since_until,
    who::on,
};
use crate::{visit::Visit, words::Say};
use chartrier_engine::{
    Result,
    archive::{MandateLine, MandateRequest, Through},
    clock::{end_of_day, last_day},
    error,
};
use chartrier_schemas::{persisted::v1::Whom, text};
use maud::{Markup, html};

/// Mandates of somebody in lines. Those that name them can be ended here; those that reach a person otherwise, where they were
/// given.
pub(crate) fn lines(say: Say, whom: Whom, lines: &[&MandateLine], end: bool) -> Markup {
    html! {
        @if lines.is_empty() { p .help { (say.t("no-mandate")) } }
        ul .lines { @for line in lines {
            li {
                (mandate(say, line, whom, true))
                @if end && line.row.whom == whom {
                    details .end { summary { (say.t("end-mandate")) }
                        form .fields method="post" action=(format!("{}/{}/end", base(whom), line.row.id)) {
                            (reason(say, &format!("end-{}", line.row.id)))
                            button type="submit" { (say.t("end-mandate")) }
                        }
                    }
                }
            }
        } }
    }
}

/// Where mandates of somebody are given and ended.
fn base(whom: Whom) -> String {
    match whom {
        Whom::Person(person) => format!("/persons/{person}/mandates"),
        Whom::Group(_) | Whom::Everyone => format!("/groups/{whom}/mandates"),
    }
}

/// One mandate as somebody has it, with all that was said of it; `linked` to the group or the house that it was given to, if that
/// is not who has it.
pub(crate) fn mandate(say: Say, line: &MandateLine, whom: Whom, linked: bool) -> Markup {
    let row = &line.row;
    let through = through(say, &line.through).filter(|_| row.whom != whom);
    html! {
        div .said {
            h3 { (on(say, row.unit, line.code.as_deref())) }
            p { (row.reason) }
            p .facts {
                @if let Some(through) = through {
                    span .through { @if linked { a href=(format!("/groups/{}", row.whom)) { (through) } } @else { (through) } }
                }
                (since_until(say, &row.from, None))
                @if let Some(until) = &row.until { span { (say.with("until", &[("day", say.day(&last_day(until)).into())])) } }
                @if !line.given_by.is_empty() { span { (say.with("given-by", &[("name", line.given_by.as_str().into())])) } }
                @if let Some(ended) = &row.ended_at { span { (say.with("ended-at", &[("moment", say.written(ended).into())])) } }
            }
            @if let Some(why) = &line.end_reason { p .reason { (why) } }
        }
    }
}

/// How a mandate reaches a person, where it does not name them.
pub(crate) fn through(say: Say, through: &Through) -> Option<String> {
    match through {
        Through::Name => None,
        Through::Group(_, name) => Some(say.with("through-group", &[("name", name.as_str().into())])),
        Through::House => Some(say.t("through-house")),
    }
}

/// The form that gives a mandate.
pub(crate) fn form(say: Say, whom: Whom) -> Markup {
    html! {
        details { summary { (say.t("give-mandate")) }
            form .fields method="post" action=(base(whom)) {
                p {
                    label for="on" { (say.t("mandate-on")) }
                    (place(say, "on", "", ""))
                }
                p #on-help .help { (say.t("mandate-on-help")) }
                p .check { input #everything type="checkbox" name="everything" value="yes"; label for="everything" { (say.t("mandate-everything")) } }
                p { label for="until" { (say.t("mandate-until")) } input #until type="date" name="until" placeholder="2026-12-31"; }
                (reason(say, "mandate-reason"))
                button type="submit" { (say.t("give-mandate")) }
            }
        }
    }
}

/// The mandate that was filled in.
pub(crate) fn read(visit: &Visit, whom: Whom) -> Result<MandateRequest> {
    let (on, everything, until) =
        (code_of(visit.filled("on")).unwrap_or_default(), visit.form.contains_key("everything"), visit.filled("until").trim());
    if on.is_empty() != everything {
        return Err(error::invalid(
            text!("It is not said what the mandate is on.", "Il n’est pas dit sur quoi porte le mandat."),
            text!(
                "Name a class, a dossier or a record, or tick the whole archive, not both.",
                "Indiquez une classe, un dossier ou une pièce, ou cochez toutes les archives, pas les deux."
            ),
        ));
    }
    Ok(MandateRequest {
        whom,
        on: (!everything).then(|| on.to_owned()),
        until: if until.is_empty() { None } else { Some(end_of_day(until)?) },
        reason: visit.filled("reason").to_owned(),
    })
}
