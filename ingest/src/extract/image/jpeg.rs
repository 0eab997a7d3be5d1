//! JPEG at an eighth, a quarter or half of its size: what a thumbnail does not show is never computed. Baseline files
//! lose the frequencies that a smaller picture cannot hold; of progressive ones the first scans are read. What is built
//! in any other way is left to the whole decoder. ITU T.81.

use crate::limits::MAX_IMAGE_MEMORY;
use ::image::RgbImage;

/// How many pixels of a small picture stand for 8 of the large one, least first.
const REDUCTIONS: [usize; 3] = [1, 2, 4];

/// How much smaller than asked for a picture may come out, in sixteenths: 15 save a decode of four times the pixels.
const NEARLY: usize = 15;

/// The bits by which most codes are found at once.
const FAST_BITS: u32 = 10;

/// Where the coefficients of a block stand that a picture at a quarter or half of its size needs: row and column by
/// their place in the zigzag (T.81, figure A.6), as far as the last of the first four rows and columns.
const ZIGZAG: [(usize, usize); 25] = [
    (0, 0),
    (0, 1),
    (1, 0),
    (2, 0),
    (1, 1),
    (0, 2),
    (0, 3),
    (1, 2),
    (2, 1),
    (3, 0),
    (4, 0),
    (3, 1),
    (2, 2),
    (1, 3),
    (0, 4),
    (0, 5),
    (1, 4),
    (2, 3),
    (3, 2),
    (4, 1),
    (5, 0),
    (6, 0),
    (5, 1),
    (4, 2),
    (3, 3),
];

/// A picture whose longer side is about `side` pixels or more, if that is much smaller than the whole and can be had
/// without decoding all of it. `most` is how long a side may be.
pub(super) fn reduced(bytes: &[u8], side: u32, most: u32) -> Option<RgbImage> {
    let mut decoder = Decoder::new(bytes, side as usize, most as usize)?;
    while decoder.segment()? {}
    Some(decoder.picture())
}

/// One colour of the picture.
struct Component {
    id: u8,
    /// Blocks in one unit of the interleaved scan, across and down.
    across: usize,
    down: usize,
    quantisation: usize,
    /// How many pixels stand for 8 here: chroma that was stored at half the size is not reduced as much.
    reduction: usize,
    /// Blocks of the whole plane, filled up to whole units, and pixels in one of its rows.
    columns: usize,
    rows: usize,
    stride: usize,
    pixels: Vec<u8>,
    /// Of a progressive picture: the first coefficient of each block.
    first: Vec<i32>,
    /// The tables of the scan, and the prediction.
    dc: usize,
    ac: usize,
    before: i32,
}

struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
    side: usize,
    most: usize,
    is_progressive: bool,
    is_rgb: bool,
    restart: usize,
    width: usize,
    height: usize,
    reduction: usize,
    quantisation: [[f32; 16]; 4],
    tables: [[Option<Box<Table>>; 4]; 2],
    components: Vec<Component>,
    /// Scans that brought pixels of a component.
    seen: usize,
}

impl<'a> Decoder<'a> {
    fn new(bytes: &'a [u8], side: usize, most: usize) -> Option<Self> {
        bytes.starts_with(b"\xff\xd8").then(|| Self {
            bytes,
            at: 2,
            side,
            most,
            is_progressive: false,
            is_rgb: false,
            restart: 0,
            width: 0,
            height: 0,
            reduction: 0,
            quantisation: [[0.0; 16]; 4],
            tables: Default::default(),
            components: Vec::new(),
            seen: 0,
        })
    }

    /// Reads one segment; answers whether another one is needed.
    fn segment(&mut self) -> Option<bool> {
        while *self.bytes.get(self.at)? != 0xff {
            self.at += 1;
        }
        while *self.bytes.get(self.at)? == 0xff {
            self.at += 1;
        }
        let marker = self.bytes[self.at];
        self.at += 1;
        match marker {
            0xd9 => return (self.seen > 0 && self.seen >= self.components.len()).then_some(false),
            0x00 | 0x01 | 0xd0..=0xd8 => return Some(true),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*self.bytes.get(self.at)?, *self.bytes.get(self.at + 1)?]));
        let body = self.bytes.get(self.at + 2..self.at.checked_add(length)?)?;
        self.at += length;
        match marker {
            0xc0..=0xc2 => self.frame(marker == 0xc2, body)?,
            0xc4 => self.huffman(body)?,
            // Lossless, hierarchical, arithmetic.
            0xc3..=0xcf => return None,
            0xdb => self.quantisers(body)?,
            0xdd => self.restart = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?])),
            0xee if body.starts_with(b"Adobe") => self.is_rgb = *body.get(11)? == 0,
            0xda => return self.scan(body),
            _ => {}
        }
        Some(true)
    }

    fn quantisers(&mut self, mut body: &[u8]) -> Option<()> {
        while let [head, rest @ ..] = body {
            let width = if head >> 4 == 0 { 1 } else { 2 };
            let (table, rest) = rest.split_at_checked(64 * width)?;
            let quantisation = self.quantisation.get_mut(usize::from(head & 15))?;
            for (value, (row, column)) in table.chunks(width).zip(ZIGZAG) {
                if row < 4 && column < 4 {
                    quantisation[row * 4 + column] = value.iter().fold(0.0, |sum, byte| sum * 256.0 + f32::from(*byte));
                }
            }
            body = rest;
        }
        Some(())
    }

    fn huffman(&mut self, mut body: &[u8]) -> Option<()> {
        while let [head, rest @ ..] = body {
            let (counts, rest) = rest.split_at_checked(16)?;
            let (symbols, rest) = rest.split_at_checked(counts.iter().map(|count| usize::from(*count)).sum())?;
            let class = self.tables.get_mut(usize::from(head >> 4))?;
            *class.get_mut(usize::from(head & 15))? = Some(Box::new(Table::new(counts, symbols)?));
            body = rest;
        }
        Some(())
    }

    /// Reads the frame header (B.2.2), and chooses the reduction.
    fn frame(&mut self, is_progressive: bool, body: &[u8]) -> Option<()> {
        let [8, high, low, wide, narrow, count, rest @ ..] = body else { return None };
        (self.height, self.width) =
            (usize::from(u16::from_be_bytes([*high, *low])), usize::from(u16::from_be_bytes([*wide, *narrow])));
        let fits = (1..=self.most).contains(&self.width) && (1..=self.most).contains(&self.height);
        if !fits || !self.components.is_empty() || !matches!(count, 1 | 3) || rest.len() != usize::from(*count) * 3 {
            return None;
        }
        self.is_progressive = is_progressive;
        let longest = self.width.max(self.height);
        self.reduction = REDUCTIONS.into_iter().find(|kept| longest * kept * 16 >= self.side * NEARLY * 8)?;
        let pixels = (self.width * self.reduction / 8) as u64 * (self.height * self.reduction / 8) as u64;
        if pixels * 3 > MAX_IMAGE_MEMORY {
            return None;
        }
        // The scans after the first refine what is not needed at an eighth alone.
        if is_progressive && self.reduction > 1 {
            return None;
        }
        let factors = |component: &[u8]| (usize::from(component[1] >> 4), usize::from(component[1] & 15));
        let all: Vec<_> = rest.chunks_exact(3).map(factors).collect();
        if all.iter().any(|(across, down)| !(1..=4).contains(across) || !(1..=4).contains(down)) {
            return None;
        }
        let (across, down) = (all.iter().map(|one| one.0).max()?, all.iter().map(|one| one.1).max()?);
        let (columns, rows) = (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down));
        for component in rest.chunks_exact(3) {
            let (mut h, mut v) = factors(component);
            if *count == 1 {
                (h, v) = (1, 1);
            }
            let (columns, rows) =
                if *count == 1 { (self.width.div_ceil(8), self.height.div_ceil(8)) } else { (columns * h, rows * v) };
            let finer = if *count == 1 || is_progressive { 1 } else { (across / h).min(down / v) };
            let reduction = REDUCTIONS.into_iter().rev().find(|kept| *kept <= self.reduction * finer)?;
            let stride = columns * reduction;
            self.components.push(Component {
                id: component[0],
                across: h,
                down: v,
                quantisation: usize::from(component[2] & 3),
                reduction,
                columns,
                rows,
                stride,
                pixels: vec![128; stride * rows * reduction],
                first: if is_progressive { vec![0; columns * rows] } else { Vec::new() },
                dc: 0,
                ac: 0,
                before: 0,
            });
        }
        if self.components.len() == 3 && self.components.iter().map(|one| one.id).eq(*b"RGB") {
            self.is_rgb = true;
        }
        Some(())
    }

    /// Reads a scan (B.2.3). Of a progressive picture only those of the first coefficients.
    fn scan(&mut self, body: &[u8]) -> Option<bool> {
        let (count, rest) = body.split_first()?;
        let (chosen, rest) = rest.split_at_checked(usize::from(*count) * 2)?;
        let [start, _, approximation] = *rest else { return None };
        if self.is_progressive && start > 0 {
            return Some(true);
        }
        let mut order = Vec::new();
        for choice in chosen.chunks_exact(2) {
            let index = self.components.iter().position(|component| component.id == choice[0])?;
            let component = &mut self.components[index];
            (component.dc, component.ac) = (usize::from(choice[1] >> 4), usize::from(choice[1] & 15));
            if component.dc > 3 || component.ac > 3 || order.contains(&index) {
                return None;
            }
            order.push(index);
        }
        let kind = match (self.is_progressive, approximation >> 4, approximation & 15) {
            (false, ..) => Kind::Baseline,
            (true, 0, low) => Kind::First(low),
            (true, _, low) => Kind::Refining(low),
        };
        let (columns, rows) = match order.as_slice() {
            [one] => {
                let component = &self.components[*one];
                let (across, down) = self.largest();
                let blocks = |length: usize, own: usize, most: usize| (length * own).div_ceil(8 * most);
                (blocks(self.width, component.across, across), blocks(self.height, component.down, down))
            }
            _ => {
                let component = self.components.first()?;
                (component.columns / component.across, component.rows / component.down)
            }
        };
        let mut bits = Bits::new(self.bytes, self.at);
        let mut left = self.restart;
        for row in 0..rows {
            for column in 0..columns {
                if self.restart > 0 && left == 0 {
                    bits.restart()?;
                    self.components.iter_mut().for_each(|component| component.before = 0);
                    left = self.restart;
                }
                left = left.wrapping_sub(1);
                self.unit(&order, &mut bits, kind, row, column)?;
            }
            bits.sound()?;
        }
        self.components.iter_mut().for_each(|component| component.before = 0);
        self.at = bits.end();
        self.seen += if matches!(kind, Kind::Refining(_)) { 0 } else { order.len() };
        // All that is needed of a baseline picture is there.
        Some(self.is_progressive || self.seen < self.components.len())
    }

    fn largest(&self) -> (usize, usize) {
        let most = |factor: fn(&Component) -> usize| self.components.iter().map(factor).max().unwrap_or(1);
        (most(|component| component.across), most(|component| component.down))
    }

    /// Reads one unit of a scan: a block, or those of every component that belong together (A.2).
    fn unit(&mut self, order: &[usize], bits: &mut Bits<'_>, kind: Kind, row: usize, column: usize) -> Option<()> {
        for index in order {
            let component = &mut self.components[*index];
            let (across, down) = if order.len() == 1 { (1, 1) } else { (component.across, component.down) };
            for y in row * down..(row + 1) * down {
                for x in column * across..(column + 1) * across {
                    component.block(&self.tables, &self.quantisation, bits, kind, y, x)?;
                }
            }
        }
        Some(())
    }

    /// The small picture out of its planes.
    fn picture(mut self) -> RgbImage {
        let size = |length: usize| (length * self.reduction).div_ceil(8);
        let (width, height) = (size(self.width), size(self.height));
        if self.is_progressive {
            for component in &mut self.components {
                let factor = self.quantisation[component.quantisation][0] / 8.0;
                for (pixel, first) in component.pixels.iter_mut().zip(&component.first) {
                    *pixel = shade(*first as f32 * factor + 128.0);
                }
            }
        }
        let (most_across, most_down) = self.largest();
        let mut picture = RgbImage::new(width as u32, height as u32);
        // Where a pixel of the picture lies in a plane.
        let place = |at: usize, own: usize, reduction: usize, most: usize| at * own * reduction / (most * self.reduction);
        let columns: Vec<Vec<usize>> = self
            .components
            .iter()
            .map(|one| (0..width).map(|x| place(x, one.across, one.reduction, most_across).min(one.stride - 1)).collect())
            .collect();
        for (y, line) in picture.chunks_exact_mut(width * 3).enumerate() {
            let row = |index: usize| {
                let one = &self.components[index];
                let y = place(y, one.down, one.reduction, most_down).min(one.rows * one.reduction - 1);
                &one.pixels[y * one.stride..(y + 1) * one.stride]
            };
            if self.components.len() == 1 {
                for (pixel, grey) in line.chunks_exact_mut(3).zip(row(0)) {
                    pixel.fill(*grey);
                }
                continue;
            }
            let rows = [row(0), row(1), row(2)];
            for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
                let [first, second, third] = [0, 1, 2].map(|index: usize| rows[index][columns[index][x]]);
                let rgb = if self.is_rgb { [first, second, third] } else { rgb(first, second, third) };
                pixel.copy_from_slice(&rgb);
            }
        }
        picture
    }
}

/// What a scan brings.
#[derive(Clone, Copy)]
enum Kind {
    Baseline,
    /// First coefficients, of which so many low bits are missing.
    First(u8),
    /// One more bit of each.
    Refining(u8),
}

impl Component {
    fn block(
        &mut self,
        tables: &[[Option<Box<Table>>; 4]; 2],
        quantisation: &[[f32; 16]; 4],
        bits: &mut Bits<'_>,
        kind: Kind,
        row: usize,
        column: usize,
    ) -> Option<()> {
        let index = row * self.columns + column;
        if let Kind::Refining(low) = kind {
            *self.first.get_mut(index)? |= (bits.take(1) as i32) << low;
            return Some(());
        }
        let size = tables[0][self.dc].as_ref()?.symbol(bits)?;
        self.before = self.before.wrapping_add(bits.value(u32::from(size.min(15))));
        if let Kind::First(low) = kind {
            *self.first.get_mut(index)? = self.before << low.min(15);
            return Some(());
        }
        let table = tables[1][self.ac].as_ref()?;
        let quantisation = &quantisation[self.quantisation];
        match self.reduction {
            1 => {
                table.skip(bits)?;
                *self.pixels.get_mut(index)? = shade(self.before as f32 * quantisation[0] / 8.0 + 128.0);
                Some(())
            }
            kept => {
                let mut block = [0.0; 16];
                block[0] = self.before as f32 * quantisation[0];
                table.coefficients(bits, kept, quantisation, &mut block)?;
                self.inverse(&block, row, column)
            }
        }
    }

    /// The inverse transform (A.3.3) over as many frequencies as there are pixels.
    fn inverse(&mut self, block: &[f32; 16], row: usize, column: usize) -> Option<()> {
        let kept = self.reduction;
        let basis: &[[f32; 4]] = if kept == 2 { &BASIS_OF_2 } else { &BASIS_OF_4 };
        let mut half = [[0.0; 4]; 4];
        for (line, frequencies) in half.iter_mut().zip(block.chunks_exact(4)).take(kept) {
            for (cosines, frequency) in basis.iter().zip(frequencies) {
                line.iter_mut().zip(cosines).for_each(|(value, cosine)| *value += cosine * frequency);
            }
        }
        for y in 0..kept {
            let mut line = [128.0; 4];
            for (cosines, frequencies) in basis.iter().zip(&half) {
                line.iter_mut().zip(frequencies).for_each(|(value, frequency)| *value += cosines[y] * frequency);
            }
            let start = (row * kept + y) * self.stride + column * kept;
            for (pixel, value) in self.pixels.get_mut(start..start + kept)?.iter_mut().zip(line) {
                *pixel = shade(value);
            }
        }
        Some(())
    }
}

/// Frequencies over places, each line one frequency: the cosines of A.3.3 over 2 and 4 places, scaled so that the mean
/// of a block stays what it was.
const BASIS_OF_2: [[f32; 4]; 2] = [[EIGHTH_ROOT, EIGHTH_ROOT, 0.0, 0.0], [EIGHTH_ROOT, -EIGHTH_ROOT, 0.0, 0.0]];
const BASIS_OF_4: [[f32; 4]; 4] = [
    [EIGHTH_ROOT; 4],
    [NEAR, FAR, -FAR, -NEAR],
    [EIGHTH_ROOT, -EIGHTH_ROOT, -EIGHTH_ROOT, EIGHTH_ROOT],
    [FAR, -NEAR, NEAR, -FAR],
];
const NEAR: f32 = 0.461_939_8;
const FAR: f32 = 0.191_341_72;
const EIGHTH_ROOT: f32 = 0.353_553_4;

fn shade(value: f32) -> u8 {
    // The conversion saturates.
    (value + 0.5) as u8
}

/// JFIF's colours (ITU-R BT.601) in sixteen bits after the point.
fn rgb(light: u8, blue: u8, red: u8) -> [u8; 3] {
    let (light, blue, red) = ((i32::from(light) << 16) + (1 << 15), i32::from(blue) - 128, i32::from(red) - 128);
    [light + 91_881 * red, light - 22_554 * blue - 46_802 * red, light + 116_130 * blue]
        .map(|value| (value >> 16).clamp(0, 255) as u8)
}

/// Codes of one Huffman table (annex C).
struct Table {
    /// By the first bits: length of the code, 0 where it is longer; then the symbol.
    fast: [(u8, u8); 1 << FAST_BITS],
    /// By the first bits: all the bits of code and value, and how many coefficients they stand for.
    steps: [(u8, u8); 1 << FAST_BITS],
    /// By length: the first code that is longer, on the left of 16 bits, and what to add for the place of a symbol.
    ends: [u32; 17],
    shifts: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    fn new(counts: &[u8], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            fast: [(0, 0); 1 << FAST_BITS],
            steps: [(0, 0); 1 << FAST_BITS],
            ends: [0; 17],
            shifts: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(counts) {
            table.shifts[length as usize] = place as i32 - code as i32;
            for _ in 0..*count {
                let symbol = *symbols.get(place)?;
                if length <= FAST_BITS {
                    let (start, span) = ((code << (FAST_BITS - length)) as usize, 1 << (FAST_BITS - length));
                    table.fast.get_mut(start..start + span)?.fill((length as u8, symbol));
                    table.steps.get_mut(start..start + span)?.fill(step(length as u8, symbol));
                }
                (code, place) = (code + 1, place + 1);
            }
            if code > 1 << length {
                return None;
            }
            table.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// The symbol of a code, and its length.
    fn look(&self, bits: &Bits<'_>) -> Option<(u8, u8)> {
        let (length, symbol) = self.fast[bits.peek(FAST_BITS) as usize];
        if length > 0 { Some((length, symbol)) } else { self.look_longer(bits) }
    }

    #[cold]
    fn look_longer(&self, bits: &Bits<'_>) -> Option<(u8, u8)> {
        let code = bits.peek(16);
        let length = (FAST_BITS + 1..=16).find(|length| code < self.ends[*length as usize])?;
        let place = (code >> (16 - length)) as i32 + self.shifts[length as usize];
        Some((length as u8, *self.symbols.get(usize::try_from(place).ok()?)?))
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        bits.fill();
        let (length, symbol) = self.look(bits)?;
        bits.drop(length.into());
        Some(symbol)
    }

    /// Passes over the coefficients of a block after the first.
    fn skip(&self, bits: &mut Bits<'_>) -> Option<()> {
        let mut place = 1;
        while place < 64 {
            bits.fill();
            let (mut length, mut further) = self.steps[bits.peek(FAST_BITS) as usize];
            if length == 0 {
                let (code, symbol) = self.look_longer(bits)?;
                (length, further) = step(code, symbol);
            }
            bits.drop(length.into());
            place += usize::from(further);
        }
        Some(())
    }

    /// Reads the coefficients after the first, and keeps those that are needed.
    fn coefficients(&self, bits: &mut Bits<'_>, kept: usize, quantisation: &[f32; 16], block: &mut [f32; 16]) -> Option<()> {
        // The last place in the zigzag that a picture of 2 or 4 pixels a block needs.
        let last = if kept == 2 { 4 } else { 24 };
        let mut place = 1;
        while place < 64 {
            bits.fill();
            let (length, symbol) = self.look(bits)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run != 15 {
                bits.drop(length.into());
                return Some(());
            }
            place += run;
            if place > last || size == 0 {
                bits.drop(u32::from(length) + size);
            } else {
                bits.drop(length.into());
                let value = bits.value(size);
                let (row, column) = ZIGZAG[place];
                if row < kept && column < kept {
                    block[row * 4 + column] = value as f32 * quantisation[row * 4 + column];
                }
            }
            place += 1;
        }
        Some(())
    }
}

/// All the bits of a code and its value, and how many coefficients they stand for (F.1.2.2).
fn step(length: u8, symbol: u8) -> (u8, u8) {
    match (symbol >> 4, symbol & 15) {
        (15, 0) => (length, 16),
        (_, 0) => (length, 64),
        (run, size) => (length + size, run + 1),
    }
}

/// The bits of a scan, most significant first; stuffed zeros are taken out (F.1.2.3).
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, on the left, and how many of them count.
    buffer: u64,
    count: u32,
    /// Zeros that stand for what is not there.
    missing: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0, missing: 0 }
    }

    /// Makes sure of 32 bits: enough for a code and its value.
    #[inline(always)]
    fn fill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(next) = self.bytes.get(self.at..self.at + 8) {
            let word = u64::from_be_bytes([next[0], next[1], next[2], next[3], next[4], next[5], next[6], next[7]]);
            // No byte is 0xff: none of their complements is zero.
            if (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
                self.buffer |= word >> self.count;
                let taken = (63 - self.count) / 8;
                self.at += taken as usize;
                self.count += taken * 8;
                return;
            }
        }
        self.fill_slowly();
    }

    #[cold]
    fn fill_slowly(&mut self) {
        while self.count <= 56 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(0xff), _) | (None, _) => {
                    self.missing += 8;
                    0
                }
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            // What a swift filling left beyond the count is the same byte again.
            self.buffer &= !(0xff << (56 - self.count));
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline(always)]
    fn peek(&self, width: u32) -> u32 {
        (self.buffer >> (64 - width)) as u32
    }

    #[inline(always)]
    fn drop(&mut self, width: u32) {
        self.buffer <<= width;
        self.count = self.count.saturating_sub(width);
    }

    #[inline(always)]
    fn take(&mut self, width: u32) -> u32 {
        self.fill();
        let value = self.peek(width);
        self.drop(width);
        value
    }

    /// A signed value of so many bits (F.2.2.1).
    #[inline(always)]
    fn value(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let value = self.peek(size) as i32;
        self.drop(size);
        if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
    }

    /// Passes over a restart marker.
    fn restart(&mut self) -> Option<()> {
        self.sound()?;
        (self.buffer, self.count, self.missing) = (0, 0, 0);
        while !matches!((self.bytes.get(self.at)?, self.bytes.get(self.at + 1)?), (0xff, 0xd0..=0xd7)) {
            // Another marker ends the scan before its time.
            if self.bytes[self.at] == 0xff && !matches!(self.bytes[self.at + 1], 0 | 0xff) {
                return None;
            }
            self.at += 1;
        }
        self.at += 2;
        Some(())
    }

    /// Whether nothing was read that is not there.
    fn sound(&self) -> Option<()> {
        (self.missing <= self.count).then_some(())
    }

    /// Where the scan ends at the earliest: before the next marker.
    fn end(&self) -> usize {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::{ExtendedColorType, Rgb, codecs::jpeg::JpegEncoder, imageops};

    /// A picture with slopes and edges in colour.
    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let edge = if (x / 160 + y / 160) % 2 < 1 { 200 } else { 40 };
            Rgb([(x * 255 / width) as u8, edge, (y * 255 / height) as u8])
        })
    }

    fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
        assert_eq!(one.dimensions(), other.dimensions());
        let sum: u64 = one.as_raw().iter().zip(other.as_raw()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
        sum as f64 / one.as_raw().len() as f64
    }

    #[test]
    fn a_reduced_picture_looks_like_the_whole_made_small() {
        let whole = picture(1600, 1203);
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&whole).unwrap();
        for (side, size) in [(200, (200, 151)), (213, (200, 151)), (214, (400, 301)), (426, (400, 301)), (800, (800, 602))] {
            let small = reduced(&bytes, side, 30_000).unwrap();
            assert_eq!(small.dimensions(), size, "{side}");
            let expected = imageops::resize(&whole, size.0, size.1, imageops::FilterType::Triangle);
            assert!(difference(&small, &expected) < 5.0, "{side}: {}", difference(&small, &expected));
        }
        assert!(reduced(&bytes, 1_000, 30_000).is_none() && reduced(&bytes, 200, 1_000).is_none());
        assert!(reduced(&bytes[..bytes.len() / 2], 200, 30_000).is_none());
    }

    #[test]
    fn grey_pictures_are_read() {
        let grey: Vec<u8> = (0..512 * 256).map(|at| ((at % 512) / 2) as u8).collect();
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
        encoder.encode(&grey, 512, 256, ExtendedColorType::L8).unwrap();
        let small = reduced(&bytes, 64, 30_000).unwrap();
        assert_eq!((small.dimensions(), small.get_pixel(32, 9).0[0].abs_diff(129) < 3), ((64, 32), true));
    }

    /// A file of one grey component with quantisers of 8 and codes for differences of no and of four bits; `more` follows
    /// the header.
    fn by_hand(frame: u8, width: u8, height: u8, more: &[u8]) -> Vec<u8> {
        let segment = |marker: u8, body: &[u8]| [&[0xff, marker, 0, body.len() as u8 + 2], body].concat();
        let mut counts = [0; 16];
        (counts[0], counts[1]) = (1, 1);
        let mut ends = [0; 16];
        ends[0] = 1;
        [
            &b"\xff\xd8"[..],
            &segment(0xdb, &[&[0][..], &[8; 64]].concat()),
            &segment(frame, &[8, 0, height, 0, width, 1, 1, 0x11, 0]),
            &segment(0xc4, &[&[0][..], &counts, &[0, 4]].concat()),
            &segment(0xc4, &[&[0x10][..], &ends, &[0]].concat()),
            more,
            b"\xff\xd9",
        ]
        .concat()
    }

    #[test]
    fn each_restart_forgets_what_was_before() {
        let more = b"\xff\xdd\0\x04\0\x04\xff\xda\0\x08\x01\x01\0\0\x3f\0\xa8\x07\xff\xd0\x94\x07";
        let small = reduced(&by_hand(0xc0, 64, 8, more), 8, 30_000).unwrap();
        let shades: Vec<u8> = small.pixels().map(|pixel| pixel.0[0]).collect();
        assert_eq!(shades, [138, 138, 138, 138, 118, 118, 118, 118]);
    }

    #[test]
    fn of_a_progressive_picture_the_first_coefficients_are_read_and_refined() {
        let first = b"\xff\xda\0\x08\x01\x01\0\0\0\x01\xa8\0\0\0\0\0\0\0\x07";
        let other = b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0\x55\xff\0\x12";
        let refined = [&b"\xff\xda\0\x08\x01\x01\0\0\0\x10"[..], &b"\xff\0".repeat(8)].concat();
        let bytes = by_hand(0xc2, 64, 64, &[&first[..], other, &refined].concat());
        let small = reduced(&bytes, 8, 30_000).unwrap();
        assert_eq!(small.dimensions(), (8, 8));
        assert!(small.pixels().all(|pixel| pixel.0 == [149; 3]), "{:?}", small.get_pixel(0, 0));
        assert!(reduced(&bytes, 16, 30_000).is_none());
    }

    #[test]
    fn damage_is_never_a_panic() {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 60).encode_image(&picture(320, 200)).unwrap();
        for at in 0..bytes.len().min(1_200) {
            for flip in [0xff, 0x80, 0x11, 0x01] {
                let mut torn = bytes.clone();
                torn[at] ^= flip;
                for side in [40, 80, 160] {
                    reduced(&torn, side, 2_000);
                }
            }
        }
        for cut in 0..bytes.len() {
            reduced(&bytes[..cut], 80, 2_000);
        }
    }
}
