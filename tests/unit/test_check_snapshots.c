// test_check_snapshots.c -- what is saved with a snapshot, and comes back.
#include "test.h"

#include "check_fixture.h"

// S1 has n saved entries of term 1, and is in term 2.
static void save_entries(uint64_t n)
{
    begin_story();
    take_term(0, 2);
    for (uint64_t index = 1; index <= n; index++)
        appends(0, index, 1, "x");
    persists(0, 2, TRACE_NONE, n, 1);
}

#define PERSIST_SNAPSHOT(server, ...)                                          \
    STEP(server, .kind = TRACE_PERSIST, .voted_for = TRACE_NONE, __VA_ARGS__)

static void test_is6_what_follows_a_snapshot_is_lost(void **state)
{
    (void)state;
    for (uint64_t last = 2; last <= 3; last++) {
        save_entries(3);
        uint64_t compacts =
            STEP(0, .kind = TRACE_COMPACT, .index = 2, .entry_term = 1);
        uint64_t saved =
            PERSIST_SNAPSHOT(0, .term = 2, .from = 2, .index = last,
                             .entry_term = 1, .snapshot_bytes = 9);
        if (last == 3)
            assert_sound();
        else
            assert_broken("saved-wrong-state", "IS.6", SHOWN(saved, compacts),
                          OF(0));
    }
}

static void test_is5_an_older_snapshot_is_saved(void **state)
{
    (void)state;
    save_entries(4);
    STEP(0, .kind = TRACE_COMPACT, .index = 3, .entry_term = 1);
    PERSIST_SNAPSHOT(0, .term = 2, .from = 3, .index = 4, .entry_term = 1,
                     .snapshot_bytes = 9);
    assert_sound();
    uint64_t back = STEP(0, .kind = TRACE_COMPACT, .index = 2, .entry_term = 1);
    uint64_t saved = PERSIST_SNAPSHOT(0, .term = 2, .from = 2, .index = 3,
                                      .entry_term = 1, .snapshot_bytes = 9);
    assert_broken("saved-wrong-state", "IS.5", SHOWN(saved, back), OF(0));
}

// What a snapshot covers, and the log behind it, comes back with it: entries
// alone stand at other indexes.
static void test_is8_restart_without_the_snapshot(void **state)
{
    (void)state;
    static const struct trace_entry entry = {1, 1, "x"};
    for (uint64_t from = 0; from <= 2; from += 2) {
        save_entries(3);
        STEP(0, .kind = TRACE_COMPACT, .index = 2, .entry_term = 1);
        uint64_t saved = PERSIST_SNAPSHOT(0, .term = 2, .from = 2, .index = 3,
                                          .entry_term = 1);
        STEP(0, .kind = TRACE_CRASH);
        uint64_t boot =
            STEP(0, .kind = TRACE_BOOT, .term = 2, .voted_for = TRACE_NONE,
                 .index = from, .entry_term = from / 2, .entries = &entry,
                 .n_entries = 1);
        if (from == 2)
            assert_sound();
        else
            assert_broken("snapshot-lost-at-restart", "IS.8",
                          SHOWN(boot, saved), OF(0));
    }
}

static void test_is7_what_a_snapshot_contradicts_is_kept(void **state)
{
    (void)state;
    for (uint64_t last = 2; last <= 3; last++) {
        save_entries(3);
        uint64_t installs =
            STEP(0, .kind = TRACE_INSTALL, .index = 2, .entry_term = 2);
        uint64_t saved = PERSIST_SNAPSHOT(
            0, .term = 2, .from = 2, .index = last,
            .entry_term = last == 2 ? 2 : 1, .snapshot_bytes = 9);
        if (last == 2)
            assert_sound();
        else
            assert_broken("saved-wrong-state", "IS.7", SHOWN(saved, installs),
                          OF(0));
    }
}

static void test_is5_saved_without_its_snapshot(void **state)
{
    (void)state;
    for (uint64_t bytes = 0; bytes <= 9; bytes += 9) {
        save_entries(2);
        STEP(0, .kind = TRACE_COMPACT, .index = 1, .entry_term = 1);
        PERSIST_SNAPSHOT(0, .term = 2, .from = 1, .index = 2, .entry_term = 1,
                         .snapshot_bytes = 9);
        uint64_t saved =
            PERSIST_SNAPSHOT(0, .term = 2, .from = 1, .index = 2,
                             .entry_term = 1, .snapshot_bytes = bytes);
        if (bytes > 0)
            assert_sound();
        else
            assert_broken("saved-without-snapshot", "IS.5", SHOWN(saved),
                          OF(0));
    }
}

static void test_every_property_of_snapshots_was_broken(void **state)
{
    (void)state;
    static const char *const all[] = {
        "IS.5 saved-wrong-state",        "IS.6 saved-wrong-state",
        "IS.7 saved-wrong-state",        "IS.5 saved-without-snapshot",
        "IS.8 snapshot-lost-at-restart", NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_is6_what_follows_a_snapshot_is_lost),
        STORY(test_is5_an_older_snapshot_is_saved),
        STORY(test_is8_restart_without_the_snapshot),
        STORY(test_is7_what_a_snapshot_contradicts_is_kept),
        STORY(test_is5_saved_without_its_snapshot),
        STORY(test_every_property_of_snapshots_was_broken),
    };
    return cmocka_run_group_tests_name("check_snapshots", tests, NULL, NULL) !=
           0;
}
