//! What the logs may not say.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::customers::CONTACT;
use crate::house::Store;
use crate::run::World;
use crate::server::Server;

/// Looks for panics and contact data in everything that was logged.
pub(super) fn check(world: &World<'_>) -> Result<()> {
    let mut logs: Vec<PathBuf> = world.house.servers().map(Server::log).collect();
    if let Store::Postgres { server, .. } = &world.house.store {
        logs.push(server.cluster.log());
    }
    for log in logs {
        let text = fs::read_to_string(&log)?;
        let name = log.file_name().unwrap_or_default().display().to_string();
        let forbidden = |line: &&str| {
            line.contains("panicked") || CONTACT.iter().any(|word| line.contains(word))
        };
        for line in text.lines().filter(forbidden).take(3) {
            world.tally.violation(format!("{name} says: {line}"));
        }
    }
    Ok(())
}
