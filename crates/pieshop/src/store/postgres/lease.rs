//! Claims: who works on what is due.

use order_core::{OrderId, Workflow};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::PostgresStore;
use super::statements::{CLAIM, RELEASE};
use crate::store::{Claim, Claimed, StoreError, error};

impl PostgresStore {
    pub(super) async fn write_leases(&self, claim: Claim) -> Result<Claimed, StoreError> {
        let statement = sqlx::query(CLAIM)
            .bind(claim.status.as_str())
            .bind(Workflow::FORMAT)
            .bind(i32::from(claim.limit))
            .bind(claim.token)
            .bind(claim.lease);
        let rows = self.write(statement).await?;
        let first = rows.first().ok_or_else(|| error::write(sqlx::Error::RowNotFound))?;
        let now = first.try_get("database_now").map_err(error::read)?;
        // Without anything due, there is one row with the time alone.
        let none = |row: &PgRow| row.try_get::<Option<Uuid>, _>("id").map(|id| id.is_none());
        let rows = if none(first).map_err(error::read)? { &[] } else { rows.as_slice() };
        let mut orders = Vec::with_capacity(rows.len());
        let mut unreadable = Vec::new();
        for read in self.read_all(rows).await? {
            match read {
                Ok(order) => orders.push(order),
                Err(lost) => unreadable.push(lost.into_error(now, claim.token)),
            }
        }
        if !unreadable.is_empty() {
            self.write_changes(&unreadable).await?;
        }
        orders.sort_by_key(|order| order.wake_at);
        Ok(Claimed { now, orders })
    }

    pub(super) async fn drop_leases(
        &self,
        orders: &[OrderId],
        token: Uuid,
    ) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = orders.iter().map(|id| id.0).collect();
        let release = sqlx::query(RELEASE).bind(ids).bind(token);
        self.write(release).await?;
        Ok(())
    }
}
