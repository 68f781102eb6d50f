//! What is said about a series of samples.

/// ns per operation, one value for each round, in the order they were measured.
#[derive(Debug, Clone)]
pub struct Series(Vec<f64>);

impl Series {
    /// A series of at least one sample.
    pub fn new(samples: Vec<f64>) -> Self {
        assert!(!samples.is_empty(), "a series has a sample for each round");
        Self(samples)
    }

    /// The samples, in order.
    pub fn samples(&self) -> &[f64] {
        &self.0
    }

    /// The same samples as so many series of one length, in order.
    pub fn parts(&self, number: usize) -> Vec<Self> {
        self.0.chunks(self.0.len().div_ceil(number)).map(|samples| Self(samples.to_vec())).collect()
    }

    /// The least disturbed sample.
    pub fn minimum(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The sample in the middle.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Between which samples the middle half lies.
    pub fn quartiles(&self) -> (f64, f64) {
        (self.quantile(0.25), self.quantile(0.75))
    }

    /// How far apart the middle half of the samples lies, as a part of the median.
    pub fn spread(&self) -> f64 {
        let (low, high) = self.quartiles();
        if high == low { 0.0 } else { (high - low) / self.median() }
    }

    /// The median of the round-by-round ratios to `other`: a disturbance that lasts longer than a
    /// round cancels out.
    pub fn ratio_to(&self, other: &Self) -> f64 {
        Self::new(
            self.0
                .iter()
                .zip(&other.0)
                .map(|(ours, theirs)| if ours == theirs { 1.0 } else { ours / theirs })
                .collect(),
        )
        .median()
    }

    fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = part * (sorted.len() - 1) as f64;
        let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        below + (above - below) * place.fract()
    }
}

#[cfg(test)]
mod tests {
    use super::Series;

    #[test]
    fn the_quantiles_of_a_short_series_are_interpolated() {
        let series = Series::new(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!((series.minimum(), series.median()), (1.0, 2.5));
        assert_eq!(series.spread(), (3.25 - 1.75) / 2.5);
    }

    #[test]
    fn parts_are_in_order_and_of_one_length() {
        let parts = Series::new(vec![1.0, 2.0, 3.0, 4.0]).parts(2);
        assert_eq!(parts.iter().map(Series::samples).collect::<Vec<_>>(), [[1.0, 2.0], [3.0, 4.0]]);
    }

    #[test]
    fn a_disturbance_common_to_both_leaves_the_ratio_alone() {
        let (calm, busy) = (Series::new(vec![1.0, 1.0, 9.0]), Series::new(vec![2.0, 2.0, 18.0]));
        assert_eq!(calm.ratio_to(&busy), 0.5);
    }
}
