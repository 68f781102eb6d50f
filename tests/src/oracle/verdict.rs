//! What must be true of every schedule.

use std::collections::{HashMap, HashSet, VecDeque};

use aimdb_core::pure::DropCause;

use super::{Evidence, Fate, gates};

/// Judges the evidence.
pub(super) fn judge(evidence: &Evidence) {
    let accepted = accepted(evidence);
    counts(evidence, &accepted);
    hook(evidence);
    readers(evidence, &accepted);
    one_order(evidence, &accepted);
}

/// The values that were stored, in the order of each producer.
fn accepted(evidence: &Evidence) -> Vec<Vec<u64>> {
    let mut not_stored = HashSet::new();
    for (tag, cause) in &evidence.dropped {
        if matches!(cause, DropCause::Refused | DropCause::Cancelled | DropCause::DroppedNewest) {
            assert!(not_stored.insert(*tag), "M5: {tag} was given to the hook twice");
        }
    }
    let stored = |fate, tag| match fate {
        Fate::Sent | Fate::Abandoned | Fate::Pushed => !not_stored.contains(&tag),
        Fate::Refused | Fate::GaveUp | Fate::NotOffered => {
            assert!(!not_stored.contains(&tag), "M5: {tag} travelled back and went to the hook");
            false
        }
    };
    let of = |offers: &Vec<super::Offer>| {
        offers.iter().filter(|offer| stored(offer.fate, offer.tag)).map(|offer| offer.tag).collect()
    };
    evidence.producers.iter().map(of).collect()
}

/// M1, M2: every offer is counted as what it was.
fn counts(evidence: &Evidence, accepted: &[Vec<u64>]) {
    let counters = &evidence.metrics.counters;
    let offers = || evidence.producers.iter().flatten();
    let of = |fate| offers().filter(|offer| offer.fate == fate).count() as u64;
    let to_hook = |cause| evidence.dropped.iter().filter(|(_, why)| *why == cause).count() as u64;
    let stored = accepted.iter().map(Vec::len).sum::<usize>() as u64;
    assert_eq!(counters.accepted, stored, "M1: accepted");
    assert_eq!(counters.offered(), offers().count() as u64 - of(Fate::NotOffered), "M1: offered");
    assert_eq!(counters.timed_out, of(Fate::GaveUp) + to_hook(DropCause::Cancelled), "M1: timed out");
    let refused = of(Fate::Refused) + to_hook(DropCause::Refused) + to_hook(DropCause::DroppedNewest);
    assert_eq!(counters.refused, refused, "M1: refused");
    assert_eq!(counters.dropped_newest, to_hook(DropCause::DroppedNewest), "M1: dropped as the newest");
    let forced_out = evidence.displaced_by_force.len() as u64;
    assert_eq!(counters.overwritten, to_hook(DropCause::Overwritten) + forced_out, "M2: overwritten");
    assert_eq!(counters.aborted, to_hook(DropCause::Aborted), "M5: aborted");
    assert!(evidence.metrics.occupancy <= evidence.metrics.capacity, "M2");
    assert_eq!((evidence.metrics.waiting_producers, evidence.metrics.waiting_consumers), (0, 0), "W2: nobody is left");
    assert_eq!(counters.clone_panics, 0);
}

/// M5: a value that a reader took from a kind that does not retain never goes to the hook, and no
/// value goes there twice.
fn hook(evidence: &Evidence) {
    let mut dropped = HashSet::new();
    for tag in evidence.dropped.iter().map(|(tag, _)| tag).chain(&evidence.displaced_by_force) {
        assert!(dropped.insert(*tag), "M5: {tag} was dropped twice");
    }
    if evidence.cfg.kind().shares_cursor() {
        for tag in evidence.cursors.iter().flat_map(|cursor| &cursor.shares).flat_map(|seen| &seen.tags) {
            assert!(!dropped.contains(tag), "M5: {tag} was taken and dropped");
        }
    }
}

/// K: each cursor has each value once, and accounts for all.
fn readers(evidence: &Evidence, accepted: &[Vec<u64>]) {
    let kind = evidence.cfg.kind();
    let known: HashSet<u64> = accepted.iter().flatten().copied().collect();
    let forced = evidence.producers.iter().flatten().any(|offer| offer.forced);
    let mut taken = HashSet::new();
    for cursor in &evidence.cursors {
        let counters = cursor.metrics.counters;
        let sum = counters.delivered + counters.lagged + counters.skipped + counters.readable;
        assert_eq!(counters.accepted, sum, "M1: a cursor accounts for every value: {counters:?}");
        assert_eq!(counters.readable, 0, "C1: it was drained: {counters:?}");
        let mut read = 0;
        let mut own = HashSet::new();
        for seen in &cursor.shares {
            read += seen.tags.len() as u64;
            for tag in &seen.tags {
                assert!(known.contains(tag), "{tag} was read and never stored");
                let first = if kind.shares_cursor() { taken.insert(*tag) } else { own.insert(*tag) };
                assert!(first, "K6: {tag} was read twice at one cursor");
            }
        }
        if !kind.shares_cursor() {
            assert_eq!(counters.delivered, read, "M1: delivered");
            let told: u64 = cursor.shares.iter().map(|seen| seen.told_lag).sum();
            assert!(told <= counters.lagged, "K3: {told} told of {}", counters.lagged);
        }
        let aborted = evidence.metrics.counters.aborted > 0;
        if gates(kind) && !forced && !aborted {
            assert_eq!(counters.lagged, 0, "K5: a gating cursor misses nothing");
            assert_eq!(counters.delivered + counters.skipped, known.len() as u64, "K5: it has every value");
        }
    }
    // With one cursor, every stored value has one end.
    let counters = &evidence.metrics.counters;
    if !evidence.visited && evidence.cursors.len() == 1 && !kind.retains() {
        let skipped = evidence.cursors[0].metrics.counters.skipped;
        let ends = counters.delivered + counters.overwritten + counters.aborted + skipped;
        assert_eq!(counters.accepted, ends, "M1: every value has one end: {counters:?}");
    }
}

/// K6: there is one order of all values that every producer and every reader saw. The pairs that
/// somebody saw one after the other are a graph; without a cycle, it has such an order.
fn one_order(evidence: &Evidence, accepted: &[Vec<u64>]) {
    let seen = evidence.cursors.iter().flat_map(|cursor| &cursor.shares).chain(&evidence.visitors);
    let chains: Vec<&Vec<u64>> = accepted.iter().chain(seen.map(|seen| &seen.tags)).collect();
    let mut after: HashMap<u64, Vec<u64>> = HashMap::new();
    let mut before: HashMap<u64, usize> = HashMap::new();
    for chain in &chains {
        for tag in *chain {
            before.entry(*tag).or_default();
        }
        for pair in chain.windows(2) {
            after.entry(pair[0]).or_default().push(pair[1]);
            *before.entry(pair[1]).or_default() += 1;
        }
    }
    let mut ready: VecDeque<u64> = before.iter().filter(|(_, count)| **count == 0).map(|(tag, _)| *tag).collect();
    let mut ordered = 0;
    while let Some(tag) = ready.pop_front() {
        ordered += 1;
        for next in after.remove(&tag).unwrap_or_default() {
            let count = before.get_mut(&next).expect("every tag of a chain is known");
            *count -= 1;
            if *count == 0 {
                ready.push_back(next);
            }
        }
    }
    assert_eq!(ordered, before.len(), "K6: the cursors saw different orders");
}
