//! Pictures made of nothing: slides of made-up text, pointers, films, noise. The same seed draws the same.

use ketang_screen::luma::Luma;

pub(crate) const WIDTH: usize = 640;
pub(crate) const HEIGHT: usize = 360;

/// A sequence that looks random.
pub(crate) struct Seed(pub(crate) u32);

impl Seed {
    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit
    }
}

pub(crate) fn paint(picture: &mut Luma, x: usize, y: usize, width: usize, height: usize, brightness: u8) {
    for line in y.min(HEIGHT)..(y + height).min(HEIGHT) {
        picture.data[line * WIDTH + x.min(WIDTH)..line * WIDTH + (x + width).min(WIDTH)].fill(brightness);
    }
}

/// So many letters, 7 pixels wide and 10 high, with a space now and then.
pub(crate) fn write(picture: &mut Luma, x: usize, y: usize, letters: usize, seed: u32) {
    let mut seed = Seed(seed);
    for letter in 0..letters {
        let left = x + letter * 7;
        if seed.below(6) == 0 {
            continue;
        }
        // Strokes: upright ones, and lying ones between.
        for stroke in 0..3 {
            let (dx, dy) = (seed.below(4), seed.below(8));
            if stroke == 0 { paint(picture, left + dx, y, 2, 10, 40) } else { paint(picture, left, y + dy, 5, 2, 40) }
        }
    }
}

/// A slide of a deck: the template all share, a title, and so many lines.
pub(crate) fn slide(number: u32, lines: usize) -> Luma {
    let mut picture = Luma::filled(WIDTH, HEIGHT, 235);
    paint(&mut picture, 0, 0, WIDTH, 24, 90);
    paint(&mut picture, 0, 345, WIDTH, 15, 90);
    write(&mut picture, 30, 345, 20, 7);
    write(&mut picture, 30, 45, 22, 1000 + number);
    for line in 0..lines {
        write(&mut picture, 60, 90 + 26 * line, 40 + (number as usize * 7 + line * 11) % 30, number * 50 + line as u32);
    }
    picture
}

/// So much of the second picture over the first, 0 to 1.
pub(crate) fn mixed(a: &Luma, b: &Luma, share: f64) -> Luma {
    let share = share.clamp(0.0, 1.0);
    let mix = |(a, b): (&u8, &u8)| (f64::from(*a) * (1.0 - share) + f64::from(*b) * share).round() as u8;
    Luma { data: a.data.iter().zip(&b.data).map(mix).collect(), ..a.clone() }
}

/// An arrow with its tip there.
pub(crate) fn pointer(picture: &mut Luma, x: usize, y: usize) {
    for line in 0..9 {
        paint(picture, x, y + line, line / 2 + 2, 1, 10);
    }
}

/// A film of a frame: coarse patches that wander.
pub(crate) fn film(picture: &mut Luma, x: usize, y: usize, width: usize, height: usize, frame: u64) {
    for line in y..(y + height).min(HEIGHT) {
        for column in x..(x + width).min(WIDTH) {
            let phase =
                (column as f64 / 23.0 + frame as f64 * 0.5).sin() + (line as f64 / 17.0 - frame as f64 * 0.3).cos();
            picture.data[line * WIDTH + column] = (128.0 + 50.0 * phase) as u8;
        }
    }
}

/// Noise of at most so much, up and down.
pub(crate) fn noise(picture: &mut Luma, most: i32, seed: u32) {
    let mut seed = Seed(seed);
    for pixel in &mut picture.data {
        let by = seed.below(2 * most as usize + 1) as i32 - most;
        *pixel = (i32::from(*pixel) + by).clamp(0, 255) as u8;
    }
}

/// As a codec leaves it that had too few bits: the mean of neighbours, over and over.
pub(crate) fn blurred(picture: &Luma, times: usize) -> Luma {
    let mut picture = picture.clone();
    for _ in 0..times {
        let from = picture.data.clone();
        for at in WIDTH + 1..from.len() - WIDTH - 1 {
            let around = [at - WIDTH, at - 1, at, at, at + 1, at + WIDTH];
            picture.data[at] = (around.iter().map(|at| u32::from(from[*at])).sum::<u32>() / 6) as u8;
        }
    }
    picture
}
