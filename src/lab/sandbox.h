// sandbox.h -- what a stranger's code may do: compute, and little else.
//
// A child of the runner enters a sandbox before a submission is loaded into
// it. From then on it has a session of its own, an ordinary user's rights if
// it had root's, limits of time, memory and files, an empty environment, no
// descriptors but those it needs, and a filter on system calls: no processes,
// no sockets, no signals to others, nothing opened for writing. Once the
// submission is loaded, no file can be opened at all.
//
// The second half of the file is for tools that work on a submission from
// outside, a compiler above all: they may start processes and write into one
// folder.
//
// Linux on x86-64. What a kernel does not offer is left out, and said once.
#ifndef GLASSRAFT_SANDBOX_H
#define GLASSRAFT_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sandbox {
    unsigned cpu_s;        // of a run; 0 = 20
    uint64_t memory_bytes; // address space; 0 = 1 GiB
    unsigned user; // whom root's child becomes, user and group; 0 = nobody
};

// What this kernel and this build of ours offer.
struct sandbox_powers {
    bool filter;   // seccomp: calls are filtered
    bool landlock; // files are out of sight
    bool user;     // we are root, and can give its rights up
};

struct sandbox_powers sandbox_powers(void);

// Once, by a process before its first sandbox: one child tries whether the
// walls stand. Says on stderr what is missing; false when no sandbox can be
// made. Orphans of its children come to it, as by the second.
bool sandbox_prepare(const struct sandbox *sandbox);
void sandbox_adopt_orphans(void);

// Descriptors of a child.
struct sandbox_files {
    int result;      // the pipe to the runner; gets another number
    size_t n_result; // what is written to it, in one piece
    int printed;     // becomes standard output and error
    int trace;       // may be written as well; -1: none
};

// In the child, before `object` is loaded. `forbidden` is called when the
// code asks for what it may not, with the reason: "called socket(), ...". It
// runs in a signal handler and does not return. Die()s when it cannot do what
// it should.
void sandbox_enter(const struct sandbox *sandbox, const char *object,
                   struct sandbox_files *files,
                   void (*forbidden)(const char *what));
// And after that: nothing is opened or made executable any more.
void sandbox_seal(void);

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
    unsigned user; // as in struct sandbox
};

// Runs a tool; its output, standard and error, is cut to n bytes. Returns the
// wait status, or -1 when its time was up.
int sandbox_run_tool(const struct sandbox_tool *tool, char *output, size_t n);

// For the files that make up the sandbox: a limit, soft and hard, not over the
// one before; and root's rights given up for a user's, with no way back.
void sandbox_limit(int what, uint64_t most);
void sandbox_drop_rights(unsigned user);
// The user that root's children become.
unsigned sandbox_user(unsigned asked);

// ----------------------------------------------------- seccomp.c, landlock.c

bool filter_possible(void);
// What a run may call. Calls that are not on its list raise SIGSYS.
void filter_run(const struct sandbox_files *files);
void filter_seal(void);
// What a tool may not; answered with EPERM.
void filter_tool(void);
// The name of a system call, NULL when it is not one of the well-known.
const char *filter_name(int call);

bool landlock_possible(void);
// From now on only this file can be read.
void landlock_run(const char *object);
// From now on only the system's files and the tool's trees can be read, and
// only its folder written.
void landlock_tool(const struct sandbox_tool *tool);

#endif
