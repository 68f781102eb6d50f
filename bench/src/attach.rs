//! The one row that is not about values: a database of one record, brought up and taken down.

use crate::clock::{Clock, time};
use crate::goal::Goal;
use crate::link::Class;
use crate::measure::Timed;
use crate::ours;
use crate::peers::published;
use crate::rows::{Contestant, Row};

/// Configure, attach, detach.
pub fn row() -> Row {
    let contestant = |name: &str, class, once: fn()| Contestant {
        name: name.into(),
        class,
        open: Box::new(move || sampler(once).into()),
    };
    Row::new(
        "17",
        "database/attach-detach",
        "a database of one record and one tap, configured, attached and detached",
        Clock::Wall,
        Goal::Published(0.5),
        vec![
            contestant("aimdb-sync", Class::Ours, ours::attach_detach),
            contestant("aimdb-sync 0.6.0", Class::Published, published::attach_detach),
        ],
    )
}

fn sampler(once: fn()) -> Timed {
    Box::new(move |count| {
        time(Clock::Wall, || {
            for _ in 0..count {
                once();
            }
        })
    })
}
