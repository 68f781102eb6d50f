//! The structures that both sides have.

aimdb_ffi::record! {
    /// What one sensor measured.
    pub struct Reading = "room.Reading/1" {
        /// Degrees.
        pub celsius: f32,
        /// Which sensor.
        pub sensor: u32,
    }

    /// A reading above the limit.
    pub struct Alarm = "room.Alarm/1" {
        /// Counts from 1.
        pub number: u64,
        /// What was measured.
        pub reading: Reading,
        /// The limit that it is above.
        pub limit: f32,
        /// By sensor: how many alarms so far.
        pub by_sensor: [u16; 2],
    }

    /// What a room was like, up to now.
    pub struct Summary = "room.Summary/1" {
        /// How many readings.
        pub readings: u64,
        /// The mean of them.
        pub mean: f64,
    }
}
