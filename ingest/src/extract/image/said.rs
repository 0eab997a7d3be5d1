//! What people wrote about a picture, out of whichever metadata it lies in: what was found first is believed first.

use chartrier_schemas::Extraction;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) titles: Vec<String>,
    pub(super) captions: Vec<String>,
    pub(super) authors: Vec<String>,
    pub(super) keywords: Vec<String>,
    /// Place, city, region, country.
    pub(super) places: [Option<String>; 4],
    pub(super) comments: Vec<String>,
    /// When it was made, RFC 3339 in UTC.
    pub(super) date: Option<String>,
    /// What else is known, by the names of fields.
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Said {
    pub(super) fn add(&mut self, more: Self) {
        for (own, other) in [
            (&mut self.titles, more.titles),
            (&mut self.captions, more.captions),
            (&mut self.authors, more.authors),
            (&mut self.keywords, more.keywords),
            (&mut self.comments, more.comments),
        ] {
            own.extend(other);
        }
        self.date = self.date.take().or(more.date);
        for (own, other) in self.places.iter_mut().zip(more.places) {
            *own = own.take().or(other);
        }
        self.fields.extend(more.fields);
    }

    /// Adds what an older form says: not what says the same again, cut to the few bytes that it has room for.
    pub(super) fn fill(&mut self, mut older: Self) {
        for (own, other) in [
            (&self.titles, &mut older.titles),
            (&self.captions, &mut older.captions),
            (&self.authors, &mut older.authors),
            (&self.keywords, &mut older.keywords),
        ] {
            other.retain(|entry| !own.iter().any(|whole| whole.starts_with(entry.trim_end())));
        }
        self.add(older);
    }

    /// Tells an extraction: each thing once, captions and what is like them also as text.
    pub(super) fn tell(mut self, extraction: &mut Extraction) {
        let mut places: Vec<String> = self.places.into_iter().flatten().collect();
        for list in [&mut self.titles, &mut self.captions, &mut self.authors, &mut self.keywords, &mut places, &mut self.comments]
        {
            once(list);
        }
        let joined = |list: &[String]| Some(list.join(", ")).filter(|line| !line.is_empty());
        let (keywords, place) = (joined(&self.keywords), joined(&places));
        let mut lines: Vec<String> = [self.titles.clone(), self.captions.clone()].concat();
        lines.extend(keywords.iter().chain(&place).cloned());
        lines.extend(self.comments.iter().cloned());
        once(&mut lines);
        extraction.text = lines.join("\n");
        let mut fields: Vec<(&'static str, String)> = Vec::new();
        let told = [
            ("caption", self.captions.into_iter().next()),
            ("keywords", keywords),
            ("place", place),
            ("comments", self.comments.into_iter().next()),
        ];
        let told = told.into_iter().filter_map(|(name, value)| Some((name, value?)));
        for (name, value) in told.chain(self.fields) {
            if !value.is_empty() && !fields.iter().any(|(known, _)| *known == name) {
                fields.push((name, value));
            }
        }
        extraction.fields.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        (extraction.title, extraction.authors) = (self.titles.into_iter().next(), self.authors);
        extraction.date = self.date;
    }
}

/// Leaves each entry once, without what surrounds it, and none that is empty.
fn once(list: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    for entry in list.iter_mut() {
        *entry = entry.trim_matches(|c: char| c.is_whitespace() || c.is_control()).to_owned();
    }
    list.retain(|entry| !entry.is_empty() && seen.insert(entry.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_first_is_believed_and_all_of_it_is_text() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut said = Said { titles: list(&["Un bal"]), fields: vec![("credit", "A".to_owned())], ..Said::default() };
        said.add(Said { titles: list(&["A ball", " Un bal "]), fields: vec![("credit", "B".to_owned())], ..Said::default() });
        let mut extraction = Extraction::default();
        said.tell(&mut extraction);
        assert_eq!((extraction.title.as_deref(), extraction.text.as_str()), (Some("Un bal"), "Un bal\nA ball"));
        assert_eq!(extraction.fields, [("credit".to_owned(), "A".to_owned())]);
    }

    #[test]
    fn an_older_form_adds_what_it_alone_says() {
        let keywords =
            |words: &[&str]| Said { keywords: words.iter().map(|word| (*word).to_owned()).collect(), ..Said::default() };
        let mut said = keywords(&["lampions du jardin"]);
        said.fill(keywords(&["lampions du ", "bal"]));
        assert_eq!(said, keywords(&["lampions du jardin", "bal"]));
    }
}
