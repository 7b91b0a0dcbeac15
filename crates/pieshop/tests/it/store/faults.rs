//! Faults of the database and of the way to it.

use std::time::Duration;

use order_core::Order;
use pieshop::store::{self, Change, Placed, StoreError};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use super::orders::{begun, claim, keyed_order, new_order, token};
use super::support::{Db, advice};

#[tokio::test]
async fn an_answer_lost_at_any_step_of_a_creation_leaves_nothing_twice() {
    let db = Db::postgres().await;
    let (proxy, url) = db.through_proxy().await;
    let store = store::open(&url, 2, Duration::from_secs(30)).await.unwrap();
    db.store.place(&[keyed_order(1, 1, 1)]).await.unwrap();
    for step in 1.. {
        let number = u64::from(step) * 10;
        // The second is in the way, so every statement of a creation is needed.
        let batch = [new_order(number), keyed_order(number + 1, 1, 1)];
        proxy.cut_at(step);
        let first = store.place(&batch).await;
        if !proxy.has_cut() {
            assert!(step > 2, "every statement was cut once");
            first.unwrap();
            break;
        }
        assert!(matches!(first, Err(StoreError::Lost(_))), "step {step}: {first:?}");
        let again = store.place(&batch).await.unwrap();
        assert!(matches!(again[..], [Placed::Created, Placed::Replayed(_)]), "step {step}");
        assert_eq!(db.rows("orders").await, 1 + i64::from(step));
        assert_eq!(db.rows("state_history").await, 1 + i64::from(step));
    }
}

#[tokio::test]
async fn an_answer_lost_at_any_step_of_a_change_leaves_nothing_twice() {
    let db = Db::postgres().await;
    let (proxy, url) = db.through_proxy().await;
    let store = store::open(&url, 2, Duration::from_secs(30)).await.unwrap();
    let orders = db.with_orders(10).await;
    db.store.claim(claim(token(1))).await.unwrap();
    let by = |number, order| Change { lease: Some(token(number)), ..begun(order) };
    let mut done = 0;
    for (step, order) in (1..).zip(&orders[1..]) {
        // The lease of the second is another's, so every statement of a change is needed.
        let batch = [by(1, order), by(2, &orders[0])];
        proxy.cut_at(step);
        let first = store.change(&batch).await;
        if !proxy.has_cut() {
            assert_eq!(first.unwrap(), [true, false]);
            break;
        }
        assert!(matches!(first, Err(StoreError::Lost(_))), "step {step}: {first:?}");
        assert_eq!(store.change(&batch).await.unwrap(), [true, false], "step {step}");
        done = step;
        assert_eq!(db.rows("state_history").await, 10 + i64::from(done));
    }
    assert!(done >= 2, "every statement was cut once");
}

#[tokio::test]
async fn a_deadlock_is_a_conflict_and_the_batch_can_be_repeated() {
    let db = Db::postgres().await;
    let orders = db.with_orders(2).await;
    let batch = [begun(&orders[0]), begun(&orders[1])];
    let mut rival = Rival::of(&db).await;
    rival.lock(&orders[1]).await;
    let blocked = async {
        rival.blocked().await;
        // Each waits for the other now; the rival is patient, so the store is stopped.
        rival.lock(&orders[0]).await;
        rival.end().await;
    };
    let (changed, ()) = tokio::join!(db.store.change(&batch), blocked);
    assert!(matches!(changed, Err(StoreError::Conflict(_))), "{changed:?}");
    assert_eq!(db.store.change(&batch).await.unwrap(), [true, true]);
}

#[tokio::test]
async fn a_connection_ended_by_the_server_is_a_lost_one() {
    let db = Db::postgres().await;
    let order = db.with_orders(1).await.remove(0);
    let batch = [begun(&order)];
    let mut rival = Rival::of(&db).await;
    rival.lock(&order).await;
    let ended = async {
        let process = rival.blocked().await;
        rival.run(&format!("select pg_terminate_backend({process})")).await;
        rival.end().await;
    };
    let (changed, ()) = tokio::join!(db.store.change(&batch), ended);
    assert!(matches!(changed, Err(StoreError::Lost(_))), "{changed:?}");
    assert_eq!(db.store.change(&batch).await.unwrap(), [true]);
}

#[tokio::test]
async fn what_the_server_reports_has_one_meaning() {
    type Expected = fn(&StoreError) -> bool;
    let db = Db::postgres().await;
    let order = db.with_orders(1).await.remove(0);
    let meanings: [(&str, Expected); 6] = [
        ("40001", |error| matches!(error, StoreError::Conflict(_))),
        ("53100", |error| matches!(error, StoreError::Full(_))),
        ("22001", |error| matches!(error, StoreError::Refused(_))),
        ("57P02", |error| matches!(error, StoreError::Lost(_))),
        ("25006", |error| error.to_string().contains("takes no writes")),
        ("XX000", |error| matches!(error, StoreError::Unavailable { .. })),
    ];
    for (code, expected) in meanings {
        db.sql(&format!(
            "create or replace function fault() returns trigger language plpgsql as $$
             begin raise exception using errcode = '{code}'; end $$;
             create or replace trigger fault before insert on state_history
             for each row execute function fault()"
        ))
        .await;
        let error = db.store.change(&[begun(&order)]).await.unwrap_err();
        assert!(expected(&error), "{code}: {error:?}");
        let stored = db.store.order(order.id).await.unwrap().unwrap();
        assert_eq!(stored.order, order, "{code}: neither state nor history is written");
    }
    db.sql("drop trigger fault on state_history").await;
    assert_eq!(db.store.change(&[begun(&order)]).await.unwrap(), [true]);
}

#[tokio::test]
async fn an_unreachable_server_is_reported_at_once_and_without_the_password() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url = format!("postgres://baker:flour-and-water@127.0.0.1:{port}/pies");
    let before = Instant::now();
    let refused = store::open(&url, 2, Duration::from_mins(1)).await.map(drop);
    assert!(before.elapsed() < Duration::from_secs(5));
    assert!(!format!("{refused:?}").contains("flour-and-water"));
    assert!(advice(refused).contains("cannot be reached"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://baker@{}/pies", silent.local_addr().unwrap());
    let open = store::open(&url, 2, Duration::from_millis(100));
    let refused = timeout(Duration::from_secs(20), open).await.unwrap().map(drop);
    assert!(advice(refused).contains("does not answer"));
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_named_as_the_fault() {
    let db = Db::postgres().await;
    let url = db.url().replace("pieshop_test", "no_such");
    let refused = store::open(&url, 2, Duration::from_mins(1)).await.map(drop);
    assert!(advice(refused).contains("does not exist"));
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused() {
    let schemes = ["mysql://127.0.0.1/pies", "pieshop.db", ""];
    let files = ["sqlite://", "sqlite://:memory:", "sqlite://pies.db?mode=memory"];
    let cases = [(&schemes, "must begin with sqlite://"), (&files, "must be sqlite://PATH")];
    for (urls, expected) in cases {
        for url in urls {
            let refused = store::open(url, 2, Duration::from_mins(1)).await.map(drop);
            assert!(advice(refused).contains(expected), "{url}");
        }
    }
}

#[tokio::test]
async fn connections_that_died_while_idle_are_not_used() {
    let db = Db::postgres().await;
    let order = db.with_orders(1).await.remove(0);
    tokio::join!(db.store.order(order.id), db.store.order(order.id)).0.unwrap();
    let mut rival = Rival::of(&db).await;
    // More than the second for which a connection is taken to be alive.
    let idle = "select count(*) = 0 from pg_stat_activity where datname = current_database()
        and application_name = 'pieshop' and clock_timestamp() - state_change < '1500ms'";
    while !sqlx::query_scalar::<_, bool>(idle).fetch_one(&mut rival.watcher).await.unwrap() {}
    rival
        .run(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name = 'pieshop'",
        )
        .await;
    db.store.order(order.id).await.unwrap();
    assert_eq!(db.store.change(&[begun(&order)]).await.unwrap(), [true]);
}

/// A session that gets in the store's way.
struct Rival {
    session: PgConnection,
    watcher: PgConnection,
}

impl Rival {
    async fn of(db: &Db) -> Self {
        let mut session = PgConnection::connect(&db.url()).await.unwrap();
        session.execute("set deadlock_timeout = '1min'").await.unwrap();
        session.execute("begin").await.unwrap();
        Self { session, watcher: PgConnection::connect(&db.url()).await.unwrap() }
    }

    async fn run(&mut self, sql: &str) {
        self.session.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    async fn lock(&mut self, order: &Order) {
        self.run(&format!("select from orders where id = '{}' for update", order.id.0)).await;
    }

    /// Waits until the store waits for a lock; returns the number of its server process.
    async fn blocked(&mut self) -> i32 {
        loop {
            let waiting = sqlx::query_scalar(
                "select pid from pg_stat_activity where datname = current_database()
                 and application_name = 'pieshop' and wait_event_type = 'Lock'",
            );
            if let Some(process) = waiting.fetch_optional(&mut self.watcher).await.unwrap() {
                return process;
            }
        }
    }

    async fn end(&mut self) {
        self.run("rollback").await;
    }
}
