//! The dashboard as it keeps itself up to date, and the robots on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use order_core::{Job, Outcome, Robot, Status};
use pieshop::robots::{Condition, Jobs, Robots};
use tokio::time::Instant;
use tower::ServiceExt;
use uuid::Uuid;

use crate::counting::Reads;
use crate::pages_admin::{hidden, page, send, session};
use crate::support::{InstantRobots, Setup, Shop};

#[tokio::test]
async fn whoever_watches_is_told_what_changed_and_nothing_else() {
    let shop = Shop::open().await;
    let cookie = session(&shop).await;
    let mut watched = Watched::begin(&shop, &cookie).await;
    let names: Vec<_> = watched.until("changed").await.into_iter().map(|event| event.0).collect();
    assert_eq!(["counters", "robots", "charts", "changed"], names[..], "everything at first");

    let id = shop.order().await;
    let told = watched.until("changed").await;
    assert!(told.iter().all(|(name, _)| name != "announcement" && name != "robots"), "{told:?}");

    shop.bring(&id, Status::Error).await;
    let told = watched.until("announcement").await;
    assert_eq!("One order is in error", told.last().unwrap().1);
    let counters = told.iter().rfind(|(name, _)| name == "counters").unwrap();
    assert!(counters.1.contains("id=\"counter-ERROR\""), "{counters:?}");

    let second = shop.order().await;
    shop.bring(&second, Status::Error).await;
    let told = watched.until("announcement").await;
    assert_eq!("2 orders are in error", told.last().unwrap().1);
}

#[tokio::test]
async fn a_thousand_who_watch_cost_one_query_a_second() {
    const WATCHERS: usize = 1000;
    let reads = Arc::new(Reads::default());
    let shop = Shop::with(Setup { reads: Some(reads.clone()), ..Setup::default() }).await;
    let cookie = session(&shop).await;
    let id = shop.order().await;
    let (began, (lists, tallies)) = (Instant::now(), reads.so_far());
    let mut watching = join_all((0..WATCHERS).map(|_| Watched::begin(&shop, &cookie))).await;
    for _ in 0..3 {
        // All pages ask after the same rows when something has happened.
        for told in join_all(watching.iter_mut().map(|watched| watched.until("changed"))).await {
            assert!(!told.is_empty());
        }
        let rows = format!("/admin/rows?ids={id}");
        let news = format!("/admin/news?after={id}");
        let asked = (0..WATCHERS).map(|at| if at % 2 == 0 { rows.as_str() } else { &news });
        for answer in join_all(asked.map(|path| ask(&shop, path, &cookie))).await {
            assert_eq!(200, answer.status());
        }
        shop.order().await;
    }
    let (all_lists, all_tallies) = reads.so_far();
    // The board once a second, and rows and news once a second each, of which one may be cut.
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap() + 2;
    let lists = (all_lists - lists, all_tallies - tallies);
    assert!(lists.0 <= 2 * seconds && lists.1 <= seconds, "{lists:?} within {seconds} s");
}

#[tokio::test]
async fn whoever_comes_after_all_have_left_is_told_anew() {
    let shop = Shop::open().await;
    let cookie = session(&shop).await;
    for _ in 0..3 {
        let mut watched = Watched::begin(&shop, &cookie).await;
        shop.order().await;
        watched.until("changed").await;
    }
}

#[tokio::test]
async fn streams_end_with_the_service() {
    let shop = Shop::open().await;
    let cookie = session(&shop).await;
    let mut watched = Watched::begin(&shop, &cookie).await;
    watched.until("changed").await;
    shop.stop.cancel();
    assert_eq!(None, watched.next().await);
}

#[tokio::test]
async fn robots_are_shown_as_they_are_and_broken_where_they_let_themselves_be() {
    let robots = Arc::new(Breakable::default());
    let shop = Shop::with(Setup { robots: robots.clone(), ..Setup::default() }).await;
    let cookie = session(&shop).await;
    let shown = page(&shop, "/admin", &cookie).await.text;
    for text in [
        "Fruit picker",
        "Does not answer",
        "It does not tell of its jobs.",
        "3 at work, 1 waiting, 98,411 done, 119 failed",
        "Storm: no drone flies",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(shown.contains("id=\"fault-baker\"") && shown.contains("id=\"fault-delivery\""));
    assert!(!shown.contains("id=\"fault-picker\""), "it lets nobody break it");
    let csrf = hidden(&shown, "csrf");
    let set = async |form: &str| {
        let done = send(&shop, "/admin/faults", &cookie, &format!("csrf={csrf}&{form}")).await;
        assert_eq!(303, done.status);
        page(&shop, done.header("location"), &cookie).await.text
    };
    let shown = set("robot=delivery&mode=storm").await;
    assert!(shown.contains("Fault of the delivery drones is now: storm."), "{shown}");
    assert!(shown.contains("Fault switched on: storm"), "{shown}");
    assert!(shown.contains("value=\"storm\" selected"));
    for refused in ["robot=baker&mode=storm", "robot=picker&mode=down", "robot=x&mode=none", ""] {
        assert!(set(refused).await.contains("nothing was changed"), "{refused}");
    }
    let told = robots.faults.lock().unwrap().clone();
    assert_eq!(BTreeMap::from([(Robot::Delivery, "storm".to_owned())]), told);
}

#[tokio::test]
async fn a_robot_that_hangs_holds_up_nobody() {
    let shop = Shop::with(Setup { robots: Arc::new(Hanging), ..Setup::default() }).await;
    let cookie = session(&shop).await;
    let began = Instant::now();
    let shown = page(&shop, "/admin", &cookie).await.text;
    assert!(shown.contains("Not asked yet"), "{shown}");
    assert!(began.elapsed() < Duration::from_millis(900), "nobody waits for its time-out");
    let mut watched = Watched::begin(&shop, &cookie).await;
    loop {
        let told = watched.until("robots").await;
        if told.last().unwrap().1.contains("Does not answer") {
            break;
        }
    }
}

/// A stream of events.
struct Watched {
    body: BodyDataStream,
    read: String,
}

impl Watched {
    async fn begin(shop: &Shop, cookie: &str) -> Self {
        let response = ask(shop, "/admin/live", cookie).await;
        assert_eq!(200, response.status());
        Self { body: response.into_body().into_data_stream(), read: String::new() }
    }

    /// The next event's name and data; `None` where the stream has ended.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                let of = |field: &str| {
                    let values = event.lines().filter_map(|line| line.strip_prefix(field));
                    values.map(str::trim_start).collect::<Vec<_>>().join("\n")
                };
                if event.starts_with("event:") {
                    return Some((of("event:"), of("data:")));
                }
                continue;
            }
            let chunk = self.body.next().await?.unwrap();
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The events up to the next of that name.
    async fn until(&mut self, name: &str) -> Vec<(String, String)> {
        let mut told = Vec::new();
        loop {
            told.push(self.next().await.unwrap());
            if told.last().unwrap().0 == name {
                return told;
            }
        }
    }
}

/// Asks the router itself: a thousand sockets are not what is tested here.
async fn ask(shop: &Shop, path: &str, cookie: &str) -> axum::response::Response {
    let request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
    shop.router.clone().oneshot(request).map(Result::unwrap).await
}

/// Robots of which two let themselves be broken, and the baker is away.
#[derive(Default)]
struct Breakable {
    faults: Mutex<BTreeMap<Robot, String>>,
}

#[async_trait]
impl Robots for Breakable {
    async fn submit(&self, key: Uuid, request: &order_core::Request) -> Outcome {
        InstantRobots.submit(key, request).await
    }

    async fn poll(&self, job: &Job) -> Outcome {
        InstantRobots.poll(job).await
    }

    async fn cancel(&self, job: &Job) -> Outcome {
        InstantRobots.cancel(job).await
    }

    async fn condition(&self, robot: Robot) -> Option<Condition> {
        let faults = self.faults.lock().unwrap();
        let fault = faults.get(&robot).map_or("none", String::as_str).to_owned();
        let jobs = Jobs { queued: 1, in_progress: 3, completed: 98_411, failed: 119 };
        Some(Condition {
            answers: robot != Robot::Baker,
            jobs: (robot == Robot::Delivery).then_some(jobs),
            fault: (robot != Robot::Picker).then_some(fault),
        })
    }

    async fn set_fault(&self, robot: Robot, fault: &str) -> bool {
        let breakable = robot != Robot::Picker;
        if breakable {
            self.faults.lock().unwrap().insert(robot, fault.to_owned());
        }
        breakable
    }
}

/// Robots that never say how they are.
struct Hanging;

#[async_trait]
impl Robots for Hanging {
    async fn submit(&self, key: Uuid, request: &order_core::Request) -> Outcome {
        InstantRobots.submit(key, request).await
    }

    async fn poll(&self, job: &Job) -> Outcome {
        InstantRobots.poll(job).await
    }

    async fn cancel(&self, job: &Job) -> Outcome {
        InstantRobots.cancel(job).await
    }

    async fn condition(&self, _: Robot) -> Option<Condition> {
        std::future::pending().await
    }
}
