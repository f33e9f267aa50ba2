// service_machine.c -- the replicated state machine: what a server may answer,
// and when. Clients have no clerks here, and ask whom the story wants.
#include "adversary.h"
#include "service_story.h"
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "base/thread.h"

enum { SECOND_MS = 1000, HEALED_MS = 3000, VAIN_MS = 12000 };

// Ten requests, one after the other, by a client without a session.
static void ten_requests(struct lab *lab)
{
    char value[24], all[200] = "";
    adversary_begin(lab);
    elect(lab, 0);
    struct client *client = client_make(lab);
    for (int i = 1; i <= 10; i++) {
        token(value, 1, i);
        strcat(all, value);
        must_do(lab, client, 0, KV_APPEND, "a", value);
    }
    if (strcmp(must_get(lab, client, 0, "a"), all) != 0)
        lab_fail(lab, "ten values were appended to a, one after the other, and"
                      " a get does not return them in this order");
}

static void append_once(struct worker *worker)
{
    char value[24];
    token(value, client_number(worker->client), 1);
    must_do(worker->lab, worker->client, 0, KV_APPEND, "a", value);
}

// Many clients at a time, one request each.
static void many_at_once(struct lab *lab)
{
    enum { N = 30 };
    static struct crowd crowd;
    adversary_begin(lab);
    elect(lab, 0);
    crowd_begin(&crowd, lab, N, append_once, NULL);
    crowd_end(&crowd, 0);
    must_get(lab, crowd.worker[0].client, 0, "a");
}

// A server that does not lead says so, soon, and does nothing.
static void wrong_leader(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *client = client_make(lab);
    must_do(lab, client, 0, KV_PUT, "a", "1");
    for (int server = 1; server < 3; server++) {
        struct asked *asked = client_begin(client, KV_PUT, "a", "2", NULL);
        enum sent sent = client_send(client, asked, server, SECOND_MS);
        if (!leads(lab, 0))
            lab_not_set_up(lab, "S1, which was the leader, leads no more");
        if (sent == SENT_ANSWERED)
            lab_fail(lab, "S%d does not lead, and answered a put", server + 1);
        if (sent == SENT_SILENT)
            lab_fail(lab,
                     "S%d does not lead, and did not say so within a second",
                     server + 1);
    }
    must_get(lab, client, 0, "a");
}

// S1, which leads, is alone, and the others have a leader of their own.
static void new_leader_beside(struct lab *lab)
{
    all_have(lab, 0);
    int others[] = {1, 2};
    group(lab, others, 2);
    elect(lab, 1);
}

// The leader is cut off, the others go on, and then it is back.
static void leader_cut_off(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *client = client_make(lab);
    must_do(lab, client, 0, KV_APPEND, "a", "1");
    new_leader_beside(lab);
    must_do(lab, client, 1, KV_APPEND, "a", "2");
    one_world(lab);
    elect(lab, 2);
    must_do(lab, client, 2, KV_APPEND, "a", "3");
    must_get(lab, client, 2, "a");
}

// What many clients ask a leader without a majority.
struct vain {
    pthread_mutex_t mutex;
    bool healed;
    int n_early, n_silent;
};

static void append_in_vain(struct worker *worker)
{
    struct vain *vain = worker->story;
    char value[24];
    token(value, client_number(worker->client), 1);
    struct asked *asked =
        client_begin(worker->client, KV_APPEND, "a", value, NULL);
    enum sent sent = client_send(worker->client, asked, 0, VAIN_MS);
    must(pthread_mutex_lock(&vain->mutex), "lock");
    vain->n_silent += sent == SENT_SILENT;
    vain->n_early += !vain->healed && sent == SENT_ANSWERED;
    must(pthread_mutex_unlock(&vain->mutex), "unlock");
}

// A leader without a majority is asked for much. Nothing of it may be done or
// answered, and when the leader is deposed all of it must be told to be lost. A
// leader that steps down in its term, since no majority answers, tells it
// earlier.
static void minority(struct lab *lab)
{
    enum { N = 40 };
    static struct crowd crowd;
    static struct vain vain = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    adversary_begin(lab);
    elect(lab, 0);
    struct client *other = client_make(lab);
    must_do(lab, other, 0, KV_APPEND, "a", "first ");
    new_leader_beside(lab);
    crowd_begin(&crowd, lab, N, append_in_vain, &vain);
    lab_sleep_ms(lab, SECOND_MS);
    must_do(lab, other, 1, KV_APPEND, "a", "second ");
    must(pthread_mutex_lock(&vain.mutex), "lock");
    int n_early = vain.n_early;
    vain.healed = true;
    must(pthread_mutex_unlock(&vain.mutex), "unlock");
    if (n_early > 0)
        lab_fail_service(lab, "KV.1",
                         "S1 leads without a majority, and answered %d of %d"
                         " appends, of which none can be committed.",
                         n_early, N);
    uint64_t healed_ms = now_ms();
    one_world(lab);
    crowd_end(&crowd, 0);
    if (vain.n_silent > 0 || now_ms() - healed_ms > HEALED_MS)
        lab_fail_service(lab, "KV.10",
                         "S1 is deposed, and not all of its %d clients had an"
                         " answer from it within %d s after the network had"
                         " healed: who tells them that their requests are"
                         " lost?",
                         N, HEALED_MS / 1000);
    must_get(lab, other, 1, "a");
}

// All servers start again, with nothing but their logs.
static void replay(struct lab *lab)
{
    char value[24];
    adversary_begin(lab);
    for (int round = 1; round <= 3; round++) {
        elect(lab, 0);
        struct client *client = customer(lab, 0);
        for (int i = 1; i <= 8; i++) {
            token(value, round, i);
            must_do(lab, client, 0, KV_APPEND, "a", value);
        }
        must_get(lab, client, 0, "a");
        all_have(lab, 0); // each of them can be elected
        adversary_end(lab);
        restart_all(lab);
        adversary_begin(lab);
    }
    elect(lab, 1);
    must_get(lab, customer(lab, 1), 1, "a");
}

static void append_and_wait(struct worker *worker)
{
    char value[24];
    token(value, client_number(worker->client), 1);
    struct asked *asked =
        client_begin(worker->client, KV_APPEND, "a", value, NULL);
    client_send(worker->client, asked, 0, SECOND_MS);
}

// The leader is killed while many wait in it.
static void shutdown(struct lab *lab)
{
    static struct crowd crowd;
    adversary_begin(lab);
    elect(lab, 0);
    struct rule *nothing = drop("AppendEntries", REPLY, ALL, 0);
    crowd_begin(&crowd, lab, 30, append_and_wait, NULL);
    lab_sleep_ms(lab, 100);
    bool led = leads(lab, 0); // then nothing that waits there is lost
    lab_crash(lab, 0);
    lift(nothing);
    crowd_end(&crowd, 0);
    if (led)
        lab_check_late_answers(lab, 0);
    adversary_end(lab);
    lab_restart(lab, 0);
    elect(lab, 1);
    struct client *client = customer(lab, 1);
    must_get(lab, client, 1, "a");
    must_do(lab, client, 1, KV_APPEND, "a", "more");
    must_get(lab, client, 1, "a");
}

// Entries have not come back from any follower: nothing is committed, and there
// is nothing to answer. Then the leader is gone, with all that it had.
static void not_before_commit(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *client = customer(lab, 0);
    must_do(lab, client, 0, KV_PUT, "a", "1");
    all_have(lab, 0);
    struct rule *nothing = drop("AppendEntries", REQUEST, 0, ALL);
    only(nothing, has_entries);
    only_clock_of(lab, 0);
    struct asked *asked = client_begin(client, KV_PUT, "a", "2", NULL);
    client_send(client, asked, 0, SECOND_MS / 2);
    lab_crash(lab, 0);
    clocks_agree(lab);
    adversary_end(lab);
    elect(lab, 1);
    must_get(lab, client_make(lab), 1, "a");
}

// A leader that was deposed, and does not know, is asked for what has changed
// since. It has the old value, and may not tell it.
static void deposed_leader(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    must_do(lab, one, 0, KV_PUT, "a", "1");
    new_leader_beside(lab);
    must_do(lab, other, 1, KV_PUT, "a", "2");
    struct asked *asked = client_begin(one, KV_GET, "a", NULL, NULL);
    client_send(one, asked, 0, SECOND_MS / 2);
    one_world(lab);
    must_get(lab, other, 1, "a");
}

// A follower that has not heard of the latest entries is asked.
static void follower_is_asked(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *client = client_make(lab);
    must_do(lab, client, 0, KV_PUT, "a", "1");
    struct rule *nothing = drop("AppendEntries", REQUEST, 0, 2);
    only_clock_of(lab, 0);
    must_do(lab, client, 0, KV_PUT, "a", "2");
    struct asked *asked = client_begin(client, KV_GET, "a", NULL, NULL);
    client_send(client, asked, 2, SECOND_MS / 2);
    lift(nothing);
    clocks_agree(lab);
}

// What waits at the deposed leader, while its place in the log is taken.
struct waits {
    enum kv_kind kind;
    const char *key;
    struct asked *asked;
    enum sent sent;
};

static void ask_and_wait(struct worker *worker)
{
    struct waits *waits = worker->story;
    waits->asked = client_begin(worker->client, waits->kind, waits->key,
                                waits->kind == KV_GET ? NULL : "mine", NULL);
    waits->sent = client_send(worker->client, waits->asked, 0, VAIN_MS);
}

// Another client's request takes the index at which the deposed leader waits.
static void taken_index(struct lab *lab, enum kv_kind kind)
{
    static struct crowd crowd;
    static struct waits waits;
    waits = (struct waits){.kind = kind, .key = "a"};
    adversary_begin(lab);
    elect(lab, 0);
    struct client *other = client_make(lab);
    must_do(lab, other, 0, KV_PUT, "a", "1");
    must_do(lab, other, 0, KV_PUT, "b", "2");
    all_have(lab, 0);
    int others[] = {1, 2};
    group(lab, others, 2);
    crowd_begin(&crowd, lab, 1, ask_and_wait, &waits);
    lab_sleep_ms(lab, 50);
    elect(lab, 1);
    must_get(lab, other, 1, "b");
    must_do(lab, other, 1, KV_PUT, "b", "3");
    one_world(lab);
    crowd_end(&crowd, 0);
    if (waits.sent == SENT_SILENT)
        lab_fail_service(lab, "KV.10",
                         "S1 is deposed, and another request took the place of"
                         " C%d's, but C%d had no answer from it.",
                         client_number(crowd.worker[0].client),
                         client_number(crowd.worker[0].client));
    must_get(lab, other, 1, "a");
}

static void taken_index_put(struct lab *lab)
{
    taken_index(lab, KV_PUT);
}

static void taken_index_get(struct lab *lab)
{
    taken_index(lab, KV_GET);
}

// A leader is deposed with requests in its log that others will not have, and
// its log ends there: no later entry comes by to tell it.
static void lost_for_good(struct lab *lab)
{
    static struct crowd crowd;
    static struct waits waits;
    waits = (struct waits){.kind = KV_APPEND, .key = "a"};
    adversary_begin(lab);
    elect(lab, 0);
    must_do(lab, client_make(lab), 0, KV_PUT, "a", "1");
    all_have(lab, 0);
    int others[] = {1, 2};
    group(lab, others, 2);
    crowd_begin(&crowd, lab, 1, ask_and_wait, &waits);
    lab_sleep_ms(lab, 50);
    elect(lab, 1);
    one_world(lab);
    uint64_t healed_ms = now_ms();
    crowd_end(&crowd, 0);
    if (waits.sent == SENT_SILENT || now_ms() - healed_ms > HEALED_MS)
        lab_fail_service(lab, "KV.10",
                         "S1 has led no more for %d s, and C2 had no answer"
                         " from it to its append: nothing will be applied at"
                         " its index until somebody asks for something.",
                         HEALED_MS / 1000);
}

// A compare-and-set that is refused says what was there.
static void refused(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *client = customer(lab, 0);
    must_do(lab, client, 0, KV_PUT, "a", "1");
    struct asked *asked = client_begin(client, KV_CAS, "a", "3", "2");
    must_repeat(lab, client, asked, 0);
    const char *met = asked_value(asked);
    if (!asked_done(asked) && strcmp(met, "1") != 0)
        lab_fail_service(lab, "KV.14",
                         "a is 1. S1 refused C1's compare-and-set of a from 2"
                         " to 3, and its reply says \"%.40s\" where it has to"
                         " say what was there, \"1\".",
                         met);
    must_get(lab, client, 0, "a");
}

// The leader is deposed, loses what it had, and leads again, before it was told
// that it did not lead. Of two requests that wait there, another entry takes
// the place of the first only.
struct two {
    enum sent sent[2];
};

static void append_by_two(struct worker *worker)
{
    struct two *two = worker->story;
    struct asked *asked =
        client_begin(worker->client, KV_APPEND, "a", "mine", NULL);
    two->sent[worker->number] = client_send(worker->client, asked, 0, VAIN_MS);
}

static void leads_again(struct lab *lab)
{
    static struct crowd crowd;
    static struct two two;
    struct client *other = leader_alone(lab);
    crowd_begin(&crowd, lab, 2, append_by_two, &two);
    lab_sleep_ms(lab, 20);
    lab_late_state(lab, 0, true);
    elect(lab, 1);
    must_do(lab, other, 1, KV_PUT, "b", "2");
    one_world(lab);
    all_have(lab, 1);
    elect(lab, 0);
    lab_late_state(lab, 0, false);
    uint64_t since_ms = now_ms();
    crowd_end(&crowd, 0);
    bool silent = two.sent[0] == SENT_SILENT || two.sent[1] == SENT_SILENT;
    if (silent || now_ms() - since_ms > HEALED_MS)
        lab_fail_service(lab, "KV.10",
                         "S1 was deposed and leads again, in a later term. Two"
                         " requests that it took in the earlier term are lost,"
                         " and not both were answered within %d s.",
                         HEALED_MS / 1000);
    must_get(lab, other, 0, "a");
}

#define MACHINE                                                                \
    .n_servers = 3, .service = true, .young = true, .no_long_delays = true,    \
    .simulated_only = true

const struct lab_scenario service_machine_scenarios[] = {
    {.name = "kv-ten",
     .title = "Service: ten requests",
     .run = ten_requests,
     MACHINE},
    {.name = "kv-at-once",
     .title = "Service: thirty requests at a time",
     .run = many_at_once,
     MACHINE},
    {.name = "kv-wrong-leader",
     .title = "Service: servers that do not lead",
     .run = wrong_leader,
     MACHINE},
    {.name = "kv-leader-cut-off",
     .title = "Service: a leader is cut off",
     .run = leader_cut_off,
     MACHINE},
    {.name = "kv-minority",
     .title = "Service: a leader without a majority",
     .run = minority,
     MACHINE},
    {.name = "kv-replay",
     .title = "Service: all restart, and replay",
     .run = replay,
     MACHINE},
    {.name = "kv-shutdown",
     .title = "Service: a leader dies with thirty clients",
     .run = shutdown,
     MACHINE},
    {.name = "kv-not-before-commit",
     .title = "Service: no answer before the commit",
     .run = not_before_commit,
     MACHINE},
    {.name = "kv-deposed-leader",
     .title = "Service: a deposed leader is asked",
     .run = deposed_leader,
     MACHINE},
    {.name = "kv-follower",
     .title = "Service: a follower behind is asked",
     .run = follower_is_asked,
     MACHINE},
    {.name = "kv-taken-index",
     .title = "Service: another's entry in one's place",
     .run = taken_index_put,
     MACHINE},
    {.name = "kv-taken-index-get",
     .title = "Service: another's answer in one's place",
     .run = taken_index_get,
     MACHINE},
    {.name = "kv-leads-again",
     .title = "Service: deposed, and the leader again",
     .run = leads_again,
     MACHINE},
    {.name = "kv-refused",
     .title = "Service: a compare-and-set is refused",
     .run = refused,
     MACHINE},
    {.name = "kv-lost-for-good",
     .title = "Service: deposed, and nothing follows",
     .run = lost_for_good,
     MACHINE},
    {.name = NULL},
};
