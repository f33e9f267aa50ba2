// test_raft_replication.c -- §5.3 and §5.4.2, a test per rule.
#include "test.h"

#include "raft_fixture.h"

#define TERMS(...) ((const raft_term[]){__VA_ARGS__, 0})
static const raft_term no_terms[] = {0};

static void assert_log(const struct fixture *f, const raft_term *terms)
{
    raft_index index = 1;
    for (; *terms > 0; terms++, index++)
        assert_int_equal(log_term_at(&f->rf->log, index), *terms);
    assert_int_equal(log_last_index(&f->rf->log), index - 1);
}

static void test_ae1_refuses_a_leader_of_an_old_term(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1), 5);
    f.rf->last_heard_ms = 1;
    struct append_entries_reply reply =
        fixture_append(&f, 4, 2, 1, TERMS(4), 2);
    assert_false(reply.success);
    assert_int_equal(reply.term, 5);
    assert_log(&f, TERMS(1, 1));
    assert_int_equal(f.rf->commit_index, 0);
    assert_int_equal(f.rf->last_heard_ms, 1); // it is nobody's heartbeat
    fixture_free(&f);
}

static void test_ae2_needs_the_entry_before_the_new_ones(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 2, 2, 2), 3);
    struct append_entries_reply reply =
        fixture_append(&f, 3, 6, 3, no_terms, 0);
    assert_false(reply.success);
    assert_int_equal(reply.conflict_term, 0); // too short
    assert_int_equal(reply.conflict_index, 5);
    reply = fixture_append(&f, 3, 4, 3, no_terms, 4);
    assert_false(reply.success);
    assert_int_equal(reply.conflict_term, 2);
    assert_int_equal(reply.conflict_index, 2);
    assert_int_equal(f.rf->commit_index, 0);
    fixture_free(&f);
}

static void test_ae3_drops_a_conflicting_entry_and_all_behind_it(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1, 2, 2, 2), 2);
    assert_true(fixture_append(&f, 3, 2, 1, TERMS(3), 0).success);
    assert_log(&f, TERMS(1, 1, 3));
    fixture_free(&f);
}

static void test_ae3_an_old_message_takes_nothing_back(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_append(&f, 1, 0, 0, TERMS(1, 1, 1, 1), 0);
    assert_true(fixture_append(&f, 1, 1, 1, TERMS(1), 0).success);
    assert_log(&f, TERMS(1, 1, 1, 1));
    fixture_free(&f);
}

static void test_ae4_appends_what_is_new(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1), 1);
    assert_true(fixture_append(&f, 2, 1, 1, TERMS(1, 2, 2), 0).success);
    assert_log(&f, TERMS(1, 1, 2, 2));
    assert_true(persist(f.rf));
    fixture_reboot(&f);
    assert_log(&f, TERMS(1, 1, 2, 2));
    fixture_free(&f);
}

static void test_ae5_commits_no_further_than_last_new_entry(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1, 1, 1), 1);
    fixture_append(&f, 2, 1, 1, TERMS(1), 4);
    assert_int_equal(f.rf->commit_index, 2); // 3 and 4 may be stale
    fixture_append(&f, 2, 1, 1, no_terms, 4);
    assert_int_equal(f.rf->commit_index, 2); // never backwards
    fixture_append(&f, 2, 4, 1, no_terms, 3);
    assert_int_equal(f.rf->commit_index, 3); // not past leader_commit
    fixture_free(&f);
}

static void test_l2_start_appends_on_the_leader_alone(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    raft_index index = 0;
    raft_term term = 0;
    fixture_make(&f, 3, 0);
    assert_false(raft_start(f.rf, "x", 1, &index, &term));
    fixture_leader(&f);
    assert_true(raft_start(f.rf, "x", 1, &index, &term));
    assert_int_equal(index, 1);
    assert_int_equal(term, 1);
    assert_true(raft_start(f.rf, "y", 1, &index, &term));
    assert_int_equal(index, 2);
    assert_int_equal(f.rf->peers[0].match_index, 2); // its own, durable
    fixture_reboot(&f);
    assert_log(&f, TERMS(1, 1));
    fixture_free(&f);
}

static void test_l3_success_advances_next_and_match(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1, 1), 1);
    fixture_leader(&f);
    struct append_entries_reply yes = {.term = 2, .success = true};
    fixture_append_reply(&f, 1, 2, 1, 2, yes);
    assert_int_equal(f.rf->peers[1].match_index, 3);
    assert_int_equal(f.rf->peers[1].next_index, 4);
    // A late reply to an earlier message moves nothing back.
    fixture_append_reply(&f, 1, 2, 0, 1, yes);
    assert_int_equal(f.rf->peers[1].match_index, 3);
    struct append_entries_reply no = {.term = 2, .conflict_index = 1};
    fixture_append_reply(&f, 1, 2, 1, 0, no);
    assert_int_equal(f.rf->peers[1].next_index, 4);
    fixture_append_reply(&f, 1, 2, 3, 0, no);
    assert_int_equal(f.rf->peers[1].next_index, 4);
    fixture_free(&f);
}

static void test_l3_a_reply_counts_only_in_its_term(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1), 1);
    fixture_leader(&f);                       // of term 2
    fixture_append(&f, 3, 0, 0, no_terms, 0); // follows term 3
    fixture_leader(&f);                       // of term 4
    struct append_entries_reply late = {.term = 2, .success = true};
    fixture_append_reply(&f, 1, 2, 0, 2, late);
    assert_int_equal(f.rf->peers[1].match_index, 0);
    fixture_free(&f);
}

static void test_l3_conflict_skips_a_whole_term(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1, 2, 2, 4, 4), 4);
    fixture_leader(&f);
    // The follower has term 3 there, we do not: its first index of it.
    struct append_entries_reply no = {
        .term = 5, .conflict_term = 3, .conflict_index = 4};
    fixture_append_reply(&f, 1, 5, 6, 0, no);
    assert_int_equal(f.rf->peers[1].next_index, 4);
    // The follower has term 2 there, and so have we: behind our last of it.
    no = (struct append_entries_reply){
        .term = 5, .conflict_term = 2, .conflict_index = 3};
    fixture_append_reply(&f, 2, 5, 6, 0, no);
    assert_int_equal(f.rf->peers[2].next_index, 5);
    fixture_free(&f);
}

static void test_l4_commits_what_a_majority_holds(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    raft_index index;
    raft_term term;
    fixture_make(&f, 5, 0);
    fixture_leader(&f);
    assert_true(raft_start(f.rf, "x", 1, &index, &term));
    struct append_entries_reply yes = {.term = 1, .success = true};
    fixture_append_reply(&f, 1, 1, 0, 1, yes);
    fixture_append_reply(&f, 1, 1, 0, 1, yes); // the same server twice
    assert_int_equal(f.rf->commit_index, 0);
    fixture_append_reply(&f, 2, 1, 0, 1, yes);
    assert_int_equal(f.rf->commit_index, 1);
    fixture_free(&f);
}

static void test_l4_needs_more_than_half_of_four(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    raft_index index;
    raft_term term;
    fixture_make(&f, 4, 0);
    fixture_leader(&f);
    assert_true(raft_start(f.rf, "x", 1, &index, &term));
    struct append_entries_reply yes = {.term = 1, .success = true};
    fixture_append_reply(&f, 1, 1, 0, 1, yes);
    assert_int_equal(f.rf->commit_index, 0);
    fixture_append_reply(&f, 3, 1, 0, 1, yes);
    assert_int_equal(f.rf->commit_index, 1);
    fixture_free(&f);
}

static void test_l4_counts_only_entries_of_its_own_term(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    raft_index index;
    raft_term term;
    fixture_make(&f, 3, 0);
    fixture_log(&f, TERMS(1, 1), 1);
    fixture_leader(&f);
    struct append_entries_reply yes = {.term = 2, .success = true};
    fixture_append_reply(&f, 1, 2, 0, 2, yes);
    assert_int_equal(f.rf->commit_index, 0); // Figure 8
    assert_true(raft_start(f.rf, "x", 1, &index, &term));
    fixture_append_reply(&f, 1, 2, 2, 1, yes);
    assert_int_equal(f.rf->commit_index, 3); // and the older ones with it
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ae1_refuses_a_leader_of_an_old_term),
        cmocka_unit_test(test_ae2_needs_the_entry_before_the_new_ones),
        cmocka_unit_test(test_ae3_drops_a_conflicting_entry_and_all_behind_it),
        cmocka_unit_test(test_ae3_an_old_message_takes_nothing_back),
        cmocka_unit_test(test_ae4_appends_what_is_new),
        cmocka_unit_test(test_ae5_commits_no_further_than_last_new_entry),
        cmocka_unit_test(test_l2_start_appends_on_the_leader_alone),
        cmocka_unit_test(test_l3_success_advances_next_and_match),
        cmocka_unit_test(test_l3_a_reply_counts_only_in_its_term),
        cmocka_unit_test(test_l3_conflict_skips_a_whole_term),
        cmocka_unit_test(test_l4_commits_what_a_majority_holds),
        cmocka_unit_test(test_l4_needs_more_than_half_of_four),
        cmocka_unit_test(test_l4_counts_only_entries_of_its_own_term),
    };
    return cmocka_run_group_tests_name("raft replication", tests, NULL, NULL) !=
           0;
}
