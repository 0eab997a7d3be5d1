//! JPEG at an eighth, a quarter or half of its size: what a thumbnail does not show is never computed. Baseline files
//! lose the frequencies that a smaller picture cannot hold; of progressive ones the first scans are read. What is built
//! in any other way is left to the whole decoder. ITU T.81.

mod bits;
#[cfg(test)]
mod tests;

use crate::limits::MAX_IMAGE_MEMORY;
use ::image::RgbImage;
use bits::Bits;

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
