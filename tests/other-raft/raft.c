// raft.c -- the worker, its queue, and what stands around it.
#include "server.h"

#include <stdlib.h>
#include <time.h>

const struct message_rpc *const raft_rpcs = figure2_rpcs;

bool majority(const struct raft *rf, int n)
{
    return n > rf->config.n_peers / 2;
}

// ------------------------------------------------------------------ outwards

static bool is_killed(struct raft *rf)
{
    pthread_mutex_lock(&rf->mutex);
    bool killed = rf->killed;
    pthread_mutex_unlock(&rf->mutex);
    return killed;
}

// Before anything that follows from a change leaves the worker. False: it was
// killed, and nothing leaves.
static bool save(struct raft *rf)
{
    struct saved_state state = {.current_term = rf->current_term,
                                .voted_for = (uint64_t)(rf->voted_for + 1),
                                .last_included_index = rf->base,
                                .last_included_term = rf->log[0].term,
                                .entries = {rf->log + 1, rf->last - rf->base}};
    struct raft_saved saved = {.snapshot = rf->snapshot.at,
                               .n_snapshot = rf->snapshot.n};
    uint8_t *bytes = message_encode(&saved_state_type, &state, &saved.n_state);
    saved.state = bytes;
    struct timespec pause = {0, 20000000};
    bool good;
    while (!(good = rf->config.save(rf->config.context, &saved)) &&
           !is_killed(rf))
        nanosleep(&pause, NULL);
    free(bytes);
    rf->dirty = false;
    return good;
}

static void restore(struct raft *rf)
{
    const struct raft_saved *saved = &rf->config.saved;
    struct saved_state state = {0};
    rf->voted_for = -1;
    if (saved->n_state == 0)
        return;
    if (!message_decode(&saved_state_type, saved->state, saved->n_state,
                        &state))
        die("raft_make: the saved state cannot be decoded");
    rf->current_term = state.current_term;
    rf->voted_for = (int)state.voted_for - 1;
    rf->base = rf->last = rf->commit_index = state.last_included_index;
    rf->log[0].term = state.last_included_term;
    rf->snapshot.at = must_copy(saved->snapshot, saved->n_snapshot);
    rf->snapshot.n = saved->n_snapshot;
    for (size_t i = 0; i < state.entries.n; i++)
        add_entry(rf, state.entries.entry[i]);
    message_clear(&saved_state_type, &state);
    rf->dirty = false;
}

static void give(struct raft *rf, struct raft_message message)
{
    struct due *due = must_malloc(sizeof *due);
    *due = (struct due){.message = message};
    due->message.bytes = must_copy(message.bytes, message.n_bytes);
    pthread_mutex_lock(&rf->mutex);
    *rf->last_due = due;
    rf->last_due = &due->next;
    pthread_cond_signal(&rf->due_wakes);
    pthread_mutex_unlock(&rf->mutex);
}

void give_command(struct raft *rf, raft_index index)
{
    const struct message_entry *entry = at(rf, index);
    give(rf, (struct raft_message){.index = index,
                                   .term = entry->term,
                                   .bytes = entry->command.at,
                                   .n_bytes = entry->command.n});
}

void give_snapshot(struct raft *rf)
{
    give(rf, (struct raft_message){.is_snapshot = true,
                                   .index = rf->base,
                                   .term = rf->log[0].term,
                                   .bytes = rf->snapshot.at,
                                   .n_bytes = rf->snapshot.n});
}

static void *apply(void *self)
{
    struct raft *rf = self;
    pthread_mutex_lock(&rf->mutex);
    while (!rf->killed) {
        struct due *due = rf->dues;
        if (due == NULL) {
            pthread_cond_wait(&rf->due_wakes, &rf->mutex);
            continue;
        }
        rf->dues = due->next;
        if (rf->dues == NULL)
            rf->last_due = &rf->dues;
        pthread_mutex_unlock(&rf->mutex);
        rf->config.apply(rf->config.context, &due->message);
        free((void *)due->message.bytes);
        free(due);
        pthread_mutex_lock(&rf->mutex);
    }
    pthread_mutex_unlock(&rf->mutex);
    return NULL;
}

// ------------------------------------------------------------------ the queue

static void enter(struct raft *rf)
{
    pthread_mutex_lock(&rf->mutex);
    rf->n_inside++;
    pthread_mutex_unlock(&rf->mutex);
}

static void leave(struct raft *rf)
{
    pthread_mutex_lock(&rf->mutex);
    if (--rf->n_inside == 0)
        pthread_cond_broadcast(&rf->gone);
    pthread_mutex_unlock(&rf->mutex);
}

// Queues a task and waits until the worker is through with it. False when it
// was not taken, or by the worker's own answer.
static bool ask(struct raft *rf, struct task *task)
{
    pthread_mutex_lock(&rf->mutex);
    if (!rf->killed) {
        *rf->last_task = task;
        rf->last_task = &task->next;
        pthread_cond_signal(&rf->wakes);
        while (!task->done)
            pthread_cond_wait(&rf->answered, &rf->mutex);
    }
    pthread_mutex_unlock(&rf->mutex);
    return task->ok;
}

// Carries a parcel to its peer, and the answer to the queue.
static void *carry(void *argument)
{
    struct parcel *parcel = argument;
    struct raft *rf = parcel->rf;
    if (stub_call(rf->config.call, rf->config.context, parcel->peer,
                  parcel->request, &parcel->reply)) {
        struct task task = {.kind = ANSWERED, .parcel = parcel};
        ask(rf, &task);
    }
    free(parcel);
    leave(rf);
    return NULL;
}

static void send_parcels(struct raft *rf)
{
    for (int peer = 0; peer < rf->config.n_peers; peer++) {
        bool append = rf->send[peer] && rf->role == LEADER;
        bool votes = rf->ask_for_votes && rf->role == CANDIDATE;
        rf->send[peer] = false;
        if (peer == rf->config.me || !(append || votes))
            continue;
        struct parcel *parcel = must_calloc(1, sizeof *parcel);
        parcel->rf = rf;
        parcel->peer = peer;
        parcel->term = rf->current_term;
        if (!append)
            parcel->request = make_vote_request(rf);
        else if (rf->next_index[peer] <= rf->base)
            parcel->request = make_install(rf, parcel);
        else
            parcel->request = make_append(rf, parcel);
        rf->busy[peer] = append;
        enter(rf);
        thread_start("carrier", carry, parcel);
    }
    rf->ask_for_votes = false;
}

// Waits for a task or the deadline; NULL is the deadline. Needs the mutex.
static struct task *next_task(struct raft *rf)
{
    while (rf->tasks == NULL && !rf->killed && now_ms() < rf->deadline_ms) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        uint64_t ns =
            (uint64_t)until.tv_nsec + (rf->deadline_ms - now_ms()) * 1000000;
        until.tv_sec += (time_t)(ns / 1000000000);
        until.tv_nsec = (long)(ns % 1000000000);
        pthread_cond_timedwait(&rf->wakes, &rf->mutex, &until);
    }
    struct task *task = rf->tasks;
    if (task != NULL)
        rf->tasks = task->next;
    if (rf->tasks == NULL)
        rf->last_task = &rf->tasks;
    return task;
}

static bool take(struct raft *rf, struct task *task)
{
    switch (task->kind) {
    case CALLED:
        return take_call(rf, task->rpc, task->args, task->reply);
    case COMMAND:
        return take_command(rf, task);
    case SNAPSHOT:
        return take_snapshot(rf, task);
    case ANSWERED:
        take_answer(rf, task->parcel);
        return true;
    }
    return false;
}

static void *work(void *self)
{
    struct raft *rf = self;
    pthread_mutex_lock(&rf->mutex);
    for (bool over = false; !over;) {
        struct task *task = next_task(rf);
        bool alive = !rf->killed, ok = false;
        over = !alive && task == NULL;
        pthread_mutex_unlock(&rf->mutex);
        if (alive && task != NULL)
            ok = take(rf, task);
        else if (alive)
            take_deadline(rf);
        if (alive && rf->dirty)
            alive = save(rf);
        if (alive)
            send_parcels(rf);
        pthread_mutex_lock(&rf->mutex);
        rf->shown_term = rf->current_term;
        rf->shown_leads = rf->role == LEADER;
        if (task != NULL) {
            task->ok = ok && !rf->killed;
            task->done = true;
            pthread_cond_broadcast(&rf->answered);
        }
    }
    pthread_mutex_unlock(&rf->mutex);
    return NULL;
}

// ------------------------------------------------------------------ raft.h

struct raft *raft_make(const struct raft_config *config)
{
    struct raft *rf = must_calloc(1, sizeof *rf);
    rf->config = *config;
    if (config->max_entries == 0)
        rf->config.max_entries = 100;
    if (config->n_peers > MAX_PEERS)
        die("raft_make: %d servers, at most %d", config->n_peers, MAX_PEERS);
    rf->random = config->seed;
    rf->last_task = &rf->tasks;
    rf->last_due = &rf->dues;
    rf->room = 16;
    rf->log = must_calloc(rf->room, sizeof rf->log[0]);
    must(pthread_mutex_init(&rf->mutex, NULL), "pthread_mutex_init");
    pthread_cond_t *conds[] = {&rf->wakes, &rf->answered, &rf->due_wakes,
                               &rf->gone};
    pthread_condattr_t steady; // the wall clock may be set
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    for (int i = 0; i < 4; i++)
        must(pthread_cond_init(conds[i], &steady), "pthread_cond_init");
    pthread_condattr_destroy(&steady);
    restore(rf);
    reset_deadline(rf);
    rf->shown_term = rf->current_term;
    must(pthread_create(&rf->worker, NULL, work, rf), "pthread_create");
    must(pthread_create(&rf->applier, NULL, apply, rf), "pthread_create");
    return rf;
}

bool raft_start(struct raft *rf, const void *command, size_t n_bytes,
                raft_index *index, raft_term *term)
{
    struct message_entry entry = {.command = {command, n_bytes}};
    struct task task = {.kind = COMMAND, .command = &entry};
    enter(rf);
    bool taken = ask(rf, &task);
    *index = task.index;
    *term = task.term;
    leave(rf);
    return taken;
}

void raft_get_state(struct raft *rf, raft_term *term, bool *is_leader)
{
    pthread_mutex_lock(&rf->mutex);
    *term = rf->shown_term;
    *is_leader = rf->shown_leads && !rf->killed;
    pthread_mutex_unlock(&rf->mutex);
}

void raft_snapshot(struct raft *rf, raft_index index, const void *bytes,
                   size_t n_bytes)
{
    struct task task = {
        .kind = SNAPSHOT, .index = index, .snapshot = {bytes, n_bytes}};
    enter(rf);
    ask(rf, &task);
    leave(rf);
}

static bool answer(void *self, const struct message_rpc *rpc, const void *args,
                   void *reply)
{
    struct task task = {
        .kind = CALLED, .rpc = rpc, .args = args, .reply = reply};
    return ask(self, &task);
}

bool raft_handle(struct raft *rf, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply)
{
    enter(rf);
    bool answered =
        stub_serve(raft_rpcs, answer, rf, method, args, n_args, reply, n_reply);
    leave(rf);
    return answered;
}

void raft_kill(struct raft *rf)
{
    pthread_mutex_lock(&rf->mutex);
    rf->killed = true;
    pthread_cond_broadcast(&rf->wakes);
    pthread_cond_broadcast(&rf->due_wakes);
    pthread_mutex_unlock(&rf->mutex);
}

void raft_free(struct raft *rf)
{
    raft_kill(rf);
    must(pthread_join(rf->worker, NULL), "pthread_join");
    must(pthread_join(rf->applier, NULL), "pthread_join");
    pthread_mutex_lock(&rf->mutex);
    while (rf->n_inside > 0)
        pthread_cond_wait(&rf->gone, &rf->mutex);
    pthread_mutex_unlock(&rf->mutex);
    for (struct due *due = rf->dues, *next; due != NULL; due = next) {
        next = due->next;
        free((void *)due->message.bytes);
        free(due);
    }
    for (raft_index index = rf->base + 1; index <= rf->last; index++)
        free((void *)at(rf, index)->command.at);
    free(rf->log);
    free((void *)rf->snapshot.at);
    pthread_cond_t *conds[] = {&rf->wakes, &rf->answered, &rf->due_wakes,
                               &rf->gone};
    for (int i = 0; i < 4; i++)
        pthread_cond_destroy(conds[i]);
    pthread_mutex_destroy(&rf->mutex);
    free(rf);
}
