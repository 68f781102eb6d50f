#include "board.h"

#include <stdarg.h>

/* ----------------------------------------------------------------------------------------- startup */

/* Of the linker script, ../board/mps2-an385.ld. */
extern uint32_t data_start, data_end, data_load, bss_start, bss_end;

void reset(void);
void unexpected(void);
void fault(void);
void SVCall(void);
void PendSV(void);
void SysTick(void);

/* An entry of the vector table; the first, the stack, is the linker script's. */
typedef void (*handler_t)(void);

extern const handler_t VECTORS[15 + 32];
__attribute__((section(".vectors"), used)) const handler_t VECTORS[15 + 32] = {
    reset, unexpected, fault, fault, fault, fault, unexpected, unexpected, unexpected, unexpected,
    SVCall, unexpected, unexpected, PendSV, SysTick,
    unexpected, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected,
    TIMER0, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected,
    unexpected, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected,
    unexpected, unexpected, unexpected, unexpected, unexpected, unexpected, SOFT0, unexpected,
};

void reset(void)
{
    const uint32_t *from = &data_load;
    for (volatile uint32_t *to = &data_start; to < &data_end; to++)
        *to = *from++;
    for (volatile uint32_t *to = &bss_start; to < &bss_end; to++)
        *to = 0;
    board_exit(main());
}

void unexpected(void)
{
    say("an interrupt without a handler");
    board_exit(1);
}

void fault(void)
{
    say("a fault");
    board_exit(1);
}

/* ---------------------------------------------------------------------------- timer and interrupts */

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define NVIC_ENABLE 0xe000e100u
#define NVIC_PEND 0xe000e200u
#define NVIC_PRIORITY 0xe000e400u
#define TIMER_CONTROL 0x40000000u
#define TIMER_VALUE 0x40000004u
#define TIMER_RELOAD 0x40000008u
#define TIMER_CLEAR 0x4000000cu

enum { TIMER0_NUMBER = 8, SOFT0_NUMBER = 30 };

static void enable(unsigned number, uint8_t priority)
{
    *(volatile uint8_t *)(uintptr_t)(NVIC_PRIORITY + number) = priority;
    REGISTER(NVIC_ENABLE) = 1u << number;
}

void timer_start(uint32_t cycles, uint8_t priority)
{
    REGISTER(TIMER_CONTROL) = 0;
    REGISTER(TIMER_RELOAD) = cycles;
    REGISTER(TIMER_VALUE) = cycles;
    timer_clear();
    enable(TIMER0_NUMBER, priority);
    REGISTER(TIMER_CONTROL) = 9;
}

void timer_stop(void)
{
    REGISTER(TIMER_CONTROL) = 0;
    timer_clear();
}

void timer_clear(void)
{
    REGISTER(TIMER_CLEAR) = 1;
}

void soft_enable(uint8_t priority)
{
    enable(SOFT0_NUMBER, priority);
}

void soft_pend(void)
{
    REGISTER(NVIC_PEND) = 1u << SOFT0_NUMBER;
    __asm volatile("dsb\n\tisb" ::: "memory");
}

/* --------------------------------------------------------------------------------- text and status */

/* Semihosting: the debugger, here QEMU, answers a breakpoint. */
static uint32_t host(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void say(const char *format, ...)
{
    char line[200];
    unsigned length = 0;
    va_list values;
    va_start(values, format);
    /* Bounded by the line, of which two bytes are for its end. */
    while (*format && length < sizeof line - 2) {
        if (*format != '%') {
            line[length++] = *format++;
            continue;
        }
        format++;
        if (*format == 's') {
            for (const char *text = va_arg(values, const char *); *text && length < sizeof line - 2; text++)
                line[length++] = *text;
        } else if (*format == 'u') {
            char digits[10];
            unsigned count = 0, value = va_arg(values, unsigned);
            do
                digits[count++] = (char)('0' + value % 10);
            while (value /= 10);
            while (count && length < sizeof line - 2)
                line[length++] = digits[--count];
        } else {
            line[length++] = *format;
        }
        format++;
    }
    va_end(values);
    line[length++] = '\n';
    line[length] = 0;
    (void)host(0x04, line);
}

_Noreturn void board_exit(int status)
{
    const uint32_t block[2] = { 0x20026, status ? 1u : 0u };
    /* Without a debugger the call does not end the program, so it is made for ever. */
    for (;;)
        (void)host(0x20, block);
}

_Noreturn void check_failed(const char *file, unsigned line, const char *condition)
{
    say("%s:%u: not so: %s", file, line, condition);
    board_exit(1);
}

/* ------------------------------------------------------------------- what the kernel and records call */

/* The kernel's assertion failed, see ../freertos/config/FreeRTOSConfig.h. */
void freertos_assert_failed(const char *file, unsigned line);
void freertos_assert_failed(const char *file, unsigned line)
{
    check_failed(file, line, "what the kernel asserts");
}

void vApplicationStackOverflowHook(void *task, char *name);
void vApplicationStackOverflowHook(void *task, char *name)
{
    (void)task;
    say("%s: the stack has overflowed", name);
    board_exit(1);
}

/* A fault of the library. */
void aimdb_panicked(const char *file, uint32_t line);
void aimdb_panicked(const char *file, uint32_t line)
{
    check_failed(file, line, "what the library takes for granted");
}
