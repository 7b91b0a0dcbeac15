//! The interviewer's guide and score sheet.

mod markdown;
mod parse;
mod repair;
mod view;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use askama::Template;

pub(crate) use self::parse::Guide;
use self::view::View;
use crate::cli::GuideArgs;
use crate::kit::{Kit, read};
use crate::select::Exercise;

/// What the kit's pages look like.
pub(crate) const STYLE: &str = include_str!("../../templates/guide.css");

/// The page: it asks nobody for anything, so it works from a disk and for ever.
#[derive(Template)]
#[template(path = "guide.html")]
struct Page<'a> {
    view: &'a View<'a>,
    style: &'static str,
    script: &'static str,
}

/// The same to read and print anywhere.
#[derive(Template)]
#[template(path = "guide.md")]
struct Text<'a> {
    view: &'a View<'a>,
}

/// Makes the guide of an exercise that was exported.
pub(crate) fn run(kit: &Kit, args: &GuideArgs) -> Result<()> {
    let exercise: Exercise = toml::from_str(&read(&args.exercise)?)
        .with_context(|| format!("{} is no exercise", args.exercise.display()))?;
    write(kit, &exercise, &args.out)?;
    eprintln!("interview: open {}", args.out.join("guide.html").display());
    Ok(())
}

/// Writes `guide.html` and `guide.md` into a folder.
pub(crate) fn write(kit: &Kit, exercise: &Exercise, folder: &Path) -> Result<()> {
    let view = View::of(kit, exercise)?;
    let page = Page { view: &view, style: STYLE, script: include_str!("../../templates/guide.js") };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(folder.join("guide.html"), page.render()?)?;
    fs::write(folder.join("guide.md"), Text { view: &view }.render()?)?;
    Ok(())
}
