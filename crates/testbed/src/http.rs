//! The leanest HTTP/1.1 client that serves: one connection, one request at a time.

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that is kept alive.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The status line and the headers.
    pub head: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The last header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }
}

impl Connection {
    /// Connects to a port of 127.0.0.1.
    pub async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a whole request and waits for the whole answer.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let length = header(&self.buffer[..end], "content-length");
                break (end + 4, length.context("an answer without length")?.parse::<usize>()?);
            }
            self.read().await?;
        };
        while self.buffer.len() < head + length {
            self.read().await?;
        }
        let status = self.buffer.get(9..12).context("no status")?;
        let status = std::str::from_utf8(status)?.parse()?;
        let (head, rest) = self.buffer.split_at(head);
        Ok(Answer { status, head, body: &rest[..length] })
    }

    async fn read(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// Asks once, over a connection of its own; the answer must be 200.
pub async fn fetch(port: u16, path: &str, token: Option<&str>) -> Result<Vec<u8>> {
    let mut request = Vec::new();
    get(path, token, &mut request);
    let mut connection = Connection::open(port).await?;
    let answer = connection.send(&request).await?;
    if answer.status != 200 {
        let body = String::from_utf8_lossy(answer.body).into_owned();
        bail!("GET {path} was answered {}: {body}", answer.status);
    }
    Ok(answer.body.to_vec())
}

/// Appends a GET request.
pub fn get(path: &str, token: Option<&str>, out: &mut Vec<u8>) {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = bearer.iter().map(|it| ("authorization", it.as_str())).collect();
    request("GET", path, &headers, None, out);
}

/// Appends a POST request with a JSON body.
pub fn post(path: &str, body: &str, out: &mut Vec<u8>) {
    request("POST", path, &[], Some(body), out);
}

/// Appends a request, perhaps with a JSON body.
pub fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
    out: &mut Vec<u8>,
) {
    let mut add = |text: &str| out.extend_from_slice(text.as_bytes());
    for part in [method, " ", path, " HTTP/1.1\r\nhost: 127.0.0.1\r\n"] {
        add(part);
    }
    for (name, value) in headers {
        for part in [name, ": ", value, "\r\n"] {
            add(part);
        }
    }
    if let Some(body) = body {
        add("content-type: application/json\r\ncontent-length: ");
        add(&body.len().to_string());
        add("\r\n");
    }
    add("\r\n");
    add(body.unwrap_or_default());
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let head = std::str::from_utf8(head).ok()?;
    let mut values = head.lines().filter_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    });
    values.next_back()
}
