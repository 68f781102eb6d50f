/* The Cortex-M3 board that QEMU calls mps2-an385, for programs in C: startup, a timer, an interrupt that a program may
 * pend, text and an exit status for the host. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Where the program begins. What it returns ends it. */
int main(void);

/* Handlers that the program may define. */
void TIMER0(void);
void SOFT0(void);

/* The most urgent priority of an interrupt that calls the kernel or uses a record. */
#define BOARD_KERNEL_PRIORITY 0x40

/* Interrupts every so many cycles of 40 ns, as TIMER0, which calls timer_clear first. */
void timer_start(uint32_t cycles, uint8_t priority);
void timer_stop(void);
void timer_clear(void);

/* Makes SOFT0 come as soon as it may. */
void soft_enable(uint8_t priority);
void soft_pend(void);

/* Prints a line: what of printf is needed, %s, %u and %%. From one task at a time, or from main. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program; 0 is success. */
_Noreturn void board_exit(int status);

/* Fails the program, with a line that says where, unless the condition holds. */
#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))
_Noreturn void check_failed(const char *file, unsigned line, const char *condition);

#endif
