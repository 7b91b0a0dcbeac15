//! Every pair of state and outcome: what is refused, and where the rest leads.

use std::fmt::Write;
use std::mem::discriminant;

use chrono::TimeDelta;
use order_core::{
    Because, Failure, JobStatus, Order, Outcome, Stage, State, Status, Step, TransitionError, Work,
};

use crate::support::{
    ROBOT_STAGES, Run, failed, job, parked, rejected, report, start, unavailable,
};

/// A row for each state and step, a column for each outcome; those with `!` tell how the job stands
/// after its cancellation, `acc'` brings a job of another stage. `-` is refused, `=` stays at the
/// step; `call`, `work` and `stop` are the steps of the same attempt, `next` is a new one; `over`
/// leaves an ERROR with nothing open, `ERR` comes with nothing open; the rest are the new states.
const TABLE: &str = "
                                    due  acc acc' queu runs done fail wind quit !que !run !don !fai  !ok gone mute   no park
ORDERED                            PICK    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
PICKING calling                       - work    -    -    -    -    -    -    -    -    -    -    -    -    -    =  ERR    =
PICKING working                       -    -    -    =    = PREP next next next    -    -    -    -    - call    =    =    =
PICKING stopping, late                -    -    -    -    -    -    -    -    -    =    = PREP next next next    =    =    =
PICKING stopping, retry               -    -    -    -    -    -    -    -    -    =    = PREP next next next    =    =    =
PICKING calling, cancel               - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = CANC    =
PICKING stopping, cancel              -    -    -    -    -    -    -    -    -    =    = CANC CANC CANC CANC    =    =    =
PREPPING                              -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
PREPPING is over                   BAKE    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
BAKING calling                        - work    -    -    -    -    -    -    -    -    -    -    -    -    -    =  ERR    =
BAKING working                        -    -    -    =    = DELI  ERR  ERR  ERR    -    -    -    -    -  ERR    =    =    =
BAKING stopping, late                 -    -    -    -    -    -    -    -    -    =    = DELI  ERR  ERR  ERR    =    =    =
BAKING stopping, retry                -    -    -    -    -    -    -    -    -    =    = DELI next next next    =    =    =
BAKING calling, cancel                - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = CANC    =
BAKING stopping, cancel               -    -    -    -    -    -    -    -    -    =    = CANC CANC CANC CANC    =    =    =
DELIVERING calling                    - work    -    -    -    -    -    -    -    -    -    -    -    -    -    =  ERR    =
DELIVERING working                    -    -    -    =    = COMP  ERR next  ERR    -    -    -    -    -  ERR    =    =    =
DELIVERING stopping, late             -    -    -    -    -    -    -    -    -    =    = COMP  ERR  ERR  ERR    =    =    =
DELIVERING stopping, retry            -    -    -    -    -    -    -    -    -    =    = COMP next next next    =    =    =
COMPLETED                             -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
CANCELLED                             -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
ERROR PREPPING                        -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
ERROR PICKING                         -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
ERROR PICKING stopping                -    -    -    -    -    -    -    -    -    =    = PREP over over over    =    =    =
ERROR PICKING calling                 - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = over    =
ERROR PICKING working                 -    -    -    =    = PREP over over over    -    -    -    -    - over    =    =    =
ERROR PICKING stopping, late          -    -    -    -    -    -    -    -    -    =    = PREP over over over    =    =    =
ERROR PICKING stopping, retry         -    -    -    -    -    -    -    -    -    =    = PREP over over over    =    =    =
ERROR PICKING calling, skip           - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = PREP    =
ERROR PICKING stopping, skip          -    -    -    -    -    -    -    -    -    =    = PREP PREP PREP PREP    =    =    =
ERROR PICKING calling, cancel         - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = CANC    =
ERROR PICKING stopping, cancel        -    -    -    -    -    -    -    -    -    =    = CANC CANC CANC CANC    =    =    =
ERROR BAKING                          -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
ERROR BAKING stopping                 -    -    -    -    -    -    -    -    -    =    = DELI over over over    =    =    =
ERROR BAKING calling                  - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = over    =
ERROR BAKING working                  -    -    -    =    = DELI over over over    -    -    -    -    - over    =    =    =
ERROR BAKING stopping, late           -    -    -    -    -    -    -    -    -    =    = DELI over over over    =    =    =
ERROR BAKING stopping, retry          -    -    -    -    -    -    -    -    -    =    = DELI over over over    =    =    =
ERROR BAKING calling, skip            - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = DELI    =
ERROR BAKING stopping, skip           -    -    -    -    -    -    -    -    -    =    = DELI DELI DELI DELI    =    =    =
ERROR BAKING calling, cancel          - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = CANC    =
ERROR BAKING stopping, cancel         -    -    -    -    -    -    -    -    -    =    = CANC CANC CANC CANC    =    =    =
ERROR DELIVERING                      -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -    -
ERROR DELIVERING stopping             -    -    -    -    -    -    -    -    -    =    = COMP over over over    =    =    =
ERROR DELIVERING calling              - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = over    =
ERROR DELIVERING working              -    -    -    =    = COMP over over over    -    -    -    -    - over    =    =    =
ERROR DELIVERING stopping, late       -    -    -    -    -    -    -    -    -    =    = COMP over over over    =    =    =
ERROR DELIVERING stopping, retry      -    -    -    -    -    -    -    -    -    =    = COMP over over over    =    =    =
ERROR DELIVERING calling, skip        - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = COMP    =
ERROR DELIVERING stopping, skip       -    -    -    -    -    -    -    -    -    =    = COMP COMP COMP COMP    =    =    =
ERROR DELIVERING calling, cancel      - stop    -    -    -    -    -    -    -    -    -    -    -    -    -    = CANC    =
ERROR DELIVERING stopping, cancel     -    -    -    -    -    -    -    -    -    =    = COMP CANC CANC CANC    =    =    =
";

#[test]
fn every_state_refuses_the_outcomes_that_it_does_not_wait_for() {
    let table = table();
    assert!(table == TABLE, "the table is now\n{table}");
}

#[test]
fn a_refusal_names_the_state() {
    for (_, run) in rows() {
        let status = run.order.status();
        for (_, outcome) in columns(&run) {
            if let Err(error) = run.order.apply(outcome, run.moment(), &run.policy) {
                assert_eq!(error, TransitionError { status });
            }
        }
    }
}

fn table() -> String {
    let all = rows();
    let mut table = format!("\n{:34}", "");
    for (name, _) in columns(&all[0].1) {
        write!(table, "{name:>5}").unwrap();
    }
    for (name, run) in all {
        write!(table, "\n{name:34}").unwrap();
        for (_, outcome) in columns(&run) {
            let after = run.order.apply(outcome, run.moment(), &run.policy);
            let cell = after.map_or("-", |transition| cell(&run.order, &transition.order));
            write!(table, "{cell:>5}").unwrap();
        }
    }
    table + "\n"
}

fn cell(before: &Order, after: &Order) -> &'static str {
    match (after.status(), before.state().work(), after.state().work()) {
        (status, Some(one), Some(other)) if status == before.status() => match other.step {
            _ if other.attempt > one.attempt => "next",
            _ if discriminant(&one.step) == discriminant(&other.step) => "=",
            Step::Calling => "call",
            Step::Working { .. } => "work",
            Step::Cancelling { .. } => "stop",
        },
        (Status::Error, _, None) if before.status() == Status::Error => "over",
        (Status::Error, _, None) => "ERR",
        (Status::Error, _, Some(_)) => "open",
        (Status::Ordered, ..) => "ORD",
        (Status::Picking, ..) => "PICK",
        (Status::Prepping, ..) => "PREP",
        (Status::Baking, ..) => "BAKE",
        (Status::Delivering, ..) => "DELI",
        (Status::Completed, ..) => "COMP",
        (Status::Cancelled, ..) => "CANC",
    }
}

fn columns(run: &Run) -> Vec<(&'static str, Outcome)> {
    let stage = run.order.state().work().map_or(Stage::Picking, Work::stage);
    let other = if stage == Stage::Baking { Stage::Picking } else { Stage::Baking };
    let accepted = |stage| Outcome::Accepted { job: job(stage, 9), eta: start() };
    let running = JobStatus::Running { started_at: None };
    vec![
        ("due", Outcome::Due),
        ("acc", accepted(stage)),
        ("acc'", accepted(other)),
        ("queu", report(JobStatus::Queued)),
        ("runs", report(running.clone())),
        ("done", report(JobStatus::Completed)),
        ("fail", report(failed("BROKEN"))),
        ("wind", report(failed("WEATHER"))),
        ("quit", report(JobStatus::Cancelled)),
        ("!que", Outcome::Cancelled(JobStatus::Queued)),
        ("!run", Outcome::Cancelled(running)),
        ("!don", Outcome::Cancelled(JobStatus::Completed)),
        ("!fai", Outcome::Cancelled(failed("BROKEN"))),
        ("!ok", Outcome::Cancelled(JobStatus::Cancelled)),
        ("gone", Outcome::Gone),
        ("mute", unavailable()),
        ("no", rejected("NO")),
        ("park", parked(start())),
    ]
}

/// What people want of the order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wish {
    Pie,
    Skip,
    Cancel,
}

fn rows() -> Vec<(String, Run)> {
    let due = |minutes| State::Prepping { until: start() + TimeDelta::minutes(minutes) };
    let mut rows = vec![row("ORDERED", State::Ordered, Wish::Pie)];
    for stage in ROBOT_STAGES {
        for (wish, name, step) in steps(stage) {
            // A delivery cannot be cancelled, and only an ERROR can be skipped.
            if wish == Wish::Pie || (wish == Wish::Cancel && stage != Stage::Delivering) {
                rows.push(row(&format!("{} {name}", stage.status()), at_work(stage, step), wish));
            }
        }
        if stage == Stage::Picking {
            rows.push(row("PREPPING", due(9), Wish::Pie));
            rows.push(row("PREPPING is over", due(0), Wish::Pie));
        }
    }
    rows.push(row("COMPLETED", State::Completed, Wish::Pie));
    rows.push(row("CANCELLED", State::Cancelled, Wish::Pie));
    rows.push(row("ERROR PREPPING", error(Stage::Prepping, None, false), Wish::Pie));
    for stage in ROBOT_STAGES {
        let name = format!("ERROR {}", stage.status());
        rows.push(row(&name, error(stage, None, false), Wish::Pie));
        let step = Step::Cancelling { job: job(stage, 1), because: Because::Unwanted };
        let open = at_work(stage, step).work().cloned();
        rows.push(row(&format!("{name} stopping"), error(stage, open, false), Wish::Pie));
        for (wish, step_name, step) in steps(stage) {
            let open = at_work(stage, step).work().cloned();
            let state = error(stage, open, wish == Wish::Skip);
            rows.push(row(&format!("{name} {step_name}"), state, wish));
        }
    }
    rows
}

fn steps(stage: Stage) -> Vec<(Wish, &'static str, Step)> {
    let stop = |because| Step::Cancelling { job: job(stage, 1), because };
    let working = Step::Working { job: job(stage, 1), started_at: None, eta: start() };
    vec![
        (Wish::Pie, "calling", Step::Calling),
        (Wish::Pie, "working", working),
        (Wish::Pie, "stopping, late", stop(Because::TimedOut)),
        (Wish::Pie, "stopping, retry", stop(Because::Retry)),
        (Wish::Skip, "calling, skip", Step::Calling),
        (Wish::Skip, "stopping, skip", stop(Because::Unwanted)),
        (Wish::Cancel, "calling, cancel", Step::Calling),
        (Wish::Cancel, "stopping, cancel", stop(Because::Unwanted)),
    ]
}

fn at_work(stage: Stage, step: Step) -> State {
    let work = Work { step, ..Run::calling(stage).work().clone() };
    match stage {
        Stage::Picking | Stage::Prepping => State::Picking(work),
        Stage::Baking => State::Baking(work),
        Stage::Delivering => State::Delivering(work),
    }
}

fn error(stage: Stage, open: Option<Work>, skip: bool) -> State {
    let text = String::new;
    State::Error(Failure { stage, code: text(), message: text(), detail: text(), open, skip })
}

fn row(name: &str, state: State, wish: Wish) -> (String, Run) {
    let mut run = state.work().map_or_else(Run::place, |work| Run::calling(work.stage()));
    run.now = start() + TimeDelta::minutes(1);
    run.order.updated_at = start();
    run.order.workflow.cancel_requested = wish == Wish::Cancel;
    run.order.workflow.state = state;
    (name.to_owned(), run)
}
