//! `bench million`: an archive of many generated records, in process: capture, indexing, cold start, search by kind of query,
//! rebuild and memory, beside bare tantivy over the same records and queries.

use super::{
    corpus, forget_peak, ms, peak, quantile,
    records::{Asked, Record, Records},
};
use crate::world::options;
use chartrier_engine::{
    archive::{self, Archive, InitOptions, Known, MandateRequest, Original, PersonRequest, SearchRequest, Submission},
    index::{FacetName, Sort},
    policy::Session,
    seal::content_of,
    store,
};
use chartrier_schemas::{
    Extraction, Format, Level, Marking,
    persisted::v1::{Occurrence, PersonRole},
};
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tantivy::{
    Index, Order, TantivyDocument, Term,
    collector::{Count, TopDocs},
    query::{BooleanQuery, PhraseQuery, Query, RangeQuery, RegexQuery, TermQuery},
    schema::{FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{AsciiFoldingFilter, LowerCaser, SimpleTokenizer, TextAnalyzer},
};

/// Hits asked for.
const LIMIT: usize = 20;

/// Rounds over all queries: one to warm, the others count.
const ROUNDS: usize = 4;

/// Runs everything in a folder that is empty, or holds the archive of an earlier run with the same records.
pub fn million(folder: &Path, records: &Records) {
    let home = folder.join("home");
    let open = options(Arc::new(store::open(&format!("file://{}", folder.join("store").display()), true).expect("a store")));
    let anew = !home.join("home.json").exists();
    if anew {
        capture(&home, &open, records);
    }
    let bare = BareIndex::build(records);
    start_and_search(&home, &open, &records.queries(0), &bare, records);
    if anew {
        rebuild(&home, &open);
    }
}

pub(super) fn capture(home: &Path, open: &archive::OpenOptions, records: &Records) {
    let init = InitOptions { store: "memory:".to_owned(), person: "Ada".to_owned(), ceiling: Level::Ts };
    let archive = archive::initialise(home, &init, open, &mut |_| Ok(())).expect("an archive").archive;
    let session = archive.session(archive.owner()).expect("a session");
    forget_peak();
    let started = Instant::now();
    for (class, code) in records.classes().iter().enumerate() {
        archive.add_class(&session, code, &format!("Classe {code}"), None).expect("a class");
        let capturer = archive.capturer(session.clone(), Some(code), &Marking::np()).expect("a capturer");
        let numbers = records.of_class(class);
        let next = AtomicUsize::new(0);
        let one = |number: u64| {
            let Record { title, body, language, date, .. } = records.record(number);
            let content = content_of(body.as_bytes());
            let date = format!("{date}T12:00:00Z");
            let seen = Occurrence {
                source: "bench".to_owned(),
                path: format!("/{class}/{number}.txt"),
                path_base64: None,
                modified: None,
                seen: date.clone(),
                others: serde_json::Map::new(),
            };
            if capturer.known(&content, &seen).expect("an answer") != Known::New {
                return;
            }
            let extraction = Extraction {
                format: Format {
                    puid: Some("x-fmt/111".to_owned()),
                    media: "text/plain".to_owned(),
                    tags: vec!["txt".to_owned()],
                },
                title: Some(title),
                text: body.clone(),
                date: Some(date),
                language: Some(language),
                ..Extraction::default()
            };
            let original = Original::Bytes(body.as_bytes(), content);
            capturer
                .capture(Submission { occurrence: seen, name: format!("{number}.txt"), extraction, original })
                .expect("captured");
        };
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                        one(*number);
                    }
                });
            }
        });
        capturer.finish().expect("captured");
    }
    report("capture (seal, pack, durable, catalog)", started.elapsed(), records.count);
    forget_peak();
    let started = Instant::now();
    archive.index().expect("indexed");
    report("index", started.elapsed(), records.count);
    println!("{:<40} {:.1} MB", "index on disk", corpus::size(&home.join("index")) as f64 / 1e6);
    println!(
        "{:<40} {:.1} MB",
        "catalog on disk",
        corpus::size(home) as f64 / 1e6 - corpus::size(&home.join("index")) as f64 / 1e6
    );
    let request = PersonRequest { name: "Luc".into(), roles: vec![PersonRole::Staff], clearance: Marking::np(), reason: None };
    let luc = archive.add_person(&session, &request).expect("a person");
    for code in &records.classes()[1..] {
        let request = MandateRequest { whom: luc.into(), on: Some(code.clone()), until: None, reason: "bench".into() };
        archive.add_mandate(&session, &request).expect("a mandate");
    }
}

fn report(name: &str, took: Duration, records: u64) {
    println!(
        "{name:<40} {:8.1} s  {:8.0} records/s  peak {} MB",
        took.as_secs_f64(),
        records as f64 / took.as_secs_f64(),
        peak()
    );
}

fn start_and_search(home: &Path, open: &archive::OpenOptions, queries: &[Asked], bare: &BareIndex, records: &Records) {
    forget_peak();
    let started = Instant::now();
    let archive = Archive::open(home, open).expect("opens");
    archive.index().expect("indexed");
    let owner = archive.session(archive.owner()).expect("a session");
    let luc = archive.session(archive.person_named(&owner, "Luc").expect("Luc")).expect("a session");
    ask(&archive, &luc, &queries[0], 0);
    println!("{:<40} {:8.0} ms", "cold start, to the first answer", ms(started.elapsed()));
    let mut own: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut by_bare: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut slowest = (0.0, String::new(), 0.0);
    for round in 0..ROUNDS {
        for query in queries {
            let started = Instant::now();
            ask(&archive, &luc, query, round);
            let took = ms(started.elapsed());
            let started = Instant::now();
            bare.ask(query, records);
            let took_bare = ms(started.elapsed());
            if slowest.0 < took && round > 0 {
                slowest = (took, query.typed(), took_bare);
            }
            if round > 0 {
                own.entry(query.kind()).or_default().push(took);
                by_bare.entry(query.kind()).or_default().push(took_bare);
            }
        }
    }
    println!(
        "\nsearch, in process, one client, warm: p50, p95, p99 in ms (chartrier with permissions and snippets | bare tantivy)"
    );
    let mut all = (Vec::new(), Vec::new());
    for (kind, figures) in &own {
        line(kind, figures, &by_bare[kind]);
        all.0.extend(figures);
        all.1.extend(&by_bare[kind]);
    }
    line("all", &all.0, &all.1);
    println!("{:<40} {} ({:.1} ms, bare {:.1} ms)", "slowest", slowest.1, slowest.0, slowest.2);
    println!(
        "{:<40} {} MB (with the bare index in memory: {:.0} MB)",
        "peak memory while searching",
        peak(),
        bare.size() as f64 / 1e6
    );
}

fn line(kind: &str, own: &[f64], bare: &[f64]) {
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|at| (quantile(own, at), quantile(bare, at)));
    println!(
        "{kind:<10} {:8.2} {:8.2} {:8.2}  | {:8.2} {:8.2} {:8.2}  ratio p50 {:.2}, p99 {:.2}",
        p50.0,
        p95.0,
        p99.0,
        p50.1,
        p95.1,
        p99.1,
        p50.0 / p50.1,
        p99.0 / p99.1
    );
}

/// Asks a query; the same one in another round is written with another space, so that nothing is answered from memory.
fn ask(archive: &Archive, session: &Session, query: &Asked, round: usize) {
    let words = query.typed() + &" ".repeat(round);
    let facets: &[FacetName] = if matches!(query, Asked::Facet { .. }) { &[FacetName::Class] } else { &[] };
    let sort = if matches!(query, Asked::Filter { .. }) { Sort::Date } else { Sort::Relevance };
    let request = SearchRequest { words: &words, sort, limit: LIMIT, offset: 0, facets };
    archive.search(session, &request).expect("an answer");
}

fn rebuild(home: &Path, open: &archive::OpenOptions) {
    forget_peak();
    let started = Instant::now();
    let rebuilt = archive::rebuild(home, open, &mut |_, _| {}).expect("rebuilt");
    report("rebuild, catalog and index", started.elapsed(), rebuilt.records);
}

/// The same records in tantivy as it comes, in memory: lower case, accents folded, nothing else.
struct BareIndex {
    index: Index,
    title: Field,
    body: Field,
    class: Field,
    date: Field,
    directory: tantivy::directory::RamDirectory,
}

impl BareIndex {
    fn build(records: &Records) -> Self {
        let mut schema = Schema::builder();
        let words = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer("folded").set_index_option(IndexRecordOption::WithFreqsAndPositions),
        );
        let title = schema.add_text_field("title", words.clone() | STORED);
        let body = schema.add_text_field("body", words);
        let class = schema.add_u64_field("class", INDEXED | FAST);
        let date = schema.add_i64_field("date", INDEXED | FAST);
        let directory = tantivy::directory::RamDirectory::create();
        let index = Index::create(directory.clone(), schema.build(), tantivy::IndexSettings::default()).expect("an index");
        let folded = TextAnalyzer::builder(SimpleTokenizer::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build();
        index.tokenizers().register("folded", folded);
        let started = Instant::now();
        let mut writer = index.writer_with_num_threads(2, 192 << 20).expect("a writer");
        (0..records.count).into_par_iter().for_each(|number| {
            let given = records.record(number);
            let mut document = TantivyDocument::new();
            document.add_text(title, &given.title);
            document.add_text(body, &given.body);
            document.add_u64(class, records.class(&given.class) as u64);
            document.add_i64(date, seconds(&given.date));
            writer.add_document(document).expect("added");
        });
        writer.commit().expect("a commit");
        writer.wait_merging_threads().expect("merged");
        let built = Self { index, title, body, class, date, directory };
        println!(
            "{:<40} {:8.1} s, {:.1} MB, one folded analyzer, making the records included",
            "bare tantivy, index",
            started.elapsed().as_secs_f64(),
            built.size() as f64 / 1e6
        );
        built
    }

    fn size(&self) -> u64 {
        self.directory.total_mem_usage() as u64
    }

    fn word(&self, word: &str) -> Box<dyn Query> {
        let term = |field| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_text(field, &folded(word)), IndexRecordOption::WithFreqs))
        };
        Box::new(BooleanQuery::union(vec![term(self.title), term(self.body)]))
    }

    fn ask(&self, asked: &Asked, records: &Records) {
        let searcher = self.index.reader().expect("a reader").searcher();
        let top = || TopDocs::with_limit(LIMIT).order_by_score();
        match asked {
            Asked::Frequent { w } | Asked::Rare { w } => {
                searcher.search(&self.word(w), &top()).expect("hits");
            }
            Asked::And { ws } => {
                let query = BooleanQuery::intersection(ws.iter().map(|word| self.word(word)).collect());
                searcher.search(&query, &top()).expect("hits");
            }
            Asked::Phrase { p } => {
                let words: Vec<String> = p.split(' ').map(folded).collect();
                let phrase = |field| -> Box<dyn Query> {
                    Box::new(PhraseQuery::new(words.iter().map(|word| Term::from_field_text(field, word)).collect()))
                };
                searcher.search(&BooleanQuery::union(vec![phrase(self.title), phrase(self.body)]), &top()).expect("hits");
            }
            Asked::Prefix { x } => {
                let words = |field| -> Box<dyn Query> {
                    Box::new(RegexQuery::from_pattern(&format!("{}.*", folded(x)), field).expect("a pattern"))
                };
                searcher.search(&BooleanQuery::union(vec![words(self.title), words(self.body)]), &top()).expect("hits");
            }
            Asked::Filter { w, class, from, to } => {
                let class = Term::from_field_u64(self.class, records.class(class) as u64);
                let range = RangeQuery::new(
                    std::ops::Bound::Included(Term::from_field_i64(self.date, seconds(from))),
                    std::ops::Bound::Included(Term::from_field_i64(self.date, seconds(to))),
                );
                let query = BooleanQuery::intersection(vec![
                    self.word(w),
                    Box::new(TermQuery::new(class, IndexRecordOption::Basic)),
                    Box::new(range),
                ]);
                let newest = TopDocs::with_limit(LIMIT).order_by_fast_field::<i64>("date", Order::Desc);
                searcher.search(&query, &newest).expect("hits");
            }
            Asked::Facet { w } => {
                let counts = tantivy::aggregation::AggregationCollector::from_aggs(
                    serde_json::from_value(serde_json::json!({ "c": { "terms": { "field": "class", "size": 100 } } }))
                        .expect("an aggregation"),
                    Default::default(),
                );
                searcher.search(&self.word(w), &(counts, Count)).expect("counts");
            }
        }
    }
}

/// Noon of a day, in seconds.
fn seconds(day: &str) -> i64 {
    format!("{day}T12:00:00Z").parse::<jiff::Timestamp>().expect("a day").as_second()
}

fn folded(word: &str) -> String {
    let mut analyzer = TextAnalyzer::builder(SimpleTokenizer::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build();
    let mut stream = analyzer.token_stream(word);
    let mut text = String::new();
    stream.process(&mut |token| text.push_str(&token.text));
    text
}

/// Asks one query of an archive that an earlier run has kept, `rounds` times: for a profiler.
pub fn ask_again(folder: &Path, words: &str, rounds: usize) {
    let open = options(Arc::new(store::open(&format!("file://{}", folder.join("store").display()), true).expect("a store")));
    let archive = Archive::open(&folder.join("home"), &open).expect("opens");
    let session = archive.session(archive.owner()).expect("a session");
    let mut took = Vec::new();
    for round in 0..rounds {
        let words = &(words.to_owned() + &" ".repeat(round));
        let request = SearchRequest { words, sort: Sort::Relevance, limit: LIMIT, offset: 0, facets: &[] };
        let started = Instant::now();
        archive.search(&session, &request).expect("an answer");
        took.push(ms(started.elapsed()));
    }
    println!("p50 {:.2} ms, p99 {:.2} ms", quantile(&took, 0.5), quantile(&took, 0.99));
}
