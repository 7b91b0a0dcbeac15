//! What all administrators see alike: made once a second, however many watch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use order_core::Status;

use super::charts::KeptCharts;
use super::counters::Counters;
use super::live::Audience;
use super::robots::Lookout;
use crate::store::{Attention, OrderFilter, StoreError};
use crate::web::Web;
use crate::web::fresh::Fresh;
use crate::web::words::grouped;

/// The board is made anew so often while somebody looks.
pub(super) const EVERY: Duration = Duration::from_secs(1);

/// What is shared by all who look.
pub(crate) struct Board {
    frames: Fresh<Arc<Frame>>,
    pub(super) lookout: Lookout,
    charts: KeptCharts,
    pub(super) audience: Audience,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            frames: Fresh::new(EVERY),
            lookout: Lookout::default(),
            charts: KeptCharts::default(),
            audience: Audience::default(),
        }
    }
}

/// The board at a moment, as HTML.
pub(super) struct Frame {
    pub(super) counters: String,
    pub(super) charts: Arc<str>,
    /// Orders by state.
    pub(super) counts: BTreeMap<Status, i64>,
    /// How many orders there are, whatever their state.
    pub(super) total: String,
}

/// The board as it is now, not older than a second.
pub(super) async fn frame(web: &Web) -> Result<Arc<Frame>, StoreError> {
    web.board.frames.get("", make(web)).await
}

async fn make(web: &Web) -> Result<Arc<Frame>, StoreError> {
    let now = web.orders.ambient.clock.now();
    let filter = |attention| OrderFilter { attention: Some(attention), ..OrderFilter::default() };
    let filters = [filter(Attention::Late { now }), filter(Attention::Retrying)];
    let tallies = web.orders.store.tally(&filters).await?;
    let counts = web.observer.activity(|activity| activity.counts.clone());
    let tally = |number: usize| tallies.get(number).copied().unwrap_or_default();
    Ok(Arc::new(Frame {
        counters: html(&Counters::of(&counts, tally(0), tally(1), now)),
        charts: web.board.charts.html(&web.observer, now).await,
        total: grouped(counts.values().sum()),
        counts,
    }))
}

pub(super) fn html(part: &impl Template) -> String {
    part.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a part of a page cannot be rendered");
        String::new()
    })
}
