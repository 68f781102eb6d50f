//! An Embassy executor beside tasks of FreeRTOS.
#![no_std]

mod executor;

pub use executor::run;
