//! The timeline of a run: servers as lanes, states as bars, effects as letters.

use super::html::escaped;
use super::{Lane, MarkBy, SpanKind, Timeline};
use std::fmt::Write;

/// Sizes in the units of the drawing.
const NAMES: f64 = 110.0;
const WIDTH: f64 = 680.0;
const LANE: f64 = 34.0;
const HEAD: f64 = 18.0;
const LETTER: f64 = 9.0;

/// The largest number of lines across a drawing.
const MOST_LINES: u32 = 12;

/// What the letters and bars mean.
pub fn key(body: &mut String) {
    let letters: Vec<String> = MarkBy::ALL.iter().map(|by| format!("<b>{}</b> {}", by.letter(), by.as_str())).collect();
    let _ = writeln!(
        body,
        "<p class=\"key\">A lane is a server or a database. A hatched bar: something was wrong. A framed bar: blocked, or down. \
         Letters: {}. The list below each drawing says the same in words.</p>",
        letters.join(", ")
    );
}

/// Draws a timeline, and lists what it shows.
pub fn draw(body: &mut String, timeline: &Timeline, name: &str) {
    if timeline.lanes.is_empty() || timeline.minutes <= 0.0 {
        return;
    }
    let height = HEAD + LANE * timeline.lanes.len() as f64;
    let at = |minutes: f64| NAMES + WIDTH * (minutes / timeline.minutes).clamp(0.0, 1.0);
    let _ = writeln!(
        body,
        "<div class=\"wide\"><svg viewBox=\"0 0 {:.0} {height:.0}\" role=\"img\" aria-label=\"Timeline of {name}\">",
        NAMES + WIDTH + 40.0
    );
    // One hatch for each drawing would repeat an id, so the bars are hatched by lines.
    let step = step_of(timeline.minutes);
    let mut minute = 0.0;
    while minute <= timeline.minutes {
        let x = at(minute);
        let _ = writeln!(
            body,
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{HEAD}\" x2=\"{x:.1}\" y2=\"{height:.0}\"/><text class=\"minute\" x=\"{x:.1}\" y=\"12\">{minute:.0} min</text>"
        );
        minute += step;
    }
    for (lane, row) in timeline.lanes.iter().zip(0_u32..) {
        let top = HEAD + LANE * f64::from(row);
        draw_lane(body, lane, top, &at);
    }
    body.push_str("</svg></div>\n");
    list(body, timeline);
}

/// The minutes between two lines.
fn step_of(minutes: f64) -> f64 {
    let steps = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0];
    steps.into_iter().find(|step| minutes / step <= f64::from(MOST_LINES)).unwrap_or(1440.0)
}

fn draw_lane(body: &mut String, lane: &Lane, top: f64, at: &dyn Fn(f64) -> f64) {
    let middle = top + LANE / 2.0;
    let _ = writeln!(body, "<text class=\"lane\" x=\"4\" y=\"{:.1}\">{}</text>", middle + 4.0, escaped(&lane.name));
    for span in &lane.spans {
        let (left, right) = (at(span.from), at(span.to));
        let width = (right - left).max(2.0);
        let (class, y, height) = match span.kind {
            SpanKind::Fault => ("fault", top + 4.0, 10.0),
            SpanKind::Out => ("out", top + 18.0, 10.0),
        };
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\"><title>{}</title></rect>",
            escaped(&span.text)
        );
        if span.kind == SpanKind::Fault {
            let mut x = left;
            while x < left + width {
                let end = (x + 6.0).min(left + width);
                let _ = write!(
                    body,
                    "<line class=\"hatch\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{end:.1}\" y2=\"{y:.1}\"/>",
                    y + height
                );
                x += 8.0;
            }
            body.push('\n');
        }
    }
    // A letter stands to the right of its line, and of the letter before it.
    let mut free = 0.0;
    for mark in &lane.marks {
        let x = at(mark.at);
        let letter = mark.by.letter();
        let place = f64::max(x + 2.0, free);
        free = place + LETTER;
        let _ = writeln!(
            body,
            "<g class=\"mark\"><line x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\">{letter}</text><title>{}: {}</title></g>",
            top + LANE,
            place,
            middle + 4.0,
            mark.by.as_str(),
            escaped(&mark.text)
        );
    }
}

/// The same in words, in the order of time.
fn list(body: &mut String, timeline: &Timeline) {
    let mut lines: Vec<(f64, String)> = Vec::new();
    for lane in &timeline.lanes {
        let name = escaped(&lane.name);
        for span in &lane.spans {
            lines.push((span.from, format!("{name}: {} until {:.0} min", escaped(&span.text), span.to)));
        }
        for mark in &lane.marks {
            lines.push((mark.at, format!("{name}: {} ({})", escaped(&mark.text), mark.by.as_str())));
        }
    }
    lines.sort_by(|one, other| one.0.total_cmp(&other.0));
    body.push_str("<ol class=\"steps\">\n");
    for (at, line) in lines {
        let _ = writeln!(body, "<li><span class=\"at\">{:.0} min</span> {line}</li>", at.max(0.0));
    }
    body.push_str("</ol>\n");
}
