//! The kernel's functions, as its headers have them.

use core::ffi::{c_char, c_void};

/// `TaskHandle_t` and `QueueHandle_t`.
pub(crate) type Handle = *mut c_void;

unsafe extern "C" {
    pub(crate) fn xTaskCreateStatic(
        code: extern "C" fn(*mut c_void),
        name: *const c_char,
        words: u32,
        argument: *mut c_void,
        priority: u32,
        stack: *mut u32,
        control: *mut c_void,
    ) -> Handle;
    pub(crate) fn vTaskStartScheduler();
    pub(crate) fn vTaskSuspend(task: Handle);
    pub(crate) fn vTaskDelay(ticks: u32);
    pub(crate) fn xTaskCatchUpTicks(ticks: u32) -> i32;
    pub(crate) fn vTaskSuspendAll();
    pub(crate) fn xTaskResumeAll() -> i32;
    pub(crate) fn xTaskGetTickCount() -> u32;
    pub(crate) fn xTaskGetTickCountFromISR() -> u32;
    pub(crate) fn xTaskGetSchedulerState() -> i32;
    pub(crate) fn xTaskGetCurrentTaskHandle() -> Handle;
    pub(crate) fn uxTaskPriorityGet(task: Handle) -> u32;
    pub(crate) fn uxTaskPriorityGetFromISR(task: Handle) -> u32;
    pub(crate) fn vTaskPrioritySet(task: Handle, priority: u32);
    pub(crate) fn uxTaskGetStackHighWaterMark(task: Handle) -> u32;
    pub(crate) fn vPortEnterCritical();
    pub(crate) fn vPortExitCritical();

    pub(crate) fn xQueueGenericCreateStatic(
        places: u32,
        size: u32,
        storage: *mut u8,
        control: *mut c_void,
        kind: u8,
    ) -> Handle;
    pub(crate) fn xQueueGenericSend(queue: Handle, value: *const c_void, ticks: u32, position: i32) -> i32;
    pub(crate) fn xQueueReceive(queue: Handle, value: *mut c_void, ticks: u32) -> i32;
}
