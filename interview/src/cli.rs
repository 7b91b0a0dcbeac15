//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::kit::Level;

#[derive(Parser)]
#[command(
    name = "cargo interview",
    about = "From the source to an interview exercise, and back to a grade."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// The points: what each is about, for whom, how long it takes and how it is proven.
    List(ListArgs),
    /// One point whole: the flaw, its repair, questions, hints and anchors.
    Show {
        /// Its id, as `list` tells it
        id: String,
    },
    /// Make a candidate's repository, and beside it what only the interviewer sees.
    Export(ExportArgs),
    /// Write the guide and score sheet of an exercise, as a page and as Markdown.
    Guide(GuideArgs),
    /// Judge a candidate's repository from outside: what is fixed, and what still works.
    Grade(GradeArgs),
    /// Begin a point: a folder with everything to be filled in.
    New {
        /// Its id, small letters and hyphens
        id: String,
    },
    /// Open a worktree with a point's, a lift's or a fix's change in it.
    Edit(WriteArgs),
    /// Write the change back as a diff against the present source, and close the worktree.
    Save(WriteArgs),
    /// Apply every diff, unite all of them, and look for what tells too much: seconds.
    Check,
    /// Prove that every point breaks what it says, and only that.
    Verify(VerifyArgs),
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// A part of the competency's name
    #[arg(long)]
    pub(crate) competency: Option<String>,
    /// For whom
    #[arg(long)]
    pub(crate) level: Option<Level>,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// Points and lifts to prove; all points together when none is named
    pub(crate) ids: Vec<String>,
    /// Every lift, point and fix by itself too; writes interview/VERIFIED.md
    #[arg(long)]
    pub(crate) all: bool,
    /// Writes what is proven now into interview/VERIFIED.md, in place of what stood there of it
    #[arg(long, requires = "ids")]
    pub(crate) keep: bool,
    /// And those points by themselves whose files the last commit, or what is not committed yet,
    /// touches: two of them at most
    #[arg(long)]
    pub(crate) changed: bool,
    /// And so many pairs of points
    #[arg(long, default_value_t = 0)]
    pub(crate) pairs: usize,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which lifts and points an exercise has.
#[derive(Args, Default)]
pub(crate) struct Choice {
    /// A set with a name; classic when nothing is said
    #[arg(long)]
    pub(crate) preset: Option<String>,
    /// Points by their ids, with commas between
    #[arg(long, value_delimiter = ',', conflicts_with = "preset")]
    pub(crate) points: Vec<String>,
    /// Only of this competency, or part of its name
    #[arg(long)]
    pub(crate) competency: Option<String>,
    /// Only for this level
    #[arg(long)]
    pub(crate) level: Option<Level>,
    /// As many as fit into this time, mixed
    #[arg(long)]
    pub(crate) minutes: Option<u32>,
    /// Decides which of those that fit
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// A folder that is not there yet
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Do not build and test it first
    #[arg(long)]
    pub(crate) no_proof: bool,
}

#[derive(Args)]
pub(crate) struct GuideArgs {
    /// The exercise.toml that was exported
    #[arg(long)]
    pub(crate) exercise: PathBuf,
    /// The folder to write guide.html and guide.md into
    #[arg(long)]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct GradeArgs {
    /// The candidate's repository
    pub(crate) folder: PathBuf,
    /// The exercise.toml that was exported with it
    #[arg(long)]
    pub(crate) exercise: PathBuf,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
    /// As a page, to be kept with the score sheets
    #[arg(long, conflicts_with = "json")]
    pub(crate) html: bool,
}

#[derive(Args)]
pub(crate) struct WriteArgs {
    /// A point, a lift, or "edition"
    pub(crate) id: String,
    /// A fix of the point: false-fixes/NAME or alternative-fixes/NAME
    #[arg(long)]
    pub(crate) fix: Option<String>,
}
