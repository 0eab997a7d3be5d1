//! What programs and people wrote as XMP (ISO 16684-1): RDF in which each property is an element or an attribute of a
//! description, and many values are items of a list.

use super::said::Said;
use crate::extract::{
    moment,
    text::decode,
    xml::{Piece, walk},
};

/// The properties that are read, by their local names: Dublin Core, XMP, Photoshop, IPTC Core.
const PROPERTIES: [&str; 18] = [
    "title",
    "description",
    "creator",
    "subject",
    "rights",
    "Headline",
    "Location",
    "City",
    "State",
    "CountryName",
    "Country",
    "Credit",
    "Instructions",
    "Category",
    "DateCreated",
    "CreateDate",
    "ModifyDate",
    "CreatorTool",
];

/// Values of one property in one packet.
const MAX_VALUES: usize = 1_000;

/// Reads packets.
pub(super) fn read(packets: &[impl AsRef<[u8]>]) -> Said {
    let mut said = Said::default();
    packets.iter().for_each(|packet| said.add(packet_said(&decode(packet.as_ref()))));
    said
}

fn packet_said(packet: &str) -> Said {
    let mut found = Found::default();
    walk(packet, &mut |piece| found.piece(piece));
    let mut take = |name: &str| std::mem::take(&mut found.values[index(name).unwrap_or_default()]);
    let titles = [take("title"), take("Headline")].concat();
    let mut first = |name: &str| take(name).into_iter().find(|value| !value.is_empty());
    let country = first("CountryName").or_else(|| first("Country"));
    let places = [first("Location"), first("City"), first("State"), country];
    let (made, created, changed) = (first("DateCreated"), first("CreateDate"), first("ModifyDate"));
    let date = [&made, &created, &changed].into_iter().flatten().find_map(|date| moment(date));
    let fields = [
        ("credit", first("Credit")),
        ("category", first("Category")),
        ("application", first("CreatorTool")),
        ("created", made.or(created)),
        ("modified", changed),
    ];
    let mut fields: Vec<_> = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    fields.extend(take("rights").into_iter().next().map(|rights| ("copyright", rights)));
    Said {
        titles,
        captions: take("description"),
        authors: take("creator"),
        keywords: take("subject"),
        comments: take("Instructions"),
        places,
        date,
        fields,
    }
}

fn index(name: &str) -> Option<usize> {
    PROPERTIES.iter().position(|property| *property == name)
}

/// The properties of a packet as they come.
#[derive(Default)]
struct Found {
    values: [Vec<String>; PROPERTIES.len()],
    depth: usize,
    /// The depth of `rdf:RDF`.
    root: Option<usize>,
    /// The property that one is in.
    property: Option<usize>,
    value: String,
}

impl Found {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Start(name, attributes) => {
                self.depth += 1;
                self.begin(name, &|name| attributes.get(name));
            }
            Piece::Empty(name, attributes) if name == "Description" => {
                self.depth += 1;
                self.begin(name, &|name| attributes.get(name));
                self.depth -= 1;
            }
            Piece::Empty(..) => {}
            Piece::End(_) => {
                self.end_of_value();
                if self.root.is_some_and(|root| self.depth <= root + 2) {
                    self.property = None;
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Piece::Text(text) => {
                if self.property.is_some() {
                    self.value.push_str(text);
                }
            }
        }
    }

    fn begin(&mut self, name: &str, attribute: &dyn Fn(&str) -> Option<String>) {
        self.end_of_value();
        match self.root {
            None if name == "RDF" => self.root = Some(self.depth),
            Some(root) if self.depth == root + 1 => {
                for (index, property) in PROPERTIES.iter().enumerate() {
                    let value = attribute(property).filter(|_| self.values[index].len() < MAX_VALUES);
                    self.values[index].extend(value);
                }
            }
            Some(root) if self.depth == root + 2 => self.property = index(name),
            _ => {}
        }
    }

    fn end_of_value(&mut self) {
        let value = std::mem::take(&mut self.value);
        if let Some(index) = self.property
            && !value.trim().is_empty()
            && self.values[index].len() < MAX_VALUES
        {
            self.values[index].push(value.trim().to_owned());
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What an editor of pictures writes.
    pub(in super::super) fn packet() -> String {
        r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="r">
        <rdf:Description rdf:about="" xmlns:photoshop="p" photoshop:Country="France" photoshop:Credit="Mairie"/>
        <rdf:Description rdf:about="" xmlns:dc="d">
          <dc:title><rdf:Alt><rdf:li xml:lang="x-default">La fête</rdf:li><rdf:li xml:lang="en">The party</rdf:li></rdf:Alt></dc:title>
          <dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Bob</rdf:li></rdf:Seq></dc:creator>
          <dc:subject><rdf:Bag><rdf:li>bal</rdf:li></rdf:Bag></dc:subject>
          <dc:rights>Ville &amp; m&#233;tropole</dc:rights>
          <xmp:CreateDate>2026-07-14T10:30:00+02:00</xmp:CreateDate>
          <other:thing><rdf:Description><dc:title>not it</dc:title></rdf:Description></other:thing>
        </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#
            .to_owned()
    }

    #[test]
    fn elements_attributes_and_lists_are_read_and_no_deeper() {
        let said = read(&[packet()]);
        assert_eq!((said.titles.as_slice(), said.authors.len()), (&["La fête".to_owned(), "The party".to_owned()][..], 2));
        assert_eq!((said.places[3].as_deref(), said.keywords.as_slice()), (Some("France"), &["bal".to_owned()][..]));
        assert_eq!(said.date.as_deref(), Some("2026-07-14T08:30:00Z"));
        for field in [("credit", "Mairie"), ("copyright", "Ville & métropole")] {
            assert!(said.fields.iter().any(|(name, value)| (*name, value.as_str()) == field), "{field:?}");
        }
        let sound = packet();
        for cut in (0..sound.len()).filter(|cut| sound.is_char_boundary(*cut)) {
            read(&[&sound[..cut]]);
        }
    }
}
