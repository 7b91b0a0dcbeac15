//! The schema: brought up to date once, by whoever comes first, and refused where it does not fit.
