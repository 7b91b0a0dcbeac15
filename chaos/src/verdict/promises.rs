//! What was acknowledged to people stands.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Order, Row, uuid};
use crate::customers::key;
use crate::tally::Promises;

/// Every promise of the run with this seed that the database does not keep.
pub(super) fn check(seed: u64, promises: &Promises, orders: &HashMap<Uuid, Order>) -> Vec<String> {
    let mut wrong = Vec::new();
    let find = |id: &str| orders.get(&uuid(id)?).map(|order| &order.row);
    let hash = |number: &u64| (Sha256::digest(key(seed, *number)).to_vec(), *number);
    let numbers: HashMap<Vec<u8>, u64> = promises.sent.iter().map(hash).collect();
    let number_of = |order: &Order| order.row.key.as_ref().and_then(|key| numbers.get(key));
    let mut stored: BTreeMap<u64, Uuid> = BTreeMap::new();
    for order in orders.values() {
        let id = order.row.id;
        match number_of(order) {
            None => wrong.push(format!("nobody has placed order {id}")),
            Some(number) => {
                if let Some(other) = stored.insert(*number, id) {
                    wrong.push(format!("order {number} is stored as {id} and as {other}"));
                }
            }
        }
    }
    for (number, id) in &promises.placed {
        if uuid(id).as_ref() != stored.get(number) {
            wrong.push(format!("order {number} was answered 201 as {id} and is lost"));
        }
    }
    for id in &promises.cancelled {
        let state = find(id).map(|row| row.state.as_str());
        // What was delivered before it could be stopped stays delivered.
        if !matches!(state, Some("CANCELLED" | "COMPLETED")) {
            wrong.push(format!("{id} was to be cancelled and is {state:?}"));
        }
    }
    for (id, (edits, phone)) in &promises.edited {
        let kept = |row: &Row| row.edits > *edits || row.edits == *edits && row.phone == *phone;
        if !find(id).is_some_and(kept) {
            wrong.push(format!("{id} has lost its edit {edits}"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "ord_01jzzzzzzzezzr0000000000zz";

    /// Order 1 of seed 7, placed, cancelled and edited once.
    fn kept() -> (Promises, HashMap<Uuid, Order>) {
        let id = uuid(ID).unwrap();
        let promises = Promises {
            sent: [1].into(),
            placed: [(1, ID.to_owned())].into(),
            cancelled: [ID.to_owned()].into(),
            edited: [(ID.to_owned(), (1, "555".to_owned()))].into(),
        };
        let row = Row {
            id,
            state: "CANCELLED".into(),
            due: false,
            key: Some(Sha256::digest(key(7, 1)).to_vec()),
            seq: 2,
            edits: 1,
            phone: "555".into(),
            workflow: String::new(),
        };
        (promises, [(id, Order { row, history: Vec::new() })].into())
    }

    #[test]
    fn promises_that_are_kept_are_no_violations() {
        let (promises, orders) = kept();
        assert_eq!(check(7, &promises, &orders), Vec::<String>::new());
    }

    #[test]
    fn every_broken_promise_is_told() {
        type Damage = fn(&mut HashMap<Uuid, Order>);
        let damages: [(&str, Damage); 6] = [
            ("is lost", |orders| orders.clear()),
            ("nobody has placed", |orders| row(orders).key = None),
            ("is stored as", |orders| {
                let twin = Row { id: Uuid::nil(), ..row(orders).clone() };
                orders.insert(Uuid::nil(), Order { row: twin, history: Vec::new() });
            }),
            ("was to be cancelled", |orders| row(orders).state = "ERROR".into()),
            ("lost its edit", |orders| row(orders).edits = 0),
            ("lost its edit", |orders| row(orders).phone = "556".into()),
        ];
        for (told, damage) in damages {
            let (promises, mut orders) = kept();
            damage(&mut orders);
            let wrong = check(7, &promises, &orders).join("; ");
            assert!(wrong.contains(told), "{told}: {wrong}");
        }
    }

    fn row(orders: &mut HashMap<Uuid, Order>) -> &mut Row {
        &mut orders.values_mut().next().unwrap().row
    }
}
