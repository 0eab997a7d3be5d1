//! HTML as browsers read it, token by token: no tree, so no depth to fear. Scripts and styles are no text.

use super::text::decode_as;
use crate::limits::{MAX_FIELDS, MAX_TEXT};
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
    extraction.authors.extend(page.authors);
    extraction.date = page.date;
    extraction.fields.extend(page.fields);
}

/// The text of a page.
pub(super) fn to_text(html: &str) -> String {
    parse(html).text
}

/// The encoding that a page states of itself.
pub(super) fn stated(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let at = head.find("charset=")? + "charset=".len();
    let label: String = head[at..]
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Encoding::for_label(label.as_bytes())
}

/// Elements that stand on lines of their own, or end one.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "pre",
    "search",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];

/// Elements whose content is no text.
const SILENT: &[&str] = &["script", "style", "noscript", "template"];

#[derive(Default)]
struct Page {
    text: String,
    title: String,
    authors: Vec<String>,
    date: Option<String>,
    fields: Vec<(String, String)>,
    in_title: bool,
    /// The element whose content is no text.
    silent: Option<String>,
    /// Drawings that are open: what is a title there is not the page's.
    drawings: u32,
}

struct Sink(RefCell<Page>);

fn parse(html: &str) -> Page {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Sink(RefCell::default()), TokenizerOpts::default());
    // Without scripts nothing suspends the tokenizer.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let mut page = tokenizer.sink.0.into_inner();
    page.text.truncate(page.text.trim_end_matches([' ', '\n']).len());
    page
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
        let name = &*tag.name;
        // XHTML closes elements at once that a browser would leave open to the end of the page.
        let opens = tag.kind == TagKind::StartTag && !tag.self_closing;
        if self.silent.as_deref().is_some_and(|silent| opens || silent != name) {
            return TokenSinkResult::Continue;
        }
        match name {
            "svg" if opens => self.drawings += 1,
            "svg" if tag.kind == TagKind::EndTag => self.drawings = self.drawings.saturating_sub(1),
            "title" if self.drawings == 0 => self.title(opens),
            "title" | "desc" | "text" if self.drawings > 0 => self.line(),
            "meta" if tag.kind == TagKind::StartTag => self.meta(tag),
            "td" | "th" if opens => self.space(),
            "img" | "area" if tag.kind == TagKind::StartTag => self.picture(tag),
            _ if SILENT.contains(&name) => self.silent = opens.then(|| name.to_owned()),
            _ if BLOCKS.contains(&name) => self.line(),
            _ => {}
        }
        self.raw(name, opens)
    }

    /// How the tokenizer is to take what follows. In drawings, as ordinary content.
    fn raw(&self, name: &str, opens: bool) -> TokenSinkResult<()> {
        match name {
            _ if !opens || self.drawings > 0 => TokenSinkResult::Continue,
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "noscript" => TokenSinkResult::RawData(RawKind::Rawtext),
            _ => TokenSinkResult::Continue,
        }
    }

    /// A page has one title; a later one stands for it only where the first said nothing.
    fn title(&mut self, opens: bool) {
        if opens && !self.title.trim().is_empty() {
            self.silent = Some("title".to_owned());
        }
        self.in_title = opens && self.silent.is_none();
        if !opens && self.silent.as_deref() == Some("title") {
            self.silent = None;
        }
    }

    fn space(&mut self) {
        if !self.text.ends_with([' ', '\n']) && !self.text.is_empty() {
            self.text.push(' ');
        }
    }

    /// Begins another line, unless one has just begun.
    fn line(&mut self) {
        if !self.text.ends_with('\n') && !self.text.is_empty() {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push('\n');
        }
    }

    /// What is said instead of a picture.
    fn picture(&mut self, tag: &Tag) {
        if self.silent.is_none()
            && let Some(words) = value(tag, "alt").filter(|words| !words.trim().is_empty())
        {
            self.space();
            self.add(&words);
            self.space();
        }
    }

    fn meta(&mut self, tag: &Tag) {
        let name = ["name", "property", "itemprop", "http-equiv"].into_iter().find_map(|name| value(tag, name));
        let (Some(name), Some(content)) = (name, value(tag, "content")) else { return };
        if content.trim().is_empty() || self.fields.len() >= MAX_FIELDS || self.authors.len() >= MAX_FIELDS {
            return;
        }
        let name = name.to_ascii_lowercase().replace("dcterms.", "dc.").replace("dcterms:", "dc.").replace("dc:", "dc.");
        let field = match name.as_str() {
            "author" | "dc.creator" if !self.authors.contains(&content) => return self.authors.push(content),
            "og:title" | "dc.title" if self.title.trim().is_empty() => return self.title = content,
            "date" | "dc.date" | "dc.modified" | "article:modified_time" | "last-modified" => return self.date(&content, true),
            "dc.created" | "dc.issued" | "article:published_time" | "datepublished" => return self.date(&content, false),
            "description" | "dc.description" | "og:description" => "description",
            "keywords" | "dc.subject" => "keywords",
            "generator" => "application",
            "copyright" | "dc.rights" => "copyright",
            _ => return,
        };
        if !self.fields.iter().any(|(known, said)| known == field && *said == content) {
            self.fields.push((field.to_owned(), content));
        }
    }

    /// When the page was last changed, else when it was made.
    fn date(&mut self, said: &str, is_last: bool) {
        let said = said.trim();
        let day = || super::moment(&format!("{said}T00:00:00"));
        if let Some(date) = super::moment(said).or_else(day).filter(|_| is_last || self.date.is_none()) {
            self.date = Some(date);
        }
    }
}

fn value(tag: &Tag, name: &str) -> Option<String> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| attribute.value.to_string())
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
    fn what_a_page_says_of_itself_is_kept() {
        let mut extraction = Extraction::default();
        let page = "<meta property='og:title' content='Le parc'><meta name='DC.Creator' content='Bob'><meta name=Description content='Roses'>\
            <meta name=keywords content='roses, lys'><meta name=dcterms.created content='2020-01-01'><meta name=date content='2026-07-14'>\
            <p>Une<img src=a.png alt='rose rouge'>ici<img alt=''></p><noscript><img alt=non></noscript>";
        read(page.as_bytes(), &mut extraction);
        assert_eq!((extraction.title.as_deref(), extraction.text.as_str()), (Some("Le parc"), "Une rose rouge ici"));
        assert_eq!((extraction.authors[0].as_str(), extraction.date.as_deref()), ("Bob", Some("2026-07-14T00:00:00Z")));
        assert_eq!(extraction.fields.len(), 2);
    }

    #[test]
    fn what_xhtml_closes_at_once_swallows_nothing() {
        for empty in ["<title/>", "<script src='a.js'/>", "<style/>", "<noscript/>", "<template/>", "<textarea/>"] {
            let page = format!("<html><head>{empty}</head><body><p>Chapitre</p><p>premier</p></body></html>");
            assert_eq!(to_text(&page), "Chapitre\npremier", "{empty}");
        }
    }

    #[test]
    fn the_title_of_a_drawing_is_not_the_pages() {
        let page = parse(
            "<title>Plan</title><svg><title>Logo</title><style>a{}</style><path/></svg><p>du parc</p><svg/><title>autre</title>fin",
        );
        assert_eq!((page.title.as_str(), page.text.as_str()), ("Plan", "Logo\ndu parc\nfin"));
        assert_eq!(parse("<template><p>a<script>b</script>c</template>d").text, "d");
    }

    #[test]
    fn blocks_break_lines() {
        let told = "dt dd option header footer nav main aside figcaption caption address li p div fieldset legend summary";
        for name in told.split(' ') {
            assert_eq!(to_text(&format!("avant<{name}>dedans</{name}>après")), "avant\ndedans\naprès", "{name}");
        }
        assert_eq!(to_text("un<hr>deux<br/>trois <b>qua</b>tre"), "un\ndeux\ntrois quatre");
    }

    #[test]
    fn depth_and_size_are_no_danger() {
        let deep = "<div>".repeat(200_000) + "fond";
        assert_eq!(to_text(&deep), "fond");
        to_text(&"<".repeat(100_000));
        to_text(&"<!--".repeat(10_000));
    }
}
