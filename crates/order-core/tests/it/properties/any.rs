//! Random commands, outcomes and times.

use chrono::TimeDelta;
use order_core::{Command, JobStatus, Outcome, RecoveryAction, Stage};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{
    Run, customer, edit_address, failed, job, policy, recipe, rejected, report, start, unavailable,
};

const CODES: [&str; 5] = ["INGREDIENT_SHORTAGE", "BURNT", "WEATHER", "ADDRESS_REFUSED", "OTHER"];

/// How much time passes before something happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pass {
    /// Until the order is due.
    ToWake,
    /// So many milliseconds.
    Millis(i64),
    /// The clock that is read next is behind.
    Back(i64),
}

impl Pass {
    pub(crate) fn on(self, run: &mut Run) {
        match self {
            Self::ToWake => run.now = run.order.wake_at.map_or(run.now, |at| at.max(run.now)),
            Self::Millis(millis) => run.now += TimeDelta::milliseconds(millis),
            Self::Back(millis) => run.now -= TimeDelta::milliseconds(millis),
        }
    }
}

pub(crate) fn pass() -> impl Strategy<Value = Pass> {
    prop_oneof![
        12 => Just(Pass::ToWake),
        2 => (0_i64..5_000).prop_map(Pass::Millis),
        2 => (0_i64..7_200_000).prop_map(Pass::Millis),
        1 => (0_i64..60_000).prop_map(Pass::Back),
    ]
}

/// An order with one preparation step in ten that nobody knows, and few or many tries.
pub(crate) fn placed() -> impl Strategy<Value = Run> {
    (1_u32..5, prop::bool::weighted(0.1)).prop_map(|(tries, strange)| {
        let mut recipe = recipe();
        if strange {
            recipe.prep_steps.push("flambe".into());
        }
        Run::place_with(recipe, order_core::Policy { tries, ..policy() })
    })
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    let recover = (recovery(), any::<bool>()).prop_map(|(action, noted)| Command::Recover {
        action,
        note: noted.then(|| "as told".to_owned()),
    });
    let edit = (0..4).prop_map(edit_address);
    let contact =
        (0..4).prop_map(|seen| Command::Edit { seen, customer: Some(customer()), address: None });
    prop_oneof![1 => Just(Command::Cancel), 15 => recover, 2 => edit, 1 => contact]
}

fn recovery() -> impl Strategy<Value = RecoveryAction> {
    prop_oneof![
        12 => Just(RecoveryAction::Retry),
        2 => Just(RecoveryAction::Skip),
        1 => Just(RecoveryAction::Close),
    ]
}

pub(crate) fn code() -> impl Strategy<Value = &'static str> {
    select(&CODES[..])
}

pub(crate) fn retry_after() -> impl Strategy<Value = Option<TimeDelta>> {
    prop::option::weighted(0.3, (-10_i64..1_000).prop_map(TimeDelta::seconds))
}

/// Any outcome, also one that no robot would give.
pub(crate) fn outcome() -> impl Strategy<Value = Outcome> {
    let stage = select(vec![Stage::Picking, Stage::Baking, Stage::Delivering]);
    let accepted = (stage, 0_u32..9, time())
        .prop_map(|(stage, number, eta)| Outcome::Accepted { job: job(stage, number), eta });
    prop_oneof![
        2 => Just(Outcome::Due),
        4 => accepted,
        4 => job_status().prop_map(report),
        3 => job_status().prop_map(Outcome::Cancelled),
        1 => Just(Outcome::Gone),
        2 => retry_after().prop_map(|retry_after| Outcome::Unavailable {
            reason: "no answer".into(),
            retry_after,
        }),
        1 => Just(unavailable()),
        1 => code().prop_map(rejected),
        1 => time().prop_map(|until| Outcome::Parked { until }),
    ]
}

fn job_status() -> impl Strategy<Value = JobStatus> {
    prop_oneof![
        1 => Just(JobStatus::Queued),
        2 => prop::option::of(time()).prop_map(|started_at| JobStatus::Running { started_at }),
        4 => Just(JobStatus::Completed),
        2 => code().prop_map(failed),
        1 => Just(JobStatus::Cancelled),
    ]
}

fn time() -> impl Strategy<Value = chrono::DateTime<chrono::Utc>> {
    (-86_400_i64..864_000).prop_map(|seconds| start() + TimeDelta::seconds(seconds))
}
