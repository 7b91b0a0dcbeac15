//! The points, in words.

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::cli::ListArgs;
use crate::kit::{Kit, Point, read};

/// The points that are asked for, a line each.
pub(crate) fn list(kit: &Kit, args: &ListArgs) -> Result<()> {
    let wanted = |point: &&Point| {
        let competency = args.competency.as_ref().map(|it| it.to_lowercase());
        competency.is_none_or(|it| point.competency.to_lowercase().contains(&it))
            && args.level.is_none_or(|level| level == point.level)
    };
    let points: Vec<&Point> = kit.points.values().filter(wanted).collect();
    if args.json {
        let points: Vec<_> = points.iter().map(|point| told(point)).collect();
        println!("{}", serde_json::to_string_pretty(&points)?);
        return Ok(());
    }
    let width = points.iter().map(|point| point.id.len()).max().unwrap_or_default();
    for point in &points {
        let proof = if point.is_gradable() { "graded" } else { "discussed" };
        let minutes = point.minutes.total();
        println!(
            "{:width$}  {:9}  {minutes:2} min  {}: {}",
            point.id, proof, point.competency, point.title
        );
    }
    eprintln!(
        "{} of {} points; `cargo interview show ID` tells one whole",
        points.len(),
        kit.points.len()
    );
    Ok(())
}

/// One point or lift whole.
pub(crate) fn show(kit: &Kit, id: &str) -> Result<()> {
    if let Some(lift) = kit.lifts.get(id) {
        println!(
            "# {}\n\n{}\n\n{} files deleted, {} lines of wiring",
            lift.title,
            lift.takes_away,
            lift.deleted(),
            lift.check_size(&kit.root)?
        );
        return Ok(());
    }
    let point = kit.points.get(id).with_context(|| {
        format!("there is no point {id}; `cargo interview list` tells those that there are")
    })?;
    println!(
        "# {}\n\n{} · {} · {} minutes\n",
        point.title,
        point.id,
        point.competency,
        point.minutes.total()
    );
    println!("{}\n\n{}\n{}\n", point.symptom, point.root_cause, point.impact);
    if let Some(flaw) = &point.flaw {
        println!("## What is planted\n\n```diff\n{flaw}```\n");
    }
    println!("{}", read(&point.folder.join("guide.md"))?);
    Ok(())
}

fn told(point: &Point) -> serde_json::Value {
    json!({
        "id": point.id, "title": point.title, "competency": point.competency, "level": point.level,
        "minutes": point.minutes, "modes": point.modes, "surface": point.surface, "source": point.source,
        "standards": point.standards, "graded": point.is_gradable(),
    })
}
