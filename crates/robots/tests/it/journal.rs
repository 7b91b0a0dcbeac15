//! What a robot remembers when it starts again, and what it says of a damaged journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::TimeDelta;
use pie_robots::{Kind, Options, Robot};
use serde_json::{Value, json};

use crate::bench::{Bench, KINDS, options, start};

fn kept(kind: Kind, directory: &Path) -> Options {
    Options { data: Some(directory.to_owned()), ovens: 2, ..options(kind) }
}

fn file(kind: Kind, directory: &Path) -> PathBuf {
    directory.join(match kind {
        Kind::Picker => "picker.jsonl",
        Kind::Baker => "baker.jsonl",
        Kind::Delivery => "delivery.jsonl",
    })
}

fn refusal(options: Options) -> String {
    let robot = Robot::open(options, Arc::new(start));
    format!("{:#}", robot.err().expect("the robot should not have started"))
}

/// Everything that anybody can ask.
async fn knowledge(bench: &Bench, ids: &[String]) -> Vec<Value> {
    let mut known = vec![bench.stats().await];
    for id in ids {
        known.push(bench.job(id).await);
    }
    known
}

#[tokio::test]
async fn a_robot_that_starts_again_knows_what_it_knew_whatever_its_options_are_now() {
    for kind in KINDS {
        let data = tempfile::tempdir().unwrap();
        let bench = Bench::with(kept(kind, data.path()));
        let mut ids = Vec::new();
        for key in 0..6 {
            ids.push(bench.accepted(&key.to_string()).await);
            bench.pass(TimeDelta::seconds(7));
        }
        bench.submit("0").await;
        bench.cancel(&ids[1]).await;
        bench.set_faults(&json!({ "mode": "stuck" })).await;
        ids.push(bench.accepted("stuck").await);
        let first = bench.submit("3").await.body;
        bench.set_faults(&json!({ "mode": "none" })).await;
        bench.pass(TimeDelta::minutes(16));
        let (before, now) = (knowledge(&bench, &ids).await, bench.now());
        drop(bench);

        let options = kept(kind, data.path());
        let changed = Options { seed: 7, pace: 60.0, ovens: 1, failure_rate: 1.0, ..options };
        let bench = Bench::at(changed, now);
        assert_eq!(before, knowledge(&bench, &ids).await, "{kind:?}");
        assert_eq!(first, bench.submit("3").await.body);
        assert_eq!(3, bench.stats().await["keys"]["3"]["calls"]);
    }
}

#[tokio::test]
async fn a_storm_that_ended_deliveries_is_remembered_and_over_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let bench = Bench::with(kept(Kind::Delivery, data.path()));
    bench.set_faults(&json!({ "storm": true })).await;
    let lost = bench.accepted("lost").await;
    drop(bench);
    let bench = Bench::with(kept(Kind::Delivery, data.path()));
    let flies = bench.accepted("flies").await;
    bench.pass(TimeDelta::hours(1));
    assert_eq!("WEATHER", bench.job(&lost).await["failure"]["code"]);
    assert_eq!("DELIVERED", bench.job(&flies).await["status"]);
}

#[tokio::test]
async fn a_torn_last_line_is_dropped_and_the_journal_goes_on_behind_the_good_ones() {
    for torn in ["{\"job\":{\"key\":\"2\"", "{\"call\":{\"key\":\"1\"}}", "rubbish\n", "\0\0\0\0"] {
        let data = tempfile::tempdir().unwrap();
        let bench = Bench::with(kept(Kind::Picker, data.path()));
        bench.accepted("1").await;
        drop(bench);
        let file = file(Kind::Picker, data.path());
        let good = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{good}{torn}")).unwrap();
        let bench = Bench::with(kept(Kind::Picker, data.path()));
        assert_eq!(json!({ "1": { "calls": 1, "jobs": 1 } }), bench.stats().await["keys"]);
        bench.accepted("2").await;
        drop(bench);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with(&good) && text.lines().count() == 2, "{text}");
    }
}

#[tokio::test]
async fn a_journal_cut_anywhere_opens_with_the_lines_before_the_cut() {
    let data = tempfile::tempdir().unwrap();
    let bench = Bench::with(kept(Kind::Baker, data.path()));
    let id = bench.accepted("1").await;
    bench.cancel(&id).await;
    bench.accepted("2").await;
    drop(bench);
    let file = file(Kind::Baker, data.path());
    let whole = fs::read(&file).unwrap();
    for cut in (0..whole.len()).step_by(7).chain([whole.len()]) {
        fs::write(&file, &whole[..cut]).unwrap();
        let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
        let bench = Bench::with(kept(Kind::Baker, data.path()));
        let stats = bench.stats().await;
        let keys = stats["keys"].as_object().unwrap().len();
        assert_eq!([0, 1, 1, 2][lines], keys, "cut at {cut}");
        assert_eq!(u64::from(lines >= 2), stats["jobs"]["CANCELLED"]);
    }
}

#[tokio::test]
async fn a_damaged_line_in_the_middle_stops_the_start_and_is_named() {
    let data = tempfile::tempdir().unwrap();
    let bench = Bench::with(kept(Kind::Picker, data.path()));
    for key in ["1", "2", "3"] {
        bench.accepted(key).await;
    }
    drop(bench);
    let file = file(Kind::Picker, data.path());
    let text = fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1] = "{\"job\":";
    let damaged = lines.join("\n") + "\n";
    fs::write(&file, &damaged).unwrap();
    let message = refusal(kept(Kind::Picker, data.path()));
    assert!(message.contains("picker.jsonl") && message.contains("line 2"), "{message}");
    assert!(!message.contains('\n'));
    assert_eq!(damaged, fs::read_to_string(&file).unwrap(), "nothing is thrown away");
}

#[tokio::test]
async fn a_journal_belongs_to_one_robot_at_a_time() {
    let data = tempfile::tempdir().unwrap();
    let bench = Bench::with(kept(Kind::Picker, data.path()));
    let message = refusal(kept(Kind::Picker, data.path()));
    assert!(message.contains("picker.jsonl; stop who has it"), "{message}");
    let other = Bench::with(kept(Kind::Baker, data.path()));
    drop((bench, other));
    Bench::with(kept(Kind::Picker, data.path())).accepted("k").await;
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    let message = refusal(kept(Kind::Picker, &file));
    assert!(message.contains("file/picker.jsonl") && message.contains("--data"), "{message}");
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let plain = options(Kind::Baker);
    for (options, name) in [
        (Options { pace: 0.0, ..plain.clone() }, "--pace"),
        (Options { pace: -1.0, ..plain.clone() }, "--pace"),
        (Options { pace: f64::NAN, ..plain.clone() }, "--pace"),
        (Options { pace: f64::INFINITY, ..plain.clone() }, "--pace"),
        (Options { failure_rate: 1.1, ..plain.clone() }, "--failure-rate"),
        (Options { failure_rate: f64::NAN, ..plain.clone() }, "--failure-rate"),
        (Options { ovens: 0, ..plain }, "--ovens"),
    ] {
        assert!(refusal(options).starts_with(name));
    }
}
