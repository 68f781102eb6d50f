//! What was sent and what became of it, counted twice: by the records, and by the calls that this
//! program made. The two must agree.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aimdb_sync::{
    AimDbHandle, DbError, ReaderMetrics, RecordStats, RecvTimeoutError, SendError, SyncConsumer, SyncProducer,
    TrySendError,
};

use crate::screen::blocked;

/// Collects what the program's own calls counted. A counted end hands in its counts when it is
/// dropped, also by a thread that panics.
#[derive(Default)]
pub(crate) struct Ledger {
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    sent: Vec<Sent>,
    read: Vec<Read>,
}

/// What the calls of one producer answered.
#[derive(Debug, Clone, Default)]
struct Sent {
    record: &'static str,
    offered: u64,
    accepted: u64,
    refused: u64,
    timed_out: u64,
}

/// What the calls of one consumer answered, and what its cursor says of it.
#[derive(Debug, Clone)]
struct Read {
    record: &'static str,
    reader: &'static str,
    received: u64,
    told_lag: u64,
    cursor: ReaderMetrics,
}

impl Ledger {
    /// A producer whose calls are counted.
    pub(crate) fn producer<T: Send + 'static>(
        self: &Arc<Self>,
        handle: &AimDbHandle,
        record: &'static str,
    ) -> Result<CountedProducer<T>, DbError> {
        let producer = handle.producer(record)?;
        Ok(CountedProducer { producer, sent: Sent { record, ..Sent::default() }, ledger: Arc::clone(self) })
    }

    /// A consumer whose calls are counted; `reader` says in the account who it is. Its cursor is
    /// named after the caller, which `stats` shows.
    #[track_caller]
    pub(crate) fn consumer<T: Send + 'static>(
        self: &Arc<Self>,
        handle: &AimDbHandle,
        record: &'static str,
        reader: &'static str,
    ) -> Result<CountedConsumer<T>, DbError> {
        let consumer = handle.consumer(record)?;
        Ok(CountedConsumer { consumer, record, reader, received: 0, told_lag: 0, ledger: Arc::clone(self) })
    }

    fn write(&self, entry: impl FnOnce(&mut Pages)) {
        // A poisoned page is as good as any: an entry is one push.
        entry(&mut self.pages.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A producer that counts what its calls answer.
pub(crate) struct CountedProducer<T: Send + 'static> {
    producer: SyncProducer<T>,
    sent: Sent,
    ledger: Arc<Ledger>,
}

impl<T: Send + 'static> CountedProducer<T> {
    /// Sends, waiting for space at most so long. `false` says that the record was closed.
    pub(crate) fn send_timeout(&mut self, value: T, patience: Duration) -> bool {
        let outcome = self.producer.send_timeout(value, patience);
        self.count(&outcome);
        !matches!(outcome, Err(SendError::Closed(_)))
    }

    /// Sends to a record that takes whatever comes. `false` says that it was closed.
    pub(crate) fn send(&mut self, value: T) -> bool {
        let outcome = self.producer.send(value);
        self.count(&outcome);
        !matches!(outcome, Err(SendError::Closed(_)))
    }

    /// Sends if there is space; otherwise the value is gone, and counted. `false` says that the
    /// record was closed.
    pub(crate) fn try_send(&mut self, value: T) -> bool {
        let outcome = self.producer.try_send(value).map_err(|error| match error {
            TrySendError::Full(value) => SendError::Full(value),
            TrySendError::Closed(value) => SendError::Closed(value),
            TrySendError::Misuse(value, misuse) => SendError::Misuse(value, misuse),
        });
        self.count(&outcome);
        !matches!(outcome, Err(SendError::Closed(_)))
    }

    /// Waits until what was sent has been consumed; `false` if that takes longer than `patience`.
    pub(crate) fn flush(&self, patience: Duration) -> bool {
        self.producer.flush(patience).is_ok()
    }

    /// Closes the record.
    pub(crate) fn close(&self) {
        self.producer.close();
    }

    fn count(&mut self, outcome: &Result<(), SendError<T>>) {
        self.sent.offered += 1;
        match outcome {
            Ok(()) => self.sent.accepted += 1,
            Err(SendError::Full(_) | SendError::Closed(_)) => self.sent.refused += 1,
            Err(SendError::Timeout(_)) => self.sent.timed_out += 1,
            // Offered, and nothing became of it: the account will not balance, as it should not.
            Err(SendError::Misuse(..)) => {}
        }
    }
}

impl<T: Send + 'static> Drop for CountedProducer<T> {
    fn drop(&mut self) {
        self.ledger.write(|pages| pages.sent.push(self.sent.clone()));
    }
}

/// Why a wait ended without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoValue {
    Timeout,
    Closed,
}

/// A consumer that counts what its calls answer. Lag is counted, and skipped.
pub(crate) struct CountedConsumer<T: Send + 'static> {
    consumer: SyncConsumer<T>,
    record: &'static str,
    reader: &'static str,
    received: u64,
    told_lag: u64,
    ledger: Arc<Ledger>,
}

impl<T: Send + 'static> CountedConsumer<T> {
    /// Waits for the next value; `None` when the record is closed and drained.
    pub(crate) fn recv(&mut self) -> Option<T> {
        self.wait(None).ok()
    }

    /// Waits for the next value, at most until `deadline` if there is one.
    pub(crate) fn wait(&mut self, deadline: Option<Instant>) -> Result<T, NoValue> {
        // Each turn but the last tells a lag, and a lag is told once.
        loop {
            let outcome = match deadline {
                Some(deadline) => self.consumer.recv_deadline(deadline),
                None => self.consumer.recv().map_err(RecvTimeoutError::from),
            };
            match outcome {
                Ok(value) => {
                    self.received += 1;
                    return Ok(value);
                }
                Err(RecvTimeoutError::Lagged(lag)) => self.told_lag += lag,
                Err(RecvTimeoutError::Timeout) => return Err(NoValue::Timeout),
                Err(RecvTimeoutError::Closed | RecvTimeoutError::Misuse(_)) => return Err(NoValue::Closed),
            }
        }
    }

    /// The newest value, if there is one that was not seen. Never waits.
    pub(crate) fn try_latest(&mut self) -> Option<T> {
        let value = self.consumer.try_latest().ok()?;
        self.received += 1;
        Some(value)
    }

    /// How many values it was told that it missed.
    pub(crate) fn told_lag(&self) -> u64 {
        self.told_lag
    }
}

impl<T: Send + 'static> Drop for CountedConsumer<T> {
    fn drop(&mut self) {
        let read = Read {
            record: self.record,
            reader: self.reader,
            received: self.received,
            told_lag: self.told_lag,
            cursor: self.consumer.stats(),
        };
        self.ledger.write(|pages| pages.read.push(read));
    }
}

/// The final account.
pub(crate) struct Account {
    records: Vec<RecordStats>,
    read: Vec<Read>,
    faults: Vec<String>,
}

impl Account {
    /// Compares what the records counted, when all is drained, with what the calls counted.
    pub(crate) fn new(records: Vec<RecordStats>, ledger: &Ledger) -> Self {
        let (mut sent, mut read) = (Vec::new(), Vec::new());
        ledger.write(|pages| (sent, read) = (pages.sent.clone(), pages.read.clone()));
        read.sort_by(|a, b| (a.record, a.reader).cmp(&(b.record, b.reader)));
        let mut faults = Vec::new();
        for record in &records {
            faults.extend(faults_of_record(record, &sent));
        }
        faults.extend(read.iter().filter_map(fault_of_cursor));
        Self { records, read, faults }
    }

    /// What the cursors of a record had not read when they went.
    fn readable(&self, record: &RecordStats) -> u64 {
        let of_record = self.read.iter().filter(|read| record.record.key == read.record);
        of_record.map(|read| read.cursor.counters.readable).sum()
    }

    /// What does not balance; empty if all does.
    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }
}

fn faults_of_record(record: &RecordStats, sent: &[Sent]) -> Vec<String> {
    let key = &record.record.key;
    let counters = record.buffer.counters;
    let mut faults = Vec::new();
    let mut check = |what: &str, calls: u64, counted: u64| {
        if calls != counted {
            faults.push(format!("{key}: the calls say {what} {calls}, the record says {counted}"));
        }
    };
    // A record that a transform or the listening thread writes has no counted producer.
    let mine: Vec<_> = sent.iter().filter(|sent| key == sent.record).collect();
    if !mine.is_empty() {
        let sum = |of: fn(&Sent) -> u64| mine.iter().map(|sent| of(sent)).sum::<u64>();
        check("offered", sum(|sent| sent.offered), counters.accepted + counters.refused + counters.timed_out);
        check("accepted", sum(|sent| sent.accepted), counters.accepted);
        check("refused", sum(|sent| sent.refused), counters.refused);
        check("timed out", sum(|sent| sent.timed_out), counters.timed_out);
    }
    if record.buffer.occupancy > record.buffer.capacity {
        faults.push(format!("{key}: it holds {} of {}", record.buffer.occupancy, record.buffer.capacity));
    }
    faults
}

fn fault_of_cursor(read: &Read) -> Option<String> {
    let Read { record, reader, received, told_lag, cursor } = read;
    let cursor = cursor.counters;
    let whose = format!("{record}, cursor of {reader}");
    if cursor.accepted != cursor.delivered + cursor.lagged + cursor.skipped + cursor.readable {
        return Some(format!("{whose}: not all is accounted for: {cursor:?}"));
    }
    if *received != cursor.delivered {
        return Some(format!("{whose}: it received {received}, the cursor says {}", cursor.delivered));
    }
    (*told_lag > cursor.lagged)
        .then(|| format!("{whose}: it was told of {told_lag} missed values, the cursor says {}", cursor.lagged))
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<17} {:>8} {:>8} {:>8} {:>9} {:>9} {:>8} {:>8} {:>14}",
            "record", "offered", "accepted", "refused", "timed out", "delivered", "lagged", "readable", "blocked"
        )?;
        for record in &self.records {
            let counters = record.buffer.counters;
            writeln!(
                f,
                "{:<17} {:>8} {:>8} {:>8} {:>9} {:>9} {:>8} {:>8} {:>14}",
                record.record.key.as_str(),
                counters.offered(),
                counters.accepted,
                counters.refused,
                counters.timed_out,
                counters.delivered,
                counters.lagged,
                self.readable(record),
                blocked(record),
            )?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "{:<17} {:<16} {:>9} = {:>9} + {:>8} + {:>8} + {:>8}",
            "record", "cursor of", "accepted", "delivered", "lagged", "skipped", "readable"
        )?;
        for Read { record, reader, cursor, .. } in &self.read {
            let cursor = cursor.counters;
            writeln!(
                f,
                "{record:<17} {reader:<16} {:>9} = {:>9} + {:>8} + {:>8} + {:>8}",
                cursor.accepted, cursor.delivered, cursor.lagged, cursor.skipped, cursor.readable
            )?;
        }
        writeln!(f)?;
        if self.faults.is_empty() {
            let (records, cursors) = (self.records.len(), self.read.len());
            return write!(f, "the account balances: {records} records, {cursors} cursors");
        }
        write!(f, "THE ACCOUNT DOES NOT BALANCE")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

#[cfg(test)]
mod tests {
    use aimdb_sync::{AimDbBuilder, Attach};

    use super::*;

    fn attached() -> AimDbHandle {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.bounded(2).pause();
        });
        builder.attach().expect("nothing is wrong with it")
    }

    #[test]
    fn m1_calls_and_record_agree_on_every_outcome() {
        let (handle, ledger) = (attached(), Arc::new(Ledger::default()));
        let mut producer = ledger.producer::<u32>(&handle, "a").expect("it is there");
        let mut consumer = ledger.consumer::<u32>(&handle, "a", "test").expect("it is there");
        assert!(producer.send(1) && producer.send(2));
        assert!(producer.try_send(3), "refused, and the record is open");
        assert!(producer.send_timeout(4, Duration::ZERO), "timed out, and the record is open");
        assert_eq!(consumer.recv(), Some(1));
        producer.close();
        assert!(!producer.send(5));
        drop((producer, consumer));
        let account = Account::new(handle.stats(), &ledger);
        assert_eq!(account.faults(), &[] as &[String]);
        let text = account.to_string();
        let numbers: Vec<_> = text.lines().nth(1).expect("a row").split_whitespace().take(8).collect();
        assert_eq!(numbers, ["a", "5", "2", "2", "1", "1", "0", "1"]);
        assert!(text.ends_with("the account balances: 1 records, 1 cursors"), "{text}");
    }

    #[test]
    fn m1_a_value_that_nobody_answers_for_is_a_fault() {
        let (handle, ledger) = (attached(), Arc::new(Ledger::default()));
        let mut producer = ledger.producer::<u32>(&handle, "a").expect("it is there");
        let consumer = ledger.consumer::<u32>(&handle, "a", "test").expect("it is there");
        // As if the record had made one up, and a reader had kept one for itself.
        handle.producer::<u32>("a").expect("it is there").send(0).expect("there is room");
        let mut secret = consumer.consumer.clone();
        assert_eq!(secret.recv(), Ok(0));
        assert!(producer.send(1));
        drop((producer, consumer));
        let account = Account::new(handle.stats(), &ledger);
        assert_eq!(
            account.faults(),
            [
                "a: the calls say offered 1, the record says 2",
                "a: the calls say accepted 1, the record says 2",
                "a, cursor of test: it received 0, the cursor says 1",
            ]
        );
        assert!(account.to_string().contains("DOES NOT BALANCE"));
    }
}
