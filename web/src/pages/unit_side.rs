//! Beside a record: its description, components, findings, where it was seen, its history, and its proof.

use super::{mail::is_inner_field, plain, unit::with_query};
use crate::{visit::Visit, words::Say};
use chartrier_engine::archive::{Checked, HistoryLine, Shown};
use chartrier_schemas::{
    RecordId,
    persisted::v1::{Component, Deed, Role},
    text::Language,
};
use maud::{Markup, html};

/// Fields of a format that are shown before one asks for the others.
const FIELDS: usize = 8;

/// So many lines of a history or occurrences are shown before one asks for the others.
const LINES: usize = 6;

pub(crate) fn show(visit: &Visit, shown: &Shown, checked: Option<&[Checked]>) -> Markup {
    html! {
        (findings(visit.say, shown))
        (description(visit.say, shown))
        (components(visit.say, shown))
        (proof(visit, shown, checked))
        (history(visit.say, shown))
        (occurrences(visit.say, shown))
    }
}

fn findings(say: Say, shown: &Shown) -> Markup {
    let findings = &shown.record.findings;
    html! {
        @if !findings.is_empty() {
            section .findings {
                h2 { (say.t("findings")) }
                ul { @for finding in findings {
                    li { p { (super::spoken(say, &finding.problem)) } p .remedy { (super::spoken(say, &finding.remedy)) } }
                } }
            }
        }
    }
}

fn description(say: Say, shown: &Shown) -> Markup {
    let record = &shown.record;
    let language = match record.language.as_deref() {
        Some("fr") => say.t("french"),
        Some("en") => say.t("english"),
        other => other.unwrap_or_default().to_owned(),
    };
    let rows = [
        (say.t("name"), record.name.clone()),
        (say.t("own-title"), if record.known_as() == record.title { String::new() } else { record.title.clone() }),
        (say.t("date"), record.dated().map(|date| say.day(date)).unwrap_or_default()),
        (say.t("authors"), record.authors.join(", ")),
        (say.t("recipients"), record.recipients.join(", ")),
        (say.t("language"), language),
        (say.t("captured"), say.written(&record.captured)),
    ];
    let fields: Vec<_> = record.fields.iter().filter(|(name, _)| !is_inner_field(name)).collect();
    let (few, more) = fields.split_at(fields.len().min(FIELDS));
    html! {
        section {
            h2 { (say.t("description")) }
            @if let Some(about) = record.about() { p .about { (plain(about)) } }
            dl {
                @for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) { dt { (name) } dd { (plain(value)) } }
                dt { (say.t("identifier")) } dd { code .digest { (shown.id) } }
                @for (name, value) in few { dt { (field(say, name)) } dd { (said(say, name, value)) } }
            }
            @if !more.is_empty() {
                details { summary { (say.t("more")) }
                    dl { @for (name, value) in more { dt { (field(say, name)) } dd { (said(say, name, value)) } } }
                }
            }
        }
    }
}

/// What a field of a format is called; what is rare keeps the name that its format gives it.
fn field(say: Say, name: &str) -> String {
    match name {
        "format" => say.t("field-format"),
        "format-method" => say.t("field-format-method"),
        "application" => say.t("field-application"),
        "created" => say.t("field-created"),
        "modified" => say.t("field-modified"),
        "revision" => say.t("field-revision"),
        "last-author" => say.t("field-last-author"),
        "template" => say.t("field-template"),
        "height" => say.t("field-height"),
        "width" => say.t("field-width"),
        "version" => say.t("field-version"),
        "company" => say.t("field-company"),
        "producer" => say.t("field-producer"),
        "subject" => say.t("field-subject"),
        "place" => say.t("field-place"),
        "keywords" => say.t("field-keywords"),
        "description" | "caption" => say.t("field-description"),
        "comments" => say.t("field-comments"),
        "camera" => say.t("field-camera"),
        "category" => say.t("field-category"),
        "aperture" => say.t("field-aperture"),
        "focal-length" => say.t("field-focal-length"),
        "iso" => say.t("field-iso"),
        "exposure" => say.t("field-exposure"),
        "lens" => say.t("field-lens"),
        "gps" => say.t("field-gps"),
        "altitude" => say.t("field-altitude"),
        "copyright" => say.t("field-copyright"),
        "credit" => say.t("field-credit"),
        "manager" => say.t("field-manager"),
        "recognised-by" => say.t("field-recognised-by"),
        "recognition-confidence" => say.t("field-recognition-confidence"),
        "language" => say.t("language"),
        "message-id" => say.t("field-message-id"),
        "in-reply-to" => say.t("field-in-reply-to"),
        "identifier" => say.t("field-identifier"),
        other => plain(other),
    }
}

/// What a field says; moments as a person reads them.
fn said(say: Say, name: &str, value: &str) -> String {
    match value {
        "signature" => say.t("method-signature"),
        "container" => say.t("method-container"),
        "extension" => say.t("method-extension"),
        sure if name == "recognition-confidence" => say.with("percent", &[("number", plain(sure).into())]),
        // Decimals as one writes them where one reads.
        number if say.0 == Language::French && matches!(name, "focal-length" | "aperture" | "exposure" | "altitude") => {
            plain(number).replace('.', ",")
        }
        other => say.told(other).unwrap_or_else(|| plain(other)),
    }
}

fn components(say: Say, shown: &Shown) -> Markup {
    let all = &shown.record.components;
    let line = |number: usize, component: &Component| {
        let role = match component.role {
            Role::Original => say.t("role-original"),
            Role::Attachment => say.t("role-attachment"),
            Role::Rendition => say.t("role-rendition"),
        };
        html! {
            li {
                a href=(given(shown.id, number)) download { (plain(&component.name)) }
                p .facts {
                    span { (role) } span { (say.size(component.size)) }
                    span { (component.puid.as_deref().unwrap_or(&component.media)) }
                }
            }
        }
    };
    html! {
        section .components {
            h2 { (say.t("components")) " " span .count { (say.number(all.len() as u64)) } }
            ul { @for (number, component) in (1..).zip(all.iter().take(LINES * 2)) { (line(number, component)) } }
            @if all.len() > LINES * 2 {
                details { summary { (say.t("more")) }
                    ul { @for (number, component) in (1..).zip(all).skip(LINES * 2) { (line(number, component)) } }
                }
            }
        }
    }
}

fn given(id: RecordId, number: usize) -> String {
    format!("/unit/{id}/component/{number}")
}

fn proof(visit: &Visit, shown: &Shown, checked: Option<&[Checked]>) -> Markup {
    let say = visit.say;
    let original = shown.record.components.first();
    html! {
        section #proof .proof {
            h2 { (say.t("proof")) }
            @if let Some(original) = original {
                p { (say.t("digest")) }
                p { code .digest { (original.content) } }
            }
            @if let Some(checked) = checked {
                div .checked role="status" {
                    @for one in checked {
                        @match &one.fault {
                            None => p .sound { (say.with("sound", &[("number", one.number.into()), ("size", say.size(one.bytes).into())])) },
                            Some(fault) => p .fault { (super::spoken(say, fault)) },
                        }
                    }
                }
            }
            form method="post" action=(with_query(visit, &format!("/unit/{}/verify", shown.id), &[]) + "#proof") {
                button type="submit" { (say.t("verify-now")) }
            }
        }
    }
}

fn history(say: Say, shown: &Shown) -> Markup {
    let mut lines: Vec<&HistoryLine> = shown.history.iter().collect();
    lines.reverse();
    let (few, more) = lines.split_at(lines.len().min(LINES));
    let line = |line: &HistoryLine| {
        html! {
            li {
                time datetime=(line.act.at) { (say.written(&line.act.at)) }
                p { (line.by) " – " (deed(say, line)) }
                @if let Some(reason) = &line.reason { p .reason { (reason) } }
            }
        }
    };
    html! {
        section .history {
            h2 { (say.t("history")) }
            ol { @for one in few { (line(one)) } }
            @if !more.is_empty() { details { summary { (say.t("more")) } ol { @for one in more { (line(one)) } } } }
        }
    }
}

/// What an act did to this record, in words.
fn deed(say: Say, line: &HistoryLine) -> String {
    let place = |inbox: &'static str, there: &'static str| match &line.place {
        None => say.t(inbox),
        Some(place) => say.with(there, &[("place", place.as_str().into())]),
    };
    match &line.act.deed {
        Deed::Capture { .. } => place("deed-captured", "deed-captured-into"),
        Deed::File { .. } => place("deed-unfiled", "deed-filed"),
        Deed::Observe { .. } => say.t("deed-seen"),
        Deed::Describe { .. } => say.t("deed-described"),
        Deed::Mark { marking, .. } => say.with("deed-marked", &[("marking", marking.to_string().into())]),
        Deed::Disclose { component, .. } => say.with("deed-given", &[("number", (*component).into())]),
        _ => say.t("deed-other"),
    }
}

fn occurrences(say: Say, shown: &Shown) -> Markup {
    let all = &shown.record.occurrences;
    let (few, more) = all.split_at(all.len().min(LINES));
    let line = |seen: &chartrier_schemas::persisted::v1::Occurrence| {
        html! {
            li { p .where { (plain(&seen.path)) } p .facts { span { (plain(&seen.source)) } span { (say.written(&seen.seen)) } } }
        }
    };
    html! {
        section .occurrences {
            h2 { (say.t("occurrences")) }
            ul { @for seen in few { (line(seen)) } }
            @if !more.is_empty() { details { summary { (say.t("more")) } ul { @for seen in more { (line(seen)) } } } }
        }
    }
}
