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
STAMP = LANE + "stamp.rs"
LOOKS = LANE + "looks.rs"
SHARED = LANE + "shared.rs"
GATE = "aimdb-core/src/waiting/gate.rs"
UNATTENDED = "aimdb-core/src/pure/log/unattended.rs"

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
        "            } else if state.log.len() < before {\n                after.made_room(state);\n            }\n", "            } else {\n                let _ = before;\n            }\n")]),
    ("skip-serves-nobody", "Values that are skipped make no room.", SHELL + "receive.rs", [(
        "            if freed > 0 {\n                after.made_room(state);\n            }\n            freed\n", "            freed\n")]),
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
        ("            cell.fill(&claim, value.take());\n            match self", "            let slot = claim.0;\n            match self"),
        ("                    let value = displaced.map(|Doomed { owned, cause }|",
         "                    cell.fill(&Claim(slot), value.take());\n                    let value = displaced.map(|Doomed { owned, cause }|"),
        ("                Err(claim) => {\n                    value.put(cell.empty(&Owned(claim.0)));\n                    held", "                Err(claim) => {\n                    held")]),
    ("last-look-disposes-of-nothing", "The last look at an overwritten value does not dispose of it.", SHELL + "receive.rs", [(
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
    ("gate-shuts-without-a-barrier", "Who shuts a gate looks at the doors at once.", GATE, [(
        "        barrier::heavy();\n", "")]),
    ("end-goes-in-without-a-barrier", "The owner of a door looks at the gate before its flag is seen.", GATE, [(
        "            barrier::light();\n", "")]),
    ("common-door-without-a-barrier", "Who enters a common door looks at the gate before its flag is seen.", GATE, [
        ("flag.compare_exchange(false, true, Ordering::SeqCst, Ordering::Relaxed)",
         "flag.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)"),
        ("        #[cfg(loom)]\n        fence(Ordering::SeqCst);\n",
         "        #[cfg(loom)]\n        fence(Ordering::Acquire);\n"),
        ("        gate.open.load(Ordering::SeqCst).then_some(inside)", "        gate.open.load(Ordering::Acquire).then_some(inside)")]),
    ("heavy-barrier-is-half", "The heavy barrier does not keep a write before a read.", "aimdb-core/src/waiting/barrier.rs", [(
        "fn heavy() {\n        fence(Ordering::SeqCst);\n    }", "fn heavy() {\n        fence(Ordering::AcqRel);\n    }")]),
    ("light-barrier-is-half", "The light barrier does not keep a write before a read.", "aimdb-core/src/waiting/barrier.rs", [(
        "fn light() {\n        fence(Ordering::SeqCst);\n    }", "fn light() {\n        fence(Ordering::AcqRel);\n    }")]),
    ("end-comes-out-relaxed", "An end that comes out carries nothing with it.", GATE, [(
        "        self.flag.store(false, Ordering::Release);", "        self.flag.store(false, Ordering::Relaxed);")]),
    ("empty-door-acquires-nothing", "Who finds a door empty does not see what was done inside.", GATE, [(
        "flag.load(Ordering::Acquire)", "flag.load(Ordering::Relaxed)")]),
    ("gate-opens-relaxed", "An open gate carries nothing with it.", GATE, [(
        "        self.open.store(true, Ordering::Release);", "        self.open.store(true, Ordering::Relaxed);")]),
    ("open-gate-acquires-nothing", "The owner of a door does not see what was done while the gate was shut.", GATE, [(
        "let may = gate.open.load(Ordering::Acquire)", "let may = gate.open.load(Ordering::Relaxed)")]),
    ("gate-is-not-looked-at-again", "The owner of a door goes in past a gate that was shut meanwhile.", GATE, [(
        "let may = gate.open.load(Ordering::Acquire) && self.owner", "let may = self.owner")]),
    ("owner-is-not-looked-at-again", "A thread goes in at a door that is no longer its own.", GATE, [(
        " && self.owner.load(Ordering::Relaxed) == owner;", ";")]),
    ("common-flag-is-forgotten", "Who shuts the gate does not wait for those at a common door.", GATE, [(
        "self.inside.iter().any(", "self.inside.iter().take(OWNERS).any(")]),
    ("common-door-takes-two", "Two go in at a common door.", GATE, [(
        "        while flag.compare_exchange(false, true, Ordering::SeqCst, Ordering::Relaxed).is_err() {",
        "        while flag.swap(true, Ordering::SeqCst) && knocks == 0 {")]),
    ("hand-over-is-relaxed", "A place that is handed over carries nothing with it.", QUEUE, [(
        "            done.store(end.done, Ordering::Release);", "            done.store(end.done, Ordering::Relaxed);")]),
    ("sender-acquires-nothing", "A sender does not see that a place was emptied.", QUEUE, [(
        "end.seen = self.taken.0.load(Ordering::Acquire);", "end.seen = self.taken.0.load(Ordering::Relaxed);")]),
    ("taker-acquires-nothing", "A taker does not see what a place was filled with.", QUEUE, [(
        "end.seen = self.stored.0.load(Ordering::Acquire);", "end.seen = self.stored.0.load(Ordering::Relaxed);")]),
    ("lane-takes-one-too-many", "The lane takes a value for which there is no place.", QUEUE, [(
        "            if end.done - end.seen >= capacity {\n                // Acquire", "            if end.done - end.seen > capacity {\n                // Acquire")]),
    ("lane-forgets-refusals", "What is refused in the lane is not counted.", QUEUE, [(
        "end.refused += u64::from(counts);", "let _ = counts;")]),
    ("lane-closes-past-the-sender", "Who closes the lane does not wait for its sender.", QUEUE, [(
        "        self.sending.await_empty();\n", "")]),
    ("lane-closes-past-the-taker", "Who closes the lane does not wait for its taker.", QUEUE, [(
        "        self.taking.await_empty();\n", "")]),
    ("lane-opens-over-old-values", "A lane that is opened over values begins behind none.", QUEUE, [(
        "done: stored, seen: 0, refused: 0 }", "done: 0, seen: 0, refused: 0 }")]),
    ("lane-opens-though-somebody-waits", "The lane is opened although somebody waits.", LANE + "mod.rs", [(
        "            && locked.state.nobody_waits()\n", "")]),
    ("lane-opens-without-places", "The lane is opened before every place has a slot.", LANE + "mod.rs", [(
        "            && locked.state.log_mut().lay_out(STEPS)\n", "            && (locked.state.log_mut().lay_out(1) || true)\n")]),
    ("lane-stays-open-under-the-lock", "Who works under the lock leaves the lane open.", LANE + "mod.rs", [(
        "            Self::close(lane, locked);\n            let result", "            let result")]),
    ("door-is-given-away-while-open", "A door changes hands while somebody may be inside.", LANE + "mod.rs", [(
        "                locked.open = false;\n                lane.close(locked);\n                adopt();\n                locked.open = lane.open(locked);\n", "                adopt();\n")]),
    ("mailbox-is-left-under-a-peek", "The lane of a mailbox is opened while somebody looks at its value.", UNATTENDED, [(
        "        if self.slots.is_pinned(self.slot_at(0)) {", "        if self.closed {")]),
    ("mailbox-is-put-relaxed", "A value that is put into a mailbox is not seen with its slot.", LANE + "mailbox.rs", [(
        "self.between.which.swap(end.own | FULL, Ordering::AcqRel)", "self.between.which.swap(end.own | FULL, Ordering::Acquire)")]),
    ("mailbox-is-taken-relaxed", "A taker does not see the value in the slot that it takes.", LANE + "mailbox.rs", [(
        "self.between.which.swap(end.own, Ordering::AcqRel)", "self.between.which.swap(end.own, Ordering::Release)")]),
    ("mailbox-counts-no-displaced", "A value that was displaced in the lane is not counted.", LANE + "mailbox.rs", [(
        "            end.displaced += 1;\n", "")]),
    ("lane-opens-on-a-closed-record", "The lane of a closed record is opened.", UNATTENDED, [(
        "self.may_be_left() && !self.closed &&", "self.may_be_left() &&")]),
    ("lane-opens-for-two-cursors", "The lane is opened though two cursors read.", UNATTENDED, [(
        "!self.closed && self.live_cursors <= 1 &&", "!self.closed &&")]),
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
        "        stamp.store(being_written(number), Ordering::Relaxed);\n", "")]),
    ("copy-without-a-second-look", "A copy is kept though its place was written meanwhile.", STAMP, [(
        "        (stamp.load(Ordering::Relaxed) == there(number)).then_some(value)", "        Some(value)")]),
    ("stamp-is-set-relaxed", "A stamp carries no value with it.", STAMP, [(
        "        stamp.store(there(number), Ordering::Release);", "        stamp.store(there(number), Ordering::Relaxed);")]),
    ("stamp-acquires-nothing", "Who sees a stamp does not see its value.", STAMP, [(
        "stamp.load(Ordering::Acquire) != there(number)", "stamp.load(Ordering::Relaxed) != there(number)")]),
    ("look-sees-no-value", "Who pins a value does not see it.", LOOKS, [(
        "        let word = self.0.load(Ordering::Acquire);\n        if word & !LOOKS", "        let word = self.0.load(Ordering::Relaxed);\n        if word & !LOOKS"), (
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
    ("machine-lets-go-under-a-look", "The machine gives a value up though a reader of the lane looks at it.", LOOKS, [(
        "        if self.0.load(Ordering::Acquire) & LOOKS == 0 {", "        if self.0.load(Ordering::Acquire) & VACANT == 0 {")]),
    ("writer-ignores-looks", "The writer takes a value away though somebody looks at it.", SHARED, [(
        "        if look.displace() {\n", "        if look.displace() || vacant < SPARES {\n")]),
    ("lag-is-not-counted-in-the-lane", "A lag that was told in the lane is not counted.", SHARED, [(
        "                end.lagged += lost as u64;\n", "")]),
]

def main():
    wrong = []
    for old in HERE.glob("*.patch"):
        old.unlink()
    for name, about, path, edits in MUTANTS:
        before = (ROOT / path).read_text()
        after = before
        for old, new in edits:
            if after.count(old) != 1:
                wrong.append(f"{name}: its text stands {after.count(old)} times in {path}")
            after = after.replace(old, new)
        diff = difflib.unified_diff(before.splitlines(True), after.splitlines(True), "a/" + path, "b/" + path, n=3)
        (HERE / f"{name}.patch").write_text(about + "\n" + "".join(diff))
    sys.exit("\n".join(wrong) if wrong else 0)

main()
