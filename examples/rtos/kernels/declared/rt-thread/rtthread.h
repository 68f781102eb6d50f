/* What the port to RT-Thread uses of it, with the types that it has there: enough to compile the port, and not to run it. What
 * is in rthw.h is here too. */
#ifndef __RT_THREAD_H__
#define __RT_THREAD_H__

typedef unsigned char rt_uint8_t;
typedef unsigned short rt_uint16_t;
typedef int rt_int32_t;
typedef unsigned int rt_uint32_t;
typedef long rt_base_t;
typedef rt_base_t rt_err_t;
typedef rt_uint32_t rt_tick_t;

struct rt_object {
    rt_uint8_t type;
};

struct rt_semaphore {
    struct {
        struct rt_object parent;
        void *waiters[2];
    } parent;
    rt_uint16_t value;
};
typedef struct rt_semaphore *rt_sem_t;

struct rt_thread {
    rt_uint8_t current_priority;
};
typedef struct rt_thread *rt_thread_t;

enum { RT_Object_Class_Semaphore = 2 };
#define RT_NULL 0
#define RT_TICK_MAX 0xffffffff
#define RT_TICK_PER_SECOND 1000
#define RT_WAITING_FOREVER -1
#define RT_IPC_FLAG_PRIO 1

rt_uint8_t rt_object_get_type(struct rt_object *object);
rt_err_t rt_sem_init(rt_sem_t sem, const char *name, rt_uint32_t value, rt_uint8_t flag);
rt_err_t rt_sem_take(rt_sem_t sem, rt_int32_t timeout);
rt_err_t rt_sem_release(rt_sem_t sem);
rt_thread_t rt_thread_self(void);
rt_thread_t rt_thread_idle_gethandler(void);
rt_uint16_t rt_critical_level(void);
rt_uint8_t rt_interrupt_get_nest(void);
rt_tick_t rt_tick_get(void);

rt_base_t rt_hw_interrupt_disable(void);
void rt_hw_interrupt_enable(rt_base_t level);

#endif
