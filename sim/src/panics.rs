//! A task that panics ends silently; a run in which one did is broken.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// Notices panics on this thread.
pub(crate) struct Watch(u32);

impl Watch {
    /// Begins to watch.
    pub(crate) fn begin() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let usual = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                PANICS.with(|panics| panics.set(panics.get() + 1));
                usual(info);
            }));
        });
        Self(PANICS.with(Cell::get))
    }

    /// Whether there was a panic since.
    pub(crate) fn seen(&self) -> bool {
        PANICS.with(Cell::get) != self.0
    }
}
