//! contract-testing
