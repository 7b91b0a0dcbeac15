//! Ten thousand connections that want nothing, and what other customers notice of them.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const CONNECTIONS: usize = 10_000;
/// How long customers are watched without and with the crowd.
const WATCHED: Duration = Duration::from_secs(20);
/// Between two drops of those that send a head in drops.
const DROP: Duration = Duration::from_secs(2);
const CUSTOMERS: usize = 4;
/// Between two requests of a customer.
const BREATH: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(30);

const ORDER: &str = r#"{"pieType":"apple","customer":{"name":"Jane Doe","email":"jane@example.com","phone":"+1-555-0123"},"deliveryAddress":{"street":"123 Main St","city":"Springfield","state":"IL","zip":"62701"}}"#;

/// What each part of the crowd has said before it falls silent: nothing, half of a head, a head
/// whose body never comes, one request.
const SAID: [&str; 4] = [
    "",
    "GET /healthz HTTP/1.1\r\nhost: shop\r\nx",
    "POST /api/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
     content-length: 1000\r\n\r\n{",
    "GET /healthz HTTP/1.1\r\nhost: shop\r\n\r\n",
];

/// Watches customers of the service at `address`, whose process is `pid`, without and with the
/// crowd, and tells the figures.
pub(super) fn visit(address: SocketAddr, pid: u32) -> Result<()> {
    let files = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files });
    tell("without the crowd", &watch(address)?, pid);

    let mut crowd = Vec::with_capacity(CONNECTIONS);
    for said in SAID.iter().cycle().take(CONNECTIONS) {
        let mut stream = TcpStream::connect(address)
            .with_context(|| format!("connection {} of {CONNECTIONS}", crowd.len() + 1))?;
        stream.write_all(said.as_bytes())?;
        crowd.push(stream);
    }
    let over = Arc::new(AtomicBool::new(false));
    let dripping = {
        let over = Arc::clone(&over);
        thread::spawn(move || drip(crowd, &over))
    };
    let with = watch(address);
    tell(&format!("with {CONNECTIONS} connections that stall"), &with?, pid);
    over.store(true, Ordering::Relaxed);
    let open = dripping.join().unwrap_or_default();
    eprintln!("hostile: {open} of the {CONNECTIONS} were still open");
    thread::sleep(Duration::from_secs(1));
    tell("after the crowd has gone", &watch(address)?, pid);
    Ok(())
}

/// Those with half of a head send it on in drops. Says how many connections are open in the end.
fn drip(mut crowd: Vec<TcpStream>, over: &AtomicBool) -> usize {
    while !over.load(Ordering::Relaxed) {
        for stream in crowd.iter_mut().skip(1).step_by(SAID.len()) {
            let _ = stream.write_all(b"x");
        }
        thread::sleep(DROP);
    }
    let open = |stream: &TcpStream| {
        let _ = stream.set_nonblocking(true);
        let mut stream = stream;
        loop {
            match stream.read(&mut [0; 4096]) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    };
    crowd.iter().filter(|stream| open(stream)).count()
}

/// How long customers waited, in order: each for a new connection, an order, and a look at it.
fn watch(address: SocketAddr) -> Result<Vec<Duration>> {
    let customers: Vec<_> =
        (0..CUSTOMERS).map(|_| thread::spawn(move || be_served(address))).collect();
    let mut waits = Vec::new();
    for customer in customers {
        waits.extend(customer.join().map_err(|_| anyhow::anyhow!("a customer panicked"))??);
    }
    waits.sort_unstable();
    Ok(waits)
}

#[expect(clippy::disallowed_methods, reason = "how long customers wait is what is asked")]
fn be_served(address: SocketAddr) -> Result<Vec<Duration>> {
    let begin = Instant::now();
    let mut waits = Vec::new();
    while begin.elapsed() < WATCHED {
        let asked = Instant::now();
        let head = "content-type: application/json\r\n";
        let order = ask(address, "POST /api/orders", head, ORDER)?;
        ensure!(order.starts_with("HTTP/1.1 201 "), "an order was answered {order}");
        waits.push(asked.elapsed());
        let path = order.lines().find_map(|line| line.strip_prefix("location: "));
        let path = path.context("an order without Location")?;
        let asked = Instant::now();
        let shown = ask(address, &format!("GET {path}"), "", "")?;
        ensure!(shown.starts_with("HTTP/1.1 200 "), "a look at an order was answered {shown}");
        waits.push(asked.elapsed());
        thread::sleep(BREATH);
    }
    Ok(waits)
}

fn ask(address: SocketAddr, what: &str, head: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let request = format!(
        "{what} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{head}\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("a customer was not answered in time")?;
    Ok(answer)
}

fn tell(when: &str, waits: &[Duration], pid: u32) {
    let quantile = |part: usize| waits.get(waits.len() * part / 1000).copied().unwrap_or_default();
    let memory = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("unknown");
    let files = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    eprintln!(
        "hostile: {when}: {} requests, p50 {:.1?}, p99 {:.1?}, longest {:.1?}; the service holds \
         {} of memory and {files} files",
        waits.len(),
        quantile(500),
        quantile(990),
        waits.last().copied().unwrap_or_default(),
        memory.trim(),
    );
}
