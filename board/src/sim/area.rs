//! Rectangles of a frame.

use ketang_hal::picture::Size;

/// A rectangle in pixels; right and bottom excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

impl Area {
    pub(super) fn of(size: Size) -> Area {
        Area { left: 0, top: 0, right: size.width as i32, bottom: size.height as i32 }
    }

    /// What lies in both.
    pub(super) fn and(self, other: Area) -> Area {
        Area {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// The smallest that holds both.
    pub(super) fn around(self, other: Area) -> Area {
        Area {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// The same in pixels of chroma; all sides are even.
    pub(super) fn half(self) -> Area {
        Area { left: self.left / 2, top: self.top / 2, right: self.right / 2, bottom: self.bottom / 2 }
    }

    pub(super) fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }
}

/// Joins those that overlap, so that none is drawn twice.
pub(super) fn joined(areas: impl IntoIterator<Item = Area>) -> Vec<Area> {
    let mut joined: Vec<Area> = Vec::new();
    for mut area in areas.into_iter().filter(|area| !area.is_empty()) {
        while let Some(index) = joined.iter().position(|other| !other.and(area).is_empty()) {
            area = area.around(joined.swap_remove(index));
        }
        joined.push(area);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_areas_become_one_and_others_stay() {
        let area = |left, top, right, bottom| Area { left, top, right, bottom };
        let apart = [area(0, 0, 4, 4), area(4, 0, 8, 4), area(6, 6, 6, 9)];
        assert_eq!(joined(apart), apart[..2]);
        // The third bridges the first two.
        assert_eq!(joined([area(0, 0, 4, 4), area(6, 0, 10, 4), area(2, 2, 8, 3)]), [area(0, 0, 10, 4)]);
    }
}
