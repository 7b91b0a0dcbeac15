//! A finite number of ovens: who waits for which, and who moves up.

use chrono::TimeDelta;
use pie_robots::{Kind, Options};
use serde_json::{Value, json};

use crate::bench::{Bench, id, moment, options, promised};

fn bakery(ovens: usize) -> Bench {
    Bench::with(Options { ovens, ..options(Kind::Baker) })
}

#[tokio::test]
async fn each_pie_gets_the_oven_that_is_free_first() {
    let bench = bakery(2);
    let (first, second) = (bench.submit("1").await.body, bench.submit("2").await.body);
    assert_eq!((&json!("oven-1"), &json!("oven-2")), (&first["ovenId"], &second["ovenId"]));
    let sooner =
        if moment(promised(&first)) < moment(promised(&second)) { &first } else { &second };
    let third = bench.submit("3").await.body;
    assert_eq!((&sooner["ovenId"], &json!("QUEUED")), (&third["ovenId"], &third["status"]));
}

#[tokio::test]
async fn a_full_bakery_queues_with_an_honest_estimate() {
    let bench = bakery(1);
    let first = bench.submit("1").await.body;
    let second = bench.submit("2").await.body;
    assert_eq!("QUEUED", second["status"]);
    let waiting = bench.job(&id(&second)).await;
    assert!(waiting.get("startedAt").is_none());
    bench.pass_until(promised(&first));
    let job = bench.job(&id(&second)).await;
    assert_eq!("IN_PROGRESS", job["status"]);
    assert_eq!(promised(&first), &job["startedAt"]);
    assert_eq!(promised(&second), promised(&job));
    let baking = moment(promised(&second)) - moment(promised(&first));
    assert!(baking >= TimeDelta::minutes(15) && baking <= TimeDelta::minutes(20));
    bench.pass_until(promised(&second));
    assert_eq!("COMPLETED", bench.job(&id(&second)).await["status"]);
}

#[tokio::test]
async fn a_cancelled_pie_frees_its_oven_for_the_next() {
    let bench = bakery(1);
    let [first, second, third] =
        [bench.submit("1").await.body, bench.submit("2").await.body, bench.submit("3").await.body];
    bench.pass(TimeDelta::minutes(5));
    bench.cancel(&id(&first)).await;
    let now = json!(bench.now());
    let moved = bench.job(&id(&second)).await;
    assert_eq!((&json!("IN_PROGRESS"), now), (&moved["status"], moved["startedAt"].clone()));
    let earlier = moment(promised(&second)) - moment(promised(&moved));
    let last = bench.job(&id(&third)).await;
    assert_eq!("QUEUED", last["status"]);
    assert_eq!(earlier, moment(promised(&third)) - moment(promised(&last)));
    assert_eq!(second, bench.submit("2").await.body, "the first answer is repeated as it was");
}

#[tokio::test]
async fn a_pie_that_is_cancelled_while_it_waits_is_skipped() {
    let bench = bakery(1);
    let [first, second, third] =
        [bench.submit("1").await.body, bench.submit("2").await.body, bench.submit("3").await.body];
    let cancelled = bench.cancel(&id(&second)).await.body;
    assert!(cancelled.get("startedAt").is_none());
    bench.pass_until(promised(&first));
    let next = bench.job(&id(&third)).await;
    assert_eq!(promised(&first), &next["startedAt"]);
    assert_eq!(cancelled, bench.job(&id(&second)).await);
}

#[tokio::test]
async fn cancelling_in_a_queue_with_history_does_not_touch_what_is_over_or_under_way() {
    let bench = bakery(1);
    let mut ids = Vec::new();
    for key in 0..6 {
        ids.push(bench.accepted(&key.to_string()).await);
    }
    let second_end = promised(&bench.job(&ids[1]).await).clone();
    bench.pass_until(&second_end);
    let before: Vec<Value> =
        [bench.job(&ids[0]).await, bench.job(&ids[1]).await, bench.job(&ids[2]).await].into();
    bench.cancel(&ids[3]).await;
    for (index, job) in before.iter().enumerate() {
        assert_eq!(job, &bench.job(&ids[index]).await);
    }
    let running_end = promised(&bench.job(&ids[2]).await).clone();
    bench.pass_until(&running_end);
    assert_eq!(running_end, bench.job(&ids[4]).await["startedAt"]);
}

#[tokio::test]
async fn a_stuck_pie_blocks_its_oven_until_it_is_cancelled() {
    let bench = bakery(2);
    bench.set_faults(&json!({ "mode": "stuck" })).await;
    let stuck = bench.submit("stuck").await.body;
    let waits = bench.accepted("other").await;
    bench.set_faults(&json!({})).await;
    bench.cancel(&waits).await;
    let second = bench.submit("2").await.body;
    let third = bench.submit("3").await.body;
    assert_eq!((&json!("oven-2"), &json!("oven-2")), (&second["ovenId"], &third["ovenId"]));
    bench.pass(TimeDelta::hours(24));
    let job = bench.job(&id(&stuck)).await;
    assert_eq!((&json!("IN_PROGRESS"), &json!(99)), (&job["status"], &job["progress"]));
    assert_eq!(promised(&stuck), promised(&job));
    bench.cancel(&id(&stuck)).await;
    assert_eq!("oven-1", bench.submit("4").await.body["ovenId"]);
}
