//! What somebody does, told from the places of the body. Unknown is an answer: a turned back hides the face.

use crate::detector::{Keypoints, Part};
use crate::watcher::Person;

/// A place of the body counts from here on.
const SURE: f32 = 0.3;

/// Whether a hand is above the eyes; `None` where neither hand nor face is seen.
pub fn hand_raised(person: &Person) -> Option<bool> {
    let points = &person.keypoints;
    let head = [Part::Nose, Part::LeftEye, Part::RightEye, Part::LeftEar, Part::RightEar];
    let (_, eyes) = points.mean(&head, SURE)?;
    let hands = [Part::LeftWrist, Part::RightWrist].map(|wrist| points.get(wrist, SURE));
    let highest = hands.iter().flatten().map(|hand| hand.y).reduce(f32::min)?;
    Some(highest < eyes)
}

/// Whether the back is turned: left and right are where the viewer has them, and no nose is seen.
pub fn faces_away(points: &Keypoints) -> Option<bool> {
    let (left, right) = (points.get(Part::LeftShoulder, SURE)?, points.get(Part::RightShoulder, SURE)?);
    let nose = points.get(Part::Nose, 0.5).is_some();
    Some(left.x < right.x && !nose)
}

/// Whether an arm reaches up or out: a hand above its elbow and no lower than the chest.
pub fn reaches(points: &Keypoints) -> bool {
    let arms = [
        (Part::LeftShoulder, Part::LeftElbow, Part::LeftWrist, Part::LeftHip),
        (Part::RightShoulder, Part::RightElbow, Part::RightWrist, Part::RightHip),
    ];
    arms.iter().any(|(shoulder, elbow, wrist, hip)| {
        let place = |part: Part| points.get(part, SURE).map(|point| point.y);
        let (Some(shoulder), Some(elbow), Some(wrist)) = (place(*shoulder), place(*elbow), place(*wrist)) else {
            return false;
        };
        let chest = place(*hip).map_or(shoulder, |hip| shoulder + 0.3 * (hip - shoulder));
        wrist < elbow && wrist < chest
    })
}

#[cfg(test)]
mod tests {
    use ketang_director::Ms;

    use super::*;
    use crate::area::Area;
    use crate::detector::Keypoint;

    fn person(places: &[(Part, f32, f32)]) -> Person {
        let mut keypoints = Keypoints::default();
        for (part, x, y) in places {
            keypoints.0[*part as usize] = Keypoint { x: *x, y: *y, score: 0.8 };
        }
        Person { id: 1, area: Area::WHOLE, speed: (0.0, 0.0), keypoints, sure: 0.9, seen: Ms::ZERO }
    }

    #[test]
    fn a_raised_hand_is_above_the_eyes() {
        let body = |hand: f32| person(&[(Part::LeftEye, 0.5, 0.2), (Part::RightWrist, 0.45, hand)]);
        assert_eq!(hand_raised(&body(0.1)), Some(true));
        assert_eq!(hand_raised(&body(0.4)), Some(false));
        assert_eq!(hand_raised(&person(&[(Part::LeftEye, 0.5, 0.2)])), None, "the hand is hidden");
    }

    #[test]
    fn the_back_has_its_left_on_the_left() {
        let shoulders = |left: f32, right: f32| {
            person(&[(Part::LeftShoulder, left, 0.3), (Part::RightShoulder, right, 0.3)]).keypoints
        };
        assert_eq!(faces_away(&shoulders(0.4, 0.6)), Some(true));
        assert_eq!(faces_away(&shoulders(0.6, 0.4)), Some(false));
        let writes = person(&[
            (Part::RightShoulder, 0.6, 0.3),
            (Part::RightElbow, 0.65, 0.3),
            (Part::RightWrist, 0.66, 0.15),
            (Part::RightHip, 0.6, 0.6),
        ]);
        assert!(reaches(&writes.keypoints) && !reaches(&shoulders(0.4, 0.6)));
    }
}
