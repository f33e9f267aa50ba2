// words.c -- see words.h.
#include "words.h"

#include <inttypes.h>
#include <string.h>

#include "check/findings.h"
#include "trace/fields.h"

void say_harmless(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        if (*c < ' ' || *c == 0x7F)
            *c = '?';
        // U+0080 .. U+009F are C2 80 .. C2 9F.
        if (c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0)
            c[0] = c[1] = '?';
    }
    size_t n = strlen(text), begin = n;
    while (begin > 0 && ((unsigned char)text[begin - 1] & 0xC0) == 0x80)
        begin--;
    unsigned char lead = begin > 0 ? (unsigned char)text[begin - 1] : 0;
    size_t wants = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (wants > 1 && n - begin + 1 < wants)
        text[begin - 1] = '\0';
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

void say_request(const char *rpc, const struct scene_message *m, char *text,
                 size_t n)
{
    static const char *const known[][2] = {{"RequestVote", "RV"},
                                           {"AppendEntries", "AE"},
                                           {"InstallSnapshot", "IS"}};
    rpc = or_empty(rpc);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(rpc, known[i][0]) == 0)
            rpc = known[i][1];
    if (m != NULL && m->included > 0 && (m->begin > 0 || !m->done))
        snprintf(text, n, "%.40s ..%" PRIu64 " @%" PRIu64 "-%" PRIu64 "%s", rpc,
                 m->included, m->begin, m->end, m->done ? "." : "");
    else if (m != NULL && m->included > 0)
        snprintf(text, n, "%.40s ..%" PRIu64, rpc, m->included);
    else if (m == NULL || m->last == 0)
        snprintf(text, n, "%.40s", rpc);
    else if (m->first == m->last)
        snprintf(text, n, "%.40s %" PRIu64, rpc, m->last);
    else
        snprintf(text, n, "%.40s %" PRIu64 "..%" PRIu64, rpc, m->first,
                 m->last);
}

static void say_message(const struct trace_event *e,
                        const struct scene_message *m, char *text, size_t n)
{
    char what[80], stored[32] = "answer";
    if (m != NULL && m->reply && m->end > 0)
        snprintf(stored, sizeof stored, "has @%" PRIu64, m->end);
    const char *answer = m != NULL && m->yes  ? "yes"
                         : m != NULL && m->no ? "no"
                                              : stored;
    say_request(e->rpc, m, what, sizeof what);
    bool reply = e->leg != NULL && strcmp(e->leg, "reply") == 0;
    if (e->kind == TRACE_SEND)
        snprintf(text, n, "%s>S%d", what, trace_endpoint(e->to) + 1);
    else if (e->kind == TRACE_RECV)
        snprintf(text, n, "S%d>%s", trace_endpoint(e->from) + 1, what);
    else if (e->kind == TRACE_REPLY)
        snprintf(text, n, "%s>S%d", answer, trace_endpoint(e->to) + 1);
    else if (e->kind == TRACE_REPLY_RECV)
        snprintf(text, n, "S%d>%s", trace_endpoint(e->from) + 1, answer);
    else
        snprintf(text, n, "(S%d>%s %.20s)", trace_endpoint(e->from) + 1,
                 reply ? answer : what,
                 or_empty(e->why)[0] != '\0' ? e->why : "lost");
}

static void say_append(const struct trace_event *e, char *text, size_t n)
{
    uint64_t last = e->index + (e->n_entries > 0 ? e->n_entries - 1 : 0);
    if (last == e->index)
        snprintf(text, n, "+%" PRIu64 " %s", e->index,
                 e->n_entries > 0 ? e->entries[0].command : "");
    else
        snprintf(text, n, "+%" PRIu64 "..%" PRIu64, e->index, last);
}

// Of a server's own state; false when it is none of these kinds.
static bool say_state(const struct trace_event *e, char *text, size_t n)
{
    switch (e->kind) {
    case TRACE_TIMEOUT:
        snprintf(text, n, "timeout %.0f ms", (double)e->waited_us / 1000);
        return true;
    case TRACE_ROLE:
        snprintf(text, n, "%s T%" PRIu64, trace_role_name(e->to_role), e->term);
        return true;
    case TRACE_TERM:
        snprintf(text, n, "term %" PRIu64 ">%" PRIu64, e->from, e->to);
        return true;
    case TRACE_VOTE:
        snprintf(text, n, "votes for S%d", e->voted_for + 1);
        return true;
    case TRACE_START:
        snprintf(text, n, e->ok ? "client %.40s @%" PRIu64 : "refuses %.40s",
                 or_empty(e->command), e->index);
        return true;
    case TRACE_APPEND:
        say_append(e, text, n);
        return true;
    case TRACE_TRUNCATE:
        snprintf(text, n, "-%" PRIu64 "..", e->index);
        return true;
    case TRACE_COMMIT:
        snprintf(text, n, "commit %" PRIu64, e->to);
        return true;
    case TRACE_COMPACT:
        snprintf(text, n, "snapshot ..%" PRIu64, e->index);
        return true;
    case TRACE_INSTALL:
        snprintf(text, n, "installs ..%" PRIu64, e->index);
        return true;
    case TRACE_APPLY:
        snprintf(text, n, "apply %" PRIu64 " %.40s", e->index,
                 e->ok ? "snapshot" : or_empty(e->command));
        return true;
    case TRACE_REFUSE:
        snprintf(text, n, "says no: %.60s", or_empty(e->why));
        return true;
    default:
        return false;
    }
}

static void say_rest(const struct trace_event *e, char *text, size_t n)
{
    switch (e->kind) {
    case TRACE_NEXT:
    case TRACE_MATCH:
        snprintf(text, n, "%s S%d %" PRIu64, trace_kinds[e->kind].name,
                 e->peer + 1, e->to);
        break;
    case TRACE_CRASH:
        snprintf(text, n, "CRASH");
        break;
    case TRACE_RESTART:
        snprintf(text, n, "RESTART");
        break;
    case TRACE_BOOT:
        snprintf(text, n, "boots T%" PRIu64, e->term);
        break;
    case TRACE_PAUSE:
        snprintf(text, n, e->ok ? "PAUSED" : "goes on");
        break;
    case TRACE_CLOCK:
        snprintf(text, n, "clock at %.1f %%", (double)e->to / 10);
        break;
    case TRACE_CONNECT:
        snprintf(text, n, "PLUGGED IN");
        break;
    case TRACE_DISCONNECT:
        snprintf(text, n, "UNPLUGGED");
        break;
    default:
        snprintf(text, n, "%s", trace_kinds[e->kind].name);
        break;
    }
}

bool say_event(const struct trace_event *e, const struct scene_message *m,
               char *text, size_t n)
{
    bool message = e->kind >= TRACE_SEND && e->kind <= TRACE_DROP;
    if (message)
        say_message(e, m, text, n);
    else if (!say_state(e, text, n))
        say_rest(e, text, n);
    say_harmless(text);
    switch (e->kind) {
    case TRACE_START:
        return e->ok;
    case TRACE_APPLY:
        return e->ok;
    case TRACE_NEXT:
    case TRACE_MATCH:
    case TRACE_PERSIST:
    case TRACE_KILL:
    case TRACE_TERM:
    case TRACE_REFUSE:
    case TRACE_CHECK:
    case TRACE_UNKNOWN:
        return false;
    default:
        return true;
    }
}

// "{S1 S4} {S2 S3 S5}"
static void say_groups(const struct trace_event *e, char *text, size_t n)
{
    size_t at = (size_t)snprintf(text, n, "=== partition");
    for (int group = 0; group < (int)e->n_groups; group++) {
        int n_in = 0;
        for (size_t i = 0; i < e->n_groups && at < n; i++)
            if (e->groups[i] == group)
                at += (size_t)snprintf(text + at, n - at, "%sS%zu",
                                       n_in++ == 0 ? " {" : " ", i + 1);
        if (n_in > 0 && at < n)
            at += (size_t)snprintf(text + at, n - at, "}");
    }
}

// "put a=2", and what is known of a return: "get a returned 1".
static void say_operation(const struct trace_event *e, char *text, size_t n)
{
    const char *call = or_empty(e->what), *value = or_empty(e->text);
    const char *key = or_empty(e->key);
    if (e->kind == TRACE_RETURN)
        snprintf(text, n, "%.20s %.40s %s %.40s", call, key,
                 strcmp(call, "get") == 0 ? "returned" : "ended:",
                 strcmp(call, "get") != 0 ||
                         strcmp(or_empty(e->result), "ok") != 0
                     ? or_empty(e->result)
                 : value[0] != '\0' ? value
                                    : "nothing");
    else if (strcmp(call, "put") == 0)
        snprintf(text, n, "put %.40s=%.40s", key, value);
    else if (strcmp(call, "append") == 0)
        snprintf(text, n, "append %.40s to %.40s", value, key);
    else if (strcmp(call, "cas") == 0)
        snprintf(text, n, "cas %.40s from %.40s to %.40s", key,
                 or_empty(e->expected), value);
    else
        snprintf(text, n, "%.20s %.40s", call, key);
}

bool say_whole(const struct trace_event *e, char *text, size_t n)
{
    char operation[160];
    const char *what = or_empty(e->what), *said = or_empty(e->text);
    switch (e->kind) {
    case TRACE_ACT:
        snprintf(text, n, "=== %s", said);
        break;
    case TRACE_PARTITION:
        say_groups(e, text, n);
        break;
    case TRACE_HEAL:
        snprintf(text, n, "=== heal");
        break;
    case TRACE_LINK:
        snprintf(text, n, "=== from S%d to S%d: %s",
                 trace_endpoint(e->from) + 1, trace_endpoint(e->to) + 1,
                 e->ok ? "mended" : "cut");
        break;
    case TRACE_NETWORK:
        snprintf(text, n, "=== %s", said);
        break;
    case TRACE_NOTE:
        if (e->node >= 0)
            snprintf(text, n, "--- S%d %s: %s", e->node + 1, what, said);
        else
            snprintf(text, n, "--- %s: %s", what, said);
        break;
    case TRACE_FINDING:
        snprintf(text, n, "!!! %s %s: %s", finding_headline(what),
                 or_empty(e->tag), said);
        break;
    case TRACE_INVOKE:
    case TRACE_RETURN:
        say_operation(e, operation, sizeof operation);
        snprintf(text, n, "--- C%" PRIu64 "#%" PRIu64 " %s %s", e->client,
                 e->operation,
                 e->kind == TRACE_INVOKE ? "asks:" : "done:", operation);
        break;
    case TRACE_VERDICT:
        snprintf(text, n, "=== verdict: %s%s%s", what,
                 said[0] != '\0' ? ": " : "", said);
        break;
    default:
        return false;
    }
    say_harmless(text);
    return true;
}

// The speed of a server's clock before that event, in thousandths.
static uint64_t clock_before(const struct trace_file *trace, size_t at)
{
    const struct trace_event *event = trace->event;
    for (size_t i = at; i-- > 0;)
        if (event[i].kind == TRACE_CLOCK && event[i].node == event[at].node)
            return event[i].to;
    return 1000;
}

static bool of_moment(const struct trace_file *trace, size_t at, size_t first)
{
    return at < trace->n_events && trace->event[at].kind == TRACE_CLOCK &&
           trace->event[at].us == trace->event[first].us;
}

bool say_clocks(const struct trace_file *trace, size_t at, char *text, size_t n)
{
    const struct trace_event *event = trace->event;
    uint64_t told[TRACE_MAX_SERVERS] = {0};
    size_t n_told = 0, used = 0;
    text[0] = '\0';
    if (!of_moment(trace, at, at) || (at > 0 && of_moment(trace, at - 1, at)))
        return false;
    for (size_t i = at; of_moment(trace, i, at); i++) {
        bool known = clock_before(trace, i) == event[i].to;
        for (size_t k = 0; k < n_told; k++)
            known |= told[k] == event[i].to;
        if (known || n_told == TRACE_MAX_SERVERS)
            continue;
        told[n_told++] = event[i].to;
        const char *before = used > 0 ? "; S" : "S";
        for (size_t k = i; of_moment(trace, k, at) && used + 40 < n; k++) {
            if (event[k].to != event[i].to ||
                clock_before(trace, k) == event[k].to)
                continue;
            used += (size_t)snprintf(text + used, n - used, "%s%d", before,
                                     event[k].node + 1);
            before = ", S";
        }
        used += (size_t)snprintf(text + used, n - used, ": clock at %g %%",
                                 (double)event[i].to / 10);
        used = used < n ? used : n - 1;
    }
    return n_told > 0;
}
