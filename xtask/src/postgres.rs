//! A throw-away PostgreSQL cluster for as long as a task runs.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use testbed::postgres::{Cluster, find_programs};

use crate::{apt, workspace::Workspace};

const OTHERWISE: &str = "name a running server in PIESHOP_TEST_POSTGRES_URL";

/// A cluster of its own, stopped and removed when dropped.
pub(crate) struct Postgres {
    // The order matters: the server ends before its folder goes.
    cluster: Cluster,
    _directory: TempDir,
    /// Where the server's log is kept once the cluster is gone.
    kept_log: PathBuf,
}

impl Postgres {
    /// Finds PostgreSQL (or installs it, where this is allowed) and starts a new cluster.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let programs = provide_programs(workspace)?;
        let directory = tempfile::Builder::new().prefix("pieshop-postgres-").tempdir()?;
        let cluster = Cluster::create(programs, directory.path().to_path_buf());
        let cluster = cluster.with_context(|| format!("no PostgreSQL cluster; {OTHERWISE}"))?;
        cluster.start()?;
        let kept_log = workspace.scratch.join("postgres.log");
        Ok(Self { cluster, _directory: directory, kept_log })
    }

    /// The address of the cluster's database `postgres`, as its superuser.
    pub(crate) fn url(&self) -> String {
        self.cluster.url()
    }

    /// The path of a program of this PostgreSQL, such as `pgbench`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.cluster.program(name)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A server that never started has no log.
        let _ = fs::copy(self.cluster.log(), &self.kept_log);
    }
}

/// The folder of PostgreSQL's programs, which are installed where they are missing and this is
/// allowed.
pub(crate) fn provide_programs(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(programs) = find_programs() {
        return Ok(programs);
    }
    apt::install(workspace, &["postgresql"], OTHERWISE)?;
    find_programs().context("installed PostgreSQL, but found no initdb")
}
