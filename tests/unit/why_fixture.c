// why_fixture.c -- see why_fixture.h.
#include "test.h"

#include "why_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"

char *why_ask(const struct trace_file *trace, struct viz_why asked,
              enum form form)
{
    char *text = NULL, error[200] = "";
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    int told =
        form == TEXT   ? viz_why_text(trace, &asked, out, error, sizeof error)
        : form == JSON ? viz_why_json(trace, &asked, out, error, sizeof error)
                       : viz_why_dot(trace, &asked, out, error, sizeof error);
    fclose(out);
    if (told >= 0)
        return text;
    assert_int_equal(n, 0);
    assert_string_not_equal(error, "");
    free(text);
    return NULL;
}

struct why why_made(const struct trace_file *trace, struct viz_why asked)
{
    struct why why;
    char error[200];
    assert_true(why_make(&why, trace, &asked, error, sizeof error));
    return why;
}
