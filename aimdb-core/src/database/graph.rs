//! Looks for every mistake of a configuration, before anything is made.
//!
//! Pure: it sees facts about the records, never a buffer, a value or a closure of the user's.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::any::TypeId;

use super::{ConfigError, ConfigMistake, RecordKey};
use crate::buffer::BufferCfg;
use crate::pure::Kind;

/// A type, as far as the graph knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TypeFacts {
    pub(super) id: TypeId,
    pub(super) name: &'static str,
}

impl TypeFacts {
    pub(super) fn of<T: 'static>() -> Self {
        Self { id: TypeId::of::<T>(), name: core::any::type_name::<T>() }
    }
}

/// What was chosen as a record's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BufferFacts {
    /// One of the four kinds.
    Heap { cfg: BufferCfg, single_cursor: bool },
    /// A buffer of the user's own, with this identity.
    Raw { identity: usize },
}

/// What writes a record.
#[derive(Debug, Clone)]
pub(super) enum WriterFacts {
    Source,
    Transform { inputs: Vec<InputFacts> },
}

/// What a transform reads.
#[derive(Debug, Clone)]
pub(super) struct InputFacts {
    pub(super) key: RecordKey,
    pub(super) ty: TypeFacts,
}

/// What was said about a record of one key and type.
#[derive(Debug, Clone)]
pub(super) struct RecordFacts {
    pub(super) key: RecordKey,
    pub(super) ty: TypeFacts,
    pub(super) buffers: Vec<BufferFacts>,
    pub(super) degraders: usize,
    pub(super) hooks: usize,
    pub(super) writers: Vec<WriterFacts>,
    pub(super) taps: usize,
}

/// Every mistake that can be seen without making anything.
pub(super) fn mistakes(records: &[RecordFacts]) -> Vec<ConfigError> {
    let mut found = Findings(Vec::new());
    let mut types: BTreeMap<&RecordKey, Vec<TypeFacts>> = BTreeMap::new();
    let mut reads: BTreeMap<(&RecordKey, TypeId), usize> = BTreeMap::new();
    for record in records {
        types.entry(&record.key).or_default().push(record.ty);
        *reads.entry((&record.key, record.ty.id)).or_default() += record.taps;
        for input in inputs(record) {
            *reads.entry((&input.key, input.ty.id)).or_default() += 1;
        }
    }
    check_types(&types, &mut found);
    for record in records {
        let readers = reads.get(&(&record.key, record.ty.id)).copied().unwrap_or(0);
        check_buffer(record, readers, &mut found);
        check_writers(record, &types, &mut found);
    }
    check_cycles(records, &mut found);
    found.0
}

struct Findings(Vec<ConfigError>);

impl Findings {
    fn add(&mut self, record: &RecordKey, mistake: ConfigMistake) {
        self.0.push(ConfigError { key: record.clone(), mistake });
    }
}

fn check_types(types: &BTreeMap<&RecordKey, Vec<TypeFacts>>, found: &mut Findings) {
    for (key, types) in types {
        let Some((first, others)) = types.split_first() else { continue };
        for other in others.iter().filter(|other| other.id != first.id) {
            found.add(key, ConfigMistake::ConflictingTypes { first: first.name, second: other.name });
        }
    }
}

fn inputs(record: &RecordFacts) -> impl Iterator<Item = &InputFacts> {
    record.writers.iter().flat_map(|writer| match writer {
        WriterFacts::Source => &[][..],
        WriterFacts::Transform { inputs } => inputs,
    })
}

fn check_buffer(record: &RecordFacts, readers: usize, found: &mut Findings) {
    if record.hooks > 1 {
        found.add(&record.key, ConfigMistake::SeveralHooks { count: record.hooks });
    }
    if record.degraders > 1 {
        found.add(&record.key, ConfigMistake::SeveralDegraders { count: record.degraders });
    }
    let Some(first) = record.buffers.first() else {
        found.add(&record.key, ConfigMistake::NoBuffer);
        return;
    };
    if record.buffers.iter().any(|other| other != first) {
        let buffers = record.buffers.iter().map(described).collect();
        found.add(&record.key, ConfigMistake::ConflictingBuffers { buffers });
    }
    for buffer in distinct(&record.buffers) {
        match buffer {
            BufferFacts::Heap { cfg, single_cursor } => {
                if let Err(error) = cfg.validate(record.degraders > 0) {
                    found.add(&record.key, ConfigMistake::Buffer(error));
                }
                if *single_cursor && !cfg.kind().shares_cursor() && readers > 1 {
                    found.add(&record.key, ConfigMistake::TooManyReaders { subscriptions: readers });
                }
            }
            BufferFacts::Raw { .. } => {
                if record.hooks + record.degraders > 0 {
                    found.add(&record.key, ConfigMistake::NotForRawBuffer);
                }
            }
        }
    }
}

fn distinct(buffers: &[BufferFacts]) -> impl Iterator<Item = &BufferFacts> {
    buffers.iter().enumerate().filter(|(i, buffer)| !buffers[..*i].contains(buffer)).map(|(_, buffer)| buffer)
}

fn described(buffer: &BufferFacts) -> Box<str> {
    let text = match buffer {
        BufferFacts::Raw { .. } => "a buffer of the user's own".to_string(),
        BufferFacts::Heap { cfg, single_cursor } => {
            let cursors = if *single_cursor { " with one cursor" } else { "" };
            match cfg.kind() {
                Kind::SpmcRing => format!("SpmcRing({}){cursors}", cfg.capacity()),
                Kind::SingleLatest | Kind::Mailbox => format!("{}{cursors}", cfg.kind().name()),
                Kind::Bounded(policy) => format!("Bounded({}, {policy}){cursors}", cfg.capacity()),
            }
        }
    };
    text.into_boxed_str()
}

fn check_writers(record: &RecordFacts, types: &BTreeMap<&RecordKey, Vec<TypeFacts>>, found: &mut Findings) {
    if record.writers.len() > 1 {
        let name = |writer: &WriterFacts| -> Box<str> {
            match writer {
                WriterFacts::Source => "source".into(),
                WriterFacts::Transform { .. } => "transform".into(),
            }
        };
        let writers = record.writers.iter().map(name).collect();
        found.add(&record.key, ConfigMistake::SeveralWriters { writers });
    }
    for writer in &record.writers {
        match writer {
            WriterFacts::Transform { inputs } if inputs.is_empty() => found.add(&record.key, ConfigMistake::NoInput),
            WriterFacts::Transform { .. } | WriterFacts::Source => {}
        }
    }
    for input in inputs(record) {
        let Some(types) = types.get(&input.key) else {
            found.add(&record.key, ConfigMistake::UnknownInput { input: input.key.clone() });
            continue;
        };
        if types.iter().all(|ty| ty.id != input.ty.id) {
            let expected = types.first().map_or("", |ty| ty.name);
            let mistake = ConfigMistake::WrongInputType { input: input.key.clone(), expected, found: input.ty.name };
            found.add(&record.key, mistake);
        }
    }
}

/// Reports each circle of transforms once, at the first of its records in order of the keys.
fn check_cycles(records: &[RecordFacts], found: &mut Findings) {
    let mut sources: BTreeMap<&RecordKey, Vec<&RecordKey>> = BTreeMap::new();
    for record in records {
        sources.entry(&record.key).or_default().extend(inputs(record).map(|input| &input.key));
    }
    let mut reported = BTreeSet::new();
    let mut done = BTreeSet::new();
    for start in sources.keys().copied() {
        // Depth first from each record to what it reads: the path, each with its next input. Every
        // edge is looked at once, and every record is on the path at most once.
        let mut path = Vec::from([(start, 0)]);
        while let Some((record, next)) = path.last_mut() {
            let record = *record;
            let input = if done.contains(record) { None } else { sources.get(record).and_then(|all| all.get(*next)) };
            *next += 1;
            match input.copied() {
                None => {
                    done.insert(record);
                    path.pop();
                }
                Some(input) => match path.iter().position(|(on_path, _)| *on_path == input) {
                    Some(from) => {
                        reported.insert(circle(&path[from..]));
                    }
                    None => path.push((input, 0)),
                },
            }
        }
    }
    for path in reported {
        let first = path[0].clone();
        found.add(&first, ConfigMistake::Cycle { path });
    }
}

/// The circle in the direction in which values flow, from its first record in order of the keys,
/// so that the same circle always reads the same.
fn circle(path: &[(&RecordKey, usize)]) -> Vec<RecordKey> {
    let mut keys: Vec<RecordKey> = path.iter().rev().map(|(key, _)| (*key).clone()).collect();
    let first = (0..keys.len()).min_by_key(|i| &keys[*i]).unwrap_or(0);
    keys.rotate_left(first);
    keys.extend(keys.first().cloned());
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::BufferCfgError;
    use crate::pure::Policy;
    use alloc::vec;

    const RING: BufferFacts = BufferFacts::Heap { cfg: BufferCfg::SpmcRing { capacity: 4 }, single_cursor: false };

    fn record<T: 'static>(key: &'static str) -> RecordFacts {
        RecordFacts {
            key: key.into(),
            ty: TypeFacts::of::<T>(),
            buffers: vec![RING],
            degraders: 0,
            hooks: 0,
            writers: vec![],
            taps: 0,
        }
    }

    fn transform<In: 'static>(inputs: &[&'static str]) -> WriterFacts {
        let inputs = inputs.iter().map(|key| InputFacts { key: (*key).into(), ty: TypeFacts::of::<In>() }).collect();
        WriterFacts::Transform { inputs }
    }

    fn fed(key: &'static str, inputs: &[&'static str]) -> RecordFacts {
        RecordFacts { writers: vec![transform::<u8>(inputs)], ..record::<u8>(key) }
    }

    fn only(records: &[RecordFacts]) -> (RecordKey, ConfigMistake) {
        let mut found = mistakes(records);
        assert_eq!(found.len(), 1, "{found:?}");
        let error = found.remove(0);
        (error.key, error.mistake)
    }

    #[test]
    fn r1_a_sound_configuration_has_no_mistakes() {
        let records = [
            RecordFacts { writers: vec![WriterFacts::Source], taps: 3, ..record::<u8>("a") },
            fed("b", &["a"]),
            fed("c", &["a", "b", "b"]),
        ];
        assert_eq!(mistakes(&records), vec![]);
    }

    #[test]
    fn r1_a_key_of_two_types_is_a_mistake() {
        let (key, mistake) = only(&[record::<u8>("a"), record::<u16>("a")]);
        assert_eq!(key, "a");
        assert_eq!(mistake, ConfigMistake::ConflictingTypes { first: "u8", second: "u16" });
    }

    #[test]
    fn r3_a_record_without_a_buffer_is_a_mistake() {
        let (_, mistake) = only(&[RecordFacts { buffers: vec![], ..record::<u8>("a") }]);
        assert_eq!(mistake, ConfigMistake::NoBuffer);
    }

    #[test]
    fn r1_two_choices_of_the_same_buffer_agree_and_different_ones_are_a_mistake() {
        assert_eq!(mistakes(&[RecordFacts { buffers: vec![RING, RING], ..record::<u8>("a") }]), vec![]);
        let queue =
            BufferFacts::Heap { cfg: BufferCfg::Bounded { capacity: 4, policy: Policy::Fail }, single_cursor: true };
        let (_, mistake) = only(&[RecordFacts { buffers: vec![RING, queue], ..record::<u8>("a") }]);
        let buffers = vec!["SpmcRing(4)".into(), "Bounded(4, fail) with one cursor".into()];
        assert_eq!(mistake, ConfigMistake::ConflictingBuffers { buffers });
    }

    #[test]
    fn k1_capacities_without_a_meaning_are_mistakes() {
        let of =
            |cfg| RecordFacts { buffers: vec![BufferFacts::Heap { cfg, single_cursor: false }], ..record::<u8>("a") };
        let (_, mistake) = only(&[of(BufferCfg::SpmcRing { capacity: 0 })]);
        assert_eq!(mistake, ConfigMistake::Buffer(BufferCfgError::ZeroCapacity { kind: "SpmcRing" }));
        let (_, mistake) = only(&[of(BufferCfg::SpmcRing { capacity: usize::MAX })]);
        assert_eq!(mistake, ConfigMistake::Buffer(BufferCfgError::CapacityTooLarge { capacity: usize::MAX }));
        assert_eq!(mistakes(&[of(BufferCfg::Bounded { capacity: 0, policy: Policy::PauseUpstream })]), vec![]);
    }

    #[test]
    fn s4_a_missing_degrader_is_a_mistake() {
        let cfg = BufferCfg::Bounded { capacity: 1, policy: Policy::DegradeQuality };
        let facts = RecordFacts { buffers: vec![BufferFacts::Heap { cfg, single_cursor: false }], ..record::<u8>("a") };
        assert_eq!(only(core::slice::from_ref(&facts)).1, ConfigMistake::Buffer(BufferCfgError::MissingDegrader));
        assert_eq!(mistakes(&[RecordFacts { degraders: 1, ..facts.clone() }]), vec![]);
        assert_eq!(only(&[RecordFacts { degraders: 2, ..facts }]).1, ConfigMistake::SeveralDegraders { count: 2 });
    }

    #[test]
    fn m5_hooks_that_nobody_would_call_are_mistakes() {
        let raw = RecordFacts { buffers: vec![BufferFacts::Raw { identity: 1 }], hooks: 1, ..record::<u8>("a") };
        assert_eq!(only(&[raw]).1, ConfigMistake::NotForRawBuffer);
        assert_eq!(only(&[RecordFacts { hooks: 2, ..record::<u8>("a") }]).1, ConfigMistake::SeveralHooks { count: 2 });
    }

    #[test]
    fn r4_two_writers_are_a_mistake() {
        let writers = vec![WriterFacts::Source, transform::<u8>(&["b"])];
        let (key, mistake) = only(&[RecordFacts { writers, ..record::<u8>("a") }, record::<u8>("b")]);
        assert_eq!(key, "a");
        assert_eq!(mistake, ConfigMistake::SeveralWriters { writers: vec!["source".into(), "transform".into()] });
    }

    #[test]
    fn r1_unknown_missing_and_mistyped_inputs_are_mistakes() {
        assert_eq!(only(&[fed("a", &["x"])]).1, ConfigMistake::UnknownInput { input: "x".into() });
        assert_eq!(only(&[fed("a", &[])]).1, ConfigMistake::NoInput);
        let (_, mistake) = only(&[fed("a", &["x"]), record::<u16>("x")]);
        assert_eq!(mistake, ConfigMistake::WrongInputType { input: "x".into(), expected: "u16", found: "u8" });
    }

    #[test]
    fn k7_a_single_cursor_with_two_readers_is_a_mistake() {
        let of = |cfg| {
            let buffers = vec![BufferFacts::Heap { cfg, single_cursor: true }];
            [RecordFacts { buffers, taps: 1, ..record::<u8>("a") }, fed("b", &["a"])]
        };
        let (key, mistake) = only(&of(BufferCfg::Bounded { capacity: 1, policy: Policy::Fail }));
        assert_eq!(key, "a");
        assert_eq!(mistake, ConfigMistake::TooManyReaders { subscriptions: 2 });
        assert_eq!(mistakes(&of(BufferCfg::Mailbox)), vec![], "its readers share the cursor anyway");
    }

    #[test]
    fn r1_a_circle_is_named_whole_and_once() {
        let (key, mistake) = only(&[fed("c", &["b"]), fed("a", &["c"]), fed("b", &["a"]), fed("z", &["c"])]);
        assert_eq!(key, "a");
        assert_eq!(mistake, ConfigMistake::Cycle { path: ["a", "b", "c", "a"].map(RecordKey::from).to_vec() });
        let (key, mistake) = only(&[fed("a", &["a"])]);
        assert_eq!(key, "a");
        assert_eq!(mistake, ConfigMistake::Cycle { path: ["a", "a"].map(RecordKey::from).to_vec() });
    }

    #[test]
    fn r1_two_circles_through_one_record_are_both_named() {
        let found = mistakes(&[fed("a", &["b", "c"]), fed("b", &["a"]), fed("c", &["a"])]);
        let paths: Vec<_> = found.iter().map(|error| error.mistake.to_string()).collect();
        assert_eq!(paths, ["its transform feeds itself: a -> b -> a", "its transform feeds itself: a -> c -> a"]);
    }

    #[test]
    fn r1_a_long_chain_is_no_circle_and_overflows_no_stack() {
        let keys: Vec<RecordKey> = (0..2_000).map(|i| RecordKey::from(format!("{i:04}"))).collect();
        let mut records = vec![RecordFacts { key: keys[1_999].clone(), ..record::<u8>("") }];
        for pair in keys.windows(2) {
            let input = InputFacts { key: pair[1].clone(), ty: TypeFacts::of::<u8>() };
            let writers = vec![WriterFacts::Transform { inputs: vec![input] }];
            records.push(RecordFacts { key: pair[0].clone(), writers, ..record::<u8>("") });
        }
        let mut found = Findings(vec![]);
        check_cycles(&records, &mut found);
        assert_eq!(found.0, vec![]);
    }
}
