// test_raft_snapshot.c -- §7 and Figure 13, a test per rule; and the applier.
#include "test.h"

#include "raft_fixture.h"

#define TERMS(...) ((const raft_term[]){__VA_ARGS__, 0})
static const raft_term no_terms[] = {0};

static struct install_snapshot_reply chunk(struct fixture *f, raft_term term,
                                           raft_index index, raft_term of,
                                           const char *whole, size_t offset,
                                           size_t n, bool done)
{
    struct install_snapshot_args args = {
        term, 1, index, of, offset, {(const uint8_t *)whole + offset, n}, done};
    lock(f->rf);
    struct install_snapshot_reply reply = handle_install_snapshot(f->rf, &args);
    unlock(f->rf);
    return reply;
}

static void test_is1_refuses_a_leader_of_an_old_term(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1), 5);
    struct install_snapshot_reply reply = chunk(&f, 4, 9, 3, "abc", 0, 3, true);
    assert_int_equal(reply.term, 5);
    assert_int_equal(reply.bytes_stored, 0);
    assert_int_equal(f.rf->log.last_included_index, 0);
    fixture_free(&f);
}

static void test_is2_a_new_transfer_starts_anew(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 0, 3, false).bytes_stored, 3);
    assert_int_equal(chunk(&f, 1, 7, 1, "uvwxyz", 0, 2, false).bytes_stored, 2);
    chunk(&f, 1, 7, 1, "uvwxyz", 2, 4, true);
    assert_int_equal(f.rf->snapshot->n, 6);
    assert_memory_equal(f.rf->snapshot->bytes, "uvwxyz", 6);
    fixture_free(&f);
}

static void test_is3_chunks_go_to_their_offset_without_a_hole(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 4, 2, true).bytes_stored, 0);
    assert_int_equal(f.rf->log.last_included_index, 0); // nothing installed
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 0, 2, false).bytes_stored, 2);
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 0, 2, false).bytes_stored, 2);
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 2, 2, false).bytes_stored, 4);
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 4, 2, true).bytes_stored, 6);
    assert_memory_equal(f.rf->snapshot->bytes, "abcdef", 6);
    fixture_free(&f);
}

static void test_is4_waits_for_more_until_done(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    chunk(&f, 1, 5, 1, "abcdef", 0, 6, false);
    assert_null(f.rf->snapshot);
    chunk(&f, 1, 5, 1, "abcdef", 6, 0, true);
    assert_int_equal(f.rf->log.last_included_index, 5);
    fixture_free(&f);
}

static void test_is5_a_snapshot_of_what_is_committed_is_ignored(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_append(&f, 1, 0, 0, TERMS(1, 1, 1), 3);
    assert_int_equal(chunk(&f, 1, 2, 1, "old", 0, 3, true).bytes_stored, 3);
    assert_null(f.rf->snapshot);
    assert_int_equal(log_last_index(&f.rf->log), 3);
    fixture_free(&f);
}

// [IS.5] Chunks of two snapshots of one leader: the newer one goes on.
static void test_is5_a_late_chunk_leaves_a_newer_snapshot(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 0, 3, false).bytes_stored, 3);
    assert_int_equal(chunk(&f, 1, 9, 1, "uvwxyz", 0, 3, false).bytes_stored, 3);
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 3, 3, true).bytes_stored, 0);
    assert_int_equal(chunk(&f, 1, 5, 1, "abcdef", 0, 3, false).bytes_stored, 0);
    chunk(&f, 1, 7, 1, "", 0, 0, true); // empty, and older as well
    assert_null(f.rf->snapshot);
    assert_int_equal(chunk(&f, 1, 9, 1, "uvwxyz", 3, 3, true).bytes_stored, 6);
    assert_int_equal(f.rf->log.last_included_index, 9);
    assert_memory_equal(f.rf->snapshot->bytes, "uvwxyz", 6);
    fixture_free(&f);
}

// [IS.5] What a deposed leader began ends with its term.
static void test_is5_a_new_leader_begins_anew(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    chunk(&f, 1, 9, 1, "abcdef", 0, 3, false);
    assert_int_equal(chunk(&f, 2, 7, 1, "uvwxyz", 0, 2, false).bytes_stored, 2);
    chunk(&f, 2, 7, 1, "uvwxyz", 2, 4, true);
    assert_int_equal(f.rf->log.last_included_index, 7);
    assert_memory_equal(f.rf->snapshot->bytes, "uvwxyz", 6);
    fixture_free(&f);
}

// A service without state has a snapshot, too: of no bytes.
static void test_an_empty_snapshot_survives_a_restart(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    chunk(&f, 1, 5, 1, "", 0, 0, true);
    assert_true(persist(f.rf));
    fixture_reboot(&f);
    assert_int_equal(f.rf->log.last_included_index, 5);
    assert_non_null(f.rf->snapshot);
    assert_int_equal(f.rf->snapshot->n, 0);
    fixture_free(&f);
}

static void test_is5_saves_the_snapshot_with_the_state(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    chunk(&f, 4, 5, 3, "abc", 0, 3, true);
    assert_true(persist(f.rf));
    fixture_reboot(&f);
    assert_int_equal(f.rf->log.last_included_index, 5);
    assert_int_equal(f.rf->log.last_included_term, 3);
    assert_int_equal(f.rf->commit_index, 5);
    assert_int_equal(f.rf->last_applied, 5);
    assert_int_equal(f.rf->current_term, 4);
    assert_memory_equal(f.rf->snapshot->bytes, "abc", 3);
    fixture_free(&f);
}

static void test_is6_keeps_what_follows_a_matching_entry(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_append(&f, 2, 0, 0, TERMS(1, 2, 2, 2), 0);
    chunk(&f, 2, 2, 2, "abc", 0, 3, true);
    assert_int_equal(log_last_index(&f.rf->log), 4);
    assert_int_equal(log_term_at(&f.rf->log, 3), 2);
    assert_int_equal(f.rf->log.last_included_index, 2);
    fixture_free(&f);
}

static void test_is7_discards_a_log_that_does_not_match(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_append(&f, 2, 0, 0, TERMS(1, 2, 2, 2), 0);
    chunk(&f, 3, 2, 3, "abc", 0, 3, true);
    assert_int_equal(log_last_index(&f.rf->log), 2);
    assert_int_equal(log_last_term(&f.rf->log), 3);
    fixture_free(&f);
}

static void test_is8_counts_the_snapshot_as_committed(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    chunk(&f, 1, 5, 1, "abc", 0, 3, true);
    assert_int_equal(f.rf->commit_index, 5);
    assert_int_equal(f.rf->last_applied, 0); // the applier's to deliver
    fixture_free(&f);
}

static void test_l3_a_whole_snapshot_counts_as_a_match(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1, 1), 1);
    fixture_leader(&f);
    struct install_snapshot_args args = {
        .term = 2, .last_included_index = 2, .data = {NULL, 4}, .done = true};
    struct install_snapshot_reply half = {2, 2}, whole = {2, 4};
    lock(f.rf);
    assert_false(handle_install_reply(f.rf, 1, &args, &half));
    assert_int_equal(f.rf->peers[1].match_index, 0);
    assert_true(handle_install_reply(f.rf, 1, &args, &whole));
    assert_int_equal(f.rf->peers[1].match_index, 2);
    unlock(f.rf);
    fixture_free(&f);
}

static void test_compaction_keeps_indexes_and_terms(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_append(&f, 2, 0, 0, TERMS(1, 1, 2, 2), 3);
    lock(f.rf);
    f.rf->last_applied = 3;
    unlock(f.rf);
    raft_snapshot(f.rf, 3, "abc", 3);
    raft_snapshot(f.rf, 2, "old", 3); // ignored
    assert_int_equal(f.rf->log.last_included_index, 3);
    assert_int_equal(log_term_at(&f.rf->log, 3), 2);
    assert_int_equal(log_last_index(&f.rf->log), 4);
    // An AppendEntries that begins before the boundary overlaps rightly.
    assert_true(fixture_append(&f, 2, 1, 1, TERMS(1, 2, 2, 2), 5).success);
    assert_int_equal(log_last_index(&f.rf->log), 5);
    fixture_reboot(&f);
    assert_memory_equal(f.rf->snapshot->bytes, "abc", 3);
    fixture_free(&f);
}

struct heard {
    pthread_mutex_t mutex; // guards what follows
    struct raft_message message[8];
    size_t n;
};

static struct heard heard = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void hear(void *context, const struct raft_message *message)
{
    (void)context;
    pthread_mutex_lock(&heard.mutex);
    heard.message[heard.n] = *message;
    heard.message[heard.n++].bytes = NULL; // borrowed for the call only
    pthread_mutex_unlock(&heard.mutex);
}

static size_t n_heard(void)
{
    pthread_mutex_lock(&heard.mutex);
    size_t n = heard.n;
    pthread_mutex_unlock(&heard.mutex);
    return n;
}

// The applier's thread, run here until it finds nothing more to do.
static void test_all1_applies_committed_entries_in_order(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 1, 0);
    heard.n = 0;
    f.rf->config.apply = hear;
    chunk(&f, 1, 2, 1, "ab", 0, 2, true);
    fixture_append(&f, 1, 2, 1, TERMS(1, 1, 1), 4);
    crew_send(&f.rf->crew, "apply", apply_thread, f.rf, (struct errand){0});
    while (n_heard() < 3)
        sleep_ms(1);
    raft_kill(f.rf);
    assert_int_equal(heard.n, 3);
    assert_true(heard.message[0].is_snapshot);
    assert_int_equal(heard.message[0].index, 2);
    assert_int_equal(heard.message[1].index, 3);
    assert_int_equal(heard.message[2].index, 4);
    fixture_free(&f);
}

// A save costs what is new, whatever the length of the log; where it says that
// bytes are as before, they are, also after a cut at either end.
static void test_a_save_has_only_what_is_new(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    for (int i = 0; i < 300; i++) {
        fixture_append(&f, 1, (raft_index)i, i > 0, TERMS(1), 0);
        assert_true(persist(f.rf));
        assert_in_range(f.n_new, 5, 12);
        assert_true(f.same_snapshot); // there is none
    }
    fixture_append(&f, 2, 200, 1, TERMS(2, 2), 0); // cuts the log
    assert_true(persist(f.rf));
    assert_int_equal(f.n_new, f.n_state);
    fixture_append(&f, 2, 202, 2, TERMS(2), 0);
    assert_true(persist(f.rf));
    assert_in_range(f.n_new, 5, 12);
    chunk(&f, 2, 150, 1, "abc", 0, 3, true); // cuts it in front
    assert_true(persist(f.rf));
    assert_int_equal(f.n_new, f.n_state);
    assert_false(f.same_snapshot);
    fixture_append(&f, 2, 203, 2, TERMS(2), 0);
    assert_true(persist(f.rf));
    assert_in_range(f.n_new, 5, 12);
    assert_true(f.same_snapshot);
    assert_false(f.lies);
    fixture_reboot(&f);
    assert_int_equal(log_last_index(&f.rf->log), 204);
    assert_int_equal(log_term_at(&f.rf->log, 200), 1);
    assert_int_equal(log_term_at(&f.rf->log, 201), 2);
    fixture_append(&f, 2, 204, 2, TERMS(2), 0);
    assert_true(persist(f.rf));
    assert_int_equal(f.n_new, f.n_state); // the first save of a life
    assert_false(f.lies);
    fixture_free(&f);
}

static void test_an_empty_cluster_state_boots_at_term_0(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    assert_int_equal(f.rf->current_term, 0);
    assert_int_equal(log_last_index(&f.rf->log), 0);
    assert_true(fixture_append(&f, 1, 0, 0, no_terms, 0).success);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is1_refuses_a_leader_of_an_old_term),
        cmocka_unit_test(test_is2_a_new_transfer_starts_anew),
        cmocka_unit_test(test_is3_chunks_go_to_their_offset_without_a_hole),
        cmocka_unit_test(test_is4_waits_for_more_until_done),
        cmocka_unit_test(test_is5_a_snapshot_of_what_is_committed_is_ignored),
        cmocka_unit_test(test_is5_a_late_chunk_leaves_a_newer_snapshot),
        cmocka_unit_test(test_is5_a_new_leader_begins_anew),
        cmocka_unit_test(test_is5_saves_the_snapshot_with_the_state),
        cmocka_unit_test(test_an_empty_snapshot_survives_a_restart),
        cmocka_unit_test(test_is6_keeps_what_follows_a_matching_entry),
        cmocka_unit_test(test_is7_discards_a_log_that_does_not_match),
        cmocka_unit_test(test_is8_counts_the_snapshot_as_committed),
        cmocka_unit_test(test_l3_a_whole_snapshot_counts_as_a_match),
        cmocka_unit_test(test_compaction_keeps_indexes_and_terms),
        cmocka_unit_test(test_all1_applies_committed_entries_in_order),
        cmocka_unit_test(test_a_save_has_only_what_is_new),
        cmocka_unit_test(test_an_empty_cluster_state_boots_at_term_0),
    };
    return cmocka_run_group_tests_name("raft snapshot", tests, NULL, NULL) != 0;
}
