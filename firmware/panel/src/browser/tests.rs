//! Pages that are good, slow, gone, from elsewhere or out of their minds, over real sockets.

use std::net::TcpStream;

use ketang_hal::panel::Finger;
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::WebSocket;
use tungstenite::{Error, Message};

use super::*;

const SIZE: Size = Size { width: 640, height: 480 };
const LIMIT: Duration = Duration::from_secs(60);

fn opened() -> (Screen, Fingers, SocketAddr) {
    open("127.0.0.1:0".parse().unwrap(), SIZE).unwrap()
}

fn join(address: SocketAddr, origin: Option<&str>, host: &str) -> Result<WebSocket<TcpStream>, Error> {
    let mut request = format!("ws://{address}/panel").into_client_request()?;
    request.headers_mut().insert("host", host.parse().unwrap());
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    tungstenite::client(request, stream).map(|(socket, _)| socket).map_err(|error| match error {
        tungstenite::HandshakeError::Failure(error) => error,
        tungstenite::HandshakeError::Interrupted(_) => panic!("no answer within {LIMIT:?}"),
    })
}

fn page(address: SocketAddr) -> WebSocket<TcpStream> {
    join(address, Some(&format!("http://{address}")), &address.to_string()).unwrap()
}

/// The next picture's message; what else is told before it is skipped.
fn picture(page: &mut WebSocket<TcpStream>) -> Vec<u8> {
    loop {
        if let Message::Binary(bytes) = page.read().unwrap() {
            return bytes.to_vec();
        }
    }
}

fn say(page: &mut WebSocket<TcpStream>, text: &str) {
    page.send(Message::text(text)).unwrap();
}

/// The piece that a message of one piece holds: left, upper end, width, height, and its first pixel.
fn only_piece(message: &[u8]) -> (u16, u16, u32, u32, [u8; 3]) {
    let number = |at: usize| u16::from_le_bytes([message[at], message[at + 1]]);
    let mut reader = png::Decoder::new(std::io::Cursor::new(&message[8..])).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (number(0), number(2), info.width, info.height, [pixels[0], pixels[1], pixels[2]])
}

#[test]
fn a_page_sees_the_picture_and_then_what_changes() {
    let (mut screen, _fingers, address) = opened();
    let mut shown = vec![0x01_02_03; 640 * 480];
    screen.show(&shown).unwrap();
    let mut page = page(address);
    assert_eq!(only_piece(&picture(&mut page)), (0, 0, 640, 480, [1, 2, 3]));
    say(&mut page, r#"{"is":"drawn"}"#);
    shown[640 * 100 + 50] = 0xff_80_00;
    screen.show(&shown).unwrap();
    assert_eq!(only_piece(&picture(&mut page)), (50, 100, 1, 1, [0xff, 0x80, 0]));
}

#[test]
fn a_page_that_draws_slowly_holds_up_nobody_and_sees_the_newest_next() {
    let (mut screen, _fingers, address) = opened();
    let (mut slow, mut quick) = (page(address), page(address));
    for page in [&mut slow, &mut quick] {
        picture(page);
    }
    for number in 1..=50 {
        say(&mut quick, r#"{"is":"drawn"}"#);
        screen.show(&[number; 640 * 480]).unwrap();
        assert_eq!(only_piece(&picture(&mut quick)).4[2], number as u8);
    }
    say(&mut slow, r#"{"is":"drawn"}"#);
    assert_eq!(only_piece(&picture(&mut slow)).4[2], 50);
}

#[test]
fn touches_of_two_pages_are_different_fingers() {
    let (_screen, mut fingers, address) = opened();
    let (mut one, mut other) = (page(address), page(address));
    let mut next = || fingers.next(LIMIT).unwrap().unwrap();
    say(&mut one, r#"{"is":"down","finger":0,"x":10,"y":20}"#);
    let TouchEvent::Down { finger: first, x: 10, y: 20 } = next() else { panic!("a finger came down") };
    say(&mut other, r#"{"is":"down","finger":0,"x":-5,"y":2000000000}"#);
    let TouchEvent::Down { finger: second, x: -5, y: 2_000_000_000 } = next() else { panic!("another came down") };
    assert_ne!(first, second);
    say(&mut one, r#"{"is":"up","finger":0}"#);
    assert_eq!(next(), TouchEvent::Up { finger: first });
}

#[test]
fn a_page_that_leaves_with_its_finger_down_presses_nothing() {
    let (_screen, mut fingers, address) = opened();
    let mut gone = page(address);
    say(&mut gone, r#"{"is":"down","finger":9,"x":1,"y":1}"#);
    assert!(matches!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Down { finger: Finger(_), .. })));
    drop(gone);
    assert_eq!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Lost));
}

#[test]
fn of_more_touches_than_fit_the_first_count_and_the_others_are_told_as_lost() {
    let (_screen, mut fingers, address) = opened();
    let mut page = page(address);
    for _ in 0..2 * TOUCHES {
        say(&mut page, r#"{"is":"move","finger":0,"x":1,"y":1}"#);
    }
    // Answered in turn: when the last touch is read, all before it were.
    page.send(Message::Ping("done".into())).unwrap();
    while !matches!(page.read().unwrap(), Message::Pong(_)) {}
    for _ in 0..TOUCHES {
        assert!(matches!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Move { x: 1, y: 1, .. })));
    }
    assert_eq!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Lost));
    say(&mut page, r#"{"is":"move","finger":0,"x":7,"y":7}"#);
    assert!(matches!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Move { x: 7, y: 7, .. })));
}

#[test]
fn nonsense_is_ignored_and_too_much_of_it_ends_that_page_alone() {
    let (_screen, mut fingers, address) = opened();
    let (mut mad, mut sane) = (page(address), page(address));
    let nonsense = [
        "",
        "null",
        "[]",
        "{}",
        r#"{"is":"down"}"#,
        r#"{"is":"down","finger":256,"x":1,"y":1}"#,
        r#"{"is":"down","finger":-1,"x":1,"y":1}"#,
        r#"{"is":"down","finger":0,"x":1e99,"y":1}"#,
        r#"{"is":"down","finger":0,"x":0.5,"y":null}"#,
        r#"{"is":"start"}"#,
        "\u{0}",
    ];
    nonsense.iter().for_each(|text| say(&mut mad, text));
    mad.send(Message::binary(vec![0xff; 200])).unwrap();
    say(&mut mad, r#"{"is":"down","finger":0,"x":3,"y":4}"#);
    assert!(matches!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Down { x: 3, y: 4, .. })));
    let _ = mad.send(Message::text("x".repeat(1 << 20)));
    assert_eq!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Lost), "it was thrown out with its finger down");
    say(&mut sane, r#"{"is":"down","finger":0,"x":5,"y":6}"#);
    assert!(matches!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Down { x: 5, y: 6, .. })));
}

#[test]
fn only_the_panels_own_page_is_let_in() {
    let (_screen, _fingers, address) = opened();
    let own = address.to_string();
    let ours = format!("http://{address}");
    let by_name = format!("localhost:{}", address.port());
    assert!(join(address, Some(&ours), &own).is_ok());
    assert!(join(address, Some(&format!("http://{by_name}")), &by_name).is_ok());
    let of_others = [
        (None, own.as_str()),
        (Some("http://example.com"), own.as_str()),
        (Some("null"), own.as_str()),
        // A name of theirs that leads to us.
        (Some("http://example.com"), "example.com"),
    ];
    for (origin, host) in of_others {
        let refused = join(address, origin, host);
        let Err(Error::Http(response)) = refused else { panic!("{origin:?} at {host} was let in") };
        assert_eq!(response.status(), 403);
    }
}

#[test]
fn only_so_many_pages_look_on() {
    let (_screen, _fingers, address) = opened();
    let mut pages: Vec<_> = (0..8).map(|_| page(address)).collect();
    let another = || join(address, Some(&format!("http://{address}")), &address.to_string());
    assert!(matches!(another(), Err(Error::Http(response)) if response.status() == 503));
    pages.pop().unwrap().close(None).unwrap();
    // The place is free when the server has seen it go, which takes a moment.
    assert!((0..10_000).any(|_| another().is_ok()), "the place is not free again");
}

#[test]
fn whether_a_page_looks_on_is_known() {
    let (screen, mut fingers, address) = opened();
    assert!(!screen.is_watched());
    let mut one = page(address);
    picture(&mut one);
    assert!(screen.is_watched());
    say(&mut one, r#"{"is":"down","finger":0,"x":1,"y":1}"#);
    drop(one);
    // Told after its place is free.
    while fingers.next(LIMIT).unwrap() != Some(TouchEvent::Lost) {}
    assert!(!screen.is_watched(), "nobody is there any more");
}

#[test]
fn a_display_that_is_gone_sends_its_pages_away_and_another_may_take_its_port() {
    let (screen, mut fingers, address) = opened();
    let mut early = page(address);
    picture(&mut early);
    say(&mut early, r#"{"is":"down","finger":0,"x":1,"y":1}"#);
    assert!(matches!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Down { .. })));
    drop(screen);
    // Not one picture more.
    let Message::Close(Some(why)) = early.read().unwrap() else { panic!("it is sent away") };
    assert_eq!(u16::from(why.code), 4001);
    assert_eq!(fingers.next(LIMIT).unwrap(), Some(TouchEvent::Lost), "what it held is not pressed");
    drop(early);
    assert!(fingers.next(LIMIT).is_err(), "nobody touches there any more");
    let (mut screen, _fingers, _) = open(address, SIZE).unwrap();
    screen.show(&[7; 640 * 480]).unwrap();
    assert_eq!(only_piece(&picture(&mut page(address))).4[2], 7);
}
