//! Orders by a filter, listed or counted: the statements that are put together at run time.

use order_core::{OrderId, Status};
use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

use super::row::Time;
use super::sql::order_columns;
use super::{Attention, OrderFilter, TALLIED, Tally};

/// The states of orders that are not over, so that the index of due orders serves.
const OPEN: &str =
    " and current_state in ('ORDERED', 'PICKING', 'PREPPING', 'BAKING', 'DELIVERING', 'ERROR')";

/// A statement in the making. `email` is the address as the database's index has it.
pub(super) struct Statement<DB: Database> {
    query: QueryBuilder<DB>,
    email: &'static str,
}

impl<DB: Database> Statement<DB>
where
    for<'q> Uuid: Encode<'q, DB> + Type<DB>,
    for<'q> String: Encode<'q, DB> + Type<DB>,
    for<'q> Time: Encode<'q, DB> + Type<DB>,
    for<'q> i64: Encode<'q, DB> + Type<DB>,
{
    /// Lists at most `limit` orders, newest first.
    pub(super) fn list(
        email: &'static str,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> QueryBuilder<DB> {
        let query =
            QueryBuilder::new(concat!("select ", order_columns!(), " from orders where true"));
        let mut statement = Self { query, email };
        statement.narrow(filter);
        statement.test(filter);
        let mut query = statement.query;
        if let Some(before) = before {
            query.push(" and id < ").push_bind(before.0);
        }
        query.push(" order by id desc limit ").push_bind(i64::from(limit));
        query
    }

    /// Counts for each filter the orders that match, and those that were looked at.
    pub(super) fn tally(email: &'static str, filters: &[OrderFilter]) -> QueryBuilder<DB> {
        let mut statement = Self { query: QueryBuilder::new(""), email };
        for (number, filter) in filters.iter().enumerate() {
            if number > 0 {
                statement.query.push(" union all ");
            }
            let count = format_args!("select {number}, count(*) filter (where true");
            statement.query.push(count);
            statement.test(filter);
            statement.query.push("), count(*) from (select * from orders where true");
            statement.narrow(filter);
            let limit = i64::from(TALLIED) + 1;
            statement.query.push(" limit ").push_bind(limit).push(") as looked_at");
        }
        statement.query.push(" order by 1");
        statement.query
    }

    /// What an index serves.
    fn narrow(&mut self, filter: &OrderFilter) {
        let Self { query, email } = self;
        let texts = [&filter.pie_type, &filter.email_prefix];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            // No stored text has this character, and `PostgreSQL` would not even compare with it.
            query.push(" and false");
            return;
        }
        if let Some(status) = filter.status {
            query.push(format_args!(" and current_state = '{status}'"));
            if matches!(status, Status::Completed | Status::Cancelled) {
                // Always so; told to the database, its index of due orders is in the order of ids.
                query.push(" and wake_at is null");
            }
        }
        match filter.attention {
            None => {}
            Some(Attention::Error) => {
                query.push(" and current_state = 'ERROR'");
            }
            Some(Attention::Retrying) => {
                query.push(OPEN).push(" and current_state <> 'ERROR'");
            }
            Some(Attention::Late { .. }) => {
                query.push(OPEN);
            }
        }
        if let Some(from) = filter.from {
            query.push(" and id >= ").push_bind(first_id(from.timestamp_millis() - SLACK_MILLIS));
        }
        if let Some(to) = filter.to {
            query.push(" and id < ").push_bind(first_id(to.timestamp_millis() + SLACK_MILLIS));
        }
        if let Some(after) = filter.after {
            query.push(" and id > ").push_bind(after.0);
        }
        if !filter.ids.is_empty() {
            query.push(" and id in (");
            let mut ids = query.separated(", ");
            for id in &filter.ids {
                ids.push_bind(id.0);
            }
            query.push(")");
        }
        if let Some(prefix) = &filter.email_prefix {
            for (operator, bound) in [(">=", prefix.clone()), ("<", format!("{prefix}\u{10ffff}"))]
            {
                query.push(format_args!(" and {email} {operator} lower("));
                query.push_bind(bound).push(")");
            }
        }
    }

    /// What is looked at in each order.
    fn test(&mut self, filter: &OrderFilter) {
        let query = &mut self.query;
        if let Some(pie_type) = filter.pie_type.as_ref().filter(|text| !text.contains('\0')) {
            query.push(" and pie_type = ").push_bind(pie_type.clone());
        }
        if let Some(from) = filter.from {
            query.push(" and created_at >= ").push_bind(Time(from));
        }
        if let Some(to) = filter.to {
            query.push(" and created_at < ").push_bind(Time(to));
        }
        match filter.attention {
            Some(Attention::Retrying) => {
                query.push(" and (tries > 0 or attempt > 1)");
            }
            Some(Attention::Late { now }) => {
                query.push(" and promised_delivery < ").push_bind(Time(now));
            }
            Some(Attention::Error) | None => {}
        }
    }
}

/// Reads what [`Statement::tally`] counts.
pub(super) fn tallies(rows: &[(i32, i64, i64)]) -> Vec<Tally> {
    let tally = |(_, matched, looked_at): &(i32, i64, i64)| Tally {
        matched: u64::try_from(*matched).unwrap_or_default(),
        all: *looked_at <= i64::from(TALLIED),
    };
    rows.iter().map(tally).collect()
}

/// Ids are made from a clock that may be read a moment before or after the time of creation.
const SLACK_MILLIS: i64 = 1000;

/// The smallest `UUIDv7` of a time; source: RFC 9562, section 5.7.
pub(super) fn first_id(millis: i64) -> Uuid {
    let millis = u128::try_from(millis).unwrap_or_default().min((1 << 48) - 1);
    Uuid::from_u128(millis << 80)
}
