// place.c -- where a program stands: addresses as functions and lines.
//
// A report may be made in the middle of malloc() or of a sanitizer: nothing
// here allocates, locks, or calls what a sanitizer intercepts on its way to
// another process. addr2line is asked through a bare fork and a pipe.
#define _GNU_SOURCE
#include "addr2line.h"
#include "internal.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_INLINED = 6, ANSWER_BYTES = 4096, PATH_BYTES = 4096 };

struct frame {
    char place[200]; // "function at file.c:12", or only a name
    enum frame_kind kind;
};

// A frame pointer points at the caller's, beside the return address. It is only
// believed inside of the thread's stack, further out than the one before.
static inline bool is_beyond(void **next, void **frame, void **end)
{
    return next > frame && next < end && ((uintptr_t)next & 7) == 0;
}

__attribute__((no_sanitize("address"))) int
sim_stack_of(const struct fiber *fiber, void **frame, void *pc, void **stack,
             int most)
{
    enum { DEEPEST = 40 };
    void **end = (void **)(void *)(fiber->stack + STACK_BYTES) - 1;
    stack[0] = pc;
    if (fiber == &sim.root || fiber->stack == NULL ||
        (const char *)frame < fiber->stack || frame >= end)
        return most > 0;
    // From the runtime's own frames out to the program's.
    for (int deep = 0; frame[1] != pc; deep++) {
        void **next = frame[0];
        if (!is_beyond(next, frame, end) || deep == DEEPEST)
            return most > 0;
        frame = next;
    }
    int n = 1;
    for (void **next = frame[0]; n < most && is_beyond(next, frame, end); n++) {
        stack[n] = next[1];
        frame = next;
        next = frame[0];
    }
    return n;
}

int sim_stack(void *pc, void **stack, int most)
{
    int n = sim_stack_of(sim.now, __builtin_frame_address(0), pc, stack, most);
    __asm__ volatile("" : "+r"(n)); // no jump instead of the call: our frame
    return n;                       // is looked at
}

static bool is_in(const char *path, const char *folder)
{
    return strstr(path, folder) != NULL;
}

static enum frame_kind kind_of(const char *path)
{
    if (is_in(path, "src/sim/"))
        return FRAME_NONE;
    static const char *const harness[] = {
        "src/base/",  "src/wire/",    "src/trace/",   "src/net/", "src/replay/",
        "src/check/", "src/sandbox/", "src/harness/", "src/cli/", "labs/",
    };
    for (size_t i = 0; i < sizeof harness / sizeof harness[0]; i++)
        if (is_in(path, harness[i]))
            return FRAME_HARNESS;
    return FRAME_PROGRAM;
}

// The process that will be addr2line.
_Noreturn static void become_addr2line(const char *object, uintptr_t offset,
                                       const int ends[2])
{
    char address[24] = "0x";
    const char *argv[] = {"addr2line", "-f", "-i", "-e", object, address, NULL};
    sigset_t none;
    for (int i = 0; i < 16; i++)
        address[2 + i] = "0123456789abcdef"[offset >> (60 - 4 * i) & 15];
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    syscall(SYS_dup3, ends[1], 1, 0);
    syscall(SYS_close, 2);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

// What addr2line says of an offset of an object: pairs of lines, function and
// path, those of inlined calls first. "" when it cannot be asked.
static void ask_addr2line(const char *object, uintptr_t offset,
                          char answer[ANSWER_BYTES])
{
    int ends[2];
    long n = 0, now = 1;
    answer[0] = '\0';
    if (syscall(SYS_pipe2, ends, 0) != 0)
        return;
    // No fork(): it would wait for the locks of malloc().
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        become_addr2line(object, offset, ends);
    syscall(SYS_close, ends[1]);
    while (child > 0 && n < ANSWER_BYTES - 1 && now > 0) {
        now = syscall(SYS_read, ends[0], answer + n, ANSWER_BYTES - 1 - n);
        n += now > 0 ? now : 0;
    }
    answer[n] = '\0';
    syscall(SYS_close, ends[0]);
    if (child > 0)
        syscall(SYS_wait4, child, NULL, 0, NULL);
}

char *addr2line_next(char **answer)
{
    char *line = *answer;
    size_t n = strcspn(line, "\n");
    *answer += n + (line[n] == '\n');
    line[n] = '\0';
    return line;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const char *addr2line_file(char *path)
{
    char *note = strstr(path, " (discriminator");
    if (note != NULL)
        *note = '\0';
    return name_of(path);
}

// The frames that an answer names; 0 when it knows nothing.
static int read_answer(char *answer, bool program, struct frame *frame)
{
    int n = 0;
    while (n < MOST_INLINED && *answer != '\0') {
        char *function = addr2line_next(&answer);
        char *path = addr2line_next(&answer);
        const char *file = addr2line_file(path);
        if (function[0] == '?' || path[0] == '?' || path[0] == '\0')
            continue;
        snprintf(frame[n].place, sizeof frame[n].place, "%.120s at %.70s",
                 function, file);
        frame[n++].kind = program ? FRAME_PROGRAM : kind_of(path);
    }
    return n;
}

// Where no process can be started, places are looked up later.
static int mark(uintptr_t pc, struct frame *frame)
{
    sim_place_outside(pc, frame->place, sizeof frame->place);
    frame->kind = frame->place[0] != '{'   ? FRAME_NONE
                  : frame->place[1] == '+' ? FRAME_PROGRAM
                                           : FRAME_HARNESS;
    return 1;
}

// The frames of an address: more than one where calls were inlined.
static int look_up(void *pc, bool exact, struct frame frame[MOST_INLINED])
{
    static char answer[ANSWER_BYTES], object[PATH_BYTES];
    Dl_info info, own;
    // A return address points behind the call: one less is inside of it.
    char *at = (char *)pc - !exact;
    snprintf(frame->place, sizeof frame->place, "%p", pc);
    frame->kind = FRAME_NONE;
    if (sim_knows_modules())
        return mark((uintptr_t)at, frame);
    if (pc == NULL || dladdr(at, &info) == 0 || dladdr(&sim, &own) == 0)
        return 1;
    uintptr_t offset = (uintptr_t)at - (uintptr_t)info.dli_fbase;
    bool ours = own.dli_fbase == info.dli_fbase;
    long n = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", object,
                     PATH_BYTES - 1);
    object[n > 0 ? n : 0] = '\0';
    if (!ours)
        snprintf(object, sizeof object, "%s", info.dli_fname);
    // A shared object is the code under test, or a library of the system.
    bool library = !ours && strncmp(name_of(object), "lib", 3) == 0;
    if (!library)
        ask_addr2line(object, offset, answer);
    int n_frames = library ? 0 : read_answer(answer, !ours, frame);
    if (n_frames > 0)
        return n_frames;
    if (info.dli_sname != NULL)
        snprintf(frame->place, sizeof frame->place, "%.120s", info.dli_sname);
    frame->kind = library ? FRAME_NONE : ours ? FRAME_HARNESS : FRAME_PROGRAM;
    return 1;
}

// The same, remembering the last few: a recursion has one address many times.
static int describe(void *pc, bool exact, struct frame frame[MOST_INLINED])
{
    enum { KEPT = 32 };
    static struct {
        char *at;
        struct frame frame[MOST_INLINED];
        int n;
    } kept[KEPT];
    static int turn;
    char *at = (char *)pc - !exact;
    int i = 0;
    while (i < KEPT && kept[i].at != at)
        i++;
    if (i == KEPT) {
        i = turn++ % KEPT;
        kept[i].n = look_up(pc, exact, kept[i].frame);
        kept[i].at = at;
    }
    for (int k = 0; k < kept[i].n; k++)
        frame[k] = kept[i].frame[k];
    return kept[i].n;
}

// A few buffers in turn, so that one call of printf may name several places.
const char *sim_place(void *pc)
{
    enum { IN_TURN = 4 };
    static struct frame frame[IN_TURN][MOST_INLINED];
    static int turn;
    struct frame *out = frame[turn++ % IN_TURN];
    describe(pc, false, out);
    return out->place;
}

size_t sim_put_stack(char *out, size_t room, void *const *pc, int n_pc,
                     bool exact)
{
    static struct frame frame[MOST_INLINED];
    static struct stack_text text;
    sim_stack_begin(&text, out, room);
    for (int i = 0; i < n_pc && !text.ended; i++) {
        int n = describe(pc[i], exact && i == 0, frame);
        for (int k = 0; k < n; k++)
            sim_stack_add(&text, frame[k].place, frame[k].kind);
    }
    return sim_stack_end(&text);
}

void sim_where(char *out, size_t room)
{
    enum { DEEPEST = 48 };
    static struct frame frame[MOST_INLINED];
    static struct stack_text text;
    void *pc[DEEPEST];
    int n_pc = backtrace(pc, DEEPEST);
    sim_stack_begin(&text, out, room);
    for (int i = 0; i < n_pc && !text.ended; i++) {
        int n = describe(pc[i], false, frame);
        for (int k = 0; k < n; k++)
            if (text.program || frame[k].kind == FRAME_PROGRAM)
                sim_stack_add(&text, frame[k].place, frame[k].kind);
    }
    sim_stack_end(&text);
}

bool sim_in_malloc(void *const *pc, int n_pc)
{
    static const char *const names[] = {"malloc", "calloc", "realloc", "free",
                                        "cfree"};
    for (int i = 0; i < n_pc; i++) {
        Dl_info info;
        if (dladdr((char *)pc[i] - 1, &info) == 0 || info.dli_sname == NULL)
            continue;
        const char *name = info.dli_sname;
        if (strncmp(name, "__libc_", 7) == 0)
            name += 7;
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            if (strcmp(name, names[k]) == 0)
                return true;
    }
    return false;
}

size_t sim_describe(char *out, size_t room, void *const *pc, int n_pc)
{
    return sim_put_stack(out, room, pc, n_pc, false);
}
