// paper.h -- the rules of the paper by tag: a sentence, and where to look.
#ifndef GLASSRAFT_PAPER_H
#define GLASSRAFT_PAPER_H

#include <stdbool.h>

struct paper_rule {
    const char *tag;
    const char *says;  // the rule in one sentence of ours
    const char *where; // the code that has to obey it, in words
};

// NULL when there is no such rule.
const struct paper_rule *paper_rule(const char *tag);

// The code that handles a request of this name, or an answer to one; NULL.
const char *paper_handler(const char *rpc, bool reply);

#endif
