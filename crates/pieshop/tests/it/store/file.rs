//! What can be wrong with the file of the embedded database.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use pieshop::store::{self, SqliteStore};

use super::orders::{claim, now, token};
use super::support::{Db, advice};

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_has_closed() {
    let db = Db::sqlite().await;
    let order = db.with_orders(1).await.remove(0);
    let url = db.url();
    let second = || store::open(&url, 1, Duration::from_secs(1));
    assert!(advice(second().await.map(drop)).contains("another process has"));
    db.store.close().await;
    assert_eq!(second().await.unwrap().order(order.id).await.unwrap().unwrap().order, order);
}

#[tokio::test]
async fn leases_of_a_process_that_is_gone_hold_nobody_up() {
    let db = Db::sqlite().await;
    let orders = db.with_orders(2).await;
    db.store.claim(claim(token(1))).await.unwrap();
    let store = db.restarted().await;
    assert_eq!(store.claim(claim(token(2))).await.unwrap().orders, orders);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recipe.txt");
    let text = "Take six apples. ".repeat(100);
    fs::write(&path, &text).unwrap();
    let refused = SqliteStore::open(&path, Arc::new(now)).await.map(drop);
    assert!(advice(refused).contains("no SQLite database"));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "").unwrap();
    let path = folder.path().join("data/pieshop.db");
    let refused = SqliteStore::open(&path, Arc::new(now)).await.map(drop);
    let advice = advice(refused);
    assert!(advice.contains("data/pieshop.db cannot be made"), "{advice}");
}

#[tokio::test]
async fn a_read_only_file_is_told_so() {
    let db = Db::sqlite().await;
    db.with_orders(1).await;
    db.store.close().await;
    let path = db.url().replace("sqlite://", "");
    // The format's version for writing: a library that does not know it may only read.
    let mut bytes = fs::read(&path).unwrap();
    bytes[18] = 9;
    fs::write(&path, bytes).unwrap();
    let refused = SqliteStore::open(path.as_ref(), Arc::new(now)).await.map(drop);
    let advice = advice(refused);
    assert!(advice.contains("read-only"), "{advice}");
}

#[tokio::test]
async fn a_damaged_file_is_told_so() {
    let db = Db::sqlite().await;
    db.with_orders(1).await;
    db.store.close().await;
    let path = db.url().replace("sqlite://", "");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let opened = SqliteStore::open(path.as_ref(), Arc::new(now)).await.map(drop);
    let advice = advice(opened);
    assert!(advice.contains("damaged"), "{advice}");
}
