// What is swapped in is put right before it is painted: nothing jumps.
new MutationObserver(() => local(document)).observe(document.documentElement, { childList: true, subtree: true });
