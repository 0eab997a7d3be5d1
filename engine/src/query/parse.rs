//! From text to tree: words are joined by AND, operators and fields exist in English and in French.

use super::{Field, Node, Query};
use chartrier_schemas::{Text, text};
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
        notes.push(text!("The query is too long: its end was ignored.", "La requête est trop longue : sa fin a été ignorée."));
    }
    let mut parser = Parser { tokens: tokens(&given[..end]), at: 0, leaves: 0, notes };
    let root = parser.any(0).unwrap_or(Node::All);
    Query { root, notes: parser.notes }
}

fn tokens(given: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = given.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        let (token, left) = match first {
            '(' => (Token::Open, after),
            ')' => (Token::Close, after),
            '"' | '“' | '”' | '«' | '»' => quoted(first, after),
            '-' | '−' if after.starts_with(|c: char| !c.is_whitespace() && c != '-') => (Token::Not, after),
            _ => word(rest),
        };
        found.push(token);
        rest = left.trim_start();
    }
    found
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

fn word(rest: &str) -> (Token, &str) {
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '“' | '«')).unwrap_or(rest.len());
    let (word, left) = rest.split_at(end.max(rest.chars().next().map_or(0, char::len_utf8)));
    match word {
        "AND" | "ET" => return (Token::And, left),
        "OR" | "OU" => return (Token::Or, left),
        "NOT" | "SAUF" => return (Token::Not, left),
        _ => {}
    }
    let Some((name, value)) = word.split_once(':').filter(|(name, _)| canonical(name).is_some()) else {
        return (Token::Word(word.to_owned()), left);
    };
    // `name:"two words"`, and French `de : Durand` with a space after the colon.
    match (value, left.trim_start().chars().next()) {
        ("", Some(quote @ ('"' | '“' | '«'))) => {
            let after = &left.trim_start()[quote.len_utf8()..];
            let (token, left) = quoted(quote, after);
            let value = if let Token::Phrase(value) = token { value } else { String::new() };
            (Token::Field(name.to_owned(), value), left)
        }
        _ => (Token::Field(name.to_owned(), value.to_owned()), left),
    }
}

/// The English name of a field; nothing where no field is called that.
fn canonical(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "type" => "type",
        "class" | "classe" => "class",
        "from" | "de" => "from",
        "to" | "à" | "a" => "to",
        "date" => "date",
        "before" | "avant" => "before",
        "after" | "après" | "apres" => "after",
        "name" | "nom" => "name",
        "title" | "titre" => "title",
        "marking" | "marquage" => "marking",
        "finding" | "constat" => "finding",
        "lang" | "langue" => "lang",
        _ => return None,
    })
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
                negated.map(|node| Node::Not(Box::new(node)))
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
                None => Some(Node::Word(word)),
            },
            Token::Field(name, value) => self.field(&name, &value),
            _ => None,
        }
    }

    fn field(&mut self, name: &str, value: &str) -> Option<Node> {
        let owned = || Some(value.to_owned()).filter(|value| !value.is_empty());
        let field = match canonical(name)? {
            "type" => owned().map(|value| Field::Type(value.to_lowercase())),
            "class" => owned().map(|value| Field::Class(Some(value).filter(|code| !matches!(code.as_str(), "none" | "aucune")))),
            "from" => owned().map(Field::From),
            "to" => owned().map(Field::To),
            "name" => owned().map(Field::Name),
            "title" => owned().map(Field::Title),
            "marking" => owned().map(|value| Field::Marking(value.to_uppercase())),
            "lang" => owned().map(|value| Field::Language(value.to_lowercase())),
            "finding" if value == "*" => Some(Field::Finding(None)),
            "finding" => value.parse().ok().map(|number| Field::Finding(Some(number))),
            "date" => range(value),
            "before" => period(value)
                .and_then(|(first, _)| first.yesterday().ok())
                .map(|until| Field::Date { from: None, until: Some(until) }),
            _ => {
                period(value).and_then(|(_, last)| last.tomorrow().ok()).map(|from| Field::Date { from: Some(from), until: None })
            }
        };
        if field.is_none() {
            self.notes.push(text!(
                "`{name}:{value}` was ignored: it has no value that this field understands.",
                "`{name}:{value}` a été ignoré : ce champ ne comprend pas cette valeur.",
                name = name,
                value = value
            ));
        }
        field.map(Node::Field)
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

/// First and last day of a year, a month or a day.
fn period(value: &str) -> Option<(Date, Date)> {
    let mut parts = value.split('-');
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
        check("from:\"Ada L\"", Node::Field(Field::From("Ada L".into())));
        check("class:none", Node::Field(Field::Class(None)));
        check("classe:1.2", Node::Field(Field::Class(Some("1.2".into()))));
        check("date:2020", date(Some("2020-01-01"), Some("2020-12-31")));
        check("date:2020-02..", date(Some("2020-02-01"), None));
        check("date:2020..2022-03-05", date(Some("2020-01-01"), Some("2022-03-05")));
        check("avant:2020", date(None, Some("2019-12-31")));
        check("after:2020-02", date(Some("2020-03-01"), None));
        check("finding:*", Node::Field(Field::Finding(None)));
        check("http://example.org", word("http://example.org"));
        assert_eq!(parse("date:someday menu").notes.len(), 1);
        assert_eq!(parse("date:someday menu").root, word("menu"));
    }

    #[test]
    fn nothing_that_is_typed_is_an_error() {
        for given in ["\"", "«", "name:", "-", "(((((((((", "a:b:c", "::", "*", "\u{0}\u{301}", "date:9999-99-99..x"] {
            parse(given);
        }
        parse(&"(".repeat(100_000));
        parse(&"é".repeat(100_000));
        parse(&"a OR ".repeat(2_000));
    }
}
