//! What can be said of the kit in seconds: every diff applies, and all fit together.

use anyhow::{Context as _, Result};

use crate::change::Change;
use crate::edition::{flaws, made};
use crate::kit::{Kit, Lift, Point};
use crate::leaks::leaks;
use crate::tree::Tree;

/// Applies every diff with exact context, unites all of them, and looks for what tells too much.
pub(crate) fn run(kit: &Kit) -> Result<()> {
    let lifts: Vec<&Lift> = kit.lifts.values().collect();
    let points: Vec<&Point> = kit.points.values().collect();
    let (mut diffs, mut wrong) = (0, Vec::new());
    for lift in &lifts {
        lift.check_size(&kit.root)?;
        let (_, remains) = alone(kit, lift)?;
        wrong.extend(remains.iter().map(|it| format!("{} by itself: {it}", lift.id)));
    }
    for point in &points {
        let Some(flaw) = &point.flaw else { continue };
        let fixes = [point.fixes("false-fixes")?, point.fixes("alternative-fixes")?].concat();
        for (name, fix) in &fixes {
            let tried = Change::of_diffs(&point.id, &kit.complete, &[flaw, fix])
                .and_then(|change| made(kit, &lifts, &[change]));
            if let Err(error) = tried {
                wrong.push(format!("fix {name} of {}: {error:#}", point.id));
            }
        }
        diffs += 1 + fixes.len();
    }
    anyhow::ensure!(wrong.is_empty(), "not everything fits the source:\n{}", wrong.join("\n"));
    let files = made(kit, &lifts, &flaws(&points)).context("all lifts and points together")?;
    let found = leaks(kit, &files, &lifts, &points);
    anyhow::ensure!(found.is_empty(), "all together they tell too much:\n  {}", found.join("\n  "));
    eprintln!("interview: {} lifts and {diffs} diffs of {} points fit", lifts.len(), points.len());
    Ok(())
}

/// The edition without a lift and what it requires, and what is left over of them.
pub(crate) fn alone(kit: &Kit, lift: &Lift) -> Result<(Tree, Vec<String>)> {
    let lifts = kit.with_required(lift)?;
    let files = made(kit, &lifts, &[]).with_context(|| format!("{} by itself", lift.id))?;
    let remains = leaks(kit, &files, &lifts, &[]);
    Ok((files, remains))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::export::candidate;
    use crate::select::choose_preset;

    fn kit() -> Kit {
        Kit::load(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap()
    }

    #[test]
    fn every_diff_applies_and_all_of_them_unite() {
        run(&kit()).unwrap();
    }

    #[test]
    fn no_exercise_of_a_hundred_seeds_tells_too_much() {
        let kit = kit();
        for seed in 1..=100 {
            let exercise = choose_preset(&kit, "quick", seed).unwrap();
            candidate(&kit, &exercise).unwrap();
        }
    }

    #[test]
    fn a_seed_decides_which_points_and_nothing_else_does() {
        let kit = kit();
        let one = choose_preset(&kit, "quick", 7).unwrap();
        assert_eq!(one, choose_preset(&kit, "quick", 7).unwrap());
        let others: Vec<_> =
            (1..20).map(|seed| choose_preset(&kit, "quick", seed).unwrap()).collect();
        assert!(others.iter().any(|it| it.points != one.points));
        let minutes = |it: &crate::select::Exercise| -> u32 {
            kit.points(&it.points).unwrap().iter().map(|point| point.minutes.total()).sum()
        };
        assert!(others.iter().all(|it| minutes(it) <= 40));
    }
}
