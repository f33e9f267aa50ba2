// dslogs.c -- `time topic peer text` lines, as the patterns understand them.
//
// A line proves what its pattern says, and no more; others are notes in their
// own words. Such logs never tell everything, so the trace begins with a hole.
// Messages have no numbers in them: a receipt gets an arrow only when exactly
// one sending fits it, and a sending only when its receipt has one.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/die.h"
#include "patterns.h"
#include "trace/trace.h"

enum { MOST_TEXT = 300, MOST_UNDER_WAY = 64 };

struct log_line {
    size_t number, pair; // pair: of a receipt and its sending; SIZE_MAX: none
    uint64_t us, msg, n; // of a sending: its call, its event
    int me;              // TRACE_NONE: none
    bool understood;
    struct pattern_match match;
    char topic[24];
    char *text;
};

// A server as far as the lines tell of it.
struct log_server {
    uint64_t term, commit, applied, last;
    int vote;
    enum trace_role role;
};

// Sendings from one server to another that no receipt has got yet.
struct channel {
    size_t line[MOST_UNDER_WAY], n;
    bool full; // older ones were dropped; up to this term
    uint64_t full_term;
};

struct log {
    struct account_lines in;
    struct account account;
    struct patterns patterns;
    struct import_tally *tally;
    struct log_line *line;
    size_t n, room;
    int n_servers, first;
    struct log_server server[TRACE_MAX_SERVERS];
    uint64_t n_calls;
};

static const char *const roles[] = {"follower", "candidate", "leader"};

// ------------------------------------------------------------------ reading

// "004210 " or "4.21 " in front of a line; false when there is no time.
static bool read_time(const struct log *log, const char **text, uint64_t *us)
{
    const char *at = *text + strspn(*text, " \t");
    size_t n = strspn(at, "0123456789");
    char *end;
    if (n == 0 || n > 15)
        return false;
    double value = strtod(at, &end);
    if (*end != ' ' && *end != '\t')
        return false;
    value *= (double)log->patterns.unit_us;
    *us = value < 9e14 ? (uint64_t)value : (uint64_t)9e14;
    *text = end + strspn(end, " \t");
    return true;
}

// The server that prints: as the pattern says, or S and digits in front.
static void read_me(struct log_line *line)
{
    line->me = TRACE_NONE;
    if (line->understood)
        line->me = line->match.value[PATTERN_ME] < TRACE_MAX_SERVERS
                       ? (int)line->match.value[PATTERN_ME]
                       : TRACE_MAX_SERVERS;
    else if (line->text[0] == 'S' && line->text[1] >= '0' &&
             line->text[1] <= '9')
        line->me = strspn(line->text + 1, "0123456789") <= 3
                       ? atoi(line->text + 1)
                       : TRACE_MAX_SERVERS;
}

static bool read_line(struct log *log)
{
    const char *text = log->in.text;
    struct log_line line = {.number = log->in.number, .pair = SIZE_MAX};
    log->tally->n_lines++;
    if (!read_time(log, &text, &line.us)) {
        if (log->n > 0 && strncmp(text + strspn(text, " \t"), "Test ", 5) == 0)
            return account_fail(&log->in, "another test begins, with other"
                                          " servers: import one test's lines");
        log->tally->n_other++;
        return true;
    }
    size_t n = strcspn(text, " \t");
    snprintf(line.topic, sizeof line.topic, "%.*s", n < 23 ? (int)n : 23, text);
    text += n;
    text += strspn(text, " \t");
    line.text = must_malloc(MOST_TEXT + 1);
    snprintf(line.text, MOST_TEXT + 1, "%s", text);
    line.understood =
        patterns_match(&log->patterns, line.topic, line.text, &line.match);
    read_me(&line);
    bool peer = line.understood && line.match.has[PATTERN_PEER];
    uint64_t most = peer ? line.match.value[PATTERN_PEER] : 0;
    log->line = must_grow(log->line, log->n, &log->room, sizeof line);
    log->line[log->n++] = line;
    if (line.me >= TRACE_MAX_SERVERS || most >= TRACE_MAX_SERVERS)
        return account_fail(&log->in, "a server of a number above %d",
                            TRACE_MAX_SERVERS - 1);
    if (!line.understood && log->tally->n_unknown++ == 0)
        log->tally->first_unknown = line.number;
    return true;
}

// Which number the first server has, and how many there are.
static bool number_servers(struct log *log, const char *path, char *error,
                           size_t n_error)
{
    int least = TRACE_MAX_SERVERS, most = -1;
    for (size_t i = 0; i < log->n; i++) {
        const struct log_line *line = &log->line[i];
        int peer = line->understood && line->match.has[PATTERN_PEER]
                       ? (int)line->match.value[PATTERN_PEER]
                       : line->me;
        for (int k = 0; k < 2; k++) {
            int one = k == 0 ? line->me : peer;
            least = one >= 0 && one < least ? one : least;
            most = one > most ? one : most;
        }
    }
    log->first = log->patterns.first >= 0 ? log->patterns.first
                 : least == 0             ? 0
                                          : 1;
    log->n_servers = most - log->first + 1;
    if (most < 0)
        snprintf(error, n_error,
                 "%s: no line of a server, expected `time topic S1 text`",
                 path);
    else if (least < log->first)
        snprintf(error, n_error, "%s: server %d, and the first has number %d",
                 path, least, log->first);
    return most >= 0 && least >= log->first;
}

// ------------------------------------------------------------------ pairing

static bool is_message(const struct log_line *line, enum pattern_what what)
{
    return line->understood && line->match.pattern->what == what;
}

// Do a sending and a receipt say the same, in what both say?
static bool fit(const struct log_line *sent, const struct log_line *received)
{
    const struct pattern_match *a = &sent->match, *b = &received->match;
    bool same = strcmp(a->pattern->rpc, b->pattern->rpc) == 0;
    for (int i = PATTERN_T; i < PATTERN_N_NAMES; i++)
        same = same && (!a->has[i] || !b->has[i] || a->value[i] == b->value[i]);
    return same;
}

static void leave(struct log *log, struct channel *channel, size_t at)
{
    if (channel->n == MOST_UNDER_WAY) {
        const struct pattern_match *oldest = &log->line[channel->line[0]].match;
        uint64_t term =
            oldest->has[PATTERN_T] ? oldest->value[PATTERN_T] : UINT64_MAX;
        channel->full_term = channel->full && channel->full_term > term
                                 ? channel->full_term
                                 : term;
        channel->full = true;
        memmove(channel->line, channel->line + 1,
                --channel->n * sizeof *channel->line);
    }
    channel->line[channel->n++] = at;
}

static void arrive(struct log *log, struct channel *channel, size_t at)
{
    const struct log_line *line = &log->line[at];
    size_t found = SIZE_MAX, n_found = 0;
    for (size_t i = 0; i < channel->n; i++)
        if (fit(&log->line[channel->line[i]], line)) {
            found = i;
            n_found++;
        }
    bool old =
        channel->full && (!line->match.has[PATTERN_T] ||
                          line->match.value[PATTERN_T] <= channel->full_term);
    if (n_found != 1 || old) {
        log->tally->n_doubtful++;
        return;
    }
    log->line[at].pair = channel->line[found];
    log->line[channel->line[found]].pair = at;
    memmove(channel->line + found, channel->line + found + 1,
            (--channel->n - found) * sizeof *channel->line);
}

static void pair_messages(struct log *log)
{
    size_t n = (size_t)log->n_servers;
    struct channel *channel = must_calloc(n * n, sizeof *channel);
    for (size_t i = 0; i < log->n; i++) {
        const struct log_line *line = &log->line[i];
        bool sent = is_message(line, PATTERN_SEND);
        if (!sent && !is_message(line, PATTERN_RECV))
            continue;
        size_t me = (size_t)(line->me - log->first),
               peer =
                   (size_t)line->match.value[PATTERN_PEER] - (size_t)log->first;
        if (sent)
            leave(log, &channel[me * n + peer], i);
        else
            arrive(log, &channel[peer * n + me], i);
    }
    free(channel);
}

// ------------------------------------------------------------------ telling

static void note(struct log *log, const struct log_line *line)
{
    int node = line->me == TRACE_NONE ? TRACE_NONE : line->me - log->first;
    account_note(&log->account, line->us, node, 0, line->topic, line->text);
}

// A line that does not fit what was told before proves nothing.
static void odd(struct log *log, const struct log_line *line)
{
    log->tally->n_odd++;
    account_hole(&log->account);
    note(log, line);
}

static uint64_t value(const struct log_line *line, enum pattern_name name)
{
    return line->match.value[name];
}

// The server's own term as the line says it; false when it is an old one.
static bool tell_term(struct log *log, struct log_server *s,
                      const struct log_line *line)
{
    uint64_t term = value(line, PATTERN_T);
    if (!line->match.has[PATTERN_T] || term == s->term)
        return true;
    if (term < s->term)
        return false;
    account_tell(&log->account, line->us, line->me - log->first, 0, "term", 0,
                 "\"from\":%" PRIu64 ",\"to\":%" PRIu64, s->term, term);
    s->term = term;
    s->vote = TRACE_NONE;
    return true;
}

static void tell_role(struct log *log, struct log_server *s,
                      const struct log_line *line, enum trace_role role)
{
    if (role == s->role && role != TRACE_CANDIDATE)
        return;
    account_tell(&log->account, line->us, line->me - log->first, 0, "role", 0,
                 "\"from\":\"%s\",\"to\":\"%s\",\"term\":%" PRIu64,
                 roles[s->role], roles[role], s->term);
    s->role = role;
}

static void tell_entry(struct log *log, struct log_server *s,
                       const struct log_line *line)
{
    uint64_t index = value(line, PATTERN_INDEX);
    enum pattern_what what = line->match.pattern->what;
    int node = line->me - log->first;
    if (what == PATTERN_COMMIT && index > s->commit) {
        account_tell(&log->account, line->us, node, 0, "commit", 0,
                     "\"from\":%" PRIu64 ",\"to\":%" PRIu64, s->commit, index);
        s->commit = index;
    } else if (what == PATTERN_APPLY && index > s->applied) {
        account_tell(&log->account, line->us, node, 0, "apply", 0,
                     "\"index\":%" PRIu64 ",\"term\":%" PRIu64, index,
                     value(line, PATTERN_ENTRY_TERM));
        s->applied = index;
    } else if (what == PATTERN_APPEND && index == s->last + 1) {
        account_tell(&log->account, line->us, node, 0, "append", 0,
                     "\"index\":%" PRIu64 ",\"entries\":[{\"term\":%" PRIu64
                     ",\"command\":\"\",\"bytes\":0}]",
                     index, value(line, PATTERN_ENTRY_TERM));
        s->last = index;
    } else if (what != PATTERN_COMMIT || index < s->commit)
        odd(log, line);
}

static void put_arg(char *args, size_t room, const struct log_line *line,
                    enum pattern_name name, const char *field)
{
    size_t n = strlen(args);
    if (line->match.has[name])
        snprintf(args + n, room - n, "%s\"%s\":%" PRIu64, n > 0 ? "," : "",
                 field, value(line, name));
}

static void tell_message(struct log *log, struct log_line *line)
{
    if (line->pair == SIZE_MAX) {
        note(log, line);
        return;
    }
    const char *rpc = line->match.pattern->rpc;
    int node = line->me - log->first,
        peer = (int)value(line, PATTERN_PEER) - log->first;
    struct log_line *other = &log->line[line->pair];
    if (line->match.pattern->what == PATTERN_RECV) {
        account_tell(&log->account, line->us, node, 0, "recv", other->n,
                     "\"msg\":%" PRIu64 ",\"from\":%d,\"rpc\":\"%s\"",
                     other->msg, peer, rpc);
        return;
    }
    char args[400] = "";
    put_arg(args, sizeof args, line, PATTERN_T, "term");
    put_arg(args, sizeof args, line, PATTERN_LAST_INDEX, "last_log_index");
    put_arg(args, sizeof args, line, PATTERN_LAST_TERM, "last_log_term");
    put_arg(args, sizeof args, line, PATTERN_PREV_INDEX, "prev_log_index");
    put_arg(args, sizeof args, line, PATTERN_PREV_TERM, "prev_log_term");
    put_arg(args, sizeof args, line, PATTERN_LEADER_COMMIT, "leader_commit");
    line->msg = ++log->n_calls;
    line->n = account_tell(&log->account, line->us, node, 0, "send", 0,
                           "\"msg\":%" PRIu64
                           ",\"to\":%d,\"rpc\":\"%s\",\"args\":{%s}",
                           line->msg, peer, rpc, args);
}

static void tell_vote(struct log *log, struct log_server *s,
                      const struct log_line *line)
{
    int peer = (int)value(line, PATTERN_PEER) - log->first;
    if (peer == s->vote)
        return;
    account_tell(&log->account, line->us, line->me - log->first, 0, "vote", 0,
                 "\"term\":%" PRIu64 ",\"voted_for\":%d", s->term, peer);
    s->vote = peer;
}

static void tell_line(struct log *log, struct log_line *line)
{
    enum pattern_what what =
        line->understood ? line->match.pattern->what : PATTERN_NOTE;
    if (what == PATTERN_NOTE) {
        if (!line->understood)
            account_hole(&log->account);
        note(log, line);
        return;
    }
    if (what == PATTERN_SEND || what == PATTERN_RECV) {
        tell_message(log, line);
        return;
    }
    struct log_server *s = &log->server[line->me - log->first];
    if (!tell_term(log, s, line))
        odd(log, line);
    else if (what == PATTERN_FOLLOWER)
        tell_role(log, s, line, TRACE_FOLLOWER);
    else if (what == PATTERN_CANDIDATE)
        tell_role(log, s, line, TRACE_CANDIDATE);
    else if (what == PATTERN_LEADER)
        tell_role(log, s, line, TRACE_LEADER);
    else if (what == PATTERN_VOTE)
        tell_vote(log, s, line);
    else if (what == PATTERN_CRASH)
        account_tell_bare(&log->account, line->us, line->me - log->first, 0,
                          "crash");
    else if (what != PATTERN_TERM)
        tell_entry(log, s, line);
}

static void tell_all(struct log *log, const char *path, FILE *out)
{
    account_begin(&log->account, out, true, path, log->n_servers, false);
    for (int i = 0; i < log->n_servers; i++) {
        char text[60];
        log->server[i].vote = TRACE_NONE;
        snprintf(text, sizeof text, "S%d is S%d of the log", i + 1,
                 i + log->first);
        if (log->first != 1)
            account_note(&log->account, 0, i, 0, "server", text);
    }
    for (size_t i = 0; i < log->n; i++)
        tell_line(log, &log->line[i]);
    log->tally->n_events = log->account.n_events;
    log->tally->n_servers = log->n_servers;
    log->tally->shifted = log->first != 1;
}

bool import_dslogs(const char *path, const char *patterns, FILE *out,
                   struct import_tally *tally, char *error, size_t n_error)
{
    struct log *log = must_calloc(1, sizeof *log);
    *tally = (struct import_tally){0};
    log->tally = tally;
    bool good = patterns_read(&log->patterns, patterns, error, n_error);
    if (good) {
        good = account_open(&log->in, path, error, n_error);
        while (good && account_line(&log->in))
            good = read_line(log);
        good = good && !log->in.failed;
        account_close(&log->in);
    }
    if (good && number_servers(log, path, error, n_error)) {
        pair_messages(log);
        tell_all(log, path, out);
    } else
        good = false;
    for (size_t i = 0; i < log->n; i++)
        free(log->line[i].text);
    free(log->line);
    patterns_free(&log->patterns);
    free(log);
    return good;
}
