//! A hold of the record's lock, with the lane closed.

use super::{LaneLock, Locked};
use crate::buffer::State;
use crate::buffer::table::HeapStorage;
use crate::waiting::Lock;

impl Lock<State<HeapStorage>> for LaneLock {
    fn with<R>(&self, critical: impl FnOnce(&mut State<HeapStorage>) -> R) -> R {
        self.lock.with(|locked| self.hold(locked, true, critical))
    }

    fn with_once<R>(&self, critical: impl FnOnce(&mut State<HeapStorage>) -> R) -> R {
        self.lock.with(|locked| self.hold(locked, false, critical))
    }

    fn unless_elsewhere<R>(&self, critical: impl FnOnce(&mut State<HeapStorage>) -> R) -> Option<R> {
        self.lock.with(|locked| {
            let is_open = locked.course.as_deref().is_some_and(|[course]| course.open);
            // The lane was opened while the caller was on its way here: to close it again now would cost
            // more than it takes to go back, and both ends at once would let it never stay open.
            (!is_open).then(|| self.hold(locked, true, critical))
        })
    }

    fn note_offer(&self, came: bool) {
        if let Some(glance) = self.glance.get() {
            glance.note_offer(came);
        }
    }

    fn look<R>(&self, look: impl FnOnce(&State<HeapStorage>) -> R) -> R {
        self.lock.with(|locked| look(&locked.state))
    }
}

impl LaneLock {
    /// Works on the whole state. `counts` says that whoever comes so early after another keeps the lane closed.
    fn hold<R>(&self, locked: &mut Locked, counts: bool, critical: impl FnOnce(&mut State<HeapStorage>) -> R) -> R {
        let state = &mut locked.state;
        let Some(glance) = self.glance.get() else { return critical(state) };
        let (Some(lane), Some(course)) = (self.lane(), &mut locked.course) else {
            let result = critical(state);
            glance.note(state);
            return result;
        };
        let [course] = &mut **course;
        course.close(lane, state.log_mut(), counts);
        let result = critical(state);
        glance.note(state);
        course.open(lane, state);
        result
    }
}
