//! What needs an administrator's eyes, as a field of a filter.

use chrono::{DateTime, Utc};

use crate::filter::Fields;
use crate::store::Attention;
use crate::validate::Check;

impl Fields {
    /// Takes the field.
    pub(crate) fn attention(&mut self, now: DateTime<Utc>, check: &mut Check) -> Option<Attention> {
        self.take("attention", "takes late, retrying or error", check, |text| match text {
            "late" => Some(Attention::Late { now }),
            "retrying" => Some(Attention::Retrying),
            "error" => Some(Attention::Error),
            _ => None,
        })
    }
}
