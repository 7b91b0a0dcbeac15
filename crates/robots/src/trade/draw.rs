//! Chance without chance: what looks random is a hash of who asks.

use sha2::{Digest, Sha256};

/// Four draws that follow from two texts and nothing else.
pub(crate) struct Draw([u8; 32]);

impl Draw {
    pub(crate) fn of(context: &str, subject: &str) -> Self {
        Self(Sha256::digest(format!("{context}\n{subject}")).into())
    }

    /// One of the draws 0 to 3, evenly from `low` up to and without `high`.
    pub(crate) fn between(&self, index: usize, low: f64, high: f64) -> f64 {
        let bytes = &self.0[index * 8..index * 8 + 4];
        let number = bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        low + (high - low) * f64::from(number) / (f64::from(u32::MAX) + 1.0)
    }

    /// One of so many choices, independently of the draws.
    pub(crate) fn choose(&self, choices: usize) -> usize {
        usize::from(self.0[12]) * choices / 256
    }

    /// An identifier of 24 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        self.0[..12].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
    }
}
