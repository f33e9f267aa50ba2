// service_sessions.c -- exactly once: answers that are lost, requests that come
// twice, late, or of clients that are no more.
#include "adversary.h"
#include "service_story.h"
#include "suites.h"

#include <stdio.h>

enum { SHORT_MS = 300, LONG_MS = 2000, CLERK_MS = 20000 };

// A wish that the leader answered in vain; then the same leader is asked again.
static void lost_answer(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    struct asked *asked = lose_answer(lab, one, 0, KV_APPEND, "a", "1", NULL);
    must_get(lab, other, 0, "a");
    must_repeat(lab, one, asked, 0);
    must_get(lab, other, 0, "a");
}

// The same, and another leader is asked.
static void retry_elsewhere(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    struct asked *asked = lose_answer(lab, one, 0, KV_APPEND, "a", "1", NULL);
    must_get(lab, other, 0, "a");
    all_have(lab, 0);
    elect(lab, 1);
    must_repeat(lab, one, asked, 1);
    must_get(lab, other, 1, "a");
}

// The answer to a get is lost: the retry must have it, too.
static void lost_value(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0);
    must_do(lab, one, 0, KV_PUT, "a", "1");
    struct asked *asked = lose_answer(lab, one, 0, KV_GET, "a", NULL, NULL);
    must_repeat(lab, one, asked, 0);
}

// The answer to a compare-and-set is lost. Done again, it would meet its own
// value, and be refused.
static void lost_cas(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    must_do(lab, one, 0, KV_PUT, "a", "1");
    struct asked *asked = lose_answer(lab, one, 0, KV_CAS, "a", "2", "1");
    must_repeat(lab, one, asked, 0);
    must_get(lab, other, 0, "a");
}

// A request that is under way twice at the same time.
struct both {
    struct client *client;
    struct asked *asked;
};

static void send_it(struct worker *worker)
{
    struct both *both = worker->story;
    client_send(both->client, both->asked, 0, LONG_MS);
}

// Two copies of a request come to the leader, and both are in its log before
// either is committed.
static void both_in_the_log(struct lab *lab)
{
    static struct crowd crowd;
    struct both both;
    adversary_begin(lab);
    elect(lab, 0);
    struct client *other = client_make(lab);
    both.client = customer(lab, 0);
    must_do(lab, other, 0, KV_PUT, "a", "0");
    struct rule *nothing = drop("AppendEntries", REPLY, ALL, 0);
    only_clock_of(lab, 0);
    both.asked = client_begin(both.client, KV_APPEND, "a", "1", NULL);
    crowd_begin(&crowd, lab, 2, send_it, &both);
    lab_sleep_ms(lab, 100);
    lift(nothing);
    crowd_end(&crowd, 0);
    clocks_agree(lab);
    must_get(lab, other, 0, "a");
}

// A request is held up, repeated, and done; its client goes on to the next.
// Then the first copy arrives.
static void late_duplicate(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    struct rule *first = hold("ClientRequest", REQUEST, TRACE_NONE, 0);
    at_most(first, 1);
    struct asked *asked = client_begin(one, KV_PUT, "a", "1", NULL);
    client_send(one, asked, 0, SHORT_MS);
    must_repeat(lab, one, asked, 0);
    must_do(lab, one, 0, KV_PUT, "a", "2");
    raft_index before = lab_last_applied(lab, 0);
    lift(first);
    lab_sleep_ms(lab, SHORT_MS);
    must_get(lab, other, 0, "a");
    lab_note(lab, "%d entries since then",
             (int)(lab_last_applied(lab, 0) - before));
}

// The same with an append, and another client's in between, at a new leader.
static void duplicate_overtakes(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = customer(lab, 0);
    all_have(lab, 0);
    struct rule *first = hold("ClientRequest", REQUEST, TRACE_NONE, 1);
    at_most(first, 1);
    struct asked *asked = client_begin(one, KV_APPEND, "a", "1", NULL);
    client_send(one, asked, 1, SHORT_MS);
    must_repeat(lab, one, asked, 0);
    must_do(lab, other, 0, KV_APPEND, "a", "2");
    must_do(lab, one, 0, KV_APPEND, "a", "3");
    must_get(lab, other, 0, "a");
    all_have(lab, 0);
    elect(lab, 1);
    lift(first);
    lab_sleep_ms(lab, SHORT_MS);
    must_get(lab, other, 1, "a");
}

// Two clients ask for the same thing with the same numbers: that is twice.
static void alike(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = customer(lab, 0);
    must_do(lab, one, 0, KV_APPEND, "a", "1");
    must_get(lab, one, 0, "a");
    must_do(lab, other, 0, KV_APPEND, "a", "1");
    must_get(lab, one, 0, "a");
    must_do(lab, one, 0, KV_APPEND, "a", "1");
    must_get(lab, other, 0, "a");
}

// Applied, and not answered: all servers are down, and come back with their
// logs. What was done before is known to be done.
static void restart_in_between(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    struct asked *asked = lose_answer(lab, one, 0, KV_APPEND, "a", "1", NULL);
    must_get(lab, other, 0, "a");
    all_have(lab, 0);
    adversary_end(lab);
    restart_all(lab);
    adversary_begin(lab);
    elect(lab, 1);
    must_repeat(lab, one, asked, 1);
    must_get(lab, other, 1, "a");
}

// Sessions opened before and after all servers were down: none is like another.
static void sessions_across_restart(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *two = customer(lab, 0);
    must_do(lab, one, 0, KV_APPEND, "a", "1");
    must_do(lab, two, 0, KV_APPEND, "a", "2");
    for (int i = 0; i < 12; i++) // enough for a snapshot
        must_do(lab, two, 0, KV_PUT, "b", "a value of some length");
    all_have(lab, 0);
    adversary_end(lab);
    restart_all(lab);
    adversary_begin(lab);
    elect(lab, 1);
    struct client *three = customer(lab, 1), *four = customer(lab, 1);
    must_do(lab, three, 1, KV_APPEND, "a", "3");
    must_do(lab, four, 1, KV_APPEND, "a", "4");
    must_do(lab, one, 1, KV_APPEND, "a", "5");
    must_get(lab, four, 1, "a");
}

// A clerk's client dies while it asks; another one begins in its place, and
// then the dead one's request arrives.
static void keep_appending(struct worker *worker)
{
    char value[24];
    int number = client_number(worker->client);
    for (int i = 1; i <= 3; i++) {
        token(value, number, i);
        if (!client_append(worker->client, "a", value))
            return;
    }
}

static void clerk_dies(struct lab *lab)
{
    static struct crowd crowd, next;
    adversary_begin(lab);
    elect(lab, 0);
    struct client *other = client_make(lab);
    must_do(lab, other, 0, KV_PUT, "a", "0 ");
    struct rule *held = hold("ClientRequest", REQUEST, TRACE_NONE, ALL);
    skip_first(held, 2);
    crowd_begin(&crowd, lab, 1, keep_appending, NULL);
    lab_sleep_ms(lab, SHORT_MS);
    client_kill(crowd.worker[0].client);
    close_rule(held);
    crowd_end(&crowd, CLERK_MS);
    crowd_begin(&next, lab, 1, keep_appending, NULL);
    crowd_end(&next, CLERK_MS);
    lift(held);
    lab_sleep_ms(lab, SHORT_MS);
    must_get(lab, other, 0, "a");
    must_get(lab, other, 0, "a");
}

// Answers to a clerk are lost, some of each, and it must go on asking for the
// same thing.
static void clerk_repeats(struct lab *lab)
{
    static struct crowd crowd;
    adversary_begin(lab);
    elect(lab, 0);
    struct rule *lost = drop("ClientRequest", REPLY, ALL, TRACE_NONE);
    skip_first(lost, 1);
    at_most(lost, 3);
    crowd_begin(&crowd, lab, 1, keep_appending, NULL);
    crowd_end(&crowd, CLERK_MS);
    expect(lab, crowd.worker[0].client, "a", "1.1;1.2;1.3;");
}

// The leader that a clerk knows is cut off, or dies: it finds the next.
static void clerk_finds_leader(struct lab *lab)
{
    static struct crowd crowd;
    for (int round = 0; round < 3; round++) {
        int leader = lab_check_one_leader(lab);
        crowd_begin(&crowd, lab, 1, keep_appending, NULL);
        crowd_end(&crowd, CLERK_MS);
        if (round == 1)
            lab_crash(lab, leader);
        else
            lab_disconnect(lab, leader);
        crowd_begin(&crowd, lab, 1, keep_appending, NULL);
        crowd_end(&crowd, CLERK_MS);
        if (round == 1)
            lab_restart(lab, leader);
        else
            lab_connect(lab, leader);
    }
    client_get(crowd.worker[0].client, "a", NULL);
}

// A server keeps a few sessions only. The one whose session is gone is told so,
// or is known all the same; what it asked for is not done again.
static void sessions_end(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *other = client_make(lab);
    struct asked *asked = lose_answer(lab, one, 0, KV_APPEND, "a", "1", NULL);
    for (int i = 0; i < 6; i++)
        must_do(lab, customer(lab, 0), 0, KV_APPEND, "b", "x");
    must_get(lab, other, 0, "a");
    if (client_send(one, asked, 0, LONG_MS) == SENT_SILENT)
        lab_fail(lab, "C1 asked once more, in a session that may be gone, and"
                      " had no answer");
    must_get(lab, other, 0, "a");
}

// As many as are kept are there, and those that are used stay, however old they
// are.
static void sessions_in_use(struct lab *lab)
{
    adversary_begin(lab);
    elect(lab, 0);
    struct client *one = customer(lab, 0), *more[3];
    for (int i = 0; i < 3; i++)
        more[i] = customer(lab, 0);
    for (int i = 0; i < 3; i++)
        must_do(lab, more[i], 0, KV_APPEND, "b", "y");
    must_do(lab, one, 0, KV_APPEND, "a", "0");
    for (int i = 0; i < 6; i++) {
        must_do(lab, customer(lab, 0), 0, KV_APPEND, "b", "x");
        struct asked *asked = client_begin(one, KV_APPEND, "a", "1", NULL);
        if (client_send(one, asked, 0, LONG_MS) == SENT_EXPIRED)
            lab_fail_service(lab, "KV.13",
                             "C1's session was used for each second request,"
                             " and S1 says that it is gone, where four are"
                             " kept.");
    }
    must_get(lab, one, 0, "a");
}

#define SESSIONS                                                               \
    .n_servers = 3, .service = true, .young = true, .no_long_delays = true,    \
    .simulated_only = true

const struct lab_scenario service_sessions_scenarios[] = {
    {.name = "kv-lost-answer",
     .title = "Service: an answer is lost",
     .run = lost_answer,
     SESSIONS},
    {.name = "kv-retry-elsewhere",
     .title = "Service: the retry comes to another leader",
     .run = retry_elsewhere,
     SESSIONS},
    {.name = "kv-lost-value",
     .title = "Service: the answer to a get is lost",
     .run = lost_value,
     SESSIONS},
    {.name = "kv-lost-cas",
     .title = "Service: the answer to a cas is lost",
     .run = lost_cas,
     SESSIONS},
    {.name = "kv-both-in-the-log",
     .title = "Service: two copies in the log",
     .run = both_in_the_log,
     SESSIONS},
    {.name = "kv-late-duplicate",
     .title = "Service: a duplicate comes late",
     .run = late_duplicate,
     SESSIONS},
    {.name = "kv-duplicate-overtakes",
     .title = "Service: a duplicate at another leader",
     .run = duplicate_overtakes,
     SESSIONS},
    {.name = "kv-alike",
     .title = "Service: two clients ask for the same",
     .run = alike,
     SESSIONS},
    {.name = "kv-restart-in-between",
     .title = "Service: a restart before the answer",
     .run = restart_in_between,
     SESSIONS},
    {.name = "kv-sessions-across-restart",
     .title = "Service: sessions before and after a restart",
     .run = sessions_across_restart,
     .max_state = 700,
     SESSIONS},
    {.name = "kv-clerk-dies",
     .title = "Service: a client dies, and its request comes late",
     .run = clerk_dies,
     SESSIONS},
    {.name = "kv-clerk-repeats",
     .title = "Service: a clerk asks again",
     .run = clerk_repeats,
     SESSIONS},
    {.name = "kv-clerk-finds-leader",
     .title = "Service: a clerk finds the leader",
     .run = clerk_finds_leader,
     SESSIONS},
    {.name = "kv-sessions-end",
     .title = "Service: more clients than sessions",
     .run = sessions_end,
     .max_sessions = 4,
     SESSIONS},
    {.name = "kv-sessions-in-use",
     .title = "Service: an old session that is used",
     .run = sessions_in_use,
     .max_sessions = 4,
     SESSIONS},
    {.name = NULL},
};
