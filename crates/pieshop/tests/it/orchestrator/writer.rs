//! The one write path: what shares a commit, and what becomes of it when the commit fails.

use std::ops::RangeFrom;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use order_core::{Order, OrderId, Outcome};
use pieshop::clock::Entropy;
use pieshop::orchestrator::{WriteError, Writer};
use pieshop::store::{NewOrder, Placed, SharedStore, Store, StoreError};
use tokio::time::{Instant, sleep, timeout};

use super::store::{Call, Fault, LATENCY, Memory};
use super::tables::Database;
use super::world::{after, new_order};

const DEADLINE: Duration = Duration::from_secs(5);
const COMMIT: Duration = Duration::from_millis(10);
const CALLS: [Call; 2] = [Call::Place, Call::Change];

struct Path {
    db: Arc<Database>,
    store: Arc<Memory>,
    writer: Writer,
    numbers: RangeFrom<u64>,
}

/// A write that must be done where it is acknowledged.
type Writing = BoxFuture<'static, Result<(), WriteError>>;

impl Path {
    fn new() -> Self {
        let db = Database::new();
        let store = Memory::on(&db);
        let shared: SharedStore = store.clone();
        let writer = Writer::start(&shared, &Arc::new(Entropy::seeded(1)), DEADLINE);
        Self { db, store, writer, numbers: 1.. }
    }

    fn new_order(&mut self) -> NewOrder {
        new_order(&self.db, self.numbers.next().unwrap())
    }

    /// An order that another process stored.
    async fn stored(&mut self) -> Order {
        let new = self.new_order();
        Memory::on(&self.db).place(std::slice::from_ref(&new)).await.unwrap();
        new.order
    }

    /// A new order, or the first step of one that is stored.
    async fn write(&mut self, call: Call) -> (OrderId, Writing) {
        let writer = self.writer.clone();
        if call == Call::Place {
            let new = self.new_order();
            let done = |placed| assert_eq!(placed, Placed::Created);
            return (new.order.id, Box::pin(async move { writer.place(new).await.map(done) }));
        }
        let order = self.stored().await;
        let change = after(&self.db, &order, Outcome::Due);
        let done = |done: bool| assert!(done);
        (change.order.id, Box::pin(async move { writer.change(change).await.map(done) }))
    }

    async fn writes(&mut self, call: Call, number: usize) -> (Vec<OrderId>, Vec<Writing>) {
        let mut writes = (Vec::new(), Vec::new());
        for _ in 0..number {
            let (id, writing) = self.write(call).await;
            writes.0.push(id);
            writes.1.push(writing);
        }
        writes
    }

    fn sizes(&self, call: Call) -> Vec<usize> {
        self.store.batches(call).iter().map(Vec::len).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_lone_write_is_not_delayed() {
    for call in CALLS {
        let mut path = Path::new();
        let (_, write) = path.write(call).await;
        let begin = Instant::now();
        write.await.unwrap();
        assert_eq!(begin.elapsed(), LATENCY, "{call:?}: the store's own");
    }
}

#[tokio::test(start_paused = true)]
async fn writes_that_queue_up_during_a_commit_share_the_next_in_the_order_of_ids() {
    for call in CALLS {
        let mut path = Path::new();
        path.store.script().commit = Some(COMMIT);
        let (_, first) = path.write(call).await;
        let (mut ids, mut others) = path.writes(call, 999).await;
        others.reverse();
        let begin = Instant::now();
        let others = async {
            sleep(COMMIT / 2).await;
            join_all(others).await
        };
        let (first, others) = tokio::join!(first, others);
        first.unwrap();
        assert!(others.into_iter().all(|done| done.is_ok()));
        assert_eq!(begin.elapsed(), COMMIT * 3);
        assert_eq!(path.sizes(call), [1, 512, 487]);
        let mut batches = path.store.batches(call);
        assert!(batches.iter().all(|batch| batch.is_sorted()), "{call:?}");
        let mut written = batches.split_off(1).concat();
        written.sort();
        ids.sort();
        assert_eq!(written, ids);
    }
}

#[tokio::test(start_paused = true)]
async fn two_changes_of_one_order_take_turns() {
    let mut path = Path::new();
    let (order, other) = (path.stored().await, path.stored().await);
    let first = after(&path.db, &order, Outcome::Due);
    let parked = Outcome::Parked { until: path.db.now() };
    let second = after(&path.db, &first.order, parked.clone());
    let third = after(&path.db, &second.order, parked);
    let beside = after(&path.db, &other, Outcome::Due);
    let changes = [&first, &second, &third, &beside].map(|it| path.writer.change(it.clone()));
    for done in join_all(changes).await {
        assert!(done.unwrap());
    }
    assert_eq!(path.sizes(Call::Change), [2, 1, 1]);
    assert_eq!(path.db.order(order.id), third.order);
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_among_good_ones_fails_alone() {
    for (call, bad) in CALLS.into_iter().flat_map(|call| (0..7).map(move |bad| (call, bad))) {
        let mut path = Path::new();
        let (ids, writes) = path.writes(call, 7).await;
        let before = path.db.feed().len();
        path.store.script().refused.insert(ids[bad]);
        for (row, done) in join_all(writes).await.into_iter().enumerate() {
            match done {
                Ok(()) => assert_ne!(row, bad, "{call:?}"),
                Err(WriteError::NotStored(cause)) => {
                    assert!(matches!(*cause, StoreError::Refused(_)), "{cause}");
                    assert_eq!(row, bad, "{call:?}");
                }
                Err(error) => panic!("{call:?} {row}: {error}"),
            }
        }
        let written = path.db.feed().split_off(before);
        assert_eq!(written.len(), 6);
        assert!(written.iter().all(|row| row.order != ids[bad]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_fails_alone_also_after_the_connection_was_lost() {
    for call in CALLS {
        let mut path = Path::new();
        let (ids, writings) = path.writes(call, 4).await;
        path.store.script().refused.insert(ids[1]);
        path.store.next(call, [Some(Fault::LoseBeforeCommit)]);
        let begin = Instant::now();
        let results = join_all(writings).await;
        let failed: Vec<usize> = (0..4).filter(|at| results[*at].is_err()).collect();
        assert_eq!(failed, [1], "{call:?}");
        assert!(begin.elapsed() < DEADLINE, "{call:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn conflicts_and_lost_answers_are_resolved_by_repeating_the_identical_batch() {
    use Fault::{Conflict, LoseAnswer, LoseBeforeCommit, Unavailable};
    for call in CALLS {
        for faults in [[Conflict; 3], [LoseAnswer, LoseAnswer, Unavailable], [LoseBeforeCommit; 3]]
        {
            let mut path = Path::new();
            let (_, writes) = path.writes(call, 2).await;
            let before = path.db.feed().len();
            path.store.next(call, faults.map(Some));
            assert!(join_all(writes).await.into_iter().all(|done| done.is_ok()));
            let batches = path.store.batches(call);
            assert_eq!(path.sizes(call), [2; 4], "{call:?} {faults:?}");
            assert!(batches.iter().all(|batch| *batch == batches[0]));
            assert_eq!(path.db.feed().len(), before + 2, "nothing was written twice");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_unknown_at_its_deadline_and_not_before() {
    let late = Fault::TimeOut(DEADLINE * 3);
    for call in CALLS {
        for first in [Fault::LoseAnswer, Fault::LoseBeforeCommit, Fault::Hang, late] {
            for then in [first, Fault::Unavailable, Fault::Full, Fault::Conflict] {
                let mut path = Path::new();
                let (_, write) = path.write(call).await;
                path.store.next(call, [Some(first)]);
                path.store.always(call, then);
                let begin = Instant::now();
                let error = write.await.unwrap_err();
                assert!(matches!(error, WriteError::OutcomeUnknown), "{first:?} {then:?} {error}");
                assert_eq!(begin.elapsed(), DEADLINE, "{call:?} {first:?} {then:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_write_path_goes_on_after_a_commit_that_timed_out() {
    let mut path = Path::new();
    path.store.next(Call::Place, [Some(Fault::TimeOut(DEADLINE * 3 / 2))]);
    let (_, first) = path.write(Call::Place).await;
    let (_, second) = path.write(Call::Place).await;
    assert!(first.await.is_err());
    second.await.unwrap();
    assert_eq!(path.sizes(Call::Place), [1, 1]);
    assert_eq!(path.db.feed().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_or_unreachable_database_is_told_at_once() {
    for call in CALLS {
        for fault in [Fault::Full, Fault::Unavailable] {
            let mut path = Path::new();
            let (_, write) = path.write(call).await;
            path.store.always(call, fault);
            let begin = Instant::now();
            let error = write.await.unwrap_err();
            assert!(matches!(error, WriteError::NotStored(_)), "{call:?} {fault:?}: {error}");
            assert_eq!(begin.elapsed(), LATENCY);
            assert_eq!(path.sizes(call), [1]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_given_up_is_left_out() {
    let mut path = Path::new();
    path.store.script().commit = Some(COMMIT);
    let (ids, writes) = path.writes(Call::Place, 3).await;
    let [first, second, third] = <[Writing; 3]>::try_from(writes).ok().unwrap();
    let others = async {
        // The first commit is under way, and ends too late.
        sleep(COMMIT / 2).await;
        tokio::join!(timeout(COMMIT / 4, second), third)
    };
    let (first, (second, third)) = tokio::join!(first, others);
    assert!(first.is_ok() && second.is_err() && third.is_ok());
    let stored: Vec<_> = path.db.feed().into_iter().map(|row| row.order).collect();
    assert_eq!(stored, [ids[0], ids[2]]);
}
