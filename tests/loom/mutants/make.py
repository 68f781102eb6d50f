#!/usr/bin/env python3
"""Writes the patches of this directory anew, against the sources as they are.

Each entry is a name, what the bug is, the file, and the text that it replaces. Run it after the
sources have moved under a patch: `python3 tests/loom/mutants/make.py`.
"""
import difflib, pathlib, sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SHELL = "aimdb-core/src/buffer/shell/"
LANE = "aimdb-core/src/buffer/lane/"
QUEUE = LANE + "queue.rs"
QUEUE_END = LANE + "queue/end.rs"
STAMP = LANE + "stamp.rs"
LOOKS = LANE + "shared/looks.rs"
SHARED = LANE + "shared.rs"
OVERWRITE = LANE + "shared/overwrite.rs"
MAILBOX = LANE + "mailbox.rs"
GATED = LANE + "gated.rs"
ENDS = LANE + "ends.rs"
TABLE = "aimdb-ffi/src/table/mod.rs"
GATE = "aimdb-core/src/waiting/gate.rs"
TOKEN = "aimdb-core/src/waiting/token.rs"
FRONT = LANE + "ring/front.rs"
PLAIN = LANE + "ring.rs"
PLAIN_READ = LANE + "ring/read.rs"
PLAIN_DOORS = LANE + "ring/doors.rs"
UNATTENDED = "aimdb-core/src/pure/log/unattended.rs"
COUNT = "aimdb-ffi/src/block/count.rs"
LIST = "aimdb-ffi/src/block/list.rs"
COUNTED = "aimdb-core/src/waiting/counted.rs"

SET = "aimdb-core/src/waiting/ready_set/"
LEAN = "aimdb-sync-embassy/src/queue/"
WAITS = "aimdb-sync-embassy/src/lean/"
RING = "aimdb-sync-embassy/src/ring/"
LEAN_MAILBOX = "aimdb-sync-embassy/src/mailbox/"
LEAN_LATEST = "aimdb-sync-embassy/src/latest/"

MUTANTS = [
    ("close-wakes-nobody", "A close notifies nobody.", SHELL + "end.rs", [(
        "            let discarded = state.log.close();\n            after.closed(state);\n            discarded\n        });\n        after.finish();\n        if discarded > 0 {\n",
        "            let discarded = state.log.close();\n            let _ = state;\n            discarded\n        });\n        after.finish();\n        if discarded > 0 {\n")]),
    ("sender-waits-without-a-second-look", "A sender links its waiter without looking for room again.", SHELL + "send.rs", [(
        "                Some(claim) if room == Room::Full && pauses => {", "                Some(claim) if room != Room::Closed && pauses => {")]),
    ("sender-waits-at-a-closed-record", "A sender links its waiter without looking for a close again.", SHELL + "send.rs", [(
        "                Some(claim) if room == Room::Full && pauses => {", "                Some(claim) if room != Room::Free && pauses => {")]),
    ("reader-waits-without-a-second-look", "A reader links its waiter without looking for a value again.", SHELL + "receive.rs", [(
        "            let next = state.log.next(cursor, was == WaiterState::Granted);\n",
        "            let next = if *reading.waits { state.log.next(cursor, was == WaiterState::Granted) } else { Next::Empty };\n")]),
    ("cancelled-reader-keeps-its-wake-up", "A woken reader that leaves passes nothing on.", SHELL + "receive.rs", [(
        "            if matches!(was, WaiterState::Granted | WaiterState::Notified) {\n                after.passed_on(state, cursor);\n            }\n", "")]),
    ("leaving-cursor-serves-nobody", "What a leaving cursor held back is not given to those who wait.", SHELL + "receive.rs", [(
        "            // Also when nothing was freed: on a rendezvous, and for a flush, one cursor less counts.\n            after.made_room(state);\n", "")]),
    ("take-serves-nobody", "A value that is taken makes no room.", SHELL + "receive.rs", [(
        "        } else if state.log.len() < before {\n            after.made_room(state);\n        }\n        self.bring(", "        } else {\n            let _ = before;\n        }\n        self.bring(")]),
    ("skip-serves-nobody", "Values that are skipped make no room.", SHELL + "receive.rs", [(
        "            if skipped.1 {\n                after.made_room(state);\n            }\n", "")]),
    ("hand-serves-nobody", "A hand that is held out at a rendezvous is not seen by those who wait.", SHELL + "receive.rs", [(
        "                if state.log.capacity() == 0 {\n                    // The hand that opens is the room on a rendezvous.\n                    after.made_room(state);\n                }\n", "")]),
    ("flushes-are-forgotten", "Room wakes senders but no flush.", SHELL + "aftermath.rs", [(
        "todo.room = !(done && wakes.wake_flushers(state));", "todo.room = !done;")]),
    ("force-forgets-flushes", "A value displaced by force wakes no flush.", SHELL + "send.rs", [(
        "        if mode == Mode::Force {\n            // A flush may have waited for the value that was displaced.\n            after.made_room(state);\n        }\n", "")]),
    ("many-values-wake-one-reader", "Several values that become visible at once wake one reader of a cursor.", SHELL + "aftermath.rs", [(
        "Some(Readers::of(waiting + published));", "Some(Readers::of((waiting + published).min(1)));")]),
    ("value-wakes-every-share", "One value wakes every reader of a cursor.", SHELL + "aftermath.rs", [(
        "            self.todo.readers = Some(Readers::of(1));", "            self.todo.readers = Some(Readers::of(8));")]),
    ("value-wakes-the-first-cursor", "A value wakes the readers of the first cursor only.", SHELL + "aftermath.rs", [(
        "readers = Readers { cursor: readers.cursor + 1, woken: 0, ..readers };",
        "readers = Readers { cursor: state.log.cursors_mut().len(), woken: 0, ..readers };")]),
    ("full-wake-list-is-the-end", "Those who did not fit into one list of wakers are forgotten.", SHELL + "aftermath.rs", [(
        "            if !self.todo.is_left() {\n                return;\n            }\n            let shell",
        "            if !self.todo.is_left() || self.todo.is_left() {\n                return;\n            }\n            let shell")]),
    ("done-without-publish", "A waiting sender is told that its value was stored, which it was not.", SHELL + "aftermath.rs", [(
        "            if state.log.publish(claim).is_err() {\n                // The storage has no place for it after all; it waits on.\n                break;\n            }\n",
        "            let _ = claim;\n")]),
    ("stored-value-is-taken-back", "A sender that gives up takes its value back though it was stored.", SHELL + "send.rs", [(
        "        let value = if was == WaiterState::Done { None } else { self.take_back(offer) };",
        "        let value = self.take_back(offer);"), (
        "                if was == WaiterState::Done {\n                    *offer.stage = OfferStage::Fresh;\n                } else {\n                    state",
        "                {\n                    state")]),
    ("publish-before-fill", "A value is published before it lies in its slot.", SHELL + "send.rs", [
        ("            self.fill(&claim, value.take());\n            match self", "            let slot = claim.0;\n            match self"),
        ("                    let value = displaced.map(|Doomed { owned, cause }|",
         "                    self.fill(&Claim(slot), value.take());\n                    let value = displaced.map(|Doomed { owned, cause }|"),
        ("                Err(claim) => {\n                    value.put(self.slots.cell(claim.0).empty(&Owned(claim.0)));\n                    held", "                Err(claim) => {\n                    held")]),
    ("place-is-given-back-before-it-is-read", "A slot is given back before its value was copied where it lies.", SHELL + "in_place.rs", [(
        "                let taken = take(&self.slots, Held::Owned(&owned));\n                drop(self.take_out(owned));\n",
        "                let again = Owned(owned.0);\n                drop(self.take_out(owned));\n                let taken = take(&self.slots, Held::Owned(&again));\n")]),
    ("look-in-place-ends-before-it-is-read", "A pin ends before its value was copied where it lies.", SHELL + "look.rs", [(
        "        let taken = take(&self.shell.slots, self.pinned.as_ref()?);\n        self.cloned = true;\n        Some(taken)\n",
        "        let again = Pinned(self.pinned.as_ref()?.0);\n        let shell = self.shell;\n        self.cloned = true;\n        drop(self);\n        Some(take(&shell.slots, &again))\n")]),
    ("value-is-not-brought", "What a value leads to is not copied when it is put into its slot.", SHELL + "mod.rs", [(
        "        self.slots.brings(claim, &value);\n", "")]),
    ("last-look-disposes-of-nothing", "The last look at an overwritten value does not dispose of it.", SHELL + "look.rs", [(
        "        self.shell.dispose(doomed);\n", "        let _ = doomed;\n")]),
    ("overwrite-ignores-looks", "An overwritten value is moved out while a reader looks at it.", "aimdb-core/src/pure/slot_pool.rs", [(
        "        let meta = self.meta(slot);\n        if meta.pins_or_next == 0 {\n            return Some(Doomed { owned: Owned(slot), cause });\n        }\n        meta.fate = doomed_for(cause);\n        None\n",
        "        let _ = self.meta(slot);\n        Some(Doomed { owned: Owned(slot), cause })\n")]),
    ("take-ignores-looks", "A value is moved out while somebody else looks at it.", "aimdb-core/src/pure/log.rs", [(
        "        if self.slots.is_pinned(slot) {", "        if self.slots.is_pinned(slot) && self.closed {")]),
    ("promise-outlives-close", "A promise keeps a reader waiting on a closed record.", "aimdb-core/src/pure/log.rs", [(
        "if !self.closed && self.len() - offset <=", "if self.len() - offset <=")]),
    ("promise-is-not-kept", "A value that is promised to an overtaken reader is given to another.", "aimdb-core/src/pure/log.rs", [(
        "if !self.closed && self.len() - offset <= self.cursor(id).granted as usize {", "if self.len() - offset < self.cursor(id).granted as usize {")]),
    ("wake-is-relaxed", "A wake-up carries nothing with it.", "aimdb-core/src/waiting/park.rs", [(
        "self.state.swap(RUNG, Ordering::Release)", "self.state.swap(RUNG, Ordering::Relaxed)")]),
    ("park-acquires-nothing", "A thread that slept does not see what came before its wake-up.", "aimdb-core/src/waiting/park.rs", [(
        "        fence(Ordering::Acquire);\n", "        fence(Ordering::Release);\n")]),
    ("early-ring-acquires-nothing", "A thread that was rung before it slept does not see what came before.", "aimdb-core/src/waiting/park.rs", [(
        "compare_exchange(RUNG, AWAKE, Ordering::Acquire,", "compare_exchange(RUNG, AWAKE, Ordering::Relaxed,")]),
    ("park-overwrites-a-ring", "A thread goes to sleep over a wake-up that has come.", "aimdb-core/src/waiting/park.rs", [(
        "        if inner.state.compare_exchange(AWAKE, ASLEEP, Ordering::Relaxed, Ordering::Relaxed).is_err() {",
        "        if inner.state.swap(ASLEEP, Ordering::Relaxed) > ASLEEP {")]),
    ("bell-rings-past-the-lock", "The bell is rung between the sleeper's look and its sleep.", "aimdb-core/src/waiting/lock.rs", [(
        "        drop(self.lock.lock().expect(\"never poisoned\"));\n", "")]),
    ("door-shuts-without-a-barrier", "Who shuts doors that are owned looks at their flags at once.", GATE, [(
        "        barrier::heavy();\n", "")]),
    ("common-doors-shut-without-a-barrier", "Who shuts doors that are all common looks at their flags at once.", GATE, [(
        "    } else {\n        fence(Ordering::SeqCst);\n    }", "    }")]),
    ("owner-goes-in-without-a-barrier", "The owner of a door looks at its pass before its flag is seen.", GATE, [(
        "        let goes_on = light();\n", "        let (goes_on, _) = (true, light);\n")]),
    ("kept-key-goes-in-without-a-barrier", "Who comes with a key looks at the pass before its flag is seen.", GATE, [(
        "self.enter_with(key.pass, &self.inside[key.pass % FLAGS], || barrier::light_in(world))",
        "self.enter_with(key.pass, &self.inside[key.pass % FLAGS], || world.is_here())")]),
    ("way-leads-in-without-a-barrier", "Who comes by a common handle looks at the pass before its flag is seen.", GATE, [(
        "&self.inside[pass % FLAGS], || barrier::light_in(world))", "&self.inside[pass % FLAGS], || world.is_here())")]),
    ("common-door-without-a-barrier", "Who enters a common door looks at its pass before its flag is seen.", GATE, [
        ("flag.compare_exchange(false, true, Ordering::SeqCst, Ordering::Relaxed)",
         "flag.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)"),
        ("        #[cfg(loom)]\n        fence(Ordering::SeqCst);\n",
         "        #[cfg(loom)]\n        fence(Ordering::Acquire);\n"),
        ("(self.pass.load(Ordering::SeqCst) == ALL)", "(self.pass.load(Ordering::Acquire) == ALL)")]),
    ("heavy-barrier-is-half", "The heavy barrier does not keep a write before a read.", "aimdb-core/src/waiting/barrier.rs", [(
        "fn heavy() {\n        fence(Ordering::SeqCst);\n    }", "fn heavy() {\n        fence(Ordering::AcqRel);\n    }")]),
    ("light-barrier-is-half", "The light barrier does not keep a write before a read.", "aimdb-core/src/waiting/barrier.rs", [(
        "fn light() {\n        fence(Ordering::SeqCst);\n    }", "fn light() {\n        fence(Ordering::AcqRel);\n    }")]),
    ("end-comes-out-relaxed", "An end that comes out carries nothing with it.", GATE, [(
        "        self.flag.store(false, Ordering::Release);", "        self.flag.store(false, Ordering::Relaxed);")]),
    ("empty-door-acquires-nothing", "Who finds a door empty does not see what was done inside.", GATE, [(
        "flag.load(Ordering::Acquire)", "flag.load(Ordering::Relaxed)")]),
    ("door-opens-relaxed", "An open door carries nothing with it.", GATE, [(
        "        self.pass.store(self.owner.load(Ordering::Relaxed), Ordering::Release);",
        "        self.pass.store(self.owner.load(Ordering::Relaxed), Ordering::Relaxed);")]),
    ("open-door-acquires-nothing", "The owner of a door does not see what was done while it was shut.", GATE, [(
        "(goes_on && self.pass.load(Ordering::Acquire) == pass)", "(goes_on && self.pass.load(Ordering::Relaxed) == pass)")]),
    ("pass-is-not-looked-at-again", "The owner of a door goes in though it was shut meanwhile.", GATE, [(
        "(goes_on && self.pass.load(Ordering::Acquire) == pass).then_some(inside)", "goes_on.then_some(inside)")]),
    ("owner-is-not-looked-at-again", "A holder goes in at an open door that is no longer its own.", GATE, [(
        "(goes_on && self.pass.load(Ordering::Acquire) == pass).then_some(inside)",
        "(goes_on && self.pass.load(Ordering::Acquire) != SHUT).then_some(inside)")]),
    ("common-pass-is-not-looked-at-again", "A holder goes in at a common door though it was shut meanwhile.", GATE, [(
        "(self.pass.load(Ordering::SeqCst) == ALL).then_some(inside)", "Some(inside)")]),
    ("owners-flag-is-forgotten", "Who shuts a door does not wait for its owner.", GATE, [(
        "door.inside[..OWNERS].iter().chain([&door.inside[ALL]])", "door.inside[OWNERS..].iter()")]),
    ("common-flag-is-forgotten", "Who shuts a door does not wait for those who use it in common.", GATE, [(
        "door.inside[..OWNERS].iter().chain([&door.inside[ALL]])", "door.inside[..OWNERS].iter()")]),
    ("common-door-takes-two", "Two go in at a common door.", GATE, [(
        "        while flag.compare_exchange(false, true, Ordering::SeqCst, Ordering::Relaxed).is_err() {",
        "        while flag.compare_exchange(false, true, Ordering::SeqCst, Ordering::Relaxed).is_err() && knocks == 0 {")]),
    ("turn-is-taken-without-an-exchange", "Who knows the way to a common door raises its flag though somebody else has.", GATE, [(
        "if world.is_here() && is_ours() { self.enter_as_all() } else { None }",
        "if is_ours() { self.enter_with(ALL, &self.inside[ALL], || barrier::light_in(world)) } else { None }")]),
    ("former-owner-lowers-anothers-flag", "An owner uses the flag of those who come after it.", GATE, [
        ("self.enter_with(pass, &self.inside[pass % FLAGS], light)", "self.enter_with(pass, &self.inside[ALL], light)"),
        ("self.enter_with(key.pass, &self.inside[key.pass % FLAGS],", "self.enter_with(key.pass, &self.inside[ALL],")]),
    ("owners-share-a-flag", "Each owner of a door uses the same flag.", GATE, [(
        "let turn = if owner == NOBODY { 0 } else { next(owner) };", "let turn = if owner == NOBODY { 0 } else { 0 * next(owner) };")]),
    ("ended-thread-is-struck-off-relaxed", "The next owner of a door does not see what the one that has ended did at its flag.", TOKEN, [(
        "place.store(NOBODY, Ordering::Release)", "place.store(NOBODY, Ordering::Relaxed)")]),
    ("roll-acquires-nothing", "Who learns that a thread has ended does not see what it did.", TOKEN, [(
        "place.load(Ordering::Acquire) == number", "place.load(Ordering::Relaxed) == number")]),
    ("place-in-the-roll-acquires-nothing", "Who takes a place in the roll passes on nothing of those who had it before.", TOKEN, [(
        "compare_exchange(NOBODY, number, Ordering::AcqRel,", "compare_exchange(NOBODY, number, Ordering::Release,")]),
    ("ending-thread-keeps-its-number", "A thread that was struck off still comes to its door.", TOKEN, [(
        "number.replace(Token::ENDING)", "number.get()")]),
    ("living-thread-is-taken-for-ended", "A thread that lives leaves its flag to the next.", TOKEN, [(
        "number & Self::ENROLLED != 0 && !roll::has(number)", "number & Self::ENROLLED != 0 || roll::has(number)")]),
    ("value-is-shown-relaxed", "A place that was filled carries nothing with it.", QUEUE, [(
        "        self.stored.0.store(at + 1, Ordering::Release);", "        self.stored.0.store(at + 1, Ordering::Relaxed);")]),
    ("place-is-handed-back-relaxed", "A place that was emptied carries nothing with it.", QUEUE, [(
        "        self.taken.0.store(at + 1, Ordering::Release);", "        self.taken.0.store(at + 1, Ordering::Relaxed);")]),
    ("value-is-shown-before-it-is-there", "A value is counted before it lies in its place.", QUEUE, [
        ("        unsafe { cell.fill_from(&Claim(slot), value) };\n        end.at", "        end.at"),
        ("        self.stored.0.store(at + 1, Ordering::Release);\n",
         "        self.stored.0.store(at + 1, Ordering::Release);\n        unsafe { cell.fill_from(&Claim(slot), value) };\n")]),
    ("place-is-handed-back-before-it-is-empty", "A place is handed back before its value was moved out.", QUEUE, [
        ("        let value = empty(cell, &Owned(slot));\n", ""),
        ("        self.taken.0.store(at + 1, Ordering::Release);\n",
         "        self.taken.0.store(at + 1, Ordering::Release);\n        let value = empty(cell, &Owned(slot));\n")]),
    ("sender-comes-out-too-early", "The sending end lowers its flag before its value is counted.", QUEUE, [(
        "        self.stored.0.store(at + 1, Ordering::Release);\n",
        "        drop(end);\n        drop(inside);\n        self.stored.0.store(at + 1, Ordering::Release);\n")]),
    ("taker-comes-out-too-early", "The taking end lowers its flag before what it took is counted.", QUEUE, [(
        "        self.taken.0.store(at + 1, Ordering::Release);\n",
        "        drop(end);\n        drop(inside);\n        self.taken.0.store(at + 1, Ordering::Release);\n")]),
    ("lanes-end-sees-no-lag", "A reader of a plain ring takes a place that was overwritten for an empty one.", PLAIN, [(
        "            if !self.stamps.of(at).has_come(number) {", "            if !self.stamps.of(at).has_come(number.wrapping_add(self.capacity as u64 + 1)) {")]),
    ("lanes-end-begins-at-the-first-place", "An end of a queue begins at the first place whenever the lane is opened.", QUEUE_END, [(
        "Self { lap, lap_end: capacity, at, piece_end", "Self { lap, lap_end: capacity, at: 0 * at, piece_end")]),
    ("lanes-end-stays-behind-its-batch", "A batch leaves the sender where it was.", QUEUE, [(
        "        (end.at, end.until, end.piece_end) = (at + sent, at + sent, at + sent);", "        (end.until, end.piece_end) = (at + sent, at + sent);")]),
    ("sender-acquires-nothing", "A sender does not see that a place was emptied.", QUEUE_END, [(
        "let seen = other.0.load(Ordering::Acquire) + ahead;",
        "let seen = other.0.load(if ahead > 0 { Ordering::Relaxed } else { Ordering::Acquire }) + ahead;")]),
    ("batch-sender-acquires-nothing", "The sender of a batch does not see that places were emptied.", QUEUE, [(
        "end.seen = self.taken.0.load(Ordering::Acquire) + end.capacity;",
        "end.seen = self.taken.0.load(Ordering::Relaxed) + end.capacity;")]),
    ("taker-acquires-nothing", "A taker does not see what a place was filled with.", QUEUE_END, [(
        "let seen = other.0.load(Ordering::Acquire) + ahead;",
        "let seen = other.0.load(if ahead == 0 { Ordering::Relaxed } else { Ordering::Acquire }) + ahead;")]),
    ("batch-taker-acquires-nothing", "The taker of a batch does not see what its places were filled with.", QUEUE, [(
        "end.seen = self.stored.0.load(Ordering::Acquire);",
        "end.seen = self.stored.0.load(Ordering::Relaxed);")]),
    ("batch-is-shown-relaxed", "The places of a batch that was stored carry nothing with them.", QUEUE, [(
        "        self.stored.0.store(at + sent, Ordering::Release);", "        self.stored.0.store(at + sent, Ordering::Relaxed);")]),
    ("batch-is-handed-back-relaxed", "The places of a batch that was taken carry nothing with them.", QUEUE, [(
        "        self.taken.0.store(at + taken, Ordering::Release);", "        self.taken.0.store(at + taken, Ordering::Relaxed);")]),
    ("batch-is-shown-before-it-is-there", "A batch is counted before it lies in its places.", QUEUE, [
        ("        // Two turns at most, for no more than the capacity.\n",
         "        self.stored.0.store(at + sent, Ordering::Release);\n"),
        ("        // Release: the taker sees what is in the slots.\n        self.stored.0.store(at + sent, Ordering::Release);\n", "")]),
    ("batch-takes-one-too-many", "A batch is stored where there is one place less.", QUEUE, [(
        "let sent = end.seen.saturating_sub(at).min(most);", "let sent = (end.seen.saturating_sub(at) + 1).min(most);")]),
    ("lane-takes-one-too-many", "The lane takes a value for which there is no place.", QUEUE_END, [(
        "        if at == seen {\n            return false;", "        if at == seen && ahead == 0 {\n            return false;")]),
    ("key-goes-past-what-it-has-seen", "A sender with a key that it kept stores where it has seen no room.", QUEUE, [(
        "        if at == inside.end().until {\n            core::hint::cold_path();\n            // Relaxed", "        if at > inside.end().until {\n            core::hint::cold_path();\n            // Relaxed")]),
    ("lap-begins-a-place-late", "An end that goes round leaves the first place out.", QUEUE_END, [(
        "        self.lap = self.lap.wrapping_sub(self.capacity as usize);\n        self.lap_end += self.capacity;\n",
        "        let late = (self.capacity > 1) as u64;\n        self.lap = self.lap.wrapping_sub((self.capacity - late) as usize);\n        self.lap_end += self.capacity - late;\n")]),
    ("piece-has-no-end", "What an end has seen takes it past the piece that it is in.", QUEUE_END, [(
        "self.until = self.seen.min(self.piece_end);", "self.until = self.seen;")]),
    ("lane-opens-with-too-much-room", "A lane that is opened over values has room as if there were none.", QUEUE, [(
        "End::at(log, next, first + log.capacity() as u64)", "End::at(log, next, next + log.capacity() as u64)")]),
    ("lane-forgets-refusals", "What is refused in the lane is not counted.", QUEUE, [(
        "inside.end().refused += u64::from(counts);", "let _ = (&mut inside, counts);")]),
    ("lane-closes-past-the-sender", "Who closes the lane does not shut its sender out.", QUEUE, [(
        "        shut([&self.sending, &self.taking].into_iter());\n", "        shut([&self.taking].into_iter());\n")]),
    ("lane-closes-past-the-taker", "Who closes the lane does not shut its taker out.", QUEUE, [(
        "        shut([&self.sending, &self.taking].into_iter());\n", "        shut([&self.sending].into_iter());\n")]),
    ("lane-opens-over-old-values", "A lane that is opened over values begins before them.", QUEUE, [(
        "        self.stored.0.store(next, Ordering::Relaxed);\n", "        self.stored.0.store(first, Ordering::Relaxed);\n")]),
    ("lane-opens-though-somebody-waits", "The lane is opened although somebody waits.", LANE + "course.rs", [(
        "            && state.nobody_waits()\n", "")]),
    ("lane-opens-without-places", "The lane is opened before every place has a slot.", LANE + "course.rs", [(
        "            && state.log_mut().lay_out(STEPS)\n", "            && (state.log_mut().lay_out(0) || true)\n")]),
    ("lane-stays-open-under-the-lock", "Who works under the lock leaves the lane open.", LANE + "hold.rs", [(
        "            course.close(lane, state.log_mut(), counts);\n            let result", "            let result")]),
    ("lane-opened-on-the-way-is-not-left", "Who finds the lane opened on its way to the lock works there all the same.", LANE + "hold.rs", [(
        "            (!is_open).then(|| self.hold(state, true, critical))",
        "            Some(if is_open { critical(state) } else { self.hold(state, true, critical) })")]),
    ("course-is-looked-at-before-the-lock", "How the lane is is looked at by one who has not the lock.", LANE + "hold.rs", [(
        "        self.lock.with(|state| {\n            let is_open = self.on_course(state, |_state, course| course.is_some_and(|course| course.open));\n",
        "        let is_open = self.glance.get().is_some_and(|glance| unsafe { glance.with_course(|course| course.is_some_and(|course| course.open)) });\n        self.lock.with(|state| {\n")]),
    ("lane-is-looked-for-before-the-lock", "Whoever waits for the lock misses a lane that comes meanwhile.", LANE + "hold.rs", [(
        "        self.lock.with(|state| self.hold(state, true, critical))\n",
        "        let came = self.glance.get().is_some();\n        self.lock.with(|state| if came { self.hold(state, true, critical) } else { critical(state) })\n")]),
    ("lane-is-made-twice", "Of two that make the lane, one brings the lane in, and the other how it is.", LANE + "mod.rs", [(
        "            if self.glance.get().is_some() {\n                return Some(glance);",
        "            if self.glance.get().is_some() {\n                self.on_course(state, |_state, there| if let Some(there) = there { glance[0].with_new_course(|new| core::mem::swap(there, new)); });\n                return Some(glance);")]),
    ("door-is-given-away-while-open", "A door changes hands while somebody may be inside.", LANE + "scheme.rs", [(
        "        if is_closed {\n            self.close(log, course);\n        }\n", "")]),
    ("one-of-many-doors-is-given-away-while-open", "A door changes hands while others go on and somebody may be inside.", GATED, [(
        "        shut([door].into_iter());\n", "")]),
    ("shut-door-is-given-away-and-opened", "A door that changes hands is opened though the lane was closed.", LANE + "mod.rs", [(
        "            Some(course) if course.open => {", "            Some(course) => {")]),
    ("mailbox-is-left-under-a-peek", "The lane of a mailbox is opened while somebody looks at its value.", UNATTENDED, [(
        "        if self.slots.is_pinned(self.slot_at(0)) {", "        if self.closed {")]),
    ("mailbox-is-put-relaxed", "A value that is put over another in a mailbox is not seen with its slot.", MAILBOX, [(
        "self.between.0.swap(full, Ordering::AcqRel)", "self.between.0.swap(full, Ordering::Acquire)")]),
    ("mailbox-is-filled-relaxed", "A value that is put into an empty mailbox is not seen with its slot.", MAILBOX, [(
        "self.between.0.store(full, Ordering::Release)", "self.between.0.store(full, Ordering::Relaxed)")]),
    ("mailbox-is-always-filled", "A value is put over another without an exchange.", MAILBOX, [(
        "if before & FULL == 0 {\n                // Nobody else", "if before & FULL == 0 || end.taken == 0 {\n                // Nobody else")]),
    ("mailbox-is-taken-relaxed", "A taker does not see the value in the slot that it takes.", MAILBOX, [(
        "compare_exchange(before, own, Ordering::AcqRel,", "compare_exchange(before, own, Ordering::Release,")]),
    ("mailbox-counts-no-displaced", "Values that were displaced in the lane are not counted.", MAILBOX, [(
        "let displaced = put.number() - taken.taken - u64::from(between & FULL != 0);", "let displaced = 0;")]),
    ("lane-opens-on-a-closed-record", "The lane of a closed record is opened.", UNATTENDED, [(
        "        self.may_be_left()\n            && !self.closed\n", "        self.may_be_left()\n")]),
    ("lane-opens-for-two-cursors", "The lane of one cursor is opened though two read.", LANE + "scheme.rs", [(
        "            Self::Queue(several, _) if log.cursor_count() > 1 => return several.open(", "            Self::Queue(several, _) if log.cursor_count() > 2 => return several.open(")]),
    ("one-gate-is-left-out", "A place is filled again though one cursor has not read it.", GATED, [(
        "self.gates.iter().map(unread)", "self.gates.iter().skip(1).map(unread)")]),
    ("gates-take-one-too-many", "A place is filled again one value early.", GATED, [(
        "wrapping_add(self.capacity as u64)", "wrapping_add(self.capacity as u64 + 1)")]),
    ("gates-are-those-of-before", "A cursor that came is not waited for.", ENDS, [(
        "        self.count.store(count, Ordering::Relaxed);\n", "        self.count.compare_exchange(0, count, Ordering::Relaxed, Ordering::Relaxed).ok();\n")]),
    ("cursor-passes-relaxed", "A place is handed back before its value was read.", ENDS, [(
        "        self.passed.store(number, Ordering::Release);", "        self.passed.store(number, Ordering::Relaxed);")]),
    ("sender-acquires-no-passage", "A place is filled without seeing that it was read.", ENDS, [(
        "self.passed.load(Ordering::Acquire)", "self.passed.load(Ordering::Relaxed)")]),
    ("cursor-passes-before-it-reads", "A place is handed back and then read.", GATED, [(
        "        // SAFETY: the lane was made for plain data.\n        let value = unsafe { cell.copy(&Pinned(slot)) };\n        end.go_on(at, self.capacity);\n        cursor.pass(number.wrapping_add(1));\n",
        "        end.go_on(at, self.capacity);\n        cursor.pass(number.wrapping_add(1));\n        let value = unsafe { cell.copy(&Pinned(slot)) };\n")]),
    ("gated-value-is-shown-relaxed", "A value is shown to several cursors without what it is made of.", GATED, [(
        "        // Release: the readers see what is in the slot.\n        self.stored.0.store(number.wrapping_add(1), Ordering::Release);",
        "        self.stored.0.store(number.wrapping_add(1), Ordering::Relaxed);")]),
    ("gated-reader-acquires-nothing", "One of several readers does not see what the value is made of.", GATED, [(
        "            // Acquire: the places that were filled are full.\n            end.until = self.stored.0.load(Ordering::Acquire);",
        "            end.until = self.stored.0.load(Ordering::Relaxed);")]),
    ("gated-batch-is-shown-relaxed", "A batch is shown to several cursors without what it is made of.", GATED, [(
        "        self.stored.0.store(number, Ordering::Release);", "        self.stored.0.store(number, Ordering::Relaxed);")]),
    ("gated-batch-reader-acquires-nothing", "One of several readers of a batch does not see what it is made of.", GATED, [(
        "        if (end.until.wrapping_sub(number) as usize) < max {\n            end.until = self.stored.0.load(Ordering::Acquire);",
        "        if (end.until.wrapping_sub(number) as usize) < max {\n            end.until = self.stored.0.load(Ordering::Relaxed);")]),
    ("gated-lane-forgets-refusals", "What was refused in the lane of several cursors is not counted.", UNATTENDED, [(
        "        self.store_unattended(sent);\n        self.counts.refused += refused;\n", "        self.store_unattended(sent);\n        let _ = refused;\n")]),
    ("gated-lane-keeps-what-is-read", "What all have read in the lane stays in the window.", GATED, [(
        "        log.retire_read();\n", "")]),
    ("value-of-several-is-counted-for-one", "A value that was sent in the lane goes when the first cursor has read it.", UNATTENDED, [(
        "self.slots.set_unread(self.slot_at(offset), self.live_cursors());", "self.slots.set_unread(self.slot_at(offset), 1);")]),
    ("read-in-the-lane-is-not-counted-down", "What a cursor has read in the lane still waits for it.", UNATTENDED, [(
        "                self.slots.less_unread(self.slot_at(offset as usize));\n", "                let _ = self.slots.is_read(self.slot_at(offset as usize));\n")]),
    ("lane-opens-before-a-lag-is-told", "The lane is opened for a cursor that has yet to be told its lag.", UNATTENDED, [(
        " && cursors().all(|cursor| cursor.next == self.head)", " && cursors().count() <= 1")]),
    ("lane-is-counted-for-no-cursor", "What was taken in the lane is not counted for its cursor.", UNATTENDED, [(
        "            cursor.next = cursor.next.wrapping_add(taken);\n", "")]),
    ("lane-forgets-where-it-begins", "What was taken in the lane does not move the window.", UNATTENDED, [(
        "        self.first = ((u64::from(self.first) + taken) % u64::from(self.capacity)) as u32;\n", "")]),
    ("copy-without-a-writers-fence", "Words of a new value are seen before its place is known as being written.", STAMP, [(
        "        fence(Ordering::Release);\n", "")]),
    ("copy-without-a-readers-fence", "The stamp is looked at again before the words are read.", STAMP, [(
        "        fence(Ordering::Acquire);\n", "")]),
    ("copy-without-a-mark", "A place is not known as being written.", STAMP, [(
        "        self.0.store(being_written(number), Ordering::Relaxed);\n", "")]),
    ("copy-without-a-second-look", "A copy is kept though its place was written meanwhile.", STAMP, [(
        "        (self.0.load(Ordering::Relaxed) == stamp).then_some(value)", "        Some(value)")]),
    ("long-copy-is-kept-though-it-is-torn", "A value that is copied to its reader's room is kept though its place was written meanwhile.", PLAIN_READ, [(
        "room) }).is_none() {", "room) }).is_none() && !self.stamps.of(at).has_come(number) {")]),
    ("front-is-not-put-back", "A latest value that came while the lane was open is not brought to its slot.", PLAIN_DOORS, [(
        "        if published > 0 {\n", "        if published > 99 {\n")]),
    ("front-brings-nothing", "A latest value that came while the lane was closed is not brought into it.", FRONT, [(
        "        if number.is_some() {\n", "        if number == Some(0) {\n")]),
    ("front-is-put-back-as-it-began", "The value of a latest record goes to its slot when its lane opens.", FRONT, [(
        "words::bring(cell, self.value(), self.cells.bytes)", "words::bring(self.value(), cell, self.cells.bytes)")]),
    ("front-is-read-whatever-its-number", "A reader takes what is in front though it has read that.", FRONT, [(
        "self.line.stamp.read_since(number, || unsafe", "self.line.stamp.read_since(number.saturating_sub(1), || unsafe")]),
    ("front-is-written-before-its-stamp-says-so", "A latest value is overwritten while its stamp says that it is there.", FRONT, [(
        "        self.line.stamp.write(number, || unsafe { words::store(self.value::<T>(), value) });",
        "        unsafe { words::store(self.value::<T>(), value) };\n        self.line.stamp.write(number, || ());")]),
    ("plain-value-is-written-before-its-stamp-says-so", "A value of a plain ring is overwritten while its stamp says that it is there.", PLAIN, [(
        "        self.stamps.of(at).write(number, || unsafe { words::store(cell, value) });",
        "        unsafe { words::store(cell, value) };\n        self.stamps.of(at).write(number, || ());")]),
    ("plain-value-is-read-unlooked", "A reader of a plain ring keeps what it copied whatever its stamp says.", PLAIN, [(
        "        self.stamps.of(at).read(number, || unsafe { words::load(cell) })",
        "        self.stamps.of(at).read(number, || ()).map(|()| unsafe { words::load(cell) })")]),
    ("own-look-goes-on-outside-its-door", "A reader that looks at the newest by its own end has left its door before it looks.", PLAIN, [(
        "        let _inside = (unsafe { cursor.door.enter_with_key(world, key) })?;\n",
        "        (unsafe { cursor.door.enter_with_key(world, key) })?;\n")]),
    ("plain-lag-is-told-as-one", "Of the values that a reader of a plain ring lost one is counted.", PLAIN, [(
        "end.lagged += lost as u64;", "end.lagged += 1;")]),
    ("plain-reader-goes-too-far", "A reader of a plain ring that lagged passes over the oldest value that is there.", PLAIN, [(
        "let oldest = number.wrapping_add(lost as u64);", "let oldest = number.wrapping_add(lost as u64 + u64::from(self.capacity > 1));")]),
    ("plain-batch-is-read-twice", "A cursor that read a batch in the lane of a plain ring stays where it was.", PLAIN, [(
        "        cursor.next.store(number, Ordering::Relaxed);\n        taken\n", "        let _ = number;\n        taken\n")]),
    ("plain-lane-closes-past-its-writer", "Who closes the lane of a plain ring does not shut its writer out.", PLAIN_DOORS, [(
        "[&self.writing, &self.peeking].into_iter()", "[&self.peeking].into_iter()")]),
    ("plain-lane-closes-past-who-looks", "Who closes the lane of plain data does not shut out who looks at the newest.", PLAIN_DOORS, [(
        "[&self.writing, &self.peeking].into_iter()", "[&self.writing].into_iter()")]),
    ("plain-door-is-given-away-while-open", "A door of a plain ring changes hands while somebody may be inside.", PLAIN_DOORS, [(
        "        shut([door].into_iter());\n", "")]),
    ("copy-is-of-what-is-being-written", "Whatever is there is copied while it is being written.", STAMP, [(
        "self.read_if(|stamp| stamp.is_multiple_of(2), copy)", "self.read_if(|_stamp| true, copy)")]),
    ("newest-is-copied-while-it-is-written", "A cursor of a latest value copies what is being written.", STAMP, [(
        "later > 0 && stamp.is_multiple_of(2)", "later > 0")]),
    ("newest-has-the-number-that-was-wanted", "A cursor of a latest value that missed some does not know it.", STAMP, [(
        "number.wrapping_add(later.unsigned_abs() / 2)", "number")]),
    ("newest-is-pinned-though-it-is-doomed", "A cursor of a latest value pins one that is being displaced.", LOOKS, [(
        "let is_kept = word & GIVEN_UP == 0;", "let is_kept = word & (GIVEN_UP ^ DOOMED) == 0;")]),
    ("stamp-says-what-is-being-written", "A value has its number while it is being written.", STAMP, [(
        "        stamp.is_multiple_of(2).then(", "        true.then(")]),
    ("stamp-is-set-relaxed", "A stamp carries no value with it.", STAMP, [(
        "        self.0.store(there(number), Ordering::Release);", "        self.0.store(there(number), Ordering::Relaxed);")]),
    ("stamp-acquires-nothing", "Who sees a stamp does not see its value.", STAMP, [(
        "let stamp = self.0.load(Ordering::Acquire);", "let stamp = self.0.load(Ordering::Relaxed);")]),
    ("look-sees-no-value", "Who pins a value does not see it.", LOOKS, [(
        "        // Acquire: the value is seen.\n        self.0.load(Ordering::Acquire)", "        self.0.load(Ordering::Relaxed)"), (
        "compare_exchange_weak(word, word + 1, Ordering::Acquire, Ordering::Relaxed)", "compare_exchange_weak(word, word + 1, Ordering::Relaxed, Ordering::Relaxed)")]),
    ("look-ends-relaxed", "A slot is another's before the value in it was read.", LOOKS, [(
        "self.0.fetch_sub(1, Ordering::AcqRel)", "self.0.fetch_sub(1, Ordering::Acquire)")]),
    ("last-look-acquires-nothing", "The last look disposes of a value before the others have read it.", LOOKS, [(
        "self.0.fetch_sub(1, Ordering::AcqRel)", "self.0.fetch_sub(1, Ordering::Release)")]),
    ("displaced-says-nothing", "Who disposes of a displaced value does not come after those who looked by the machine's leave.", LOOKS, [(
        "self.0.fetch_add(DOOMED, Ordering::AcqRel)", "self.0.fetch_add(DOOMED, Ordering::Acquire)")]),
    ("displaced-acquires-nothing", "The writer fills a slot before those who looked have read.", LOOKS, [(
        "self.0.fetch_add(DOOMED, Ordering::AcqRel)", "self.0.fetch_add(DOOMED, Ordering::Release)")]),
    ("shared-value-is-published-relaxed", "A value is not seen with its number.", LOOKS, [(
        "self.0.store(there(number), Ordering::Release)", "self.0.store(there(number), Ordering::Relaxed)")]),
    ("slot-is-vacant-too-early", "A slot is filled before it is known to be empty.", LOOKS, [(
        "self.0.swap(VACANT, Ordering::AcqRel)", "self.0.swap(VACANT, Ordering::Acquire)")]),
    ("slot-is-left-and-given-back", "The lane gives back a slot at whose value somebody looks.", LOOKS, [(
        "self.0.fetch_or(LEFT, Ordering::AcqRel) & VACANT != 0", "self.0.fetch_or(LEFT, Ordering::AcqRel) & LEFT == 0")]),
    ("doomed-value-is-pinned", "Who looks at the newest pins a value that was displaced.", LOOKS, [(
        "match word & (LOOKS | GIVEN_UP) {", "match word & (LOOKS | VACANT) {")]),
    ("machine-lets-go-under-a-look", "The machine gives a value up though a reader of the lane looks at it.", LOOKS, [(
        "        if self.0.load(Ordering::Acquire) & LOOKS == 0 {", "        if self.0.load(Ordering::Acquire) & VACANT == 0 {")]),
    ("writer-ignores-looks", "The writer takes a value away though somebody looks at it.", OVERWRITE, [(
        "        if look.displace() {\n", "        if look.displace() || vacant < super::spares::SPARES {\n")]),
    ("quiet-writer-ignores-looks", "The writer takes a value away at which somebody looks since before the quiet.", OVERWRITE, [(
        "if clear && look.is_unseen() {", "if clear {"), (
        "let alone = end.is_clear(number) && look.is_unseen();", "let alone = end.is_clear(number);")]),
    ("writer-goes-by-one-reader", "The writer relies on one reader to be past a value, where another is not.", OVERWRITE, [(
        "if (passed.wrapping_sub(least) as i64) < 0 { passed }", "if (passed.wrapping_sub(least) as i64) < 0 || cfg!(loom) { passed }")]),
    ("quiet-lane-forgets-who-came", "A lane is taken for quiet though a cursor came that may look.", OVERWRITE, [(
        "self.quiet.is_on() && looking.count() == 0", "self.quiet.is_on()")]),
    ("reader-passes-before-it-pins", "A reader says that it is past a value before it has pinned it.", SHARED, [(
        "            if look.pin(number) != Pinning::Pinned {\n                return None;", "            cursor.pass(number.wrapping_add(1));\n            if look.pin(number) != Pinning::Pinned {\n                cursor.pass(number);\n                return None;")]),
    ("lane-forgets-who-may-look", "The writer reckons with no reader of a ring.", SHARED, [(
        "            those.put(looking.map(", "            those.put(looking.take(0).map(")]),
    ("writer-keeps-what-it-saw", "The writer goes by what it saw of those who may look before the lane was last closed.", SHARED, [(
        "self.writing.with_end(|end| *end = End::at(log, next));",
        "self.writing.with_end(|end| {\n                *end = End::at(log, next);\n                end.until = next.wrapping_add(1);\n            });")]),
    ("writer-goes-one-too-far", "The writer relies on those who may look to be past one value more than they are.", OVERWRITE, [(
        "end.until = until.wrapping_add(self.capacity as u64);", "end.until = until.wrapping_add(self.capacity as u64 + 1);")]),
    ("unseen-acquires-nothing", "The writer fills a slot in the quiet before those who looked have read.", LOOKS, [(
        "        self.0.load(Ordering::Acquire) & LOOKS == 0\n    }\n\n    /// As `displace`", "        self.0.load(Ordering::Relaxed) & LOOKS == 0\n    }\n\n    /// As `displace`")]),
    ("quiet-lane-lets-readers-look", "A reader begins to look though the writer relies on nobody to do so.", SHARED, [(
        "        let mut inside = inside?;\n        if !cursor.may_look.load(Relaxed) {\n            return None;\n        }\n", "        let mut inside = inside?;\n"), (
        "        if !cursor.may_look.load(Relaxed) {\n            // Acquire: as below.", "        if !cursor.may_look.load(Relaxed) && self.capacity == 0 {\n            // Acquire: as below.")]),
    ("lag-is-not-counted-in-the-lane", "A lag that was told in the lane is not counted.", SHARED, [(
        "                end.lagged += lost as u64;\n", "")]),
    ("watch-is-linked-without-a-look", "A watch is put into the queue without a look in the same hold.", SHELL + "watch.rs", [(
        "                Watching::Value { cursor, .. } => state.has_value(cursor),\n                Watching::Room => state.has_room(),\n            };",
        "                Watching::Value { .. } | Watching::Room => false,\n            };")]),
    ("value-tells-no-watch", "A value that is stored is told to no watch.", SHELL + "aftermath.rs", [(
        "            self.todo.readers = Some(Readers::of(1));\n            self.work(state);\n        } else if state.is_watched() {\n            self.work(state);\n        }",
        "            self.todo.readers = Some(Readers::of(1));\n            self.work(state);\n        }")]),
    ("room-tells-no-onlooker", "Room is told to no flush and no watch.", SHELL + "aftermath.rs", [(
        "        if !state.senders.is_empty() || !state.onlookers.is_empty() {", "        if !state.senders.is_empty() {")]),
    ("sender-at-a-rendezvous-tells-no-watch", "A sender that comes to a rendezvous is told to no watch.", SHELL + "send.rs", [(
        "            after.offered(state);\n", "")]),
    ("watch-takes-a-readers-wake-up", "Where somebody watches, no reader is woken.", SHELL + "aftermath.rs", [(
        "        if state.waiting_cursors() > 0 {\n            self.todo.readers = Some(Readers::of(1));\n            self.work(state);\n        } else if state.is_watched() {\n            self.work(state);\n        }",
        "        if state.is_watched() {\n            self.work(state);\n        } else if state.waiting_cursors() > 0 {\n            self.todo.readers = Some(Readers::of(1));\n            self.work(state);\n        }")]),
    ("watched-lane-opens", "A lane is opened though somebody watches.", SHELL + "state.rs", [(
        "        self.unsettled() == 0 && self.onlookers.is_empty()", "        self.unsettled() == 0")]),
    ("drain-ends-with-the-close", "A drain does not go on when the record is closed.", SHELL + "end.rs", [(
        "(!*flush.drains || is_discarded || log.cursor_count() == 0)", "(!*flush.drains || is_discarded || log.cursor_count() <= 1)")]),
    ("drain-waits-for-who-has-left", "A drain waits for readers where there is none left.", SHELL + "end.rs", [(
        "(!*flush.drains || is_discarded || log.cursor_count() == 0)", "!*flush.drains")]),
    ("lane-opens-beside-a-kept-place", "A lane is opened though a place is kept.", SHELL + "state.rs", [(
        " && self.log.reserved() == 0\n", "\n")]),
    ("kept-place-is-given-away", "A place that is kept is room for others.", "aimdb-core/src/pure/log.rs", [(
        "self.len() + self.reserved() < self.capacity()", "self.len() < self.capacity()")]),
    ("kept-place-is-let-go-unsaid", "A place that is let go of is no sender's.", SHELL + "reserve.rs", [(
        "            after.made_room(state);\n", "")]),
    ("watch-knows-no-later-cursor", "A watch takes a later cursor in the same place for its own.", SHELL + "watch.rs", [(
        "        !self.is_live(cursor) || self.log.serial(cursor) != serial\n", "        !self.is_live(cursor) || serial == u64::MAX\n")]),
    ("ready-end-is-forgotten", "An end that was reported is not looked at again.", SET + "state.rs", [(
        "            What::Watched(_) if ready => drop(self.queue(end.id)),", "            What::Watched(_) if ready => {}")]),
    ("signalled-end-is-not-queued", "An end that is being looked at counts as pending, so what is told meanwhile is lost.", SET + "state.rs", [(
        "                entry.queued = false;\n            }\n            batch.push(end);", "                entry.queued = entry.queued || entry.due == 0;\n            }\n            batch.push(end);")]),
    ("next-waiter-is-not-called", "Whoever finds an end ready does not call the next one who waits.", SET + "shared.rs", [(
        "            (state.waiters_of_pending(), core::mem::take(&mut state.untold_change))",
        "            (None, core::mem::take(&mut state.untold_change))")]),
    ("removed-end-stays-armed", "An end that is taken out during a look stays armed.", SET + "shared.rs", [(
        "        for end in &gone {\n            end.cancel();\n        }\n", "        drop(gone);\n")]),
    ("waiter-stands-without-a-look", "Who waits for a set stands in line without a look at what is pending.", SET + "state.rs", [(
        "|| line == Line::Waiters && !self.pending.is_empty();", "|| line == Line::Keepers && !self.pending.is_empty();")]),
    ("close-of-a-set-wakes-nobody", "A set that is closed wakes nobody.", "aimdb-core/src/waiting/ready_set.rs", [(
        "        self.shared.lock.with(State::close);\n        self.shared.rouse();\n", "        self.shared.lock.with(|state| state.closed = true);\n")]),
    ("grip-is-let-go-without-a-barrier", "Who lets a handle go looks whether it was freed before that is seen.", TABLE, [(
        "        barrier::light();\n", "")]),
    ("grip-is-let-go-relaxed", "What was done with a held handle is not seen by the next who holds it, or drops its object.", TABLE, [(
        "        self.place.hold.store(self.handle & GENERATION, Ordering::Release);", "        self.place.hold.store(self.handle & GENERATION, Ordering::Relaxed);")]),
    ("grip-is-let-go-unlooked", "Who lets a handle go does not look whether it was freed.", TABLE, [(
        "        if self.place.state.load(Ordering::Relaxed) & RETIRED != 0 {\n            self.table.close(self.handle, self.place);\n        }\n", "")]),
    ("grip-acquires-nothing", "Who holds a handle does not see what was done with it.", TABLE, [(
        "compare_exchange(open, open | HELD, Ordering::Acquire,", "compare_exchange(open, open | HELD, Ordering::Relaxed,")]),
    ("freed-handle-is-held", "A handle that was freed can be held as long as another thread is in it.", TABLE, [(
        "if place.is_fine(handle, state) { Ok(place) } else { Err(self.give_back(handle, place, state)) }",
        "if place.is_fine(handle, state & !RETIRED) { Ok(place) } else { Err(self.give_back(handle, place, state)) }")]),
    ("free-closes-without-a-barrier", "Who frees a handle looks whether it is held before its mark is seen.", TABLE, [(
        "            barrier::heavy();\n", "")]),
    ("free-does-not-close", "Who frees a handle leaves its object to whoever holds it, also if nobody does.", TABLE, [(
        "            self.close(handle, pin.place);\n", "")]),
    ("free-forgets-who-was-first", "Two who free a handle both count as the one.", TABLE, [(
        "pin.place.state.fetch_or(RETIRED, Ordering::Relaxed) & RETIRED != 0", "pin.place.state.fetch_or(RETIRED, Ordering::Relaxed) == 0")]),
    ("close-acquires-nothing", "Who closes a handle does not see what its holders did.", TABLE, [(
        "compare_exchange(open, open | CLOSED, Ordering::Acquire,", "compare_exchange(open, open | CLOSED, Ordering::Relaxed,")]),
    ("pin-leaves-relaxed", "What was read by whoever leaves is not over for whoever drops.", TABLE, [(
        "fetch_sub(ONE_PIN, Ordering::Release)", "fetch_sub(ONE_PIN, Ordering::Relaxed)")]),
    ("burial-acquires-nothing", "Who drops an object does not see who left it.", TABLE, [(
        "compare_exchange(state, dead, Ordering::Acquire,", "compare_exchange(state, dead, Ordering::Relaxed,")]),
    ("burial-is-no-exchange", "Whoever finds a freed place without pins drops its object.", TABLE, [(
        "        if place.state.compare_exchange(state, dead, Ordering::Acquire, Ordering::Relaxed).is_err() {\n            return;\n        }\n",
        "        place.state.swap(dead, Ordering::Acquire);\n")]),
    ("hold-word-has-no-generation", "An old handle takes the word of the one that has its place now.", TABLE, [
        ("            place.hold.store(generation, Ordering::Release);", "            place.hold.store(0, Ordering::Release);"),
        ("        let open = handle & GENERATION;\n        if let Err", "        let open = 0;\n        if let Err"),
        ("        let open = handle & GENERATION;\n        if place", "        let open = 0;\n        if place"),
        ("hold.store(self.handle & GENERATION,", "hold.store(0,")]),
    ("free-places-are-not-counted", "The head of the free places says only which is the first.", TABLE, [
        ("            let wanted = (head & GENERATION).wrapping_add(ONE_GENERATION) | u64::from(next);", "            let wanted = (head & GENERATION) | u64::from(next);"),
        ("            let wanted = (head & GENERATION).wrapping_add(ONE_GENERATION) | u64::from(index + 1);", "            let wanted = (head & GENERATION) | u64::from(index + 1);")]),
    ("generation-stays", "A place that is used again has its old generation.", TABLE, [(
        "place.state.fetch_add(ONE_GENERATION, Ordering::Relaxed) >> 32 == u64::from(u32::MAX)", "place.state.load(Ordering::Relaxed) >> 32 == u64::from(u32::MAX)")]),
    ("block-list-counts-no-changes", "The head of the list is taken for the same though it went and came back.", LIST, [(
        "(head & !(ONE_CHANGE - 1)).wrapping_add(ONE_CHANGE) | first as u64", "(head & !(ONE_CHANGE - 1)) | first as u64")]),
    ("block-goes-back-relaxed", "A block that goes back carries nothing of what was done with it.", LIST, [(
        "compare_exchange_weak(head, wanted, Ordering::Release, Ordering::Relaxed)",
        "compare_exchange_weak(head, wanted, Ordering::Relaxed, Ordering::Relaxed)")]),
    ("block-is-taken-relaxed", "Whoever takes a block sees nothing of what was done with it.", LIST, [(
        "let mut head = self.0.load(Ordering::Acquire);", "let mut head = self.0.load(Ordering::Relaxed);"), (
        "changed(head, next), Ordering::Acquire, Ordering::Acquire)", "changed(head, next), Ordering::Relaxed, Ordering::Relaxed)")]),
    ("block-is-left-relaxed", "A holder who leaves tells the last one nothing.", COUNT, [(
        "self.0.fetch_sub(1, Ordering::Release)", "self.0.fetch_sub(1, Ordering::Relaxed)")]),
    ("block-alone-acquires-nothing", "Whoever finds itself alone does not see what the others did.", COUNT, [(
        "self.0.load(Ordering::Acquire) == 1", "self.0.load(Ordering::Relaxed) == 1")]),
    ("block-last-acquires-nothing", "The last holder does not see what the others did.", COUNT, [(
        "let _ = self.0.load(Ordering::Acquire);", "let _ = self.0.load(Ordering::Relaxed);")]),
    ("block-has-two-last-holders", "Two holders find that they are the last.", COUNT, [(
        "        if self.0.fetch_sub(1, Ordering::Release) != 1 {", "        if self.0.fetch_sub(1, Ordering::Release) > 2 {")]),
    ("counted-is-let-go-relaxed", "A holder of what is counted who lets go tells the last one nothing.", COUNTED, [(
        "fetch_sub(1, Ordering::AcqRel)", "fetch_sub(1, Ordering::Acquire)")]),
    ("counted-last-acquires-nothing", "The last holder of what is counted does not see what the others did.", COUNTED, [(
        "fetch_sub(1, Ordering::AcqRel)", "fetch_sub(1, Ordering::Release)")]),
    ("counted-is-cloned-in-two-steps", "One is counted who comes while another goes, and that one is not.", COUNTED, [(
        "let holders = self.block().holders.fetch_add(1, Ordering::Relaxed);",
        "let holders = self.block().holders.load(Ordering::Relaxed);\n        self.block().holders.store(holders + 1, Ordering::Relaxed);")]),
    ("counted-is-let-go-in-two-steps", "Two who let go are counted as one.", COUNTED, [(
        "self.block().holders.fetch_sub(1, Ordering::AcqRel) == 1",
        "self.block().holders.load(Ordering::Acquire) == 1 || { self.block().holders.fetch_sub(1, Ordering::AcqRel); false }")]),
    ("lean-wake-up-is-kept", "One that was woken at a lean record and gives up passes nothing on.", WAITS + "look.rs", [(
        " stage == WOKEN && self.sees(end) != NOTHING {", " stage == WOKEN && false {")]),
    ("lean-used-wake-up-is-passed-on", "One that was woken at a lean record and has what it was woken for wakes another.", WAITS + "look.rs", [(
        "            if !stood.is_nothing() {\n                *waited = false;\n", "            if !stood.is_nothing() {\n                if *waited {\n                    self.leave(end, node);\n                }\n                *waited = false;\n")]),
    ("lean-wake-up-before-the-time-is-lost", "A task that was woken at a lean record before its time was up goes and does not look.", WAITS + "look.rs", [(
        "        WOKEN\n    } else if first && first_looks {", "        OVER\n    } else if first && first_looks {")]),
    ("lean-one-that-walks-is-waited-for", "One that comes into a line while another walks takes none of its steps.", WAITS + "look.rs", [(
        "            line.settle();\n            if word & WAITS == 0 {", "            if word & WAITS != 0 {\n                line.settle();\n            } else {"),
        ("        line.settle();\n        if seen == NOTHING {\n", "        if seen == NOTHING {\n            line.settle();\n")]),
    ("lean-waits-without-a-second-look", "One that comes to wait at a lean record has looked in a section before.", WAITS + "line.rs", [(
        "        self.section(move |waiters| {\n            let seen = look();\n", "        let seen = self.looks(look);\n        self.section(move |waiters| {\n")]),
    ("lean-end-is-not-looked-for-again", "A reader of a lean queue does not look whether that was closed when it has come to wait.", LEAN + "wait.rs", [(
        "seen == NOTHING && self.sees(End::Readers) == ENDED {", "seen == NOTHING && self.sees(End::Readers) == u32::MAX {")]),
    ("lean-wide-queue-is-entered-unlooked", "One that comes to wait at a lean queue of very many places does not look again.", LEAN + "wait.rs", [(
        "seen == NOTHING && self.sees(end) != NOTHING {", "seen == NOTHING && self.sees(end) == u32::MAX {")]),
    ("lean-sender-leaves-its-number-to-nobody", "A sender of a lean queue of very many places goes, and one for which there was no number waits on.", LEAN + "waking.rs", [(
        "        if self.section(|state| self.has_room(state)) {\n            self.line(End::Senders).wake_one();\n        }\n", "")]),
    ("lean-reader-leaves-its-number-to-nobody", "A reader of a lean queue of very many places goes, and one for which there was no number waits on.", LEAN + "waking.rs", [(
        "            self.line(End::Readers).wake_one();\n        }\n    }\n\n    /// Wakes readers for values", "        }\n    }\n\n    /// Wakes readers for values")]),
    ("lean-reader-leaves-its-number-to-no-abort", "What an abort of a lean queue of very many places had no number to discard is left there.", LEAN + "waking.rs", [(
        "            self.has_ended();\n            self.discard();\n        } else if", "            self.has_ended();\n        } else if")]),
    ("lean-comes-to-wait-at-a-closed-record", "One comes to wait at a lean record that is closed.", LEAN + "state.rs", [(
        "        self.used as u32\n", "        (self.used & COUNT) as u32\n")]),
    ("lean-reader-does-not-see-the-end", "A reader of a lean record looks again and again at one that is closed.", LEAN + "moves.rs", [(
        "            return Stood::without(are_there != 0);", "            return Stood::without(are_there > u16::MAX);")]),
    ("lean-sender-does-not-see-the-end", "A sender of a lean record looks again and again at one that is closed.", LEAN + "moves.rs", [(
        "                return Stood::without(state::refuses(used));", "                return Stood::without(state::refuses(used >> 1));")]),
    ("lean-wakes-beside-one-that-walks", "The first of a line is woken while one walks.", WAITS + "waiters.rs", [(
        "            if !word.walks() {\n", "            if !word.walks() || wakes {\n                let word = Word(word.first());\n")]),
    ("lean-neighbour-does-not-know-who-came", "One in a line does not know who has come before it.", WAITS + "waiters.rs", [(
        "                (*Node::inner(next)).prev.write(walker);\n", "")]),
    ("lean-two-walk-at-once", "One comes into a line while another walks.", WAITS + "waiters.rs", [(
        "            let walks = (word.0.addr() as u32) << 31;\n", "            let word = Word(word.first());\n            let walks = 0;\n")]),
    ("lean-leaves-beside-one-that-walks", "One leaves a line while another walks.", WAITS + "waiters.rs", [(
        "            let (word, stage) = ((*this).word, node.word());", "            let (word, stage) = (Word((*this).word.first()), node.word());")]),
    ("lean-equals-are-passed-by", "One that comes into a line stands before its equals.", WAITS + "waiters.rs", [(
        "(*next).word() >= (*walker).word()", "(*next).word() > (*walker).word()")]),
    ("lean-second-takes-what-the-first-was-woken-for", "One that waits behind another at a lean record looks when it is polled.", WAITS + "look.rs", [(
        "} else if first {\n                    attempt()", "} else if first || !first {\n                    attempt()")]),
    ("lean-late-one-is-the-last", "One that came too late stands behind its equals.", WAITS + "waiters.rs", [(
        "| self.word() | WAITS", "| WAITS"), ("PRIORITY + stage + WAITS", "PRIORITY + stage * 0 + WAITS")]),
    ("lean-values-wake-one-reader", "Values of a lean record that are shown together wake one reader.", LEAN + "waking.rs", [(
        "            return self.wake(values, End::Readers);", "            return self.wake(values.min(1), End::Readers);")]),
    ("lean-places-wake-one-sender", "Places of a lean record that are given back together wake nobody.", LEAN + "moves.rs", [(
        "        if awaited == NOBODY { 0 } else { freed }", "        let _ = (awaited, freed);\n        0")]),
    ("lean-first-to-fill-shows-all", "Whoever fills a place of a lean record shows what others are filling.", LEAN + "state.rs", [(
        "        if Self::one_less(&mut self.filling) {", "        Self::one_less(&mut self.filling);\n        if false {")]),
    ("lean-newest-is-taken-first", "A reader of a lean record whose places are a power of two takes the newest value.", LEAN + "state.rs", [(
        "self.accepted.wrapping_sub(u32::from(of))", "self.accepted.wrapping_sub(u32::from(of.min(1)))")]),
    ("lean-first-to-empty-gives-all-back", "Whoever empties a place of a lean record gives back what others are emptying.", LEAN + "state.rs", [(
        "        if Self::one_less(&mut self.emptying) {", "        Self::one_less(&mut self.emptying);\n        if false {")]),
    ("lean-close-forgets-readers", "A close of a lean record wakes no reader.", LEAN + "waking.rs", [(
        "&& self.line(End::Readers).wake_one() != NOBODY\n", "&& false\n")]),
    ("lean-late-value-wakes-nobody", "A value that comes to a lean record while that is closed wakes no reader.", LEAN + "moves.rs", [(
        "            self.section(State::commit_late);\n            self.has_shown(ALL);\n", "            self.section(State::commit_late);\n")]),
    ("lean-late-value-outlives-the-abort", "A value that comes to a lean record while that is aborted is discarded by nobody.", LEAN + "waking.rs", [(
        "            return self.wake(values, End::Readers);\n        }\n        self.has_ended();\n        self.discard();\n",
        "            return self.wake(values, End::Readers);\n        }\n        self.has_ended();\n")]),
    ("lean-late-value-is-read-after-the-abort", "A value that comes to a lean record while that is aborted is shown before it is discarded.", LEAN + "state.rs", [(
        "        if self.filling == 0 && !self.is_aborted() {", "        if self.filling == 0 {")]),
    ("lean-aborted-values-stay-shown", "Readers of a lean record find values that an abort is about to discard.", LEAN + "state.rs", [(
        "        if !S::INSIDE {\n            self.open = self.taken;\n        }\n    }\n\n    /// Takes a value that is to be discarded.", "    }\n\n    /// Takes a value that is to be discarded.")]),
    ("lean-ended-readers-wait-on", "A close of a lean record wakes readers only if no value is left.", LEAN + "waking.rs", [(
        "self.section(|state| state.is_over() || self.has_value(state))", "self.section(|state| state.is_over())")]),
    ("lean-end-comes-before-late-values", "A reader of a closed lean record does not wait for a value that is on its way.", LEAN + "state.rs", [(
        "        self.is_closed() && (self.is_aborted() || self.used() == self.taken)", "        self.is_closed() && self.open == self.taken")]),
    ("lean-wake-up-is-forgotten", "A value that is stored inside the section of a lean record wakes nobody.", LEAN + "moves.rs", [(
        "            self.line(End::Readers).wake_seen(awaited);\n", "")]),
    ("lean-room-is-forgotten", "A value that is taken inside the section of a lean record wakes no sender.", LEAN + "moves.rs", [(
        "        if awaited != NOBODY {\n            self.has_taken(there, || {\n                self.line(End::Senders).wake_seen(awaited);\n            });\n        }\n", "")]),
    ("lean-ring-torn-copy-is-kept", "A reader of a lean ring keeps what it has copied without a second look.", RING + "moves.rs", [(
        "if taken.is_whole(places, self.section(|state| state.now())) { Found::Value }", "if self.section(|state| state.now()).0 > 0 { Found::Value }")]),
    ("lean-ring-copy-is-kept-too-long", "A reader of a lean ring keeps what has just been displaced.", RING + "cursor.rs", [(
        "end.wrapping_sub(self.position) <= places &&", "end.wrapping_sub(self.position) <= places + 1 &&")]),
    ("lean-ring-looks-before-it-copies", "A reader of a lean ring has its second look before it copies.", RING + "moves.rs", [(
        "        unsafe { self.read(place, there) };\n        if taken.is_whole(places, self.section(|state| state.now())) {",
        "        let now = self.section(|state| state.now());\n        unsafe { self.read(place, there) };\n        if taken.is_whole(places, now) {")]),
    ("lean-ring-missed-value-is-not-told", "A reader of a lean ring whose value was overwritten while it copied is not told that one.", RING + "moves.rs", [(
        "Found::Missed(1 + self.section_of(", "Found::Missed(self.section_of(")]),
    ("lean-ring-missed-value-is-not-counted", "A value that was overwritten while it was copied from a lean ring counts as delivered.", RING + "cursor.rs", [(
        "wrapping_sub(self.lagged).wrapping_sub(self.skipped)", "wrapping_sub(self.skipped)")]),
    ("lean-ring-lag-goes-too-far", "A reader of a lean ring that lagged passes over the oldest value that is retained.", RING + "state.rs", [(
        "let Some(missed) = self.behind(cursor).checked_sub(self.reach) else { return 0 };",
        "let Some(missed) = self.behind(cursor).checked_sub(self.reach).map(|missed| if missed > 0 { missed + 1 } else { 0 }) else { return 0 };")]),
    ("lean-ring-place-in-the-ring-is-given-back", "A publisher of a lean ring gives back the place that it has just put in.", RING + "moves.rs", [(
        "self.section_of_order(|order| unsafe { order.give_back(oldest) });", "self.section_of_order(|order| unsafe { order.give_back(place) });")]),
    ("lean-ring-place-is-lost", "A publisher of a lean ring gives no place back.", RING + "moves.rs", [(
        "        self.section_of_order(|order| unsafe { order.give_back(oldest) });\n", "")]),
    ("lean-ring-place-has-two-publishers", "A publisher of a lean ring leaves its place to the next one too.", RING + "order.rs", [(
        "            *spares = left as u8;\n            Some(place)", "            Some(place)")]),
    ("lean-ring-value-is-there-before-it-is-written", "A publisher of a lean ring puts its place in and writes it then.", RING + "moves.rs", [
        ("        unsafe { self.write(u32::from(place), value) };\n", ""),
        ("        displaced(u32::from(oldest), position);\n", "        unsafe { self.write(u32::from(place), value) };\n        displaced(u32::from(oldest), position);\n")]),
    ("lean-ring-displaced-is-read-too-late", "Whoever displaces a value of a lean ring reads it when its place is spare.", RING + "moves.rs", [(
        "        displaced(u32::from(oldest), position);\n        // SAFETY: inside the section.\n        self.section_of_order(|order| unsafe { order.give_back(oldest) });\n",
        "        // SAFETY: inside the section.\n        self.section_of_order(|order| unsafe { order.give_back(oldest) });\n        displaced(u32::from(oldest), position);\n")]),
    ("lean-ring-late-value-is-accepted", "A value that comes to a lean ring while that is closed is accepted.", RING + "order.rs", [(
        "        let at = state.at();\n", "        let at = state.at() & 0xFF;\n")]),
    ("lean-ring-asks-who-waits-too-early", "A publisher of a lean ring asks who waits before its value is there.", RING + "moves.rs", [
        ("        // SAFETY: the place was claimed, and the value is there.\n", "        let awaited = self.awaited();\n        // SAFETY: the place was claimed, and the value is there.\n"),
        ("        self.section_of_order(|order| unsafe { order.give_back(oldest) });\n        self.has_published();\n", "        self.section_of_order(|order| unsafe { order.give_back(oldest) });\n        self.wakes(awaited);\n")]),
    ("lean-ring-aborted-values-are-read", "Readers of a lean ring find values that an abort has discarded.", RING + "state.rs", [(
        "        self.reach = 0;\n", "")]),
    ("lean-ring-value-wakes-nobody", "A value that is published in a lean ring wakes nobody.", RING + "waking.rs", [(
        "        if awaited == NOBODY {", "        if awaited != usize::MAX {")]),
    ("lean-ring-value-wakes-one-cursor", "A value that is published in a lean ring wakes the reader of one cursor.", RING + "waking.rs", [(
        "            cursors &= !(1 << cursor);\n", "            cursors = 0;\n")]),
    ("lean-ring-waiter-is-not-announced", "A reader of a lean ring that comes to wait leaves no mark for its cursor.", RING + "state.rs", [(
        "        self.awaited |= mark;\n", "        let _ = mark;\n")]),
    ("lean-ring-close-wakes-nobody", "A close of a lean ring wakes nobody.", RING + "waking.rs", [(
        "        self.section(State::close);\n        self.has_ended();", "        self.section(State::close);")]),
    ("lean-ring-close-wakes-one-cursor", "A close of a lean ring wakes those at one cursor.", RING + "waking.rs", [(
        "let mut cursors = u32::MAX >> (u32::BITS as usize - self.readers());", "let mut cursors = 1;")]),
    ("lean-ring-reader-does-not-see-the-end", "A reader of a lean ring waits at one that is closed.", RING + "wait.rs", [(
        "            Found::Ended => Stood::Ended,", "            Found::Ended => Stood::Not,")]),
    ("lean-ring-is-set-up-twice", "A lean ring that began as zero is set up by each that comes before it was.", RING + "parts.rs", [(
        "            if begins {\n                state.begins", "            if begins || state.end() > 0 {\n                state.begins")]),
    ("lean-ring-that-was-set-up-is-full", "A publisher of a lean ring that another one sets up meanwhile finds it full.", RING + "moves.rs", [(
        "        self.begins();\n", "        if !self.begins() {\n            return Err(self.why_not());\n        }\n")]),
    ("lean-ring-has-no-names", "A lean ring that began as zero is set up before its places have names.", RING + "parts.rs", [(
        "        if self.has_order() {\n            // SAFETY: inside the section. Bounded", "        if self.readers() == 0 {\n            // SAFETY: inside the section. Bounded")]),
    ("lean-ring-reader-comes-though-there-is-a-value", "A reader of a lean ring comes to wait though there is a value.", RING + "parts.rs", [(
        "u32::from(state.news(cursor) > 0)", "u32::from(state.news(cursor) == u32::MAX)")]),
    ("lean-ring-second-sees-no-end", "Who stands behind another at a lean ring that is closed goes when its time is up, and is not told.", RING + "wait.rs", [(
        "    fn wakes_all(&self, _cursor: usize) -> bool {\n        self.refuses_all()\n", "    fn wakes_all(&self, _cursor: usize) -> bool {\n        false && self.refuses_all()\n")]),
    ("lean-ring-end-is-not-looked-for-again", "A reader of a lean ring does not look whether that was closed when it has come to wait.", RING + "wait.rs", [(
        "    fn notes(&self, _cursor: usize) -> bool {\n        self.refuses_all()\n", "    fn notes(&self, _cursor: usize) -> bool {\n        false\n")]),
    ("lean-ring-waiter-wakes-a-second", "A reader of a lean ring that has come to wait wakes one for a value that came then, which another was woken for.", RING + "wait.rs", [(
        "    fn notes(&self, _cursor: usize) -> bool {\n        self.refuses_all()\n", "    fn notes(&self, cursor: usize) -> bool {\n        self.refuses_all() || self.section_of(cursor, |state, cursor| state.news(cursor) > 0)\n")]),
    ("lean-ring-mark-is-taken-from-who-waits", "A publisher of a lean ring takes the mark away though somebody waits.", RING + "state.rs", [(
        "        if cursor.readers.urgency().is_none() {\n            self.awaited", "        if cursor.shares > 0 {\n            self.awaited")]),
    ("lean-ring-cursor-is-not-passed-on", "Two who share a cursor of a lean ring have the same value.", RING + "state.rs", [(
        "        cursor.next = cursor.next.wrapping_add(1);\n        Some(left)", "        Some(left)")]),
    ("lean-mailbox-value-wakes-nobody", "A value that comes to a lean mailbox wakes no reader.", LEAN_MAILBOX + "moves.rs", [(
        "        self.wake(awaited);\n", "        let _ = awaited;\n")]),
    ("lean-mailbox-displaced-place-is-given-away", "What a writer of a lean mailbox displaced lies at a place that the next one fills.", LEAN_MAILBOX + "state.rs", [(
        "        if keeps {\n            self.filling = displaced;\n        }\n", "        let _ = keeps;\n")]),
    ("lean-mailbox-two-writers-are-outside", "A second writer of a lean mailbox takes a place for itself.", LEAN_MAILBOX + "state.rs", [(
        "        if self.ended | self.filling != 0 {", "        if self.ended != 0 {")]),
    ("lean-mailbox-moved-value-gives-anothers-place-back", "A reader whose value was moved beside another reader gives that one's place back.", LEAN_MAILBOX + "moves.rs", [(
        "            return self.take_beside(there);\n",
        "            let stood = self.take_beside(there);\n            self.section(State::emptied);\n            return stood;\n")]),
    ("lean-mailbox-two-readers-are-outside", "A second reader of a lean mailbox takes a place for itself.", LEAN_MAILBOX + "state.rs", [(
        "        if self.emptying != 0 {\n            return 0;\n        }\n", "")]),
    ("lean-mailbox-read-place-is-filled", "A writer of a lean mailbox fills the place that is being read.", LEAN_MAILBOX + "state.rs", [(
        "!(self.pending | self.filling | self.emptying)", "!(self.pending | self.filling)")]),
    ("lean-mailbox-late-value-is-stored", "A value that comes to a lean mailbox while that is closed is stored.", LEAN_MAILBOX + "state.rs", [(
        "        self.filling = 0;\n        if self.ended != 0 {\n            return None;\n        }\n", "        self.filling = 0;\n")]),
    ("lean-mailbox-close-wakes-nobody", "A close of a lean mailbox wakes no reader.", LEAN_MAILBOX + "parts.rs", [(
        "        self.section(State::close);\n        self.has_ended();\n", "        self.section(State::close);\n")]),
    ("lean-mailbox-displaced-is-forgotten", "What a writer of a lean mailbox displaces inside the section is dropped by nobody.", LEAN_MAILBOX + "moves.rs", [(
        "            fate = if state.store(place) == 0 { Fate::Stored } else { Fate::Displaces };", "            state.store(place);\n            fate = Fate::Stored;")]),
    ("lean-mailbox-second-writer-fills-anywhere", "A second writer of a lean mailbox leaves the pending value where it is.", LEAN_MAILBOX + "state.rs", [(
        "        if self.pending != 0 { self.pending } else { self.free() }", "        self.free()")]),
    ("lean-mailbox-abort-leaves-the-value", "An abort of a lean mailbox counts the value and leaves it to a reader.", LEAN_MAILBOX + "moves.rs", [(
        "            if !state.abort() {\n                return (false, 0);\n            }\n", "            state.abort();\n            if true {\n                return (false, 0);\n            }\n")]),
    ("lean-latest-value-wakes-nobody", "A value that comes to a lean latest record wakes no reader.", LEAN_LATEST + "copies.rs", [(
        "        if awaited != NOBODY {", "        if false {\n            let _ = NOBODY;")]),
    ("lean-latest-copy-is-kept-unlooked", "A reader of a lean latest record keeps its copy whatever was stored meanwhile.", LEAN_LATEST + "copies.rs", [(
        "let kept = state.is(number) && state.is_new(cursor);", "let kept = number > 0 && state.is_new(cursor);")]),
    ("lean-latest-both-shares-keep-it", "A reader of a lean latest record keeps its copy of what another reader of its cursor has had.", LEAN_LATEST + "copies.rs", [(
        "let kept = state.is(number) && state.is_new(cursor);", "let kept = state.is(number);")]),
    ("lean-latest-look-is-kept-unlooked", "Whoever looks at a lean latest record keeps its copy whatever was stored meanwhile.", LEAN_LATEST + "copies.rs", [(
        "if self.section(|state| state.is(number)) {", "if number > 0 {")]),
    ("lean-latest-displaced-is-copied-too-early", "A writer of a lean latest record hands over what another one has displaced meanwhile.", LEAN_LATEST + "copies.rs", [(
        "if displaces && !copied.is_some_and(|number| state.is(number)) {", "if displaces && copied.is_none() {")]),
    ("lean-latest-current-value-is-overwritten", "A writer of a lean latest record fills the place of the current value.", LEAN_LATEST + "state.rs", [(
        "Some(((self.current ^ 1) & 1 | C::HELD) as u32)", "Some((self.current & 1 | C::HELD) as u32)")]),
    ("lean-latest-two-writers-are-outside", "A second writer of a lean latest record takes the place of the first.", LEAN_LATEST + "state.rs", [(
        "if self.ended | self.writing as u8 != 0 {", "if self.ended != 0 {")]),
    ("lean-latest-late-value-is-stored", "A value that comes to a lean latest record while that is closed is stored.", LEAN_LATEST + "state.rs", [(
        "        self.writing = false;\n        if self.ended != 0 {\n            return false;\n        }\n", "        self.writing = false;\n")]),
    ("lean-latest-abort-leaves-copies", "Whoever copies a value of a lean latest record keeps it after an abort.", LEAN_LATEST + "state.rs", [(
        "            self.number = self.number.wrapping_add(1);\n            let number = self.number;\n            for", "            for"), (
        "cursor.seen = number;\n                // It", "// It")]),
    ("lean-latest-close-wakes-nobody", "A close of a lean latest record wakes no reader.", LEAN_LATEST + "parts.rs", [(
        "        self.section(State::close);\n        self.has_ended();\n", "        self.section(State::close);\n")]),
    ("lean-latest-wakes-the-first-cursor", "A value that comes to a lean latest record wakes one cursor.", LEAN_LATEST + "parts.rs", [(
        "            left &= left - 1;\n", "            left = 0;\n")]),
    ("lean-mailbox-reader-does-not-see-the-end", "A reader of a lean mailbox looks again and again at one that is closed.", LEAN_MAILBOX + "moves.rs", [(
        "return Stood::without(state.is_closed());", "return Stood::without(false);")]),
    ("lean-mailbox-reader-comes-though-there-is-a-value", "A reader of a lean mailbox comes to wait though a value is pending.", LEAN_MAILBOX + "state.rs", [(
        "        self.pending as u32 | (self.ended as u32) << 8", "        (self.ended as u32) << 8")]),
    ("lean-latest-reader-does-not-see-the-end", "A reader of a lean latest record looks again and again at one that is closed.", LEAN_LATEST + "copies.rs", [(
        "return Stood::without(state.is_closed());", "return Stood::without(false);")]),
    ("lean-latest-reader-comes-though-there-is-a-value", "A reader of a lean latest record comes to wait though there is a value that is new to it.", LEAN_LATEST + "state.rs", [(
        "        if self.is_new(at) { 1 } else { u32::from(self.ended) << 1 }", "        u32::from(self.ended) << 1")]),
    ("lean-latest-note-is-made-unlooked", "A reader of a lean latest record does not look again when it has said that it waits.", LEAN_LATEST + "parts.rs", [(
        "            !is_told && state.is_new(cursor)\n", "            !is_told && false\n")]),
    ("lean-latest-note-wakes-a-second", "A reader of a lean latest record that says that it waits wakes one for a value that another was woken for.", LEAN_LATEST + "parts.rs", [(
        "            !is_told && state.is_new(cursor)\n", "            let _ = is_told;\n            state.is_new(cursor)\n")]),
    ("lean-latest-waiting-is-not-said", "A reader of a lean latest record waits and its cursor does not say so.", LEAN_LATEST + "parts.rs", [(
        "            let is_told = state.awaits(cursor);\n", "            let is_told = false;\n")]),
    ("lean-reader-wakes-a-second", "A reader of a lean queue that has come to wait wakes one for a value that came then, which another was woken for.", LEAN + "wait.rs", [(
        "self.sees(End::Readers) == ENDED {", "self.sees(End::Readers) != NOTHING {")]),
    ("lean-c-queue-has-a-place-too-many", "A lean queue of C fills a place that lies behind its last one.", LEAN + "shape.rs", [(
        "last: last as u32", "last: last as u32 + 1")]),
    ("lean-c-queue-places-are-one", "All values of a lean queue of C lie at one place.", LEAN + "bytes.rs", [(
        "self.places.wrapping_add(at as usize * size)", "self.places.wrapping_add(at as usize / 256 * size)")]),
    ("lean-c-time-is-up-whatever-woke", "A task of C whose time is up goes though it was woken before.", "aimdb-sync-embassy/src/lean/stands.rs", [(
        "if last && (Self::COUNTS || !first) && !self.wakes_all(end) {",
        "if (Self::COUNTS || !first) && !self.wakes_all(end) {")]),
    ("lean-c-queue-closes-without-waking", "A close of a lean queue of C wakes nobody.", LEAN + "bytes.rs", [(
        "        self.view().ends();\n", "        self.view().section(State::close);\n")]),
    ("lean-c-mailbox-value-wakes-nobody", "A value that comes to a lean mailbox of C wakes no reader.", LEAN_MAILBOX + "bytes.rs", [(
        "        self.wake(awaited);\n", "        let _ = awaited;\n")]),
    ("lean-c-mailbox-places-are-two", "Two of the three places of a lean mailbox of C are one.", LEAN_MAILBOX + "bytes.rs", [(
        "usize::from(bit >> 1)", "usize::from(bit >> 2)")]),
    ("lean-c-mailbox-abort-leaves-the-value", "An abort of a lean mailbox of C counts the value and leaves it to a reader.", LEAN_MAILBOX + "bytes.rs", [(
        "            state.take();\n            discards\n", "            discards\n")]),
    ("lean-c-latest-value-wakes-nobody", "A value that comes to a lean latest record of C wakes no reader.", LEAN_LATEST + "bytes.rs", [(
        "        if awaited != NOBODY {\n", "        if awaited == NOBODY {\n")]),
    ("lean-c-latest-end-is-not-looked-for-again", "A reader of a lean latest record of C does not look whether that was closed when it has come to wait.", LEAN_LATEST + "bytes.rs", [(
        "    fn notes(&self, _cursor: u8) -> bool {\n        self.refuses_all()\n", "    fn notes(&self, _cursor: u8) -> bool {\n        false\n")]),
    ("lean-c-latest-reader-comes-though-there-is-a-value", "A reader of a lean latest record of C does not look for a value in the section in which it comes to wait.", LEAN_LATEST + "bytes.rs", [(
        "|| u32::from((*state).is_new(cursor)), ", "|| NOTHING, ")]),
    ("lean-c-latest-places-are-one", "The two places of a lean latest record of C are one.", LEAN_LATEST + "bytes.rs", [(
        "State::<[Cursor]>::index(place) * ", "State::<[Cursor]>::index(place) / 2 * ")]),
    ("lean-c-latest-cursors-are-one", "All who read a lean latest record of C read at its first cursor.", LEAN_LATEST + "state.rs", [(
        "self.get_unchecked_mut(usize::from(at))", "self.get_unchecked_mut(usize::from(at) / 32)")]),
]

def main():
    wrong, patches = [], {}
    for name, about, path, edits in MUTANTS:
        before = (ROOT / path).read_text()
        after = before
        for old, new in edits:
            if after.count(old) != 1:
                wrong.append(f"{name}: its text stands {after.count(old)} times in {path}")
            after = after.replace(old, new)
        diff = difflib.unified_diff(before.splitlines(True), after.splitlines(True), "a/" + path, "b/" + path, n=3)
        patches[name] = about + "\n" + "".join(diff)
    if wrong:
        sys.exit("\n".join(wrong))
    for old in HERE.glob("*.patch"):
        old.unlink()
    for name, patch in patches.items():
        (HERE / f"{name}.patch").write_text(patch)

main()
