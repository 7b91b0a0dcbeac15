//! What the log says of it all.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use order_core::{Command, RecoveryAction, Stage, Status};
use pieshop::order_id;
use tracing::field::{Field, Visit};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry;

use super::kitchen::{Answer, Ask, rejected, unavailable};
use super::store::{Call, Fault};
use super::world::{POLL, PREP, World, address, customer, pass, rename};

/// The lines of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Line>>>);

#[derive(Clone, Debug)]
struct Line {
    level: Level,
    fields: BTreeMap<&'static str, String>,
}

impl Log {
    fn capture() -> (Self, DefaultGuard) {
        let log = Self::default();
        (log.clone(), set_default(registry().with(log)))
    }

    fn lines(&self) -> Vec<Line> {
        self.0.lock().unwrap().clone()
    }

    /// The lines that say this.
    fn saying(&self, message: &str) -> Vec<Line> {
        self.lines().into_iter().filter(|line| line.field("message") == Some(message)).collect()
    }
}

impl Line {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line { level: *event.metadata().level(), fields: BTreeMap::new() };
        event.record(&mut line);
        self.0.lock().unwrap().push(line);
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.into());
    }
}

#[tokio::test(start_paused = true)]
async fn every_transition_is_exactly_one_line() {
    let world = World::new();
    let time = TimeDelta::seconds(30);
    world.kitchen.jobs_take(time, time);
    world.kitchen.next(Ask::Submit, Stage::Picking, Answer(0, Some(unavailable())));
    let (log, _guard) = Log::capture();
    let (process, _other) = (world.start(), world.start());
    // An answer that was lost is no second transition.
    process.store.next(Call::Change, [None, Some(Fault::LoseAnswer)]);
    let id = process.order().await;
    world.db.reaches(id, Status::Completed).await;
    pass(POLL).await;
    let (history, lines) = (world.db.row(id).history, log.saying("transition"));
    assert_eq!(lines.len(), history.len());
    for (line, entry) in lines.iter().zip(&history) {
        assert_eq!(line.field("order_id"), Some(order_id::public(id).as_str()));
        assert_eq!(line.field("from_state"), entry.from.map(Status::as_str));
        assert_eq!(line.field("to_state"), Some(entry.to.as_str()));
        assert_eq!(line.field("error"), entry.error.as_deref());
        let level = if entry.error.is_some() { Level::WARN } else { Level::INFO };
        assert_eq!(line.level, level);
        let begun = !matches!(entry.to, Status::Ordered);
        assert_eq!(line.field("attempt"), begun.then_some("1"), "{line:?}");
        // The time since the change before: here, what the state itself waited for.
        let least = match entry.from.filter(|from| *from != entry.to) {
            Some(Status::Prepping) => PREP,
            Some(Status::Picking | Status::Baking | Status::Delivering) => time,
            _ => TimeDelta::zero(),
        };
        let took = line.field("duration_ms").map(|ms| TimeDelta::milliseconds(ms.parse().unwrap()));
        assert_eq!(took.is_none(), entry.from.is_none());
        assert!(took.is_none_or(|it| (least..least + POLL * 2).contains(&it)), "{line:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_line_has_contact_data() {
    let (log, _guard) = Log::capture();
    let (world, who, place) = (World::new(), customer(), address());
    let process = world.start();
    // Robots and administrators may well repeat it.
    let refusal = format!("no drone for {} at {}", who.name, place.street);
    world.kitchen.next(Ask::Submit, Stage::Delivering, rejected(&refusal));
    let ids = process.orders(3).await;
    process.store.script().refused.insert(ids[1]);
    process.store.next(Call::Change, [Some(Fault::LoseAnswer), Some(Fault::Conflict)]);
    process.command(ids[2], Command::Cancel).await.unwrap();
    world.db.reaches(ids[0], Status::Error).await;
    process.command(ids[0], rename(0, "Janet Roe")).await.unwrap();
    world.kitchen.books().down.insert(Stage::Delivering);
    let note = Some(format!("called Janet Roe at {}, {}", who.phone, who.email));
    let recover = Command::Recover { action: RecoveryAction::Retry, note };
    process.command(ids[0], recover).await.unwrap();
    world.db.reaches(ids[0], Status::Delivering).await;
    world.db.reaches(ids[0], Status::Error).await;
    let lines: Vec<_> = log.lines().iter().map(|line| format!("{line:?}")).collect();
    assert!(lines.iter().any(|line| line.contains("no drone for *** at ***")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("called *** at ***, ***")), "{lines:#?}");
    for secret in [&who.name, "Janet Roe", &who.email, &who.phone, &place.street] {
        let told = lines.iter().find(|line| line.contains(secret));
        assert_eq!(told, None, "{secret}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_one_line_a_lane_with_its_cause() {
    let (log, _guard) = Log::capture();
    let world = World::new();
    let process = world.start();
    for outage in 1..=2 {
        for call in [Call::Claim, Call::Feed] {
            process.store.always(call, Fault::Unavailable);
        }
        pass(TimeDelta::minutes(2)).await;
        let lines = log.saying("cannot claim orders");
        assert_eq!(lines.len(), 6 * outage, "a line for each lane and outage");
        let error = Some("the database cannot be reached: the cable is cut");
        assert!(lines.iter().all(|line| line.field("error") == error), "{lines:#?}");
        assert_eq!(log.saying("cannot read the history").len(), outage);
        process.store.script().always.clear();
        pass(TimeDelta::seconds(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_is_told_once_with_its_cause_chain() {
    let full = "this was not stored: the database's disk is full: free some space, the service \
                goes on by itself: no space left";
    let lost = "the connection to the database was lost: the cable is cut";
    let unknown = "whether this was stored is not known";
    for (fault, expected) in [
        (Fault::Full, vec![("cannot record an outcome", full)]),
        (
            Fault::LoseBeforeCommit,
            vec![("repeating a commit", lost), ("cannot record an outcome", unknown)],
        ),
    ] {
        let (log, _guard) = Log::capture();
        let world = World::new();
        let process = world.start();
        process.store.always(Call::Change, fault);
        let id = process.order().await;
        pass(TimeDelta::seconds(20)).await;
        let lines = log.lines();
        let errors = lines.iter().filter_map(|line| line.field("message").zip(line.field("error")));
        assert_eq!(errors.collect::<Vec<_>>(), expected);
        process.store.script().always.clear();
        world.db.reaches(id, Status::Completed).await;
    }
}
