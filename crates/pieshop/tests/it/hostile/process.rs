//! The real program under a crowd of connections that want nothing.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use std::io::{Read, Write};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(30);
const HEALTH: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn open_connections_neither_use_up_the_files_nor_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    // So few files that the crowd would use them up twice.
    let (mut shop, address) = start(folder.path(), 400).await;
    let mut crowd: Vec<_> = (0..600).map(|_| connected(address)).collect();
    for (stream, begun) in
        crowd.iter_mut().zip(["", "G", "POST /api/orders HTTP/1.1\r\n"].iter().cycle())
    {
        // Some have been shown out by now.
        let _ = stream.write_all(begun.as_bytes());
    }
    assert_eq!("200", status(address));
    let pid = shop.id().unwrap();
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    assert!(files < 400, "{files} files are open");

    let asked = Instant::now();
    let told = Command::new("kill").args(["-TERM", &pid.to_string()]).status().await.unwrap();
    assert!(told.success());
    let ended = tokio::time::timeout(PATIENCE, shop.wait()).await.expect("it ends").unwrap();
    assert!(ended.success(), "{ended}");
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    drop(crowd);
}

/// Everything in one process that may open so many files.
async fn start(data: &Path, files: u32) -> (Child, SocketAddr) {
    let program = env!("CARGO_BIN_EXE_pieshop");
    let first = testbed::ports::free_ports(4).unwrap();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -n {files}; exec \"$0\" \"$@\"")).arg(program);
    command.args(["up", "--no-open", "--data"]).arg(data);
    for (flag, port) in
        ["--port", "--picker-port", "--baker-port", "--delivery-port"].into_iter().zip(first..)
    {
        command.arg(flag).arg(port.to_string());
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PIESHOP_") {
            command.env_remove(name);
        }
    }
    command.env("PIESHOP_HTTP__SHUTDOWN_GRACE", "3s");
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    let shop = command.spawn().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], first));
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(begun.elapsed() < PATIENCE, "the shop does not open");
        sleep(Duration::from_millis(20)).await;
    }
    (shop, address)
}

fn connected(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn status(address: SocketAddr) -> String {
    let mut stream = connected(address);
    stream.write_all(HEALTH).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.get(9..12).unwrap_or_default().to_owned()
}
