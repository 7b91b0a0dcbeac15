//! Chance without chance: what looks random is a hash of who asks.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Four draws that follow from two strings and nothing else.
pub(crate) struct Draw([u8; 32]);

impl Draw {
    pub(crate) fn of(context: &str, subject: &str) -> Self {
        Self(Sha256::digest(format!("{context}\n{subject}")).into())
    }

    /// Decides with the given probability, from 0 to 1.
    pub(crate) fn happens(&self, probability: f64) -> bool {
        self.share(0) < probability
    }

    pub(crate) fn choose<T: Copy>(&self, choices: &[T]) -> Option<T> {
        let position = usize::from(self.0[8]) * choices.len() / 256;
        choices.get(position).copied()
    }

    pub(crate) fn between(&self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share(2)
    }

    /// A direction in radians.
    pub(crate) fn bearing(&self) -> f64 {
        self.share(3) * std::f64::consts::TAU
    }

    /// The first 12 bytes in hexadecimal.
    pub(crate) fn hex(&self) -> String {
        self.0[..12].iter().fold(String::with_capacity(24), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// One of the four draws, evenly from 0 up to and without 1.
    fn share(&self, index: usize) -> f64 {
        let word =
            self.0[index * 8..].iter().take(4).fold(0, |word, byte| word << 8 | u32::from(*byte));
        f64::from(word) / (f64::from(u32::MAX) + 1.0)
    }
}
