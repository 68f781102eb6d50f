//! What an operator is told: `tracing` events with the feature of that name, nothing without it.

use std::fmt;

use aimdb_core::{LogLevel, RecordKey};

use crate::Failure;

#[cfg(feature = "tracing")]
mod told {
    use super::{Failure, LogLevel, RecordKey, fmt};

    pub(crate) fn attached(records: usize, services: usize) {
        tracing::info!(records, services, "database attached");
    }

    pub(crate) fn closing() {
        tracing::info!("shutdown began: sources stop, taps drain");
    }

    pub(crate) fn ended() {
        tracing::info!("shutdown completed");
    }

    pub(crate) fn still_running(services: &[String]) {
        tracing::warn!(services = services.join(", "), "shutdown goes on: services are still running");
    }

    pub(crate) fn service_ended(service: &str) {
        tracing::debug!(service, "service ended");
    }

    pub(crate) fn service_failed(failure: &Failure) {
        tracing::error!(
            service = failure.service,
            record = failure.record.as_str(),
            panic = failure.message,
            "service panicked"
        );
    }

    pub(crate) fn lagged(record: &RecordKey, lag: u64) {
        tracing::debug!(record = record.as_str(), lag, "consumer lagged");
    }

    pub(crate) fn line(level: LogLevel, service: &str, message: fmt::Arguments<'_>) {
        match level {
            LogLevel::Error => tracing::error!(service, "{message}"),
            LogLevel::Warn => tracing::warn!(service, "{message}"),
            LogLevel::Info => tracing::info!(service, "{message}"),
            LogLevel::Debug => tracing::debug!(service, "{message}"),
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod told {
    use super::{Failure, LogLevel, RecordKey, fmt};

    pub(crate) const fn attached(_records: usize, _services: usize) {}
    pub(crate) const fn closing() {}
    pub(crate) const fn ended() {}
    pub(crate) const fn still_running(_services: &[String]) {}
    pub(crate) const fn service_ended(_service: &str) {}
    pub(crate) const fn service_failed(_failure: &Failure) {}
    pub(crate) const fn lagged(_record: &RecordKey, _lag: u64) {}
    pub(crate) const fn line(_level: LogLevel, _service: &str, _message: fmt::Arguments<'_>) {}
}

pub(crate) use told::{attached, closing, ended, lagged, line, service_ended, service_failed, still_running};
