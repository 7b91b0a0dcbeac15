//! Markdown to HTML.

use pulldown_cmark::{Event, Options, Parser, html};

/// Paragraphs, lists and code. A tag that somebody wrote is shown, not obeyed.
pub(crate) fn blocks(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_SMART_PUNCTUATION;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(tag) | Event::InlineHtml(tag) => Event::Text(tag),
        other => other,
    });
    let mut page = String::new();
    html::push_html(&mut page, events);
    page
}

/// A paragraph's words alone; several paragraphs stay what they are.
pub(crate) fn words(text: &str) -> String {
    let page = blocks(text);
    let only = page.trim_end().strip_prefix("<p>").and_then(|it| it.strip_suffix("</p>"));
    only.filter(|it| !it.contains("<p>")).map_or_else(|| page.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_shown_and_not_obeyed() {
        assert_eq!(words("a <b>c</b> & `d`"), "a &lt;b&gt;c&lt;/b&gt; &amp; <code>d</code>");
        assert!(!blocks("<script>\nalert(1)\n</script>\n").contains("<script"));
    }

    #[test]
    fn paragraphs_stay_apart() {
        assert_eq!(words("one\n\ntwo"), "<p>one</p>\n<p>two</p>\n");
    }
}
