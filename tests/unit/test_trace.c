// test_trace.c -- the recorder, the writer, and the way back through the
// reader.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "random_events.h"
#include "replay/model.h"

MESSAGE_DEFINE(sample_args, SAMPLE_ARGS);

static uint64_t now_us(void *context)
{
    struct random_events *r = context;
    return r->us += random_below(r, 50);
}

static struct trace *recorder(struct random_events *r, bool store)
{
    struct trace_config config = {.scenario = "a \"test\"",
                                  .seed = 42,
                                  .n_servers = RANDOM_SERVERS,
                                  .store = store,
                                  .now_us = now_us,
                                  .context = r};
    return trace_make(&config);
}

// Emits n random events of all kinds that a run emits, and a verdict.
static void emit_some(struct trace *trace, struct random_events *r, int n)
{
    for (int i = 0; i < n; i++) {
        enum trace_kind kind = TRACE_BOOT + (enum trace_kind)random_below(
                                                r, TRACE_FINDING - TRACE_BOOT);
        struct trace_event event = random_event(r, kind);
        event.cause = random_below(r, 2) == 0 ? trace_n_events(trace) : 0;
        trace_emit(trace, &event);
    }
    struct trace_event verdict = {.kind = TRACE_VERDICT,
                                  .node = TRACE_NONE,
                                  .what = "pass",
                                  .n_events = trace_n_events(trace)};
    trace_emit(trace, &verdict);
}

// The text of a trace; to be freed.
static char *written(const struct trace *trace, size_t *n)
{
    char *text;
    FILE *out = must_stream(&text, n);
    assert_true(trace_write(trace, out));
    fclose(out);
    return text;
}

static void test_every_kind_comes_back_as_it_was_written(void **state)
{
    (void)state;
    struct random_events r = {.state = 7};
    const char header[] = "{\"ev\":\"trace\",\"v\":1,\"scenario\":\"s\","
                          "\"seed\":\"0x1\",\"servers\":5,\"mode\":\"sim\","
                          "\"glassraft\":\"0.1.0\"}\n";
    for (int i = 0; i < 20 * TRACE_N_KINDS; i++) {
        enum trace_kind kind = (enum trace_kind)(i % TRACE_N_KINDS);
        struct trace_event event = random_event(&r, kind), back;
        char text[8192], again[8192], error[512];
        event.n = kind == TRACE_VERDICT ? 1 : 5;
        event.us = 6;
        event.cause = kind == TRACE_VERDICT ? 0 : random_below(&r, 5);
        event.inc = 2;
        strcpy(text, header);
        char *line = text + strlen(header);
        size_t n = trace_format(&event, line, 4096);
        assert_int_equal(n, strlen(line));
        struct trace_reader *reader =
            trace_open_memory("t", text, strlen(text), error, sizeof error);
        assert_non_null(reader);
        if (trace_read(reader, &back) != TRACE_OK)
            fail_msg("%s: %s", trace_reader_error(reader), line);
        assert_int_equal(back.kind, kind);
        trace_format(&back, again, sizeof again);
        if (kind != TRACE_UNKNOWN)
            assert_string_equal(line, again);
        assert_int_equal(trace_read(reader, &back), TRACE_END);
        trace_close(reader);
    }
    free(r.encoded);
}

static void test_a_message_shows_its_fields(void **state)
{
    (void)state;
    struct message_entry entry = {3, {(const uint8_t *)"x=1", 3}};
    struct sample_args value = {
        .term = 4, .done = true, .entries = {&entry, 1}};
    struct trace_message message = {.type = &sample_args_type};
    uint8_t *bytes =
        message_encode(&sample_args_type, &value, &message.encoded.n);
    message.encoded.at = bytes;
    uint64_t term = 0;
    bool done = false;
    struct trace_entry shown;
    assert_true(trace_message_number(&message, "term", &term));
    assert_int_equal(term, 4);
    assert_true(trace_message_bool(&message, "done", &done));
    assert_true(done);
    assert_false(trace_message_number(&message, "done", &term));
    assert_int_equal(trace_message_entries(&message, &shown, 1), 1);
    assert_string_equal(shown.command, "x=1");
    struct trace_event send = {.kind = TRACE_SEND,
                               .n = 1,
                               .rpc = "R",
                               .to = (uint64_t)TRACE_NONE,
                               .args = message};
    char line[512];
    trace_format(&send, line, sizeof line);
    assert_string_equal(
        line, "{\"n\":1,\"us\":0,\"node\":0,\"ev\":\"send\",\"msg\":0,"
              "\"to\":null,\"rpc\":\"R\",\"args\":{\"term\":4,\"done\":true,"
              "\"entries\":[{\"term\":3,\"command\":\"x=1\",\"bytes\":3}],"
              "\"data\":{\"bytes\":0,\"digest\":\"\"}}}");
    free(bytes);
}

static void test_a_run_has_one_hash_stored_or_not(void **state)
{
    (void)state;
    uint64_t hash[3];
    for (int i = 0; i < 3; i++) {
        struct random_events r = {.state = i < 2 ? 11 : 12};
        struct trace *trace = recorder(&r, i == 0);
        emit_some(trace, &r, 3000);
        hash[i] = trace_hash(trace);
        trace_free(trace);
        free(r.encoded);
    }
    assert_true(hash[0] == hash[1]);
    assert_true(hash[0] != hash[2]);
}

static bool compare(void *context, const struct trace_event *event)
{
    struct trace_event **next = context;
    char recorded[8192], loaded[8192];
    trace_format(event, recorded, sizeof recorded);
    trace_format((*next)++, loaded, sizeof loaded);
    assert_string_equal(recorded, loaded);
    return true;
}

static void test_a_file_holds_the_run(void **state)
{
    (void)state;
    char path[] = "/tmp/glassraft-test-XXXXXX";
    close(mkstemp(path));
    struct random_events r = {.state = 13};
    struct trace *trace = recorder(&r, true);
    emit_some(trace, &r, 2500);
    assert_true(trace_write_file(trace, path));
    struct trace_file file;
    assert_true(trace_load(&file, path));
    assert_string_equal(file.error, "");
    assert_int_equal(file.n_events, 2501);
    assert_int_equal(file.n_unknown, 0);
    assert_true(file.has_verdict);
    assert_string_equal(file.header.scenario, "a \"test\"");
    assert_string_equal(file.header.seed, "0x2a");
    struct trace_event *next = file.event;
    trace_each(trace, compare, &next);
    assert_ptr_equal(next, file.event + file.n_events);
    trace_unload(&file);
    trace_free(trace);
    unlink(path);
    free(r.encoded);
}

static void test_a_failed_write_leaves_nothing(void **state)
{
    (void)state;
    struct random_events r = {.state = 1};
    struct trace *trace = recorder(&r, true);
    assert_false(trace_write_file(trace, "/dev/null/folder/trace.jsonl"));
    trace_free(trace);
}

// Keyframes say what replaying from the start says.
static void test_keyframes_equal_the_replay(void **state)
{
    (void)state;
    struct random_events r = {.state = 17};
    struct trace *trace = recorder(&r, true);
    emit_some(trace, &r, 5000);
    size_t n;
    char *text = written(trace, &n), error[512];
    struct trace_reader *reader =
        trace_open_memory("t", text, n, error, sizeof error);
    struct model model;
    model_init(&model, RANDOM_SERVERS);
    struct trace_event event;
    int keyframes = 0;
    while (trace_read(reader, &event) == TRACE_OK) {
        model_step(&model, &event);
        if (event.kind != TRACE_STATE)
            continue;
        keyframes++;
        struct model restored;
        assert_true(model_restore(&restored, event.text));
        char *replayed = model_json(&model), *kept = model_json(&restored);
        assert_string_equal(replayed, kept);
        free(replayed);
        free(kept);
        model_free(&restored);
    }
    assert_string_equal(trace_reader_error(reader), "");
    assert_in_range(keyframes, 2, 5);
    model_free(&model);
    trace_close(reader);
    trace_free(trace);
    free(text);
    free(r.encoded);
}

static void watch(void *context, const struct trace_event *event)
{
    struct trace **trace = context;
    struct trace_event finding = {
        .kind = TRACE_FINDING, .node = TRACE_NONE, .what = "P", .text = "t"};
    if (event->kind == TRACE_KILL)
        assert_int_equal(trace_emit(*trace, &finding), event->n + 1);
}

static uint64_t no_time(void *context)
{
    (void)context;
    return 0;
}

static void test_an_observer_may_emit(void **state)
{
    (void)state;
    struct trace *trace;
    struct trace_config config = {.scenario = "s",
                                  .n_servers = 1,
                                  .now_us = no_time,
                                  .observe = watch,
                                  .context = &trace};
    trace = trace_make(&config);
    struct trace_event kill = {.kind = TRACE_KILL};
    assert_int_equal(trace_emit(trace, &kill), 1);
    assert_int_equal(trace_emit(trace, &kill), 3);
    trace_free(trace);
}

static bool see_inc(void *context, const struct trace_event *event)
{
    int *inc = context;
    *inc = event->inc;
    return true;
}

static void test_restarts_count_incarnations(void **state)
{
    (void)state;
    struct random_events r = {.state = 1};
    struct trace *trace = recorder(&r, true);
    struct trace_event event = {
        .kind = TRACE_RESTART, .node = 2, .inc = TRACE_NONE};
    int inc = -1;
    trace_emit(trace, &event);
    trace_emit(trace, &event);
    event.kind = TRACE_PAUSE;
    trace_emit(trace, &event);
    trace_each(trace, see_inc, &inc);
    assert_int_equal(inc, 2);
    trace_free(trace);
}

static bool count_notes(void *context, const struct trace_event *event)
{
    *(int *)context += event->kind == TRACE_NOTE;
    return true;
}

static void test_an_event_that_cannot_be_is_left_out(void **state)
{
    (void)state;
    static const struct trace_event UNFIT[] = {
        {.kind = TRACE_APPEND, .node = 40, .index = 1},
        {.kind = TRACE_APPEND, .node = 1 << 24, .index = 1},
        {.kind = TRACE_APPEND, .node = -2, .index = 1},
        {.kind = (enum trace_kind)TRACE_N_KINDS, .node = 0},
        {.kind = (enum trace_kind)4711, .node = 0},
        {.kind = TRACE_VOTE, .node = 0, .voted_for = 5},
        {.kind = TRACE_NEXT, .node = 0, .peer = 99},
        {.kind = TRACE_SEND, .node = 0, .to = 7, .rpc = "RequestVote"},
        {.kind = TRACE_ROLE, .node = 0, .to_role = (enum trace_role)3},
    };
    struct random_events r = {.state = 1};
    struct trace *trace = recorder(&r, true);
    int n_notes = 0, n = sizeof UNFIT / sizeof UNFIT[0];
    for (int i = 0; i < n; i++)
        trace_emit(trace, &UNFIT[i]);
    trace_each(trace, count_notes, &n_notes);
    assert_int_equal(n_notes, n);
    struct trace_event fit = {
        .kind = TRACE_VOTE, .node = 0, .voted_for = TRACE_NONE};
    trace_emit(trace, &fit);
    n_notes = 0;
    trace_each(trace, count_notes, &n_notes);
    assert_int_equal(n_notes, n);
    trace_free(trace);
}

struct seen {
    struct trace_event event[3];
    size_t n;
};

static bool see(void *context, const struct trace_event *event)
{
    struct seen *seen = context;
    seen->event[seen->n++] = *event;
    return seen->n < 3;
}

// What the client's thread does on the way leads back to the invocation, and
// what it does next is no effect of the last operation.
static void test_a_clients_operation_is_a_cause(void **state)
{
    (void)state;
    struct random_events r = {.state = 1};
    struct trace *trace = recorder(&r, true);
    struct trace_operation get = {.client = 7, .number = 3, "get", .key = "a"};
    struct seen seen = {.n = 0};
    trace_set_cause(trace, 99);
    trace_invoke(trace, &get);
    trace_note(trace, TRACE_NONE, "on the", "way");
    trace_return(trace, &get, "ok", "1", 12);
    assert_int_equal(trace_cause(trace), 0);
    trace_each(trace, see, &seen);
    const struct trace_event *invoke = &seen.event[0], *end = &seen.event[2];
    assert_int_equal(invoke->kind, TRACE_INVOKE);
    assert_int_equal(invoke->cause, 0);
    assert_int_equal(invoke->node, TRACE_NONE);
    assert_null(invoke->text);
    assert_int_equal(seen.event[1].cause, invoke->n);
    assert_int_equal(end->kind, TRACE_RETURN);
    assert_int_equal(end->cause, invoke->n);
    assert_int_equal(end->client, 7);
    assert_int_equal(end->operation, 3);
    assert_string_equal(end->text, "1");
    assert_string_equal(end->result, "ok");
    assert_int_equal(end->index, 12);
    trace_free(trace);
}

static void test_without_a_recorder_nothing_happens(void **state)
{
    (void)state;
    struct trace_event event = {.kind = TRACE_KILL};
    assert_int_equal(trace_emit(NULL, &event), 0);
    trace_set_cause(NULL, 1);
    assert_int_equal(trace_cause(NULL), 0);
    trace_note(NULL, 0, "T", "%d", 1);
    trace_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_comes_back_as_it_was_written),
        cmocka_unit_test(test_a_message_shows_its_fields),
        cmocka_unit_test(test_a_run_has_one_hash_stored_or_not),
        cmocka_unit_test(test_a_file_holds_the_run),
        cmocka_unit_test(test_a_failed_write_leaves_nothing),
        cmocka_unit_test(test_keyframes_equal_the_replay),
        cmocka_unit_test(test_an_observer_may_emit),
        cmocka_unit_test(test_restarts_count_incarnations),
        cmocka_unit_test(test_an_event_that_cannot_be_is_left_out),
        cmocka_unit_test(test_a_clients_operation_is_a_cause),
        cmocka_unit_test(test_without_a_recorder_nothing_happens),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL) != 0;
}
