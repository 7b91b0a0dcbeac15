//! Clients that stall, break off, send too much or speak something else.

use std::time::Duration;

use pieshop::http::connections::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::{Setup, Shop, TOKEN, new_order};

/// The idle and the request time-out of these shops.
const SOON: Duration = Duration::from_millis(300);
/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(20);

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: shop\r\n\r\n";
const ORDER: &str = "POST /api/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn a_head_that_does_not_come_in_time_is_given_up() {
    let shop = impatient().await;
    for begun in ["", "G", "GET /healthz HTTP/1.1\r\nhost: shop\r\nx-slow: 1\r\n"] {
        assert_eq!("", rest(&mut said(&shop, begun.as_bytes()).await).await, "{begun:?}");
    }
}

#[tokio::test]
async fn a_head_in_drops_is_given_up_though_each_drop_comes_in_time() {
    let shop = impatient().await;
    let (mut reader, mut writer) = said(&shop, b"GET /healthz HTTP/1.1\r\n").await.into_split();
    let dropped = async {
        while writer.write_all(b"x: y\r\n").await.is_ok() {
            sleep(SOON / 10).await;
        }
    };
    let mut answer = Vec::new();
    let ended = async { tokio::join!(dropped, reader.read_to_end(&mut answer)).1 };
    // Whether the end comes as such or as a reset does not matter.
    let _ = timeout(PATIENCE, ended).await.expect("it is given up");
    assert!(answer.is_empty());
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_more_is_given_up() {
    let shop = impatient().await;
    let mut stream = said(&shop, HEALTH).await;
    let answer = rest(&mut stream).await;
    assert_eq!(1, answer.matches("HTTP/1.1 200").count(), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_answered_and_given_up() {
    let shop = impatient().await;
    for how in ["content-length: 100\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n1\r\n{\r\n"] {
        let answer = rest(&mut said(&shop, format!("{ORDER}{how}").as_bytes()).await).await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("TIMEOUT"), "{answer}");
    }
}

#[tokio::test]
async fn an_order_that_breaks_off_is_not_placed() {
    let shop = Shop::open().await;
    let body = new_order().to_string();
    let whole = format!("{ORDER}content-length: {}\r\n\r\n{body}", body.len());
    for length in [whole.len() / 2, whole.len() - 1] {
        let mut stream = said(&shop, &whole.as_bytes()[..length]).await;
        stream.shutdown().await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(!answer.contains(" 201 "), "{answer}");
    }
    let list = shop.get("/api/orders").admin().send().await;
    assert_eq!(Some(0), list.body["orders"].as_array().map(Vec::len));
}

#[tokio::test]
async fn a_client_that_has_said_all_it_has_to_say_is_still_answered() {
    let shop = Shop::open().await;
    let mut stream = said(&shop, HEALTH).await;
    stream.shutdown().await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let shop = Shop::open().await;
    let long = "x".repeat(17 << 10);
    let many = "x: y\r\n".repeat(200);
    for head in [
        format!("GET /{long} HTTP/1.1\r\nhost: shop\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nhost: shop\r\ncookie: {long}\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nhost: shop\r\n{many}\r\n"),
        // Without end.
        format!("GET /healthz HTTP/1.1\r\ncookie: {long}"),
    ] {
        let answer = rest(&mut said(&shop, head.as_bytes()).await).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}

#[tokio::test]
async fn a_chunked_body_without_end_is_answered_and_given_up() {
    let shop = Shop::open().await;
    let head = format!("{ORDER}transfer-encoding: chunked\r\n\r\n");
    let (mut reader, mut writer) = said(&shop, head.as_bytes()).await.into_split();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(65536));
    let flood =
        tokio::spawn(async move { while writer.write_all(chunk.as_bytes()).await.is_ok() {} });
    let mut answer = [0; 12];
    timeout(PATIENCE, reader.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(b"HTTP/1.1 413", &answer);
    timeout(PATIENCE, flood).await.expect("the flood is cut off").unwrap();
}

#[tokio::test]
async fn what_follows_a_request_must_be_one() {
    let shop = Shop::open().await;
    let bytes = [HEALTH, HEALTH, b"\x00\x01 garbage \xff\r\n\r\n", HEALTH].concat();
    let answer = rest(&mut said(&shop, &bytes).await).await;
    let statuses: Vec<_> = answer.split("HTTP/1.1 ").skip(1).map(|it| &it[..3]).collect();
    assert_eq!(vec!["200", "200", "400"], statuses, "{answer}");
}

#[tokio::test]
async fn a_length_that_is_said_in_two_ways_is_refused() {
    let shop = Shop::open().await;
    for lengths in [
        "content-length: 2\r\ncontent-length: 40",
        "content-length: 2, 40",
        "content-length: -2",
        "transfer-encoding: gzip",
    ] {
        let request =
            format!("{ORDER}{lengths}\r\n\r\n{{}}GET /api/stats HTTP/1.1\r\nhost: a\r\n\r\n");
        let answer = rest(&mut said(&shop, request.as_bytes()).await).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{lengths}: {answer}");
        assert_eq!(1, answer.matches("HTTP/1.1 ").count(), "{lengths}: {answer}");
    }
    // Chunks win over a length, and the connection does not go on (RFC 9112, section 6.3).
    let both = format!(
        "{ORDER}content-length: 40\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n\
         GET /api/stats HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\n\r\n"
    );
    let answer = timeout(PATIENCE, shop.spoken_to(both.as_bytes())).await;
    let answer = answer.expect("the connection ends");
    assert_eq!(1, answer.matches("HTTP/1.1 ").count(), "{answer}");
}

#[tokio::test]
async fn old_http_is_answered_and_other_protocols_are_shown_out() {
    let shop = Shop::open().await;
    let answer = rest(&mut said(&shop, b"GET /healthz HTTP/1.0\r\n\r\n").await).await;
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    let tls = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[7; 200]].concat();
    for (bytes, protocol) in [
        (tls.as_slice(), "TLS"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "HTTP/2"),
        (b"GET /healthz\r\n\r\n", "HTTP/0.9"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "SSH"),
        (b"EHLO shop\r\n\r\n", "SMTP"),
        (b"\0\0\0\x08\x04\xd2\x16\x2f\r\n\r\n", "PostgreSQL"),
    ] {
        let answer = rest(&mut said(&shop, bytes).await).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{protocol}: {answer}");
    }
}

#[tokio::test]
async fn whoever_only_holds_connections_open_keeps_nobody_out() {
    let limits = Limits { connections: 50, idle: PATIENCE };
    let shop = Shop::with(Setup { limits, ..Setup::default() }).await;
    let mut customer = said(&shop, HEALTH).await;
    assert_eq!(200, status(&mut customer).await);
    let mut crowd = Vec::new();
    for _ in 0..10 {
        for _ in 0..20 {
            crowd.push(said(&shop, b"GET /").await);
        }
        // Whoever asks for something stays, and a new one finds room.
        customer.write_all(HEALTH).await.unwrap();
        assert_eq!(200, status(&mut customer).await);
        let mut new = said(&shop, HEALTH).await;
        assert_eq!(200, status(&mut new).await);
    }
    // Those who have been quiet for longest have gone.
    for stream in &mut crowd[..150] {
        assert_eq!("", rest(stream).await);
    }
}

/// A shop that waits for nobody.
async fn impatient() -> Shop {
    let limits = Limits { connections: 1000, idle: SOON };
    Shop::with(Setup { limits, request_timeout: SOON, ..Setup::default() }).await
}

async fn said(shop: &Shop, bytes: &[u8]) -> TcpStream {
    let address = shop.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may be shown out before all is said.
    let _ = stream.write_all(bytes).await;
    stream
}

/// What comes until the connection ends, be it by a reset.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = ended.unwrap_or_else(|_| panic!("still open: {}", String::from_utf8_lossy(&answer)));
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of one small answer.
async fn status(stream: &mut TcpStream) -> u16 {
    let mut answer = [0; 2048];
    let length = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default()
}
