//! Writing points and lifts: a worktree of the complete edition with the change in it, and back.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::cli::WriteArgs;
use crate::process::output;

const POINT: &str = include_str!("new/point.toml");
const GUIDE: &str = include_str!("new/guide.md");
const PROBE: &str = include_str!("new/probe.mjs");

/// Makes the folder of a point, with everything to be filled in.
pub(crate) fn new(root: &Path, id: &str) -> Result<()> {
    let fits = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    ensure!(fits, "an id has small letters and hyphens: {id}");
    let folder = root.join("interview/points").join(id);
    ensure!(!folder.exists(), "there is a point {id}; `cargo interview edit {id}` opens it");
    fs::create_dir_all(&folder)?;
    for (name, text) in [("point.toml", POINT), ("guide.md", GUIDE), ("probe.mjs", PROBE)] {
        fs::write(folder.join(name), text)?;
    }
    eprintln!(
        "interview: {} is to be filled in; then `cargo interview edit {id}`",
        folder.display()
    );
    Ok(())
}

/// Opens a worktree with the change in it. A diff that does not fit the source any more is merged
/// with what has changed; what is left to do is marked in the files.
pub(crate) fn edit(root: &Path, args: &WriteArgs) -> Result<()> {
    let desk = Desk::of(root, args)?;
    ensure!(!desk.folder.exists(), "{} is open already: save it first", desk.folder.display());
    fs::create_dir_all(desk.folder.parent().context("it stands in a folder")?)?;
    let mut add = git_in(root, &["worktree", "add", "--quiet", "--force", "--detach"]);
    output(add.arg(&desk.folder).arg("HEAD"))?;
    if let Some(flaw) = &desk.below {
        desk.lay_below(flaw)?;
    }
    let fits = !desk.diff.exists() || desk.apply(&desk.diff).is_ok();
    let merged = if fits { Ok(()) } else { desk.merge(root) };
    eprintln!("interview: change the files in {}", desk.folder.display());
    eprintln!("interview: then: cargo interview save {}", desk.name);
    merged.context(
        "the source has changed in the same places: mend what is marked in the files, then save",
    )
}

/// Writes the diff back, moves it to the present source, and closes the worktree.
pub(crate) fn save(root: &Path, args: &WriteArgs) -> Result<()> {
    let desk = Desk::of(root, args)?;
    ensure!(desk.folder.exists(), "{} is not open: cargo interview edit {}", desk.name, desk.name);
    output(&mut desk.git(&["add", "--all"]))?;
    let open = output(&mut desk.git(&["diff", "--cached", "--check"]));
    open.context("something is marked in the files still: mend it, then save again")?;
    desk.follow(root)?;
    let diff = output(&mut desk.git(&["diff", "--cached", "--full-index", "--no-color", "HEAD"]))?;
    ensure!(!diff.is_empty(), "nothing is changed in {}", desk.folder.display());
    fs::create_dir_all(desk.diff.parent().context("it stands in a folder")?)?;
    fs::write(&desk.diff, diff)?;
    output(git_in(root, &["worktree", "remove", "--force"]).arg(&desk.folder))?;
    eprintln!("interview: {} is written; cargo interview verify {}", desk.diff.display(), args.id);
    Ok(())
}

/// What is written, and where.
struct Desk {
    name: String,
    folder: PathBuf,
    diff: PathBuf,
    /// The flaw that a fix is written on top of.
    below: Option<PathBuf>,
}

impl Desk {
    fn of(root: &Path, args: &WriteArgs) -> Result<Self> {
        let id = &args.id;
        let kit = root.join("interview");
        let (point, lift) = (kit.join("points").join(id), kit.join("lifts").join(id));
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let folder = root.join(target).join("interview/edit");
        let (name, diff, below) = match &args.fix {
            Some(fix) if point.exists() => {
                let known =
                    ["false-fixes/", "alternative-fixes/"].iter().any(|it| fix.starts_with(it));
                ensure!(known, "a fix is false-fixes/NAME or alternative-fixes/NAME, not {fix}");
                let diff = point.join(format!("{fix}.diff"));
                (format!("{id} --fix {fix}"), diff, Some(point.join("flaw.diff")))
            }
            None if point.exists() => (id.clone(), point.join("flaw.diff"), None),
            None if lift.exists() => (id.clone(), lift.join("wiring.diff"), None),
            None if id == "edition" => (id.clone(), kit.join("edition/wiring.diff"), None),
            _ => bail!(
                "there is neither a point nor a lift {id}; `cargo interview new {id}` makes a point"
            ),
        };
        let folder = folder.join(name.replace([' ', '/'], "_"));
        Ok(Self { name, folder, diff, below })
    }

    /// Commits the flaw that a fix is written on top of.
    fn lay_below(&self, flaw: &Path) -> Result<()> {
        self.apply(flaw).context("the flaw below the fix does not apply: save that first")?;
        self.commit("below")
    }

    fn apply(&self, diff: &Path) -> Result<()> {
        output(self.git(&["apply", "--index", "--whitespace=nowarn"]).arg(diff)).map(|_| ())
    }

    /// Applies a diff that does not fit the source any more to the revision that it was written
    /// for, and brings it from there to the present one.
    fn merge(&self, root: &Path) -> Result<()> {
        let written = output(git_in(root, &["log", "-1", "--format=%H", "--"]).arg(&self.diff))?;
        let none = || format!("{} fits no revision: write it anew", self.diff.display());
        ensure!(!written.trim().is_empty(), none());
        output(&mut self.git(&["checkout", "--quiet", "--detach", written.trim()]))?;
        if let Some(flaw) = &self.below {
            self.lay_below(&self.folder.join(flaw.strip_prefix(root)?))?;
        }
        self.apply(&self.diff).with_context(none)?;
        self.follow(root)
    }

    /// Brings the worktree to the revision that the root has now, the changes with it.
    fn follow(&self, root: &Path) -> Result<()> {
        let now = output(&mut git_in(root, &["rev-parse", "HEAD"]))?;
        let from = if self.below.is_some() { "HEAD~1" } else { "HEAD" };
        if output(&mut self.git(&["rev-parse", from]))? == now {
            return Ok(());
        }
        self.commit("the change")?;
        let ours = output(&mut self.git(&["rev-parse", "HEAD"]))?;
        output(&mut self.git(&["checkout", "--quiet", "--detach", now.trim()]))?;
        if let Some(flaw) = &self.below {
            self.lay_below(flaw)?;
        }
        output(&mut self.git(&["cherry-pick", "--no-commit", ours.trim()]))
            .context("the source has changed in the same places: mend what is marked in the files, then save again")?;
        Ok(())
    }

    fn commit(&self, message: &str) -> Result<()> {
        output(&mut self.git(&["add", "--all"]))?;
        let who = ["-c", "user.name=interview", "-c", "user.email=interview@localhost"];
        output(self.git(&who).args(["commit", "--quiet", "--no-verify", "--message", message]))?;
        Ok(())
    }

    fn git(&self, args: &[&str]) -> Command {
        git_in(&self.folder, args)
    }
}

fn git_in(folder: &Path, args: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.args(args).current_dir(folder);
    git
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(root: &Path, text: &str) {
        fs::write(root.join("a.txt"), text).unwrap();
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        output(&mut git_in(root, &["add", "--all"])).unwrap();
        output(git_in(root, &who).args(["commit", "--quiet", "--message", "a"])).unwrap();
    }

    #[test]
    fn a_diff_that_fits_no_more_is_brought_to_the_source_that_has_moved() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let diff = root.join("interview/lifts/moved/wiring.diff");
        fs::create_dir_all(diff.parent().unwrap()).unwrap();
        let written = "--- a/a.txt\n+++ b/a.txt\n@@ -2,5 +2,4 @@\n b\n c\n d\n-e\n f\n";
        fs::write(&diff, written).unwrap();
        output(&mut git_in(root, &["init", "--quiet"])).unwrap();
        commit(root, "a\nb\nc\nd\ne\nf\n");
        commit(root, "a\nanew\nc\nd\ne\nf\n");
        let args = WriteArgs { id: "moved".into(), fix: None };
        let applies = || output(git_in(root, &["apply", "--check"]).arg(&diff)).is_ok();
        assert!(!applies());
        edit(root, &args).unwrap();
        save(root, &args).unwrap();
        assert!(applies());
        let text = fs::read_to_string(&diff).unwrap();
        assert!(text.contains("\n anew\n") && text.contains("\n-e\n"), "{text}");
    }
}
