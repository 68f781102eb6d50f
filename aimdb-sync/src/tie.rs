//! What ties a producer or a consumer to the wait sets that it is in.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;

use aimdb_core::waiting::{Late, Membership, Watched};

use crate::lock::Guarded;

/// The places of one producer or consumer in wait sets; when it goes, they do. Nothing until the first.
pub(crate) struct Tie(Late<Knots>);

struct Knots {
    places: Guarded<Vec<Membership>>,
    /// The consumer tells a lag at the next call, whatever its record says.
    untold_lag: Arc<AtomicBool>,
}

impl Tie {
    pub(crate) const fn new() -> Self {
        Self(Late::new(true))
    }

    fn knots(&self) -> &Knots {
        self.0.get().unwrap_or_else(|| {
            let untold_lag = Arc::new(AtomicBool::new(false));
            self.0.bring(Box::new([Knots { places: Guarded::new(Vec::new()), untold_lag }]));
            self.0.get().expect("it was brought, and stays")
        })
    }

    /// Adds a place, and forgets those that have ended.
    pub(crate) fn add(&self, place: Membership) {
        let places = &self.knots().places;
        let before = places.change(mem::take);
        let mut alive: Vec<_> = before.into_iter().filter(Membership::is_alive).collect();
        alive.push(place);
        places.change(|places| places.append(&mut alive));
    }

    /// What a wait set looks at for a consumer; `None` for one that is closed from the start.
    pub(crate) fn watched(&self, record: Option<Box<dyn Watched>>) -> Box<dyn Watched> {
        Box::new(WatchedConsumer { untold_lag: Arc::clone(&self.knots().untold_lag), record })
    }

    /// Whether there ever was a set.
    #[inline]
    pub(crate) fn is_used(&self) -> bool {
        self.0.get().is_some()
    }

    #[cold]
    pub(crate) fn note_untold_lag(&self, is_untold: bool) {
        let Some(knots) = self.0.get() else { return };
        knots.untold_lag.store(is_untold, Ordering::Release);
        if is_untold {
            for place in knots.places.with(Vec::clone) {
                place.look_again();
            }
        }
    }

    /// Takes the producer or consumer out of its sets.
    pub(crate) fn end(&mut self) {
        if let Some([knots]) = self.0.take().as_deref() {
            for place in knots.places.change(mem::take) {
                place.end();
            }
        }
    }

    /// Leaves everything as it is, in a forked child, where a lock may be held for ever.
    pub(crate) fn leak(&mut self) {
        mem::forget(self.0.take());
    }
}

impl Drop for Tie {
    fn drop(&mut self) {
        self.end();
    }
}

struct WatchedConsumer {
    untold_lag: Arc<AtomicBool>,
    record: Option<Box<dyn Watched>>,
}

impl Watched for WatchedConsumer {
    fn poll_ready(&self, waker: &Waker) -> bool {
        let ready = self.record.as_ref().is_none_or(|record| record.poll_ready(waker));
        ready || self.untold_lag.load(Ordering::Acquire)
    }

    fn cancel(&self) {
        if let Some(record) = &self.record {
            record.cancel();
        }
    }
}
