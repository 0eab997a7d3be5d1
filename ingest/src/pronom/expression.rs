//! The language in which signatures write bytes down: hexadecimal digits, quoted strings, sets, ranges, negations,
//! alternatives and gaps, in the old form of PRONOM and in that of container signatures.

use super::pattern::{ByteSet, Choice, Pattern, Piece, Range, Stage};
use crate::limits::MAX_SIGNATURE_REACH;

/// Why an expression cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread(pub(super) &'static str);

/// Alternatives within alternatives.
const MAX_DEPTH: usize = 8;

/// Reads an expression as the stages of a chain.
pub(super) fn stages(expression: &str) -> Result<Vec<Stage>, Unread> {
    let mut reader = Reader { rest: expression.as_bytes(), depth: 0 };
    let stages = reader.sequence()?;
    if reader.rest.is_empty() { Ok(stages) } else { Err(Unread("a bracket that nothing opens")) }
}

struct Reader<'a> {
    rest: &'a [u8],
    depth: usize,
}

/// Stages as they grow.
#[derive(Default)]
struct Growing {
    stages: Vec<Stage>,
    pieces: Vec<Piece>,
    /// Known bytes that are not a piece yet.
    run: Vec<u8>,
    /// What lies before the next pattern.
    gap: Option<Range>,
}

impl Growing {
    fn bytes(&mut self, bytes: &[u8]) {
        self.run.extend_from_slice(bytes);
    }

    fn piece(&mut self, piece: Piece) {
        self.end_run();
        self.pieces.push(piece);
    }

    fn end_run(&mut self) {
        if !self.run.is_empty() {
            self.pieces.push(Piece::Bytes(std::mem::take(&mut self.run).into()));
        }
    }

    /// Ends the pattern that grows.
    fn close(&mut self) {
        self.end_run();
        if !self.pieces.is_empty() {
            let pattern = Pattern::new(std::mem::take(&mut self.pieces));
            self.stage(Stage::of(pattern));
        }
    }

    fn stage(&mut self, mut stage: Stage) {
        let gap = self.gap.take().unwrap_or(Range::NONE);
        stage.choices.iter_mut().for_each(|choice| choice.before = choice.before.plus(gap));
        self.stages.push(stage);
    }

    fn gap(&mut self, gap: Range) {
        if gap.low == gap.high && !(self.pieces.is_empty() && self.run.is_empty()) {
            self.piece(Piece::Any(gap.low));
        } else {
            self.close();
            self.gap = Some(self.gap.unwrap_or(Range::NONE).plus(gap));
        }
    }

    fn done(mut self) -> Result<Vec<Stage>, Unread> {
        self.close();
        let last = self.stages.last_mut().ok_or(Unread("no bytes"))?;
        if let Some(gap) = self.gap {
            last.choices.iter_mut().for_each(|choice| choice.after = choice.after.plus(gap));
        }
        Ok(self.stages)
    }
}

impl Reader<'_> {
    /// Everything up to the end, or to what closes an alternative.
    fn sequence(&mut self) -> Result<Vec<Stage>, Unread> {
        let mut growing = Growing::default();
        while let Some(&byte) = self.rest.first() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.skip(1),
                b'|' | b')' => break,
                b'\'' => growing.bytes(self.quoted(b'\'')?),
                b'`' => self.quoted(b'`')?.iter().for_each(|byte| growing.piece(any_case(*byte))),
                b'[' => growing.piece(self.set()?),
                b'(' => {
                    let choices = self.alternatives()?;
                    growing.close();
                    growing.stage(Stage { choices, is_anchor: false });
                }
                b'{' => growing.gap(self.counted()?),
                b'*' => {
                    self.skip(1);
                    growing.gap(Range { low: 0, high: usize::MAX });
                }
                b'?' | b'.' => {
                    self.skip(if self.rest.starts_with(b"??") { 2 } else { 1 });
                    growing.gap(Range { low: 1, high: 1 });
                }
                b'&' | b'~' => growing.piece(Piece::One(Box::new(self.masked()?))),
                _ => growing.bytes(&[self.hexadecimal()?]),
            }
        }
        growing.done()
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn hexadecimal(&mut self) -> Result<u8, Unread> {
        let digit = |at: usize| char::from(*self.rest.get(at)?).to_digit(16);
        let byte = digit(0).zip(digit(1)).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        self.skip(2);
        byte.ok_or(Unread("what is no hexadecimal byte"))
    }

    fn quoted(&mut self, quote: u8) -> Result<&[u8], Unread> {
        let rest = &self.rest[1..];
        let end = rest.iter().position(|byte| *byte == quote).ok_or(Unread("a quotation without end"))?;
        self.rest = &rest[end + 1..];
        Ok(&rest[..end])
    }

    /// `&20`: all of these bits; `~20`: one of them.
    fn masked(&mut self) -> Result<ByteSet, Unread> {
        let all = self.rest.first() == Some(&b'&');
        self.skip(1);
        let mask = self.hexadecimal()?;
        let mut set = ByteSet::default();
        (0..=255).filter(|byte| if all { byte & mask == mask } else { byte & mask != 0 }).for_each(|byte| set.insert(byte));
        Ok(set)
    }

    /// `{4}`, `{4-8}`, `{4-*}`: so many bytes.
    fn counted(&mut self) -> Result<Range, Unread> {
        let end = self.rest.iter().position(|byte| *byte == b'}').ok_or(Unread("a gap without end"))?;
        let said = std::str::from_utf8(&self.rest[1..end]).map_err(|_| Unread("a gap that is none"))?;
        self.skip(end + 1);
        let (low, high) = said.split_once('-').unwrap_or((said, said));
        let number = |text: &str| text.trim().parse::<usize>().ok().filter(|number| *number <= MAX_SIGNATURE_REACH);
        let high = if high.trim() == "*" { Some(usize::MAX) } else { number(high) };
        let (low, high) = number(low).zip(high).ok_or(Unread("a gap that is none"))?;
        if low <= high { Ok(Range { low, high }) } else { Err(Unread("a gap that is none")) }
    }

    /// `(A|B)`: one of several. Each is of fixed length, or alternatives themselves.
    fn alternatives(&mut self) -> Result<Vec<Choice>, Unread> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unread("too many brackets within brackets"));
        }
        let mut choices = Vec::new();
        loop {
            self.skip(1);
            let mut stages = self.sequence()?;
            match (stages.pop(), stages.is_empty()) {
                (Some(stage), true) => choices.extend(stage.choices),
                _ => return Err(Unread("a gap within alternatives")),
            }
            match self.rest.first() {
                Some(b'|') => {}
                Some(b')') => break,
                _ => return Err(Unread("alternatives without end")),
            }
        }
        self.skip(1);
        self.depth -= 1;
        Ok(choices)
    }

    /// `[…]`: one byte of a set; in the old form also a run of bytes that must not be, and a range of numbers.
    fn set(&mut self) -> Result<Piece, Unread> {
        self.skip(1);
        self.skip_spaces();
        let inverted = matches!(self.rest.first(), Some(b'!' | b'^'));
        if inverted {
            self.skip(1);
        }
        if let Some(piece) = self.long(inverted)? {
            return Ok(piece);
        }
        let mut set = ByteSet::default();
        loop {
            self.skip_spaces();
            match self.rest.first() {
                None => return Err(Unread("a set without end")),
                Some(b']') => break,
                Some(b'&' | b'~') => {
                    let masked = self.masked()?;
                    (0..=255).filter(|byte| masked.contains(*byte)).for_each(|byte| set.insert(byte));
                }
                Some(_) => self.member(&mut set)?,
            }
        }
        self.skip(1);
        Ok(Piece::One(Box::new(if inverted { set.inverted() } else { set })))
    }

    /// `[!0000]` and `[0000:1000]`: several bytes at once, as only digits say them.
    fn long(&mut self, inverted: bool) -> Result<Option<Piece>, Unread> {
        let end = self.rest.iter().position(|byte| *byte == b']').ok_or(Unread("a set without end"))?;
        let said = self.rest[..end].trim_ascii();
        let colon = said.iter().position(|byte| *byte == b':');
        let (low, high) = colon.map_or((said, said), |at| (&said[..at], &said[at + 1..]));
        let is_long = |digits: &[u8]| digits.len() > 2 && digits.iter().all(u8::is_ascii_hexdigit);
        if !(is_long(low) && is_long(high) && low.len() == high.len() && (inverted || colon.is_some())) {
            return Ok(None);
        }
        let bytes = |digits: &[u8]| {
            let mut reader = Reader { rest: digits, depth: 0 };
            let mut bytes = Vec::new();
            while !reader.rest.is_empty() {
                bytes.push(reader.hexadecimal()?);
            }
            Ok(bytes.into_boxed_slice())
        };
        let (low, high) = (bytes(low)?, bytes(high)?);
        self.skip(end + 1);
        Ok(Some(Piece::Span { low, high, within: !inverted }))
    }

    /// A byte, a range of bytes, or the bytes of a string.
    fn member(&mut self, set: &mut ByteSet) -> Result<(), Unread> {
        let low = self.one_or_more()?;
        self.skip_spaces();
        if !matches!(self.rest.first(), Some(b':' | b'-')) {
            low.iter().for_each(|byte| set.insert(*byte));
            return Ok(());
        }
        self.skip(1);
        self.skip_spaces();
        match (&low[..], &self.one_or_more()?[..]) {
            ([low], [high]) if low <= high => (*low..=*high).for_each(|byte| set.insert(byte)),
            // Some write the greater byte first.
            ([low], [high]) => (*high..=*low).for_each(|byte| set.insert(byte)),
            _ => return Err(Unread("a range of more than bytes")),
        }
        Ok(())
    }

    fn one_or_more(&mut self) -> Result<Vec<u8>, Unread> {
        match self.rest.first() {
            Some(b'\'') => self.quoted(b'\'').map(<[u8]>::to_vec),
            _ => self.hexadecimal().map(|byte| vec![byte]),
        }
    }
}

/// A letter, large or small.
fn any_case(byte: u8) -> Piece {
    let mut set = ByteSet::default();
    set.insert(byte.to_ascii_lowercase());
    set.insert(byte.to_ascii_uppercase());
    Piece::One(Box::new(set))
}

#[cfg(test)]
mod tests {
    use super::{
        super::pattern::{Chain, Effort, From},
        *,
    };

    fn is(expression: &str, bytes: &[u8]) -> bool {
        Chain::new(From::Beginning, stages(expression).unwrap()).is_in(bytes, 1 << 16, &Effort::new(1 << 20))
    }

    #[test]
    fn each_form_asks_for_its_bytes() {
        for (expression, yes, no) in [
            ("25504446", &b"%PDF"[..], &b"%pdf"[..]),
            ("25 50'DF'", b"%PDF", b"%PD"),
            ("`PdF`", b"pDf", b"pxf"),
            ("41[42:44]45", b"ACE", b"AEE"),
            ("41['b'-'d' 'z']", b"Az", b"Aa"),
            ("[22 27]", b"'", b"\""[..0].as_ref()),
            ("[!00]41", b"BA", b"\0A"),
            ("[!4041]42", b"@BB", b"@AB"),
            ("[0000:1000]", b"\x0f\xff", b"\x10\x01"),
            ("[&41]", b"C", b"@"),
            ("[!&01]00", b"\x02\0", b"\x03\0"),
            ("(41|'BC')44", b"BCD", b"BD"),
            ("41??42", b"AxB", b"AB"),
            ("41{2}42", b"AxxB", b"AxB"),
            ("41{1-2}42", b"AxxB", b"AB"),
            ("41{1-*}42", b"Axxxxxx\0B", b"AB"),
            ("41*42", b"AB", b"A"),
            ("{2}42", b"xxB", b"B"),
        ] {
            assert!(is(expression, yes) && !is(expression, no), "{expression}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for expression in
            ["", "4", "4G", "'abc", "[41", "(41", "41)", "{4", "{5-4}41", "{99999999999}41", "{2}", "(41{1-2}42|43)"]
        {
            assert!(stages(expression).is_err(), "{expression}");
        }
        assert_eq!(stages(&"(".repeat(100_000)).unwrap_err(), Unread("too many brackets within brackets"));
    }
}
