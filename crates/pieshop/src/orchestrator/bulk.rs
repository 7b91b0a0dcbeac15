//! Puts many orders right at once.

use futures::future::join_all;
use order_core::{Command, RecoveryAction};

use super::commands::{CommandError, Orders};
use crate::store::OrderFilter;

/// Orders that are read at a time.
const BULK_PAGE: u16 = 200;

/// What a bulk recovery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkRecovery {
    /// Orders that matched.
    pub matched: u64,
    /// Orders that were recovered.
    pub changed: u64,
    /// Orders that were not in ERROR any more, or are being cancelled.
    pub skipped: u64,
}

impl Orders {
    /// Recovers every order that matches the filter, the newest `most` of them.
    pub async fn recover_all(
        &self,
        filter: &OrderFilter,
        action: RecoveryAction,
        note: Option<String>,
        most: u64,
    ) -> Result<BulkRecovery, CommandError> {
        let mut sum = BulkRecovery::default();
        let mut before = None;
        loop {
            let left = u16::try_from(most - sum.matched).unwrap_or(BULK_PAGE).min(BULK_PAGE);
            let page = self.store.list(filter, before, left).await?;
            // Side by side, so that a page shares a few commits.
            let recovered = page.iter().map(|order| {
                self.command(order.id, Command::Recover { action, note: note.clone() })
            });
            for result in join_all(recovered).await {
                sum.matched += 1;
                match result {
                    Ok(_) => sum.changed += 1,
                    Err(CommandError::Refused(_) | CommandError::NotFound(_)) => sum.skipped += 1,
                    Err(error) => return Err(error),
                }
            }
            let Some(last) = page.last().filter(|_| page.len() == usize::from(BULK_PAGE)) else {
                return Ok(sum);
            };
            before = Some(last.id);
        }
    }
}
