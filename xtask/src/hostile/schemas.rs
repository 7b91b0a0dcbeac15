//! Requests made up from the contracts, by Schemathesis: valid ones must be taken, others refused,
//! every answer be one of the documented, and one call's answer lead to the next call.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    thread,
};

use anyhow::{Context as _, Result, anyhow, bail};
use yaml_serde::Value;

use super::premises::{Premises, Program, TOKEN};
use crate::{process, workspace::Workspace};

/// The Python package that makes the requests up.
pub(super) const PACKAGE: &str = "schemathesis==4.32.5";

/// Attacks at once.
const AT_ONCE: usize = 2;

/// One run over some operations of a contract.
struct Attack<'p> {
    /// The name of its log.
    name: String,
    on: &'p Program,
    description: PathBuf,
    /// Who has the token or key reaches everything; who has none, nothing that is not public.
    authorized: bool,
    /// Which operations, in Schemathesis's words.
    operations: &'static [&'static str],
}

/// Holds everything on the premises against its contract, and tells how many requests were made.
pub(super) fn hold(
    workspace: &Workspace,
    programs: &Path,
    premises: &Premises,
    examples: u32,
    seed: u64,
) -> Result<()> {
    let queue = Mutex::new(VecDeque::from(chains(workspace, premises)?));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let run = |attack: &Attack<'_>| -> Result<()> {
        let log = workspace.scratch.join(format!("hostile-{}.log", attack.name));
        let mut command = attack.command(workspace, programs, premises, examples, seed);
        process::run_logged(&mut command, &log)
            .with_context(|| format!("{} with seed {seed}", attack.name))?;
        let requests = requests(&log).context("its summary is not as expected")?;
        eprintln!("hostile: {}: {requests}", attack.name);
        Ok(())
    };
    let results = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    let mut results = Vec::new();
                    while let Some(chain) = next() {
                        results.extend(chain.iter().map(run));
                    }
                    results
                })
            })
            .collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut failed = Vec::new();
    for result in results {
        let results = result.map_err(|_| anyhow!("an attack panicked"))?;
        failed.extend(results.into_iter().filter_map(Result::err));
    }
    if failed.is_empty() {
        return Ok(());
    }
    let failed: Vec<_> = failed.iter().map(|error| format!("{error:#}")).collect();
    bail!("{}", failed.join("\n\n"))
}

/// The attacks, those on the same program one after the other.
fn chains<'p>(workspace: &Workspace, premises: &'p Premises) -> Result<Vec<Vec<Attack<'p>>>> {
    let contract = |name: &str| workspace.root.join("contracts").join(name).with_extension("yaml");
    let api = api(&contract("order-api"), premises)?;
    let attack = |on: &'p Program, description: &Path, authorized, operations, suffix| Attack {
        name: format!("{}{suffix}", on.name),
        on,
        description: description.to_path_buf(),
        authorized,
        operations,
    };
    let (shop, bakery) = (&premises.shop, &premises.bakery);
    let mut chains = vec![
        vec![
            // Without an order there is nothing that a stranger could find.
            attack(
                shop,
                &api,
                false,
                ["--exclude-operation-id", "placeOrder"].as_slice(),
                "-as-nobody",
            ),
            // Its pies are built in; the bakery's can be changed.
            attack(
                shop,
                &api,
                true,
                &["--exclude-operation-id", "putPie", "--exclude-operation-id", "deletePie"],
                "",
            ),
        ],
        vec![attack(bakery, &api, true, &["--include-path-regex", "^/api/pies"], "")],
    ];
    for robot in &premises.robots {
        let contract = contract(robot.name);
        chains.push(vec![
            attack(robot, &contract, false, &[], "-as-nobody"),
            attack(robot, &contract, true, &["--exclude-operation-id", "setFaults"], ""),
            // Comes last: what it switches on would be found in every answer.
            attack(robot, &contract, true, &["--include-path", "/faults"], "-faults"),
        ]);
    }
    Ok(chains)
}

impl Attack<'_> {
    fn command(
        &self,
        workspace: &Workspace,
        programs: &Path,
        premises: &Premises,
        examples: u32,
        seed: u64,
    ) -> Command {
        let mut command = Command::new(programs.join("schemathesis"));
        command.current_dir(premises.folder.path()).arg("--config-file");
        command.arg(workspace.root.join("xtask/src/hostile/schemathesis.toml")).arg("run");
        command.arg(&self.description).arg("--url").arg(format!("http://{}", self.on.address));
        command.args(["--max-examples", &examples.to_string(), "--seed", &seed.to_string()]);
        command.args(["--phases", "examples,coverage,fuzzing,stateful", "--no-color"]);
        command.args(["--generation-database", "none"]).args(self.operations);
        if self.authorized {
            command.args(["--header", &format!("Authorization: Bearer {TOKEN}")]);
        }
        command
    }
}

/// The service's description with the pies in it that can be ordered: they are the catalog's, which
/// no fixed description knows.
fn api(contract: &Path, premises: &Premises) -> Result<PathBuf> {
    let mut api: Value = yaml_serde::from_str(&fs::read_to_string(contract)?)?;
    let pies = ["apple", "cherry", "pumpkin", "pecan", "blueberry"];
    let known = api["components"]["schemas"]["NewOrder"]["properties"]["pieType"].as_mapping_mut();
    let known = known.context("the contract's NewOrder has no pieType")?;
    known.insert("enum".into(), pies.map(Value::from).to_vec().into());
    let file = premises.folder.path().join("order-api.yaml");
    fs::write(&file, yaml_serde::to_string(&api)?)?;
    Ok(file)
}

/// What the tool says that it did.
fn requests(log: &Path) -> Option<String> {
    let log = fs::read_to_string(log).ok()?;
    let line = log.lines().rev().find(|line| line.contains("generated"))?;
    Some(line.trim().to_owned())
}
