//! The kit's commands, as somebody who interviews meets them.
#![cfg(test)]

mod guide;
