//! What the dashboard's address says: a filter, a page of the list, and how it is looked at.

use chrono::{DateTime, Utc};
use order_core::{OrderId, Status};
use url::form_urlencoded;

use crate::filter::Fields;
use crate::store::{Attention, OrderFilter};
use crate::validate::{Check, FieldError};
use crate::web::form::Problem;
use crate::web::words::Badge;

/// The fields of a filter: their names in an address, and on the page.
pub(super) const FIELDS: [(&str, &str); 6] = [
    ("status", "Status"),
    ("pieType", "Pie"),
    ("attention", "Needs attention"),
    ("from", "Created from"),
    ("to", "Created until"),
    ("q", "Order, or start of e-mail"),
];

/// What goes on from page to page besides the filter.
const VIEW: [&str; 2] = ["limit", "live"];

/// What was asked for.
pub(super) struct Asked {
    pub(super) filter: OrderFilter,
    /// The filter as it was typed, without what is empty.
    pub(super) texts: Vec<(&'static str, String)>,
    /// Only orders before this one, and so many of them.
    pub(super) before: Option<OrderId>,
    pub(super) limit: u16,
    pub(super) errors: Vec<FieldError>,
    /// What else the address says of how the list is looked at.
    pub(super) view: Vec<(&'static str, String)>,
}

impl Asked {
    /// Takes a query apart, whatever else was taken out of it before.
    pub(super) fn of(fields: Fields, mut check: Check, now: DateTime<Utc>) -> Self {
        let mut fields = fields.filled_in();
        let names = FIELDS.map(|(name, _)| name);
        let texts = fields.texts(&names);
        let view = fields.texts(&VIEW);
        let filter = fields.filter(now, &mut check);
        let (limit, before) = fields.page(&mut check);
        for name in VIEW {
            fields.text(name);
        }
        fields.end(&mut check);
        Self { filter, texts, before, limit, errors: check.into_errors(), view }
    }

    /// Whether anything is filtered at all.
    pub(super) fn filtered(&self) -> bool {
        !self.texts.is_empty()
    }

    /// What was typed into a field.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.texts.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, text)| text.as_str())
    }

    /// An address with the same filter, and `more`.
    pub(super) fn url(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query =
            query.extend_pairs(&self.texts).extend_pairs(&self.view).extend_pairs(more).finish();
        address(path, &query)
    }

    /// What the list shows, as its title.
    pub(super) fn title(&self) -> String {
        let OrderFilter { status, attention, pie_type, .. } = &self.filter;
        let mut title = match (attention, status) {
            (Some(Attention::Late { .. }), _) => "Late orders".to_owned(),
            (Some(Attention::Retrying), _) => "Retrying orders".to_owned(),
            (Some(Attention::Error), _) | (None, Some(Status::Error)) => "Orders in error".into(),
            (None, Some(status)) => format!("{} orders", Badge::from(*status).word),
            (None, None) if self.filtered() => "Orders".into(),
            (None, None) => "All orders".into(),
        };
        let status = status.filter(|it| attention.is_some() && *it != Status::Error);
        let parts = [
            status.map(|status| Badge::from(status).word.to_lowercase()),
            pie_type.clone(),
            Some(self.text("from")).filter(|it| !it.is_empty()).map(|it| format!("from {it}")),
            Some(self.text("to")).filter(|it| !it.is_empty()).map(|it| format!("until {it}")),
            Some(self.text("q")).filter(|it| !it.is_empty()).map(|it| format!("“{it}”")),
        ];
        for part in parts.into_iter().flatten() {
            title = format!("{title}, {part}");
        }
        title
    }

    /// The error summary.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let problem = |error: &FieldError| {
            let field = FIELDS.iter().find(|(name, _)| *name == error.field);
            let name = field.map_or(error.field.as_str(), |(_, label)| label);
            let message = format!("{name} {}", error.message);
            Problem { field: field.map_or("", |(name, _)| name), message }
        };
        self.errors.iter().map(problem).collect()
    }
}

/// A path with a query, where there is one.
pub(super) fn address(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
