//! The Rust part of a program whose other part is C++ (`cpp/main.cpp`).
//!
//! Rust describes the records, makes alarms and a summary out of the readings, and gives the database to C++, which
//! sends readings and receives alarms on threads of its own. Both sides are on one and the same record: a reading
//! that C++ sends is the value that Rust's transforms are given.
//!
//! `include/room.h` is what C++ includes; `cargo run -p shared-record > examples/shared-record/include/room.h` writes
//! it, and a test compares it.

mod records;

use aimdb_ffi::{DatabaseHandle, Exports, PlainValue, c_header};
use aimdb_sync::{AimDbBuilder, Attach, BufferCfg};

pub use records::{Alarm, Reading, Summary};

/// What C++ includes.
#[must_use]
pub fn header() -> String {
    c_header("room.h", &[Reading::SHAPE, Alarm::SHAPE, Summary::SHAPE])
}

fn open(limit: f32) -> Result<DatabaseHandle, Box<dyn core::error::Error>> {
    let mut builder = AimDbBuilder::new();
    builder
        .configure::<Reading>("room.reading", |record| {
            // Every reading counts: whoever is too fast waits.
            record.bounded(4).pause();
        })
        .configure::<Alarm>("room.alarm", |record| {
            record.bounded(2).pause();
            record.transform::<Reading>("room.reading", |readings| {
                readings.stateful(Alarm { limit, ..none() }, move |alarm, reading| {
                    let is_alarm = reading.celsius > limit;
                    if is_alarm {
                        let of_sensor = &mut alarm.by_sensor[(reading.sensor % 2) as usize];
                        *of_sensor += 1;
                        (alarm.number, alarm.reading) = (alarm.number + 1, reading);
                    }
                    is_alarm.then_some(*alarm)
                })
            });
        })
        .configure::<Summary>("room.summary", |record| {
            record.buffer(BufferCfg::SingleLatest).transform::<Reading>("room.reading", |readings| {
                readings.stateful(Summary { readings: 0, mean: 0.0 }, |summary, reading| {
                    summary.readings += 1;
                    summary.mean += (f64::from(reading.celsius) - summary.mean) / summary.readings as f64;
                    Some(*summary)
                })
            });
        })
        .configure::<f64>("room.mean", |record| {
            record.buffer(BufferCfg::SingleLatest);
            record.transform::<Summary>("room.summary", |summaries| summaries.map(|summary| summary.mean));
        })
        .configure::<String>("room.log", |record| {
            // Not a plain value, and none of C++'s business: it finds no such record.
            record.bounded(8).drop_oldest();
        });
    let exports = Exports::new(builder.attach()?)
        .record::<Reading>("room.reading")?
        .record::<Alarm>("room.alarm")?
        .record::<Summary>("room.summary")?
        .record::<f64>("room.mean")?;
    Ok(exports.into_handle()?)
}

const fn none() -> Alarm {
    Alarm { number: 0, reading: Reading { celsius: 0.0, sensor: 0 }, limit: 0.0, by_sensor: [0; 2] }
}

/// Opens the room: `aimdb_db_t room_open(float limit)`. `{0}` if that cannot be; the reason is on the standard error.
#[unsafe(no_mangle)]
pub extern "C" fn room_open(limit: f32) -> DatabaseHandle {
    open(limit).unwrap_or_else(|error| {
        eprintln!("the room cannot be opened: {error}");
        DatabaseHandle::default()
    })
}
