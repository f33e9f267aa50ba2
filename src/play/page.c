// page.c -- the page of glassraft play: that of glassraft page, with hands.
#include "page.h"

#include <string.h>

#include "viz/page/parts.h"

// play_data.S: the assembled page, with marks in it.
extern const char play_data[];

void play_page(FILE *out, const char *start)
{
    const char *at = play_data;
    page_put_until(out, &at, "@start@");
    page_put_escaped(out, start, strlen(start));
    page_put_until(out, &at, "@paint@");
    page_put_paint(out, "trace.jsonl", true);
    page_put_until(out, &at, "@stories@");
    fputs("{}", out); // it is told by its actions
    page_put_until(out, &at, "@trace@\n");
    fputs(at, out);
}
