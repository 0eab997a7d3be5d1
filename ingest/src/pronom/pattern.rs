//! What bytes a byte sequence asks for: runs of fixed length, and chains of them with gaps between. A chain is
//! followed by all its ways at once, so that no input takes more than a few passes over what is looked at.

use memchr::{memchr, memmem};
use std::cell::Cell;

/// Places that are tried one by one rather than searched for.
const FEW: usize = 16;

/// One part of a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// These bytes.
    Bytes(Box<[u8]>),
    /// One byte of a set.
    One(Box<ByteSet>),
    /// As many bytes, whatever they are.
    Any(usize),
    /// As many bytes as its bounds have, which read as a number lie within them, or do not.
    Span {
        /// The least number.
        low: Box<[u8]>,
        /// The greatest number.
        high: Box<[u8]>,
        /// Whether it must lie within.
        within: bool,
    },
}

/// A set of bytes: 256 bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(super) fn inverted(mut self) -> Self {
        self.0.iter_mut().for_each(|word| *word = !*word);
        self
    }
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::One(_) => 1,
            Self::Any(count) => *count,
            Self::Span { low, .. } => low.len(),
        }
    }

    /// Whether bytes of its length are as it asks.
    fn takes(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Bytes(wanted) => **wanted == *bytes,
            Self::One(set) => set.contains(bytes[0]),
            Self::Any(_) => true,
            Self::Span { low, high, within } => (**low <= *bytes && *bytes <= **high) == *within,
        }
    }
}

/// Pieces one after another: always as long.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
    len: usize,
    /// The longest run of known bytes: which piece, and where it begins.
    known: Option<(usize, usize)>,
}

impl Pattern {
    pub(super) fn new(pieces: Vec<Piece>) -> Self {
        let (mut known, mut most, mut len) = (None, 0, 0);
        for (at, piece) in pieces.iter().enumerate() {
            if let Piece::Bytes(bytes) = piece
                && bytes.len() > most
            {
                (known, most) = (Some((at, len)), bytes.len());
            }
            len += piece.len();
        }
        Self { pieces, len, known }
    }

    #[cfg(test)]
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// How many bytes say something.
    fn weight(&self) -> usize {
        self.pieces.iter().filter(|piece| !matches!(piece, Piece::Any(_))).map(Piece::len).sum()
    }

    /// The longest run of known bytes, and where in the pattern it stands.
    fn needle(&self) -> Option<(&[u8], usize)> {
        let (piece, offset) = self.known?;
        match &self.pieces[piece] {
            Piece::Bytes(bytes) => Some((bytes, offset)),
            _ => None,
        }
    }

    fn is_at(&self, bytes: &[u8], start: usize) -> bool {
        let Some(mut rest) = bytes.get(start..).and_then(|rest| rest.get(..self.len)) else { return false };
        self.pieces.iter().all(|piece| {
            let (first, others) = rest.split_at(piece.len());
            rest = others;
            piece.takes(first)
        })
    }

    /// Tells every start within bounds, both included.
    fn each_start(&self, bytes: &[u8], bounds: Range, effort: &Effort, found: &mut dyn FnMut(usize)) {
        let Some(last) = bytes.len().checked_sub(self.len) else { return };
        let (mut at, last) = (bounds.low, bounds.high.min(last));
        let needle = self.needle().filter(|_| last.saturating_sub(at) > FEW);
        while at <= last && effort.goes_on() {
            if let Some((needle, offset)) = needle {
                let searched = &bytes[at + offset..last + offset + needle.len()];
                let next = if needle.len() == 1 { memchr(needle[0], searched) } else { memmem::find(searched, needle) };
                let Some(next) = next else {
                    effort.take(searched.len() / 16);
                    return;
                };
                effort.take(next / 16);
                at += next;
            }
            effort.take(1);
            if self.is_at(bytes, at) {
                found(at);
            }
            at += 1;
        }
    }
}

/// How much work one document may still take.
pub(super) struct Effort(Cell<u64>);

impl Effort {
    pub(super) fn new(most: u64) -> Self {
        Self(Cell::new(most))
    }

    fn take(&self, steps: usize) {
        self.0.set(self.0.get().saturating_sub(steps as u64 + 1));
    }

    pub(super) fn goes_on(&self) -> bool {
        self.0.get() > 0
    }
}

/// From the lowest to the highest, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: usize,
    pub(super) high: usize,
}

impl Range {
    pub(super) const NONE: Self = Self { low: 0, high: 0 };

    pub(super) fn plus(self, other: Self) -> Self {
        Self { low: self.low.saturating_add(other.low), high: self.high.saturating_add(other.high) }
    }

    fn is_wide(self) -> bool {
        self.high - self.low > FEW
    }
}

/// One way to go on in a chain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// How many bytes may stand before the pattern.
    pub(super) before: Range,
    pub(super) pattern: Pattern,
    /// How many bytes may stand behind it, before what follows.
    pub(super) after: Range,
}

/// What stands at one place of a chain: one of several patterns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) choices: Vec<Choice>,
    /// Only looked for so far from the end where the chain begins: what is searched for, not what hangs on it.
    pub(super) is_anchor: bool,
}

impl Stage {
    pub(super) fn of(pattern: Pattern) -> Self {
        Self { choices: vec![Choice { before: Range::NONE, pattern, after: Range::NONE }], is_anchor: false }
    }
}

/// Where a chain begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// At the beginning of the file.
    Beginning,
    /// At its end, backwards.
    End,
}

/// Stages one after another, from one end of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) from: From,
    pub(super) stages: Vec<Stage>,
    /// The stage with the longest run of bytes that every match has.
    rarest: Option<usize>,
}

impl Chain {
    pub(super) fn new(from: From, stages: Vec<Stage>) -> Self {
        let needle = |stage: &Stage| match &stage.choices[..] {
            [only] => only.pattern.needle().map_or(0, |(needle, _)| needle.len()),
            _ => 0,
        };
        let rarest = (0..stages.len()).max_by_key(|at| needle(&stages[*at])).filter(|at| needle(&stages[*at]) > 0);
        Self { from, stages, rarest }
    }

    /// Bytes that every match has.
    pub(super) fn needle(&self) -> Option<&[u8]> {
        self.stages[self.rarest?].choices[0].pattern.needle().map(|(needle, _)| needle)
    }

    /// Whether its first pattern must be searched for.
    pub(super) fn floats(&self) -> bool {
        let first = match self.from {
            From::Beginning => self.stages.first(),
            From::End => self.stages.last(),
        };
        first.is_some_and(|stage| {
            stage.choices.iter().any(|choice| match self.from {
                From::Beginning => choice.before.is_wide(),
                From::End => choice.after.is_wide(),
            })
        })
    }

    /// What the very first byte of a file must be; nothing where it may be any.
    pub(super) fn opening(&self) -> Option<ByteSet> {
        let stage = self.stages.first().filter(|_| self.from == From::Beginning)?;
        let mut opening = ByteSet::default();
        for choice in &stage.choices {
            match choice.pattern.pieces.first()? {
                _ if choice.before != Range::NONE => return None,
                Piece::Bytes(bytes) => opening.insert(*bytes.first()?),
                Piece::One(set) => (0..=u8::MAX).filter(|byte| set.contains(*byte)).for_each(|byte| opening.insert(byte)),
                Piece::Any(_) | Piece::Span { .. } => return None,
            }
        }
        Some(opening)
    }

    /// How many bytes the chain knows at least.
    pub(super) fn weight(&self) -> usize {
        let least = |stage: &Stage| stage.choices.iter().map(|choice| choice.pattern.weight()).min().unwrap_or(0);
        self.stages.iter().map(least).sum()
    }

    /// Whether the chain is in some bytes: the beginning of a file or its end, of which anchors are looked for in `scanned`
    /// bytes.
    pub(super) fn is_in(&self, bytes: &[u8], scanned: usize, effort: &Effort) -> bool {
        if !self.floats() {
            if !self.begins(bytes) {
                return false;
            }
        } else if let Some(needle) = self.needle() {
            effort.take(bytes.len() / 16);
            if memmem::find(bytes, needle).is_none() {
                return false;
            }
        }
        match self.from {
            From::Beginning => self.forwards(bytes, scanned, effort),
            From::End => self.backwards(bytes, scanned, effort),
        }
    }

    /// Whether one of its first patterns stands where it must: of most signatures that is all that is ever looked at.
    fn begins(&self, bytes: &[u8]) -> bool {
        let first = match self.from {
            From::Beginning => self.stages.first(),
            From::End => self.stages.last(),
        };
        first.into_iter().flat_map(|stage| &stage.choices).any(|choice| {
            let Choice { before, pattern, after } = choice;
            match self.from {
                From::Beginning => (before.low..=before.high).any(|at| pattern.is_at(bytes, at)),
                From::End => (after.low..=after.high)
                    .filter_map(|gap| bytes.len().checked_sub(gap + pattern.len))
                    .any(|at| pattern.is_at(bytes, at)),
            }
        })
    }

    fn forwards(&self, bytes: &[u8], scanned: usize, effort: &Effort) -> bool {
        let mut at = vec![Range::NONE];
        for stage in &self.stages {
            let last = if stage.is_anchor { scanned.saturating_sub(1) } else { usize::MAX };
            let mut next = Vec::new();
            for choice in &stage.choices {
                for range in merged(at.iter().map(|range| range.plus(choice.before)).collect()) {
                    let bounds = Range { low: range.low, high: range.high.min(last) };
                    choice.pattern.each_start(bytes, bounds, effort, &mut |start| {
                        let end = start + choice.pattern.len;
                        push(&mut next, Range { low: end, high: end }.plus(choice.after));
                    });
                }
            }
            at = merged(next);
            if at.is_empty() {
                return false;
            }
        }
        true
    }

    fn backwards(&self, bytes: &[u8], scanned: usize, effort: &Effort) -> bool {
        let mut at = vec![Range { low: bytes.len(), high: bytes.len() }];
        for stage in self.stages.iter().rev() {
            let first = if stage.is_anchor { bytes.len().saturating_sub(scanned) } else { 0 };
            let mut next = Vec::new();
            for choice in &stage.choices {
                for range in merged(at.iter().filter_map(|range| minus(*range, choice.after)).collect()) {
                    let Some(starts) = minus(range, Range { low: choice.pattern.len, high: choice.pattern.len }) else {
                        continue;
                    };
                    let bounds = Range { low: starts.low.max(first), high: starts.high };
                    choice.pattern.each_start(bytes, bounds, effort, &mut |start| {
                        if let Some(before) = minus(Range { low: start, high: start }, choice.before) {
                            push(&mut next, before);
                        }
                    });
                }
            }
            at = merged(next);
            if at.is_empty() {
                return false;
            }
        }
        true
    }
}

/// What lies as far before a range as another says; nothing where that is before the beginning.
fn minus(range: Range, gap: Range) -> Option<Range> {
    Some(Range { low: range.low.saturating_sub(gap.high), high: range.high.checked_sub(gap.low)? })
}

/// Adds a range to a list; to its last one where they touch.
fn push(list: &mut Vec<Range>, range: Range) {
    match list.last_mut() {
        Some(last) if last.low <= range.low && range.low <= last.high.saturating_add(1) => last.high = last.high.max(range.high),
        _ => list.push(range),
    }
}

/// The same places, in order and each once.
fn merged(mut list: Vec<Range>) -> Vec<Range> {
    list.sort_unstable_by_key(|range| range.low);
    let mut merged = Vec::with_capacity(list.len());
    list.into_iter().for_each(|range| push(&mut merged, range));
    merged
}
