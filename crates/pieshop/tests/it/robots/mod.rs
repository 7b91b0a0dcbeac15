//! The robots' clients against a robot that says what the test wants: every documented answer of
//! every operation, and what no contract documents.

mod answers;
mod calls;
pub(crate) mod scripted;
