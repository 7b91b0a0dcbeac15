//! Runs seeds, tells what broke, and how hard the runs were.
#![expect(clippy::print_stdout, reason = "a program that reports on the terminal")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use chrono::TimeDelta;
use clap::Parser;
use rustix::time::{ClockId, clock_gettime};
use sim::{Fault, Plan, Run, run};

/// A progress line every so many seeds.
const PROGRESS: u64 = 100;

#[derive(Parser)]
#[command(
    about = "Runs the orchestrator on virtual time among faults, and watches the invariants."
)]
struct Cli {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// The first one.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Orders in each run.
    #[arg(long, default_value_t = 50)]
    orders: u32,
    /// Workers in each run.
    #[arg(long, default_value_t = 3)]
    workers: u32,
    /// Tell everything that happens.
    #[arg(long)]
    trace: bool,
    /// Let nothing go wrong.
    #[arg(long)]
    no_faults: bool,
    /// Go on after a broken rule, and list at the end what broke how often.
    #[arg(long)]
    keep_going: bool,
}

impl Cli {
    fn plan(&self, seed: u64, trace: bool) -> Plan {
        let faults = !self.no_faults;
        Plan { seed, orders: self.orders, workers: self.workers, trace, faults }
    }
}

#[derive(Default)]
struct Sum {
    runs: u64,
    time: TimeDelta,
    events: u64,
    jobs: usize,
    ended: [usize; 3],
    strikes: Vec<u64>,
    broken: BTreeMap<u64, String>,
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let (next, sum) = (AtomicU64::new(0), Mutex::new(Sum::default()));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let work = || -> anyhow::Result<()> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let stop = !cli.keep_going && !lock(&sum).broken.is_empty();
            if index >= cli.seeds || stop {
                return Ok(());
            }
            let seed = cli.from + index;
            let run = run(cli.plan(seed, cli.trace))?;
            if cli.trace {
                run.lines.iter().for_each(|line| println!("{line}"));
            }
            lock(&sum).add(seed, &run);
        }
    };
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    for result in results {
        result.map_err(|_| anyhow::anyhow!("a thread panicked"))??;
    }
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    sum.report();
    let Some(seed) = sum.broken.keys().next() else { return Ok(ExitCode::SUCCESS) };
    tell(&cli, *seed)?;
    Ok(ExitCode::FAILURE)
}

/// The rule, what happened to the order, and how to see it again.
fn tell(cli: &Cli, seed: u64) -> anyhow::Result<()> {
    let run = run(cli.plan(seed, true))?;
    let Some(violation) = &run.violation else {
        anyhow::bail!("seed {seed} broke a rule, and then did not: something is not deterministic")
    };
    println!();
    let concerns = |line: &&sim::Line| {
        violation.order.is_none() || line.order.is_none() || line.order == violation.order
    };
    run.lines.iter().filter(concerns).for_each(|line| println!("{line}"));
    println!("\nseed {seed} breaks the rule: {}", violation.rule);
    let Cli { orders, workers, .. } = cli;
    print!("cargo xtask sim --seeds 1 --from {seed} --trace");
    println!(" --orders {orders} --workers {workers}");
    Ok(())
}

impl Sum {
    fn add(&mut self, seed: u64, run: &Run) {
        self.runs += 1;
        self.time += run.time;
        self.events += run.events;
        self.jobs += run.jobs;
        for (sum, one) in self.ended.iter_mut().zip(run.ended) {
            *sum += one;
        }
        self.strikes.resize(run.strikes.len(), 0);
        for (sum, one) in self.strikes.iter_mut().zip(run.strikes) {
            *sum += one;
        }
        if let Some(violation) = &run.violation {
            println!("seed {seed}: {}", violation.rule);
            self.broken.insert(seed, violation.rule.clone());
        }
        if self.runs.is_multiple_of(PROGRESS) {
            println!("{} seeds, {} hours", self.runs, self.time.num_hours());
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn report(&self) {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let seconds = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
        let hours = self.time.num_seconds() as f64 / 3600.0;
        let strikes: u64 = self.strikes.iter().sum();
        println!("\n{} seeds, {} broken", self.runs, self.broken.len());
        println!("{hours:.0} simulated hours, {:.1} a CPU second", hours / seconds);
        println!("{} events, {} jobs, {strikes} faults", self.events, self.jobs);
        let [completed, cancelled, error] = self.ended;
        println!("{completed} orders completed, {cancelled} cancelled, {error} in ERROR");
        for ((_, name), count) in Fault::all().zip(&self.strikes) {
            println!("{count:>9} {name}");
        }
        let mut rules: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (seed, rule) in &self.broken {
            rules.entry(rule).or_default().push(*seed);
        }
        for (rule, seeds) in rules {
            println!("BROKEN by {} seeds, first {}: {rule}", seeds.len(), seeds[0]);
        }
    }
}

fn lock(sum: &Mutex<Sum>) -> std::sync::MutexGuard<'_, Sum> {
    sum.lock().unwrap_or_else(PoisonError::into_inner)
}
