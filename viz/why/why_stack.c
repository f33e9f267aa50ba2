// why_stack.c -- the function that a stack leads to.
//
// Stacks stand in reports and findings, a line for each function, the innermost
// first: "      take at apply.c:17". A reader looks first into the innermost of
// the functions that a student writes: what it calls was given, or is a helper
// of its own.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/rule_book.h"
#include "why.h"

enum { MOST_FRAMES = 64, NAME = 64 };

struct frame {
    char name[NAME], file[NAME];
    int line;
    int stack; // of which stack in the text, from 0 on
};

// Reads "NAME at FILE.c:LINE" behind the blanks of a line.
static bool read_frame(const char *line, struct frame *frame)
{
    char end;
    return strncmp(line, "      ", 6) == 0 &&
           sscanf(line, " %63[A-Za-z0-9_] at %63[A-Za-z0-9_.-]:%d%c",
                  frame->name, frame->file, &frame->line, &end) >= 3;
}

static size_t read_frames(const char *text, struct frame *frame)
{
    size_t n = 0;
    int stack = -1;
    bool before = false;
    for (const char *at = text; at != NULL && n < MOST_FRAMES;
         at = strchr(at, '\n')) {
        at += *at == '\n';
        bool is = read_frame(at, &frame[n]);
        stack += is && !before;
        // "... and so on, 2 times more" is in the middle of one.
        before = is || (before && strncmp(at, "      ... ", 10) == 0);
        if (is)
            frame[n++].stack = stack;
    }
    return n;
}

static bool is_students(const struct frame *frame)
{
    static const char *const files[] = {
        "raft.c",    "election.c", "replication.c", "snapshot.c",
        "persist.c", "apply.c",    "log.c"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (strcmp(frame->file, files[i]) == 0)
            return true;
    return false;
}

// A transition that many call does what it is told: its caller has decided.
static bool is_told(const char *name, enum trace_kind kind)
{
    bool role = kind == TRACE_ROLE || kind == TRACE_TERM;
    bool index = kind == TRACE_MATCH || kind == TRACE_NEXT;
    return (role && (strcmp(name, "become_follower") == 0 ||
                     strcmp(name, "follow_term") == 0)) ||
           (index && strcmp(name, "match_advance") == 0);
}

// "apply.c, apply_thread (line 41, where it calls take)", of one of the stacks
// in the text (-1: of any); NULL where no function is a student's.
static const char *place_of(const char *text, int stack, enum trace_kind kind)
{
    static char place[300];
    struct frame frame[MOST_FRAMES];
    size_t n = read_frames(text, frame), first = n, own = n;
    for (size_t i = 0; i < n && own == n; i++) {
        if (stack >= 0 && frame[i].stack != stack)
            continue;
        if (paper_is_written(frame[i].name) && !is_told(frame[i].name, kind))
            own = i;
        if (first == n && is_students(&frame[i]))
            first = i;
    }
    own = own < n ? own : first;
    if (own == n)
        return NULL;
    bool calls = own > first && frame[own - 1].stack == frame[own].stack;
    snprintf(place, sizeof place, "%s, %s (line %d%s%s)", frame[own].file,
             frame[own].name, frame[own].line, calls ? ", where it calls " : "",
             calls ? frame[own - 1].name : "");
    return place;
}

const char *why_of_stack(const char *stack, enum trace_kind kind)
{
    return place_of(stack, -1, kind);
}

const char *why_of_loop(const char *text)
{
    static char place[160];
    struct frame frame[MOST_FRAMES];
    size_t n = read_frames(text, frame), own = n;
    for (size_t i = 0; i < n && frame[i].stack == 0; i++)
        if (paper_is_written(frame[i].name) || own == n ||
            !paper_is_written(frame[own].name))
            own = i;
    if (own == n)
        return NULL;
    snprintf(place, sizeof place, "%s, %s", frame[own].file, frame[own].name);
    return place;
}

const char *why_of_words(const char *text)
{
    static char place[160];
    struct frame frame;
    place[0] = '\0';
    for (const char *at = text; (at = strchr(at, ' ')) != NULL; at++)
        if (sscanf(at, " %63[A-Za-z0-9_] at %63[A-Za-z0-9_.-]:%d", frame.name,
                   frame.file, &frame.line) == 3 &&
            strncmp(frame.name, "must_", 5) != 0 &&
            (place[0] == '\0' || is_students(&frame))) {
            snprintf(place, sizeof place, "%s, %s", frame.file, frame.name);
            if (is_students(&frame))
                break;
        }
    return place[0] != '\0' ? place : NULL;
}

// Is one of the functions that a place names in the stack?
bool why_stack_has(const char *stack, const char *place)
{
    struct frame frame[MOST_FRAMES];
    size_t n = read_frames(stack, frame);
    for (size_t i = 0; i < n; i++) {
        const char *at = strstr(place, frame[i].name);
        size_t length = strlen(frame[i].name);
        if (at != NULL && at > place && at[-1] == ' ' &&
            strchr(",;:) ", at[length]) != NULL)
            return true;
    }
    return false;
}

// A use after free() leads to who freed, where that is the end of the server:
// its threads had not ended. Of two threads that race, the one with no mutex
// locked does it wrong, if the other has one.
const char *why_of_report(const char *text)
{
    const char *freed = strstr(text, "it was freed in");
    if (freed != NULL) {
        const char *place = place_of(freed, 0, TRACE_UNKNOWN);
        if (place != NULL && strstr(place, "raft_free") != NULL)
            return place;
    }
    if (strstr(text, "blocked on cond in crew_end") != NULL &&
        strstr(text, "\n  S") != NULL)
        return "raft.c, raft_kill: it wakes all threads that wait for a"
               " condition, and they look whether the server was killed";
    // raft_snapshot() itself gives up.
    if (strstr(text, "called abort()") != NULL &&
        strstr(text, "\n      raft_snapshot at ") != NULL &&
        strstr(text, "handing in a snapshot of what it had just got") != NULL)
        return "apply.c, apply_thread: last_applied is raised before the"
               " callback";
    if (strstr(text, ", with a mutex locked, in") != NULL) {
        const char *place = place_of(text, 1, TRACE_UNKNOWN);
        if (place != NULL)
            return place;
    }
    return place_of(text, -1, TRACE_UNKNOWN);
}
