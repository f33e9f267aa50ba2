// silent_case.c -- what all judges of messages ask of a case, and how they
// report what they have found.
#include "silent.h"

#include <stdarg.h>
#include <stdio.h>

// A server that was restarted, where nobody has saved anything.
static bool nothing_to_come_back_with(const struct silent_case *c)
{
    return c->me->life > 0 && !silent_tells(c, TRACE_SAVED) &&
           !silent_tells(c, TRACE_PERSIST) &&
           (c->check->without >> TRACE_PERSIST & 1) == 0;
}

bool silent_broken(const struct silent_case *c, enum finding finding,
                   const char *tag, int other, uint64_t earlier,
                   const char *format, ...)
{
    char text[sizeof c->check->finding.text];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (nothing_to_come_back_with(c) && n > 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n,
                 " The trace tells of no save by any server.");
    return check_found(c->check, c->event, finding, tag, other, earlier, text);
}

bool silent_tells(const struct silent_case *c, enum trace_kind kind)
{
    return c->check->n_of_kind[kind] > 0;
}

bool silent_must_save(const struct silent_case *c)
{
    return (c->check->without >> TRACE_PERSIST & 1) == 0 && c->silent->saves &&
           !c->check->told.holes && !c->me->unknown_saves;
}

bool silent_has_saved(const struct silent_case *c, uint64_t index)
{
    return !silent_must_save(c) || c->me->disk.last_index >= index;
}
