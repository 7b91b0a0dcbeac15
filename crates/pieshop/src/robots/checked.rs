//! No robot's answer is believed unseen: what is kept of it is short, plain, and of a time that can
//! be meant.

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Job, JobReport, JobStatus, Outcome};
use reqwest::Response;

use super::client::{broken, unreached};

/// A longer answer breaks the contract.
const LONGEST_ANSWER: usize = 64 * 1024;
/// A time further away than this breaks the contract.
const FURTHEST_TIME: TimeDelta = TimeDelta::days(7);
/// The largest number of characters kept of a robot's own words.
const LONGEST_MESSAGE: usize = 300;

/// Reads a body up to the limit.
pub(super) async fn body(mut answer: Response) -> Result<Vec<u8>, Outcome> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreached)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(broken("the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Refuses a job with names or a time that cannot be meant.
pub(super) fn job(job: &Job, eta: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Outcome> {
    name(job.id())?;
    match job {
        Job::Pick { .. } => {}
        Job::Bake { oven: other, .. } | Job::Deliver { drone: other, .. } => name(other)?,
    }
    plausible(eta, now)
}

/// Cleans a report's words, and refuses one with a time that cannot be meant.
pub(super) fn report(mut report: JobReport, now: DateTime<Utc>) -> Result<JobReport, Outcome> {
    if let JobStatus::Failed { code: kind, message } = &mut report.status {
        (*kind, *message) = (code(kind), words(message));
    }
    report.eta.map_or(Ok(()), |eta| plausible(eta, now))?;
    Ok(report)
}

/// A robot's words, made fit for logs and pages.
pub(super) fn words(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect()
}

/// A robot's error code, or `UNSPECIFIED` where it is none.
pub(super) fn code(text: &str) -> String {
    let fits = (1..=50).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if fits { text.into() } else { "UNSPECIFIED".into() }
}

/// Whether a name that a robot gave to something is fit for a path, a log line and a column.
fn name(text: &str) -> Result<(), Outcome> {
    let fits = (1..=255).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.~".contains(&b));
    if fits { Ok(()) } else { Err(broken("an identifier is empty, too long or not plain")) }
}

fn plausible(at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Outcome> {
    if (at - now).abs() > FURTHEST_TIME {
        return Err(broken(&format!("the time {at} is too far away")));
    }
    Ok(())
}
