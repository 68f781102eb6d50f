//! A hold of the record's lock, with the lane closed.
#![allow(unsafe_code)]

use super::LaneLock;
use super::course::Course;
use crate::buffer::State;
use crate::buffer::table::HeapStorage;
use crate::waiting::Lock;

impl Lock<State<HeapStorage>> for LaneLock {
    fn with<R>(&self, critical: impl FnOnce(&mut State<HeapStorage>) -> R) -> R {
        self.lock.with(|state| self.hold(state, true, critical))
    }

    fn with_once<R>(&self, critical: impl FnOnce(&mut State<HeapStorage>) -> R) -> R {
        self.lock.with(|state| self.hold(state, false, critical))
    }

    fn unless_elsewhere<R>(&self, critical: impl FnOnce(&mut State<HeapStorage>) -> R) -> Option<R> {
        self.lock.with(|state| {
            let is_open = self.on_course(state, |_state, course| course.is_some_and(|course| course.open));
            // The lane was opened while the caller was on its way here: to close it again now would cost
            // more than it takes to go back, and both ends at once would let it never stay open.
            (!is_open).then(|| self.hold(state, true, critical))
        })
    }

    fn note_offer(&self, came: bool) {
        if let Some(glance) = self.glance.get() {
            glance.note_offer(came);
        }
    }

    fn look<R>(&self, look: impl FnOnce(&State<HeapStorage>) -> R) -> R {
        self.lock.with(|state| look(state))
    }
}

impl LaneLock {
    /// Works on the lane's course, for whoever holds the lock, and so has the state.
    pub(super) fn on_course<R>(
        &self,
        state: &mut State<HeapStorage>,
        work: impl FnOnce(&mut State<HeapStorage>, Option<&mut Course>) -> R,
    ) -> R {
        match self.glance.get() {
            // SAFETY: the state is here, so the lock is held. `work` is one of those of this module, none of which comes
            // here again.
            Some(glance) => unsafe { glance.with_course(|course| work(state, course)) },
            None => work(state, None),
        }
    }

    /// Takes the lock, for work on the state as it is, and on the lane's course, if there is a lane.
    pub(super) fn inside<R>(&self, work: impl FnOnce(&mut State<HeapStorage>, Option<&mut Course>) -> R) -> R {
        self.lock.with(|state| self.on_course(state, work))
    }

    /// Works on the whole state. `counts` says that whoever comes so early after another keeps the lane closed.
    fn hold<R>(
        &self,
        state: &mut State<HeapStorage>,
        counts: bool,
        critical: impl FnOnce(&mut State<HeapStorage>) -> R,
    ) -> R {
        let Some(glance) = self.glance.get() else { return critical(state) };
        let work = |course: Option<&mut Course>| {
            let (Some(lane), Some(course)) = (glance.lane(), course) else {
                let result = critical(state);
                glance.note(state);
                return result;
            };
            course.close(lane, state.log_mut(), counts);
            let result = critical(state);
            glance.note(state);
            course.open(lane, state);
            result
        };
        // SAFETY: the state is here, so the lock is held; what `critical` is given leads to no course.
        unsafe { glance.with_course(work) }
    }
}
