//! AAC (HB-4): 48 kHz, stereo, LC, 128 kbit/s constant.
//!
//! ```text
//!  desk ─► appsrc ─► audioconvert ─► voaacenc ─► aacparse ─► appsink ─► all who subscribed
//! ```
//! `gst-launch-1.0 audiotestsrc ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! voaacenc bitrate=128000 ! aacparse !
//! audio/mpeg,stream-format=raw ! fakesink`
//!
//! An AAC encoder delays: what comes first out of a decoder is not sound but the filter bank filling up. Time stamps are moved earlier
//! by that much, so that the sound itself lies where it should in players that know nothing of priming.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gst::prelude::*;
use ketang_hal::time::{BLOCK_NS, SAMPLE_RATE};

use super::{SoundBlock, Variant};
use crate::MediaError;
use crate::clock::MediaClock;
use crate::coded::{Coded, CodedFormat};

/// Bits a second (HB-4).
pub const AAC_BIT_RATE: i32 = 128_000;
/// Packets that a subscriber may leave lying (21 ms each: 40 s); then it misses the newest.
const WAITING_PACKETS: usize = 2048;
/// An encoder that has not begun by then never will: it needs a tenth of a second.
const START_LIMIT: Duration = Duration::from_secs(3);
/// The last packets of an encoder that ends come at once.
const END_LIMIT: Duration = Duration::from_secs(1);

/// What an encoder delays, in samples: measured by encoding and decoding a beep (see the tests), for fdkaacenc as documented.
///
/// In order of preference: voaacenc keeps 128 kbit/s in silence too (measured 127.8); avenc_aac falls to 2 kbit/s in silence, so it
/// only serves where there is no other.
const ENCODERS: [(&str, u64); 3] = [("voaacenc", 1600), ("fdkaacenc", 2048), ("avenc_aac", 1024)];

/// Those who get the packets. Closed once the encoder has ended.
#[derive(Clone, Default)]
struct Subscribers(Arc<Mutex<Option<Vec<SyncSender<Coded>>>>>);

impl Subscribers {
    fn open() -> Self {
        Self(Arc::new(Mutex::new(Some(Vec::new()))))
    }

    fn add(&self) -> Receiver<Coded> {
        let (sender, receiver) = sync_channel(WAITING_PACKETS);
        if let Some(list) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            list.push(sender);
        }
        receiver
    }

    fn send(&self, coded: &Coded) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = list.as_mut() {
            list.retain(|sender| match sender.try_send(coded.clone()) {
                Ok(()) => true,
                Err(TrySendError::Full(_)) => {
                    tracing::warn!("a subscriber leaves its sound lying: a packet is lost");
                    true
                }
                Err(TrySendError::Disconnected(_)) => false,
            });
        }
    }

    fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// One running encoder, shared by all subscribers of one mix.
pub(super) struct Encoder {
    pipeline: gst::Pipeline,
    input: gst_app::AppSrc,
    subscribers: Subscribers,
    ended: Mutex<Receiver<()>>,
    format: CodedFormat,
    name: &'static str,
    failure: Arc<Mutex<Option<String>>>,
}

/// The desk's end of an encoder that has not begun yet.
pub(super) struct Starting {
    pipeline: gst::Pipeline,
    input: gst_app::AppSrc,
    subscribers: Subscribers,
    ended: Receiver<()>,
    formats: Receiver<gst::Caps>,
    name: &'static str,
    failure: Arc<Mutex<Option<String>>>,
}

impl Starting {
    pub(super) fn new(
        clock: &MediaClock,
        variant: Variant,
        name: Option<&str>,
        failed: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, MediaError> {
        let graph = || format!("{} sound encoder", variant.as_str());
        let broken = |error: gst::glib::BoolError| MediaError::Graph { graph: graph(), why: error.to_string() };
        let (encoder, name, delay) = choose(name)?;
        let failure: Arc<Mutex<Option<String>>> = Arc::default();
        let caps = stereo();
        let input = gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Time).is_live(true).build();
        let convert = make("audioconvert")?;
        let parse = make("aacparse")?;
        let (subscribers, (formats_to, formats), (ended_to, ended)) = (Subscribers::open(), channel(), channel());
        let sink = gst_app::AppSink::builder()
            .sync(false)
            .caps(&gst::Caps::builder("audio/mpeg").field("mpegversion", 4).field("stream-format", "raw").build())
            .callbacks(pass_on(
                subscribers.clone(),
                formats_to,
                ended_to,
                delay * 1_000_000_000 / u64::from(SAMPLE_RATE),
            ))
            .build();

        let pipeline = gst::Pipeline::new();
        let elements = [input.upcast_ref(), &convert, &encoder, &parse, sink.upcast_ref()];
        pipeline.add_many(elements).map_err(broken)?;
        gst::Element::link_many(elements).map_err(broken)?;
        clock.drive(&pipeline);
        let (on_error, told) = (subscribers.clone(), failure.clone());
        pipeline.bus().expect("a pipeline has a bus").set_sync_handler(move |_, message| {
            if let gst::MessageView::Error(error) = message.view() {
                // Kept before whoever waits for packets learns that none come.
                let why = error.error().to_string();
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
                on_error.close();
                failed(why);
            }
            gst::BusSyncReply::Drop
        });
        let starting = Self { pipeline, input, subscribers, ended, formats, name, failure };
        match starting.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(starting),
            Err(_) => {
                let _ = starting.pipeline.set_state(gst::State::Null);
                Err(MediaError::Graph { graph: graph(), why: "it cannot be started".into() })
            }
        }
    }

    pub(super) fn feed(&self) -> Feed {
        Feed::new(&self.input)
    }

    /// Waits for the first packet, while the desk feeds the encoder.
    pub(super) fn wait(self) -> Result<(Encoder, Receiver<Coded>), MediaError> {
        let first = self.subscribers.add();
        let Self { pipeline, input, subscribers, ended, formats, name, failure } = self;
        let caps = formats.recv_timeout(START_LIMIT);
        // From here on the encoder's own end takes care of the graph.
        let format = CodedFormat { caps: caps.as_ref().cloned().unwrap_or_else(|_| gst::Caps::new_empty()) };
        let encoder = Encoder { pipeline, input, subscribers, ended: Mutex::new(ended), format, name, failure };
        match caps {
            Ok(_) => Ok((encoder, first)),
            Err(_) => Err(MediaError::TimedOut {
                graph: "sound encoder".into(),
                what: "begin",
                seconds: START_LIMIT.as_secs(),
            }),
        }
    }
}

impl Encoder {
    pub(super) fn subscribe(&self) -> Receiver<Coded> {
        self.subscribers.add()
    }

    pub(super) fn is_running(&self) -> bool {
        self.subscribers.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    #[cfg(test)]
    pub(super) fn break_down(&self) {
        gst::element_error!(self.input, gst::StreamError::Encode, ["the test breaks it"]);
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn format(&self) -> &CodedFormat {
        &self.format
    }

    /// Lets the encoder hand over its last packets, then stops it.
    pub(super) fn finish(&self) {
        if self.is_running() && self.input.end_of_stream().is_ok() {
            let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            if ended.recv_timeout(END_LIMIT) == Err(RecvTimeoutError::Timeout) {
                tracing::warn!("a sound encoder did not hand over its last packets");
            }
        }
        self.stop();
    }

    fn stop(&self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::warn!(%error, "a sound encoder did not stop");
        }
        self.subscribers.close();
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.stop();
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

fn make(element: &str) -> Result<gst::Element, MediaError> {
    gst::ElementFactory::make(element)
        .build()
        .map_err(|error| MediaError::Missing { what: format!("GStreamer's {element}"), why: error.to_string() })
}

/// The encoders in the order in which they are tried once `failed` has failed: itself, then the others.
pub(super) fn order_after(failed: &'static str) -> Vec<&'static str> {
    let others = ENCODERS.iter().map(|(name, _)| *name).filter(|name| *name != failed);
    [failed].into_iter().chain(others).collect()
}

pub(super) fn none_is_left() -> MediaError {
    MediaError::Missing {
        what: "an AAC encoder".into(),
        why: "none of voaacenc, fdkaacenc and avenc_aac is installed and works".into(),
    }
}

/// The AAC encoder that lessons will be made with. Errors where none is installed: better at start than in a lesson.
pub fn probe() -> Result<&'static str, MediaError> {
    choose(None).map(|(_, name, _)| name)
}

/// The encoder of this name, or the best that is installed; its name and its delay in samples.
fn choose(wanted: Option<&str>) -> Result<(gst::Element, &'static str, u64), MediaError> {
    let made =
        |&(name, delay): &(&'static str, u64)| Some((gst::ElementFactory::make(name).build().ok()?, name, delay));
    let found = ENCODERS.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name)).find_map(made);
    let (element, name, delay) = found.ok_or_else(none_is_left)?;
    if name == "avenc_aac" {
        tracing::warn!("only avenc_aac is installed: its rate is not constant in silence (HB-4)");
        element.set_property("bitrate", i64::from(AAC_BIT_RATE));
    } else {
        element.set_property("bitrate", AAC_BIT_RATE);
    }
    Ok((element, name, delay))
}

fn stereo() -> gst::Caps {
    gst_audio::AudioInfo::builder(gst_audio::AudioFormat::F32le, SAMPLE_RATE, 2)
        .build()
        .and_then(|info| info.to_caps())
        .expect("a format that GStreamer knows")
}

/// Blocks that are handed over at a time: an encoder's packet takes two anyway, and each waking of its thread costs.
const HANDFUL: usize = 2;

/// Feeds an encoder.
pub(super) struct Feed {
    input: gst_app::AppSrc,
    waiting: Vec<Arc<SoundBlock>>,
}

impl Feed {
    pub(super) fn new(input: &gst_app::AppSrc) -> Self {
        Self { input: input.clone(), waiting: Vec::with_capacity(HANDFUL) }
    }

    /// False once the encoder takes no more.
    pub(super) fn push(&mut self, block: &Arc<SoundBlock>) -> bool {
        self.waiting.push(block.clone());
        if self.waiting.len() < HANDFUL {
            return true;
        }
        let pts = self.waiting[0].start().0;
        let samples = self.waiting.drain(..).flat_map(|block| block.samples.map(f32::to_le_bytes));
        let mut buffer = gst::Buffer::from_mut_slice(samples.flatten().collect::<Vec<u8>>());
        let fresh = buffer.get_mut().expect("a new buffer has one owner");
        fresh.set_pts(gst::ClockTime::from_nseconds(pts));
        fresh.set_duration(gst::ClockTime::from_nseconds(HANDFUL as u64 * BLOCK_NS));
        self.input.push_buffer(buffer).is_ok()
    }
}

fn pass_on(
    subscribers: Subscribers,
    formats: Sender<gst::Caps>,
    ended: Sender<()>,
    delay_ns: u64,
) -> gst_app::AppSinkCallbacks {
    let at_end = subscribers.clone();
    let mut formats = Some(formats);
    gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps_owned()) else {
                return Ok(gst::FlowSuccess::Ok);
            };
            if let Some(formats) = formats.take() {
                // Nobody waits for the format of an encoder that was given up.
                let _ = formats.send(caps);
            }
            // What was recorded before the studio opened is not wanted.
            let pts = buffer.pts().and_then(|pts| pts.nseconds().checked_sub(delay_ns));
            if let Some(pts) = pts {
                subscribers.send(&coded(buffer, pts));
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .eos(move |_| {
            at_end.close();
            let _ = ended.send(());
        })
        .build()
}

fn coded(mut buffer: gst::Buffer, pts: u64) -> Coded {
    let own = buffer.make_mut();
    own.set_pts(gst::ClockTime::from_nseconds(pts));
    own.set_dts(gst::ClockTime::from_nseconds(pts));
    let duration = own.duration().map_or(1024 * 1_000_000_000 / u64::from(SAMPLE_RATE), gst::ClockTime::nseconds);
    Coded { buffer, pts, dts: pts, duration, key: true }
}

#[cfg(test)]
mod tests {
    use super::super::Block;
    use super::*;
    use ketang_hal::time::BLOCK_SAMPLES;
    use std::f32::consts::TAU;

    /// Encodes `seconds` of sound that begins at block `first`.
    fn encode(
        encoder: &str,
        first: u64,
        seconds: u64,
        mut sound: impl FnMut(u64) -> f32,
    ) -> Vec<(u64, gst::Buffer, gst::Caps)> {
        let delay = ENCODERS.iter().find(|(name, _)| *name == encoder).unwrap().1;
        let pipeline = gst::Pipeline::new();
        let input = gst_app::AppSrc::builder().caps(&stereo()).format(gst::Format::Time).build();
        let (element, convert, parse) =
            (make(encoder).unwrap(), make("audioconvert").unwrap(), make("aacparse").unwrap());
        let bit_rate = AAC_BIT_RATE.to_string();
        element.set_property_from_str("bitrate", &bit_rate);
        let (subscribers, (formats_to, formats), (ended_to, ended)) = (Subscribers::open(), channel(), channel());
        let packets = subscribers.add();
        let raw = gst::Caps::builder("audio/mpeg").field("stream-format", "raw").build();
        let callbacks = pass_on(subscribers, formats_to, ended_to, delay * 1_000_000_000 / u64::from(SAMPLE_RATE));
        let sink = gst_app::AppSink::builder().sync(false).caps(&raw).callbacks(callbacks).build();
        let elements = [input.upcast_ref(), &convert, &element, &parse, sink.upcast_ref()];
        pipeline.add_many(elements).unwrap();
        gst::Element::link_many(elements).unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let mut feed = Feed::new(&input);
        for number in first..first + seconds * 100 {
            let samples: Block = std::array::from_fn(|i| sound(number * BLOCK_SAMPLES as u64 + i as u64));
            assert!(feed.push(&Arc::new(SoundBlock::new(number, &samples, &samples))));
        }
        input.end_of_stream().unwrap();
        ended.recv_timeout(Duration::from_secs(30)).unwrap();
        pipeline.set_state(gst::State::Null).unwrap();
        let caps = formats.recv().unwrap();
        packets.iter().map(|coded| (coded.pts, coded.buffer, caps.clone())).collect()
    }

    /// Decodes packets; every decoded sample with the moment at which a player would play it, in nanoseconds.
    fn decode(packets: &[(u64, gst::Buffer, gst::Caps)]) -> Vec<(u64, f32)> {
        let pipeline = gst::Pipeline::new();
        let input = gst_app::AppSrc::builder().caps(&packets[0].2).format(gst::Format::Time).build();
        let (decoder, convert) = (make("avdec_aac").unwrap(), make("audioconvert").unwrap());
        let sink = gst_app::AppSink::builder().sync(false).caps(&super::super::card::mono()).build();
        let elements = [input.upcast_ref(), &decoder, &convert, sink.upcast_ref()];
        pipeline.add_many(elements).unwrap();
        gst::Element::link_many(elements).unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        for (_, buffer, _) in packets {
            input.push_buffer(buffer.clone()).unwrap();
        }
        input.end_of_stream().unwrap();
        let mut heard = Vec::new();
        while let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_seconds(10)) {
            let buffer = sample.buffer().unwrap();
            let begin = buffer.pts().unwrap().nseconds();
            let moment = |i| begin + i as u64 * 1_000_000_000 / u64::from(SAMPLE_RATE);
            heard.extend(super::super::card::samples(buffer).into_iter().enumerate().map(|(i, s)| (moment(i), s)));
        }
        pipeline.set_state(gst::State::Null).unwrap();
        heard
    }

    fn installed() -> Vec<&'static str> {
        crate::init().unwrap();
        ENCODERS.into_iter().map(|(name, _)| name).filter(|name| make(name).is_ok()).collect()
    }

    #[test]
    fn decoded_sound_lies_where_it_was_recorded() {
        for encoder in installed() {
            // A beep of 5 ms in the middle of each second, from a studio that has been open for 100 s.
            let beep = |sample: u64| {
                let within = sample % 48_000;
                let on = (24_000..24_240).contains(&within);
                if on { 0.5 * ((within - 24_000) as f32 / 24.0 * TAU).sin() } else { 0.0 }
            };
            let heard = decode(&encode(encoder, 10_000, 3, beep));
            for second in 100..102u64 {
                // Where the decoded sound fits the beep best.
                let around = |moment: u64| {
                    (second * 1_000_000_000 + 400_000_000..second * 1_000_000_000 + 600_000_000).contains(&moment)
                };
                let part: Vec<(u64, f32)> = heard.iter().copied().filter(|(moment, _)| around(*moment)).collect();
                let fit = |from: usize| -> f32 { (0..240).map(|i| part[from + i].1 * beep(24_000 + i as u64)).sum() };
                let best = (0..part.len() - 240).max_by(|&a, &b| fit(a).total_cmp(&fit(b))).unwrap();
                let off = part[best].0 as f64 / 1e9 - (second as f64 + 0.5);
                println!("{encoder}: a beep is decoded {:+.3} ms off", off * 1e3);
                assert!(off.abs() < 1e-3, "{encoder}: {off} s");
            }
        }
    }

    #[test]
    fn the_preferred_encoder_keeps_its_rate_in_silence_noise_and_tones() {
        let installed = installed();
        let preferred = installed.first().expect("an AAC encoder");
        let mut seed = 1u32;
        let mut noise = move |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            0.3 * ((seed >> 8) as f32 / (1 << 23) as f32 - 1.0)
        };
        let rate = |packets: Vec<(u64, gst::Buffer, gst::Caps)>| {
            let bytes: usize = packets.iter().map(|(_, buffer, _)| buffer.size()).sum();
            bytes as f64 * 8.0 / (packets.len() as f64 * 1024.0 / 48_000.0)
        };
        let rates = [
            rate(encode(preferred, 100, 10, |_| 0.0)),
            rate(encode(preferred, 100, 10, &mut noise)),
            rate(encode(preferred, 100, 10, |sample| 0.3 * ((sample % 48) as f32 / 48.0 * TAU).sin())),
        ];
        println!("{preferred}: {rates:.0?} bit/s in silence, noise and a tone");
        assert!(rates.iter().all(|rate| (rate / f64::from(AAC_BIT_RATE) - 1.0).abs() < 0.03), "{rates:?}");
    }

    #[test]
    fn time_stamps_join_and_the_format_says_what_it_is() {
        crate::init().unwrap();
        let (_, _, delay) = choose(None).unwrap();
        let name = installed()[0];
        let packets = encode(name, 5, 2, |_| 0.0);
        assert!(packets.windows(2).all(|pair| (pair[1].0 - pair[0].0).abs_diff(21_333_333) < 2));
        // What lies before the opening of the studio is dropped; the grid stays.
        let first = packets[0].0 + delay * 1_000_000_000 / 48_000;
        let (packet, from) = (1024.0 / 48_000.0, 0.05);
        let steps = (first as f64 / 1e9 - from) / packet;
        assert!((steps - steps.round()).abs() < 1e-3, "the first packet lies {steps} packets after the first sample");
        assert!(packets[0].0 < 21_333_333, "{}", packets[0].0);
        let caps = packets[0].2.structure(0).unwrap();
        assert_eq!(caps.get::<i32>("rate").unwrap(), 48_000);
        assert_eq!(caps.get::<i32>("channels").unwrap(), 2);
        assert_eq!(caps.get::<&str>("stream-format").unwrap(), "raw");
        let codec = caps.get::<gst::Buffer>("codec_data").unwrap();
        assert_eq!(&codec.map_readable().unwrap()[..2], [0x11, 0x90], "LC, 48 kHz, stereo");
    }
}
