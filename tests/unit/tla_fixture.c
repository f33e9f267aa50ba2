// tla_fixture.c -- see tla_fixture.h.
#include "tla_fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

enum { N_SERVERS = 10, N_ENTRIES = 6000, N_MESSAGES = 60000 };
enum role { FOLLOWER, CANDIDATE, LEADER };

struct message {
    char type[20];
    uint64_t term, log_term, index, commit, n;
    uint64_t end; // of an answer: the last entry that it is about
    int from, to;
    size_t number; // 1, 2, 3 ... as they are put into the bag
    bool reject, released;
    uint64_t *entry; // terms
};

struct state {
    uint64_t term, commit, n_entries;
    int vote;
    enum role role;
};

struct server {
    bool known, voted[N_SERVERS];
    struct state now, saved;
    uint64_t match[N_SERVERS], holds[N_SERVERS]; // holds: by [L.4]
    uint64_t entry[N_ENTRIES]; // terms; entry[0] is that of index 1
};

struct machine {
    struct server server[N_SERVERS];
    struct message *message;
    size_t n_messages, n_put;
    int n_servers;
    bool paper;
    struct tla_verdict verdict;
};

static bool bad(struct machine *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool bad(struct machine *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(m->verdict.why, sizeof m->verdict.why, format, args);
    va_end(args);
    return false;
}

static uint64_t number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? (uint64_t)item->valuedouble : UINT64_MAX;
}

static const char *text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static bool read_state(const cJSON *event, struct state *state)
{
    static const char *const roles[] = {"StateFollower", "StateCandidate",
                                        "StateLeader"};
    const cJSON *inner = cJSON_GetObjectItemCaseSensitive(event, "state");
    int role = 0;
    while (role < 3 && strcmp(roles[role], text(event, "role")) != 0)
        role++;
    *state = (struct state){number(inner, "term"), number(inner, "commit"),
                            number(event, "log"), atoi(text(inner, "vote")),
                            (enum role)role};
    return role < 3 && state->term != UINT64_MAX &&
           state->commit != UINT64_MAX && state->n_entries < N_ENTRIES;
}

static bool read_message(const cJSON *event, struct message *message)
{
    const cJSON *msg = cJSON_GetObjectItemCaseSensitive(event, "msg");
    const cJSON *reject = cJSON_GetObjectItemCaseSensitive(msg, "reject");
    *message = (struct message){.term = number(msg, "term"),
                                .log_term = number(msg, "logTerm"),
                                .index = number(msg, "index"),
                                .commit = number(msg, "commit"),
                                .n = number(msg, "entries"),
                                .from = atoi(text(msg, "from")),
                                .to = atoi(text(msg, "to")),
                                .reject = cJSON_IsTrue(reject)};
    snprintf(message->type, sizeof message->type, "%s", text(msg, "type"));
    return message->from >= 1 && message->from < N_SERVERS &&
           message->to >= 1 && message->to < N_SERVERS &&
           message->n < N_ENTRIES && cJSON_IsBool(reject);
}

static bool is(const struct message *message, const char *type)
{
    return strcmp(message->type, type) == 0;
}

static uint64_t term_at(const struct server *server, uint64_t index)
{
    return index > 0 && index <= server->now.n_entries
               ? server->entry[index - 1]
               : 0;
}

static bool same(struct machine *m, const struct state *a,
                 const struct state *b)
{
    bool good = a->term == b->term && a->vote == b->vote &&
                a->role == b->role && a->n_entries == b->n_entries &&
                a->commit == b->commit;
    return good || bad(m,
                       "term %zu, vote %d, role %d, log %zu, commit %zu; right"
                       " is %zu, %d, %d, %zu, %zu",
                       (size_t)a->term, a->vote, a->role, (size_t)a->n_entries,
                       (size_t)a->commit, (size_t)b->term, b->vote, b->role,
                       (size_t)b->n_entries, (size_t)b->commit);
}

// ----------------------------------------------------------------- the bag

static void put(struct machine *m, struct message message, bool released)
{
    message.released = released;
    message.number = ++m->n_put;
    if (m->n_messages < N_MESSAGES)
        m->message[m->n_messages++] = message;
    else
        free(message.entry);
}

// The released message of that description, the newest one of several.
static struct message *find(struct machine *m, const struct message *told)
{
    struct message *found = NULL;
    bool request = is(told, "MsgApp") || is(told, "MsgVote");
    for (size_t i = 0; i < m->n_messages; i++) {
        struct message *message = &m->message[i];
        if (message->released && is(message, told->type) &&
            message->term == told->term && message->from == told->from &&
            message->to == told->to && message->n == told->n &&
            message->reject == told->reject &&
            (told->reject || message->index == told->index) &&
            (!request || message->log_term == told->log_term) &&
            (!is(told, "MsgApp") || message->commit == told->commit) &&
            (found == NULL || message->number > found->number))
            found = message;
    }
    return found;
}

static struct message take(struct machine *m, struct message *message)
{
    struct message taken = *message;
    *message = m->message[--m->n_messages];
    return taken;
}

// ------------------------------------------------------------------ actions

static bool send(struct machine *m, struct server *self,
                 struct message *message)
{
    struct state *now = &self->now;
    if (message->term != now->term)
        return bad(m, "sends with another term");
    if (is(message, "MsgVote")) {
        if (now->role != CANDIDATE || message->index != now->n_entries ||
            message->log_term != term_at(self, now->n_entries))
            return bad(m, "RequestVote that is not its own");
        put(m, *message, false);
        return true;
    }
    if (now->role != LEADER)
        return bad(m, "appends without leading");
    uint64_t first = is(message, "MsgSnap") ? 1 : message->index + 1;
    uint64_t last = first + message->n - 1;
    if (is(message, "MsgSnap") && (message->n < 1 || message->n > now->commit))
        return bad(m, "snapshot of what is not committed");
    if (is(message, "MsgApp") &&
        (message->index < self->match[message->to] || last > now->n_entries ||
         message->log_term != term_at(self, message->index)))
        return bad(m, "entries that do not fit to the log");
    uint64_t commit = now->commit < last ? now->commit : last;
    if (is(message, "MsgApp") && message->commit != commit)
        return bad(m, "commit %zu sent, but %zu is right",
                   (size_t)message->commit, (size_t)commit);
    message->entry = malloc((message->n + 1) * sizeof(uint64_t));
    for (uint64_t i = 0; i < message->n; i++)
        message->entry[i] = term_at(self, first + i);
    put(m, *message, false);
    return true;
}

static bool send_to_self(struct machine *m, struct server *self,
                         struct message *message)
{
    if (message->term != self->now.term || message->from != message->to)
        return bad(m, "a message to itself that is none");
    if (is(message, "MsgVoteResp") &&
        (self->now.role != CANDIDATE || message->reject))
        return bad(m, "own vote without a candidacy");
    if (is(message, "MsgAppResp") &&
        (self->now.role != LEADER || message->index != self->now.n_entries))
        return bad(m, "own acknowledgement without leading");
    put(m, *message, false);
    return true;
}

static void answer(struct machine *m, const struct message *request,
                   const char *type, uint64_t term, uint64_t index,
                   uint64_t end, bool reject)
{
    struct message reply = {.term = term,
                            .index = index,
                            .end = end,
                            .from = request->to,
                            .to = request->from,
                            .reject = reject};
    snprintf(reply.type, sizeof reply.type, "%s", type);
    put(m, reply, false);
}

static void take_vote_request(struct machine *m, struct server *self,
                              const struct message *request)
{
    uint64_t last_term = term_at(self, self->now.n_entries);
    bool log_ok = request->log_term > last_term ||
                  (request->log_term == last_term &&
                   request->index >= self->now.n_entries);
    bool grant = request->term == self->now.term && log_ok &&
                 (self->now.vote == 0 || self->now.vote == request->from);
    if (grant)
        self->now.vote = request->from;
    answer(m, request, "MsgVoteResp", self->now.term, 0, 0, !grant);
}

// MsgApp, and MsgSnap as the entries of the whole beginning of the log.
static bool take_entries(struct machine *m, struct server *self,
                         const struct message *request)
{
    struct state *now = &self->now;
    uint64_t prev = is(request, "MsgSnap") ? 0 : request->index;
    bool log_ok = prev == 0 || (prev <= now->n_entries &&
                                request->log_term == term_at(self, prev));
    if (request->term == now->term && now->role == CANDIDATE)
        now->role = FOLLOWER;
    if (request->term < now->term || !log_ok) {
        answer(m, request, "MsgAppResp", now->term, 0, 0, true);
        return true;
    }
    if (now->role != FOLLOWER)
        return bad(m, "a leader receives entries of its own term");
    bool old = prev + 1 <= now->commit;
    for (uint64_t i = 0; i < request->n; i++)
        if (prev + i + 1 <= now->n_entries &&
            term_at(self, prev + i + 1) != request->entry[i]) {
            if (old && !m->paper)
                return bad(m, "a conflict behind committed entries");
            now->n_entries = prev + i;
        }
    for (uint64_t i = now->n_entries - prev; now->n_entries < prev + request->n;
         i++)
        self->entry[now->n_entries++] = request->entry[i];
    uint64_t end = prev + request->n;
    answer(m, request, "MsgAppResp", now->term, old ? now->commit : end, end,
           false);
    uint64_t commit = request->commit < end ? request->commit : end;
    if (m->paper ? commit > now->commit : !old)
        now->commit = commit;
    return true;
}

static void take_answer(struct server *self, const struct message *reply)
{
    if (reply->term < self->now.term)
        return;
    if (is(reply, "MsgVoteResp"))
        self->voted[reply->from] |= !reply->reject;
    else if (!reply->reject) {
        uint64_t *match = &self->match[reply->from];
        uint64_t *holds = &self->holds[reply->from];
        uint64_t end = reply->end > reply->index ? reply->end : reply->index;
        *match = reply->index > *match ? reply->index : *match;
        *holds = end > *holds ? end : *holds;
    }
}

static bool receive(struct machine *m, const char *name, struct server *self,
                    const struct state *told, const struct message *line)
{
    bool fits = is(line, "MsgVote")   ? strstr(name, "VoteRequest") != NULL
                : is(line, "MsgApp")  ? strstr(name, "EntriesRequest") != NULL
                : is(line, "MsgSnap") ? strstr(name, "Snapshot") != NULL
                : is(line, "MsgVoteResp")
                    ? strstr(name, "VoteResponse") != NULL
                    : strstr(name, "EntriesResponse") != NULL;
    if (!fits)
        return bad(m, "%s of a %s", name, line->type);
    if (!same(m, told, &self->now))
        return false;
    struct message *found = find(m, line);
    if (found == NULL)
        return bad(m, "%s was not sent", line->type);
    struct message message = take(m, found);
    if (message.term > self->now.term)
        self->now = (struct state){message.term, self->now.commit,
                                   self->now.n_entries, 0, FOLLOWER};
    bool good = true;
    m->verdict.n_received++;
    if (is(&message, "MsgVote"))
        take_vote_request(m, self, &message);
    else if (is(&message, "MsgApp") || is(&message, "MsgSnap"))
        good = take_entries(m, self, &message);
    else
        take_answer(self, &message);
    free(message.entry);
    return good;
}

static bool become(struct machine *m, const char *name, int node,
                   const struct state *told)
{
    struct server *self = &m->server[node];
    struct state *now = &self->now;
    if (strcmp(name, "BecomeCandidate") == 0) {
        if (now->role == LEADER)
            return bad(m, "leader-timed-out");
        *now = (struct state){now->term + 1, now->commit, now->n_entries, node,
                              CANDIDATE};
        memset(self->voted, 0, sizeof self->voted);
    } else if (strcmp(name, "BecomeLeader") == 0) {
        int n = 0;
        for (int i = 1; i <= m->n_servers; i++)
            n += self->voted[i];
        if (now->role != CANDIDATE || 2 * n <= m->n_servers)
            return bad(m, "leads with %d votes", n);
        now->role = LEADER;
        memset(self->match, 0, sizeof self->match);
        memset(self->holds, 0, sizeof self->holds);
        self->match[node] = self->holds[node] = now->n_entries;
        m->verdict.n_elected++;
    } else {
        if (now->role == FOLLOWER)
            return bad(m, "a follower steps down");
        now->role = FOLLOWER;
    }
    return same(m, told, now);
}

static bool commit(struct machine *m, struct server *self,
                   const struct state *told)
{
    uint64_t best = 0;
    for (uint64_t i = 1; i <= self->now.n_entries; i++) {
        int n = 0;
        for (int k = 1; k <= m->n_servers; k++)
            n += (m->paper ? self->holds[k] : self->match[k]) >= i;
        if (2 * n > m->n_servers)
            best = i;
    }
    if (self->now.role != LEADER)
        return bad(m, "commits without leading");
    if (best > 0 && term_at(self, best) == self->now.term)
        self->now.commit = best;
    m->verdict.n_committed++;
    return same(m, told, &self->now);
}

// As published, a Ready saves what every server has.
static void ready(struct machine *m, int node)
{
    for (size_t i = 0; i < m->n_messages; i++)
        if (m->message[i].from == node)
            m->message[i].released = true;
    for (int i = 1; i < N_SERVERS; i++)
        if (i == node || !m->paper)
            m->server[i].saved = m->server[i].now;
}

static bool restart(struct machine *m, int node, const struct state *told)
{
    struct server *self = &m->server[node];
    for (size_t i = 0; i < m->n_messages;)
        if (!m->message[i].released && m->message[i].from == node)
            free(take(m, &m->message[i]).entry);
        else
            i++;
    struct state saved = self->saved;
    saved.role = FOLLOWER;
    if (told->commit > saved.commit)
        return bad(m, "commit grows in a restart");
    saved.commit = told->commit;
    self->now = saved;
    memset(self->match, 0, sizeof self->match);
    memset(self->holds, 0, sizeof self->holds);
    memset(self->voted, 0, sizeof self->voted);
    m->verdict.n_restarts++;
    return same(m, told, &self->now);
}

static void begin(struct machine *m, const cJSON *event, struct server *self,
                  const struct state *told)
{
    const cJSON *terms = cJSON_GetObjectItemCaseSensitive(event, "terms");
    self->known = true;
    self->now = self->saved = *told;
    for (uint64_t i = 0; i < told->n_entries; i++) {
        const cJSON *term = cJSON_GetArrayItem(terms, (int)i);
        self->entry[i] = term != NULL ? (uint64_t)term->valuedouble : 1;
    }
    const cJSON *conf = cJSON_GetObjectItemCaseSensitive(event, "conf");
    m->n_servers = cJSON_GetArraySize(cJSON_GetArrayItem(conf, 0));
}

static bool act(struct machine *m, const cJSON *event)
{
    struct state told;
    struct message message = {0};
    const char *name = text(event, "name");
    int node = atoi(text(event, "nid"));
    bool speaks = cJSON_HasObjectItem(event, "msg");
    if (node < 1 || node >= N_SERVERS || !read_state(event, &told) ||
        (speaks && !read_message(event, &message)))
        return bad(m, "fields are missing");
    struct server *self = &m->server[node];
    if (!self->known && strcmp(name, "InitState") != 0)
        return bad(m, "S%d was not there before", node);
    if (!self->known)
        begin(m, event, self, &told);
    else if (strcmp(name, "InitState") == 0)
        return restart(m, node, &told);
    else if (strcmp(name, "Ready") == 0)
        ready(m, node);
    else if (strncmp(name, "Become", 6) == 0)
        return become(m, name, node, &told);
    else if (strcmp(name, "Commit") == 0)
        return commit(m, self, &told);
    else if (strcmp(name, "Replicate") == 0) {
        if (self->now.role != LEADER)
            return bad(m, "appends without leading");
        self->entry[self->now.n_entries++] = self->now.term;
    } else if (strncmp(name, "Receive", 7) == 0 && message.to == node)
        return receive(m, name, self, &told, &message);
    else if (strcmp(name, "Duplicate") == 0) {
        struct message *found = find(m, &message);
        if (found == NULL)
            return bad(m, "a duplicate of nothing");
        struct message copy = *found;
        if (copy.entry != NULL) {
            copy.entry = malloc((copy.n + 1) * sizeof(uint64_t));
            memcpy(copy.entry, found->entry, copy.n * sizeof(uint64_t));
        }
        put(m, copy, true);
    } else if (strncmp(name, "Send", 4) == 0 && message.from == node)
        return (message.to == node ? send_to_self : send)(m, self, &message) &&
               same(m, &told, &self->now);
    else
        return bad(m, "unknown line %s", name);
    return true;
}

struct tla_verdict tla_follow(const char *all, size_t n, bool paper)
{
    struct machine *m = calloc(1, sizeof *m);
    m->paper = paper;
    m->message = calloc(N_MESSAGES, sizeof *m->message);
    for (const char *at = all; at < all + n && m->verdict.bad_line == 0;) {
        const char *end = memchr(at, '\n', (size_t)(all + n - at));
        size_t length =
            end != NULL ? (size_t)(end - at) : (size_t)(all + n - at);
        cJSON *line = cJSON_ParseWithLength(at, length);
        const cJSON *event = cJSON_GetObjectItemCaseSensitive(line, "event");
        m->verdict.n_lines++;
        bool good = strcmp(text(line, "tag"), "trace") == 0
                        ? act(m, event)
                        : bad(m, "no line of a trace");
        if (!good) {
            m->verdict.bad_line = m->verdict.n_lines;
            m->verdict.bad_n = number(line, "n");
        }
        cJSON_Delete(line);
        at += length + 1;
    }
    for (size_t i = 0; i < m->n_messages; i++)
        free(m->message[i].entry);
    struct tla_verdict verdict = m->verdict;
    free(m->message);
    free(m);
    return verdict;
}
