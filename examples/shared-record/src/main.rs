//! Writes the header that C++ includes to the standard output.

fn main() {
    print!("{}", shared_record::header());
}
