// rule_book.h -- the rules of the paper by tag: a sentence, and where to look.
#ifndef GLASSRAFT_RULE_BOOK_H
#define GLASSRAFT_RULE_BOOK_H

#include <stdbool.h>
#include <stddef.h>

struct paper_rule {
    const char *tag;
    const char *says;  // the rule in one sentence of ours
    const char *where; // the code that has to obey it, in words
};

// NULL when there is no such rule.
const struct paper_rule *paper_rule(const char *tag);

// The code that handles a request of this name, or an answer to one; NULL.
const char *paper_handler(const char *rpc, bool reply);

// Is this a function that students write? Others were given to them, or are
// helpers of their own.
bool paper_is_written(const char *function);
// The i-th of these functions, NULL behind the last.
const char *paper_written(size_t i);

// The code that a finding of this property leads to, in words; handler: the
// code that was at work, NULL when that is not known. NULL where the rule alone
// has to do.
const char *paper_place(const char *property, const char *text,
                        const char *handler);
// The i-th of these places, NULL behind the last; "" is the handler.
const char *paper_place_at(size_t i);

#endif
