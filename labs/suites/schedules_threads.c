// schedules_threads.c -- threads that stand still where it hurts, and threads
// that never end.
#include "adversary.h"
#include "suites.h"

#include "base/die.h"

// ------------------------------------------------------------ standing still

// Asks a server for its state all the time, as its own thread would: between
// two critical sections of an answer the world may change.
enum { MAX_TERMS = 1000 };
struct watch {
    struct lab *lab;
    pthread_mutex_t mutex;
    bool stop;                // guarded by mutex
    raft_term before;         // any election
    int leader_of[MAX_TERMS]; // S1 is 1; 0: nobody has said so yet
};
struct asker {
    struct watch *watch;
    int server;
};

static void claims(struct watch *watch, int server, raft_term term)
{
    term -= watch->before;
    if (term >= MAX_TERMS)
        return;
    pthread_mutex_lock(&watch->mutex);
    int other = watch->leader_of[term];
    watch->leader_of[term] = server + 1;
    pthread_mutex_unlock(&watch->mutex);
    if (other > 0 && other != server + 1)
        lab_fail(watch->lab,
                 "S%d says that it leads term %llu, and so has S%d: does"
                 " raft_get_state() answer of one moment?",
                 server + 1, (unsigned long long)(term + watch->before), other);
}

static void *asker_main(void *argument)
{
    struct asker *asker = argument;
    struct watch *watch = asker->watch;
    lab_work_for(asker->server);
    for (bool stop = false; !stop;) {
        raft_term term = 0;
        bool is_leader = false;
        if (lab_get_state(watch->lab, asker->server, &term, &is_leader) &&
            is_leader)
            claims(watch, asker->server, term);
        lab_sleep_ms(watch->lab, 5);
        pthread_mutex_lock(&watch->mutex);
        stop = watch->stop;
        pthread_mutex_unlock(&watch->mutex);
    }
    return NULL;
}

// A leader is lost every half second, and threads stand still in between.
static void unrest(struct lab *lab, int n_rounds, bool commands)
{
    int n = lab_n_servers(lab);
    for (int round = 0; round < n_rounds; round++) {
        int away = -1;
        for (int server = 0; server < n; server++) {
            if (leads(lab, server))
                away = server;
            for (int k = 0; commands && k < 2; k++)
                propose(lab, server, random_value(lab), NULL, NULL);
        }
        if (away < 0)
            away = (int)lab_random(lab, (uint64_t)n);
        lab_sleep_ms(lab, lab_random(lab, 200));
        lab_disconnect(lab, away);
        lab_sleep_ms(lab, 200 + lab_random(lab, 800));
        for (int server = 0; commands && server < n; server++)
            propose(lab, server, random_value(lab), NULL, NULL);
        lab_connect(lab, away);
    }
}

static void with_watch(struct lab *lab, bool commands)
{
    enum { N_ROUNDS = 40 };
    struct watch watch = {.lab = lab, .before = term_of(lab, 0)};
    struct asker askers[8];
    pthread_t threads[8];
    int n = lab_n_servers(lab);
    pthread_mutex_init(&watch.mutex, NULL);
    for (int server = 0; server < n; server++) {
        askers[server] = (struct asker){&watch, server};
        begin_thread(&threads[server], asker_main, &askers[server]);
    }
    lab_park(lab, 40, 700);
    unrest(lab, N_ROUNDS, commands);
    lab_park(lab, 0, 0);
    pthread_mutex_lock(&watch.mutex);
    watch.stop = true;
    pthread_mutex_unlock(&watch.mutex);
    for (int server = 0; server < n; server++)
        end_thread(threads[server]);
    pthread_mutex_destroy(&watch.mutex);
    lab_sleep_ms(lab, ELECTION_TIMEOUT_MS); // the last of them go on
    one(lab, random_value(lab), n);
}

// [RV.2] [C.2] Threads stand still for up to 0.7 s wherever they have let go of
// a lock, while leaders are lost: no vote is given on what was true before.
static void parked_votes(struct lab *lab)
{
    with_watch(lab, false);
}

// [AE.1] [L.2] The same with commands: nothing is stored or taken on what was
// true before.
static void parked_threads(struct lab *lab)
{
    with_watch(lab, true);
}

// For a moment, nearly a third of all threads that let go of a lock stand still
// for up to longest_ms; what they were about to do they do then.
static void stand_still(struct lab *lab, uint64_t ms, uint64_t longest_ms)
{
    lab_park(lab, 300, longest_ms);
    lab_sleep_ms(lab, ms);
    lab_park(lab, 0, 0);
}

// Commands for whoever leads, a while long.
static void go_on(struct lab *lab, int but)
{
    for (int i = 0; i < 12; i++) {
        for (int server = 0; server < lab_n_servers(lab); server++)
            if (server != but)
                propose(lab, server, random_value(lab), NULL, NULL);
        lab_sleep_ms(lab, 100);
    }
}

// [AE.1] [AE.3] One follower gets entries that nobody else gets, and stands
// still while it takes them; meanwhile the next leader overwrites them.
static void parked_handlers(struct lab *lab)
{
    enum { LONGEST_MS = 1500 };
    for (int round = 0; round < 15; round++) {
        int leader = lab_check_one_leader(lab);
        int follower = after(lab, leader, 1);
        group(lab, (int[]){leader, follower}, 2);
        lab_sleep_ms(lab, 20); // what was under way has arrived
        for (int i = 0; i < 2; i++)
            propose(lab, leader, random_value(lab), NULL, NULL);
        stand_still(lab, 20, LONGEST_MS);
        group(lab, (int[]){leader}, 1);
        go_on(lab, leader);
        one_world(lab);
        lab_sleep_ms(lab, LONGEST_MS);
        one(lab, random_value(lab), lab_n_servers(lab));
    }
}

// A service that hands in a snapshot from a thread of its own.
struct hands_in {
    struct lab *lab;
    int server;
    raft_index index;
};

static void *hands_in_main(void *argument)
{
    struct hands_in *hands_in = argument;
    lab_compact(hands_in->lab, hands_in->server, hands_in->index);
    return NULL;
}

// [IS.5] A follower's service hands in a snapshot, and that thread stands still
// where it lets go of a lock; meanwhile a newer snapshot is installed, or
// entries are applied. What was true before is not true any more.
static void handed_in_late(struct lab *lab, uint64_t longest_ms)
{
    int follower = after(lab, lab_check_one_leader(lab), 1);
    struct hands_in hands_in = {lab, follower, 0};
    while (hands_in.index % 10 != 5) // between two that are handed in
        hands_in.index = one(lab, random_value(lab), 3);
    lab_disconnect(lab, follower);
    go_on(lab, follower);
    pthread_t thread;
    lab_park(lab, 500, longest_ms);
    begin_thread(&thread, hands_in_main, &hands_in);
    lab_sleep_ms(lab, 1);
    lab_park(lab, 0, 0);
    lab_connect(lab, follower);
    lab_sleep_ms(lab, longest_ms);
    end_thread(thread);
    one(lab, random_value(lab), 3);
}

// [IS.5] A follower stands still while its service hands in a snapshot, or a
// leader's is installed; meanwhile a newer one comes.
static void parked_snapshots(struct lab *lab)
{
    // Within a heartbeat interval it hears of the commit, or gets the snapshot.
    enum { BEAT_MS = 120, LONGEST_MS = 1500, LATE_MS = 3000, N_LATE = 10 };
    for (int round = 0; round < 24; round++) {
        int follower = after(lab, lab_check_one_leader(lab), 1);
        if (round % 2 == 0) {
            while (one(lab, random_value(lab), 3) % 10 != 8)
                continue; // a snapshot is taken at the next
            int leader = after(lab, follower, 2);
            raft_index next = lab_last_applied(lab, leader) + 1;
            propose(lab, leader, random_value(lab), NULL, NULL);
            for (int i = 0; i < 500 && lab_last_applied(lab, leader) < next;
                 i++)
                lab_sleep_ms(lab, 1);
        } else {
            lab_disconnect(lab, follower);
            go_on(lab, follower);
            lab_connect(lab, follower);
        }
        stand_still(lab, BEAT_MS, LONGEST_MS);
        lab_disconnect(lab, follower);
        go_on(lab, follower);
        lab_connect(lab, follower);
        lab_sleep_ms(lab, LONGEST_MS);
        one(lab, random_value(lab), 3);
    }
    for (int round = 0; round < N_LATE; round++)
        handed_in_late(lab, LATE_MS);
}

// ------------------------------------------------------------------- at rest

static int threads_at_rest(struct lab *lab)
{
    enum { QUIET_MS = 12000 }; // the longest that a call lasts, and more
    int n = 0;
    one(lab, random_value(lab), lab_n_servers(lab));
    lab_sleep_ms(lab, QUIET_MS);
    for (int server = 0; server < lab_n_servers(lab); server++)
        n += lab_n_threads(lab, server);
    return n;
}

// [F.1] What was begun ends: a quiet server has as many threads after two
// hundred commands and ten elections as before.
static void at_rest(struct lab *lab)
{
    enum { N_COMMANDS = 200, N_ELECTIONS = 10, SLACK = 8 };
    int before = threads_at_rest(lab);
    for (int i = 0; i < N_ELECTIONS; i++) {
        int leader = lab_check_one_leader(lab);
        lab_disconnect(lab, leader);
        for (int k = 0; k < N_COMMANDS / N_ELECTIONS; k++)
            one(lab, random_value(lab), 2);
        lab_connect(lab, leader);
    }
    int after = threads_at_rest(lab);
    if (after <= before + SLACK)
        return;
    char place[400];
    int most = lab_most_threads(lab, place, sizeof place);
    lab_fail(lab,
             "the quiet servers have %d threads after %d commands and %d"
             " elections, and had %d before: which of them never end? %d of"
             " them stand in%s",
             after, N_COMMANDS, N_ELECTIONS, before, most, place);
}

// A leader that is cut off takes commands that are never committed, and loses
// them to the next leader.
static void lose_tail(struct lab *lab, int n)
{
    int old = lab_check_one_leader(lab);
    lab_disconnect(lab, old);
    for (int i = 0; i < n; i++)
        propose(lab, old, random_value(lab), NULL, NULL);
    one(lab, random_value(lab), 2);
    lab_connect(lab, old);
    one(lab, random_value(lab), 3);
}

// [IS.5] [AE.3] [ALL.1] A quiet server keeps as much memory after nine hundred
// commands as before: its log is cut behind each snapshot, which replaces the
// one before, and what was applied, or cut off, is given back.
static void heap_at_rest(struct lab *lab)
{
    enum { N_COMMANDS = 900, SLACK = 150, N_TAILS = 8, TAIL = 40 };
    threads_at_rest(lab);
    if (!lab_watch_heap(lab))
        return;
    for (int i = 0; i < N_COMMANDS; i++)
        one(lab, random_value(lab), 3);
    for (int i = 0; i < N_TAILS; i++)
        lose_tail(lab, TAIL);
    threads_at_rest(lab);
    int n = lab_n_blocks(lab);
    if (n <= SLACK)
        return;
    char places[400];
    int most = lab_most_blocks(lab, places, sizeof places);
    lab_fail(lab,
             "the quiet servers keep %d blocks of memory more than before %d"
             " commands, though all of these are applied and covered by"
             " snapshots, or were cut off: what is never freed? %d of them were"
             " taken in%s",
             n, N_COMMANDS + N_TAILS * TAIL, most, places);
}

const struct lab_scenario schedules_threads_scenarios[] = {
    {.name = "parked-votes",
     .title = "Schedule: threads stand still, elections",
     .run = parked_votes,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "parked-threads",
     .title = "Schedule: threads stand still, commands",
     .run = parked_threads,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "parked-handlers",
     .title = "Schedule: threads stand still, handlers",
     .run = parked_handlers,
     .n_servers = 5,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "parked-snapshots",
     .title = "Schedule: threads stand still, snapshots",
     .run = parked_snapshots,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "at-rest",
     .title = "Schedule: at rest",
     .run = at_rest,
     .n_servers = 3,
     .simulated_only = true,
     .limit_s = 600},
    {.name = "heap-at-rest",
     .title = "Schedule: memory at rest",
     .run = heap_at_rest,
     .n_servers = 3,
     .snapshots = true,
     .simulated_only = true,
     .limit_s = 600},
    {.name = NULL},
};
