//! What a run has shown, for people.

use crate::run::World;
use crate::verdict::Ends;

/// Violations that are shown.
const MOST: usize = 20;

/// Tells everything that was counted.
pub(crate) fn print(world: &World<'_>, ends: Option<Ends>) {
    let seen = world.tally.seen();
    let faults: u64 = seen.faults.values().sum();
    eprintln!("\n{faults} faults");
    for (kind, count) in &seen.faults {
        eprintln!("{count:>8}  {kind}");
    }
    eprintln!("answers");
    for (answer, count) in &seen.answers {
        eprintln!("{count:>8}  {answer}");
    }
    let rate = f64::from(u32::try_from(seen.promises.placed.len()).unwrap_or(u32::MAX));
    let rate = rate / world.time.as_secs_f64();
    eprintln!("{:>8}  orders answered 201, {rate:.1} a second", seen.promises.placed.len());
    eprintln!("{:>8}  acknowledged cancellations", seen.promises.cancelled.len());
    eprintln!("{:>8}  orders with acknowledged edits", seen.promises.edited.len());
    eprintln!("longest time without a 201: {:.1} s", seen.longest_outage.as_secs_f64());
    eprintln!("longest wait of one customer: {:.1} s", seen.longest_wait.as_secs_f64());
    if let Some(ends) = ends {
        eprintln!("ends");
        for (end, count) in &ends.orders {
            eprintln!("{count:>8}  {end}");
        }
        eprintln!("{:>8}  history entries", ends.entries);
        for (robot, jobs) in &ends.jobs {
            eprintln!("{jobs:>8}  jobs of the {robot}, no key with two");
        }
    }
    for violation in seen.violations.iter().take(MOST) {
        eprintln!("VIOLATION: {violation}");
    }
    if seen.violations.len() > MOST {
        eprintln!("… and {} more, in the diary", seen.violations.len() - MOST);
    }
    eprintln!("verdict: {}", if seen.violations.is_empty() { "nothing lost" } else { "FAILED" });
}
