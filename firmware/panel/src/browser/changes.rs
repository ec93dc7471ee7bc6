//! What changed between two pictures, and how it travels: pieces of the picture as PNG, which browsers decode by themselves.

use ketang_hal::picture::Size;

/// Changed rows that are no further apart are one piece.
const NEAR: u32 = 16;

/// A piece of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The pieces that differ from the picture before, from the top; all of it when there was none. Both are of one size.
pub(super) fn pieces(before: Option<&[u32]>, now: &[u32], size: Size) -> Vec<Piece> {
    let Some(before) = before else {
        return vec![Piece { x: 0, y: 0, width: size.width, height: size.height }];
    };
    let wide = size.width as usize;
    let rows = before.chunks_exact(wide).zip(now.chunks_exact(wide));
    let mut pieces: Vec<Piece> = Vec::new();
    for ((before, now), y) in rows.zip(0..).filter(|((before, now), _)| before != now) {
        let differs = |(before, now): (&u32, &u32)| before != now;
        let left = before.iter().zip(now).position(differs).unwrap_or(0) as u32;
        let right = before.iter().zip(now).rposition(differs).unwrap_or(0) as u32 + 1;
        match pieces.last_mut().filter(|piece| y - (piece.y + piece.height) < NEAR) {
            Some(piece) => {
                let end = right.max(piece.x + piece.width);
                piece.x = piece.x.min(left);
                (piece.width, piece.height) = (end - piece.x, y + 1 - piece.y);
            }
            None => pieces.push(Piece { x: left, y, width: right - left, height: 1 }),
        }
    }
    pieces
}

/// One message: for each piece its left and its upper end (two bytes each), the length of its PNG (four), and that. All
/// numbers have their lowest byte first.
pub(super) fn message(pieces: &[Piece], picture: &[u32], size: Size) -> Result<Vec<u8>, png::EncodingError> {
    let mut message = Vec::new();
    for piece in pieces {
        message.extend_from_slice(&(piece.x as u16).to_le_bytes());
        message.extend_from_slice(&(piece.y as u16).to_le_bytes());
        let length_at = message.len();
        message.extend_from_slice(&[0; 4]);
        write(piece, picture, size, &mut message)?;
        let length = (message.len() - length_at - 4) as u32;
        message[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
    }
    Ok(message)
}

fn write(piece: &Piece, picture: &[u32], size: Size, to: &mut Vec<u8>) -> Result<(), png::EncodingError> {
    let mut info = png::Info::with_size(piece.width, piece.height);
    info.color_type = png::ColorType::Rgb;
    info.bit_depth = png::BitDepth::Eight;
    let mut encoder = png::Encoder::with_info(to, info)?;
    encoder.set_compression(png::Compression::Fastest);
    let rows = picture.chunks_exact(size.width as usize).skip(piece.y as usize).take(piece.height as usize);
    let pixels = rows.flat_map(|row| &row[piece.x as usize..(piece.x + piece.width) as usize]);
    let mut bytes = Vec::with_capacity((piece.width * piece.height * 3) as usize);
    pixels.for_each(|pixel| bytes.extend_from_slice(&pixel.to_be_bytes()[1..]));
    encoder.write_header()?.write_image_data(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 20, height: 60 };

    fn changed(places: &[(u32, u32)]) -> Vec<Piece> {
        let before = vec![0; 20 * 60];
        let mut now = before.clone();
        places.iter().for_each(|(x, y)| now[(y * 20 + x) as usize] = 1);
        pieces(Some(&before), &now, SIZE)
    }

    #[test]
    fn a_piece_holds_what_changed_and_no_more() {
        assert_eq!(changed(&[]), []);
        assert_eq!(changed(&[(19, 59)]), [Piece { x: 19, y: 59, width: 1, height: 1 }]);
        assert_eq!(changed(&[(3, 2), (9, 12), (1, 5)]), [Piece { x: 1, y: 2, width: 9, height: 11 }]);
        let (above, below) = (Piece { x: 4, y: 0, width: 1, height: 1 }, Piece { x: 7, y: 40, width: 2, height: 1 });
        assert_eq!(changed(&[(4, 0), (7, 40), (8, 40)]), [above, below]);
        assert_eq!(pieces(None, &[0; 20 * 60], SIZE), [Piece { x: 0, y: 0, width: 20, height: 60 }]);
    }
}
