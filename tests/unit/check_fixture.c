// check_fixture.c -- see check_fixture.h.
#include "check_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/record.h"
#include "test.h"

enum { N_SERVERS = 3, MOST_CALLS = 64, MOST_FOUND = 64 };

static struct {
    struct check *check;
    uint64_t n, us, cause, sent;
    uint64_t term[N_SERVERS];
    enum trace_role role[N_SERVERS];
    int inc[N_SERVERS];
    struct {
        int from, to, rpc;
        uint64_t sent, received, replied;
    } call[MOST_CALLS];        // [msg]
    uint64_t n_calls, arrived; // messages
} story;

// "P.1 election-safety" ...
static char found[MOST_FOUND][80];
static size_t n_found;

void begin_silent_story(void)
{
    check_free(story.check);
    memset(&story, 0, sizeof story);
    story.check = check_make(N_SERVERS);
}

int silent_setup(void **state)
{
    (void)state;
    begin_silent_story();
    return 0;
}

void begin_story(void)
{
    begin_silent_story();
    for (int server = 0; server < N_SERVERS; server++)
        STEP(server, .kind = TRACE_BOOT, .voted_for = TRACE_NONE);
}

int story_setup(void **state)
{
    (void)state;
    begin_story();
    return 0;
}

int story_teardown(void **state)
{
    (void)state;
    check_free(story.check);
    story.check = NULL;
    return 0;
}

struct check *story_check(void)
{
    return story.check;
}

uint64_t story_last(void)
{
    return story.n;
}

uint64_t story_sent(void)
{
    return story.sent;
}

void wait_us(uint64_t us)
{
    story.us += us;
}

uint64_t step(int server, struct trace_event event)
{
    event.n = ++story.n;
    event.us = story.us += 1000;
    event.node = server;
    event.inc = story.inc[server];
    if (event.cause == 0)
        event.cause = story.cause;
    if (event.kind == TRACE_TERM)
        story.term[server] = event.to;
    if (event.kind == TRACE_ROLE)
        story.role[server] = event.to_role;
    if (event.kind == TRACE_BOOT)
        story.term[server] = event.term;
    if (event.kind == TRACE_CRASH) {
        story.inc[server]++;
        story.role[server] = TRACE_FOLLOWER;
    }
    check_step(story.check, &event);
    return event.n;
}

void take_term(int server, uint64_t term)
{
    if (story.term[server] < term)
        STEP(server, .kind = TRACE_TERM, .from = story.term[server],
             .to = term);
}

uint64_t stand(int server, uint64_t term)
{
    take_term(server, term);
    uint64_t n =
        STEP(server, .kind = TRACE_ROLE, .from_role = story.role[server],
             .to_role = TRACE_CANDIDATE, .term = term);
    vote(server, server, term);
    return n;
}

uint64_t vote(int voter, int candidate, uint64_t term)
{
    take_term(voter, term);
    return STEP(voter, .kind = TRACE_VOTE, .term = term,
                .voted_for = candidate);
}

uint64_t lead(int server, uint64_t term)
{
    return STEP(server, .kind = TRACE_ROLE, .from_role = story.role[server],
                .to_role = TRACE_LEADER, .term = term);
}

uint64_t follow(int server, uint64_t term)
{
    return STEP(server, .kind = TRACE_ROLE, .from_role = story.role[server],
                .to_role = TRACE_FOLLOWER, .term = term);
}

uint64_t elects(int leader, int voter, uint64_t term)
{
    stand(leader, term);
    vote(voter, leader, term);
    return lead(leader, term);
}

uint64_t appends(int server, uint64_t index, uint64_t term, const char *command)
{
    struct trace_entry entry = {.term = term, .bytes = strlen(command)};
    snprintf(entry.command, sizeof entry.command, "%s", command);
    return STEP(server, .kind = TRACE_APPEND, .index = index, .entries = &entry,
                .n_entries = 1);
}

uint64_t time_out(int server, uint64_t waited_us)
{
    return STEP(server, .kind = TRACE_TIMEOUT, .term = story.term[server],
                .waited_us = waited_us);
}

uint64_t commit(int server, uint64_t from, uint64_t to)
{
    return STEP(server, .kind = TRACE_COMMIT, .from = from, .to = to);
}

uint64_t apply(int server, uint64_t index, uint64_t term, const char *command)
{
    return STEP(server, .kind = TRACE_APPLY, .index = index, .term = term,
                .command = command);
}

uint64_t truncate_at(int server, uint64_t index)
{
    return STEP(server, .kind = TRACE_TRUNCATE, .index = index);
}

uint64_t persists(int server, uint64_t term, int voted_for, uint64_t last_index,
                  uint64_t last_term)
{
    return STEP(server, .kind = TRACE_PERSIST, .term = term,
                .voted_for = voted_for, .index = last_index,
                .entry_term = last_term);
}

uint64_t saves(int server, uint64_t term, int voted_for, uint64_t last_index,
               uint64_t last_term)
{
    return STEP(server, .kind = TRACE_SAVED, .ok = true, .to = story.n,
                .term = term, .voted_for = voted_for, .index = last_index,
                .entry_term = last_term);
}

uint64_t restarts(int server)
{
    STEP(server, .kind = TRACE_CRASH);
    return STEP(server, .kind = TRACE_RESTART);
}

uint64_t replicates(uint64_t n)
{
    uint64_t leads = elects(0, 1, 1);
    for (uint64_t index = 1; index <= n; index++)
        for (int server = 0; server < 2; server++)
            appends(server, index, 1, "x");
    return leads;
}

// ------------------------------------------------------------ messages

static void encode(struct trace_event *event, const struct message_type *type,
                   const void *value)
{
    size_t n;
    event->args.encoded.at = message_encode(type, value, &n);
    event->args.encoded.n = n;
    event->args.type = type;
}

uint64_t story_send(int from, int to, int rpc, const void *args)
{
    uint64_t msg = ++story.n_calls;
    assert_in_range(msg, 1, MOST_CALLS - 1);
    struct trace_event event = {.kind = TRACE_SEND,
                                .msg = msg,
                                .to = (uint64_t)to,
                                .rpc = figure2_rpcs[rpc].method};
    encode(&event, figure2_rpcs[rpc].args, args);
    story.call[msg].from = from;
    story.call[msg].to = to;
    story.call[msg].rpc = rpc;
    story.call[msg].sent = story.sent = step(from, event);
    free((void *)event.args.encoded.at);
    return msg;
}

uint64_t receive(uint64_t msg)
{
    story.cause = story.call[msg].received =
        STEP(story.call[msg].to, .kind = TRACE_RECV, .msg = msg,
             .from = (uint64_t)story.call[msg].from,
             .rpc = figure2_rpcs[story.call[msg].rpc].method,
             .cause = story.call[msg].sent);
    return story.cause;
}

uint64_t story_reply(uint64_t msg, const void *reply)
{
    const struct message_rpc *rpc = &figure2_rpcs[story.call[msg].rpc];
    struct trace_event event = {.kind = TRACE_REPLY,
                                .msg = msg,
                                .to = (uint64_t)story.call[msg].from,
                                .rpc = rpc->method,
                                .cause = story.call[msg].received};
    encode(&event, rpc->reply, reply);
    story.call[msg].replied = step(story.call[msg].to, event);
    story.cause = 0;
    free((void *)event.args.encoded.at);
    return story.call[msg].replied;
}

uint64_t hear(uint64_t msg)
{
    return STEP(story.call[msg].from, .kind = TRACE_REPLY_RECV, .msg = msg,
                .from = (uint64_t)story.call[msg].to,
                .rpc = figure2_rpcs[story.call[msg].rpc].method,
                .cause = story.call[msg].replied);
}

uint64_t call_for_vote(int candidate, int voter, uint64_t term)
{
    uint64_t msg = ASK_VOTE(candidate, voter, .term = term,
                            .candidate_id = (uint64_t)candidate);
    receive(msg);
    vote(voter, candidate, term);
    ANSWER_VOTE(msg, .term = term, .vote_granted = true);
    return msg;
}

uint64_t heartbeat(int leader, int follower, uint64_t term)
{
    uint64_t msg = APPEND_ENTRIES(leader, follower, .term = term,
                                  .leader_id = (uint64_t)leader);
    receive(msg);
    take_term(follower, term);
    ANSWER_APPEND(msg, .term = term, .success = true);
    return msg;
}

void arrive(uint64_t msg)
{
    story.arrived = msg;
    receive(msg);
}

uint64_t arrived(void)
{
    return story.call[story.arrived].received;
}

void answer_vote(uint64_t term, bool vote_granted)
{
    ANSWER_VOTE(story.arrived, .term = term, .vote_granted = vote_granted);
}

void answer_append(uint64_t term, bool success)
{
    ANSWER_APPEND(story.arrived, .term = term, .success = success);
}

void answer_install(uint64_t term, uint64_t bytes_stored)
{
    ANSWER_INSTALL(story.arrived, .term = term, .bytes_stored = bytes_stored);
}

void refuse_by(const char *rule)
{
    STEP(story.call[story.arrived].to, .kind = TRACE_REFUSE, .rule = rule,
         .why = "no");
}

// ------------------------------------------------------------ assertions

static void note(const char *tag, const char *what)
{
    char text[sizeof found[0]];
    snprintf(text, sizeof text, "%s %s", tag, what);
    for (size_t i = 0; i < n_found; i++)
        if (strcmp(found[i], text) == 0)
            return;
    assert_in_range(n_found, 0, MOST_FOUND - 1);
    strcpy(found[n_found++], text);
}

static void assert_shown(const struct check_finding *finding,
                         const uint64_t *events, const int *servers)
{
    size_t n = 0;
    for (; events[n] != 0; n++)
        assert_int_equal(n < finding->n_events ? finding->events[n] : 0,
                         events[n]);
    assert_int_equal(finding->n_events, n);
    for (n = 0; servers[n] != TRACE_NONE; n++)
        assert_int_equal(n < finding->n_servers ? finding->servers[n] : -1,
                         servers[n]);
    assert_int_equal(finding->n_servers, n);
}

void assert_broken(const char *property, const char *tag,
                   const uint64_t *events, const int *servers)
{
    const struct check_finding *finding = check_finding(story.check);
    if (finding == NULL)
        fail_msg("not found: [%s] %s", tag, property);
    else {
        assert_string_equal(finding->property, property);
        assert_string_equal(finding->tag, tag);
        assert_true(finding_has_tag(finding_of(property), tag));
        assert_shown(finding, events, servers);
        note(tag, property);
    }
}

void assert_wrong_answer(const char *property, const char *tag)
{
    uint64_t msg = story.arrived;
    assert_broken(property, tag,
                  SHOWN(story.call[msg].replied, story.call[msg].received,
                        story.call[msg].sent),
                  OF(1, 0));
}

void assert_says(const char *words)
{
    const struct check_finding *finding = check_finding(story.check);
    assert_non_null(finding);
    if (strstr(finding->text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, finding->text);
}

void assert_sound(void)
{
    const struct check_finding *finding = check_finding(story.check);
    if (finding != NULL)
        fail_msg("[%s] %s, at event %d: %s", finding->tag, finding->property,
                 (int)finding->events[0], finding->text);
}

void assert_hindered(const char *tag, const uint64_t *events,
                     const int *servers, const char *text)
{
    assert_sound();
    const struct check_finding *finding =
        check_diagnose(story.check, story.us, true);
    if (finding == NULL)
        fail_msg("nothing hinders, but it should: %s %s", tag, text);
    else {
        assert_string_equal(finding->property, "liveness");
        assert_string_equal(finding->tag, tag);
        assert_non_null(strstr(finding->text, text));
        assert_shown(finding, events, servers);
        note(tag, text);
    }
}

void assert_progress(const char *tag, const char *part)
{
    char text[1000];
    const char *rule = check_progress(story.check, text, sizeof text);
    assert_non_null(rule);
    assert_string_equal(rule, tag);
    if (strstr(text, part) == NULL)
        fail_msg("%s: not \"%s\"", text, part);
}

void assert_not_hindered(void)
{
    assert_sound();
    const struct check_finding *finding =
        check_diagnose(story.check, story.us, true);
    if (finding != NULL)
        fail_msg("[%s] %s", finding->tag, finding->text);
}

void assert_all_found(const char *const *list)
{
    size_t n = 0;
    for (; list[n] != NULL; n++) {
        size_t i = 0;
        while (i < n_found && strcmp(found[i], list[n]) != 0)
            i++;
        if (i == n_found)
            fail_msg("no test finds %s", list[n]);
    }
    assert_int_equal(n_found, n);
}
