//! A handle's hold of its end of a buffer's lane. The buffer belongs to it, so the end stays where it is.
#![allow(unsafe_code)]

use core::cell::{Cell, OnceCell};
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

use super::HeapLayout;
use crate::buffer::lane::{CursorEnd, Grip, InLane, LaneEnd, Seen, Stored, Taken, Way, is_short};
use crate::buffer::{Cloning, Shell, SlotCell};
use crate::pure::DropCause;
use crate::waiting::{Counted, Token};

/// The sending end, for one thread at a time; or none, of a buffer of the user's own.
pub(super) struct SendingHold<T: Send + 'static> {
    /// Of the sending end of the shell's lane, as `token`. None without a shell.
    grip: Cell<Grip>,
    /// The shell's first slots.
    cells: NonNull<[SlotCell<T>]>,
    token: Token,
    shell: Option<Counted<Shell<T, HeapLayout>>>,
}

// SAFETY: the cells are the shell's, which may be sent, and looked at from there only.
unsafe impl<T: Send + 'static> Send for SendingHold<T> where Counted<Shell<T, HeapLayout>>: Send {}

impl<T: Send + 'static> SendingHold<T> {
    pub(super) fn new(shell: Option<Counted<Shell<T, HeapLayout>>>) -> Self {
        let cells: &[_] = shell.as_ref().map_or(&[], |shell| shell.slots().base());
        let cells = cells.into();
        Self { grip: Cell::new(Grip::NONE), cells, token: Token::new(), shell }
    }

    pub(super) const fn shell(&self) -> Option<&Counted<Shell<T, HeapLayout>>> {
        self.shell.as_ref()
    }

    pub(super) const fn token(&self) -> &Token {
        &self.token
    }

    /// Stores a value, where the owner of the end can do so with a few instructions. `counts` says that a
    /// refusal is one; where somebody may wait for room, `may` says whether this caller is one who may. Else the
    /// value goes to `full`, or to `elsewhere`: by this way none that is stored is carried about with those that
    /// are not.
    #[inline(always)]
    pub(super) fn send_at_once<E>(
        &self,
        value: T,
        counts: bool,
        may: impl FnOnce() -> bool,
        full: impl FnOnce(T) -> Result<(), E>,
        elsewhere: impl FnOnce(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let value = ManuallyDrop::new(crate::buffer::slots::carry::in_registers(value));
        // SAFETY: the grip is of the shell's lane, the shell is here, nobody else has this token, and a value
        // that was stored is not used again.
        match unsafe { self.grip.get().send(self.cells.as_ref(), &value, counts, may) } {
            Stored::Done => Ok(()),
            Stored::Full => full(ManuallyDrop::into_inner(value)),
            Stored::NotHere => elsewhere(ManuallyDrop::into_inner(value)),
        }
    }

    /// The same for a short value that went elsewhere: where it takes a look, or the end is everybody's.
    #[inline(always)]
    pub(super) fn send_looking(&self, value: T, counts: bool, may: impl FnOnce() -> bool) -> InLane<T> {
        // SAFETY: as for `send_at_once`.
        InLane::of(value, |value| unsafe { self.grip.get().send_looking(self.cells.as_ref(), value, counts, may) })
    }

    /// Stores a value in the lane of this shell, which is the hold's, where that can be done.
    #[inline(always)]
    pub(super) fn send_in_lane(&self, shell: &Shell<T, HeapLayout>, value: T, counts: bool) -> InLane<T> {
        let value = match self.send_looking(value, counts, || true) {
            InLane::NotHere(value) => value,
            sent => return sent,
        };
        if !self.grip.get().may_call() {
            return self.send_asking(shell, value, counts);
        }
        let dispose = |displaced| shell.dispose_value(displaced, Some(DropCause::Overwritten));
        match shell.lock().send_by_call(shell.slots(), &self.token, value, counts, dispose) {
            InLane::NotHere(value) => self.send_asking(shell, value, counts),
            sent => sent,
        }
    }

    #[inline(never)]
    fn send_asking(&self, shell: &Shell<T, HeapLayout>, value: T, counts: bool) -> InLane<T> {
        let sent = shell.send_in_lane(&self.token, value, counts);
        if !matches!(sent, InLane::NotHere(_)) {
            self.grasp();
        }
        sent
    }

    /// Remembers the way to the end, after a visit that had to ask; where this handle can have none, once.
    fn grasp(&self) {
        if !self.grip.get().is_open_question() {
            return;
        }
        let grip = |shell: &Counted<Shell<T, HeapLayout>>| {
            shell.lock().grip(LaneEnd::Sending, &self.token, shell.code().has_hooks())
        };
        self.grip.set(self.shell.as_ref().map_or(Grip::NONE, grip));
    }
}

/// The sending end, for threads together; or none.
pub(super) struct CommonHold<T: Send + 'static> {
    /// To the sending end of the shell's lane.
    way: Way,
    /// The shell's first slots.
    cells: NonNull<[SlotCell<T>]>,
    shell: Option<Counted<Shell<T, HeapLayout>>>,
}

// SAFETY: as for `SendingHold`; and whose the end is, each thread asks for itself.
unsafe impl<T: Send + 'static> Send for CommonHold<T> where Counted<Shell<T, HeapLayout>>: Send {}
// SAFETY: as above.
unsafe impl<T: Send + 'static> Sync for CommonHold<T> where Counted<Shell<T, HeapLayout>>: Sync {}

impl<T: Send + 'static> CommonHold<T> {
    pub(super) fn new(shell: Option<Counted<Shell<T, HeapLayout>>>) -> Self {
        let cells: &[_] = shell.as_ref().map_or(&[], |shell| shell.slots().base());
        Self { way: Way::new(), cells: cells.into(), shell }
    }

    /// As [`SendingHold::send_at_once`].
    #[inline(always)]
    pub(super) fn send_at_once<E>(
        &self,
        value: T,
        counts: bool,
        may: impl FnOnce() -> bool,
        full: impl FnOnce(T) -> Result<(), E>,
        elsewhere: impl FnOnce(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let value = ManuallyDrop::new(crate::buffer::slots::carry::in_registers(value));
        // SAFETY: the way is to the shell's lane, the shell is here, and a value that was stored is not used
        // again.
        match unsafe { self.way.send(self.cells.as_ref(), &value, counts, may) } {
            Stored::Done => Ok(()),
            Stored::Full => full(ManuallyDrop::into_inner(value)),
            Stored::NotHere => elsewhere(ManuallyDrop::into_inner(value)),
        }
    }

    /// Finds the way, after a call that went elsewhere.
    pub(super) fn find_the_way(&self) {
        if let Some(shell) = &self.shell
            && !self.way.is_known()
        {
            shell.lock().show(&self.way, shell.code().has_hooks());
        }
    }
}

/// The taking end, or that of one cursor, for one thread at a time.
pub(super) struct TakingHold<T: Send + 'static> {
    /// Of this end of the shell's lane, as `token`.
    grip: Cell<Grip>,
    /// The shell's first slots.
    cells: NonNull<[SlotCell<T>]>,
    token: Token,
    shell: Counted<Shell<T, HeapLayout>>,
    /// The cursor's end, where each has one of its own and the lane was made.
    cursor: OnceCell<Counted<CursorEnd>>,
}

// SAFETY: as for `SendingHold`.
unsafe impl<T: Send + 'static> Send for TakingHold<T> where Counted<Shell<T, HeapLayout>>: Send {}

impl<T: Send + 'static> TakingHold<T> {
    pub(super) fn new(shell: Counted<Shell<T, HeapLayout>>, cursor: Option<Counted<CursorEnd>>) -> Self {
        let cells = shell.slots().base().into();
        let cursor = cursor.map_or_else(OnceCell::new, OnceCell::from);
        Self { grip: Cell::new(Grip::NONE), cells, token: Token::new(), shell, cursor }
    }

    pub(super) const fn shell(&self) -> &Counted<Shell<T, HeapLayout>> {
        &self.shell
    }

    pub(super) const fn token(&self) -> &Token {
        &self.token
    }

    pub(super) fn cursor(&self) -> Option<&CursorEnd> {
        self.cursor.get().map(|end| &**end)
    }

    /// Another hold of the same end.
    pub(super) fn share(&self) -> Self {
        Self::new(self.shell.clone(), self.cursor.get().cloned())
    }

    /// Holds a cursor's end, which came late.
    pub(super) fn set_cursor(&self, cursor: Counted<CursorEnd>) {
        self.let_go();
        // Whoever comes second has found the first one's.
        self.cursor.get_or_init(|| cursor);
    }

    /// Takes the next value, where the owner of the end can do so with a few instructions. Never a lag.
    #[inline(always)]
    pub(super) fn take_at_once(&mut self) -> Taken<T> {
        if is_short::<T>() {
            // SAFETY: the grip is of the shell's lane and this cursor, both are here, and nobody else has this
            // token.
            return unsafe { self.grip.get().take(self.cells.as_ref(), |seen| self.shell.clone_in_lane(seen)) };
        }
        let mut room = MaybeUninit::uninit();
        match self.take_to(&mut room) {
            // SAFETY: it was put there.
            Taken::Value(()) => Taken::Value(unsafe { room.assume_init() }),
            Taken::Empty => Taken::Empty,
            Taken::Lagged(lag) => Taken::Lagged(lag),
            Taken::NotHere => Taken::NotHere,
        }
    }

    /// A call, as such a value lies in memory anyway.
    #[inline(never)]
    fn take_to(&mut self, room: &mut MaybeUninit<T>) -> Taken<()> {
        // SAFETY: as above.
        unsafe { self.grip.get().take_to(self.cells.as_ref(), room, |seen| self.shell.clone_in_lane(seen)) }
    }

    /// Takes the next value, which is no short one, by the hold that `hold` finds, as [`TakingHold::take_at_once`] does, or else what
    /// `elsewhere` gives, which is told whether that found none. Both ways end in one place: compilers copy such a value once more
    /// where ways meet.
    #[inline(always)]
    pub(super) fn take_in_place<S, E>(
        of: &mut S,
        hold: impl FnOnce(&mut S) -> Option<&mut Self>,
        elsewhere: impl FnOnce(&mut S, bool) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut room = MaybeUninit::uninit();
        match hold(of).map_or(Taken::NotHere, |hold| hold.take_to(&mut room)) {
            Taken::Value(()) => {}
            taken => _ = room.write(elsewhere(of, matches!(taken, Taken::Empty))?),
        }
        // SAFETY: it was put there.
        Ok(unsafe { room.assume_init() })
    }

    /// Looks at the newest value, where the owner of the end can do so with a few instructions.
    #[inline(always)]
    pub(super) fn peek_at_once(&self) -> Option<T> {
        // SAFETY: as for `take_at_once`.
        unsafe { self.grip.get().peek(|seen| self.shell.clone_in_lane(seen)) }
    }

    /// The same at plain data.
    #[inline(always)]
    pub(super) fn peek_plain(&self) -> Option<T> {
        // SAFETY: as for `take_at_once`.
        unsafe { self.grip.get().peek_plain() }
    }

    /// Takes the next value where no handle has a grip, but a call finds it.
    #[inline(always)]
    pub(super) fn take_by_call(&self) -> Taken<T> {
        if !Cloning::<T>::is_number() && self.grip.get().is_shared() {
            return Taken::NotHere;
        }
        let clone = |seen: Seen<'_>| self.shell.clone_in_lane(seen);
        self.shell.lock().take_by_call(self.shell.slots(), &self.token, self.cursor.get(), clone)
    }

    /// Remembers the way to the end, after a visit that had to ask; where this handle can have none, once.
    #[inline(always)]
    pub(super) fn grasp(&self) {
        if self.grip.get().is_open_question() {
            self.grip.set(self.shell.lock().grip(LaneEnd::Taking(self.cursor()), &self.token, false));
        }
    }

    /// Forgets it, so that the next call asks.
    pub(super) fn let_go(&self) {
        self.grip.set(Grip::NONE);
    }
}
