//! What holds for every order, whatever happens to it.

mod any;
mod chaos;
mod convergence;
mod witness;
mod world;

use proptest::test_runner::{Config, RngSeed};

/// The same cases at every run; a failure shows its shrunk events, there is nothing to keep.
pub(crate) fn config() -> Config {
    Config {
        cases: 500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(62_701),
        max_shrink_iters: 5_000,
        ..Config::default()
    }
}
