// parts.h -- what pages are put together from.
#ifndef GLASSRAFT_PAGE_PARTS_H
#define GLASSRAFT_PAGE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// Writes the page's text up to a mark, from *at on; *at is then after the mark.
void page_put_until(FILE *out, const char **at, const char *mark);
// The colours and the trace's path, as JSON.
void page_put_paint(FILE *out, const char *trace, bool heartbeats);
// JSON that may stand in a script element: nothing in it ends the element.
void page_put_escaped(FILE *out, const char *at, size_t n);

#endif
