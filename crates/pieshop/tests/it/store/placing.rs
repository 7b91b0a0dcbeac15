//! Creating orders: each key once, each batch whole or not at all.

use std::slice;

use order_core::OrderId;
use pieshop::store::{FirstAnswer, NewOrder, Placed, StoreError};

use super::orders::{keyed_order, new_order};
use super::support::{Db, on_both};

on_both!(
    an_order_is_found_as_it_was_placed,
    a_repeated_batch_says_created_and_changes_nothing,
    the_same_key_and_body_get_the_first_answer_within_a_batch,
    the_same_key_and_body_get_the_first_answer_across_batches,
    a_key_used_for_something_else_is_a_conflict,
    a_batch_may_hold_new_repeated_and_conflicting_orders,
    opposite_key_orders_in_two_processes_end_well,
    a_bad_row_among_good_ones_leaves_none,
    an_order_without_its_history_is_not_written,
    an_empty_batch_is_no_error,
    a_write_that_is_given_up_leaves_all_or_nothing_and_a_working_store,
);

async fn an_order_is_found_as_it_was_placed(db: Db) {
    let new = keyed_order(1, 1, 1);
    assert_eq!(db.store.place(slice::from_ref(&new)).await.unwrap(), [Placed::Created]);
    let (order, history) = db.store.order_with_history(new.order.id).await.unwrap().unwrap();
    assert_eq!((order, history), (new.order, vec![new.entry]));
}

async fn a_repeated_batch_says_created_and_changes_nothing(db: Db) {
    let batch = [new_order(1), keyed_order(2, 1, 1), keyed_order(3, 1, 1), keyed_order(4, 1, 2)];
    let first = db.store.place(&batch).await.unwrap();
    let again = db.another().await.place(&batch).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(db.rows("orders").await, 2);
    assert_eq!(db.rows("state_history").await, 2);
}

async fn the_same_key_and_body_get_the_first_answer_within_a_batch(db: Db) {
    let batch = [keyed_order(1, 1, 1), new_order(2), keyed_order(3, 1, 1)];
    let placed = db.store.place(&batch).await.unwrap();
    assert_eq!(placed, [Placed::Created, Placed::Created, replayed(&batch[0])]);
    assert!(db.store.order(batch[2].order.id).await.unwrap().is_none());
}

async fn the_same_key_and_body_get_the_first_answer_across_batches(db: Db) {
    let first = keyed_order(1, 1, 1);
    db.store.place(slice::from_ref(&first)).await.unwrap();
    let placed = db.another().await.place(&[keyed_order(2, 1, 1)]).await.unwrap();
    assert_eq!(placed, [replayed(&first)]);
    assert_eq!(db.rows("orders").await, 1);
}

async fn a_key_used_for_something_else_is_a_conflict(db: Db) {
    let batch = [keyed_order(1, 1, 1), keyed_order(2, 1, 2)];
    assert_eq!(db.store.place(&batch).await.unwrap(), [Placed::Created, Placed::KeyConflict]);
    let later = db.store.place(&[keyed_order(3, 1, 3)]).await.unwrap();
    assert_eq!(later, [Placed::KeyConflict]);
    assert_eq!(db.rows("orders").await, 1);
}

async fn a_batch_may_hold_new_repeated_and_conflicting_orders(db: Db) {
    let first = keyed_order(1, 1, 1);
    db.store.place(slice::from_ref(&first)).await.unwrap();
    // The first of the three is in the way with another body; the others are judged all the same.
    let batch =
        [keyed_order(2, 1, 9), keyed_order(3, 1, 1), keyed_order(4, 1, 8), keyed_order(5, 2, 1)];
    let placed = db.store.place(&batch).await.unwrap();
    let conflict = Placed::KeyConflict;
    assert_eq!(placed, [conflict.clone(), replayed(&first), conflict, Placed::Created]);
}

async fn opposite_key_orders_in_two_processes_end_well(db: Db) {
    let other = db.another().await;
    for round in 0..20_u64 {
        let number = |order: u64| round * 1000 + order;
        let key = |order: u64| u8::try_from(order % 32).unwrap();
        let there: Vec<NewOrder> =
            (0..32).map(|n| keyed_order(number(n + 1), key(n), round.to_le_bytes()[0])).collect();
        let back: Vec<NewOrder> = (0..32)
            .rev()
            .map(|n| keyed_order(number(n + 101), key(n), round.to_le_bytes()[0]))
            .collect();
        let (first, second) = tokio::join!(db.store.place(&there), other.place(&back));
        let (first, second) = (first.unwrap(), second.unwrap());
        // Whichever of two came first got the key; the other got its answer.
        for (one, two) in first.iter().zip(second.iter().rev()) {
            let created = [one, two].iter().filter(|placed| ***placed == Placed::Created).count();
            let replayed =
                [one, two].iter().filter(|placed| matches!(placed, Placed::Replayed(_))).count();
            assert_eq!((created, replayed), (1, 1), "{one:?} {two:?}");
        }
        db.sql("update orders set idempotency_key = null, idempotency_body = null").await;
    }
    assert_eq!(db.rows("orders").await, 20 * 32);
    assert_eq!(db.rows("state_history").await, 20 * 32);
}

async fn a_bad_row_among_good_ones_leaves_none(db: Db) {
    let mut batch = [new_order(1), new_order(2), new_order(3)];
    batch[1].order.customer.name = "x".repeat(256);
    let refused = db.store.place(&batch).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!((db.rows("orders").await, db.rows("state_history").await), (0, 0));
    batch[1].order.customer.name = "x".repeat(255);
    assert_eq!(db.store.place(&batch).await.unwrap().len(), 3);
}

async fn an_order_without_its_history_is_not_written(db: Db) {
    let mut batch = [new_order(1), new_order(2)];
    batch[1].entry.seq = 0;
    let refused = db.store.place(&batch).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!((db.rows("orders").await, db.rows("state_history").await), (0, 0));
}

async fn an_empty_batch_is_no_error(db: Db) {
    assert_eq!(db.store.place(&[]).await.unwrap(), []);
    assert_eq!(db.store.change(&[]).await.unwrap(), [] as [bool; 0]);
    db.store.release(&[], super::orders::token(1)).await.unwrap();
    assert!(db.store.order(OrderId(super::orders::token(1))).await.unwrap().is_none());
}

async fn a_write_that_is_given_up_leaves_all_or_nothing_and_a_working_store(db: Db) {
    for patience in 0..30 {
        let batch = [new_order(patience * 2 + 1), new_order(patience * 2 + 2)];
        let some_time = async {
            for _ in 0..patience {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            placed = db.store.place(&batch) => drop(placed.unwrap()),
            () = some_time => {}
        }
        assert_eq!(db.store.place(&batch).await.unwrap(), [Placed::Created, Placed::Created]);
    }
    assert_eq!((db.rows("orders").await, db.rows("state_history").await), (60, 60));
}

fn replayed(first: &NewOrder) -> Placed {
    Placed::Replayed(FirstAnswer {
        id: first.order.id,
        promised_delivery: first.order.promised_delivery,
        created_at: first.order.created_at,
    })
}
