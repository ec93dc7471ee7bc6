//! VISCA's bytes against Sony's command list (EVI-D70 technical manual; SRG-300H for VISCA over IP).

use ketang_board::ptz::visca::{Answer, Fault, Framer, Message, Reply, Version, ZoomDrive};
use ketang_board::ptz::visca_ip::{Datagram, Kind};

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[test]
fn messages_are_those_of_the_command_list() {
    let drive = |pan, tilt| Message::Drive { pan, tilt };
    let go = |pan, tilt| Message::GoTo { pan_speed: 0x18, tilt_speed: 0x14, pan, tilt };
    for (message, bytes) in [
        (Message::AddressSet, "88 30 01 FF"),
        (Message::ClearAll, "88 01 00 01 FF"),
        (Message::Cancel(1), "81 21 FF"),
        (Message::Cancel(2), "81 22 FF"),
        (drive(0, 0x14), "81 01 06 01 01 14 03 01 FF"),
        (drive(0, -1), "81 01 06 01 01 01 03 02 FF"),
        (drive(-0x18, 0), "81 01 06 01 18 01 01 03 FF"),
        (drive(5, 0), "81 01 06 01 05 01 02 03 FF"),
        (drive(-5, 6), "81 01 06 01 05 06 01 01 FF"),
        (drive(5, 6), "81 01 06 01 05 06 02 01 FF"),
        (drive(-5, -6), "81 01 06 01 05 06 01 02 FF"),
        (drive(5, -6), "81 01 06 01 05 06 02 02 FF"),
        (drive(0, 0), "81 01 06 01 01 01 03 03 FF"),
        (go(0x08db, 0x04b0), "81 01 06 02 18 14 00 08 0D 0B 00 04 0B 00 FF"),
        (go(-0x08db, -0x0190), "81 01 06 02 18 14 0F 07 02 05 0F 0E 07 00 FF"),
        (Message::Zoom(ZoomDrive::Stop), "81 01 04 07 00 FF"),
        (Message::Zoom(ZoomDrive::Tele(0)), "81 01 04 07 20 FF"),
        (Message::Zoom(ZoomDrive::Tele(7)), "81 01 04 07 27 FF"),
        (Message::Zoom(ZoomDrive::Wide(3)), "81 01 04 07 33 FF"),
        (Message::ZoomTo(0x3b4b), "81 01 04 47 03 0B 04 0B FF"),
        (Message::MemorySet(0), "81 01 04 3F 01 00 FF"),
        (Message::MemoryRecall(5), "81 01 04 3F 02 05 FF"),
        (Message::AskVersion, "81 09 00 02 FF"),
        (Message::AskPanTilt, "81 09 06 12 FF"),
        (Message::AskZoom, "81 09 04 47 FF"),
    ] {
        assert_eq!(message.packet(1), hex(bytes), "{message:?}");
        let to = if bytes.starts_with("88") { 8 } else { 1 };
        assert_eq!(Message::read(&hex(bytes)), Some((to, message)), "{bytes}");
    }
    assert_eq!(Message::AskZoom.packet(7), hex("87 09 04 47 FF"));
    // Beyond what VISCA can say.
    assert_eq!(drive(i8::MIN, i8::MAX).packet(1), hex("81 01 06 01 18 14 01 01 FF"));
}

#[test]
fn replies_are_those_of_the_command_list() {
    let version = Version { vendor: 0x0020, model: 0x040e, rom: 0x0101, sockets: 2 };
    for (bytes, from, reply) in [
        ("90 41 FF", 1, Reply::Ack(1)),
        ("90 51 FF", 1, Reply::Done(1)),
        ("B0 52 FF", 3, Reply::Done(2)),
        ("90 50 0F 07 02 05 00 04 0B 00 FF", 1, Reply::Answer(Answer::PanTilt(-0x08db, 0x04b0))),
        ("90 50 04 00 00 00 FF", 1, Reply::Answer(Answer::Zoom(0x4000))),
        ("90 50 00 20 04 0E 01 01 02 FF", 1, Reply::Answer(Answer::Version(version))),
        ("90 60 02 FF", 1, Reply::Error(0, Fault::Syntax)),
        ("90 60 03 FF", 1, Reply::Error(0, Fault::Full)),
        ("90 61 04 FF", 1, Reply::Error(1, Fault::Cancelled)),
        ("90 62 05 FF", 1, Reply::Error(2, Fault::NoSocket)),
        ("90 61 41 FF", 1, Reply::Error(1, Fault::NotNow)),
        ("90 60 7A FF", 1, Reply::Error(0, Fault::Other(0x7a))),
        ("90 38 FF", 1, Reply::NetworkChange),
        ("88 30 02 FF", 0, Reply::AddressSet(2)),
        ("88 01 00 01 FF", 0, Reply::Cleared),
    ] {
        assert_eq!(Reply::read(&hex(bytes)), Some((from, reply)), "{bytes}");
        assert_eq!(reply.packet(from), hex(bytes), "{reply:?}");
    }
    for nonsense in
        ["", "FF", "90 FF", "90 41", "80 41 FF", "95 41 FF", "90 50 10 00 00 00 FF", "90 50 00 00 00 FF", "90 71 FF"]
    {
        assert_eq!(Reply::read(&hex(nonsense)), None, "{nonsense}");
    }
}

#[test]
fn datagrams_are_those_of_the_command_list() {
    for (kind, number, payload, bytes) in [
        (Kind::Command, 1, "81 01 04 07 00 FF", "01 00 00 06 00 00 00 01 81 01 04 07 00 FF"),
        (Kind::Inquiry, 0xfffe_fdfc, "81 09 04 47 FF", "01 10 00 05 FF FE FD FC 81 09 04 47 FF"),
        (Kind::Reply, 1, "90 41 FF", "01 11 00 03 00 00 00 01 90 41 FF"),
        (Kind::Control, 0, "01", "02 00 00 01 00 00 00 00 01"),
        (Kind::ControlReply, 7, "0F 01", "02 01 00 02 00 00 00 07 0F 01"),
    ] {
        let datagram = Datagram { kind, number, payload: hex(payload) };
        assert_eq!(datagram.bytes(), hex(bytes));
        assert_eq!(Datagram::read(&hex(bytes)), Some(datagram));
    }
    let long = format!("01 11 00 11 00 00 00 01 {}", "90 ".repeat(17));
    for nonsense in [
        "",
        "01 11 00 03",
        "01 11 00 04 00 00 00 01 90 41 FF",
        "01 11 00 00 00 00 00 01",
        "07 11 00 01 00 00 00 01 90",
        &long,
    ] {
        assert_eq!(Datagram::read(&hex(nonsense)), None, "{nonsense}");
    }
}

#[test]
fn packets_are_found_in_any_noise() {
    let packets = |bytes: &[u8]| {
        let mut framer = Framer::default();
        bytes.iter().filter_map(|byte| framer.push(*byte)).collect::<Vec<_>>()
    };
    assert_eq!(packets(&hex("90 41 FF 90 51 FF")), [hex("90 41 FF"), hex("90 51 FF")]);
    assert_eq!(packets(&hex("00 13 0A 90 41 FF")), [hex("90 41 FF")], "before a packet");
    assert_eq!(packets(&hex("FF FF 90 41 FF")), [hex("90 41 FF")]);
    let endless = [hex("90"), vec![0x11; 500], hex("FF 90 41 FF")].concat();
    assert_eq!(packets(&endless), [hex("90 41 FF")], "after one that is too long");
}
