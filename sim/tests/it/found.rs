//! Seeds that once found something.
