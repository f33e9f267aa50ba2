// test_import_etcd.c -- etcd's traces: what their lines prove, and nothing
// else.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import_fixture.h"

// ------------------------------------------------------------ etcd's lines

static char lines[1 << 16];
static unsigned n_lines;
static const char *members = "\"1\",\"2\",\"3\"";

static void begin(void)
{
    lines[0] = '\0';
    n_lines = 0;
}

// A line: its name, the server and its state, "" or the rest of the event.
static void say(const char *name, int nid, int term, int vote, int commit,
                char role, int last, const char *rest)
{
    size_t n = strlen(lines);
    snprintf(lines + n, sizeof lines - n,
             "{\"ts\":%u.5,\"tag\":\"trace\",\"event\":{\"name\":\"%s\","
             "\"nid\":\"%d\",\"state\":{\"term\":%d,\"vote\":\"%d\","
             "\"commit\":%d},\"role\":\"State%s\",\"log\":%d,\"conf\":[[%s],[]]"
             "%s}}\n",
             1000 + n_lines++, name, nid, term, vote, commit,
             role == 'L'   ? "Leader"
             : role == 'C' ? "Candidate"
                           : "Follower",
             last, members, rest);
}

static const char *message(const char *type, int term, int from, int to,
                           int index, int log_term, int entries, int commit,
                           bool reject)
{
    static char text[300];
    snprintf(text, sizeof text,
             ",\"msg\":{\"type\":\"%s\",\"term\":%d,\"from\":\"%d\",\"to\":"
             "\"%d\",\"entries\":%d,\"logTerm\":%d,\"index\":%d,\"commit\":%d,"
             "\"vote\":\"0\",\"reject\":%s,\"rejectHint\":0}",
             type, term, from, to, entries, log_term, index, commit,
             reject ? "true" : "false");
    return text;
}

// Three servers with one committed entry; server 1 is elected in term 2 by
// server 2, or (alone) by itself.
static void elect(bool alone)
{
    begin();
    for (int i = 1; i <= 3; i++)
        say("InitState", i, 1, 0, 1, 'F', 1, "");
    say("BecomeCandidate", 1, 2, 1, 1, 'C', 1, "");
    const char *ask = message("MsgVote", 2, 1, 2, 1, 1, 0, 0, false);
    say("SendRequestVoteRequest", 1, 2, 1, 1, 'C', 1, ask);
    say("ReceiveRequestVoteRequest", 2, 1, 0, 1, 'F', 1, ask);
    const char *answer = message("MsgVoteResp", 2, 2, 1, 0, 0, 0, 0, false);
    if (!alone)
        say("SendRequestVoteResponse", 2, 2, 0, 1, 'F', 1, answer);
    say("Ready", 2, 2, alone ? 0 : 1, 1, 'F', 1, "");
    if (!alone)
        say("ReceiveRequestVoteResponse", 1, 2, 1, 1, 'C', 1, answer);
    say("BecomeLeader", 1, 2, 1, 1, 'L', 1, "");
    say("Replicate", 1, 2, 1, 1, 'L', 1, "");
}

// Entry 2 goes to server 2, which stores it; then the leader commits it, with
// or without having heard of that.
static void replicate(bool heard)
{
    const char *ask = message("MsgApp", 2, 1, 2, 1, 1, 1, 1, false);
    say("SendAppendEntriesRequest", 1, 2, 1, 1, 'L', 2, ask);
    say("ReceiveAppendEntriesRequest", 2, 2, 1, 1, 'F', 1, ask);
    const char *answer = message("MsgAppResp", 2, 2, 1, 2, 0, 0, 0, false);
    say("SendAppendEntriesResponse", 2, 2, 1, 1, 'F', 2, answer);
    if (heard)
        say("ReceiveAppendEntriesResponse", 1, 2, 1, 1, 'L', 2, answer);
    say("Commit", 1, 2, 1, 2, 'L', 2, "");
}

static void test_an_election_and_a_commit(void **state)
{
    (void)state;
    elect(false);
    replicate(true);
    assert_true(import_text(false, lines, NULL));
    says("\"ev\":\"boot\",\"term\":1,\"voted_for\":null,"
         "\"last_included_index\":1,\"last_included_term\":1,\"entries\":[]");
    says("\"ev\":\"role\",\"from\":\"follower\",\"to\":\"candidate\","
         "\"term\":2");
    // etcd's line shows the vote only after the answer.
    const char *vote = strstr(trace, "\"node\":1,\"ev\":\"vote\"");
    assert_non_null(vote);
    assert_true(vote < strstr(trace, "\"ev\":\"reply\""));
    says("\"node\":1,\"ev\":\"append\",\"index\":2,\"entries\":[{\"term\":2,");
    says("\"ev\":\"commit\",\"from\":1,\"to\":2");
    says("\"prev_log_index\":1,\"prev_log_term\":1,\"leader_commit\":1,"
         "\"entries\":[{\"term\":2,");
    assert_int_equal(tally.n_servers, 3);
    assert_int_equal(tally.n_unknown + tally.n_unsent + tally.n_unexplained, 0);
    assert_string_equal(finding(), "");
}

static void test_a_leader_without_votes_is_found(void **state)
{
    (void)state;
    elect(true);
    assert_true(import_text(false, lines, NULL));
    assert_string_equal(finding(), "leader-without-majority");
}

static void test_a_commit_without_a_majority_is_found(void **state)
{
    (void)state;
    elect(false);
    replicate(false);
    assert_true(import_text(false, lines, NULL));
    assert_string_equal(finding(), "commit-without-majority");
}

static void test_what_a_missing_line_may_explain_is_not_called_broken(void **s)
{
    (void)s;
    elect(true);
    size_t n = strlen(lines);
    snprintf(lines + n, sizeof lines - n,
             "{\"ts\":1,\"tag\":\"trace\",\"event\":{\"name\":\"Surprise\"}}\n"
             "a line of a test that is none of the trace's\n");
    assert_true(import_text(false, lines, NULL));
    assert_int_equal(tally.n_unknown, 1);
    assert_int_equal(tally.n_other, 1);
    says("{\"n\":1,\"us\":0,\"ev\":\"note\",\"topic\":\"import\"");
    says("{\"n\":3,");
    assert_string_equal(finding(), "");
}

static void test_an_answer_that_nobody_sends_is_no_proof(void **state)
{
    (void)state;
    elect(true);
    char *leader = strstr(lines, "\"BecomeLeader\"");
    while (leader[-1] != '\n')
        leader--;
    *leader = '\0';
    say("ReceiveRequestVoteResponse", 1, 2, 1, 1, 'C', 1,
        message("MsgVoteResp", 2, 3, 1, 0, 0, 0, 0, false));
    say("BecomeLeader", 1, 2, 1, 1, 'L', 1, "");
    assert_true(import_text(false, lines, NULL));
    assert_int_equal(tally.n_unsent, 1);
    says("\"ev\":\"reply_recv\"");
    assert_string_equal(finding(), "");
}

// Server 3 has an entry of term 1 where the leader sends one of term 2: the
// log is as long as before.
static void conflict(bool answered)
{
    elect(false);
    const char *old = message("MsgApp", 2, 1, 3, 1, 1, 1, 1, false);
    char *third = strstr(lines, "\"nid\":\"3\"");
    char *log = strstr(third, "\"log\":1");
    log[6] = '2';
    say("SendAppendEntriesRequest", 1, 2, 1, 1, 'L', 2, old);
    say("ReceiveAppendEntriesRequest", 3, 1, 0, 1, 'F', 2, old);
    say("BecomeFollower", 3, 2, 0, 1, 'F', 2, "");
    if (answered)
        say("SendAppendEntriesResponse", 3, 2, 0, 1, 'F', 2,
            message("MsgAppResp", 2, 3, 1, 2, 0, 0, 0, false));
    say("Ready", 3, 2, 0, 1, 'F', 2, "");
    say("Commit", 1, 2, 1, 1, 'L', 2, "");
}

static void test_an_accepted_conflict_replaces_entries(void **state)
{
    (void)state;
    conflict(true);
    assert_true(import_text(false, lines, NULL));
    says("\"node\":2,\"ev\":\"truncate\",\"index\":2");
    says("\"node\":2,\"ev\":\"append\",\"index\":2,\"entries\":[{\"term\":2,");
    assert_int_equal(tally.n_unexplained, 0);
    assert_string_equal(finding(), "");
}

static void test_a_conflict_without_an_answer_is_left_open(void **state)
{
    (void)state;
    conflict(false);
    assert_true(import_text(false, lines, NULL));
    says_not("\"node\":2,\"ev\":\"truncate\"");
    assert_int_equal(tally.n_unexplained, 1);
    assert_string_equal(finding(), "");
}

static void test_heartbeats_are_no_acknowledgements(void **state)
{
    (void)state;
    elect(false);
    const char *beat = message("MsgHeartbeat", 2, 1, 2, 0, 0, 0, 1, false);
    say("SendAppendEntriesRequest", 1, 2, 1, 1, 'L', 2, beat);
    say("ReceiveAppendEntriesRequest", 2, 2, 1, 1, 'F', 1, beat);
    const char *answer =
        message("MsgHeartbeatResp", 2, 2, 1, 0, 0, 0, 0, false);
    say("SendAppendEntriesResponse", 2, 2, 1, 1, 'F', 1, answer);
    say("ReceiveAppendEntriesResponse", 1, 2, 1, 1, 'L', 2, answer);
    replicate(false);
    assert_true(import_text(false, lines, NULL));
    says("\"rpc\":\"HeartbeatResponse\"");
    assert_string_equal(finding(), "commit-without-majority");
}

static void test_a_snapshot_replaces_the_log(void **state)
{
    (void)state;
    elect(false);
    replicate(true);
    const char *snapshot = message("MsgSnap", 2, 1, 3, 0, 0, 2, 0, false);
    say("SendAppendEntriesRequest", 1, 2, 1, 2, 'L', 2, snapshot);
    say("ReceiveAppendEntriesRequest", 3, 1, 0, 1, 'F', 1, snapshot);
    say("BecomeFollower", 3, 2, 0, 1, 'F', 1, "");
    say("SendAppendEntriesResponse", 3, 2, 0, 2, 'F', 2,
        message("MsgAppResp", 2, 3, 1, 2, 0, 0, 0, false));
    assert_true(import_text(false, lines, NULL));
    says("\"rpc\":\"InstallSnapshot\",\"args\":{\"term\":2,\"leader_id\":0,"
         "\"last_included_index\":2,\"last_included_term\":2}");
    says("\"node\":2,\"ev\":\"install\",\"last_included_index\":2,"
         "\"last_included_term\":2");
    assert_string_equal(finding(), "");
}

static void test_a_restart_begins_another_life(void **state)
{
    (void)state;
    elect(false);
    replicate(true);
    say("InitState", 2, 2, 1, 1, 'F', 1, ""); // entry 2 was not saved
    say("Ready", 2, 2, 1, 1, 'F', 1, "");
    assert_true(import_text(false, lines, NULL));
    says("\"node\":1,\"inc\":1,\"ev\":\"restart\"}");
    says("\"node\":1,\"inc\":1,\"ev\":\"boot\",\"term\":2,\"voted_for\":0,"
         "\"last_included_index\":1");
    assert_string_equal(finding(), ""); // nobody says what was saved
}

static void test_members_that_change_are_said(void **state)
{
    (void)state;
    elect(false);
    members = "\"1\",\"2\",\"3\",\"4\"";
    say("ApplyConfChange", 1, 2, 1, 1, 'L', 2, "");
    members = "\"1\",\"2\",\"3\"";
    assert_true(import_text(false, lines, NULL));
    says("\"servers\":4");
    says("\"members\":\"change\"");
    says("\"topic\":\"members\",\"text\":\"S1 S2 S3 S4\"");
    assert_true(tally.members);
}

// What servers began with is committed, and told to others, without anybody
// having been seen to acknowledge it; of members that change nobody knows what
// a majority is.
static void test_a_past_that_servers_come_with_convicts_nobody(void **state)
{
    (void)state;
    elect(false);
    const char *ask = message("MsgApp", 2, 1, 2, 1, 1, 1, 1, false);
    say("SendAppendEntriesRequest", 1, 2, 1, 1, 'L', 2, ask);
    say("ReceiveAppendEntriesRequest", 2, 2, 1, 1, 'F', 1, ask);
    assert_true(import_text(false, lines, NULL));
    says("\"leader_commit\":1");
    says_not("\"ev\":\"commit\"");
    assert_string_equal(finding(), "");
    // Told as committed before anybody has acknowledged it.
    say("SendAppendEntriesRequest", 1, 2, 1, 1, 'L', 2,
        message("MsgApp", 2, 1, 3, 1, 1, 1, 2, false));
    assert_true(import_text(false, lines, NULL));
    assert_string_equal(finding(), "commit-without-majority");
    say("ApplyConfChange", 1, 2, 1, 1, 'L', 2, "");
    members = "\"1\",\"2\",\"3\",\"4\"";
    say("ApplyConfChange", 2, 2, 1, 1, 'F', 1, "");
    members = "\"1\",\"2\",\"3\"";
    assert_true(import_text(false, lines, NULL));
    assert_true(tally.members);
    assert_string_equal(finding(), "");
}

static void test_lines_are_taken_by_time_and_cause(void **state)
{
    (void)state;
    elect(false);
    // The answer is received on a clock that is late by ten minutes.
    char *at = strstr(lines, "\"ReceiveRequestVoteResponse\"");
    while (strncmp(at, "\"ts\":", 5) != 0)
        at--;
    memcpy(at + 5, "0400", 4);
    memcpy(at + 5, "4000", 4);
    assert_true(import_text(false, lines, NULL));
    assert_true(strstr(trace, "\"ev\":\"reply\"") <
                strstr(trace, "\"ev\":\"reply_recv\""));
    at[5] = '1';
    at[6] = at[7] = at[8] = '0'; // or early
    assert_true(import_text(false, lines, NULL));
    assert_int_equal(tally.n_unsent, 0);
    assert_true(strstr(trace, "\"ev\":\"reply\"") <
                strstr(trace, "\"ev\":\"reply_recv\""));
    assert_string_equal(finding(), "");
}

static void test_logs_of_unknown_terms_are_left_out(void **state)
{
    (void)state;
    begin();
    say("InitState", 1, 7, 0, 3, 'F', 5, "");
    say("BecomeCandidate", 1, 8, 1, 3, 'C', 5, "");
    assert_true(import_text(false, lines, NULL));
    assert_true(tally.no_logs);
    assert_int_equal(tally.no_logs_at, 1);
    says_not("\"ev\":\"boot\"");
    begin();
    say("InitState", 1, 7, 0, 1, 'F', 2, ",\"terms\":[3,7]");
    assert_true(import_text(false, lines, NULL));
    says("\"last_included_term\":3,\"entries\":[{\"term\":7,");
}

static void test_applied_entries_are_told_by_their_terms(void **state)
{
    (void)state;
    begin();
    say("InitState", 1, 1, 0, 0, 'F', 2, ",\"applied\":0");
    say("Advance", 1, 1, 0, 2, 'F', 2, ",\"Applied\":2");
    assert_true(import_text(false, lines, NULL));
    says("\"ev\":\"apply\",\"index\":1,\"term\":1");
    says("\"ev\":\"apply\",\"index\":2,\"term\":1");
}

static void refuses(const char *text, const char *why)
{
    assert_false(import_text(false, text, NULL));
    if (strstr(error, why) == NULL || strchr(error, '\n') != NULL)
        fail_msg("%s for %s", error, text);
}

#define EVENT(state, log, rest)                                                \
    "{\"tag\":\"trace\",\"event\":{\"name\":\"Ready\",\"nid\":\"1\","          \
    "\"state\":{" state "},\"role\":\"StateFollower\",\"log\":" log rest       \
    "}}\n"
#define STATE "\"term\":1,\"vote\":\"0\",\"commit\":0"

static void test_bad_lines_are_refused_in_one_line(void **state)
{
    (void)state;
    refuses("", "no line with \"tag\":\"trace\"");
    refuses("{\"tag\":\"trace\",", ":1: no JSON object");
    refuses(EVENT("\"term\":-1", "0", ""), "\"term\" is no whole number");
    refuses(EVENT("\"term\":1e300", "0", ""), "\"term\" is no whole number");
    refuses(EVENT("\"term\":1,\"commit\":0,\"vote\":\"x\"", "0", ""),
            "id of a server");
    refuses(EVENT(STATE, "100000000", ""), "a log of more than");
    refuses(EVENT("\"term\":1,\"vote\":\"0\",\"commit\":99999999999", "0", ""),
            "far beyond");
    refuses(EVENT(STATE, "2", ",\"terms\":[1]"), "\"terms\" has 1");
    refuses(EVENT(STATE, "1", ",\"terms\":[\"a\"]"), "something else");
    refuses(EVENT(STATE, "0", ",\"conf\":[[true],[]]"), "id of a server");
    begin();
    say("SendRequestVoteRequest", 1, 1, 1, 0, 'F', 0,
        message("MsgVote", 1, 2, 1, 0, 0, 0, 0, false));
    refuses(lines, "not one of the server");
    char *long_line = malloc(IMPORT_LINE + 10);
    memset(long_line, '{', IMPORT_LINE + 9);
    long_line[IMPORT_LINE + 9] = '\0';
    refuses(long_line, "a line of more than");
    free(long_line);
}

static void test_entries_are_bounded(void **state)
{
    (void)state;
    begin();
    say("InitState", 1, 1, 0, 0, 'F', 3000000, "");
    say("InitState", 2, 1, 0, 0, 'F', 3000000, "");
    refuses(lines, "more than 4000000 entries");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_election_and_a_commit),
        cmocka_unit_test(test_a_leader_without_votes_is_found),
        cmocka_unit_test(test_a_commit_without_a_majority_is_found),
        cmocka_unit_test(
            test_what_a_missing_line_may_explain_is_not_called_broken),
        cmocka_unit_test(test_an_answer_that_nobody_sends_is_no_proof),
        cmocka_unit_test(test_an_accepted_conflict_replaces_entries),
        cmocka_unit_test(test_a_conflict_without_an_answer_is_left_open),
        cmocka_unit_test(test_heartbeats_are_no_acknowledgements),
        cmocka_unit_test(test_a_snapshot_replaces_the_log),
        cmocka_unit_test(test_a_restart_begins_another_life),
        cmocka_unit_test(test_members_that_change_are_said),
        cmocka_unit_test(test_a_past_that_servers_come_with_convicts_nobody),
        cmocka_unit_test(test_lines_are_taken_by_time_and_cause),
        cmocka_unit_test(test_logs_of_unknown_terms_are_left_out),
        cmocka_unit_test(test_applied_entries_are_told_by_their_terms),
        cmocka_unit_test(test_bad_lines_are_refused_in_one_line),
        cmocka_unit_test(test_entries_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
