//! The one row that is not about values: a database of one record, brought up and taken down.

use std::time::Duration;

use crate::clock::{Clock, time};
use crate::link::Class;
use crate::measure::Sampler;
use crate::ours;
use crate::peers::published;
use crate::rows::{Contestant, Row};

/// Configure, attach, detach.
pub fn row() -> Row {
    Row {
        name: "database/attach-detach".into(),
        asks: "a database of one record and one tap, configured, attached and detached".into(),
        clock: Clock::Wall,
        contestants: vec![
            Contestant {
                name: "aimdb-sync".into(),
                class: Class::Ours,
                open: Box::new(|| sampler(ours::attach_detach)),
            },
            Contestant {
                name: "aimdb-sync 0.6.0".into(),
                class: Class::Published,
                open: Box::new(|| sampler(published::attach_detach)),
            },
        ],
    }
}

fn sampler(once: fn()) -> Sampler {
    Box::new(move |count| -> Duration {
        time(Clock::Wall, || {
            for _ in 0..count {
                once();
            }
        })
    })
}
