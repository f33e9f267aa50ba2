// service_snapshots.c -- snapshots of a service: what is in them, when they are
// taken, and what they do to those who wait.
#include "adversary.h"
#include "service_story.h"
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "base/thread.h"

enum { LIMIT = 700, HEALED_MS = 3000, VAIN_MS = 12000, CLERK_MS = 20000 };

// So many requests that logs are cut, of a client that nobody asks for.
static void fill(struct lab *lab, int server, int n)
{
    struct client *filler = client_make(lab);
    char value[40];
    for (int i = 0; i < n; i++) {
        snprintf(value, sizeof value, "a value that fills logs, %d", i);
        must_do(lab, filler, server, KV_PUT, "filler", value);
    }
}

static void must_have_snapshot(struct lab *lab)
{
    if (!lab_has_snapshot(lab))
        lab_fail(lab,
                 "the state that Rafts save is up to %d bytes, the limit is %d,"
                 " and no service has taken a snapshot",
                 (int)lab_state_size(lab), LIMIT);
}

// All servers begin again from their snapshots: the sessions are there, too.
// Another client's retry comes before, so that a service which knows no retries
// at all is not told to have lost them.
static void sessions_saved(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *two = customer(lab, 0);
    struct client *other = client_make(lab);
    struct asked *before = lose_answer(lab, two, 0, KV_APPEND, "a", "2", NULL);
    struct asked *asked = lose_answer(lab, one, 0, KV_APPEND, "a", "1", NULL);
    must_repeat(lab, two, before, 0);
    must_get(lab, other, 0, "a");
    fill(lab, 0, 24);
    must_have_snapshot(lab);
    all_have(lab, 0);
    adversary_end(lab);
    restart_all(lab);
    adversary_begin(lab);
    elect(lab, 1);
    must_repeat(lab, one, asked, 1);
    must_get(lab, other, 1, "a");
}

// The same with requests whose answers tell something.
static void answers_saved(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    must_do(lab, one, 0, KV_PUT, "a", "1");
    struct client *two = customer(lab, 0);
    struct asked *read = lose_answer(lab, two, 0, KV_GET, "a", NULL, NULL);
    struct asked *asked = lose_answer(lab, one, 0, KV_CAS, "a", "2", "1");
    must_get(lab, other, 0, "a");
    fill(lab, 0, 24);
    must_have_snapshot(lab);
    all_have(lab, 0);
    adversary_end(lab);
    restart_all(lab);
    adversary_begin(lab);
    elect(lab, 1);
    must_repeat(lab, one, asked, 1);
    must_repeat(lab, two, read, 1);
    must_get(lab, other, 1, "a");
}

// A server that was cut off gets a snapshot instead of entries, and leads.
static void installed(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    must_do(lab, other, 0, KV_PUT, "a", "0");
    must_do(lab, other, 0, KV_APPEND, "old", "x");
    all_have(lab, 0);
    lab_disconnect(lab, 2);
    struct asked *asked = lose_answer(lab, one, 0, KV_APPEND, "a", "1", NULL);
    must_get(lab, other, 0, "a");
    fill(lab, 0, 24);
    must_have_snapshot(lab);
    only_clock_of(lab, 0);
    lab_connect(lab, 2);
    all_have(lab, 0);
    clocks_agree(lab);
    elect(lab, 2);
    must_get(lab, other, 2, "a");
    must_repeat(lab, one, asked, 2);
    must_get(lab, other, 2, "a");
    must_get(lab, other, 2, "old");
    must_do(lab, other, 2, KV_APPEND, "a", "2");
    must_get(lab, other, 2, "a");
}

// A deposed leader's request waits at an index that a snapshot covers.
static void ask_the_old(struct worker *worker)
{
    enum sent *sent = worker->story;
    struct asked *asked =
        client_begin(worker->client, KV_APPEND, "a", "lost", NULL);
    *sent = client_send(worker->client, asked, 0, VAIN_MS);
}

static void waits_for_what_is_past(struct lab *lab)
{
    static struct crowd crowd;
    static enum sent sent;
    struct client *other = leader_alone(lab);
    crowd_begin(&crowd, lab, 1, ask_the_old, &sent);
    lab_sleep_ms(lab, 50);
    elect(lab, 1);
    fill(lab, 1, 24);
    must_have_snapshot(lab);
    one_world(lab);
    uint64_t healed_ms = now_ms();
    crowd_end(&crowd, 0);
    if (sent == SENT_SILENT || now_ms() - healed_ms > HEALED_MS)
        lab_fail_service(
            lab, "KV.10",
            "S1 got a snapshot of the index at which C2's append"
            " was taken, and C2 had no answer from it within %d s.",
            HEALED_MS / 1000);
    must_get(lab, other, 1, "a");
}

// Snapshots on, each of the very state at its index: one server falls behind
// again and again, gets a snapshot, and is asked.
static void of_the_index(struct lab *lab)
{
    char value[24];
    adversary_begin(lab);
    for (int round = 1; round <= 2; round++) {
        elect(lab, 0);
        struct client *client = client_make(lab);
        all_have(lab, 0);
        lab_disconnect(lab, 2);
        for (int i = 1; i <= 16; i++) {
            token(value, round, i);
            must_do(lab, client, 0, KV_APPEND, "a", value);
        }
        must_get(lab, client, 0, "a");
        only_clock_of(lab, 0);
        lab_connect(lab, 2);
        all_have(lab, 0);
        clocks_agree(lab);
        elect(lab, 2);
        must_get(lab, client, 2, "a");
        all_have(lab, 2);
    }
    must_have_snapshot(lab);
}

// Snapshots and restarts in the middle of the log: nothing is done twice, and
// nothing is missing.
static void restarts_from_it(struct lab *lab)
{
    char value[24];
    for (int round = 1; round <= 3; round++) {
        adversary_begin(lab);
        elect(lab, round % 3);
        struct client *client = client_make(lab);
        for (int i = 1; i <= 10; i++) {
            token(value, round, i);
            must_do(lab, client, round % 3, KV_APPEND, "a", value);
        }
        must_get(lab, client, round % 3, "a");
        all_have(lab, round % 3); // each of them can be elected
        adversary_end(lab);
        restart_all(lab);
    }
    must_have_snapshot(lab);
    adversary_begin(lab);
    elect(lab, 0);
    must_get(lab, client_make(lab), 0, "a");
}

// A snapshot is as large as what it stands for, however long the log was.
static void size(struct lab *lab)
{
    enum { MOST = 500, N = 120 };
    struct client *client = client_make(lab);
    for (int i = 0; i < N; i++)
        if (!client_put(client, "a", i % 2 ? "1" : "2"))
            lab_fail(lab, "C1's put was given up");
    if (lab_snapshot_size(lab) > MOST)
        lab_fail(lab,
                 "one key and one session make a snapshot of %d bytes, expected"
                 " %d at most",
                 (int)lab_snapshot_size(lab), MOST);
    if (!lab_has_snapshot(lab))
        lab_fail(lab, "%d requests, a limit of %d bytes, and no snapshot", N,
                 1000);
    if (lab_state_size(lab) > 8 * 1000)
        lab_fail(lab,
                 "the state that a Raft saves has %d bytes, the limit of the"
                 " service is 1000",
                 (int)lab_state_size(lab));
    restart_all(lab);
    client_get(client, "a", NULL);
}

// Many clients come and go. What is kept of them is bounded.
static void size_of_sessions(struct lab *lab)
{
    enum { MOST = 800, N = 120, LATE_MS = 2000 };
    adversary_begin(lab);
    elect(lab, 0);
    struct client *first = customer(lab, 0);
    for (int i = 0; i < N; i++)
        must_do(lab, customer(lab, 0), 0, KV_PUT, "a", "1");
    struct asked *late = client_begin(first, KV_PUT, "a", "1", NULL);
    if (client_send(first, late, 0, LATE_MS) == SENT_ANSWERED)
        lab_fail_service(lab, "KV.13",
                         "S1 did what C1 asked for in a session after which %d"
                         " others were used, where eight are kept.",
                         N);
    fill(lab, 0, 12);
    must_have_snapshot(lab);
    if (lab_snapshot_size(lab) > MOST)
        lab_fail(lab,
                 "two keys and the eight sessions that are kept make a snapshot"
                 " of %d bytes, expected %d at most: are sessions dropped?",
                 (int)lab_snapshot_size(lab), MOST);
}

// Without a limit there is no snapshot.
static void never(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    fill(lab, 0, 60);
    if (lab_has_snapshot(lab))
        lab_fail_service(lab, "KV.12",
                         "The service has no limit (max_state is 0), and took"
                         " a snapshot.");
}

// A large limit is not reached: a snapshot for each command is none by size.
static void not_yet(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    fill(lab, 0, 10);
    if (lab_has_snapshot(lab))
        lab_fail_service(lab, "KV.12",
                         "Ten requests of less than a hundred bytes are far"
                         " from the limit of 100000 bytes, and a service took"
                         " a snapshot.");
}

// Commands wait for a service that needs long for each, when a snapshot comes.
static void slow_service(struct lab *lab)
{
    char value[24];
    adversary_begin(lab);
    elect(lab, 0);
    struct client *client = customer(lab, 0);
    lab_slow_apply(lab, 2, 40);
    for (int i = 1; i <= 30; i++) {
        token(value, 1, i);
        must_do(lab, client, 0, KV_APPEND, "a", value);
    }
    must_get(lab, client, 0, "a");
    lab_slow_apply(lab, 2, 0);
    all_have(lab, 0);
    elect(lab, 2);
    must_get(lab, client, 2, "a");
}

#define SNAPSHOTS                                                              \
    .n_servers = 3, .service = true, .young = true, .no_long_delays = true,    \
    .simulated_only = true

const struct lab_scenario service_snapshots_scenarios[] = {
    {.name = "kv-snapshot-sessions",
     .title = "Service: sessions are in the snapshot",
     .run = sessions_saved,
     .max_state = LIMIT,
     SNAPSHOTS},
    {.name = "kv-snapshot-answers",
     .title = "Service: answers are in the snapshot",
     .run = answers_saved,
     .max_state = LIMIT,
     SNAPSHOTS},
    {.name = "kv-snapshot-installed",
     .title = "Service: a snapshot is installed",
     .run = installed,
     .max_state = LIMIT,
     SNAPSHOTS},
    {.name = "kv-snapshot-waiter",
     .title = "Service: a snapshot takes the place of a request",
     .run = waits_for_what_is_past,
     .max_state = LIMIT,
     SNAPSHOTS},
    {.name = "kv-snapshot-index",
     .title = "Service: a snapshot of its index",
     .run = of_the_index,
     .max_state = 400,
     SNAPSHOTS},
    {.name = "kv-snapshot-restarts",
     .title = "Service: restarts from snapshots",
     .run = restarts_from_it,
     .max_state = 400,
     SNAPSHOTS},
    {.name = "kv-snapshot-size",
     .title = "Service: the size of a snapshot",
     .run = size,
     .n_servers = 3,
     .max_state = 1000,
     .service = true,
     .young = true,
     .no_long_delays = true},
    {.name = "kv-snapshot-many-sessions",
     .title = "Service: the size of sessions",
     .run = size_of_sessions,
     .max_state = LIMIT,
     .max_sessions = 8,
     SNAPSHOTS},
    {.name = "kv-snapshot-never",
     .title = "Service: no limit, no snapshot",
     .run = never,
     SNAPSHOTS},
    {.name = "kv-snapshot-not-yet",
     .title = "Service: the limit is not reached",
     .run = not_yet,
     .max_state = 100000,
     SNAPSHOTS},
    {.name = "kv-snapshot-slow",
     .title = "Service: a snapshot while commands wait",
     .run = slow_service,
     .max_state = 400,
     SNAPSHOTS},
    {.name = NULL},
};
