//! HTML as browsers read it, token by token: no tree, so no depth to fear. Scripts and styles are no text.

use super::text::decode_as;
use crate::limits::MAX_TEXT;
use chartrier_schemas::Extraction;
use encoding_rs::Encoding;
use html5ever::{
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind},
};
use std::cell::RefCell;

/// Reads a page.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let page = parse(&decode_as(bytes, stated(bytes)));
    extraction.text = page.text;
    extraction.title = Some(page.title).filter(|title| !title.trim().is_empty());
    extraction.authors.extend(page.author);
}

/// The text of a page.
pub(super) fn to_text(html: &str) -> String {
    parse(html).text
}

/// The encoding that a page states of itself.
fn stated(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let at = head.find("charset=")? + "charset=".len();
    let label: String = head[at..]
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Encoding::for_label(label.as_bytes())
}

#[derive(Default)]
struct Page {
    text: String,
    title: String,
    author: Option<String>,
    in_title: bool,
    /// The element whose content is no text.
    silent: Option<String>,
}

struct Sink(RefCell<Page>);

fn parse(html: &str) -> Page {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Sink(RefCell::default()), TokenizerOpts::default());
    // Without scripts nothing suspends the tokenizer.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => page.add(&text),
            Token::TagToken(tag) => return page.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Page {
    fn add(&mut self, text: &str) {
        if self.in_title {
            self.title.push_str(text);
        } else if self.silent.is_none() && self.text.len() < MAX_TEXT + 4 {
            for c in text.chars() {
                let space = c.is_whitespace() && c != '\u{a0}';
                if !space {
                    self.text.push(c);
                } else if !self.text.ends_with([' ', '\n']) && !self.text.is_empty() {
                    self.text.push(' ');
                }
            }
        }
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let (name, opens) = (&*tag.name, tag.kind == TagKind::StartTag);
        match name {
            "title" => self.in_title = opens,
            "script" | "style" | "noscript" | "template" => self.silent = opens.then(|| name.to_owned()),
            "meta" if opens => self.meta(tag),
            "p" | "div" | "br" | "tr" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "section" | "article"
            | "blockquote" | "pre" => {
                self.line();
            }
            "td" | "th" if opens && !self.text.ends_with([' ', '\n']) && !self.text.is_empty() => self.text.push(' '),
            _ => {}
        }
        match name {
            "title" | "textarea" if opens => TokenSinkResult::RawData(RawKind::Rcdata),
            "script" if opens => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "noscript" if opens => TokenSinkResult::RawData(RawKind::Rawtext),
            _ => TokenSinkResult::Continue,
        }
    }

    /// Begins another line, unless one has just begun.
    fn line(&mut self) {
        if !self.text.ends_with('\n') && !self.text.is_empty() {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push('\n');
        }
    }

    fn meta(&mut self, tag: &Tag) {
        let value = |name: &str| {
            tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| attribute.value.to_string())
        };
        if value("name").is_some_and(|name| name.eq_ignore_ascii_case("author")) {
            self.author = value("content").filter(|author| !author.trim().is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_its_words_and_its_title() {
        let mut extraction = Extraction::default();
        let page = "<html><head><title>Menu &amp; vins</title><meta name=author content='Ada'><style>p{}</style></head>\
                    <body><script>var x = '<p>non</p>';</script><p>Œufs &eacute;clat&eacute;s</p><ul><li>un<li>deux</ul></body>";
        read(page.as_bytes(), &mut extraction);
        assert_eq!(extraction.title.as_deref(), Some("Menu & vins"));
        assert_eq!(extraction.authors, ["Ada"]);
        assert_eq!(extraction.text, "Œufs éclatés\nun\ndeux");
    }

    #[test]
    fn depth_and_size_are_no_danger() {
        let deep = "<div>".repeat(200_000) + "fond";
        assert_eq!(to_text(&deep), "fond");
        to_text(&"<".repeat(100_000));
        to_text(&"<!--".repeat(10_000));
    }
}
