// diff_words.c -- an event in a few words, or in a sentence where there is
// room.
#include <inttypes.h>
#include <string.h>

#include "diff.h"
#include "trace/fields.h"
#include "viz/draw/words.h"

const struct scene_message *diff_message(const struct diff_side *side,
                                         const struct trace_event *event)
{
    for (size_t i = 0; i < side->scene.n_messages; i++)
        if (side->scene.message[i].sent == event ||
            side->scene.message[i].received == event)
            return &side->scene.message[i];
    return NULL;
}

void diff_say(const struct diff_side *side, const struct trace_event *event,
              char *text, size_t n)
{
    char words[200];
    if (say_whole(event, words, sizeof words) || event->node < 0) {
        if (event->node < 0 && !say_whole(event, words, sizeof words))
            say_event(event, diff_message(side, event), words, sizeof words);
        snprintf(text, n, "%s", words);
        return;
    }
    say_event(event, diff_message(side, event), words, sizeof words);
    snprintf(text, n, "S%d %s", event->node + 1, words);
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

// " with entries 3 to 5", " up to 7" of a snapshot.
static void tell_load(const struct scene_message *m, char *text, size_t n)
{
    text[0] = '\0';
    if (m == NULL || m->reply)
        return;
    if (m->included > 0)
        snprintf(text, n, " up to %" PRIu64, m->included);
    else if (m->last > 0 && m->first == m->last)
        snprintf(text, n, " with entry %" PRIu64, m->last);
    else if (m->last > 0)
        snprintf(text, n, " with entries %" PRIu64 " to %" PRIu64, m->first,
                 m->last);
}

static void tell_message(const struct trace_event *e,
                         const struct scene_message *m, char *text, size_t n)
{
    char load[80];
    int from = trace_endpoint(e->from) + 1, to = trace_endpoint(e->to) + 1;
    int me = e->node + 1;
    bool reply = strcmp(or_empty(e->leg), "reply") == 0;
    const char *answer = m != NULL && m->yes  ? "yes"
                         : m != NULL && m->no ? "no"
                                              : "its answer";
    tell_load(m, load, sizeof load);
    switch (e->kind) {
    case TRACE_SEND:
        snprintf(text, n, "S%d sends %.40s%s to S%d", me, or_empty(e->rpc),
                 load, to);
        break;
    case TRACE_RECV:
        snprintf(text, n, "S%d gets %.40s%s from S%d", me, or_empty(e->rpc),
                 load, from);
        break;
    case TRACE_REPLY:
        snprintf(text, n, "S%d sends %s to S%d", me, answer, to);
        break;
    case TRACE_REPLY_RECV:
        snprintf(text, n, "S%d gets %s from S%d", me,
                 answer[0] == 'i' ? "the answer" : answer, from);
        break;
    default:
        snprintf(text, n, "%s%.40s of S%d to S%d is lost%s%.40s",
                 reply ? "the answer to " : "", or_empty(e->rpc), from, to,
                 or_empty(e->why)[0] != '\0' ? ": " : "", or_empty(e->why));
        break;
    }
}

static void tell_appended(const struct trace_event *e, char *text, size_t n)
{
    uint64_t last = e->index + (e->n_entries > 0 ? e->n_entries - 1 : 0);
    if (last > e->index)
        snprintf(text, n, "S%d appends entries %" PRIu64 " to %" PRIu64,
                 e->node + 1, e->index, last);
    else
        snprintf(text, n, "S%d appends entry %" PRIu64 "%s%.40s", e->node + 1,
                 e->index, e->n_entries > 0 ? ": " : "",
                 e->n_entries > 0 ? or_empty(e->entries[0].command) : "");
}

// Of a server's own state; false when it is none of these kinds.
static bool tell_state(const struct trace_event *e, char *text, size_t n)
{
    int me = e->node + 1;
    switch (e->kind) {
    case TRACE_TIMEOUT:
        snprintf(text, n, "S%d waited %.0f ms and times out in term %" PRIu64,
                 me, (double)e->waited_us / 1000, e->term);
        return true;
    case TRACE_ROLE:
        snprintf(text, n, "S%d becomes %s of term %" PRIu64, me,
                 trace_role_name(e->to_role), e->term);
        return true;
    case TRACE_TERM:
        snprintf(text, n, "S%d goes from term %" PRIu64 " to %" PRIu64, me,
                 e->from, e->to);
        return true;
    case TRACE_VOTE:
        snprintf(text, n, "S%d votes for S%d", me, e->voted_for + 1);
        return true;
    case TRACE_START:
        if (e->ok)
            snprintf(text, n, "S%d takes command %.40s as entry %" PRIu64, me,
                     or_empty(e->command), e->index);
        else
            snprintf(text, n, "S%d refuses command %.40s", me,
                     or_empty(e->command));
        return true;
    case TRACE_APPEND:
        tell_appended(e, text, n);
        return true;
    case TRACE_TRUNCATE:
        snprintf(text, n, "S%d cuts its log from entry %" PRIu64 " on", me,
                 e->index);
        return true;
    case TRACE_COMMIT:
        snprintf(text, n, "S%d's commit_index is now %" PRIu64, me, e->to);
        return true;
    default:
        return false;
    }
}

// What happens to a server, as the end of "S3 ...", or NULL.
static const char *fate(const struct trace_event *e)
{
    switch (e->kind) {
    case TRACE_CRASH:
        return "crashes";
    case TRACE_RESTART:
        return "restarts";
    case TRACE_BOOT:
        return "boots";
    case TRACE_PAUSE:
        return e->ok ? "freezes" : "goes on";
    case TRACE_CONNECT:
        return "is plugged in";
    case TRACE_DISCONNECT:
        return "is unplugged";
    case TRACE_PERSIST:
        return "saves its state";
    case TRACE_SAVED:
        return "has saved state";
    case TRACE_KILL:
        return "is told to stop";
    default:
        return NULL;
    }
}

void diff_tell(const struct diff_side *side, const struct trace_event *event,
               char *text, size_t n)
{
    bool message = event->kind >= TRACE_SEND && event->kind <= TRACE_DROP;
    if (message)
        tell_message(event, diff_message(side, event), text, n);
    else if (event->node >= 0 && fate(event) != NULL)
        snprintf(text, n, "S%d %s", event->node + 1, fate(event));
    else if (event->node < 0 || !tell_state(event, text, n))
        diff_say(side, event, text, n);
    size_t signs = strspn(text, "=-! "); // of texts for terminals
    memmove(text, text + signs, strlen(text + signs) + 1);
    say_harmless(text);
}
