// sanitizer.c -- tells AddressSanitizer and ThreadSanitizer about fibers.
//
// The hooks are weak: without a sanitizer they are NULL and cost a test. With
// ThreadSanitizer each fiber is a thread of its own; switching between two of
// them orders nothing, only mutexes, creation and joining do, so a race
// between two simulated threads is found although one thread runs them all.
// What AddressSanitizer needs: the bounds of the stack that is switched to.
#define _GNU_SOURCE
#include "internal.h"

#include <unistd.h>

#define WEAK __attribute__((weak))

void __sanitizer_start_switch_fiber(void **fake, const void *bottom,
                                    size_t size) WEAK;
void __sanitizer_finish_switch_fiber(void *fake, const void **bottom,
                                     size_t *size) WEAK;
void __asan_unpoison_memory_region(const void *at, size_t size) WEAK;
void *__tsan_get_current_fiber(void) WEAK;
void *__tsan_create_fiber(unsigned flags) WEAK;
void __tsan_switch_to_fiber(void *fiber, unsigned flags) WEAK;
void __tsan_set_fiber_name(void *fiber, const char *name) WEAK;
void __tsan_mutex_create(void *mutex, unsigned flags) WEAK;
void __tsan_mutex_destroy(void *mutex, unsigned flags) WEAK;
void __tsan_mutex_pre_lock(void *mutex, unsigned flags) WEAK;
void __tsan_mutex_post_lock(void *mutex, unsigned flags, int depth) WEAK;
int __tsan_mutex_pre_unlock(void *mutex, unsigned flags) WEAK;
void __tsan_mutex_post_unlock(void *mutex, unsigned flags) WEAK;
void __tsan_acquire(void *address) WEAK;
void __tsan_release(void *address) WEAK;
void __tsan_func_entry(void *pc) WEAK;
void __tsan_func_exit(void) WEAK;

enum { WITHOUT_ORDER = 1 }; // __tsan_switch_to_fiber_no_sync

// Creation orders parent before child, by an address that is not used again
// for long: the struct's own would also order unrelated users of one stack.
enum { N_COOKIES = 1 << 16 };
static char cookies[N_COOKIES];
static unsigned next_cookie;

bool sim_has_asan(void)
{
    return __asan_unpoison_memory_region != NULL;
}

bool sim_has_sanitizer(void)
{
    return __sanitizer_start_switch_fiber != NULL ||
           __tsan_switch_to_fiber != NULL;
}

void sim_leaves(struct fiber *from, struct fiber *to, bool dying)
{
    if (__sanitizer_start_switch_fiber != NULL)
        __sanitizer_start_switch_fiber(
            dying ? NULL : &from->asan_fake, to->stack,
            to == &sim.root ? sim.root_bytes : STACK_BYTES);
    if (__tsan_switch_to_fiber != NULL) {
        if (from == &sim.root)
            from->tsan = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(to->tsan, WITHOUT_ORDER);
    }
}

void sim_is_back(struct fiber *fiber)
{
    if (__sanitizer_finish_switch_fiber != NULL)
        __sanitizer_finish_switch_fiber(fiber->asan_fake, NULL, NULL);
}

void sim_entered(struct fiber *fiber)
{
    if (__sanitizer_finish_switch_fiber != NULL) {
        const void *bottom;
        size_t size;
        __sanitizer_finish_switch_fiber(NULL, &bottom, &size);
        if (sim.root.stack == NULL) {
            // The run's first thread comes from the system's own stack.
            sim.root.stack = (char *)bottom;
            sim.root_bytes = size;
        }
    }
    if (__tsan_acquire != NULL)
        __tsan_acquire(&cookies[fiber->cookie]);
}

bool sim_keeps_stacks(void)
{
    return __tsan_create_fiber != NULL;
}

void sim_fiber_made(struct fiber *fiber)
{
    if (__tsan_create_fiber != NULL)
        fiber->tsan = __tsan_create_fiber(0);
}

void sim_fiber_begins(struct fiber *fiber)
{
    fiber->cookie = next_cookie++ % N_COOKIES;
    if (__tsan_release != NULL)
        __tsan_release(&cookies[fiber->cookie]);
    if (__asan_unpoison_memory_region != NULL)
        __asan_unpoison_memory_region(fiber->stack, STACK_BYTES);
}

void sim_fiber_named(struct fiber *fiber)
{
    if (__tsan_set_fiber_name != NULL)
        __tsan_set_fiber_name(fiber->tsan, sim_name(fiber));
}

// A hook's caller must stand in the report: the frame that locked or created.
static void enter(void *pc)
{
    if (__tsan_func_entry != NULL)
        __tsan_func_entry(pc);
}

static void leave(void)
{
    if (__tsan_func_exit != NULL)
        __tsan_func_exit();
}

void sim_mutex_made(void *mutex, void *pc)
{
    if (__tsan_mutex_create == NULL)
        return;
    enter(pc);
    __tsan_mutex_create(mutex, 0);
    leave();
}

void sim_mutex_gone(void *mutex, void *pc)
{
    if (__tsan_mutex_destroy == NULL)
        return;
    enter(pc);
    __tsan_mutex_destroy(mutex, 0);
    leave();
}

void sim_tell_locked(void *mutex, void *pc)
{
    if (__tsan_mutex_pre_lock == NULL)
        return;
    enter(pc);
    __tsan_mutex_pre_lock(mutex, 0);
    __tsan_mutex_post_lock(mutex, 0, 0);
    leave();
}

void sim_tell_unlocking(void *mutex, void *pc)
{
    if (__tsan_mutex_pre_unlock == NULL)
        return;
    enter(pc);
    __tsan_mutex_pre_unlock(mutex, 0);
    __tsan_mutex_post_unlock(mutex, 0);
    leave();
}

void sim_publish(void *address)
{
    if (__tsan_release != NULL)
        __tsan_release(address);
}

void sim_observe(void *address)
{
    if (__tsan_acquire != NULL)
        __tsan_acquire(address);
}
