//! The fuzzer's entries, run over many seeded inputs: random ones, and good ones that were mutated.

use ketang_board::ptz::fuzz::{self, Dice};
use ketang_board::ptz::soap::{Token, envelope};
use ketang_board::ptz::visca::{Answer, Message, Reply};
use ketang_board::ptz::visca_ip::{Datagram, Kind};

const RANDOM: u64 = 20_000;
const MUTATED: u64 = 20_000;
/// XML takes longer to read than bytes.
const WORDS: u64 = 4_000;

/// Feeds an entry; the seed of the input that breaks it is in the panic's words before it.
fn feed(entry: fn(&[u8]), good: &[Vec<u8>], random: u64, mutated: u64) {
    for data in good {
        entry(data);
    }
    for seed in 0..random {
        let mut dice = Dice::new(seed);
        let length = dice.below(64);
        let data: Vec<u8> = (0..length).map(|_| dice.below(256) as u8).collect();
        entry(&data);
    }
    for seed in 0..mutated {
        let mut dice = Dice::new(seed);
        let mut data = good[dice.below(good.len() as u64) as usize].clone();
        for _ in 0..=dice.below(4) {
            dice.mutate(&mut data);
        }
        entry(&data);
    }
}

fn packets() -> Vec<Vec<u8>> {
    let messages = [
        Message::AddressSet,
        Message::ClearAll,
        Message::Cancel(1),
        Message::Drive { pan: -3, tilt: 4 },
        Message::GoTo { pan_speed: 1, tilt_speed: 2, pan: -300, tilt: 400 },
        Message::ZoomTo(0x1234),
        Message::MemoryRecall(3),
        Message::AskPanTilt,
    ];
    let replies =
        [Reply::Ack(1), Reply::Done(2), Reply::Answer(Answer::PanTilt(-5, 6)), Reply::Answer(Answer::Zoom(7))];
    messages.iter().map(|message| message.packet(1)).chain(replies.iter().map(|reply| reply.packet(1))).collect()
}

#[test]
fn visca_takes_anything() {
    let mut good = packets();
    good.push(packets().concat());
    feed(fuzz::visca, &good, RANDOM, MUTATED);
}

#[test]
fn visca_over_ip_takes_anything() {
    let kinds = [Kind::Command, Kind::Inquiry, Kind::Reply, Kind::Control, Kind::ControlReply];
    let packets = packets();
    let good: Vec<_> = kinds
        .into_iter()
        .zip(&packets)
        .map(|(kind, payload)| Datagram { kind, number: 7, payload: payload.clone() }.bytes())
        .collect();
    feed(fuzz::visca_ip, &good, RANDOM, MUTATED);
}

#[test]
fn onvif_takes_anything() {
    let token = Token::new("u", "p", &[1; 16], "2026-11-22T08:00:00Z");
    let status = "<r><PTZStatus><Position><PanTilt x=\"0.1\" y=\"0.2\"/><Zoom x=\"0\"/></Position><MoveStatus><PanTilt>IDLE\
                  </PanTilt><Zoom>IDLE</Zoom></MoveStatus></PTZStatus></r>";
    let time = "<r><UTCDateTime><Time><Hour>1</Hour><Minute>2</Minute><Second>3</Second></Time><Date><Year>2026</Year>\
                <Month>11</Month><Day>22</Day></Date></UTCDateTime></r>";
    let services = "<r><Media><XAddr>http://h/m</XAddr></Media><PTZ><XAddr>http://h/p</XAddr></PTZ></r>";
    let profiles = "<GetProfilesResponse><Profiles token=\"a\"><PTZConfiguration><PanTiltLimits><Range><XRange><Min>-1</Min>\
                    <Max>1</Max></XRange></Range></PanTiltLimits></PTZConfiguration></Profiles></GetProfilesResponse>";
    let presets = "<GetPresetsResponse><Preset token=\"1\"><Name>a&amp;b</Name></Preset></GetPresetsResponse>";
    let fault = "<Fault><Code><Value>x</Value></Code><Reason><Text>y</Text></Reason></Fault>";
    let good: Vec<_> = [status, time, services, profiles, presets, fault]
        .map(|body| envelope(body, Some(&token)).into_bytes())
        .into_iter()
        .chain([b"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>".to_vec(), "<a>".repeat(5000).into_bytes()])
        .collect();
    feed(fuzz::onvif, &good, WORDS, WORDS);
}

#[test]
fn addresses_take_anything() {
    let good = [
        "visca:/dev/ttyUSB0?baud=38400&camera=2&steps=13.3&zoom=18",
        "visca-udp:[::1]:52381",
        "onvif:http://h/x",
        "sim",
    ]
    .map(|text| text.as_bytes().to_vec());
    feed(fuzz::address, &good, RANDOM, MUTATED);
}
