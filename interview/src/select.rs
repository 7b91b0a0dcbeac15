//! Which lifts and points an exercise has.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cli::Choice;
use crate::kit::{Kit, Point};

/// The exact set, for every candidate of one opening.
#[derive(Clone, Deserialize, PartialEq, Eq, Debug, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exercise {
    pub(crate) title: String,
    /// The revision of the complete edition that it was made from.
    pub(crate) source: String,
    pub(crate) seed: u64,
    pub(crate) lifts: Vec<String>,
    /// In the order in which they are talked about.
    pub(crate) points: Vec<String>,
}

/// The set that is asked for.
pub(crate) fn choose(kit: &Kit, choice: &Choice, source: String) -> Result<Exercise> {
    let named = choice.preset.as_deref().or_else(|| {
        let any = choice.points.is_empty() && choice.competency.is_none() && choice.level.is_none();
        (any && choice.minutes.is_none()).then_some("classic")
    });
    let known = || kit.presets.keys().cloned().collect::<Vec<_>>().join(", ");
    let preset = named.map(|name| {
        kit.presets
            .get(name)
            .with_context(|| format!("there is no preset {name}; there are: {}", known()))
    });
    let preset = preset.transpose()?;
    let pool = match preset {
        Some(preset) => kit.points(&preset.points)?,
        None if choice.points.is_empty() => kit.points.values().collect(),
        None => kit.points(&choice.points)?,
    };
    let wanted = |point: &&Point| {
        let competency = choice.competency.as_ref().map(|it| it.to_lowercase());
        competency.is_none_or(|it| point.competency.to_lowercase().contains(&it))
            && choice.level.is_none_or(|level| level == point.level)
    };
    let pool: Vec<&Point> = pool.into_iter().filter(wanted).collect();
    ensure!(
        !pool.is_empty(),
        "no point is like that; `cargo interview list` tells those that there are"
    );
    let minutes = choice.minutes.or(preset.and_then(|it| it.minutes));
    let points = match minutes {
        Some(minutes) => mixed(&pool, choice.seed, minutes),
        None if choice.points.is_empty() => by_competency(pool),
        None => pool,
    };
    ensure!(!points.is_empty(), "no point fits into {} minutes", minutes.unwrap_or_default());
    let lifts = kit.lifts(preset.map_or(&["*".to_owned()][..], |it| &it.lifts))?;
    check(&points)?;
    Ok(Exercise {
        title: preset.map_or_else(|| "An exercise of its own".to_owned(), |it| it.title.clone()),
        source,
        seed: choice.seed,
        lifts: lifts.iter().map(|it| it.id.clone()).collect(),
        points: points.iter().map(|it| it.id.clone()).collect(),
    })
}

/// A pool is read one competency after the other.
fn by_competency(mut pool: Vec<&Point>) -> Vec<&Point> {
    pool.sort_by(|one, other| (&one.competency, &one.id).cmp(&(&other.competency, &other.id)));
    pool
}

#[cfg(test)]
pub(crate) fn choose_preset(kit: &Kit, preset: &str, seed: u64) -> Result<Exercise> {
    let choice = Choice { preset: Some(preset.to_owned()), seed, ..Choice::default() };
    choose(kit, &choice, "the source".to_owned())
}

/// Points that fit into the time, one competency after the other; which ones, the seed decides.
fn mixed<'a>(pool: &[&'a Point], seed: u64, minutes: u32) -> Vec<&'a Point> {
    let mut by_competency: BTreeMap<[u8; 32], Vec<&'a Point>> = BTreeMap::new();
    for point in pool {
        by_competency.entry(lot(seed, &point.competency)).or_default().push(point);
    }
    for points in by_competency.values_mut() {
        points.sort_by_key(|point| std::cmp::Reverse(lot(seed, &point.id)));
    }
    let (mut chosen, mut left): (Vec<&Point>, u32) = (Vec::new(), minutes);
    while by_competency.values().any(|points| !points.is_empty()) {
        for points in by_competency.values_mut() {
            let Some(point) = points.pop() else { continue };
            let fits = point.minutes.total() <= left && chosen.iter().all(|it| it.agrees(point));
            let complete = point.requires.iter().all(|id| chosen.iter().any(|it| it.id == *id));
            if fits && complete {
                left -= point.minutes.total();
                chosen.push(point);
            }
        }
    }
    chosen
}

/// The same number for the same seed on every machine, and for ever.
pub(crate) fn lot(seed: u64, name: &str) -> [u8; 32] {
    Sha256::digest(format!("{seed}:{name}")).into()
}

fn check(points: &[&Point]) -> Result<()> {
    for (number, point) in points.iter().enumerate() {
        for id in &point.requires {
            ensure!(
                points.iter().any(|it| it.id == *id),
                "{} needs {id} too: add it, or leave both out",
                point.id
            );
        }
        for other in &points[number + 1..] {
            if !point.agrees(other) {
                bail!("{} and {} can't be in one exercise: leave one out", point.id, other.id);
            }
        }
    }
    Ok(())
}
