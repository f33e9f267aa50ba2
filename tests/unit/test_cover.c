// test_cover.c -- gcc's notes, and the way from counted arcs to all of them.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cover/cover.h"
#include "cover/flow.h"
#include "cover/gcno.h"

enum { GCC_12 = 0x4232322a, FUNCTION = 0x01000000, BLOCKS = 0x01410000 };
enum { ARCS = 0x01430000, LINES = 0x01450000, ROOM = 1024 };

// Notes in the making.
struct notes {
    uint8_t bytes[ROOM];
    size_t n;
};

static void put(struct notes *to, uint32_t value)
{
    assert_true(to->n + 4 <= ROOM);
    memcpy(to->bytes + to->n, &value, 4);
    to->n += 4;
}

static void put_text(struct notes *to, const char *text)
{
    size_t n = strlen(text) + 1;
    put(to, (uint32_t)n);
    assert_true(to->n + n <= ROOM);
    memcpy(to->bytes + to->n, text, n);
    to->n += n;
}

static void put_arcs(struct notes *to, uint32_t from, uint32_t first,
                     uint32_t flags, uint32_t second, uint32_t more)
{
    put(to, ARCS);
    put(to, second == 0 ? 12 : 20);
    put(to, from);
    put(to, first);
    put(to, flags);
    if (second == 0)
        return;
    put(to, second);
    put(to, more);
}

static void put_line(struct notes *to, uint32_t block, uint32_t line)
{
    put(to, LINES);
    put(to, 4 + 4 + 4 + 4 + 4 + 4 + 4);
    put(to, block);
    put(to, 0);
    put_text(to, "f.c");
    put(to, line);
    put(to, 0);
    put(to, 0);
}

// void f(int a) { if (a) b = 1; }: 0 -> 2, 2 -> 3 or 4, 3 -> 4, 4 -> 1. Those
// that are counted are 0 -> 2 and 2 -> 3.
static struct notes sample(void)
{
    struct notes notes = {.n = 0};
    put(&notes, 0x67636e6f);
    put(&notes, GCC_12);
    put(&notes, 77);
    put(&notes, 0);
    put_text(&notes, "/somewhere");
    put(&notes, 0);
    put(&notes, FUNCTION);
    put(&notes, 3 * 4 + 6 + 4 + 8 + 4 * 4);
    put(&notes, 5);
    put(&notes, 6);
    put(&notes, 7);
    put_text(&notes, "f");
    put(&notes, 0);
    put_text(&notes, "f.c");
    put(&notes, 10);
    put(&notes, 1);
    put(&notes, 14);
    put(&notes, 1);
    put(&notes, BLOCKS);
    put(&notes, 4);
    put(&notes, 5);
    put_arcs(&notes, 0, 2, 4, 0, 0);
    put_arcs(&notes, 2, 3, 0, 4, 1);
    put_arcs(&notes, 3, 4, 5, 0, 0);
    put_arcs(&notes, 4, 1, 1, 0, 0);
    put_line(&notes, 2, 11);
    put_line(&notes, 3, 12);
    put_line(&notes, 4, 14);
    return notes;
}

static bool read_notes(const struct notes *notes, size_t n, struct gcno *gcno,
                       char error[300])
{
    char path[] = "/tmp/glassraft-cover-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, notes->bytes, n) == (ssize_t)n);
    close(fd);
    bool good = gcno_read(path, gcno, error);
    unlink(path);
    return good;
}

static void read_sample(struct gcno *gcno)
{
    struct notes notes = sample();
    char error[300] = "";
    if (!read_notes(&notes, notes.n, gcno, error))
        fail_msg("%s", error);
}

static void test_notes_are_read(void **state)
{
    struct gcno gcno;
    (void)state;
    read_sample(&gcno);
    assert_int_equal(gcno.n_functions, 1);
    const struct gcno_function *f = &gcno.function[0];
    assert_string_equal(f->name, "f");
    assert_string_equal(gcno.file[f->file], "f.c");
    assert_int_equal(f->line, 10);
    assert_int_equal(f->n_blocks, 5);
    assert_int_equal(f->n_arcs, 5);
    assert_int_equal(f->n_lines, 3);
    assert_int_equal(f->lines[1].block, 3);
    assert_int_equal(f->lines[1].line, 12);
    gcno_free(&gcno);
}

static void test_arcs_follow_from_the_counted(void **state)
{
    // Entered five times, twice with a.
    const uint64_t counters[] = {5, 2};
    const int64_t all[] = {5, 2, 3, 2, 5};
    int64_t count[5];
    struct gcno gcno;
    struct flow flow;
    (void)state;
    read_sample(&gcno);
    assert_true(flow_plan(&gcno.function[0], &flow));
    assert_int_equal(flow.n_counters, 2);
    assert_true(flow_solve(&flow, &gcno.function[0], counters, 0, count));
    assert_memory_equal(count, all, sizeof all);
    flow_free(&flow);
    gcno_free(&gcno);
}

static void test_a_crash_is_one_more_way_out(void **state)
{
    // The second time with a it crashed in block 3; or, the first time ever, in
    // block 2, before either way.
    const uint64_t later[] = {5, 2}, first[] = {1, 0};
    const int64_t in_3[] = {5, 2, 3, 1, 4}, in_2[] = {1, 0, 0, 0, 0};
    int64_t count[5];
    struct gcno gcno;
    struct flow flow;
    (void)state;
    read_sample(&gcno);
    assert_true(flow_plan(&gcno.function[0], &flow));
    assert_true(flow_solve(&flow, &gcno.function[0], later, 3, count));
    assert_memory_equal(count, in_3, sizeof in_3);
    assert_true(flow_solve(&flow, &gcno.function[0], first, 2, count));
    assert_memory_equal(count, in_2, sizeof in_2);
    // It was never in block 3.
    assert_false(flow_solve(&flow, &gcno.function[0], first, 3, count));
    flow_free(&flow);
    gcno_free(&gcno);
}

static void solve_all(struct gcno *gcno)
{
    for (size_t i = 0; i < gcno->n_functions; i++) {
        struct flow flow;
        if (!flow_plan(&gcno->function[i], &flow))
            continue;
        uint64_t *counters = calloc(flow.n_counters + 1, sizeof *counters);
        int64_t *count = calloc(flow.n_arcs + 1, sizeof *count);
        flow_solve(&flow, &gcno->function[i], counters, 2, count);
        free(counters);
        free(count);
        flow_free(&flow);
    }
    gcno_free(gcno);
}

// Whatever they say, nothing is read that is not there.
static void test_damaged_notes_are_refused(void **state)
{
    const struct notes whole = sample();
    char error[300];
    struct gcno gcno;
    uint32_t random = 1;
    (void)state;
    for (size_t n = 0; n < 35; n++) // what stands before the first record
        assert_false(read_notes(&whole, n, &gcno, error));
    for (int i = 0; i < 2000; i++) {
        struct notes notes = whole;
        for (int k = 0; k < 3; k++) {
            random = random * 1664525 + 1013904223;
            notes.bytes[(random >> 16) % notes.n] ^=
                (uint8_t)(1 << ((random >> 8) & 7));
        }
        if (read_notes(&notes, notes.n, &gcno, error))
            solve_all(&gcno);
        else
            assert_non_null(strstr(error, "/tmp/glassraft-cover-"));
    }
}

static void test_only_crashes_stop_inside(void **state)
{
    struct cover_stop stop;
    const char *text = "S1 main dereferenced a NULL pointer\n"
                       "  virtual time 0.9 s\n"
                       "    raft_start at /home/x/raft.c:290\n"
                       "    other at log.c:3\n";
    (void)state;
    assert_true(cover_find_stop("crash", text, &stop));
    assert_string_equal(stop.function, "raft_start");
    assert_string_equal(stop.file, "raft.c");
    assert_int_equal(stop.line, 290);
    assert_false(cover_find_stop("liveness", text, &stop));
    assert_false(cover_find_stop("crash", "signal 9\nno place", &stop));
}

static void test_only_all_is_a_hundred(void **state)
{
    char text[16];
    (void)state;
    cover_percent((struct cover_share){2000, 1999}, text);
    assert_string_equal(text, "99.9 %");
    cover_percent((struct cover_share){2000, 2000}, text);
    assert_string_equal(text, "100 %");
    cover_percent((struct cover_share){0, 0}, text);
    assert_string_equal(text, "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notes_are_read),
        cmocka_unit_test(test_arcs_follow_from_the_counted),
        cmocka_unit_test(test_a_crash_is_one_more_way_out),
        cmocka_unit_test(test_damaged_notes_are_refused),
        cmocka_unit_test(test_only_crashes_stop_inside),
        cmocka_unit_test(test_only_all_is_a_hundred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
