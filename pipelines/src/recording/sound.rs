//! The mixes on their way to the recording.

use std::collections::HashSet;
use std::sync::Weak;
use std::sync::mpsc::{RecvTimeoutError, Sender};

use super::recorder::LOOK_EVERY;
use super::{Message, RecordingSettings, Shared};
use crate::MediaError;
use crate::sound::{CodedSubscription, SoundDesk, Variant};
use crate::tracks::TrackName;

/// An encoder that made so many packets (10 s) before it failed is tried again; one that did not is passed over.
const STEADY_PACKETS: u64 = 470;

/// Which sound goes with a track.
pub(super) fn variant_of(track: TrackName, with_pictures: Variant) -> Variant {
    match track {
        TrackName::Programme | TrackName::Input(_) => with_pictures,
        TrackName::Sound => Variant::Roles,
        TrackName::SoundFallback => Variant::Fallback,
    }
}

/// Starts the encoders of all mixes at the same time: each takes a good part of the lead.
pub(super) fn begin(
    desk: &SoundDesk,
    settings: &RecordingSettings,
) -> Result<Vec<(Variant, CodedSubscription)>, MediaError> {
    let variants: HashSet<_> =
        settings.tracks.iter().map(|plan| variant_of(plan.name, settings.picture_sound)).collect();
    std::thread::scope(|scope| {
        let starting: Vec<_> =
            variants.into_iter().map(|variant| (variant, scope.spawn(move || desk.encode(variant)))).collect();
        let started = starting.into_iter().map(|(variant, thread)| {
            let encoder =
                thread.join().map_err(|_| MediaError::Invalid("a sound encoder could not be started".into()))?;
            Ok((variant, encoder?))
        });
        started.collect()
    })
}

/// Brings a mix to the recording as long as that lives, from another encoder where one fails.
pub(super) fn pump(
    variant: Variant,
    mut subscription: CodedSubscription,
    recording: Weak<Shared>,
    messages: Sender<Message>,
) -> Result<(), MediaError> {
    let run = move || {
        let (mut packets, mut failures) = (0, 0);
        while recording.strong_count() > 0 {
            match subscription.next(LOOK_EVERY) {
                Ok(coded) => {
                    packets += 1;
                    if messages.send(Message::Sound(variant, coded)).is_err() {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    // Without a failure the desk has closed.
                    let Some(why) = subscription.failure() else { return };
                    failures = if packets >= STEADY_PACKETS { 0 } else { failures + 1 };
                    packets = 0;
                    let again = subscription.again(failures);
                    let by = again.as_ref().ok().map(CodedSubscription::encoder);
                    if messages.send(Message::SoundEncoderFailed { variant, why, by }).is_err() {
                        return;
                    }
                    match again {
                        Ok(again) => subscription = again,
                        Err(error) => {
                            tracing::error!(mix = variant.as_str(), %error, "no sound encoder goes on");
                            return;
                        }
                    }
                }
            }
        }
    };
    let thread = std::thread::Builder::new().name(format!("sound {}", variant.as_str())).spawn(run);
    thread.map(drop).map_err(|error| MediaError::Missing { what: "a thread for sound".into(), why: error.to_string() })
}
