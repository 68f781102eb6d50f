//! Where the records of a database are described.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::{Any, TypeId};
use core::fmt;

use super::draft::Draft;
use super::record::Common;
use super::records::Records;
use super::{AimDb, ConfigError, ConfigErrors, RecordKey, Registrar, graph};

/// Describes a database. Nothing is made before [`AimDbBuilder::build`].
#[derive(Default)]
pub struct AimDbBuilder {
    drafts: Vec<Box<dyn Draft>>,
    index: BTreeMap<(RecordKey, TypeId), usize>,
}

impl AimDbBuilder {
    /// A database without records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Describes the record `key`, which holds values of type `T`. What is said about the same key
    /// and type in several calls adds up, so several modules can tap one record.
    ///
    /// ```
    /// use aimdb_core::{AimDbBuilder, LogLevel, buffer::BufferCfg};
    ///
    /// let mut builder = AimDbBuilder::new();
    /// builder.configure::<f32>("room.temperature", |record| {
    ///     record.buffer(BufferCfg::SpmcRing { capacity: 100 }).tap(|context, mut consumer| async move {
    ///         while let Ok(celsius) = consumer.recv().await {
    ///             context.log(LogLevel::Info, format_args!("{celsius} °C"));
    ///         }
    ///     });
    /// });
    /// let db = builder.build()?;
    /// # Ok::<(), aimdb_core::ConfigErrors>(())
    /// ```
    pub fn configure<T: Send + 'static>(
        &mut self,
        key: impl Into<RecordKey>,
        describe: impl FnOnce(&mut Registrar<T>),
    ) -> &mut Self {
        let key = key.into();
        let at = *self.index.entry((key.clone(), TypeId::of::<T>())).or_insert_with(|| {
            self.drafts.push(Box::new(Registrar::<T>::new(key)));
            self.drafts.len() - 1
        });
        let draft: &mut dyn Any = &mut *self.drafts[at];
        describe(draft.downcast_mut().expect("the index names the draft of this type"));
        self
    }

    /// Makes the records, and subscribes every tap and transform, so that none of them misses a
    /// value that is sent after this.
    ///
    /// # Errors
    ///
    /// Every mistake in the configuration, each with its record.
    pub fn build(mut self) -> Result<AimDb, ConfigErrors> {
        let facts: Vec<_> = self.drafts.iter().map(|draft| draft.facts()).collect();
        let mut mistakes = graph::mistakes(&facts);
        let seen = mistakes.len();
        let common = Arc::new(Common::new(facts.iter().map(|record| record.ty).collect()));
        // The sound ones are made even if others are not, to report as well what only the
        // allocator knows.
        let unsound: BTreeSet<_> = mistakes.iter().map(|error| error.key.clone()).collect();
        let mut records = Vec::with_capacity(facts.len());
        // Here, because that there is no memory for a record has to be told without any.
        mistakes.reserve(facts.len());
        let mut found = |key: &RecordKey, mistake| mistakes.push(ConfigError { key: key.clone(), mistake });
        for (draft, facts) in self.drafts.iter_mut().zip(&facts) {
            if unsound.contains(&facts.key) {
                continue;
            }
            match draft.make() {
                Ok(record) => records.push(record),
                Err(mistake) => found(&facts.key, mistake),
            }
        }
        // Each that is missing is missing by a mistake.
        if records.len() < facts.len() {
            return Err(ConfigErrors::of(mistakes, seen));
        }
        let (records, mut services) = (Records::new(records), Vec::new());
        for (draft, facts) in self.drafts.into_iter().zip(&facts) {
            if let Err(mistake) = draft.connect(&records, &common.stop, &mut services) {
                found(&facts.key, mistake);
            }
        }
        if mistakes.is_empty() {
            Ok(AimDb::new(records, services, common))
        } else {
            Err(ConfigErrors::of(mistakes, seen))
        }
    }
}

impl fmt::Debug for AimDbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.index.keys().map(|(key, _)| key)).finish()
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::{OneSlot, database, single};
    use super::super::{ConfigMistake, DbError};
    use super::*;
    use crate::buffer::{BufferCfg, BufferCfgError, SubscribeError};
    use crate::pure::{Kind, Policy};
    use alloc::string::ToString;

    #[test]
    fn r1_every_mistake_is_reported_with_its_record() {
        let mut builder = AimDbBuilder::new();
        builder
            .configure::<u8>("two.types", |record| {
                record.buffer(BufferCfg::SingleLatest);
            })
            .configure::<u16>("two.types", |record| {
                record.buffer(BufferCfg::SingleLatest);
            })
            .configure::<u8>("two.writers", |record| {
                record.buffer(BufferCfg::Mailbox).source(|_, _| async {}).source_blocking(|_, _| {});
            })
            .configure::<u8>("no.buffer", |_| {})
            .configure::<u8>("no.capacity", |record| {
                record.buffer(BufferCfg::SpmcRing { capacity: 0 });
            })
            .configure::<[u64; 1024]>("no.memory", |record| {
                record.work_queue(usize::MAX / 64);
            })
            .configure::<u8>("no.input", |record| {
                record.bounded(1).transform::<u8>("nowhere", |from| from.map(|value| value));
            })
            .configure::<u8>("wrong.input", |record| {
                record.bounded(1).transform::<u64>("no.capacity", |from| from.filter_map(|_| None));
            })
            .configure::<u8>("circle.a", |record| {
                record.bounded(1).transform::<u8>("circle.b", |from| from.map(|value| value));
            })
            .configure::<u8>("circle.b", |record| {
                record
                    .bounded(1)
                    .transform_join(|join| join.with_state(()).input::<u8>("circle.a", |(), value| Some(value)));
            })
            .configure::<u8>("no.degrader", |record| {
                record.bounded(1).policy(Policy::DegradeQuality);
            });
        let errors = builder.build().expect_err("all of it is wrong");
        let text = errors.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "record `circle.a`: its transform feeds itself: circle.a -> circle.b -> circle.a",
                "record `no.buffer`: no buffer was chosen",
                "record `no.capacity`: a SpmcRing buffer cannot have capacity 0",
                "record `no.degrader`: the policy degrade_quality needs a degrader",
                "record `no.input`: its transform reads `nowhere`, which is not configured",
                &alloc::format!("record `no.memory`: there is no memory for a capacity of {}", usize::MAX / 64),
                "record `two.types`: configured as `u8` and again as `u16`",
                "record `two.writers`: it has 2 writers, and may have one: source, source",
                "record `wrong.input`: its transform reads `no.capacity` as `u64`, which holds `u8`",
            ]
        );
        assert_eq!(errors.len(), 9);
        assert!(errors.iter().all(|error| !error.key.as_str().is_empty()));
    }

    #[test]
    fn k1_what_the_allocator_refuses_is_reported_with_the_other_mistakes() {
        let mut builder = AimDbBuilder::new();
        builder.configure::<[u8; 1 << 30]>("huge", |record| {
            record.work_queue(BufferCfg::MAX_CAPACITY);
        });
        builder.configure::<u8>("none", |_| {});
        let errors = builder.build().expect_err("there is no such memory");
        let mistakes: Vec<_> = errors.iter().map(|error| &error.mistake).collect();
        let refused = BufferCfgError::CapacityTooLarge { capacity: BufferCfg::MAX_CAPACITY };
        assert_eq!(mistakes, [&ConfigMistake::Buffer(refused), &ConfigMistake::NoBuffer]);
    }

    #[test]
    fn r1_a_reader_of_a_buffer_that_has_none_is_a_mistake() {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u8>("a", |record| {
            record.buffer_raw(OneSlot::new()).tap(|_, _| async {});
        });
        let errors = builder.build().expect_err("it has no readers");
        let mistake = &errors.iter().next().expect("one").mistake;
        assert_eq!(*mistake, ConfigMistake::Subscribe(SubscribeError::NoReaders));
    }

    #[test]
    fn r1_what_several_modules_say_about_a_record_adds_up() {
        let db = database(|builder| {
            for _ in 0..3 {
                builder.configure::<u8>("a", |record| {
                    record.buffer(BufferCfg::SingleLatest).tap(|_, _| async {});
                });
            }
        });
        let names: Vec<_> = db.take_services().into_iter().map(|service| service.name).collect();
        assert_eq!(names, ["a/tap#1", "a/tap#2", "a/tap#3"]);
    }

    #[test]
    fn s8_the_chain_of_a_queue_says_its_policy() {
        let policies = [
            ("pause", Policy::PauseUpstream),
            ("fail", Policy::Fail),
            ("oldest", Policy::DropOldest),
            ("newest", Policy::DropNewest),
            ("degrade", Policy::DegradeQuality),
        ];
        let db = database(|builder| {
            builder
                .configure::<u8>("pause", |record| {
                    record.bounded(2).fail().pause();
                })
                .configure::<u8>("fail", |record| {
                    record.bounded(2).fail().done().tap(|_, _| async {});
                })
                .configure::<u8>("oldest", |record| {
                    record.bounded(2).drop_oldest().tap(|_, _| async {});
                })
                .configure::<u8>("newest", |record| {
                    record.work_queue(2).drop_newest();
                })
                .configure::<u8>("degrade", |record| {
                    record.bounded(2).degrade(|value| value / 2);
                });
        });
        for (key, policy) in policies {
            let record = db.erased(key).expect("it is there").info();
            assert_eq!((record.kind(), record.cfg.map(|cfg| cfg.capacity())), (Some(Kind::Bounded(policy)), Some(2)));
        }
    }

    #[test]
    fn s4_the_degrader_of_the_chain_degrades() {
        let db = single::<u8>(|record| {
            record.work_queue(1).degrade(|value| value / 2);
        });
        let producer = db.producer::<u8>("a").expect("it is there");
        producer.produce(8);
        producer.produce(20);
        assert_eq!(db.consumer::<u8>("a").expect("it is there").try_recv(), Ok(10));
    }

    #[test]
    fn k7_values_that_cannot_be_cloned_go_through_a_work_queue() {
        struct Job(#[expect(dead_code, reason = "it makes the job neither Clone nor Sync")] core::cell::Cell<u8>);
        let db = single::<Job>(|record| {
            record.work_queue(4).fail();
        });
        let producer = db.producer::<Job>("a").expect("it is there");
        let mut first = db.consumer::<Job>("a").expect("it is there");
        let second = db.consumer::<Job>("a").expect_err("it has one cursor");
        assert_eq!(second, DbError::Subscribe(SubscribeError::SingleCursor));
        let mut second = first.share().expect("the cursor can be shared");
        producer.produce(Job(core::cell::Cell::new(1)));
        assert!(second.try_recv().is_ok());
        assert!(matches!(first.try_recv(), Err(DbError::BufferEmpty)));
    }
}
