//! The properties of a message, a recipient or an attachment ([MS-OXMSG] 2.4, [MS-OXPROPS]): short ones side by side in one
//! stream, long ones each in its own.

use super::compound::Compound;
use crate::extract::{
    codepage, html,
    little::{moment, u16_at, u32_at, u64_at, wide},
    text::decode_as,
};
use encoding_rs::Encoding;
use std::collections::BTreeMap;

/// Numbers of properties.
pub(super) mod id {
    pub(in super::super) const IMPORTANCE: u16 = 0x0017;
    pub(in super::super) const CLASS: u16 = 0x001a;
    pub(in super::super) const SUBJECT: u16 = 0x0037;
    pub(in super::super) const SENT: u16 = 0x0039;
    pub(in super::super) const HEADERS: u16 = 0x007d;
    pub(in super::super) const RECIPIENT_KIND: u16 = 0x0c15;
    pub(in super::super) const SHOWN_BLIND: u16 = 0x0e02;
    pub(in super::super) const SHOWN_COPY: u16 = 0x0e03;
    pub(in super::super) const SHOWN_TO: u16 = 0x0e04;
    pub(in super::super) const RECEIVED: u16 = 0x0e06;
    pub(in super::super) const BODY: u16 = 0x1000;
    pub(in super::super) const RTF: u16 = 0x1009;
    pub(in super::super) const HTML: u16 = 0x1013;
    pub(in super::super) const MESSAGE_ID: u16 = 0x1035;
    pub(in super::super) const IN_REPLY_TO: u16 = 0x1042;
    pub(in super::super) const REFERENCES: u16 = 0x1039;
    pub(in super::super) const DISPLAY_NAME: u16 = 0x3001;
    pub(in super::super) const ADDRESS: u16 = 0x3003;
    pub(in super::super) const CREATED: u16 = 0x3007;
    pub(in super::super) const MODIFIED: u16 = 0x3008;
    pub(in super::super) const DATA: u16 = 0x3701;
    pub(in super::super) const SHORT_NAME: u16 = 0x3704;
    pub(in super::super) const LONG_NAME: u16 = 0x3707;
    pub(in super::super) const SMTP_ADDRESS: u16 = 0x39fe;
    pub(in super::super) const INTERNET_PAGE: u16 = 0x3fde;
    pub(in super::super) const LANGUAGE: u16 = 0x3ff1;
    pub(in super::super) const CODE_PAGE: u16 = 0x3ffd;
    /// Who a message is from: name, SMTP address, address, and of which kind that one is.
    pub(in super::super) const AUTHOR: [u16; 4] = [0x0042, 0x5d02, 0x0065, 0x0064];
    /// Who sent it, perhaps for another one.
    pub(in super::super) const SENDER: [u16; 4] = [0x0c1a, 0x5d01, 0x0c1f, 0x0c1e];
}

const WIDE: u16 = 0x1f;
const NARROW: u16 = 0x1e;
const BINARY: u16 = 0x102;

/// Short properties of one object.
const MAX_PROPERTIES: usize = 4_096;

/// What one object says of itself.
pub(super) struct Properties {
    storage: usize,
    short: BTreeMap<u16, u64>,
    /// The encoding of words in 8 bits, where one is stated.
    encoding: Option<&'static Encoding>,
}

impl Properties {
    /// The properties in a storage, behind a head of so many bytes. Recipients and attachments write as their message does.
    pub(super) fn of(file: &mut Compound<'_>, storage: usize, head: usize, message: Option<&Self>) -> Self {
        let bytes = file.stream(storage, super::msg::MARK).unwrap_or_default();
        let entries = bytes.get(head..).unwrap_or_default().chunks_exact(16).take(MAX_PROPERTIES);
        let short = entries.filter_map(|entry| Some((u16_at(entry, 2)?, u64_at(entry, 8)?))).collect();
        let mut properties = Self { storage, short, encoding: None };
        let page = [id::CODE_PAGE, id::INTERNET_PAGE].into_iter().find_map(|page| properties.number(page));
        let stated = page.filter(|page| *page > 0 && *page != 1200).map(codepage::encoding);
        let language = || properties.number(id::LANGUAGE).and_then(|language| u16::try_from(language).ok());
        let inherited = message.and_then(|message| message.encoding);
        properties.encoding = stated.or(inherited).or_else(|| language().map(codepage::of_language));
        properties
    }

    /// A number.
    pub(super) fn number(&self, id: u16) -> Option<u32> {
        self.short.get(&id).and_then(|value| u32_at(&value.to_le_bytes(), 0))
    }

    /// A moment.
    pub(super) fn moment(&self, id: u16) -> Option<String> {
        self.short.get(&id).copied().and_then(moment)
    }

    /// Where a long property lies.
    pub(super) fn place(&self, file: &Compound<'_>, id: u16, kind: u16) -> Option<usize> {
        file.find(self.storage, &format!("__substg1.0_{id:04X}{kind:04X}"))
    }

    /// Words.
    pub(super) fn words(&self, file: &mut Compound<'_>, id: u16) -> Option<String> {
        let words = if let Some(stream) = self.place(file, id, WIDE) {
            wide(&file.read(stream))
        } else {
            let stream = self.place(file, id, NARROW)?;
            decode_as(&file.read(stream), self.encoding)
        };
        Some(words.trim_end_matches('\0').to_owned()).filter(|words| !words.is_empty())
    }

    /// Bytes.
    pub(super) fn bytes(&self, file: &mut Compound<'_>, id: u16) -> Option<Vec<u8>> {
        let stream = self.place(file, id, BINARY)?;
        Some(file.read(stream))
    }

    /// The body as a page.
    pub(super) fn page(&self, file: &mut Compound<'_>) -> Option<String> {
        let internet = self.number(id::INTERNET_PAGE).filter(|page| *page > 0).map(codepage::encoding);
        match self.bytes(file, id::HTML) {
            Some(bytes) => Some(decode_as(&bytes, html::stated(&bytes).or(internet).or(self.encoding))),
            None => self.words(file, id::HTML),
        }
    }
}
