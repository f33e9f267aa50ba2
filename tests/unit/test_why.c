// test_why.c -- the story of an event: what it rests on, and what is wrong.
//
// After a wanted change: GLASSRAFT_GOLDEN=write build/opt/tests/test_why
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "viz/why/why.h"
#include "viz_fixture.h"
#include "why_fixture.h"

static const char agree[] = "tests/golden/agree.jsonl";

// What the header says of the Raft.
static const char *header_raft = ",\"raft\":\"reference\"";

// A trace of three servers with these lines.
static void load_lines(struct trace_file *trace, const char *const *line)
{
    FILE *out = fopen(temporary(), "w");
    assert_non_null(out);
    fprintf(out,
            "{\"ev\":\"trace\",\"v\":1,\"scenario\":\"s\",\"seed\":\"0x1\","
            "\"servers\":3,\"mode\":\"sim\",\"glassraft\":\"0.1.0\"%s}\n",
            header_raft);
    for (; *line != NULL; line++)
        fprintf(out, "%s\n", *line);
    fclose(out);
    assert_true(trace_load(trace, temporary()));
    assert_string_equal(trace->error, "");
    unlink(temporary());
}

// ------------------------------------------------------------ what it tells

static const struct why_fact *fact_at(const struct why *why, uint64_t n)
{
    for (size_t i = 0; i < why->n_facts; i++)
        if (why->trace->event[why->fact[i].at].n == n)
            return &why->fact[i];
    return NULL;
}

static bool rests(const struct why *why, uint64_t effect, uint64_t cause)
{
    for (size_t i = 0; i < why->n_links; i++)
        if (why->trace->event[why->link[i].effect].n == effect &&
            why->trace->event[why->link[i].cause].n == cause)
            return why->link[i].needed;
    return false;
}

// The innermost function that a student writes; what has no place of a
// student's leads nowhere.
static void test_a_stack_leads_to_what_a_student_writes(void **state)
{
    (void)state;
    assert_string_equal(
        why_of_stack("\n      log_truncate at log.c:80"
                     "\n      cut at election.c:50"
                     "\n      become_follower at election.c:47"
                     "\n      handle_request_vote at election.c:200",
                     TRACE_TRUNCATE),
        "election.c, become_follower (line 47, where it calls cut)");
    assert_string_equal(why_of_stack("\n      sleep_ms at thread.c:9"
                                     "\n      watch at raft.c:140",
                                     TRACE_COMMIT),
                        "raft.c, watch (line 140)");
    assert_string_equal(
        why_of_stack("\n      become_follower at election.c:47"
                     "\n      handle_append_reply at replication.c:200",
                     TRACE_ROLE),
        "replication.c, handle_append_reply (line 200, where it calls"
        " become_follower)");
    assert_null(why_of_stack("\n      serve at call.c:172", TRACE_COMMIT));
    assert_null(why_of_stack("", TRACE_COMMIT));
    assert_true(why_stack_has("\n      back_up at replication.c:1",
                              "replies (replication.c, handle_append_reply,"
                              " back_up, match_advance)"));
    assert_false(why_stack_has("\n      back at replication.c:1",
                               "replication.c, back_up"));
}

// Of two threads that race, the one without a lock; of freed memory,
// raft_free() where that has freed it.
static void test_a_report_leads_to_who_did_it_wrong(void **state)
{
    (void)state;
    const char *race = "two threads use the same memory\n"
                       "  S1 election wrote 8 bytes, with a mutex locked, in\n"
                       "      become_candidate at election.c:61\n"
                       "      ... and so on, 1 times more\n"
                       "      election_thread at election.c:175\n"
                       "  main before that read 8 bytes in\n"
                       "      raft_get_state at raft.c:120\n";
    assert_string_equal(why_of_report(race),
                        "raft.c, raft_get_state (line 120)");
    const char *freed = "S2 election uses memory after it was freed\n"
                        "  read of 8 bytes in\n"
                        "      election_thread at election.c:174\n"
                        "  it was freed in\n"
                        "      raft_free at raft.c:113\n";
    assert_string_equal(why_of_report(freed), "raft.c, raft_free (line 113)");
    assert_string_equal(why_of_report("S2 apply uses a NULL pointer\n  in\n"
                                      "      take at apply.c:17\n"
                                      "      apply_thread at apply.c:41\n"),
                        "apply.c, apply_thread (line 41, where it calls take)");
    assert_null(why_of_report("S1 called abort()\n"));
}

// A thread that never blocks stood in some line of the loop: the loop is in the
// thread's own function, or in the handler that it runs.
static void test_a_loop_is_in_the_threads_function(void **state)
{
    (void)state;
    assert_string_equal(
        why_of_loop("S1 heartbeat never blocks\n"
                    "      lock at raft.c:30\n"
                    "      replicate at replication.c:120\n"
                    "      heartbeat_thread at replication.c:160\n"),
        "replication.c, heartbeat_thread");
    assert_string_equal(
        why_of_loop("S2 append entries never blocks\n"
                    "      log_matches at log.c:41\n"
                    "      handle_append_entries at replication.c:250\n"
                    "      answer at raft.c:172\n"),
        "replication.c, handle_append_entries");
    assert_string_equal(why_of_loop("S1 t never blocks\n"
                                    "      spin at mine.c:4\n"
                                    "      begin at mine.c:9\n"),
                        "mine.c, begin");
    assert_null(why_of_loop("S1 t never blocks\n"));
}

static void test_a_commit_rests_on_its_quorum(void **state)
{
    (void)state;
    struct trace_file trace;
    assert_true(trace_load(&trace, agree));
    struct why why = why_made(&trace, (struct viz_why){.commit = 1});
    assert_true(fact_at(&why, 75)->goal);
    assert_true(rests(&why, 75, 62)); // the leader's own copy
    assert_true(rests(&why, 75, 68)); // S3's
    // S2's came when index 1 was committed already.
    assert_non_null(fact_at(&why, 78));
    assert_false(fact_at(&why, 78)->needed);
    assert_true(rests(&why, 62, 61)); // the client
    assert_true(rests(&why, 62, 46)); // the leader
    assert_string_equal(fact_at(&why, 75)->doubt, "");
    why_free(&why);
    trace_unload(&trace);
}

static void test_an_election_rests_on_the_votes_heard(void **state)
{
    (void)state;
    struct trace_file trace;
    assert_true(trace_load(&trace, agree));
    struct why why = why_made(&trace, (struct viz_why){.election = 1});
    assert_true(rests(&why, 46, 30));  // its own vote
    assert_true(rests(&why, 46, 41));  // S2's was heard before
    assert_false(rests(&why, 46, 36)); // S3's after: not needed
    assert_non_null(fact_at(&why, 36));
    assert_true(rests(&why, 41, 28)); // asked for on the timeout
    assert_null(fact_at(&why, 31));   // which tells of the candidate, too
    why_free(&why);
    trace_unload(&trace);
}

static void test_known_stories(void **state)
{
    (void)state;
    struct trace_file trace;
    assert_true(trace_load(&trace, agree));
    struct viz_why asked = {.event = 86};
    char *text = why_ask(&trace, asked, TEXT);
    compare((struct text){text, strlen(text)}, "tests/golden/why.txt");
    char *dot = why_ask(&trace, asked, GRAPH);
    compare((struct text){dot, strlen(dot)}, "tests/golden/why.dot");
    trace_unload(&trace);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    struct trace_file trace;
    assert_true(trace_load(&trace, agree));
    for (int form = TEXT; form <= GRAPH; form++) {
        assert_null(why_ask(&trace, (struct viz_why){.event = 99999}, form));
        assert_null(why_ask(&trace, (struct viz_why){.commit = 999}, form));
        assert_null(why_ask(&trace, (struct viz_why){.election = 9}, form));
    }
    trace_unload(&trace);
    static const char *const nothing[] = {
        "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"crash\"}", NULL};
    load_lines(&trace, nothing);
    assert_null(why_ask(&trace, (struct viz_why){0}, TEXT));
    trace_unload(&trace);
}

// ------------------------------------------------------------- what is wrong

#define BOOT(n, node, term, entries)                                           \
    "{\"n\":" #n ",\"us\":" #n ",\"node\":" #node                              \
    ",\"ev\":\"boot\",\"term\":" #term                                         \
    ",\"voted_for\":null,\"last_included_index\":0,"                           \
    "\"last_included_term\":0,\"entries\":[" entries "]}"
#define ENTRY(term, command)                                                   \
    "{\"term\":" #term ",\"command\":\"" command "\",\"bytes\":1}"
#define FINDING(n, tag, text, events)                                          \
    "{\"n\":" #n ",\"us\":"                                                    \
    "3000" #n ",\"ev\":\"finding\",\"property\":\"p\","                        \
    "\"tag\":\"" tag "\",\"text\":\"" text "\",\"events\":[" events "]}"

// S1's log is behind S2's; S2 votes for it, and S1 leads.
static const char *const bad_vote[] = {
    BOOT(1, 0, 1, ENTRY(1, "a")),
    BOOT(2, 1, 1, ENTRY(1, "a") "," ENTRY(1, "b")),
    BOOT(3, 2, 1, ""),
    "{\"n\":4,\"us\":4,\"node\":2,\"ev\":\"crash\"}",
    "{\"n\":5,\"us\":300005,\"node\":0,\"ev\":\"timeout\",\"term\":1,\"waited_"
    "us\":"
    "300000,"
    "\"rule\":\"F.2\"}",
    "{\"n\":6,\"us\":300005,\"node\":0,\"ev\":\"term\",\"from\":1,\"to\":2,"
    "\"cause\":5}",
    "{\"n\":7,\"us\":300005,\"node\":0,\"ev\":\"vote\",\"term\":2,\"voted_"
    "for\":0,"
    "\"cause\":5}",
    "{\"n\":8,\"us\":300005,\"node\":0,\"ev\":\"role\",\"from\":\"follower\","
    "\"to\":\"candidate\",\"term\":2,\"cause\":5}",
    "{\"n\":9,\"us\":300006,\"node\":0,\"ev\":\"send\",\"msg\":1,\"to\":1,"
    "\"rpc\":\"RequestVote\",\"args\":{\"term\":2,\"candidate_id\":0,"
    "\"last_log_index\":1,\"last_log_term\":1},\"cause\":8}",
    "{\"n\":10,\"us\":300007,\"node\":1,\"ev\":\"recv\",\"msg\":1,\"from\":0,"
    "\"rpc\":\"RequestVote\",\"cause\":9}",
    "{\"n\":11,\"us\":300007,\"node\":1,\"ev\":\"vote\",\"term\":2,\"voted_"
    "for\":0,"
    "\"cause\":10,\"rule\":\"RV.2\"}",
    "{\"n\":12,\"us\":300007,\"node\":1,\"ev\":\"reply\",\"msg\":1,\"to\":0,"
    "\"rpc\":\"RequestVote\",\"args\":{\"term\":2,\"vote_granted\":true},"
    "\"cause\":10}",
    "{\"n\":13,\"us\":300008,\"node\":0,\"ev\":\"reply_recv\",\"msg\":1,"
    "\"from\":1,\"rpc\":\"RequestVote\",\"cause\":12}",
    "{\"n\":14,\"us\":300008,\"node\":0,\"ev\":\"role\",\"from\":\"candidate\","
    "\"to\":\"leader\",\"term\":2,\"cause\":13,\"rule\":\"C.2\"}",
    FINDING(15, "P.4", "S1 lacks <2> & \\\"b\\\".", "14"),
    NULL};

static void test_a_finding_leads_to_the_vote_that_was_wrong(void **state)
{
    (void)state;
    struct trace_file trace;
    load_lines(&trace, bad_vote);
    struct why why = why_made(&trace, (struct viz_why){0});
    assert_true(fact_at(&why, 14)->goal);
    assert_true(rests(&why, 14, 11));
    const struct why_fact *vote = fact_at(&why, 11);
    assert_true(vote->needed);
    assert_string_equal(vote->rule, "RV.2");
    assert_non_null(strstr(vote->doubt, "it ends at index 2"));
    why_free(&why);
    char *text = why_ask(&trace, (struct viz_why){0}, TEXT);
    assert_non_null(strstr(text, "p [P.4]\n  S1 lacks <2> & \"b\".\n"));
    assert_non_null(strstr(text, "handle_request_vote"));
    free(text);
    char *dot = why_ask(&trace, (struct viz_why){0}, GRAPH);
    assert_non_null(strstr(dot, "S1 lacks &lt;2&gt; &amp; &quot;b&quot;."));
    free(dot);
    trace_unload(&trace);
}

// The line of the report: the rule and the code, not of the finding but of
// the step that was wrong.
static void test_where_to_look(void **state)
{
    (void)state;
    static const char *const lines[] = {
        BOOT(1, 0, 1, ""),
        BOOT(2, 1, 2, ""),
        "{\"n\":3,\"us\":3,\"node\":0,\"ev\":\"role\",\"from\":\"follower\","
        "\"to\":\"candidate\",\"term\":1}",
        "{\"n\":4,\"us\":4,\"node\":0,\"ev\":\"send\",\"msg\":1,\"to\":1,"
        "\"rpc\":\"AppendEntries\"}",
        "{\"n\":5,\"us\":4,\"node\":1,\"ev\":\"reply\",\"msg\":1,\"to\":0,"
        "\"rpc\":\"AppendEntries\",\"args\":{\"term\":2,\"success\":false}}",
        "{\"n\":6,\"us\":5,\"node\":0,\"ev\":\"reply_recv\",\"msg\":1,"
        "\"from\":1,\"rpc\":\"AppendEntries\",\"cause\":5}",
        "{\"n\":7,\"us\":5,\"node\":0,\"ev\":\"term\",\"from\":1,\"to\":2,"
        "\"cause\":6}",
        FINDING(8, "ALL.2", "S1 goes on.", "7"),
        NULL};
    char look[400];
    struct trace_file trace;
    load_lines(&trace, bad_vote);
    assert_true(viz_why_look(&trace, look, sizeof look));
    assert_memory_equal(look, "[RV.2] event 11: ", 17);
    assert_non_null(strstr(look, "handle_request_vote"));
    trace_unload(&trace);
    load_lines(&trace, lines);
    assert_true(viz_why_look(&trace, look, sizeof look));
    assert_memory_equal(look, "[ALL.2] event 7: ", 17);
    assert_non_null(strstr(look, "at work was replication.c,"
                                 " handle_append_reply"));
    trace_unload(&trace);
}

// A Raft of somebody else's has none of our files.
static void test_a_foreign_trace_gets_the_rule_alone(void **state)
{
    (void)state;
    char look[400];
    struct trace_file trace;
    header_raft = "";
    load_lines(&trace, bad_vote);
    header_raft = ",\"raft\":\"reference\"";
    assert_true(viz_why_look(&trace, look, sizeof look));
    assert_memory_equal(look, "[RV.2] event 11: A server grants one vote", 41);
    char *text = why_ask(&trace, (struct viz_why){0}, TEXT);
    assert_non_null(strstr(text, "[RV.2] A server grants one vote per term"));
    assert_null(strstr(text, "Look at"));
    assert_null(strstr(text, ".c"));
    free(text);
    trace_unload(&trace);
}

// The same finding, but it names no events: the last facts are told.
static void test_a_finding_without_events(void **state)
{
    (void)state;
    const char *lines[20];
    size_t n = 0;
    for (; bad_vote[n + 1] != NULL; n++)
        lines[n] = bad_vote[n];
    lines[n++] = FINDING(15, "", "S2 stands still; its voted_for is odd.", "");
    lines[n] = NULL;
    struct trace_file trace;
    load_lines(&trace, lines);
    struct why why = why_made(&trace, (struct viz_why){0});
    assert_true(why.guessed);
    assert_true(fact_at(&why, 11)->goal); // what S2 did last
    assert_string_equal(fact_at(&why, 11)->rule, "RV.2");
    why_free(&why);
    trace_unload(&trace);
}

// A follower commits on a heartbeat that its log does not fit.
static void test_a_commit_beyond_the_match(void **state)
{
    (void)state;
    static const char *const lines[] = {
        BOOT(1, 0, 1, ENTRY(1, "a") "," ENTRY(1, "b")),
        BOOT(2, 1, 1, ENTRY(1, "a")),
        BOOT(3, 2, 1, ""),
        "{\"n\":4,\"us\":4,\"node\":0,\"ev\":\"role\",\"from\":\"candidate\","
        "\"to\":\"leader\",\"term\":1}",
        "{\"n\":5,\"us\":5,\"node\":0,\"ev\":\"send\",\"msg\":1,\"to\":1,"
        "\"rpc\":\"AppendEntries\",\"args\":{\"term\":1,\"leader_id\":0,"
        "\"prev_log_index\":2,\"prev_log_term\":1,\"entries\":[],"
        "\"leader_commit\":2},\"cause\":4}",
        "{\"n\":6,\"us\":6,\"node\":1,\"ev\":\"recv\",\"msg\":1,\"from\":0,"
        "\"rpc\":\"AppendEntries\",\"cause\":5}",
        "{\"n\":7,\"us\":6,\"node\":1,\"ev\":\"commit\",\"from\":0,\"to\":2,"
        "\"cause\":6,\"rule\":\"AE.5\"}",
        FINDING(8, "P.5", "S2 commits.", "7"),
        NULL};
    struct trace_file trace;
    load_lines(&trace, lines);
    struct why why = why_made(&trace, (struct viz_why){0});
    const struct why_fact *commit = fact_at(&why, 7);
    assert_string_equal(commit->rule, "AE.2");
    assert_non_null(strstr(commit->doubt, "its log (up to index 1) has no"));
    assert_true(rests(&why, 7, 4));
    why_free(&why);
    trace_unload(&trace);
}

// -------------------------------------------------------- where it is stuck

#define MATCH(n, peer)                                                         \
    "{\"n\":" #n ",\"us\":" #n ",\"node\":0,\"ev\":\"match\",\"peer\":" #peer  \
    ",\"from\":0,\"to\":1}"

// All hold the entry, the leader knows it of a majority, and does not commit.
static void test_a_leader_that_does_not_commit(void **state)
{
    (void)state;
    static const char *const lines[] = {
        BOOT(1, 0, 1, ENTRY(1, "a")),
        BOOT(2, 1, 1, ENTRY(1, "a")),
        BOOT(3, 2, 1, ENTRY(1, "a")),
        "{\"n\":4,\"us\":4,\"node\":0,\"ev\":\"role\",\"from\":\"candidate\","
        "\"to\":\"leader\",\"term\":1}",
        MATCH(5, 0),
        MATCH(6, 2),
        FINDING(7, "", "no agreement on \\\"a\\\".", ""),
        NULL};
    struct trace_file trace;
    load_lines(&trace, lines);
    char *text = why_ask(&trace, (struct viz_why){0}, TEXT);
    assert_non_null(strstr(text, "yet commit_index stays at 0."));
    assert_non_null(strstr(text, "  [L.4] A leader commits"));
    assert_non_null(strstr(text, "commit_by_majority"));
    free(text);
    trace_unload(&trace);
}

// Nobody leads, since S2 says no to a log as good as its own.
static void test_a_voter_that_refuses(void **state)
{
    (void)state;
    const char *lines[20];
    size_t n = 0;
    for (; n < 10; n++)
        lines[n] = bad_vote[n];
    lines[1] = BOOT(2, 1, 1, ENTRY(1, "a"));
    lines[n++] =
        "{\"n\":11,\"us\":300007,\"node\":1,\"ev\":\"term\",\"from\":1,"
        "\"to\":2,\"cause\":10}";
    lines[n++] =
        "{\"n\":12,\"us\":300007,\"node\":1,\"ev\":\"reply\",\"msg\":1,"
        "\"to\":0,\"rpc\":\"RequestVote\",\"args\":{\"term\":2,"
        "\"vote_granted\":false},\"cause\":10}";
    lines[n++] = FINDING(13, "", "no leader.", "");
    lines[n] = NULL;
    struct trace_file trace;
    load_lines(&trace, lines);
    char *text = why_ask(&trace, (struct viz_why){0}, TEXT);
    assert_non_null(strstr(text, "it has given no vote in term 2 and S1"));
    assert_non_null(strstr(text, "  [RV.2] A server grants one vote per term"));
    free(text);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_commit_rests_on_its_quorum),
        cmocka_unit_test(test_an_election_rests_on_the_votes_heard),
        cmocka_unit_test(test_known_stories),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_a_finding_leads_to_the_vote_that_was_wrong),
        cmocka_unit_test(test_where_to_look),
        cmocka_unit_test(test_a_finding_without_events),
        cmocka_unit_test(test_a_commit_beyond_the_match),
        cmocka_unit_test(test_a_leader_that_does_not_commit),
        cmocka_unit_test(test_a_voter_that_refuses),
        cmocka_unit_test(test_a_stack_leads_to_what_a_student_writes),
        cmocka_unit_test(test_a_report_leads_to_who_did_it_wrong),
        cmocka_unit_test(test_a_loop_is_in_the_threads_function),
        cmocka_unit_test(test_a_foreign_trace_gets_the_rule_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
