// why_fixture.h -- stories of events, asked for in every form.
#ifndef GLASSRAFT_WHY_FIXTURE_H
#define GLASSRAFT_WHY_FIXTURE_H

#include "viz/why/why.h"
#include "viz_fixture.h"

enum form { TEXT, JSON, GRAPH };

// The answer, to be freed; NULL when there is none, whose error is then told
// and whose output is empty.
char *why_ask(const struct trace_file *trace, struct viz_why asked,
              enum form form);
// The story, for why_free(); there must be one.
struct why why_made(const struct trace_file *trace, struct viz_why asked);

#endif
