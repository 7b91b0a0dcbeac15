//! Claims: every due order to one holder at a time, the longest due first.

use chrono::TimeDelta;
use order_core::{Command, Order, OrderId, RecoveryAction, State, Status};
use pieshop::store::Claim;

use super::orders::{begun, claim, commanded, start, token};
use super::support::{Db, on_both};

on_both!(
    an_order_is_claimed_once_while_the_lease_lasts,
    an_expired_lease_is_claimed_again,
    the_longest_due_come_first_and_no_more_than_asked_for,
    only_due_orders_of_the_state_are_claimed,
    a_claim_tells_the_time_of_the_database,
    a_released_order_can_be_claimed_again,
    a_release_leaves_the_leases_of_others,
    claimers_at_once_share_no_order,
    the_format_of_a_newer_release_is_left_alone,
    an_unreadable_order_is_stopped_and_harms_no_other,
    an_order_with_an_unreadable_recipe_is_stopped,
);

async fn an_order_is_claimed_once_while_the_lease_lasts(db: Db) {
    let orders = db.with_orders(2).await;
    let first = db.store.claim(claim(token(1))).await.unwrap();
    assert_eq!(first.orders, orders);
    assert_eq!(db.store.claim(claim(token(2))).await.unwrap().orders, []);
    let stored = db.store.order(orders[0].id).await.unwrap().unwrap();
    assert_eq!((stored.order, stored.lease), (orders[0].clone(), Some(token(1))));
}

async fn an_expired_lease_is_claimed_again(db: Db) {
    let orders = db.with_orders(1).await;
    let expired = Claim { lease: TimeDelta::zero(), ..claim(token(1)) };
    assert_eq!(db.store.claim(expired).await.unwrap().orders, orders);
    assert_eq!(db.store.claim(claim(token(2))).await.unwrap().orders, orders);
    assert_eq!(db.store.order(orders[0].id).await.unwrap().unwrap().lease, Some(token(2)));
}

async fn the_longest_due_come_first_and_no_more_than_asked_for(db: Db) {
    let orders = db.with_orders(4).await;
    // The last two of them are moved to the front.
    for (order, seconds) in [(&orders[3], -20), (&orders[2], -10)] {
        let mut change = commanded_edit(order);
        change.order.wake_at = Some(start() + TimeDelta::seconds(seconds));
        assert_eq!(db.store.change(&[change]).await.unwrap(), [true]);
    }
    let claimed = db.store.claim(Claim { limit: 3, ..claim(token(1)) }).await.unwrap();
    assert_eq!(ids(&claimed.orders), [orders[3].id, orders[2].id, orders[0].id]);
    let rest = db.store.claim(claim(token(1))).await.unwrap();
    assert_eq!(ids(&rest.orders), [orders[1].id]);
}

async fn only_due_orders_of_the_state_are_claimed(db: Db) {
    let orders = db.with_orders(3).await;
    let picking = begun(&orders[0]);
    let mut later = commanded_edit(&orders[1]);
    later.order.wake_at = Some(start() + TimeDelta::days(36_500));
    db.store.change(&[picking.clone(), later]).await.unwrap();
    assert_eq!(ids(&db.store.claim(claim(token(1))).await.unwrap().orders), [orders[2].id]);
    let picks = Claim { status: Status::Picking, ..claim(token(1)) };
    assert_eq!(db.store.claim(picks).await.unwrap().orders, [picking.order]);
}

async fn a_claim_tells_the_time_of_the_database(db: Db) {
    let before = db.store.now().await.unwrap();
    let claimed = db.store.claim(claim(token(1))).await.unwrap();
    assert_eq!(claimed.orders, []);
    assert!(claimed.now >= before && claimed.now - before < TimeDelta::minutes(1));
}

async fn a_released_order_can_be_claimed_again(db: Db) {
    let orders = db.with_orders(2).await;
    db.store.claim(claim(token(1))).await.unwrap();
    db.store.release(&ids(&orders), token(1)).await.unwrap();
    assert_eq!(db.store.claim(claim(token(2))).await.unwrap().orders, orders);
}

async fn a_release_leaves_the_leases_of_others(db: Db) {
    let orders = db.with_orders(1).await;
    db.store.claim(claim(token(1))).await.unwrap();
    db.store.release(&ids(&orders), token(2)).await.unwrap();
    assert_eq!(db.store.claim(claim(token(2))).await.unwrap().orders, []);
}

async fn claimers_at_once_share_no_order(db: Db) {
    let orders = db.with_orders(200).await;
    let (one, two) = (db.store.clone(), db.another().await);
    let mut claimers = tokio::task::JoinSet::new();
    for (number, store) in [(1, one.clone()), (2, two.clone()), (3, one), (4, two)] {
        claimers.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let some = Claim { limit: 7, ..claim(token(number)) };
                let claimed = store.claim(some).await.unwrap().orders;
                if claimed.is_empty() {
                    break mine;
                }
                mine.extend(ids(&claimed));
            }
        });
    }
    let mut all: Vec<OrderId> = claimers.join_all().await.into_iter().flatten().collect();
    all.sort_unstable();
    assert_eq!(all, ids(&orders), "each once, none left");
}

async fn the_format_of_a_newer_release_is_left_alone(db: Db) {
    let orders = db.with_orders(2).await;
    let newer = format!("format = 2, workflow = '{NEWER}'");
    db.tamper(&orders[0], &newer).await;
    assert_eq!(ids(&db.store.claim(claim(token(1))).await.unwrap().orders), [orders[1].id]);
    let refused = db.store.order(orders[0].id).await.unwrap_err();
    assert!(refused.to_string().contains("this release cannot read"), "{refused}");
    assert_eq!(db.rows("state_history").await, 2, "nothing was done to it");
}

async fn an_unreadable_order_is_stopped_and_harms_no_other(db: Db) {
    let orders = db.with_orders(3).await;
    db.tamper(&orders[1], &format!("workflow = '{NEWER}', attempt = 3")).await;
    let claimed = db.store.claim(claim(token(1))).await.unwrap();
    assert_eq!(ids(&claimed.orders), [orders[0].id, orders[2].id]);

    let (order, history) = db.store.order_with_history(orders[1].id).await.unwrap().unwrap();
    assert!(
        matches!(order.state(), State::Error(failure) if failure.code == "UNREADABLE"),
        "{order:?}"
    );
    assert_eq!(order.wake_at, None);
    assert_eq!(order.workflow.attempts.picking, 3, "no idempotency key is used twice");
    let error = history[1].error.as_deref().unwrap();
    assert!(error.contains("SIMMERING"), "the document is kept: {error}");
    assert_eq!((history[1].from, history[1].to), (Some(Status::Ordered), Status::Error));

    let recover = Command::Recover { action: RecoveryAction::Retry, note: None };
    let retried = commanded(&order, recover);
    assert_eq!(db.store.change(&[retried]).await.unwrap(), [true], "people can put it right");
}

async fn an_order_with_an_unreadable_recipe_is_stopped(db: Db) {
    let orders = db.with_orders(1).await;
    db.sql("update recipes set document = '{}'").await;
    // A process that has not seen the recipe before.
    let store = db.restarted().await;
    assert_eq!(store.claim(claim(token(1))).await.unwrap().orders, []);
    let (order, _) = store.order_with_history(orders[0].id).await.unwrap().unwrap();
    assert_eq!((order.status(), order.recipe.pie_type.as_str()), (Status::Error, "apple"));
}

const NEWER: &str = r#"{"state": {"name": "SIMMERING"}}"#;

fn ids(orders: &[Order]) -> Vec<OrderId> {
    orders.iter().map(|order| order.id).collect()
}

/// Any change that leaves the order in its state.
fn commanded_edit(order: &Order) -> pieshop::store::Change {
    let customer = Some(order.customer.clone());
    commanded(order, Command::Edit { seen: 0, customer, address: None })
}
