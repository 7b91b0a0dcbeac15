//! What must hold of every listener: it hears each row once, in order.

use std::collections::BTreeMap;

use pieshop::store::{FeedCursor, FeedRow};

use super::{Broken, Witness, broken, ensure};
use crate::world::Who;

/// Somebody who listens to what a worker tells.
#[derive(Default)]
pub(super) struct Listener {
    /// Everything after this is heard.
    from: Option<FeedCursor>,
    last: Option<FeedCursor>,
    heard: usize,
}

impl Witness {
    /// A worker begins to read the history here.
    pub(crate) fn listens_from(&mut self, who: Who, cursor: FeedCursor) {
        self.listeners.entry(who).or_default().from.get_or_insert(cursor);
    }

    /// A listener hears of a row.
    pub(crate) fn heard(
        &mut self,
        who: Who,
        row: &FeedRow,
        feed: &BTreeMap<FeedCursor, FeedRow>,
    ) -> Result<(), Broken> {
        ensure(feed.get(&row.cursor) == Some(row), "what is told is what was committed")?;
        let listener = self.listeners.entry(who).or_default();
        let Some(from) = listener.from else {
            return broken("nothing is told before the history is read");
        };
        let after = listener.last.unwrap_or(from);
        ensure(row.cursor > after, "no row is told twice")?;
        let between = feed.range(..row.cursor).next_back().map(|(cursor, _)| *cursor);
        ensure(between.is_none_or(|cursor| cursor <= after), "no row is left out")?;
        listener.last = Some(row.cursor);
        listener.heard += 1;
        Ok(())
    }

    /// By now, who listened to this worker from its start has heard everything.
    pub(crate) fn has_heard_all(
        &self,
        who: Who,
        feed: &BTreeMap<FeedCursor, FeedRow>,
    ) -> Result<(), Broken> {
        let Some(listener) = self.listeners.get(&who) else { return Ok(()) };
        let Some(from) = listener.from else { return broken("a worker reads the history") };
        let rows = feed.range(from..).filter(|(cursor, _)| **cursor > from).count();
        ensure(listener.heard == rows, "every listener hears every row that was committed")
    }

    /// Every row that a listener has heard, also of a dead worker, is still the one before which
    /// nothing was added.
    pub(crate) fn missed_nothing(
        &self,
        feed: &BTreeMap<FeedCursor, FeedRow>,
    ) -> Result<(), Broken> {
        for listener in self.listeners.values() {
            let (Some(from), Some(last)) = (listener.from, listener.last) else { continue };
            let rows = feed.range(from..=last).filter(|(cursor, _)| **cursor > from).count();
            ensure(rows == listener.heard, "no row appears before one that was told already")?;
        }
        Ok(())
    }
}
