//! What the complete edition becomes: an exercise with its lifts and points, as files.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::change::Change;
use crate::dependencies::prune;
use crate::kit::{Kit, Lift, Point};
use crate::merge::merge;
use crate::process::{cargo, filter, output};
use crate::strip::{prune_imports, strip};
use crate::style;
use crate::tree::Tree;

/// The files of an exercise with these lifts, and with what `changes` do besides. They are not
/// formatted yet, and the lock file is still the complete edition's.
pub(crate) fn made(kit: &Kit, lifts: &[&Lift], changes: &[Change]) -> Result<Tree> {
    let mut all = vec![&kit.edition.change];
    all.extend(lifts.iter().map(|lift| &lift.change));
    let loud = lifts.iter().filter(|lift| !lift.swallows).map(|lift| &lift.change);
    let gone: BTreeSet<&String> = loud.chain([&kit.edition.change]).flat_map(deleted).collect();
    for change in changes {
        let lost = change.files.keys().find(|path| gone.contains(path));
        if let Some(path) = lost {
            anyhow::bail!(
                "{} changes {path}, which a lift takes away: requires or conflicts is missing",
                change.id
            );
        }
    }
    all.extend(changes);
    let mut files = merge(&kit.complete, &all)?;
    for lift in lifts {
        strip(&mut files, &lift.annotations)?;
    }
    prune_imports(&mut files, &kit.complete)?;
    prune(&mut files);
    style::prune(&mut files);
    Ok(files)
}

fn deleted(change: &Change) -> impl Iterator<Item = &String> {
    change.files.iter().filter(|(_, bytes)| bytes.is_none()).map(|(path, _)| path)
}

/// What these points do to the complete edition.
pub(crate) fn flaws(points: &[&Point]) -> Vec<Change> {
    points.iter().filter_map(|point| point.change.clone()).collect()
}

/// Makes `folder` hold these files, formatted, with a lock file of what they need.
pub(crate) fn settle(kit: &Kit, files: &Tree, folder: &Path) -> Result<()> {
    let formatted = format(kit, files)?;
    formatted.write(folder)?;
    output(cargo().args(["update", "--quiet", "--workspace", "--offline"]).current_dir(folder))
        .context("cannot bring the lock file in line")?;
    Ok(())
}

/// The same files; Rust that is not as the complete edition has it is formatted.
pub(crate) fn format(kit: &Kit, files: &Tree) -> Result<Tree> {
    let changed = |(path, bytes): &(&String, &Vec<u8>)| {
        Path::new(path).extension().is_some_and(|it| it == "rs")
            && kit.complete.0.get(*path) != Some(bytes)
    };
    let rust: Vec<(&String, &Vec<u8>)> = files.0.iter().filter(changed).collect();
    if rust.is_empty() {
        return Ok(files.clone());
    }
    let mut formatted = files.clone();
    for (path, bytes) in rust {
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--edition", "2024", "--emit", "stdout", "--quiet"]);
        rustfmt.arg("--config-path").arg(kit.root.join("rustfmt.toml"));
        let text = filter(&mut rustfmt, bytes).with_context(|| format!("cannot format {path}"))?;
        ensure!(!text.is_empty(), "rustfmt left nothing of {path}");
        formatted.0.insert(path.clone(), text);
    }
    Ok(formatted)
}
