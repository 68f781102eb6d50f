//! The measurements as bars: one panel for each row, several panels to a file.

use std::fmt::Write;

use crate::answer::{Answer, Entry};
use crate::goal::Goal;
use crate::link::Class;
use crate::table::number;

/// Panels side by side, and the measures of one in pixels.
const COLUMNS: usize = 2;
const PANEL: f64 = 470.0;
const MARGIN: f64 = 18.0;
const HEADER: f64 = 74.0;
const TITLE: f64 = 46.0;
const LINE: f64 = 19.0;
const BAR: f64 = 12.0;
const NAMES: f64 = 176.0;
const VALUES: f64 = 66.0;
const BARS: f64 = PANEL - NAMES - VALUES - MARGIN;

/// From which ratio of the longest bar to the shortest on the scale is logarithmic.
const WIDE: f64 = 15.0;

/// A drawing of `answers` under a title; `footer` says where they were measured.
pub fn drawing(title: &str, footer: &str, answers: &[&Answer]) -> String {
    let rows: Vec<&[&Answer]> = answers.chunks(COLUMNS).collect();
    let heights: Vec<f64> =
        rows.iter().map(|row| row.iter().map(|answer| panel_height(answer)).fold(0.0, f64::max)).collect();
    let width = COLUMNS.min(answers.len()) as f64 * PANEL + MARGIN;
    let width = width.max(PANEL * 1.6);
    let height = HEADER + heights.iter().sum::<f64>() + 26.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#24292f\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let _ = writeln!(svg, "{}", text(MARGIN, 28.0, "font-size=\"17\" font-weight=\"bold\"", title));
    legend(&mut svg);
    let mut top = HEADER;
    for (row, height) in rows.iter().zip(&heights) {
        for (column, answer) in row.iter().enumerate() {
            panel(&mut svg, MARGIN + column as f64 * PANEL, top, answer);
        }
        top += height;
    }
    let _ = writeln!(svg, "{}", text(MARGIN, height - 10.0, "font-size=\"10\" fill=\"#6e7781\"", footer));
    svg.push_str("</svg>\n");
    svg
}

const fn color(class: Class) -> &'static str {
    match class {
        Class::Ours => "#0969da",
        Class::Peer => "#8c959f",
        Class::Hand => "#c5a253",
        Class::Limit => "#d8dee4",
        Class::Sketch => "#a9c99a",
        Class::Asking => "#7fb069",
        Class::Published => "#cf6f6f",
    }
}

fn legend(svg: &mut String) {
    let mut left = MARGIN;
    for (class, name) in [
        (Class::Ours, "ours"),
        (Class::Peer, "blocking crate"),
        (Class::Hand, "written by hand"),
        (Class::Limit, "never sleeps, or keeps more: no peer"),
        (Class::Sketch, "sketch"),
        (Class::Asking, "sketch, all questions"),
        (Class::Published, "published AimDB"),
    ] {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.0}\" y=\"42\" width=\"11\" height=\"11\" rx=\"2\" fill=\"{}\"/>{}",
            color(class),
            text(left + 16.0, 52.0, "font-size=\"11\"", name)
        );
        left += 34.0 + 6.1 * name.len() as f64;
    }
    let _ = writeln!(svg, "{}", mark(left + 4.0, 41.0, 54.0));
    let _ = writeln!(svg, "{}", text(left + 12.0, 52.0, "font-size=\"11\"", "goal"));
}

fn panel_height(answer: &Answer) -> f64 {
    TITLE + LINE * answer.entries.len() as f64 + 16.0
}

fn panel(svg: &mut String, left: f64, top: f64, answer: &Answer) {
    let mut entries: Vec<&Entry> = answer.entries.iter().collect();
    entries.sort_by(|a, b| a.series.median().total_cmp(&b.series.median()));
    if let Goal::AtLeast(_) = answer.goal {
        entries.reverse();
    }
    let scale = Scale::of(&entries, matches!(answer.unit, "ns" | "bytes"));
    let note = if scale.logarithmic { ", logarithmic" } else { "" };
    let number_sign = if answer.number.starts_with(|first: char| first.is_ascii_digit()) { "row " } else { "" };
    let title = format!("{number_sign}{} · {} ({}{note})", answer.number, answer.name, answer.unit);
    let _ = writeln!(svg, "{}", text(left, top + 14.0, "font-weight=\"bold\"", &title));
    let _ =
        writeln!(svg, "{}", text(left, top + 30.0, "font-size=\"10.5\" fill=\"#57606a\"", &shortened(&answer.asks)));
    let bars = left + NAMES;
    let line = |place: usize| top + TITLE + LINE * place as f64 - 6.0;
    for (place, entry) in entries.iter().enumerate() {
        bar(svg, bars, line(place), &scale, entry);
    }
    if let Some(goal) = answer.goal.aim(answer) {
        let _ = writeln!(svg, "{}", mark(bars + scale.length(goal), line(0) - 3.0, line(entries.len()) - 3.0));
    }
    // Over the mark of the goal, with a rim that keeps them apart.
    for (place, entry) in entries.iter().enumerate() {
        let after = bars + scale.length(entry.series.median()).max(scale.length(entry.series.quartiles().1)) + 6.0;
        let style = format!(
            "font-size=\"11\" paint-order=\"stroke\" stroke=\"#ffffff\" stroke-width=\"3\" {}",
            weight(entry.class)
        );
        let _ = writeln!(svg, "{}", text(after, line(place) + 10.0, &style, &number(entry.series.median())));
    }
}

const fn weight(class: Class) -> &'static str {
    match class {
        Class::Ours => "font-weight=\"bold\" fill=\"#0550ae\"",
        Class::Peer | Class::Hand | Class::Limit | Class::Sketch | Class::Asking | Class::Published => "",
    }
}

/// The name, the bar to the median, and a line from quartile to quartile.
fn bar(svg: &mut String, left: f64, top: f64, scale: &Scale, entry: &Entry) {
    let style = format!("text-anchor=\"end\" font-size=\"11\" {}", weight(entry.class));
    let _ = writeln!(svg, "{}", text(left - 8.0, top + 10.0, &style, &entry.name));
    let (low, high) = entry.series.quartiles();
    let _ = writeln!(
        svg,
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{}\"/>\n\
         <path d=\"M{:.1} {:.1}H{:.1}\" stroke=\"#24292f\" stroke-opacity=\"0.55\"/>",
        scale.length(entry.series.median()),
        color(entry.class),
        left + scale.length(low),
        top + BAR / 2.0,
        left + scale.length(high),
    );
}

fn mark(x: f64, top: f64, bottom: f64) -> String {
    format!(
        "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#1a7f37\" stroke-width=\"1.5\" stroke-dasharray=\"3 2\"/>"
    )
}

/// From values to pixels.
struct Scale {
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Scale {
    /// A scale from zero, or a logarithmic one if it may be and the values lie far apart.
    fn of(entries: &[&Entry], may_be_logarithmic: bool) -> Self {
        let medians = || entries.iter().map(|entry| entry.series.median());
        let to = medians().fold(f64::MIN_POSITIVE, f64::max);
        let least = medians().filter(|&median| median > 0.0).fold(to, f64::min);
        let logarithmic = may_be_logarithmic && to / least > WIDE;
        // The shortest bar of a logarithmic scale is still to be seen.
        Self { from: if logarithmic { least / 2.5 } else { 0.0 }, to, logarithmic }
    }

    fn length(&self, value: f64) -> f64 {
        let part = if self.logarithmic {
            (value.max(self.from) / self.from).ln() / (self.to / self.from).ln()
        } else {
            value / self.to
        };
        part.clamp(0.0, 1.04) * BARS
    }
}

fn shortened(asks: &str) -> String {
    const MOST: usize = 78;
    if asks.chars().count() <= MOST {
        return asks.into();
    }
    asks.chars().take(MOST - 1).chain(['…']).collect()
}

fn text(x: f64, y: f64, style: &str, content: &str) -> String {
    let content = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{content}</text>")
}
