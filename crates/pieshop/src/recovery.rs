//! How an order in ERROR is put right, as people say it.

use order_core::RecoveryAction;

use crate::validate::{ANY, Check, Object};

/// What is to be done, and why. The action does not matter where the check fails.
pub(crate) fn recovery(root: &Object<'_>, check: &mut Check) -> (RecoveryAction, Option<String>) {
    let known = |text: &str| recovery_action(text).is_some();
    let name = check.text(root, "action", 10, (known, "takes retry, skip or close"));
    let action = recovery_action(&name).unwrap_or(RecoveryAction::Retry);
    let note = check.optional_text(root, "note", 500, ANY);
    if note.is_none() && action != RecoveryAction::Retry {
        check.fail("note", "REQUIRED", format!("is required to {name}"));
    }
    (action, note)
}

fn recovery_action(action: &str) -> Option<RecoveryAction> {
    match action {
        "retry" => Some(RecoveryAction::Retry),
        "skip" => Some(RecoveryAction::Skip),
        "close" => Some(RecoveryAction::Close),
        _ => None,
    }
}
