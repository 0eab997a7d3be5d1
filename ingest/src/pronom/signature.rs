//! Internal signatures as the XML files of PRONOM write them: byte sequences from the beginning or the end of a file,
//! each of sub-sequences with fragments to the left and right of what is searched for.

use super::{
    expression::{Unread, stages},
    pattern::{ByteSet, Chain, Effort, From, Range, Stage},
};
use crate::{
    extract::xml::{Attributes, Piece},
    limits::{END, MAX_SIGNATURE_REACH, SCANNED},
};
use std::mem::take;

/// What a file must have to be of a format: all of these chains.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// Its number.
    pub(super) id: u32,
    /// The chains, the cheapest first.
    pub(super) chains: Vec<Chain>,
}

/// The two ends of a file; where it is small, both are all of it.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) head: &'a [u8],
    pub(super) tail: &'a [u8],
}

impl<'a> Ends<'a> {
    /// The ends of bytes that lie in memory.
    pub(super) fn both(bytes: &'a [u8]) -> Self {
        let most = bytes.len().min(usize::try_from(END).unwrap_or(usize::MAX));
        Self { head: &bytes[..most], tail: &bytes[bytes.len() - most..] }
    }

    pub(super) fn of(self, from: From) -> &'a [u8] {
        match from {
            From::Beginning => self.head,
            From::End => self.tail,
        }
    }
}

impl Signature {
    pub(super) fn is_in(&self, ends: Ends<'_>, effort: &Effort) -> bool {
        self.chains.iter().all(|chain| chain.is_in(ends.of(chain.from), SCANNED, effort))
    }

    /// What the very first byte of a file must be; nothing where it may be any.
    pub(super) fn opening(&self) -> Option<ByteSet> {
        self.chains.iter().find_map(Chain::opening)
    }

    /// How many bytes the signature knows.
    pub(super) fn weight(&self) -> usize {
        self.chains.iter().map(Chain::weight).sum()
    }
}

/// Reads signatures out of the elements of a file as they pass by.
#[derive(Default)]
pub(super) struct Signatures {
    id: u32,
    chains: Vec<Chain>,
    /// The sub-sequences of a byte sequence.
    sequence: Vec<SubSequence>,
    from: Option<From>,
    current: SubSequence,
    fragment: Option<Fragment>,
    text: String,
    /// What could not be read of the signature.
    trouble: Option<Unread>,
}

#[derive(Default)]
struct SubSequence {
    /// Where it stands after what is before it, or before what is behind it.
    low: Option<usize>,
    high: Option<usize>,
    anchor: Vec<Stage>,
    left: Vec<Fragment>,
    right: Vec<Fragment>,
}

struct Fragment {
    position: usize,
    gap: Range,
    stages: Vec<Stage>,
}

impl Signatures {
    /// Takes one piece of a file; gives a signature where one ends: its number, and the signature unless it cannot be read.
    pub(super) fn take(&mut self, piece: &Piece<'_>) -> Option<(u32, Result<Signature, Unread>)> {
        match piece {
            Piece::Start("InternalSignature", said) => {
                *self = Self { id: number(said, "ID").and_then(|id| u32::try_from(id).ok()).unwrap_or(0), ..Self::default() };
            }
            Piece::Start("ByteSequence", said) | Piece::Empty("ByteSequence", said) => self.begin(said),
            Piece::Start("SubSequence", said) => {
                let (low, high) = (number(said, "SubSeqMinOffset"), number(said, "SubSeqMaxOffset"));
                self.current = SubSequence { low, high, ..SubSequence::default() };
            }
            Piece::Start("Sequence", _) => self.text.clear(),
            Piece::Start("LeftFragment" | "RightFragment", said) => self.fragment(said),
            Piece::Text(text) => self.text.push_str(text),
            Piece::End("Sequence") => self.current.anchor = self.read(),
            Piece::End(side @ ("LeftFragment" | "RightFragment")) => {
                let stages = self.read();
                if let Some(mut fragment) = self.fragment.take() {
                    fragment.stages = stages;
                    let list = if *side == "LeftFragment" { &mut self.current.left } else { &mut self.current.right };
                    list.push(fragment);
                }
            }
            Piece::End("SubSequence") => self.sequence.push(take(&mut self.current)),
            Piece::End("ByteSequence") => self.end(),
            Piece::End("InternalSignature") => return Some((self.id, self.signature())),
            _ => {}
        }
        None
    }

    /// The words that stood last.
    pub(super) fn words(&mut self) -> String {
        take(&mut self.text)
    }

    /// A byte sequence, which may say all of it in one expression.
    fn begin(&mut self, said: &Attributes<'_>) {
        self.from = match said.get("Reference").as_deref() {
            Some("BOFoffset") => Some(From::Beginning),
            Some("EOFoffset") => Some(From::End),
            _ => None,
        };
        self.sequence.clear();
        if let Some(expression) = said.get("Sequence") {
            self.text = expression;
            let anchor = self.read();
            self.sequence.push(SubSequence { anchor, ..SubSequence::default() });
            self.end();
        }
    }

    fn fragment(&mut self, said: &Attributes<'_>) {
        self.text.clear();
        let low = number(said, "MinOffset").unwrap_or(0);
        let high = number(said, "MaxOffset").unwrap_or(low).max(low);
        let position = number(said, "Position").unwrap_or(1);
        self.fragment = Some(Fragment { position, gap: Range { low, high }, stages: Vec::new() });
    }

    fn read(&mut self) -> Vec<Stage> {
        let read = stages(&self.text);
        self.text.clear();
        read.unwrap_or_else(|why| {
            self.trouble = Some(why);
            Vec::new()
        })
    }

    fn end(&mut self) {
        let sequence = take(&mut self.sequence);
        if sequence.is_empty() {
            return;
        }
        match chain(self.from, sequence) {
            Ok(chain) => self.chains.push(chain),
            Err(why) => self.trouble = Some(why),
        }
    }

    fn signature(&mut self) -> Result<Signature, Unread> {
        let mut chains = take(&mut self.chains);
        chains.sort_by_key(Chain::floats);
        match self.trouble.take() {
            Some(why) => Err(why),
            None if chains.is_empty() => Err(Unread("a signature without bytes")),
            None => Ok(Signature { id: self.id, chains }),
        }
    }
}

fn number(said: &Attributes<'_>, name: &str) -> Option<usize> {
    said.get(name)?.trim().parse().ok().filter(|number| *number <= MAX_SIGNATURE_REACH)
}

/// Puts sub-sequences together. The one at the end that the sequence refers to keeps its distance from it; the others stand
/// anywhere beyond, unless they say how far.
fn chain(from: Option<From>, sequence: Vec<SubSequence>) -> Result<Chain, Unread> {
    let direction = from.unwrap_or(From::Beginning);
    let outermost = match direction {
        From::Beginning => 0,
        From::End => sequence.len() - 1,
    };
    let mut stages = Vec::new();
    for (at, part) in sequence.into_iter().enumerate() {
        let low = part.low.unwrap_or(0);
        let unbounded = if from.is_some() && at == outermost { low } else { usize::MAX };
        let gap = Range { low, high: part.high.unwrap_or(unbounded).max(low) };
        let mut own = with_fragments(part)?;
        let edge = match direction {
            From::Beginning => own.first_mut(),
            From::End => own.last_mut(),
        };
        for choice in edge.into_iter().flat_map(|stage| &mut stage.choices) {
            match direction {
                From::Beginning => choice.before = choice.before.plus(gap),
                From::End => choice.after = choice.after.plus(gap),
            }
        }
        stages.extend(own);
    }
    Ok(Chain::new(direction, stages))
}

fn with_fragments(part: SubSequence) -> Result<Vec<Stage>, Unread> {
    let mut anchor = part.anchor;
    anchor.first_mut().ok_or(Unread("a sequence without bytes"))?.is_anchor = true;
    let mut stages = side(part.left, true)?;
    stages.append(&mut anchor);
    stages.append(&mut side(part.right, false)?);
    Ok(stages)
}

/// The fragments of one side in the order of the file. Those with one position are alternatives; position 1 is the nearest
/// to what is searched for.
fn side(mut fragments: Vec<Fragment>, left: bool) -> Result<Vec<Stage>, Unread> {
    fragments.sort_by_key(|fragment| fragment.position);
    if left {
        fragments.reverse();
    }
    let mut stages: Vec<Stage> = Vec::new();
    // The position of the last fragment, and whether others may stand in its place.
    let mut last = (None, false);
    for mut fragment in fragments {
        let edge = if left { fragment.stages.last_mut() } else { fragment.stages.first_mut() };
        for choice in edge.into_iter().flat_map(|stage| &mut stage.choices) {
            let gap = if left { &mut choice.after } else { &mut choice.before };
            *gap = gap.plus(fragment.gap);
        }
        let is_single = fragment.stages.len() == 1;
        if last.0 != Some(fragment.position) {
            stages.append(&mut fragment.stages);
            last = (Some(fragment.position), is_single);
        } else if let (Some(same), Some(only), (_, true), true) = (stages.last_mut(), fragment.stages.pop(), last, is_single) {
            same.choices.extend(only.choices);
        } else {
            return Err(Unread("alternative fragments with gaps"));
        }
    }
    Ok(stages)
}
