//! What a reader of the terminal sees.

use std::fmt::Write;

use crate::answer::{Answer, Entry};

/// A measured row: each contestant's minimum, median, spread, and how ours compares to it.
pub fn row(answer: &Answer) -> String {
    let mut text = format!("{} {}: {} [{}]\n", answer.number, answer.name, answer.asks, answer.clock.name());
    let _ = writeln!(text, "  {:<38} {:>9} {:>9} {:>7} {:>8}", answer.unit, "min", "median", "spread", "ours/it");
    for entry in &answer.entries {
        let series = &entry.series;
        let _ = writeln!(
            text,
            "  {:<38} {:>9} {:>9} {:>5.0} % {:>8}",
            entry.name,
            number(series.minimum()),
            number(series.median()),
            series.spread() * 100.0,
            ratio(answer, Some(entry)),
        );
    }
    text
}

/// All rows, one line each, as a Markdown table: ours, the best peer, the goal, what one writes
/// oneself and the published AimDB, and between what the ratio to the best peer lies in several processes.
pub fn summary(answers: &[Answer]) -> String {
    let head = [
        "#",
        "row",
        "ours",
        "best blocking peer",
        "its",
        "ours/it",
        "by process",
        "goal",
        "met",
        "limit",
        "by hand",
        "published",
    ];
    let mut lines = vec![head.map(String::from)];
    for answer in answers {
        let verdict = answer.goal.verdict(answer, answers);
        lines.push([
            answer.number.into(),
            answer.name.clone(),
            number(answer.ours().series.median()),
            answer.peer().map_or("-".into(), |entry| entry.name.clone()),
            answer.peer().map_or("-".into(), |entry| number(entry.series.median())),
            ratio(answer, answer.peer()),
            answer
                .peer()
                .and_then(|peer| answer.ratios_by_process(peer))
                .map_or("-".into(), |(least, most)| format!("{least:.2} to {most:.2}")),
            answer.goal.text(),
            verdict.map_or("-".into(), |verdict| format!("{} {:.2}", verdict.standing.text(), verdict.value)),
            answer.limit().map_or("-".into(), |sketch| limit(answer, sketch)),
            ratio(answer, answer.hand()),
            ratio(answer, answer.published()),
        ]);
    }
    let widths: [usize; 12] =
        std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default());
    let is_text = |column: usize| matches!(column, 0 | 1 | 3 | 7);
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (column, cell) in line.iter().enumerate() {
            let width = widths[column];
            let _ = if is_text(column) { write!(text, "| {cell:<width$} ") } else { write!(text, "| {cell:>width$} ") };
        }
        text.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let _ = write!(text, "|{:-<1$}{2}", "", width + 1, if is_text(column) { "-" } else { ":" });
            }
            text.push_str("|\n");
        }
    }
    text
}

/// What a sketch takes; in parentheses where ours takes less, or a peer that refutes it, so that it bounds nothing.
fn limit(answer: &Answer, sketch: &Entry) -> String {
    let takes = sketch.series.median();
    let is_beaten = answer.ours().series.median() < takes || answer.is_refuted_by_peer(sketch);
    if is_beaten { format!("({})", number(takes)) } else { number(takes) }
}

/// Three digits that mean something, and a comma between thousands.
pub fn number(value: f64) -> String {
    match value.abs() {
        small if small < 10.0 => format!("{value:.2}"),
        some if some < 100.0 => format!("{value:.1}"),
        _ => {
            let digits = format!("{value:.0}");
            let mut text = String::new();
            for (place, digit) in digits.chars().enumerate() {
                let left = digits.len() - place;
                if place > 0 && left % 3 == 0 && digits.len() > 4 {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        }
    }
}

fn ratio(answer: &Answer, to: Option<&Entry>) -> String {
    match to {
        Some(entry) if !std::ptr::eq(entry, answer.ours()) => {
            format!("{:.2}", answer.ours().series.ratio_to(&entry.series))
        }
        Some(_) | None => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{limit, number};
    use crate::answer::Answer;
    use crate::goal::Goal;

    #[test]
    fn numbers_have_three_digits_or_commas() {
        let texts = [0.0, 9.876, 98.76, 987.6, 9876.4, 98_765.0, 1_234_567.0].map(number);
        assert_eq!(texts, ["0.00", "9.88", "98.8", "988", "9876", "98,765", "1,234,567"]);
    }

    #[test]
    fn a_sketch_that_takes_more_than_ours_or_a_peer_stands_in_parentheses() {
        let of = |ours: f64, peer: f64, sketch: f64| {
            let answer = Answer::sampled(Goal::None, &[ours], &[peer], &[&[sketch]]);
            limit(&answer, answer.limit().expect("it has a sketch"))
        };
        assert_eq!(of(2.0, 3.0, 1.0), "1.00");
        assert_eq!(of(2.0, 3.0, 2.0), "2.00");
        assert_eq!(of(2.0, 4.0, 3.0), "(3.00)");
        assert_eq!(of(4.0, 2.0, 3.0), "(3.00)");
    }
}
