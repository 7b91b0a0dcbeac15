//! Many small runs, and what must be true of every run.

use std::sync::LazyLock;
use std::thread;

use sim::{Plan, Run, run};

const SEEDS: u64 = 250;

/// The seeds with what came of them, run on all cores.
static RUNS: LazyLock<Vec<(u64, Run)>> = LazyLock::new(|| {
    let threads = u64::try_from(thread::available_parallelism().unwrap().get()).unwrap();
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let seeds = (1..=SEEDS).filter(move |seed| seed % threads == part);
                scope
                    .spawn(move || -> Vec<_> { seeds.map(|seed| (seed, go(plan(seed)))).collect() })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
});

fn plan(seed: u64) -> Plan {
    Plan { seed, orders: 12, workers: 3, trace: false, faults: true }
}

fn go(plan: Plan) -> Run {
    run(plan).unwrap()
}

#[test]
fn no_rule_is_broken_whatever_goes_wrong() {
    let broken: Vec<_> =
        RUNS.iter().filter_map(|(seed, run)| Some((seed, run.violation.as_ref()?))).collect();
    assert!(broken.is_empty(), "cargo xtask sim --seeds 1 --from SEED --orders 12: {broken:?}");
}

#[test]
fn the_same_seed_is_the_same_run_to_the_last_word() {
    for seed in 1..=10 {
        let traced = Plan { trace: true, ..plan(seed) };
        let runs = [go(traced), go(traced)];
        let [first, second] =
            [0, 1].map(|at| runs[at].lines.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(first.len() > 100, "{}", first.len());
        assert_eq!(first, second);
        let untold = go(plan(seed));
        assert_eq!((untold.events, untold.strikes), (runs[0].events, runs[0].strikes));
    }
}

#[test]
fn every_pie_arrives_when_nothing_goes_wrong() {
    let run = go(Plan { faults: false, ..plan(1) });
    assert_eq!(run.violation, None);
    assert_eq!(run.ended, [12, 0, 0]);
    assert_eq!((run.jobs, run.strikes.iter().sum::<u64>()), (36, 0));
}

#[test]
fn every_fault_strikes_in_some_run() {
    for (fault, name) in sim::Fault::all() {
        assert!(RUNS.iter().any(|(_, run)| run.strikes[fault as usize] > 0), "never: {name}");
    }
}
