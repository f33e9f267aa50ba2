// guard.h -- annotations of clang's thread-safety analysis.
//
// A lock class is a token, an extern struct that is never defined: fields are
// GUARDED_BY it, functions say REQUIRES or EXCLUDES. `make lint` checks them
// with -Wthread-safety; other compilers see nothing.
#ifndef GLASSRAFT_GUARD_H
#define GLASSRAFT_GUARD_H

#ifdef __clang__
#define GUARD(x) __attribute__((x))
#else
#define GUARD(x)
#endif

#define LOCK_CLASS(name)  GUARD(capability(name))
#define GUARDED_BY(lock)  GUARD(guarded_by(lock))
#define REQUIRES(lock)    GUARD(requires_capability(lock))
#define EXCLUDES(lock)    GUARD(locks_excluded(lock))
#define ACQUIRE(lock)     GUARD(acquire_capability(lock))
#define RELEASE(lock)     GUARD(release_capability(lock))
#define UNCHECKED_LOCKING GUARD(no_thread_safety_analysis)

#endif
