//! Which orders are meant: the same fields in a query, a form or JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use order_core::{OrderId, Status};
use url::form_urlencoded;

use crate::order_id;
use crate::store::OrderFilter;
use crate::validate::{ANY, Check, trimmed};

/// Orders on a page when nothing is said.
const DEFAULT_LIMIT: u16 = 50;
/// Orders on a page, at most.
const MOST: u16 = 200;
const TIME: &str = "takes an RFC 3339 time or a date: 2025-12-17";

/// Named texts that are taken one by one; what is left over was not asked for.
pub(crate) struct Fields {
    pub(crate) values: BTreeMap<String, String>,
}

impl Fields {
    /// The parameters of a query.
    pub(crate) fn of_query(query: Option<&str>, check: &mut Check) -> Self {
        let mut fields = Self { values: BTreeMap::new() };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if fields.values.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                check.fail(&name, "DUPLICATE", "is given twice");
            }
        }
        fields
    }

    /// Without the fields that a form sends though nobody filled them in.
    pub(crate) fn filled_in(mut self) -> Self {
        self.values.retain(|_, value| !trimmed(value).is_empty());
        self
    }

    /// The texts of these fields as they came; they are still to be taken.
    pub(crate) fn texts<'n>(&self, names: &[&'n str]) -> Vec<(&'n str, String)> {
        let text = |name: &&'n str| Some((*name, self.values.get(*name)?.clone()));
        names.iter().filter_map(text).collect()
    }

    /// Takes a field that is no part of a filter, as it came.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    /// The filter that the fields make.
    pub(crate) fn filter(&mut self, now: DateTime<Utc>, check: &mut Check) -> OrderFilter {
        let any = |text: &str| Some(text.to_owned());
        let states = "takes a state, such as BAKING";
        let from = self.take("from", TIME, check, |text| time(text, 0));
        let to = self.take("to", TIME, check, |text| time(text, 1));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            check.fail("to", "INVALID", "must not be before from");
        }
        let q = self.take("q", "", check, any);
        let id = q.as_deref().and_then(order_id::parse);
        OrderFilter {
            status: self.take("status", states, check, Status::parse),
            pie_type: self.take("pieType", "", check, any),
            from,
            to,
            ids: id.into_iter().collect(),
            email_prefix: q.filter(|_| id.is_none()),
            attention: self.attention(now, check),
            ..OrderFilter::default()
        }
    }

    /// How many orders are shown, and that they are older than which.
    pub(crate) fn page(&mut self, check: &mut Check) -> (u16, Option<OrderId>) {
        let limit = |text: &str| text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        let limit = self.take("limit", "takes a number from 1 to 200", check, limit);
        let before = self.take("cursor", "takes a nextCursor", check, order_id::parse);
        (limit.unwrap_or(DEFAULT_LIMIT), before)
    }

    /// Reports what nobody took.
    pub(crate) fn end(self, check: &mut Check) {
        for name in self.values.keys() {
            check.unknown(name);
        }
    }

    /// Takes a field that may be there; reports what cannot be read.
    pub(crate) fn take<T>(
        &mut self,
        key: &str,
        takes: &str,
        check: &mut Check,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.values.remove(key)?;
        let text = trimmed(&text);
        if text.is_empty() {
            check.fail(key, "INVALID", "must not be empty");
            return None;
        }
        if !check.text_is(key, text, 255, ANY) {
            return None;
        }
        let value = parse(text);
        if value.is_none() {
            check.fail(key, "INVALID", takes);
        }
        value
    }
}

/// A time; a date means its first moment, or with `days` = 1 the moment after its last.
fn time(text: &str, days: u64) -> Option<DateTime<Utc>> {
    let date = || {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(date.checked_add_days(Days::new(days))?.and_time(NaiveTime::MIN).and_utc())
    };
    let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(date);
    // No order is older than the epoch, and ids know no earlier time.
    time.map(|time| time.max(DateTime::UNIX_EPOCH))
}
