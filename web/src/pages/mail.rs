//! A message as mail is read: who wrote to whom and when, what came with it, its own words; what it quotes folded, unless
//! something was found there; and the conversation that it belongs to. Nothing in it is a link that somebody else wrote.

use super::{
    address,
    asking::condition,
    kind_of, marked, plain,
    reading::Places,
    unit::{address_of, with_query},
};
use crate::{room::Room, visit::Visit, words::Say};
use chartrier_engine::{
    Result,
    archive::{Shown, ThreadLine},
};
use chartrier_schemas::persisted::v1::{Component, Record, Role};
use maud::{Markup, html};
use std::ops::Range;

/// Steps of indentation of a conversation; what lies deeper stands at the last.
const DEEPEST: usize = 6;

/// So many people or attachments are named before one asks for the others.
const NAMED: usize = 12;

/// Lines behind a line that begins as a head does within which the rest of the head stands.
const HEAD: usize = 8;

/// Whether a record is a message.
pub(crate) fn is_message(shown: &Shown) -> bool {
    shown.record.components.first().is_some_and(|one| one.tags.iter().any(|tag| tag == "message"))
}

/// Fields that say how a message is to be shown, and are not read by themselves.
pub(crate) fn is_inner_field(name: &str) -> bool {
    matches!(name, "references" | "recipients-direct" | "recipients-copied" | "undated" | "untitled")
}

/// Who wrote to whom and when, and what came with it.
pub(crate) fn head(visit: &Visit, shown: &Shown) -> Markup {
    let (say, record) = (visit.say, &shown.record);
    let [direct, copied, unseen] = recipients(record);
    let lacks = |what: &str| record.fields.iter().any(|(name, _)| name == what);
    html! {
        section .letter-head aria-label=(say.t("message")) {
            dl {
                (people(visit, say.t("mail-from"), "from", &record.authors))
                (people(visit, say.t("mail-to"), "to", direct))
                (people(visit, say.t("mail-copy"), "to", copied))
                (people(visit, say.t("mail-blind-copy"), "to", unseen))
                @if let Some(date) = &record.date {
                    dt { (say.t("date")) }
                    dd { time datetime=(date) { (say.written(date)) } @if lacks("undated") { " " span .address { (say.t("date-of-file")) } } }
                }
                dt { (say.t("mail-subject")) }
                dd .subject { @if lacks("untitled") { (say.t("no-subject")) } @else { (plain(&record.title)) } }
            }
            (attachments(say, shown))
        }
    }
}

/// To whom it is written, who got a copy, and who got one unseen.
fn recipients(record: &Record) -> [&[String]; 3] {
    let count = |name: &str| record.fields.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.parse().ok());
    let all = &record.recipients[..];
    let (direct, rest) = all.split_at(count("recipients-direct").unwrap_or(all.len()).min(all.len()));
    let (copied, unseen) = rest.split_at(count("recipients-copied").unwrap_or(rest.len()).min(rest.len()));
    [direct, copied, unseen]
}

fn people(visit: &Visit, name: String, field: &str, people: &[String]) -> Markup {
    let say = visit.say;
    let (few, more) = people.split_at(people.len().min(NAMED));
    let one = |person: &String| {
        let (name, address) = named(person);
        let (field, asked) = visit.worded(&condition(say, field, if address.is_empty() { name } else { address }, false));
        html! {
            span .one {
                a href=(self::address("/", &[(field, &asked)])) { (plain(if name.is_empty() { address } else { name })) }
                @if !name.is_empty() && !address.is_empty() { " " span .address { (plain(address)) } }
            }
        }
    };
    html! {
        @if !people.is_empty() {
            dt { (name) }
            dd {
                @for person in few { (one(person)) " " }
                @if !more.is_empty() {
                    details { summary { (say.count("and-others", more.len() as u64)) } @for person in more { (one(person)) " " } }
                }
            }
        }
    }
}

/// Who somebody is, in short: by name where there is one.
pub(crate) fn sender_name(person: &str) -> &str {
    match named(person) {
        ("", address) => address,
        (name, _) => name,
    }
}

/// The name and the address of `Name <address>`.
fn named(person: &str) -> (&str, &str) {
    match person.rsplit_once('<').and_then(|(name, rest)| Some((name, rest.strip_suffix('>')?))) {
        Some((name, address)) => (name.trim(), address),
        None if person.contains('@') => ("", person),
        None => (person, ""),
    }
}

fn attachments(say: Say, shown: &Shown) -> Markup {
    let all: Vec<(usize, &Component)> =
        (1..).zip(&shown.record.components).filter(|(_, component)| component.role == Role::Attachment).collect();
    let (few, more) = all.split_at(all.len().min(NAMED));
    let one = |(number, component): &(usize, &Component)| {
        let kind = kind_of(component.tags.first().map_or("", String::as_str), &component.name);
        html! {
            li {
                a href=(format!("/unit/{}/component/{number}", shown.id)) download { (plain(&component.name)) }
                span .facts { @if !kind.is_empty() { span .kind { (kind) } } span { (say.size(component.size)) } }
            }
        }
    };
    html! {
        @if !all.is_empty() {
            div .attachments {
                h2 { (say.count("attachments", all.len() as u64)) }
                ul { @for attachment in few { (one(attachment)) } }
                @if !more.is_empty() {
                    details { summary { (say.t("more")) } ul { @for attachment in more { (one(attachment)) } } }
                }
            }
        }
    }
}

/// What a stretch of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Own,
    Quoted,
    Signature,
}

/// The words of a message, or of a part of one.
pub(crate) fn body(say: Say, text: &str, places: &[(usize, usize)], language: Option<&str>) -> Markup {
    let stretches = stretches(text);
    // A message that says nothing of its own is what it quotes.
    let bare = !stretches.iter().any(|(kind, _)| *kind == Kind::Own);
    html! {
        @for (kind, range) in stretches {
            @let inside = within(places, &range);
            @let words = &text[range];
            @match kind {
                Kind::Own => div .words lang=[language] { (marked(words, &inside)) },
                Kind::Signature => div .words .signature lang=[language] { (marked(words, &inside)) },
                Kind::Quoted => details .quoted open[bare || !inside.is_empty()] {
                    summary { (say.count("quoted", words.lines().count() as u64)) }
                    div .words lang=[language] { (marked(words, &inside)) }
                },
            }
        }
    }
}

fn within(places: &[(usize, usize)], range: &Range<usize>) -> Places {
    let inside = places.iter().filter(|(first, _)| range.contains(first));
    inside.map(|(first, end)| (first - range.start, (*end).min(range.end) - range.start)).collect()
}

/// Cuts a message into what it says itself, what it quotes, and the signature; nothing is lost.
fn stretches(text: &str) -> Vec<(Kind, Range<usize>)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut kinds = vec![Kind::Own; lines.len()];
    let mut at = 0;
    let mut open = Kind::Own;
    while at < lines.len() {
        let ahead = &lines[at..];
        if let Some(head) = quote_head(ahead) {
            // Signs of a quotation end with it; a head without them quotes all that follows.
            let is_signed = ahead[head..].iter().find(|line| !line.trim().is_empty()).is_some_and(|line| is_signed(line));
            kinds[at..at + head].fill(Kind::Quoted);
            at += head;
            open = if is_signed { Kind::Own } else { Kind::Quoted };
            continue;
        }
        kinds[at] = match open {
            Kind::Quoted => Kind::Quoted,
            _ if is_signed(lines[at]) => Kind::Quoted,
            _ if matches!(lines[at].trim_end_matches(['\r', '\n']), "-- " | "--") => {
                open = Kind::Signature;
                Kind::Signature
            }
            open => open,
        };
        at += 1;
    }
    joined(&lines, &mut kinds)
}

/// Stretches of lines of one kind. Blank lines belong to what stands before them, as a rule to what is quoted around them.
fn joined(lines: &[&str], kinds: &mut [Kind]) -> Vec<(Kind, Range<usize>)> {
    for at in 1..lines.len() {
        if lines[at].trim().is_empty() && kinds[at] == Kind::Own {
            kinds[at] = kinds[at - 1];
        }
    }
    let (mut stretches, mut start) = (Vec::<(Kind, Range<usize>)>::new(), 0);
    for (line, kind) in lines.iter().zip(kinds.iter()) {
        let end = start + line.len();
        match stretches.last_mut().filter(|(last, _)| last == kind) {
            Some((_, range)) => range.end = end,
            None => stretches.push((*kind, start..end)),
        }
        start = end;
    }
    stretches
}

/// Whether a line bears the sign of a quotation.
fn is_signed(line: &str) -> bool {
    line.trim_start_matches([' ', '\u{a0}']).starts_with('>')
}

/// How many lines here say that a quotation follows.
fn quote_head(lines: &[&str]) -> Option<usize> {
    let line = lines.first()?.trim();
    let lower = line.to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    // `On Tuesday, Ada wrote:`, `Le 14 juillet, Ada a écrit :`; programs break these lines.
    if begins(&["on ", "le ", "am ", "el "]) && line.len() < 400 {
        let mut said = String::new();
        for (count, line) in (1..).zip(lines.iter().take(3)) {
            if line.trim().is_empty() {
                break;
            }
            said.push_str(&line.trim().to_lowercase());
            let end = said.trim_end_matches([' ', '\u{a0}', '\u{202f}', ':']);
            if said.ends_with(':')
                && ["wrote", "a écrit", "a ecrit", "schrieb", "escribió"].iter().any(|word| end.ends_with(word))
            {
                return Some(count);
            }
            said.push(' ');
        }
    }
    let rule = lower.trim_matches(['-', '_', '=', ' ', '*']);
    let has_rule = lower.starts_with("--") || lower.starts_with("__");
    if has_rule && ["original message", "message d'origine", "message d’origine", "message original"].contains(&rule) {
        return Some(1);
    }
    is_head(lines).then_some(1)
}

/// Whether the head of a message stands here, as Outlook quotes it: from whom, when, to whom, about what.
fn is_head(lines: &[&str]) -> bool {
    let named = |line: &str, names: &[&str]| {
        let lower = line.trim_start_matches(['*', ' ']).to_lowercase();
        names.iter().any(|name| {
            lower.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches(['*', ' ', '\u{a0}']).starts_with(':'))
        })
    };
    let has = |names: &[&str]| lines.iter().skip(1).take(HEAD).any(|line| named(line, names));
    named(lines[0], &["from", "de"]) && has(&["sent", "date", "envoyé"]) && has(&["to", "à"]) && has(&["subject", "objet"])
}

/// The conversation that a message belongs to, as far as the person may know it.
pub(crate) fn thread(room: &Room, visit: &Visit, shown: &Shown) -> Result<Markup> {
    let say = visit.say;
    let lines = room.archive.thread(&visit.person()?.session, shown.id)?;
    let one = |one: &ThreadLine| {
        let ThreadLine { line, author, depth } = one;
        let own = line.id == shown.id;
        let author = author.as_deref().map(named).map(|(name, address)| if name.is_empty() { address } else { name });
        html! {
            li .(format!("in-{}", depth.min(&DEEPEST))) aria-current=[own.then_some("true")] {
                a href=(if own { with_query(visit, &address_of(shown), &[]) } else { format!("/unit/{}", line.id) }) {
                    span .author { (plain(author.unwrap_or(&line.name))) } " " span .of { (plain(&line.title)) }
                }
                @if let Some(date) = &line.date { time datetime=(date) { (say.written(date)) } }
            }
        }
    };
    let asked = condition(say, "thread", &shown.id.to_string(), false);
    Ok(html! {
        @if !lines.is_empty() {
            section .thread aria-labelledby="thread-title" {
                div .bar {
                    h2 #thread-title { (say.t("thread")) " " span .count { (say.number(lines.len() as u64)) } }
                    a href=(address("/", &[("q", &asked)])) { (say.t("search-thread")) }
                }
                ol { @for line in &lines { (one(line)) } }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(Kind, &str)> {
        let stretches = stretches(text);
        assert_eq!(stretches.iter().map(|(_, range)| &text[range.clone()]).collect::<String>(), text, "nothing is lost");
        stretches.into_iter().map(|(kind, range)| (kind, text[range].trim())).collect()
    }

    #[test]
    fn what_is_quoted_is_told_apart() {
        use Kind::{Own, Quoted, Signature};
        let text = "Bonjour,\n\n> la question\n> encore\n\nla réponse\n-- \nAda\n";
        assert_eq!(
            cut(text),
            [(Own, "Bonjour,"), (Quoted, "> la question\n> encore"), (Own, "la réponse"), (Signature, "-- \nAda")]
        );
        let text =
            "D’accord.\n\nLe mar. 14 juil. 2026 à 10:30, Hélène Été <h@example.org> a\n écrit :\n\n> la visite\n\nBien à vous\n";
        assert_eq!(cut(text)[1].0, Quoted);
        assert!(
            cut(text)[1].1.starts_with("Le mar.")
                && cut(text)[1].1.ends_with("> la visite")
                && cut(text)[2] == (Own, "Bien à vous")
        );
        let text = "Yes.\nOn Tue, Jul 14, 2026 at 10:30 AM Bob <bob@example.org> wrote:\nShall we?\nBob\n";
        assert_eq!(cut(text), [(Own, "Yes."), (Quoted, text.split_once('\n').unwrap().1.trim())], "signs were lost on the way");
        for head in [
            "-----Original Message-----",
            "-----Message d'origine-----",
            "________________________________\nDe : Ada\nEnvoyé : hier\nÀ : Bob\nObjet : x",
            "From: Ada\nSent: Tuesday\nTo: Bob\nSubject: x",
        ] {
            let text = format!("Vu.\n{head}\nla suite\n");
            let last = cut(&text).pop().unwrap();
            assert!(last.0 == Quoted && last.1.ends_with("la suite"), "{head}: {:?}", cut(&text));
        }
        for text in [
            "On a wet day she wrote much.\nLe jardin a écrit son histoire.\n",
            "From: here to there\nDe : rien\n",
            "",
            "\n\n",
            "-----\nx -- y\n",
        ] {
            assert!(cut(text).iter().all(|(kind, _)| *kind == Own), "{text}: {:?}", cut(text));
        }
    }

    #[test]
    fn what_was_found_in_a_quotation_opens_it() {
        let say = Say(chartrier_schemas::text::Language::French);
        let text = "Oui.\n> les rosiers\n";
        let open = |places: &[(usize, usize)], text: &str| {
            body(say, text, places, None).into_string().contains("<details class=\"quoted\" open")
        };
        assert!(!open(&[], text) && open(&[(11, 18)], text) && !open(&[(0, 3)], text));
        assert!(open(&[], "> seulement\n"), "a message that only quotes");
    }

    #[test]
    fn names_and_addresses_are_told_apart() {
        for (person, expected) in [
            ("Ada <ada@example.org>", ("Ada", "ada@example.org")),
            ("ada@example.org", ("", "ada@example.org")),
            ("Ada", ("Ada", "")),
            ("<ada@example.org>", ("", "ada@example.org")),
            ("a <b> <c@d>", ("a <b>", "c@d")),
        ] {
            assert_eq!(named(person), expected);
        }
        let mut record = Record { recipients: ["a", "b", "c", "d"].map(str::to_owned).to_vec(), ..Record::default() };
        assert_eq!(recipients(&record).map(<[String]>::len), [4, 0, 0], "read before copies were told apart");
        record.fields = [("recipients-direct", "1"), ("recipients-copied", "2")]
            .map(|(name, count)| (name.to_owned(), count.to_owned()))
            .to_vec();
        assert_eq!(recipients(&record).map(<[String]>::len), [1, 2, 1]);
        record.fields[0].1 = "99".to_owned();
        assert_eq!(recipients(&record).map(<[String]>::len), [4, 0, 0]);
    }
}
