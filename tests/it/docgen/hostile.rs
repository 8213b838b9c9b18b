//! Text of a runbook never becomes markup of its page.

use super::mermaid::Chart;
use super::render::page;
use rectify::docgen::Format;

/// Titles with a special meaning in Markdown, HTML or Mermaid.
const TITLES: &[&str] = &[
    "重启 IMAP4（前端）【一】",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</pre><h1>x</h1>",
    "[click](javascript:alert(1))",
    "![x](http://example.org/x.png)",
    "`code` ``` ~~~",
    "a | b | c",
    "# not a heading #",
    "**bold** __bold__ ~~gone~~",
    "1. one",
    "- item",
    "\\\" quoted \\\"",
    "back\\\\slash",
    "end",
    "]] }} ) --> x",
    "#quot; &lt; &#60;",
    "one\\ntwo",
    "\\u{202e}turned",
    "<!-- comment -->",
    "",
    "   ",
    "---",
    "%%{init: {}}%%",
];

/// A file with this text in every place that accepts text.
fn file(text: &str) -> String {
    let comment = text.replace("\\n", " ").replace("\\u{202e}", " ");
    format!(
        "# {comment}

role kind {{
  fact: text  # {comment}
}}

# {comment}
probe Up(server: host) {{
  title      \"{text}\"
  group      \"{text}\"
  depends_on \"{text}\", \"x\"
  ask        host.reachable(server)
  passed if  answer and \"{text}\" == server.name
}}

# {comment}
procedure Part(server: host, word: text = \"{text}\") {{
  step \"{text}\" {{ require server.name == \"{text}\" }}
}}

# {comment}
runbook Main(server: host, word: text = \"{text}\") {{
  title   \"{text}\"
  alert   \"x{text}\" in \"{text}\"
  goal    Up(server)
  contact oncall
  lock    \"{text}\"
  ends within 1h

  # {comment}
  resolve if fixed # {comment}
  step \"{text}\" {{
    notify oncall \"{text} ${{server.name}}`{text}\" with \"{text}\"
    service.restart(\"{text}\", on: server)
    do Part(server, word: \"other {text}\")
  }}
  if server.name == \"{text}\" {{ step \"{text}\" {{ service.restart(\"{text}\", on: server) }} }} else {{ notify oncall \"\" }}
  require approval \"{text}\" by 2 within 1h
  manual \"{text}\" within 1h
  match server.name {{
    \"x{text}\" {{ resolve \"{text}\" }}
    else {{ escalate to oncall \"{text}\" with \"{text}\" }}
  }}
}}
"
    )
}

/// The tags of a page, with their attributes as written.
fn elements(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()).collect()
}

/// Whether pages generate this element themselves.
fn is_ours(element: &str) -> bool {
    let (name, attributes) = element.split_once(' ').unwrap_or((element, ""));
    let name = name.trim_start_matches('/');
    match name {
        "!doctype" => attributes == "html",
        "html" => element == "html lang=\"en\"" || element == "/html",
        "meta" => !attributes.contains("http:") && !attributes.contains("https:"),
        "a" => {
            element == "/a"
                || attributes.strip_prefix("href=\"#").is_some_and(|rest| rest.find('"') == Some(rest.len() - 1))
        }
        "h1" | "h2" => attributes.is_empty() || attributes.starts_with("id=\"") && attributes.matches('"').count() == 2,
        "pre" => attributes.is_empty() || attributes == "class=\"mermaid\"",
        "head" | "title" | "style" | "body" | "p" | "em" | "strong" | "code" | "ul" | "li" | "table" | "thead"
        | "tbody" | "tr" | "td" | "th" => attributes.is_empty(),
        _ => false,
    }
}

/// The number of occurrences of each element.
fn counts(html: &str) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for element in elements(html) {
        *counts.entry(element.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn html_contains_no_foreign_markup() {
    let plain = counts(&page(&file("plain words"), Format::Html));
    for title in TITLES {
        let html = page(&file(title), Format::Html);
        for element in elements(&html) {
            assert!(is_ours(element), "{title:?} became <{element}>");
        }
        // Unless it is empty, any text must give the same elements as plain words.
        if !title.trim().is_empty() {
            assert_eq!(counts(&html), plain, "{title:?}\n{html}");
        }
    }
}

#[test]
fn markdown_shows_texts_as_they_are() {
    let html = page(&file("<b>*a* _b_ `c` [d](e) & 1. | #</b>"), Format::Html);
    let shown = "&lt;b&gt;*a* _b_ `c` [d](e) &amp; 1. | #&lt;/b&gt;";
    assert!(html.contains(&format!(">{shown}</h2>")), "{html}");
    assert!(html.contains(&format!("<strong>1. {shown}</strong>")), "{html}");
    assert!(html.contains(&format!("<td>{shown}</td>")), "{html}");
    assert!(html.contains(&format!("<em>{shown}</em>")), "{html}");
    assert!(html.contains(&format!("<code>service.restart(\"{shown}\", on: server)</code>")), "{html}");
}

#[test]
fn charts_contain_no_foreign_syntax() {
    let plain = Chart::read(&page(&file("plain words"), Format::Mermaid)).expect("a chart");
    for title in TITLES {
        let text = page(&file(title), Format::Mermaid);
        let chart = Chart::read(&text).unwrap_or_else(|why| panic!("{title:?}: {why}\n{text}"));
        assert_eq!(chart.nodes.len(), plain.nodes.len(), "{title:?}\n{text}");
        assert_eq!(chart.groups.len(), plain.groups.len(), "{title:?}\n{text}");
        let reached = chart.reached();
        assert!(reached.contains("resolved") && reached.contains("escalated"), "{title:?}\n{text}");
    }
    let chart = Chart::read(&page(&file("a \\\"b\\\" #c; `d` [e] {f}"), Format::Mermaid)).expect("a chart");
    assert_eq!(chart.nodes["start"], "a \"b\" #c; `d` [e] {f}");
}

#[test]
fn long_texts_are_cut() {
    let long = "很长".repeat(20_000);
    for format in [Format::Markdown, Format::Mermaid, Format::Html] {
        let page = page(&file(&long), format);
        assert!(page.len() < 200_000, "{format:?}: {} bytes", page.len());
    }
}
