// etcd.c -- what the lines of etcd's TLA+ traces prove.
//
// Each line shows its server's term, vote, role, commit index and the length
// of its log at one moment: what differs from the line before it is an event.
// Values of entries are in no line, but terms follow: a leader appends in its
// own term, and a follower takes what the leader's log had where the message
// says. What a line changes without such a reason is not told.
#include "etcd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "etcd_log.h"

static const char *const roles[] = {"follower", "candidate", "leader"};

static const char *const rpcs[] = {
    [ETCD_NO_MESSAGE] = "",
    [ETCD_VOTE] = "RequestVote",
    [ETCD_VOTE_ANSWER] = "RequestVote",
    [ETCD_APPEND] = "AppendEntries",
    [ETCD_APPEND_ANSWER] = "AppendEntries",
    [ETCD_BEAT] = "Heartbeat",
    [ETCD_BEAT_ANSWER] = "HeartbeatResponse",
    [ETCD_SNAPSHOT] = "InstallSnapshot",
};

static void unexplained(struct etcd *e, const struct etcd_line *line)
{
    if (e->tally->n_unexplained++ == 0)
        e->tally->first_unexplained = line->number;
    account_hole(&e->account);
}

// ------------------------------------------------------- what a line shows

static void show_term(struct etcd *e, struct etcd_server *s,
                      const struct etcd_line *line)
{
    if (line->term == s->term)
        return;
    account_tell(&e->account, line->us, line->node, s->inc, "term", s->root,
                 "\"from\":%" PRIu64 ",\"to\":%" PRIu64, s->term, line->term);
    s->term = line->term;
    s->vote = TRACE_NONE;
}

static void show_role(struct etcd *e, struct etcd_server *s,
                      const struct etcd_line *line)
{
    if (line->role == s->role && line->name != ETCD_CANDIDATE)
        return;
    uint64_t n =
        account_tell(&e->account, line->us, line->node, s->inc, "role", s->root,
                     "\"from\":\"%s\",\"to\":\"%s\",\"term\":%" PRIu64,
                     roles[s->role], roles[line->role], s->term);
    s->role = line->role;
    if (line->name == ETCD_CANDIDATE)
        s->root = n; // its requests follow from it
}

static void tell_vote(struct etcd *e, struct etcd_server *s,
                      const struct etcd_line *line, int vote)
{
    char whom[16] = "null";
    if (vote != TRACE_NONE)
        snprintf(whom, sizeof whom, "%d", vote);
    account_tell(&e->account, line->us, line->node, s->inc, "vote", s->root,
                 "\"term\":%" PRIu64 ",\"voted_for\":%s", s->term, whom);
    s->vote = vote;
}

static void show_commit(struct etcd *e, struct etcd_server *s,
                        const struct etcd_line *line)
{
    // Of a log that is not known, nobody could say what was committed.
    if (line->commit != s->commit && !s->log_known)
        account_hole(&e->account);
    else if (line->commit != s->commit)
        account_tell(&e->account, line->us, line->node, s->inc, "commit",
                     s->root, "\"from\":%" PRIu64 ",\"to\":%" PRIu64, s->commit,
                     line->commit);
    s->commit = line->commit;
    if (!line->has_applied || e->tally->no_logs)
        return;
    while (s->applied < line->applied) {
        uint64_t index = ++s->applied;
        if (s->log_known && index <= s->n && etcd_spend(e, 1))
            account_tell(&e->account, line->us, line->node, s->inc, "apply", 0,
                         "\"index\":%" PRIu64 ",\"term\":%" PRIu64, index,
                         s->terms[index - 1]);
        else {
            account_hole(&e->account);
            s->applied = line->applied;
        }
    }
}

// Who belongs to the cluster, in words, when this server begins to see another
// cluster than before.
static void show_conf(struct etcd *e, struct etcd_server *s,
                      const struct etcd_line *line)
{
    const struct etcd_conf *conf = &e->file.conf[line->conf];
    bool some = memchr(conf->now, true, sizeof conf->now) != NULL;
    if (line->conf == s->conf || !some)
        return; // none yet, or read from the log again after a restart
    bool first = s->conf < 0;
    s->conf = line->conf;
    if (first)
        return;
    char text[400];
    size_t n = 0;
    for (int part = 0; part < 2; part++) {
        const bool *in = part == 0 ? conf->now : conf->old;
        const char *before = part == 0 ? "" : "; and before: ";
        for (int i = 0; i < e->file.n_servers; i++)
            if (in[i] && n < sizeof text - 40) {
                n += (size_t)snprintf(text + n, sizeof text - n, "%sS%d",
                                      before, i + 1);
                before = " ";
            }
    }
    if (n > 0)
        account_note(&e->account, line->us, line->node, s->inc, "members",
                     text);
}

// -------------------------------------------------------------- its begin

// Entries with which a server begins: those of the line, or of term 1, which
// is the only one there can be in term 1.
static void take_log(struct etcd *e, struct etcd_server *s,
                     const struct etcd_line *line)
{
    s->n = 0;
    s->log_known = true;
    if (line->terms != NULL)
        etcd_append_all(e, s, line->terms, line->n_terms);
    else
        etcd_append_run(e, s, line->last, 1);
}

static void boot(struct etcd *e, struct etcd_server *s,
                 const struct etcd_line *line)
{
    s->up = true;
    s->role = TRACE_FOLLOWER;
    s->term = line->term;
    s->vote = line->vote;
    s->commit = line->commit < s->n ? line->commit : s->n;
    s->applied = s->commit;
    s->receipt = SIZE_MAX;
    s->root = 0;
    if (line->role != TRACE_FOLLOWER)
        account_hole(&e->account); // how it came to that is not told
    if (e->tally->no_logs || !s->log_known) {
        account_hole(&e->account);
        return;
    }
    char whom[16] = "null";
    if (line->vote != TRACE_NONE)
        snprintf(whom, sizeof whom, "%d", line->vote);
    char *entries = etcd_entries(e, s, s->commit, s->n - s->commit);
    s->root = account_tell(
        &e->account, line->us, line->node, s->inc, "boot", 0,
        "\"term\":%" PRIu64 ",\"voted_for\":%s,\"last_included_index\":%" PRIu64
        ",\"last_included_term\":%" PRIu64 ",\"entries\":%s",
        line->term, whom, s->commit,
        s->commit > 0 ? s->terms[s->commit - 1] : 0, entries);
    free(entries);
}

// The trace says InitState again: another life of the server, which begins
// with the log that it had, as far as the line says.
static void restart(struct etcd *e, struct etcd_server *s,
                    const struct etcd_line *line)
{
    s->inc++;
    account_tell_bare(&e->account, line->us, line->node, s->inc, "restart");
    if (line->terms != NULL)
        take_log(e, s, line);
    else if (s->log_known && line->last > s->n) {
        unexplained(e, line);
        s->log_known = false;
    } else if (line->last < s->n)
        s->n = line->last;
    boot(e, s, line);
}

// ---------------------------------------------------------------- messages

static void send(struct etcd *e, struct etcd_server *s,
                 const struct etcd_line *line)
{
    const struct etcd_message *m = &line->message;
    struct etcd_flight *flight = etcd_flight(e, m);
    flight->msg = ++e->n_calls;
    char args[200], *entries = NULL;
    int n = snprintf(args, sizeof args, "\"term\":%" PRIu64, m->term);
    char *at = args + n;
    size_t room = sizeof args - (size_t)n;
    if (m->type == ETCD_VOTE)
        snprintf(at, room,
                 ",\"candidate_id\":%d,\"last_log_index\":%" PRIu64
                 ",\"last_log_term\":%" PRIu64,
                 m->from, m->index, m->log_term);
    else if (m->type == ETCD_APPEND)
        snprintf(at, room,
                 ",\"leader_id\":%d,\"prev_log_index\":%" PRIu64
                 ",\"prev_log_term\":%" PRIu64 ",\"leader_commit\":%" PRIu64,
                 m->from, m->index, m->log_term, m->commit);
    else if (m->type == ETCD_BEAT)
        snprintf(at, room, ",\"leader_id\":%d,\"leader_commit\":%" PRIu64,
                 m->from, m->commit);
    else
        snprintf(at, room, ",\"leader_id\":%d,\"last_included_index\":%" PRIu64,
                 m->from, m->entries);
    etcd_take_terms(e, s, flight);
    if (m->type == ETCD_APPEND && flight->known)
        entries = etcd_entries(e, s, m->index, m->entries);
    else if (!flight->known)
        e->tally->n_blind++;
    char last[60] = "";
    if (m->type == ETCD_SNAPSHOT && flight->known)
        snprintf(last, sizeof last, ",\"last_included_term\":%" PRIu64,
                 flight->run[0].term);
    flight->n = account_tell(&e->account, line->us, line->node, s->inc, "send",
                             m->type == ETCD_BEAT ? 0 : s->root,
                             "\"msg\":%" PRIu64
                             ",\"to\":%d,\"rpc\":\"%s\",\"args\":{%s%s%s%s}",
                             flight->msg, m->to, rpcs[m->type], args,
                             entries != NULL ? ",\"entries\":" : "",
                             entries != NULL ? entries : "", last);
    free(entries);
}

// Does the answer belong to the request that this server received last?
static bool answers(const struct etcd_flight *asked,
                    const struct etcd_message *m)
{
    static const enum etcd_type of[] = {
        [ETCD_NO_MESSAGE] = ETCD_NO_MESSAGE,
        [ETCD_VOTE] = ETCD_VOTE_ANSWER,
        [ETCD_VOTE_ANSWER] = ETCD_NO_MESSAGE,
        [ETCD_APPEND] = ETCD_APPEND_ANSWER,
        [ETCD_APPEND_ANSWER] = ETCD_NO_MESSAGE,
        [ETCD_BEAT] = ETCD_BEAT_ANSWER,
        [ETCD_BEAT_ANSWER] = ETCD_NO_MESSAGE,
        [ETCD_SNAPSHOT] = ETCD_APPEND_ANSWER,
    };
    return of[asked->message.type] == m->type && asked->message.from == m->to &&
           !asked->answered;
}

// A heartbeat acknowledges nothing: its answer is a message of its own, so that
// nobody takes it for an acknowledgement that cannot be read.
static void beat_answer(struct etcd *e, struct etcd_server *s,
                        const struct etcd_line *line)
{
    const struct etcd_message *m = &line->message;
    struct etcd_flight *flight = etcd_flight(e, m);
    flight->msg = ++e->n_calls;
    flight->n = account_tell(
        &e->account, line->us, line->node, s->inc, "send", s->root,
        "\"msg\":%" PRIu64
        ",\"to\":%d,\"rpc\":\"%s\",\"args\":{\"term\":%" PRIu64 "}",
        flight->msg, m->to, rpcs[m->type], m->term);
}

// What an answer says, as far as a reply of Figure 2 says the same. One that
// accepts what is committed already, and less than was sent, does not say
// success: it shows where it ends, and cannot be read as an acknowledgement.
static void verdict(struct etcd *e, const struct etcd_message *m,
                    const struct etcd_message *request, char *out, size_t n)
{
    const char *truth = m->reject ? "false" : "true";
    out[0] = '\0';
    if (m->type == ETCD_VOTE_ANSWER)
        snprintf(out, n, ",\"vote_granted\":%s", truth);
    else if (request->type != ETCD_APPEND)
        return;
    else if (!m->reject && m->index < request->index + request->entries) {
        e->tally->n_partly++;
        snprintf(out, n, ",\"match_index\":%" PRIu64, m->index);
    } else
        snprintf(out, n, ",\"success\":%s", truth);
}

static void answer(struct etcd *e, struct etcd_server *s,
                   const struct etcd_line *line)
{
    const struct etcd_message *m = &line->message;
    struct etcd_flight *asked =
        s->receipt != SIZE_MAX ? &e->flight[s->receipt] : NULL;
    if (m->type == ETCD_VOTE_ANSWER && !m->reject && s->vote != m->to &&
        m->term == s->term)
        tell_vote(e, s, line, m->to); // etcd sets it behind this line
    if (asked == NULL || !answers(asked, m)) {
        etcd_flight(e, m);
        e->tally->n_unasked++;
        return;
    }
    asked->answered = true;
    uint64_t msg = asked->msg, cause = asked->n_received;
    struct etcd_message request = asked->message;
    struct etcd_flight *flight = etcd_flight(e, m);
    char says[60];
    verdict(e, m, &request, says, sizeof says);
    flight->msg = msg;
    flight->rpc = rpcs[request.type];
    flight->n = account_tell(
        &e->account, line->us, line->node, s->inc, "reply", cause,
        "\"msg\":%" PRIu64
        ",\"to\":%d,\"rpc\":\"%s\",\"args\":{\"term\":%" PRIu64 "%s}",
        msg, m->to, flight->rpc, m->term, says);
}

// A request that no line sends may be what a later change comes from: its
// receipt is a hole. An answer that belongs to no call is received all the
// same, and nothing is judged that it may have decided.
static void receive_unsent(struct etcd *e, struct etcd_server *s,
                           const struct etcd_line *line)
{
    const struct etcd_message *m = &line->message;
    if (!etcd_is_answer(m->type))
        account_hole(&e->account);
    else if (m->type != ETCD_BEAT_ANSWER)
        s->root = account_tell(&e->account, line->us, line->node, s->inc,
                               "reply_recv", 0,
                               "\"msg\":%" PRIu64 ",\"from\":%d,\"rpc\":\"%s\"",
                               ++e->n_calls, m->from, rpcs[m->type]);
}

static void receive(struct etcd *e, struct etcd_server *s,
                    const struct etcd_line *line)
{
    const struct etcd_message *m = &line->message;
    size_t at = etcd_arrives(e, m);
    s->root = 0;
    s->receipt = SIZE_MAX;
    if (at == SIZE_MAX || e->flight[at].n == 0) {
        e->tally->n_unsent += at == SIZE_MAX;
        receive_unsent(e, s, line);
        return;
    }
    struct etcd_flight *flight = &e->flight[at];
    bool reply = flight->rpc != NULL;
    s->root =
        account_tell(&e->account, line->us, line->node, s->inc,
                     reply ? "reply_recv" : "recv", flight->n,
                     "\"msg\":%" PRIu64 ",\"from\":%d,\"rpc\":\"%s\"",
                     flight->msg, m->from, reply ? flight->rpc : rpcs[m->type]);
    flight->n_received = s->root;
    if (m->type == ETCD_BEAT_ANSWER)
        s->root = 0; // it moves no index
    if (!etcd_is_answer(m->type))
        s->receipt = at;
}

static void duplicate(struct etcd *e, const struct etcd_line *line)
{
    const struct etcd_message *m = &line->message;
    size_t of = etcd_last_received(e, m);
    if (of == SIZE_MAX || etcd_is_answer(m->type)) {
        account_hole(&e->account);
        return;
    }
    etcd_spend(e, m->entries); // it is stored once more
    struct etcd_flight *copy = etcd_flight(e, m);
    struct etcd_flight was = e->flight[of];
    copy->msg = was.msg;
    copy->n = was.n;
    copy->known = was.known;
    copy->first_run = was.first_run;
    copy->n_runs = was.n_runs;
}

// ------------------------------------------------------------------- lines

static void show(struct etcd *e, struct etcd_server *s,
                 const struct etcd_line *line)
{
    const struct etcd_message *m = &line->message;
    bool to_self = m->type != ETCD_NO_MESSAGE && m->from == m->to;
    bool vote_answer =
        line->name == ETCD_SEND && m->type == ETCD_VOTE_ANSWER && !to_self;
    show_term(e, s, line);
    show_role(e, s, line);
    if (line->vote != s->vote && !vote_answer)
        tell_vote(e, s, line, line->vote);
    if (line->name == ETCD_SEND && m->type == ETCD_APPEND_ANSWER && !to_self &&
        !m->reject)
        etcd_accept(e, s, line);
    if (!etcd_show_log(e, s, line))
        unexplained(e, line);
    show_commit(e, s, line);
    show_conf(e, s, line);
}

static void follow(struct etcd *e, size_t at)
{
    const struct etcd_line *line = &e->file.line[at];
    struct etcd_server *s = &e->server[line->node];
    const struct etcd_message *m = &line->message;
    if (!s->up) { // the last of those that it begins with
        take_log(e, s, line);
        boot(e, s, line);
    } else if (line->name == ETCD_INIT)
        restart(e, s, line);
    if (line->name == ETCD_CANDIDATE || line->name == ETCD_CLIENT)
        s->root = s->leads_now && line->name == ETCD_CLIENT ? s->root : 0;
    show(e, s, line);
    if ((line->name == ETCD_READY || line->name == ETCD_RECEIVE) &&
        etcd_is_vague(e, s)) {
        unexplained(e, line);
        s->log_known = false;
    }
    s->leads_now = line->role == TRACE_LEADER && line->name == ETCD_OTHER_ROLE;
    if (line->name == ETCD_DUPLICATE)
        duplicate(e, line);
    else if (m->type != ETCD_NO_MESSAGE && m->from == m->to)
        return; // the specification's way to count itself
    else if (line->name == ETCD_SEND && m->type == ETCD_BEAT_ANSWER)
        beat_answer(e, s, line);
    else if (line->name == ETCD_SEND && etcd_is_answer(m->type))
        answer(e, s, line);
    else if (line->name == ETCD_SEND)
        send(e, s, line);
    else if (line->name == ETCD_RECEIVE)
        receive(e, s, line);
    else if (line->name == ETCD_READY) {
        s->root = 0;
        s->receipt = SIZE_MAX;
    }
}

static bool convert(struct etcd *e, const char *path, FILE *out, bool torn)
{
    account_begin(&e->account, out, torn, path, e->file.n_servers,
                  e->tally->members);
    for (int i = 0; i < e->file.n_servers; i++) {
        char text[60], number[16];
        snprintf(number, sizeof number, "%d", i + 1);
        snprintf(text, sizeof text, "S%d is server %s", i + 1, e->file.id[i]);
        if (strcmp(number, e->file.id[i]) != 0)
            account_note(&e->account, 0, i, 0, "server", text);
    }
    for (size_t at; (at = etcd_next(e)) != SIZE_MAX && !e->spent;)
        follow(e, at);
    e->tally->n_events = e->account.n_events;
    return e->account.n_holes == 0;
}

bool import_etcd(const char *path, FILE *out, struct import_tally *tally,
                 char *error, size_t n_error)
{
    struct etcd_file file;
    bool good = etcd_read(&file, path, error, n_error);
    struct import_tally read = {.n_lines = file.n_lines,
                                .n_other = file.n_other,
                                .n_unknown = file.n_unknown,
                                .first_unknown = file.first_unknown,
                                .n_unordered = file.n_unordered,
                                .n_servers = file.n_servers};
    *tally = read;
    // What is missing must show from the first event on: if anything is, all
    // is written anew, and begins by saying so.
    for (int torn = file.n_unknown > 0; good && torn <= 1; torn++) {
        char *text = NULL;
        size_t n_text = 0;
        FILE *memory = must_stream(&text, &n_text);
        struct etcd e = {.file = file, .tally = tally};
        *tally = read;
        etcd_prepare(&e);
        bool whole = convert(&e, path, memory, torn == 1);
        fclose(memory);
        if (e.spent) {
            snprintf(error, n_error,
                     "%s: more than %d entries in logs and messages; import a"
                     " part",
                     path, IMPORT_ENTRIES);
            good = false;
        } else if (whole || torn == 1) {
            fwrite(text, 1, n_text, out);
            torn = 1;
        }
        etcd_finish(&e);
        free(text);
    }
    etcd_free(&file);
    return good;
}
