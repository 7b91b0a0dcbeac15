//! Which orders are meant: what the address of a list says.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use order_core::{OrderId, Status};
use serde::Deserialize;

use crate::order_id;
use crate::store::OrderFilter;
use crate::validate::Check;

const TIME: &str = "takes an RFC 3339 time or a date: 2025-12-17";

/// The parameters of a query, by name.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(pub(crate) BTreeMap<String, String>);

impl Fields {
    /// What a field says; `None` where nobody filled it in.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The filter that the fields make.
    pub(crate) fn filter(&self, check: &mut Check) -> OrderFilter {
        let q = self.text("q");
        let id = q.and_then(order_id::parse);
        OrderFilter {
            status: self.read("status", "takes a state, such as BAKING", check, Status::parse),
            pie_type: self.text("pieType").map(str::to_owned),
            from: self.read("from", TIME, check, |text| time(text, 0)),
            to: self.read("to", TIME, check, |text| time(text, 1)),
            id,
            email_prefix: q.filter(|_| id.is_none()).map(str::to_owned),
        }
    }

    /// How many orders are shown, and that they are older than which.
    pub(crate) fn page(&self, check: &mut Check) -> (u16, Option<OrderId>) {
        let limit = |text: &str| text.parse().ok().filter(|limit| (1..=200).contains(limit));
        let limit = self.read("limit", "takes a number from 1 to 200", check, limit);
        let before = self.read("cursor", "takes the id of an order", check, order_id::parse);
        (limit.unwrap_or(50), before)
    }

    /// Reads a field that may be there; reports what cannot be read.
    fn read<T>(
        &self,
        name: &str,
        takes: &str,
        check: &mut Check,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(self.text(name)?);
        if value.is_none() {
            check.fail(name, "INVALID", takes);
        }
        value
    }
}

/// A time; a date means its first moment, or with `days` = 1 the moment after its last.
fn time(text: &str, days: u64) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.checked_add_days(Days::new(days))?.and_time(NaiveTime::MIN).and_utc())
}
