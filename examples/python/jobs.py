"""Two threads of Python and a record that holds two jobs: the faster one waits for the slower one."""
import threading

import aimdb

record = aimdb.Record("jobs", "qd", capacity=2)
seen_by_tap = []
record.tap(lambda number, weight: seen_by_tap.append(number))

with aimdb.Database(record) as db:
    jobs, worker = db.producer("jobs"), db.consumer("jobs")

    def produce():
        for number in range(1, 11):
            jobs.send(number, number / 2)      # waits while two jobs are unread
        jobs.close()

    thread = threading.Thread(target=produce)
    thread.start()
    most = 0
    for number, weight in worker:
        most = max(most, db.stats("jobs").occupancy)
        print(f"job {number} weighs {weight}")
    thread.join()
    print("never more than two waited" if most <= 2 else f"{most} waited")
print("the tap saw", len(seen_by_tap))
