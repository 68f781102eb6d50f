//! The services of an attached database, from their start to the end of the last thread.
//!
//! | stage | means | left by |
//! |---|---|---|
//! | `Serving` | services run | `close` |
//! | `Closing` | the database is closed; services drain and end | the last one to end, or `close` if none runs |
//! | `Ending` | the services have ended; somebody waits for their threads | whoever waits |
//! | `Ended` | no thread is left | nothing |
//!
//! Who waits for the threads is settled by who takes the remains. That is the first caller of
//! `shutdown` without a limit: it waits anyway, and one more thread would cost more than the rest of
//! the end. Otherwise the last service to end starts a thread for it, because neither a caller with
//! a deadline, nor a service, nor whoever drops the handle can wait for as long as it takes.

use std::mem;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use aimdb_core::waiting::Place;
use aimdb_core::{AimDb, RecordKey, Service, ServiceRole, ServiceRun};

use crate::failure::caught;
use crate::lock::Guarded;
use crate::runtime::{self, ServiceRuntime, WithoutRuntime};
use crate::task::Task;
use crate::{AttachError, Failure, RuntimeOptions, events, thread};

/// The services of one attached database.
pub(crate) struct Crew {
    state: Guarded<State>,
    members: Vec<Member>,
}

/// What a service is, for those who ask about it.
struct Member {
    name: String,
    record: RecordKey,
    role: ServiceRole,
}

struct State {
    stage: Stage,
    /// Whether each member still runs.
    runs: Vec<bool>,
    failures: Vec<Failure>,
    /// What is to be ended, until somebody takes it in order to do so.
    remains: Option<Remains>,
    /// The thread that waits for the others, if no caller does.
    closer: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Serving,
    Closing,
    Ending,
    Ended,
}

/// What is to be ended when the services have.
#[derive(Default)]
struct Remains {
    runtime: Option<Box<dyn ServiceRuntime>>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    /// Starts every service that the database has. If that fails, those that were started end.
    pub(crate) fn start(db: &AimDb, options: &RuntimeOptions) -> Result<Arc<Self>, AttachError> {
        let services = db.take_services();
        let threads = options.checked_threads(services.len())?;
        let is_async = |service: &&Service| matches!(service.run, ServiceRun::Async(_));
        let tasks: Vec<_> = services.iter().filter(is_async).map(|service| service.name.clone()).collect();
        let runtime = if tasks.is_empty() { None } else { Some(runtime::start(options, threads, &tasks)?) };
        let members = services.iter().map(Member::of).collect();
        let crew = Arc::new(Self { state: Guarded::new(State::new(services.len())), members });
        // Every member has its post before the first one runs: one that is not started has left it.
        let posts: Vec<_> = (0..services.len()).map(|at| Post::new(&crew, at)).collect();
        let started = services
            .into_iter()
            .zip(posts)
            .try_for_each(|(service, post)| crew.run(db, runtime.as_deref(), service, post));
        crew.state.change(|state| state.remains.get_or_insert_default().runtime = runtime);
        if let Err(error) = started {
            db.close_now();
            crew.close();
            return Err(error);
        }
        Ok(crew)
    }

    fn run(
        &self,
        db: &AimDb,
        runtime: Option<&dyn ServiceRuntime>,
        service: Service,
        post: Post,
    ) -> Result<(), AttachError> {
        let Service { name, identity, run, .. } = service;
        let context = db.context(runtime.map_or_else(|| Arc::new(WithoutRuntime) as _, ServiceRuntime::context));
        match run {
            ServiceRun::Async(begin) => {
                if let Some(runtime) = runtime {
                    runtime.spawn(Box::pin(Task::new(begin, context, identity, post)));
                }
            }
            ServiceRun::Blocking(run) => {
                let work = move || {
                    let _place = Place::enter(identity, true);
                    let outcome = caught(move || run(context));
                    post.leave(outcome);
                };
                let started = thread::spawn(&name, self.identity(), work);
                let started = started.map_err(|error| AttachError::Thread { service: name, error })?;
                self.state.change(|state| state.remains.get_or_insert_default().threads.push(started));
            }
        }
        Ok(())
    }

    /// How many services there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The services that panicked, in the order in which they did.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        self.state.with(|state| state.failures.clone())
    }

    /// The services that have not ended, by name.
    pub(crate) fn running(&self) -> Vec<String> {
        self.state.with(|state| {
            let running = self.members.iter().zip(&state.runs).filter(|(_, runs)| **runs);
            running.map(|(member, _)| member.name.clone()).collect()
        })
    }

    /// Whether the calling thread is a blocking service of this crew.
    pub(crate) fn has_this_thread(&self) -> bool {
        thread::works_for(self.identity())
    }

    /// The database was closed: when the services have ended, so do the threads.
    pub(crate) fn close(self: &Arc<Self>) {
        if self.state.change(State::close) {
            self.end_aside();
        }
    }

    /// As [`Crew::close`], and blocks until no thread is left.
    pub(crate) fn close_and_wait(self: &Arc<Self>) {
        let remains = self.state.change(|state| state.remains.take_if(|remains| remains.may_end_here()));
        self.close();
        let Some(mut remains) = remains else {
            self.wait_until(None);
            return;
        };
        // First the threads of the blocking services: each ends when its service does, so waiting
        // for the services before would be one wake-up more.
        remains.join();
        self.state.wait_until(None, |state| state.stage == Stage::Ending);
        remains.end();
        self.ended();
    }

    /// Drops the tasks that have not ended, where they await. What blocks on a thread of its own
    /// is let go.
    pub(crate) fn abandon(&self) {
        let remains = self.state.change(|state| state.remains.replace(Remains::default()));
        drop(remains);
    }

    /// Blocks until no thread is left, and says whether that is so by then.
    pub(crate) fn wait_until(&self, until: Option<Instant>) -> bool {
        if !self.state.wait_until(until, |state| state.stage == Stage::Ended) {
            return false;
        }
        if let Some(closer) = self.state.change(|state| state.closer.take()) {
            // It has done its work. It does not panic.
            drop(closer.join());
        }
        true
    }

    fn leave(self: &Arc<Self>, at: usize, outcome: Result<(), String>) {
        let Member { name, record, role } = &self.members[at];
        match outcome {
            Ok(()) => {
                events::service_ended(name);
                self.state.change(|state| state.runs[at] = false);
            }
            Err(message) => {
                let failure = Failure { service: name.clone(), record: record.clone(), role: *role, message };
                events::service_failed(&failure);
                self.state.change(|state| {
                    state.runs[at] = false;
                    state.failures.push(failure);
                });
            }
        }
        if self.state.change(State::all_left) {
            self.end_aside();
        }
    }

    /// The services have ended. Unless a caller has taken it upon itself, a thread waits for theirs.
    fn end_aside(self: &Arc<Self>) {
        let Some(mut remains) = self.state.change(|state| state.remains.take()) else { return };
        if remains.runtime.is_none() && remains.threads.is_empty() {
            self.ended();
            return;
        }
        let crew = Arc::clone(self);
        let work = move || {
            remains.join();
            remains.end();
            crew.ended();
        };
        match thread::spawn("aimdb-shutdown", 0, work) {
            Ok(closer) => self.state.change(|state| state.closer = Some(closer)),
            // No thread is to be had: the remains were dropped, which lets them end by themselves.
            Err(_) => self.ended(),
        }
    }

    fn ended(&self) {
        self.state.change(|state| state.stage = Stage::Ended);
        events::ended();
    }

    fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl State {
    fn new(services: usize) -> Self {
        Self {
            stage: Stage::Serving,
            runs: vec![true; services],
            failures: Vec::new(),
            remains: Some(Remains::default()),
            closer: None,
        }
    }

    /// The database was closed. Says whether no service runs any more: see [`State::all_left`].
    fn close(&mut self) -> bool {
        if self.stage == Stage::Serving {
            self.stage = Stage::Closing;
        }
        self.all_left()
    }

    /// Says, once, that the database is closed and no service runs.
    fn all_left(&mut self) -> bool {
        let all_left = self.stage == Stage::Closing && !self.runs.contains(&true);
        if all_left {
            self.stage = Stage::Ending;
        }
        all_left
    }
}

impl Member {
    fn of(service: &Service) -> Self {
        Self { name: service.name.clone(), record: service.record.clone(), role: service.role }
    }
}

impl Remains {
    /// Blocks until the blocking services and their threads have ended.
    fn join(&mut self) {
        for thread in mem::take(&mut self.threads) {
            // Its panic was caught, and told, inside.
            drop(thread.join());
        }
    }

    /// Whether a wait for the threads is allowed on this one.
    fn may_end_here(&self) -> bool {
        self.runtime.as_ref().is_none_or(|runtime| runtime.may_end_here())
    }

    /// Blocks until the threads of the async services, which have ended, have ended too.
    fn end(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.end();
        }
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.abandon();
        }
    }
}

/// A service's place in its crew, held until it has ended.
pub(crate) struct Post {
    crew: Arc<Crew>,
    at: usize,
    outcome: Result<(), String>,
}

impl Post {
    fn new(crew: &Arc<Crew>, at: usize) -> Self {
        Self { crew: Arc::clone(crew), at, outcome: Ok(()) }
    }

    /// The service has ended, or panicked with this message.
    pub(crate) fn leave(mut self, outcome: Result<(), String>) {
        self.outcome = outcome;
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let outcome = mem::replace(&mut self.outcome, Ok(()));
        self.crew.leave(self.at, outcome);
    }
}
