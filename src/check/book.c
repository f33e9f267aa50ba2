// book.c -- what an event rests on is written into the book of the evidence.
#include <stdint.h>

#include "base/die.h"
#include "record.h"

// The position of event n among those up to now; SIZE_MAX.
static size_t find(const struct evidence_book *book, uint64_t n)
{
    size_t low = 0, high = book->at + 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (book->trace->event[middle].n < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low <= book->at && book->trace->event[low].n == n ? low : SIZE_MAX;
}

struct evidence *record_of(struct evidence_book *book, uint64_t n)
{
    size_t at = n > 0 ? find(book, n) : SIZE_MAX;
    return at != SIZE_MAX ? &book->of[at] : NULL;
}

static void add(struct evidence_book *book, struct evidence *of, uint64_t n,
                enum evidence_step step, bool needed)
{
    for (size_t i = of->causes; i != 0; i = book->cause[i].next)
        if (book->cause[i].n == n) {
            book->cause[i].needed |= needed;
            return;
        }
    book->cause = must_grow(book->cause, book->n_causes, &book->room,
                            sizeof *book->cause);
    book->cause[book->n_causes] =
        (struct evidence_cause){n, step, needed, of->causes};
    of->causes = book->n_causes++;
}

void record_cause(struct evidence_book *book, uint64_t n,
                  enum evidence_step step)
{
    // Of the same number are keyframes only, and nothing rests on itself.
    if (n > 0 && n != book->trace->event[book->at].n)
        add(book, &book->of[book->at], n, step, true);
}

void record_late(struct evidence_book *book, uint64_t effect, uint64_t n)
{
    struct evidence *of = record_of(book, effect);
    if (of != NULL && n > 0 && n != effect)
        add(book, of, n, EVIDENCE_NEAR, false);
}

bool evidence_cuts(const struct trace_event *event)
{
    return event->kind == TRACE_CRASH || event->kind == TRACE_DISCONNECT ||
           event->kind == TRACE_PARTITION ||
           (event->kind == TRACE_PAUSE && event->ok) ||
           (event->kind == TRACE_LINK && !event->ok);
}
