//! Free ports of 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};

/// Below the range that systems take the ports of outgoing connections from: a server that is
/// killed finds its port free when it comes back.
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    free_ports(1)
}

/// The first of `count` ports in a row that were free a moment ago.
pub fn free_ports(count: u16) -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes begin at different places, so that two rarely want the same.
    let begin = u16::try_from(process::id() % u32::from(COUNT / 16)).unwrap_or_default() * 16;
    for _ in 0..COUNT / count.max(1) {
        let offset = NEXT.fetch_add(count, Ordering::Relaxed).wrapping_add(begin) % COUNT;
        let first = FIRST + offset;
        if (first..first + count).all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        {
            return Ok(first);
        }
    }
    bail!("no {count} ports from {FIRST} on are free");
}
