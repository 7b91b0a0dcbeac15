//! A throw-away server that speaks MongoDB's protocol.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::{
    process::{self, Server},
    workspace::Workspace,
};

/// The Python package that contains the server.
pub(crate) const PACKAGE: &str = "secantusdb==0.7.0b3";

pub(crate) struct Mongo {
    port: u16,
    // The order matters: the server ends before its folder goes.
    _server: Server,
    _directory: TempDir,
}

impl Mongo {
    /// Starts the server of [`PACKAGE`] from the Python environment's `programs`.
    pub(crate) fn start(workspace: &Workspace, programs: &Path) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("pieshop-mongodb-").tempdir()?;
        let port = process::free_port()?;
        let mut command = Command::new(programs.join("secantusd-py"));
        command.current_dir(&directory).args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.arg("--storage-path").arg(directory.path());
        let server = Server::start(&mut command, port, &workspace.scratch.join("mongodb.log"))
            .context("no MongoDB-compatible server; PIESHOP_TEST_MONGODB_URL may name one")?;
        Ok(Self { port, _server: server, _directory: directory })
    }

    pub(crate) fn url(&self) -> String {
        format!("mongodb://127.0.0.1:{}", self.port)
    }
}
