//! A page as a self-contained HTML file: no scripts, no external resources, and no markup from files.

use super::anchors::Names;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

/// The style sheet, for light and dark screens and for print.
const STYLE: &str = include_str!("style.css");

/// An HTML document from a page's Markdown.
pub fn page(title: &str, markdown: &str) -> String {
    let mut body = String::with_capacity(markdown.len() * 2);
    pulldown_cmark::html::push_html(&mut body, events(markdown).into_iter());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escaped(title)
    )
}

/// The HTML of the Markdown, with charts in `pre` elements and with anchors on headings. Raw HTML would be shown as
/// text, though no page contains any.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other event stays as it is")]
fn events(markdown: &str) -> Vec<Event<'_>> {
    let mut names = Names::default();
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut heading: Option<(usize, String)> = None;
    let mut in_chart = false;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        if let (Some((_, words)), Event::Text(text) | Event::Code(text) | Event::InlineHtml(text)) =
            (&mut heading, &event)
        {
            words.push_str(text);
        }
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) if &*language == "mermaid" => {
                in_chart = true;
                events.push(Event::Html(CowStr::from("<pre class=\"mermaid\">")));
            }
            Event::End(TagEnd::CodeBlock) if in_chart => {
                in_chart = false;
                events.push(Event::Html(CowStr::from("</pre>\n")));
            }
            Event::Start(Tag::Heading { .. }) => {
                heading = Some((events.len(), String::new()));
                events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((place, words)) = heading.take()
                    && let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(place)
                {
                    *id = Some(CowStr::from(names.name(&words)));
                }
                events.push(event);
            }
            event => events.push(event),
        }
    }
    events
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn raw_html_is_shown_as_text() {
        let html = page("<t>", "# a <b>b</b>\n\n<script>\nalert(1)\n</script>\n\nc <i>d</i>\n");
        let body = html.split("<body>").nth(1).unwrap_or_default();
        assert!(!["<b>", "<script>", "<i>"].iter().any(|raw| body.contains(raw)), "{body}");
        assert!(body.contains("&lt;script&gt;") && body.contains("c &lt;i&gt;d&lt;/i&gt;"), "{body}");
        assert!(body.contains("<h1 id=\"a-bbb\">"), "{body}");
        assert!(html.contains("<title>&lt;t&gt;</title>"), "{html}");
    }

    #[test]
    fn charts_stand_in_a_block_of_their_own() {
        let html = page("t", "```mermaid\nflowchart TD\n  a --> b[\"<br/>\"]\n```\n\n```\nx\n```\n");
        assert!(html.contains("<pre class=\"mermaid\">flowchart TD\n  a --&gt; b[\"&lt;br/&gt;\"]\n</pre>"), "{html}");
        assert!(html.contains("<pre><code>x\n</code></pre>"), "{html}");
        assert!(!html.contains("<script") && !html.contains("http:") && !html.contains("https:"), "{html}");
    }
}
