// sandbox.h -- what a stranger's code may do: compute, and little else.
//
// A program that the runner started (cage.h) enters a sandbox before a
// submission is loaded into it. From then on it has a session of its own, an
// ordinary user's rights if it had root's, limits of time, memory and files,
// an empty environment, no descriptors but those it needs, and no file in
// sight. When the submission is loaded, and before any of it runs, the sandbox
// is sealed by a filter on system calls: no processes, no sockets, no signals
// to others, no file, nothing made executable, nothing of the harness moved.
//
// All builds have these walls. Under a sanitizer some are wider: its own work
// needs a few calls more, and terabytes of address space, so that a run's
// memory is looked after by the runner (sandbox_is_over()).
//
// The second half of the file is for tools that work on a submission from
// outside, a compiler above all: they may start processes and write into one
// folder.
//
// Linux. What a kernel does not offer is left out, and said once.
#ifndef GLASSRAFT_SANDBOX_H
#define GLASSRAFT_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sandbox {
    unsigned cpu_s;        // of a run; 0 = sandbox_cpu_s()
    uint64_t memory_bytes; // of a run; 0 = 1 GiB
    unsigned user; // root's child becomes this user and group; 0 = nobody
    bool own;      // trusted code: root may stay root where it has to
};

// What this kernel offers.
struct sandbox_powers {
    bool filter;   // seccomp: calls are filtered
    bool landlock; // files are out of sight
    bool user;     // we are root, and have to give its rights up
};

struct sandbox_powers sandbox_powers(void);

// Call once, before a process's first sandbox: tests the sandbox in a child.
// Says on stderr what is missing; false when no sandbox can be made, as for
// root when there is no other user for its children to become. Orphans of its
// children become this process's, as with sandbox_adopt_orphans().
bool sandbox_prepare(const struct sandbox *sandbox);
// Tests the same and prints nothing.
bool sandbox_stands(const struct sandbox *sandbox);
void sandbox_adopt_orphans(void);

// Seconds of CPU time that a run may take; longer with a sanitizer.
unsigned sandbox_cpu_s(const struct sandbox *sandbox);
// Does this run use more memory than it may? For builds whose address space
// cannot be limited; always false in others.
bool sandbox_is_over(const struct sandbox *sandbox, pid_t pid);

// Descriptors of a child.
struct sandbox_files {
    int result;      // the pipe to the runner; gets another number
    size_t n_result; // what is written to it, in one piece
    int printed;     // becomes standard output and error; -1: ours stay
    int trace;       // may be written as well; -1: none
    int object;      // what is loaded; keeps its number until the seal
    int counters;    // the same, for what it counts (counters.h); -1: nothing
    int met;         // memory for what the run met (check/met.h); -1: none
};

// In the child, before the object is loaded. `forbidden` is called when the
// code asks for what it may not, with the reason: "called socket(), ...". It
// runs in a signal handler and does not return. Die()s when it cannot do what
// it should.
void sandbox_enter(const struct sandbox *sandbox, struct sandbox_files *files,
                   void (*forbidden)(const char *what));
// And after that, before any of the object runs: the filter.
void sandbox_seal(const struct sandbox *sandbox, struct sandbox_files *files);

// The harness's own ground: memory that a run may not move, unmap or protect
// lies below `first`, or from `last` on. No piece of the run's own memory is as
// long as `gap` bytes, which are empty below `last`. first = 0: not told apart.
struct sandbox_ground {
    uintptr_t first, last;
    size_t gap;
};

// ground.c: keeps what is loaded now apart from what will come; called once,
// at a program's start.
void sandbox_hold_ground(void);
const struct sandbox_ground *sandbox_ground(void);

// Ends all processes that came from this one and are not in `ours`.
void sandbox_end_orphans(const pid_t *ours, int n);

// ------------------------------------------------------------------- tools

struct sandbox_tool {
    const char *const *argv;   // argv[0] is found by PATH
    const char *folder;        // where it works
    bool writes;               // may write there, and nowhere else
    const char *readable;      // trees that it may read besides the system's;
    const char *also_readable; // NULL = none
    unsigned wall_s, cpu_s;
    const struct sandbox *sandbox; // whose user it becomes
};

enum { SANDBOX_LATE = -1, SANDBOX_NO_TOOL = -2 };

// Runs a tool; its output, standard and error, is cut to n bytes. Returns the
// wait status; SANDBOX_LATE when its time was up or sandbox_stop_tools() was
// called; SANDBOX_NO_TOOL when there is no process for it, with the reason for
// its output.
int sandbox_run_tool(const struct sandbox_tool *tool, char *output, size_t n);

// For a signal handler: the tool that runs is ended, and no other begins. Then
// what a tool did not do is nobody's trouble.
void sandbox_stop_tools(void);
bool sandbox_tools_stopped(void);

// For the files that make up the sandbox: a limit, soft and hard, not over the
// one before; and root's rights given up for a user's, with no way back.
void sandbox_limit(int what, uint64_t most);
// So many bytes of memory more than this process has, a soft limit; any number
// under sanitizers.
void sandbox_limit_memory(uint64_t more);
void sandbox_drop_rights(const struct sandbox *sandbox);
// The user that root's children become.
unsigned sandbox_user(unsigned asked);

// ----------------------------------------------------- seccomp.c, landlock.c

bool filter_possible(void);
// What a run may call. Calls that are not on its list raise SIGSYS. One's own
// code may be looked through for leaks.
void filter_run(const struct sandbox_files *files,
                const struct sandbox_ground *ground, bool own);
// What a tool may not; answered with EPERM.
void filter_tool(void);
// The name of a system call, NULL when it is not one of the well-known; and
// what does its work here, or NULL. The first makes the second fit for a
// signal handler.
void filter_learn_names(void);
const char *filter_name(int call, const char **instead);
// Where a text has SANDBOX_CALL and a number, that becomes the call's name. In
// a process that may allocate, unlike a run that has just been stopped.
void sandbox_name_calls(char *text, size_t n);
#define SANDBOX_CALL "made system call "

bool landlock_possible(void);
// From now on no file can be read; for a sanitizer those can that it looks
// names and addresses up in: this program, its libraries, /proc/self.
void landlock_run(bool sanitized);
// From now on only the compiler's files and the tool's trees can be read, and
// only its folder written.
void landlock_tool(const struct sandbox_tool *tool);

#endif
