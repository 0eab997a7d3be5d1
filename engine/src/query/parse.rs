//! From text to tree: words are joined by AND, operators and fields exist in English and in French.

use super::{Field, Node, Query};
use chartrier_schemas::{Marking, Text, text};
use jiff::civil::Date;

/// A query is cut after this many bytes.
const MAX_BYTES: usize = 4096;

/// Words, phrases and fields beyond this number are ignored.
const MAX_LEAVES: usize = 128;

/// Parentheses may nest this deep.
const MAX_DEPTH: usize = 32;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Phrase(String),
    Field(String, String),
    Open,
    Close,
    And,
    Or,
    Not,
}

/// Reads a query.
pub fn parse(given: &str) -> Query {
    let mut notes = Vec::new();
    let mut end = given.len().min(MAX_BYTES);
    while !given.is_char_boundary(end) {
        end -= 1;
    }
    if end < given.len() {
        notes.push(text!("The query is too long: its end was ignored.", "La requête est trop longue : sa fin a été ignorée."));
    }
    let mut parser = Parser { tokens: tokens(&given[..end]), at: 0, leaves: 0, notes };
    let root = parser.any(0).unwrap_or(Node::All);
    Query { root, notes: parser.notes }
}

fn tokens(given: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = given.trim_start();
    while !rest.is_empty() {
        let (token, left) = next(rest);
        found.push(token);
        rest = left.trim_start();
    }
    found
}

/// The first token of what is not empty, and what is left.
fn next(rest: &str) -> (Token, &str) {
    let first = rest.chars().next().unwrap_or_default();
    let after = rest.get(first.len_utf8()..).unwrap_or_default();
    match first {
        '(' => (Token::Open, after),
        ')' => (Token::Close, after),
        '"' | '“' | '”' | '«' | '»' => quoted(first, after),
        '-' | '−' if after.starts_with(|c: char| !c.is_whitespace() && c != '-') => (Token::Not, after),
        _ => word(rest),
    }
}

/// What a person typed, piece by piece: each can be taken away, and the others still say what they said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// As it was typed, with the sign that excludes it.
    pub text: &'a str,
    /// The field in English, where it is one, and its value.
    pub field: Option<(&'static str, String)>,
    /// Whether it excludes.
    pub excludes: bool,
    /// Whether it is alternatives, which need parentheses before anything is added to them.
    pub alternatives: bool,
}

/// The pieces of a query: words, phrases, fields, and what stands in parentheses. Alternatives are one piece, whole.
pub fn pieces(given: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let (mut depth, mut start, mut excludes) = (0usize, None, false);
    let mut rest = given.trim_start();
    while !rest.is_empty() {
        let (token, left) = next(rest);
        let begin = *start.get_or_insert(given.len() - rest.len());
        rest = left.trim_start();
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            Token::Not if depth == 0 => excludes = true,
            Token::And if depth == 0 => start = None,
            Token::Or if depth == 0 => {
                return vec![Piece { text: given.trim(), field: None, excludes: false, alternatives: true }];
            }
            _ => {}
        }
        if depth == 0 && !matches!(token, Token::Not | Token::And) {
            let field = match token {
                Token::Field(name, value) => canonical(&name).map(|name| (name, value)),
                _ => None,
            };
            let text = given[begin..given.len() - left.len()].trim();
            pieces.push(Piece { text, field, excludes, alternatives: false });
            (start, excludes) = (None, false);
        }
    }
    let open = start.map(|begin| given[begin..].trim()).filter(|text| !text.is_empty());
    pieces.extend(open.map(|text| Piece { text, field: None, excludes, alternatives: false }));
    pieces
}

fn quoted(open: char, rest: &str) -> (Token, &str) {
    let close = match open {
        '«' => &['»'][..],
        '“' => &['”', '"'][..],
        _ => &['"', '”'][..],
    };
    let end = rest.find(close).unwrap_or(rest.len());
    let after = rest[end..].chars().next().map_or(rest.len(), |last| end + last.len_utf8());
    (Token::Phrase(rest[..end].trim().to_owned()), &rest[after..])
}

/// What stands before the next space, parenthesis or quote; at least one character.
fn run(rest: &str) -> (&str, &str) {
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '“' | '«')).unwrap_or(rest.len());
    rest.split_at(end.max(rest.chars().next().map_or(0, char::len_utf8)))
}

fn word(rest: &str) -> (Token, &str) {
    let (word, left) = run(rest);
    match word {
        "AND" | "ET" => return (Token::And, left),
        "OR" | "OU" => return (Token::Or, left),
        "NOT" | "SAUF" => return (Token::Not, left),
        _ => {}
    }
    let Some((name, value)) = word.split_once(':').filter(|(name, _)| canonical(name).is_some()) else {
        return (Token::Word(word.to_owned()), left);
    };
    // `name:"two words"`, and French `de: Durand` with a space after the colon.
    match (value, left.trim_start().chars().next()) {
        ("", Some(quote @ ('"' | '“' | '«'))) => {
            let after = &left.trim_start()[quote.len_utf8()..];
            let (token, left) = quoted(quote, after);
            let value = if let Token::Phrase(value) = token { value } else { String::new() };
            (Token::Field(name.to_owned(), value), left)
        }
        ("", Some(first)) if !matches!(first, '(' | ')' | '-' | '−') => {
            let (value, left) = run(left.trim_start());
            (Token::Field(name.to_owned(), value.to_owned()), left)
        }
        _ => (Token::Field(name.to_owned(), value.to_owned()), left),
    }
}

/// The fields, in English and in French.
pub const FIELDS: [(&str, &str); 13] = [
    ("type", "type"),
    ("class", "classe"),
    ("from", "de"),
    ("to", "à"),
    ("date", "date"),
    ("before", "avant"),
    ("after", "après"),
    ("name", "nom"),
    ("title", "titre"),
    ("marking", "marquage"),
    ("finding", "constat"),
    ("lang", "langue"),
    ("thread", "fil"),
];

/// The English name of a field; nothing where no field is called that.
fn canonical(name: &str) -> Option<&'static str> {
    let name = match name.to_lowercase().as_str() {
        "a" => "à".to_owned(),
        "apres" => "après".to_owned(),
        name => name.to_owned(),
    };
    FIELDS.iter().find(|(en, fr)| *en == name || *fr == name).map(|(en, _)| *en)
}

/// What looks like a field, and is none: not an address, nor a time.
fn unknown_field(word: &str) -> Option<&str> {
    let (name, value) = word.split_once(':')?;
    let looks = name.chars().count() > 1 && name.chars().all(char::is_alphabetic) && !value.is_empty();
    (looks && !value.starts_with("//")).then_some(name)
}

fn no_field(name: &str, word: &str) -> Text {
    let names = |list: [&str; FIELDS.len()]| list.join(", ");
    let (en, fr) = (names(FIELDS.map(|(en, _)| en)), names(FIELDS.map(|(_, fr)| fr)));
    Text {
        en: format!("There is no field `{name}`: `{word}` was searched as words. Fields: {en}."),
        fr: format!("Il n’y a pas de champ `{name}` : `{word}` a été cherché comme des mots. Champs : {fr}."),
    }
}

/// Why a condition matches nothing.
fn not_understood(name: &str, value: &str) -> Text {
    let how = match canonical(name) {
        _ if value.is_empty() => text!("write its value after the colon", "écrivez sa valeur après les deux-points"),
        Some("date") => {
            text!(
                "write it as 2020, 2020-03, 2020-03-05, 05/03/2020 or 2020..2022",
                "écrivez 2020, 2020-03, 2020-03-05, 05/03/2020 ou 2020..2022"
            )
        }
        Some("before" | "after") => {
            text!("write it as 2020, 2020-03, 2020-03-05 or 05/03/2020", "écrivez 2020, 2020-03, 2020-03-05 ou 05/03/2020")
        }
        Some("thread") => text!("write the id of a message (rec-…)", "écrivez l’identifiant d’un message (rec-…)"),
        Some("finding") => text!("write the number of a finding, or * for any", "écrivez le numéro d’un constat, ou * pour tous"),
        _ => text!(
            "write a level (NP, DR, S, TS), then caveats and compartments after `+`",
            "écrivez un niveau (NP, DR, S, TS), puis mentions et compartiments après `+`"
        ),
    };
    Text {
        en: format!("`{name}:{value}` matches nothing: {}.", how.en),
        fr: format!("`{name}:{value}` ne trouve rien : {}.", how.fr),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    leaves: usize,
    notes: Vec<Text>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// One or several alternatives.
    fn any(&mut self, depth: usize) -> Option<Node> {
        let mut options: Vec<Node> = self.all(depth).into_iter().collect();
        while self.peek() == Some(&Token::Or) {
            self.at += 1;
            options.extend(self.all(depth));
        }
        match options.len() {
            0 => None,
            1 => options.pop(),
            _ => Some(Node::Or(options)),
        }
    }

    /// One or several conditions.
    fn all(&mut self, depth: usize) -> Option<Node> {
        let mut nodes = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token::Or) => break,
                Some(Token::Close) if depth > 0 => break,
                Some(Token::And | Token::Close) => self.at += 1,
                Some(_) => nodes.extend(self.one(depth)),
            }
        }
        match nodes.len() {
            0 => None,
            1 => nodes.pop(),
            _ => Some(Node::And(nodes)),
        }
    }

    fn one(&mut self, depth: usize) -> Option<Node> {
        let token = self.peek().cloned()?;
        self.at += 1;
        match token {
            Token::Not => {
                let negated = match self.peek() {
                    None | Some(Token::Or | Token::And | Token::Close) => None,
                    Some(_) => self.one(depth),
                };
                // What was not understood is not understood any better when it is excluded.
                negated.map(|node| if node == Node::Nothing { node } else { Node::Not(Box::new(node)) })
            }
            Token::Open => {
                if depth >= MAX_DEPTH {
                    return None;
                }
                let inner = self.any(depth + 1);
                if self.peek() == Some(&Token::Close) {
                    self.at += 1;
                }
                inner
            }
            leaf => {
                self.leaves += 1;
                if self.leaves > MAX_LEAVES {
                    return None;
                }
                self.leaf(leaf)
            }
        }
    }

    fn leaf(&mut self, token: Token) -> Option<Node> {
        match token {
            Token::Phrase(words) if !words.is_empty() => Some(Node::Phrase(words)),
            Token::Word(word) => match word.strip_suffix('*') {
                Some("") => Some(Node::All),
                Some(prefix) => Some(Node::Prefix(prefix.to_owned())),
                None => {
                    self.notes.extend(unknown_field(&word).map(|name| no_field(name, &word)));
                    Some(Node::Word(word))
                }
            },
            Token::Field(name, value) => Some(self.field(&name, &value)),
            _ => None,
        }
    }

    fn field(&mut self, name: &str, value: &str) -> Node {
        match understood(name, value) {
            Some(field) => Node::Field(field),
            None => {
                self.notes.push(not_understood(name, value));
                Node::Nothing
            }
        }
    }
}

/// A field and its value, if the field understands it.
fn understood(name: &str, value: &str) -> Option<Field> {
    let owned = || Some(value.to_owned()).filter(|value| !value.is_empty());
    match canonical(name)? {
        "type" => owned().map(|value| Field::Type(value.to_lowercase())),
        "class" => owned().map(|value| Field::Class(Some(value).filter(|code| !matches!(code.as_str(), "none" | "aucune")))),
        "from" => owned().map(Field::From),
        "to" => owned().map(Field::To),
        "name" => owned().map(Field::Name),
        "title" => owned().map(Field::Title),
        "marking" => value.to_uppercase().parse().ok().map(|marking: Marking| Field::Marking(marking.to_string())),
        "thread" => value.parse().ok().map(Field::Thread),
        "lang" => owned().map(|value| Field::Language(value.to_lowercase())),
        "finding" if value == "*" => Some(Field::Finding(None)),
        "finding" => value.parse().ok().map(|number| Field::Finding(Some(number))),
        "date" => range(value),
        "before" => {
            let until = period(value).and_then(|(first, _)| first.yesterday().ok());
            until.map(|until| Field::Date { from: None, until: Some(until) })
        }
        _ => {
            let from = period(value).and_then(|(_, last)| last.tomorrow().ok());
            from.map(|from| Field::Date { from: Some(from), until: None })
        }
    }
}

/// `2020`, `2020-03`, `2020..2022`, `2020-03..`, `..2021`.
fn range(value: &str) -> Option<Field> {
    let Some((from, until)) = value.split_once("..") else {
        let (first, last) = period(value)?;
        return Some(Field::Date { from: Some(first), until: Some(last) });
    };
    let end = |side: &str| if side.is_empty() { Some(None) } else { period(side).map(Some) };
    let (from, until) = (end(from)?, end(until)?);
    (from.is_some() || until.is_some())
        .then(|| Field::Date { from: from.map(|(first, _)| first), until: until.map(|(_, last)| last) })
}

/// First and last day of a year, a month or a day; also as people here write them, `05/03/2020` and `03/2020`.
fn period(value: &str) -> Option<(Date, Date)> {
    let turned: Vec<&str> = value.rsplit('/').collect();
    let mut parts = if turned.len() > 1 { turned } else { value.split('-').collect() }.into_iter();
    let year: i16 = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let number = |part: Option<&str>| part.map(|part| part.parse::<i8>().ok());
    match (number(parts.next()), number(parts.next()), parts.next()) {
        (None, None, None) => Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?)),
        (Some(month), None, None) => {
            let first = Date::new(year, month?, 1).ok()?;
            Some((first, first.last_of_month()))
        }
        (Some(month), Some(day), None) => {
            let day = Date::new(year, month?, day?).ok()?;
            Some((day, day))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Node {
        Node::Word(text.to_owned())
    }

    fn check(given: &str, expected: Node) {
        assert_eq!(parse(given).root, expected, "{given}");
    }

    #[test]
    fn words_phrases_and_operators_in_two_languages() {
        check("", Node::All);
        check("menu", word("menu"));
        check("menu jardin", Node::And(vec![word("menu"), word("jardin")]));
        check("menu ET jardin", Node::And(vec![word("menu"), word("jardin")]));
        check("menu OU jardin", Node::Or(vec![word("menu"), word("jardin")]));
        check("menu -jardin", Node::And(vec![word("menu"), Node::Not(Box::new(word("jardin")))]));
        check("SAUF menu", Node::Not(Box::new(word("menu"))));
        check("\"note verbale\"", Node::Phrase("note verbale".into()));
        check("« note verbale »", Node::Phrase("note verbale".into()));
        check("jard*", Node::Prefix("jard".into()));
        check("a (b OR c)", Node::And(vec![word("a"), Node::Or(vec![word("b"), word("c")])]));
        check("week-end", word("week-end"));
        check(") OR ( (", Node::All);
        check("((((a", word("a"));
        check("- -- OR", Node::And(vec![word("-"), word("--")]));
    }

    #[test]
    fn fields_have_french_names_too() {
        let date = |from: Option<&str>, until: Option<&str>| {
            Node::Field(Field::Date { from: from.map(|d| d.parse().unwrap()), until: until.map(|d| d.parse().unwrap()) })
        };
        check("de:durand", Node::Field(Field::From("durand".into())));
        check("de: durand menu", Node::And(vec![Node::Field(Field::From("durand".into())), word("menu")]));
        check("from:\"Ada L\"", Node::Field(Field::From("Ada L".into())));
        check("class:none", Node::Field(Field::Class(None)));
        check("classe:1.2", Node::Field(Field::Class(Some("1.2".into()))));
        check("date:2020", date(Some("2020-01-01"), Some("2020-12-31")));
        check("date:2020-02..", date(Some("2020-02-01"), None));
        check("date:2020..2022-03-05", date(Some("2020-01-01"), Some("2022-03-05")));
        check("avant:2020", date(None, Some("2019-12-31")));
        check("avant:01/01/2003", date(None, Some("2002-12-31")));
        check("date:03/2020", date(Some("2020-03-01"), Some("2020-03-31")));
        check("date:5/3/2020..2021", date(Some("2020-03-05"), Some("2021-12-31")));
        check("after:2020-02", date(Some("2020-03-01"), None));
        check("finding:*", Node::Field(Field::Finding(None)));
        check("http://example.org", word("http://example.org"));
    }

    #[test]
    fn what_is_not_understood_matches_nothing_and_is_said() {
        let both = Node::And(vec![Node::Nothing, word("menu")]);
        for (given, root, note) in [
            ("date:someday menu", both.clone(), "2020..2022"),
            ("before:notadate", Node::Nothing, "2020-03-05"),
            ("-avant:hier", Node::Nothing, "2020-03-05"),
            ("finding:x", Node::Nothing, "number"),
            ("marking:ZZ", Node::Nothing, "NP, DR, S, TS"),
            ("from:", Node::Nothing, "after the colon"),
            ("menu OR date:x", Node::Or(vec![word("menu"), Node::Nothing]), "2020"),
            ("foo:bar", word("foo:bar"), "There is no field `foo`"),
        ] {
            let query = parse(given);
            assert_eq!(query.root, root, "{given}");
            assert!(query.notes.len() == 1 && query.notes[0].en.contains(note), "{:?}", query.notes);
        }
        for given in ["http://example.org", "10:30", "Objet: visite", "week-end", "marking:s+sf"] {
            assert_eq!(parse(given).notes, [], "{given}");
        }
    }

    #[test]
    fn a_query_is_told_in_pieces() {
        let check = |given: &str, expected: &[&str]| {
            let texts: Vec<&str> = pieces(given).iter().map(|piece| piece.text).collect();
            assert_eq!(texts, expected, "{given}");
        };
        check(" menu  type:pdf -projet ", &["menu", "type:pdf", "-projet"]);
        check("\"note verbale\" de: Durand AND x", &["\"note verbale\"", "de: Durand", "x"]);
        check("a (b OR c) -(d e)", &["a", "(b OR c)", "-(d e)"]);
        check("a b OR c", &["a b OR c"]);
        check("((a b", &["((a b"]);
        check("  ", &[]);
        assert!(pieces("a OR b")[0].alternatives);
        let piece = &pieces("-classe:1.2")[0];
        assert_eq!((piece.field.clone(), piece.excludes), (Some(("class", "1.2".to_owned())), true));
    }

    #[test]
    fn nothing_that_is_typed_is_an_error() {
        for given in ["\"", "«", "name:", "-", "(((((((((", "a:b:c", "::", "*", "\u{0}\u{301}", "date:9999-99-99..x"] {
            parse(given);
            pieces(given);
        }
        parse(&"(".repeat(100_000));
        parse(&"é".repeat(100_000));
        parse(&"a OR ".repeat(2_000));
    }
}
