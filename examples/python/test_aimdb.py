"""What the binding promises: `python3 -m unittest`, after build_aimdb.py."""
import faulthandler
import os
import threading
import unittest

import aimdb

# What hangs, ends, and says where.
faulthandler.dump_traceback_later(60, exit=True)


def eventually(holds):
    """Waits for a state that another thread is about to reach; the watchdog bounds it."""
    while not holds():
        os.sched_yield()


class Binding(unittest.TestCase):
    def test_a_full_record_refuses_at_once_and_holds_a_sender_up(self):
        with aimdb.Database(aimdb.Record("jobs", "q", capacity=2)) as db:
            jobs, worker = db.producer("jobs"), db.consumer("jobs")
            jobs.send(1)
            jobs.send(2)
            with self.assertRaises(aimdb.Full):
                jobs.try_send(3)
            with self.assertRaises(aimdb.Timeout):
                jobs.send(3, timeout=0.001)
            sender = threading.Thread(target=jobs.send, args=(3,))
            sender.start()
            # The sender is asleep in the library, and this thread goes on: the interpreter's lock is free.
            eventually(lambda: db.stats("jobs").waiting_producers == 1)
            self.assertEqual([worker.recv() for _ in range(3)], [(1,), (2,), (3,)])
            sender.join()
            with self.assertRaises(aimdb.Empty):
                worker.try_recv()

    def test_a_reader_that_waits_lets_the_sender_run(self):
        with aimdb.Database(aimdb.Record("jobs", "qd", capacity=1)) as db:
            jobs, worker, got = db.producer("jobs"), db.consumer("jobs"), []
            reader = threading.Thread(target=lambda: got.extend(worker))
            reader.start()
            eventually(lambda: db.stats("jobs").waiting_consumers == 1)
            for number in range(100):
                jobs.send(number, number / 4)
            jobs.close()
            reader.join()
            self.assertEqual(got, [(number, number / 4) for number in range(100)])
            with self.assertRaises(aimdb.Closed):
                jobs.send(1, 1.0)

    def test_a_slow_reader_is_told_its_lag(self):
        with aimdb.Database(aimdb.Record("ticks", "q", kind=aimdb.SPMC_RING, capacity=3)) as db:
            ticks, reader = db.producer("ticks"), db.consumer("ticks")
            for number in range(1, 11):
                ticks.send(number)
            with self.assertRaises(aimdb.Lagged) as told:
                reader.recv()
            self.assertEqual(told.exception.count, 7)
            self.assertEqual(reader.recv(), (8,))

    def test_a_tap_sees_what_was_sent_and_is_let_go(self):
        seen = []
        record = aimdb.Record("jobs", "q", capacity=4).tap(seen.append)
        with aimdb.Database(record) as db:
            jobs = db.producer("jobs")
            for number in range(20):
                jobs.send(number)
        self.assertEqual(seen, list(range(20)))
        eventually(lambda: not aimdb.TAPS)

    def test_mistakes_are_told_with_a_sentence(self):
        with self.assertRaisesRegex(aimdb.Error, "AIMDB_DUPLICATE_RECORD: .*`jobs`"):
            aimdb.Database(aimdb.Record("jobs", "q", capacity=1), aimdb.Record("jobs", "d", capacity=1))
        with self.assertRaisesRegex(aimdb.Error, "AIMDB_BAD_POLICY"):
            aimdb.Database(aimdb.Record("jobs", "q", capacity=1, policy="hope"))


if __name__ == "__main__":
    unittest.main()
