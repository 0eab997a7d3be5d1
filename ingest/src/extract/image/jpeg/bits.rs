//! The bits of a JPEG's scans, as they lie in its bytes.

/// The bits of a scan, most significant first; stuffed zeros are taken out (F.1.2.3).
pub(super) struct Bits<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// The next bits, on the left, and how many of them count.
    pub(super) buffer: u64,
    pub(super) count: u32,
    /// Zeros that stand for what is not there.
    pub(super) missing: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0, missing: 0 }
    }

    /// Makes sure of 32 bits: enough for a code and its value.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
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
    pub(super) fn fill_slowly(&mut self) {
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
    pub(super) fn peek(&self, width: u32) -> u32 {
        (self.buffer >> (64 - width)) as u32
    }

    #[inline(always)]
    pub(super) fn drop(&mut self, width: u32) {
        self.buffer <<= width;
        self.count = self.count.saturating_sub(width);
    }

    #[inline(always)]
    pub(super) fn take(&mut self, width: u32) -> u32 {
        self.fill();
        let value = self.peek(width);
        self.drop(width);
        value
    }

    /// A signed value of so many bits (F.2.2.1).
    #[inline(always)]
    pub(super) fn value(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let value = self.peek(size) as i32;
        self.drop(size);
        if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
    }

    /// Passes over a restart marker.
    pub(super) fn restart(&mut self) -> Option<()> {
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
    pub(super) fn sound(&self) -> Option<()> {
        (self.missing <= self.count).then_some(())
    }

    /// Where the scan ends at the earliest: before the next marker.
    pub(super) fn end(&self) -> usize {
        self.at
    }
}
