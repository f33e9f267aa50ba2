// test_trace_page.c -- the schema and the page in the tree are what the table
// of kinds says today.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "trace/trace.h"

// All of a file of the tree, from the tree's root; to be freed.
static char *content(const char *path)
{
    char *text;
    size_t n;
    FILE *in = fopen(path, "r"), *out = must_stream(&text, &n);
    if (in == NULL)
        fail_msg("%s: not found, expected to run in the tree's root", path);
    for (int c; (c = getc(in)) != EOF;)
        putc(c, out);
    fclose(in);
    fclose(out);
    return text;
}

static char *printed(void (*print)(FILE *out))
{
    char *text;
    size_t n;
    FILE *out = must_stream(&text, &n);
    print(out);
    fclose(out);
    return text;
}

static void test_the_schema_is_current(void **state)
{
    (void)state;
    char *now = printed(trace_print_schema);
    char *kept = content("src/trace/trace.schema.json");
    assert_string_equal(kept, now);
    free(now);
    free(kept);
}

static void test_the_page_is_current(void **state)
{
    (void)state;
    char *now = printed(trace_print_page);
    char *page = content("src/trace/TRACE.md");
    char *from = strstr(page, "<!-- kinds");
    char *to = strstr(page, "<!-- end of kinds -->");
    assert_non_null(from);
    assert_non_null(to);
    from = strstr(from, "-->\n\n") + strlen("-->\n\n");
    *to = '\0';
    assert_string_equal(from, now);
    free(now);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_schema_is_current),
        cmocka_unit_test(test_the_page_is_current),
    };
    return cmocka_run_group_tests_name("trace_page", tests, NULL, NULL) != 0;
}
