//! Whether a picture is one of something written: ink on an even ground, as a scan or a screen shows it.

use ::image::RgbImage;

/// How far from the ground a shade may be and still be ground; how far ink is at least. Of 255.
const GROUND: u8 = 20;
const INK: u8 = 48;

/// How much of a picture the ground takes at least, and how much ink at least and at most, in thousandths.
const LEAST_GROUND: usize = 450;
const LEAST_INK: usize = 2;
const MOST_INK: usize = 400;

/// Nothing is written on what is smaller than this, in pixels: it is an icon.
const LEAST_SIDE: u32 = 100;

/// Whether something seems to be written on a picture that was made as small as a thumbnail: most of it has one shade,
/// a little of it clearly another.
pub(super) fn is_written(picture: &RgbImage) -> bool {
    if picture.width().max(picture.height()) < LEAST_SIDE {
        return false;
    }
    let shades: Vec<u8> = picture.pixels().map(|pixel| shade(pixel.0)).collect();
    let mut counts = [0_usize; 256];
    for shade in &shades {
        counts[usize::from(*shade)] += 1;
    }
    let near =
        |middle: usize| counts[middle.saturating_sub(GROUND.into())..=(middle + usize::from(GROUND)).min(255)].iter().sum();
    let Some((ground, size)) = (0..256).map(|middle| (middle, near(middle))).max_by_key(|(_, size): &(usize, usize)| *size)
    else {
        return false;
    };
    let ink = shades.iter().filter(|shade| usize::from(**shade).abs_diff(ground) > INK.into()).count();
    let share = |count: usize| count * 1000 / shades.len().max(1);
    share(size) >= LEAST_GROUND && (LEAST_INK..=MOST_INK).contains(&share(ink))
}

/// How light a pixel is (ITU-R BT.601).
fn shade([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn ink_on_paper_is_written_and_landscapes_are_not() {
        let strokes = |x: u32, y: u32| y % 12 < 5 && x % 4 < 1;
        let paper = RgbImage::from_fn(400, 500, |x, y| Rgb(if strokes(x, y) { [40; 3] } else { [228, 220, 200] }));
        let screen = RgbImage::from_fn(400, 500, |x, y| Rgb(if strokes(x, y) { [210; 3] } else { [30; 3] }));
        let slope = RgbImage::from_fn(400, 500, |x, y| Rgb([(x / 2) as u8, (y / 2) as u8, 90]));
        assert!(is_written(&paper) && is_written(&screen));
        assert!(!is_written(&slope) && !is_written(&RgbImage::new(9, 9)) && !is_written(&RgbImage::new(0, 0)));
    }
}
