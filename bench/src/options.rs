//! What the command line says.

use std::path::PathBuf;

use crate::measure::Effort;

/// What `--help` prints.
pub const HELP: &str = "\
cargo run --release --ignore-rust-version -- [options]

  --quick         fewer and shorter rounds: all rows within two minutes
  --row <text>    only rows whose name contains the text; may be repeated
  --rounds <n>    so many rounds
  --processes <n> measure all of it in so many processes, one after another, and put the samples together
  --json <file>   where the numbers go (results.json)
  --plots <dir>   draw the plots of docs/performance.md into this directory
  --fenced        have the system refuse us `membarrier`, as a sandbox may (Linux)
  --check         end with status 1 if ours is behind the published aimdb-sync in any row
  --list          print the names of the rows and what they ask
  --help          print this
";

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Measure.
    Run,
    /// Print the names of the rows.
    List,
    /// Print [`HELP`].
    Help,
}

/// The command line, understood.
#[derive(Debug)]
pub struct Options {
    /// What is to be done.
    pub task: Task,
    /// How long each row is measured.
    pub effort: Effort,
    /// In how many processes, one after another; in this one if it is one.
    pub processes: usize,
    /// What each of them is told.
    pub passed_on: Vec<String>,
    /// Only rows that contain one of these; all if there are none.
    pub rows: Vec<String>,
    /// Where the numbers go.
    pub json: PathBuf,
    /// Where the plots go, if they are to be drawn.
    pub plots: Option<PathBuf>,
    /// Whether `membarrier` is to be refused.
    pub fenced: bool,
    /// Whether being behind the published aimdb-sync is a failure.
    pub check: bool,
}

impl Options {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    ///
    /// A sentence that names the first argument that makes no sense.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            task: Task::Run,
            effort: Effort::FULL,
            processes: 1,
            passed_on: Vec::new(),
            rows: Vec::new(),
            json: "results.json".into(),
            plots: None,
            fenced: false,
            check: false,
        };
        let mut rounds = None;
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut operand = || arguments.next().ok_or_else(|| format!("{argument} needs an operand"));
            match argument.as_str() {
                "--quick" => options.effort = Effort::QUICK,
                "--row" => options.rows.push(operand()?),
                "--rounds" => rounds = Some(positive(&operand()?)?),
                "--processes" => options.processes = positive(&operand()?)?,
                "--json" => options.json = operand()?.into(),
                "--plots" => options.plots = Some(operand()?.into()),
                "--fenced" => options.fenced = true,
                "--check" => options.check = true,
                "--list" => options.task = Task::List,
                "--help" | "-h" => options.task = Task::Help,
                unknown => return Err(format!("{unknown} is not an option; see --help")),
            }
        }
        if options.effort == Effort::QUICK {
            options.passed_on.push("--quick".into());
        }
        if let Some(rounds) = rounds {
            options.effort.rounds = rounds;
            options.passed_on.extend(["--rounds".into(), rounds.to_string()]);
        }
        options.passed_on.extend(options.rows.iter().flat_map(|row| ["--row".into(), row.clone()]));
        if options.fenced {
            options.passed_on.push("--fenced".into());
        }
        Ok(options)
    }

    /// Whether a row of this name is wanted.
    pub fn wants(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|text| row.contains(text.as_str()))
    }
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        Ok(_) | Err(_) => Err(format!("{text} is not a positive number")),
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn rows_are_chosen_by_any_part_of_their_names() {
        let options = parse("--row ring/ --row ping --quick").expect("all of these are options");
        assert!(options.wants("ring/read") && options.wants("mailbox/ping-pong"));
        assert!(!options.wants("latest/peek"));
    }

    #[test]
    fn the_order_of_quick_and_rounds_does_not_matter() {
        for line in ["--quick --rounds 3", "--rounds 3 --quick"] {
            assert_eq!(parse(line).expect("both are options").effort.rounds, 3);
        }
    }

    #[test]
    fn each_process_is_told_what_to_measure_and_not_where_it_goes() {
        let options = parse("--processes 5 --row ring/ --rounds 3 --json x --plots y --check --quick --fenced");
        let passed_on = options.expect("all of these are options").passed_on;
        assert_eq!(passed_on, ["--quick", "--rounds", "3", "--row", "ring/", "--fenced"]);
    }

    #[test]
    fn an_argument_without_a_meaning_is_named() {
        for (line, named) in [("--fast", "--fast"), ("--row", "--row"), ("--rounds 0", "0"), ("--processes 0", "0")] {
            assert!(parse(line).expect_err("it has no meaning").contains(named));
        }
    }
}
