//! What a history and its order's row must be.

use super::rows::{Entry, Row};

/// The states of a pie's way.
const WAY: [&str; 6] = ["ORDERED", "PICKING", "PREPPING", "BAKING", "DELIVERING", "COMPLETED"];
const ENDS: [&str; 3] = ["COMPLETED", "CANCELLED", "ERROR"];

/// Everything that is wrong with an order.
pub(super) fn check(row: &Row, history: &[Entry]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut furthest = 0;
    for (index, entry) in history.iter().enumerate() {
        let seq = index + 1;
        if usize::try_from(entry.seq) != Ok(seq) {
            wrong.push(format!("its entry {seq} has the number {}", entry.seq));
        }
        let before = index.checked_sub(1).map(|before| &history[before]);
        if entry.from.as_ref() != before.map(|before| &before.to) {
            wrong.push(format!("its entry {seq} does not follow from the one before"));
        }
        if before.is_some_and(|before| before.at >= entry.at) {
            wrong.push(format!("its entry {seq} is not later than the one before"));
        }
        if !follows(before.map(|before| before.to.as_str()), &entry.to) {
            wrong.push(format!("its entry {seq} is no step of an order"));
        }
        if let Some(place) = WAY.iter().position(|state| *state == entry.to) {
            if place < furthest {
                wrong.push(format!("its entry {seq} goes back to {}", entry.to));
            }
            furthest = furthest.max(place);
        }
    }
    let last = history.last();
    if last.is_none_or(|last| last.to != row.state || last.seq != row.seq) {
        wrong.push(format!("its row, seq {}, is not where its history ends", row.seq));
    }
    if !ENDS.contains(&row.state.as_str()) {
        wrong.push("it has not come to an end".into());
    }
    if row.due {
        wrong.push("something is due for it".into());
    }
    let failed = history.iter().rev().find(|entry| entry.to == "ERROR" && entry.error.is_some());
    if row.state == "ERROR" && (row.failure().is_none() || failed.is_none()) {
        wrong.push("it is in ERROR without a reason".into());
    }
    wrong
}

/// Whether an order can step from one state to the other.
fn follows(from: Option<&str>, to: &str) -> bool {
    let Some(from) = from else { return to == "ORDERED" };
    let next = WAY.windows(2).any(|pair| pair == [from, to]);
    match (from, to) {
        ("COMPLETED" | "CANCELLED", _) => false,
        _ if from == to || next => true,
        ("ORDERED", _) => to == "CANCELLED",
        ("ERROR", _) => to != "ORDERED",
        (_, to) => to == "ERROR" || to == "CANCELLED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(state: &str, seq: i64) -> Row {
        Row {
            id: uuid::Uuid::nil(),
            state: state.into(),
            due: false,
            key: None,
            seq,
            edits: 0,
            phone: String::new(),
            workflow: r#"{"state": {"name": "ERROR", "code": "BURNT"}}"#.into(),
        }
    }

    fn history(states: &[&str]) -> Vec<Entry> {
        let entry = |(at, to): (usize, &&str)| Entry {
            seq: i64::try_from(at).unwrap() + 1,
            from: at.checked_sub(1).map(|before| states[before].to_owned()),
            to: (*to).to_owned(),
            at: i64::try_from(at).unwrap(),
            error: (*to == "ERROR").then(|| "BURNT: black".into()),
            ..Entry::default()
        };
        states.iter().enumerate().map(entry).collect()
    }

    #[test]
    fn whole_histories_pass() {
        let recovered = ["ORDERED", "PICKING", "PICKING", "ERROR", "PREPPING", "CANCELLED"];
        for states in [&WAY[..], &recovered, &["ORDERED", "PICKING", "ERROR"]] {
            let (seq, end) = (i64::try_from(states.len()).unwrap(), states[states.len() - 1]);
            assert_eq!(check(&row(end, seq), &history(states)), Vec::<String>::new());
        }
    }

    #[test]
    fn whatever_is_missing_or_wrong_is_told() {
        type Damage = fn(&mut Row, &mut Vec<Entry>);
        let damages: [(&str, Damage); 9] = [
            ("has the number", |_, history| drop(history.remove(2))),
            ("does not follow", |_, history| history[3].from = Some("ORDERED".into())),
            ("is not later", |_, history| history[3].at = 2),
            ("is no step", |_, history| history[3].to = "DELIVERING".into()),
            ("goes back", |_, history| history[3].to = "ORDERED".into()),
            ("is not where its history ends", |row, _| row.seq = 5),
            ("not come to an end", |row, _| row.state = "BAKING".into()),
            ("something is due", |row, _| row.due = true),
            ("without a reason", |row, _| {
                (row.state, row.workflow) = ("ERROR".into(), "{}".into());
            }),
        ];
        for (told, damage) in damages {
            let (mut row, mut history) = (row("COMPLETED", 6), history(&WAY));
            damage(&mut row, &mut history);
            let wrong = check(&row, &history).join("; ");
            assert!(wrong.contains(told), "{told}: {wrong}");
        }
    }
}
