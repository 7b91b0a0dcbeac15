//! pieshop
