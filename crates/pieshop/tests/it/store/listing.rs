//! The list of orders: every filter, pages, and input that means harm.

use chrono::TimeDelta;
use order_core::{Command, Order, OrderId, Status};
use pieshop::store::{Attention, LOOKED_AT, OrderFilter, Tally};

use super::orders::{begun, commanded, failed, new_order, start, token, whole_way};
use super::support::{Db, on_both};

on_both!(
    without_a_filter_the_newest_come_first_page_by_page,
    each_filter_shows_what_matches,
    filters_are_combined,
    attention_shows_the_late_the_retrying_and_the_failed,
    many_are_counted_at_once,
    pages_of_what_is_looked_at_show_every_order_once,
    so_many_orders_are_looked_at_and_no_more,
    injection_strings_are_only_strings,
    an_order_that_cannot_be_read_is_listed_as_such,
);

async fn without_a_filter_the_newest_come_first_page_by_page(db: Db) {
    let orders = db.with_orders(7).await;
    let mut newest = ids(&orders);
    newest.reverse();
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = db.store.list(&OrderFilter::default(), before, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        all.extend(ids(&page));
    }
    assert_eq!(all, newest);
}

async fn each_filter_shows_what_matches(db: Db) {
    let orders = db.with_orders(12).await;
    let id = |number: usize| orders[number - 1].id;
    db.store.change(&[begun(&orders[4]), commanded(&orders[5], Command::Cancel)]).await.unwrap();
    db.tamper(&orders[6], "pie_type = 'cherry'").await;
    let any = OrderFilter::default;
    let at = |seconds| Some(start() + TimeDelta::seconds(seconds));
    let email = |prefix: &str| OrderFilter { email_prefix: Some(prefix.into()), ..any() };
    let status = |status| OrderFilter { status: Some(status), ..any() };
    let cases = [
        (status(Status::Picking), vec![id(5)]),
        (status(Status::Cancelled), vec![id(6)]),
        (status(Status::Completed), vec![]),
        (OrderFilter { pie_type: Some("cherry".into()), ..any() }, vec![id(7)]),
        (OrderFilter { from: at(11), ..any() }, vec![id(12), id(11)]),
        (OrderFilter { to: at(3), ..any() }, vec![id(2), id(1)]),
        (OrderFilter { from: at(4), to: at(5), ..any() }, vec![id(4)]),
        (OrderFilter { from: at(5), to: at(4), ..any() }, vec![]),
        (OrderFilter { ids: vec![id(9)], ..any() }, vec![id(9)]),
        (OrderFilter { ids: vec![OrderId(token(1))], ..any() }, vec![]),
        (email("JANE1"), vec![id(12), id(11), id(10), id(1)]),
        (email("jane1@example.com"), vec![id(1)]),
        (email("ane1"), vec![]),
    ];
    for (filter, expected) in cases {
        let listed = db.store.list(&filter, None, 100).await.unwrap();
        assert_eq!(ids(&listed), expected, "{filter:?}");
        let looked = db.store.look(&filter, None, 100).await.unwrap();
        assert_eq!((ids(&looked.orders), looked.all), (expected, true), "{filter:?}");
    }
}

async fn filters_are_combined(db: Db) {
    let orders = db.with_orders(6).await;
    let changes: Vec<_> = orders.iter().map(begun).collect();
    db.store.change(&changes[1..5]).await.unwrap();
    let filter = OrderFilter {
        status: Some(Status::Picking),
        pie_type: Some("apple".into()),
        from: Some(start() + TimeDelta::seconds(3)),
        to: Some(start() + TimeDelta::seconds(6)),
        ids: Vec::new(),
        after: None,
        email_prefix: Some("jane".into()),
        attention: Some(Attention::Late { now: start() + TimeDelta::days(1) }),
    };
    let listed = db.store.list(&filter, Some(orders[4].id), 100).await.unwrap();
    assert_eq!(ids(&listed), [orders[3].id, orders[2].id]);
    let looked = db.store.look(&filter, Some(orders[4].id), 100).await.unwrap();
    assert_eq!(ids(&looked.orders), ids(&listed));
    let one = OrderFilter { ids: vec![orders[2].id], ..filter };
    assert_eq!(ids(&db.store.list(&one, None, 100).await.unwrap()), [orders[2].id]);
}

async fn attention_shows_the_late_the_retrying_and_the_failed(db: Db) {
    let orders = db.with_orders(5).await;
    let error = failed(&begun(&orders[1]).order);
    let again = failed(&begun(&orders[2]).order)[..2].to_vec();
    let ways = [
        whole_way(&orders[0]),
        [vec![begun(&orders[1])], error].concat(),
        [vec![begun(&orders[2])], again].concat(),
        vec![commanded(&orders[3], Command::Cancel)],
    ];
    for change in ways.concat() {
        assert_eq!(db.store.change(&[change]).await.unwrap(), [true]);
    }
    let late = Attention::Late { now: orders[4].promised_delivery };
    let much_later = Attention::Late { now: orders[4].promised_delivery + TimeDelta::seconds(1) };
    let cases = [
        (Attention::Error, vec![orders[1].id]),
        (Attention::Retrying, vec![orders[2].id]),
        (late, vec![orders[2].id, orders[1].id]),
        (much_later, vec![orders[4].id, orders[2].id, orders[1].id]),
    ];
    for (attention, expected) in cases {
        let filter = OrderFilter { attention: Some(attention), ..OrderFilter::default() };
        let listed = db.store.list(&filter, None, 100).await.unwrap();
        assert_eq!(ids(&listed), expected, "{attention:?}");
        let looked = db.store.look(&filter, None, 100).await.unwrap();
        assert_eq!((ids(&looked.orders), looked.all), (expected, true), "{attention:?}");
    }
}

async fn many_are_counted_at_once(db: Db) {
    let orders = db.with_orders(6).await;
    let changes = [begun(&orders[1]), begun(&orders[2]), commanded(&orders[3], Command::Cancel)];
    db.store.change(&changes).await.unwrap();
    db.tamper(&orders[2], "pie_type = 'cherry'").await;
    let any = OrderFilter::default;
    let late = Attention::Late { now: start() + TimeDelta::days(1) };
    let cases = [
        (any(), 6),
        (OrderFilter { status: Some(Status::Picking), ..any() }, 2),
        (OrderFilter { status: Some(Status::Completed), ..any() }, 0),
        (OrderFilter { pie_type: Some("cherry".into()), ..any() }, 1),
        (OrderFilter { pie_type: Some("\0".into()), ..any() }, 0),
        (OrderFilter { after: Some(orders[3].id), ..any() }, 2),
        (OrderFilter { after: Some(orders[5].id), ..any() }, 0),
        (OrderFilter { from: Some(start() + TimeDelta::seconds(5)), ..any() }, 2),
        (OrderFilter { to: Some(start() + TimeDelta::seconds(3)), ..any() }, 2),
        (OrderFilter { email_prefix: Some("JANE".into()), ..any() }, 6),
        (OrderFilter { ids: vec![orders[0].id, OrderId(token(1))], ..any() }, 1),
        (OrderFilter { attention: Some(late), ..any() }, 5),
        (OrderFilter { attention: Some(Attention::Retrying), ..any() }, 0),
        (OrderFilter { attention: Some(Attention::Error), ..any() }, 0),
    ];
    let filters: Vec<_> = cases.iter().map(|(filter, _)| filter.clone()).collect();
    let expected: Vec<_> =
        cases.iter().map(|(_, matched)| Tally { matched: *matched, all: true }).collect();
    assert_eq!(db.store.tally(&filters).await.unwrap(), expected);
    let newer = OrderFilter { after: Some(orders[3].id), ..any() };
    let listed = db.store.list(&newer, None, 100).await.unwrap();
    assert_eq!(ids(&listed), [orders[5].id, orders[4].id]);
}

async fn pages_of_what_is_looked_at_show_every_order_once(db: Db) {
    let orders = db.with_orders(9).await;
    let changes: Vec<_> = orders[..5].iter().map(begun).collect();
    db.store.change(&changes).await.unwrap();
    let late = Attention::Late { now: start() + TimeDelta::days(1) };
    for (filter, count) in [
        (OrderFilter::default(), 9),
        (OrderFilter { status: Some(Status::Picking), ..OrderFilter::default() }, 5),
        (OrderFilter { attention: Some(late), ..OrderFilter::default() }, 9),
        (OrderFilter { email_prefix: Some("jane".into()), ..OrderFilter::default() }, 9),
    ] {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let page = db.store.look(&filter, before, 2).await.unwrap().orders;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            all.extend(ids(&page));
        }
        let mut newest = ids(&orders[..count]);
        newest.reverse();
        assert_eq!(all, newest, "{filter:?}");
    }
}

async fn so_many_orders_are_looked_at_and_no_more(db: Db) {
    let all = u64::from(LOOKED_AT) + 2;
    let orders: Vec<_> = (1..=all).map(new_order).collect();
    for batch in orders.chunks(500) {
        db.store.place(batch).await.unwrap();
    }
    db.tamper(&orders[0].order, "pie_type = 'cherry'").await;
    let any = OrderFilter::default;
    let tallies = db.store.tally(&[any()]).await.unwrap();
    assert_eq!(tallies, [Tally { matched: u64::from(LOOKED_AT) + 1, all: false }]);
    let cherry = OrderFilter { pie_type: Some("cherry".into()), ..any() };
    for filter in [cherry.clone(), OrderFilter { status: Some(Status::Ordered), ..cherry.clone() }]
    {
        let looked = db.store.look(&filter, None, 10).await.unwrap();
        assert_eq!((ids(&looked.orders), looked.all), (vec![], false), "{filter:?}");
    }
    // Whoever says when it was created finds it.
    let found = OrderFilter { to: Some(start() + TimeDelta::minutes(1)), ..cherry };
    let looked = db.store.look(&found, None, 10).await.unwrap();
    assert_eq!((ids(&looked.orders), looked.all), (vec![orders[0].order.id], true));
    let looked = db.store.look(&any(), None, 10).await.unwrap();
    assert_eq!((looked.orders.len(), looked.all), (10, true), "more than fit");
}

async fn injection_strings_are_only_strings(db: Db) {
    let orders = db.with_orders(2).await;
    let harm = [
        "' or 1=1 --",
        "'; drop table orders; --",
        "\\",
        "%",
        "_",
        "jane%",
        "$1",
        "?",
        "\u{10ffff}",
        "💥",
        "x\0y",
        "",
    ];
    for text in harm {
        let pie = OrderFilter { pie_type: Some(text.into()), ..OrderFilter::default() };
        assert_eq!(db.store.list(&pie, None, 100).await.unwrap(), [], "{text:?}");
        let email = OrderFilter { email_prefix: Some(text.into()), ..OrderFilter::default() };
        let expected = if text.is_empty() { 2 } else { 0 };
        let listed = db.store.list(&email, None, 100).await.unwrap();
        assert_eq!(listed.len(), expected, "{text:?}");
        for filter in [pie, email] {
            let listed = db.store.list(&filter, None, 100).await.unwrap();
            let looked = db.store.look(&filter, None, 100).await.unwrap();
            assert_eq!((ids(&looked.orders), looked.all), (ids(&listed), true), "{text:?}");
        }
    }
    let all = db.store.list(&OrderFilter::default(), None, 100).await.unwrap();
    assert_eq!(all.len(), orders.len());
}

async fn an_order_that_cannot_be_read_is_listed_as_such(db: Db) {
    let orders = db.with_orders(2).await;
    db.tamper(&orders[0], "workflow = '{}'").await;
    let listed = db.store.list(&OrderFilter::default(), None, 100).await.unwrap();
    assert_eq!(ids(&listed), [orders[1].id, orders[0].id]);
    assert_eq!(listed[1].status(), Status::Error);
    assert_eq!(listed[1].customer, orders[0].customer);
}

fn ids(orders: &[Order]) -> Vec<OrderId> {
    orders.iter().map(|order| order.id).collect()
}
