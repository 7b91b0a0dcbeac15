//! Orders by a filter, listed or counted: the statements that are put together at run time.

use order_core::{OrderId, Status};
use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

use super::row::Time;
use super::sql::order_columns;
use super::{Attention, LOOKED_AT, OrderFilter, Tally};

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
        let query = QueryBuilder::new(concat!("select ", order_columns!(), " from orders"));
        let mut statement = Self { query, email };
        statement.test(filter, before);
        statement.query.push(" order by id desc limit ").push_bind(i64::from(limit));
        statement.query
    }

    /// The same among the orders that are looked at.
    pub(super) fn look(
        email: &'static str,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> QueryBuilder<DB> {
        let query = QueryBuilder::new(concat!("select ", order_columns!(), " from "));
        let mut statement = Self { query, email };
        statement.looked_at(filter, before);
        statement.test(filter, before);
        // Where the index has them in this order, the database stops when it has enough.
        let order = if over(filter) { "wake_at desc, id desc" } else { "id desc" };
        statement.query.push(format_args!(" order by {order} limit ")).push_bind(i64::from(limit));
        statement.query
    }

    /// Counts for each filter the orders that match, and those that were looked at.
    pub(super) fn tally(
        email: &'static str,
        filters: &[OrderFilter],
        before: Option<OrderId>,
    ) -> QueryBuilder<DB> {
        let mut statement = Self { query: QueryBuilder::new(""), email };
        for (number, filter) in filters.iter().enumerate() {
            if number > 0 {
                statement.query.push(" union all ");
            }
            let count = format_args!("select {number}, count(*) filter (");
            statement.query.push(count);
            statement.test(filter, before);
            statement.query.push("), count(*) from ");
            statement.looked_at(filter, before);
        }
        statement.query.push(" order by 1");
        statement.query
    }

    /// The orders that are looked at: by the index that serves the filter best, and one more than
    /// that many at most. The database would at times rather walk through all there are.
    fn looked_at(&mut self, filter: &OrderFilter, before: Option<OrderId>) {
        let limit = i64::from(LOOKED_AT) + 1;
        self.query.push("(select * from (select * from orders where true");
        if !filter.ids.is_empty() {
            self.ids(filter);
        } else if let Some(prefix) = &filter.email_prefix {
            self.email(prefix);
            self.query.push(format_args!(" order by {}", self.email));
        } else if let states @ [_, ..] = &states(filter)[..] {
            let oldest = matches!(filter.attention, Some(Attention::Late { .. }));
            let order = if oldest { "" } else { " desc" };
            for (number, state) in states.iter().enumerate() {
                if number > 0 {
                    self.query.push(" limit ").push_bind(limit);
                    self.query.push(
                        ") as found union all select * from (select * from orders where true",
                    );
                }
                self.query.push(format_args!(" and current_state = '{state}'"));
                if over(filter) {
                    self.query.push(" and wake_at is null");
                }
                self.range(filter, before);
                self.query.push(format_args!(" order by wake_at{order}, id{order}"));
            }
        } else {
            self.range(filter, before);
            self.query.push(" order by id desc");
        }
        self.query.push(" limit ").push_bind(limit).push(") as found");
        self.query.push(" limit ").push_bind(limit).push(") as looked_at");
    }

    /// All that must be true of an order.
    fn test(&mut self, filter: &OrderFilter, before: Option<OrderId>) {
        self.query.push(" where true");
        let texts = [&filter.pie_type, &filter.email_prefix];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            // No stored text has this character, and not every database compares with it.
            self.query.push(" and false");
            return;
        }
        if let Some(status) = filter.status {
            self.query.push(format_args!(" and current_state = '{status}'"));
        }
        if over(filter) {
            // Always so; told to the database, its index of due orders is in the order of ids.
            self.query.push(" and wake_at is null");
        }
        if let Some(pie_type) = &filter.pie_type {
            self.query.push(" and pie_type = ").push_bind(pie_type.clone());
        }
        if let Some(from) = filter.from {
            self.query.push(" and created_at >= ").push_bind(Time(from));
        }
        if let Some(to) = filter.to {
            self.query.push(" and created_at < ").push_bind(Time(to));
        }
        self.range(filter, before);
        self.ids(filter);
        if let Some(prefix) = &filter.email_prefix {
            self.email(prefix);
        }
        match filter.attention {
            None => {}
            Some(Attention::Error) => {
                self.query.push(" and current_state = 'ERROR'");
            }
            Some(Attention::Retrying) => {
                let tried = " and current_state <> 'ERROR' and (tries > 0 or attempt > 1)";
                self.query.push(OPEN).push(tried);
            }
            Some(Attention::Late { now }) => {
                self.query.push(OPEN).push(" and promised_delivery < ").push_bind(Time(now));
            }
        }
    }

    /// Ids are in the order of creation.
    fn range(&mut self, filter: &OrderFilter, before: Option<OrderId>) {
        let query = &mut self.query;
        if let Some(from) = filter.from {
            query.push(" and id >= ").push_bind(first_id(from.timestamp_millis() - SLACK_MILLIS));
        }
        if let Some(to) = filter.to {
            query.push(" and id < ").push_bind(first_id(to.timestamp_millis() + SLACK_MILLIS));
        }
        if let Some(after) = filter.after {
            query.push(" and id > ").push_bind(after.0);
        }
        if let Some(before) = before {
            query.push(" and id < ").push_bind(before.0);
        }
    }

    fn ids(&mut self, filter: &OrderFilter) {
        if filter.ids.is_empty() {
            return;
        }
        self.query.push(" and id in (");
        let mut ids = self.query.separated(", ");
        for id in &filter.ids {
            ids.push_bind(id.0);
        }
        self.query.push(")");
    }

    fn email(&mut self, prefix: &str) {
        // Where the filter has it, nothing matches at all.
        let prefix = prefix.replace('\0', "");
        let Self { query, email } = self;
        for (operator, bound) in [(">=", prefix.clone()), ("<", format!("{prefix}\u{10ffff}"))] {
            query.push(format_args!(" and {email} {operator} lower(")).push_bind(bound).push(")");
        }
    }
}

/// Whether only orders match that are over.
fn over(filter: &OrderFilter) -> bool {
    matches!(filter.status, Some(Status::Completed | Status::Cancelled))
}

/// The states that match; none where any does.
fn states(filter: &OrderFilter) -> Vec<Status> {
    match (filter.status, filter.attention) {
        (Some(status), _) => vec![status],
        (None, Some(Attention::Error)) => vec![Status::Error],
        (None, Some(attention)) => {
            let retrying = attention == Attention::Retrying;
            let open = |it: &Status| !matches!(it, Status::Completed | Status::Cancelled);
            let open = Status::ALL.into_iter().filter(open);
            open.filter(|it| !retrying || *it != Status::Error).collect()
        }
        (None, None) => Vec::new(),
    }
}

/// Reads what [`Statement::tally`] counts.
pub(super) fn tallies(rows: &[(i32, i64, i64)]) -> Vec<Tally> {
    let tally = |(_, matched, looked_at): &(i32, i64, i64)| Tally {
        matched: u64::try_from(*matched).unwrap_or_default(),
        all: *looked_at <= i64::from(LOOKED_AT),
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
