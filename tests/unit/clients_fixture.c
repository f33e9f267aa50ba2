// clients_fixture.c -- see clients_fixture.h.
#include "test.h"

#include "clients_fixture.h"

enum { SERVERS = 3 };

struct clients_story story;

int clients_setup(void **state)
{
    (void)state;
    story.clients = clients_make(SERVERS);
    story.n = 0;
    story.msg = 0;
    return 0;
}

int clients_teardown(void **state)
{
    (void)state;
    clients_free(story.clients);
    return 0;
}

uint64_t tells(struct trace_event event)
{
    event.n = ++story.n;
    event.us = 1000 * story.n;
    clients_step(story.clients, &event);
    return event.n;
}

uint64_t invoke(int client, const char *call, const char *key,
                const char *value)
{
    static uint64_t number;
    return STEP(TRACE_NONE, TRACE_INVOKE, .client = (uint64_t)client,
                .operation = ++number, .what = call, .key = key, .text = value);
}

const struct clients_operation *operation_of(uint64_t invocation)
{
    const struct clients_operation *op =
        clients_behind(story.clients, invocation);
    assert_non_null(op);
    return op;
}

uint64_t request(uint64_t invocation, int server)
{
    uint64_t msg = ++story.msg;
    uint64_t n =
        STEP(TRACE_NONE, TRACE_SEND, .msg = msg, .to = (uint64_t)server,
             .rpc = "Ask", .cause = invocation);
    STEP(server, TRACE_RECV, .msg = msg, .from = NO_SERVER, .rpc = "Ask",
         .cause = n);
    return msg;
}

void take(int server, uint64_t index, uint64_t term)
{
    STEP(server, TRACE_START, .index = index, .term = term, .ok = true,
         .cause = story.n);
}

void applies(int server, uint64_t index, uint64_t term)
{
    STEP(server, TRACE_COMMIT, .from = index - 1, .to = index);
    STEP(server, TRACE_APPLY, .index = index, .term = term);
}

void ends(uint64_t invocation, const char *result, const char *value,
          uint64_t cause)
{
    const struct clients_operation *op = operation_of(invocation);
    STEP(TRACE_NONE, TRACE_RETURN, .client = op->client,
         .operation = op->number, .what = op->call, .key = op->key,
         .result = result, .text = value, .cause = cause);
}

void answer(uint64_t invocation, uint64_t msg, int server, const char *value)
{
    uint64_t n =
        STEP(server, TRACE_REPLY, .msg = msg, .to = NO_SERVER, .rpc = "Ask");
    n = STEP(TRACE_NONE, TRACE_REPLY_RECV, .msg = msg, .from = (uint64_t)server,
             .rpc = "Ask", .cause = n);
    ends(invocation, "ok", value, n);
}

void does(int client, int server, uint64_t index, uint64_t term,
          const char *call, const char *value, const char *answered)
{
    uint64_t op = invoke(client, call, "a", value);
    uint64_t msg = request(op, server);
    take(server, index, term);
    applies(server, index, term);
    answer(op, msg, server, answered);
}

void assert_legal(void)
{
    struct clients_verdict verdict;
    clients_judge(story.clients, 0, &verdict);
    assert_string_equal(verdict.linear.text, "");
    assert_int_equal(verdict.linear.result, LINEAR_LEGAL);
    clients_clear(&verdict);
}

void assert_wrong(const char *text, const char *tag, const char *reason)
{
    struct clients_verdict verdict;
    clients_judge(story.clients, 0, &verdict);
    assert_int_equal(verdict.linear.result, LINEAR_ILLEGAL);
    assert_string_equal(verdict.linear.text, text);
    assert_string_equal(verdict.reason, reason);
    if (tag == NULL)
        assert_null(verdict.tag);
    else
        assert_string_equal(verdict.tag, tag);
    clients_clear(&verdict);
}
