// etcd_read.c -- see etcd.h.
#include "etcd.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "trace/fields.h"

enum { MOST_CONFS = 256 };

struct reading {
    struct etcd_file *file;
    struct account_lines lines;
    uint64_t n_terms;
    double base; // seconds of the first time that stands in the file
    bool has_base;
};

static const struct {
    const char *text;
    enum etcd_name name;
} names[] = {
    {"InitState", ETCD_INIT},
    {"Bootstrap", ETCD_BOOTSTRAP},
    {"BecomeCandidate", ETCD_CANDIDATE},
    {"BecomeFollower", ETCD_OTHER_ROLE},
    {"BecomePreCandidate", ETCD_OTHER_ROLE},
    {"BecomeLeader", ETCD_OTHER_ROLE},
    {"ApplyConfChange", ETCD_CONF},
    {"ChangeConf", ETCD_CLIENT},
    {"Replicate", ETCD_CLIENT},
    {"Ready", ETCD_READY},
    {"Commit", ETCD_STATE},
    {"Advance", ETCD_STATE},
    {"ReduceNextIndex", ETCD_STATE},
    {"SendAppendEntriesRequest", ETCD_SEND},
    {"SendAppendEntriesResponse", ETCD_SEND},
    {"SendRequestVoteRequest", ETCD_SEND},
    {"SendRequestVoteResponse", ETCD_SEND},
    {"SendSnapshot", ETCD_SEND},
    {"ReceiveAppendEntriesRequest", ETCD_RECEIVE},
    {"ReceiveAppendEntriesResponse", ETCD_RECEIVE},
    {"ReceiveRequestVoteRequest", ETCD_RECEIVE},
    {"ReceiveRequestVoteResponse", ETCD_RECEIVE},
    {"ReceiveSnapshot", ETCD_RECEIVE},
    {"Duplicate", ETCD_DUPLICATE},
};

static const struct {
    const char *text;
    enum etcd_type type;
} types[] = {
    {"MsgVote", ETCD_VOTE},      {"MsgVoteResp", ETCD_VOTE_ANSWER},
    {"MsgApp", ETCD_APPEND},     {"MsgAppResp", ETCD_APPEND_ANSWER},
    {"MsgHeartbeat", ETCD_BEAT}, {"MsgHeartbeatResp", ETCD_BEAT_ANSWER},
    {"MsgSnap", ETCD_SNAPSHOT},
};

bool etcd_is_answer(enum etcd_type type)
{
    return type == ETCD_VOTE_ANSWER || type == ETCD_APPEND_ANSWER ||
           type == ETCD_BEAT_ANSWER;
}

// ------------------------------------------------------------------ fields

static const cJSON *get(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

static const char *text_of(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(get(json, name));
    return text != NULL ? text : "";
}

static bool whole(const cJSON *item, uint64_t *value)
{
    if (!cJSON_IsNumber(item) || item->valuedouble < 0 ||
        item->valuedouble >= (double)TRACE_BIG)
        return false;
    *value = (uint64_t)item->valuedouble;
    return (double)*value == item->valuedouble;
}

static bool number(struct reading *r, const cJSON *json, const char *name,
                   uint64_t *value)
{
    return whole(get(json, name), value) ||
           account_fail(&r->lines,
                        "\"%s\" is no whole number below 10^15, expected one",
                        name);
}

// The server of an id; "0" is nobody.
static bool server(struct reading *r, const char *id, int *node)
{
    struct etcd_file *file = r->file;
    size_t n = strlen(id);
    *node = TRACE_NONE;
    if (strcmp(id, "0") == 0)
        return true;
    if (n == 0 || n > 20 || strspn(id, "0123456789") != n)
        return account_fail(&r->lines,
                            "the id of a server is no number in quotes,"
                            " expected one as in \"nid\":\"1\"");
    for (int i = 0; i < file->n_servers; i++)
        if (strcmp(file->id[i], id) == 0)
            *node = i;
    if (*node != TRACE_NONE)
        return true;
    if (file->n_servers == TRACE_MAX_SERVERS)
        return account_fail(&r->lines, "more than %d servers",
                            TRACE_MAX_SERVERS);
    file->id[file->n_servers] = must_copy(id, n + 1);
    *node = file->n_servers++;
    return true;
}

static bool members(struct reading *r, const cJSON *list, bool *in)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list)
    {
        int node;
        const char *id = cJSON_GetStringValue(one);
        if (!server(r, id != NULL ? id : "", &node))
            return false;
        if (node != TRACE_NONE)
            in[node] = true;
    }
    return true;
}

static bool read_conf(struct reading *r, const cJSON *event, int *number)
{
    struct etcd_file *file = r->file;
    struct etcd_conf conf = {0};
    const cJSON *both = get(event, "conf");
    if (!members(r, cJSON_GetArrayItem(both, 0), conf.now) ||
        !members(r, cJSON_GetArrayItem(both, 1), conf.old))
        return false;
    for (size_t i = file->n_confs; i-- > 0;)
        if (memcmp(&file->conf[i], &conf, sizeof conf) == 0) {
            *number = (int)i;
            return true;
        }
    if (file->n_confs == MOST_CONFS)
        return account_fail(&r->lines, "more than %d different \"conf\"",
                            MOST_CONFS);
    file->conf = must_grow(file->conf, file->n_confs, &file->room_confs,
                           sizeof *file->conf);
    file->conf[file->n_confs] = conf;
    *number = (int)file->n_confs++;
    return true;
}

static enum etcd_type type_of(const cJSON *message)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(text_of(message, "type"), types[i].text) == 0)
            return types[i].type;
    return ETCD_NO_MESSAGE;
}

static bool read_message(struct reading *r, const cJSON *event,
                         struct etcd_line *line)
{
    const cJSON *json = get(event, "msg");
    struct etcd_message *m = &line->message;
    bool sent = line->name == ETCD_SEND || line->name == ETCD_RECEIVE ||
                line->name == ETCD_DUPLICATE;
    if (!sent)
        return true;
    m->type = type_of(json);
    m->reject = cJSON_IsTrue(get(json, "reject"));
    return number(r, json, "term", &m->term) &&
           number(r, json, "index", &m->index) &&
           number(r, json, "logTerm", &m->log_term) &&
           number(r, json, "entries", &m->entries) &&
           number(r, json, "commit", &m->commit) &&
           server(r, text_of(json, "from"), &m->from) &&
           server(r, text_of(json, "to"), &m->to) &&
           ((m->from != TRACE_NONE && m->to != TRACE_NONE) ||
            account_fail(&r->lines, "a message from or to server 0"));
}

// -------------------------------------------------------------------- times

static int digits(const char *text, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = 10 * value + text[i] - '0';
    }
    return value;
}

// Days since 1970-01-01 by the Gregorian calendar.
static double days(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year,
        m = month <= 2 ? month + 9 : month - 3;
    return 365.0 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 -
           719468;
}

// "2023-11-22T23:36:39.674+0800", or digits that count lines.
static bool clock_text(const char *text, double *seconds)
{
    size_t n = strlen(text);
    if (n > 0 && n <= 15 && strspn(text, "0123456789") == n) {
        *seconds = strtod(text, NULL) / 1e6;
        return true;
    }
    if (n < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
        text[16] != ':')
        return false;
    int part[] = {digits(text, 4),      digits(text + 5, 2),
                  digits(text + 8, 2),  digits(text + 11, 2),
                  digits(text + 14, 2), digits(text + 17, 2)};
    for (int i = 0; i < 6; i++)
        if (part[i] < 0)
            return false;
    char *rest = NULL;
    double fraction = text[19] == '.' ? strtod(text + 19, &rest) : 0;
    const char *zone = rest != NULL ? rest : text + 19;
    double shift = 0;
    if (zone[0] == '+' || zone[0] == '-') {
        int hours = strlen(zone) >= 5 ? digits(zone + 1, 2) : -1;
        int minutes =
            hours >= 0 ? digits(zone + (zone[3] == ':' ? 4 : 3), 2) : -1;
        if (minutes < 0)
            return false;
        shift = (zone[0] == '+' ? 60 : -60) * (60.0 * hours + minutes);
    }
    *seconds = 86400 * days(part[0], part[1], part[2]) + 3600.0 * part[3] +
               60.0 * part[4] + part[5] + fraction - shift;
    return true;
}

static bool read_time(struct reading *r, const cJSON *json,
                      struct etcd_line *line)
{
    const cJSON *item = get(json, "ts");
    double seconds = 0;
    line->timed = cJSON_IsString(item)
                      ? clock_text(item->valuestring, &seconds)
                      : cJSON_IsNumber(item) && item->valuedouble >= 0;
    if (cJSON_IsNumber(item))
        seconds = item->valuedouble;
    if (!line->timed) {
        r->file->n_unordered++;
        return true;
    }
    if (!r->has_base)
        r->base = seconds;
    r->has_base = true;
    // Of the first line with a time; those before it come to be below 0, and
    // all are moved on in the end.
    double us = (seconds - r->base) * 1e6 + 1e14;
    if (!(us >= 0 && us < 2e14))
        return account_fail(&r->lines, "\"ts\" is years from the first");
    line->us = (uint64_t)(us + 0.5);
    return true;
}

// -------------------------------------------------------------------- lines

static bool read_terms(struct reading *r, const cJSON *event,
                       struct etcd_line *line)
{
    const cJSON *list = get(event, "terms"), *one;
    size_t n = (size_t)cJSON_GetArraySize(list), i = 0;
    if (n == 0)
        return true;
    if (n != line->last)
        return account_fail(&r->lines, "\"terms\" has %zu, \"log\" is another",
                            n);
    line->terms = must_calloc(n, sizeof *line->terms);
    line->n_terms = n;
    bool good = true;
    cJSON_ArrayForEach(one, list)
    {
        good = whole(one, &line->terms[i++]) && good;
    }
    if (!good) {
        free(line->terms);
        account_fail(&r->lines, "\"terms\" has something else than terms");
    }
    return good;
}

static bool read_state(struct reading *r, const cJSON *event,
                       struct etcd_line *line)
{
    const cJSON *state = get(event, "state");
    const char *role = text_of(event, "role");
    line->role = strcmp(role, "StateLeader") == 0      ? TRACE_LEADER
                 : strcmp(role, "StateCandidate") == 0 ? TRACE_CANDIDATE
                                                       : TRACE_FOLLOWER;
    if (line->role == TRACE_FOLLOWER && strcmp(role, "StateFollower") != 0 &&
        strcmp(role, "StatePreCandidate") != 0)
        return account_fail(&r->lines,
                            "\"role\" is none, expected StateFollower,"
                            " StateCandidate or StateLeader");
    const cJSON *applied = get(event, "applied");
    if (applied == NULL)
        applied = get(event, "Applied");
    line->has_applied = whole(applied, &line->applied);
    return number(r, state, "term", &line->term) &&
           number(r, state, "commit", &line->commit) &&
           number(r, event, "log", &line->last) &&
           (line->last <= IMPORT_ENTRIES ||
            account_fail(&r->lines, "a log of more than %d entries",
                         IMPORT_ENTRIES)) &&
           (line->commit <= IMPORT_ENTRIES || line->commit <= line->last ||
            account_fail(&r->lines, "\"commit\" is far beyond the log")) &&
           server(r, text_of(state, "vote"), &line->vote);
}

static enum etcd_name name_of(const cJSON *event)
{
    const cJSON *message = get(event, "msg");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text_of(event, "name"), names[i].text) == 0) {
            enum etcd_name name = names[i].name;
            bool sent = name == ETCD_SEND || name == ETCD_RECEIVE ||
                        name == ETCD_DUPLICATE;
            return sent && type_of(message) == ETCD_NO_MESSAGE ? ETCD_UNKNOWN
                                                               : name;
        }
    return ETCD_UNKNOWN;
}

static bool read_event(struct reading *r, const cJSON *json, const cJSON *event)
{
    struct etcd_file *file = r->file;
    struct etcd_line read = {.number = r->lines.number, .next = SIZE_MAX};
    read.name = name_of(event);
    if (read.name == ETCD_UNKNOWN) {
        if (file->n_unknown++ == 0)
            file->first_unknown = r->lines.number;
        return true;
    }
    if (!read_time(r, json, &read) ||
        !server(r, text_of(event, "nid"), &read.node) ||
        !read_state(r, event, &read) || !read_conf(r, event, &read.conf) ||
        !read_message(r, event, &read) || !read_terms(r, event, &read))
        return false;
    file->line =
        must_grow(file->line, file->n, &file->room, sizeof *file->line);
    file->line[file->n++] = read;
    r->n_terms += read.n_terms;
    if (r->n_terms > IMPORT_ENTRIES)
        return account_fail(&r->lines, "more than %d terms", IMPORT_ENTRIES);
    const struct etcd_message *m = &read.message;
    int at = read.name == ETCD_RECEIVE ? m->to : m->from;
    if (read.node == TRACE_NONE)
        return account_fail(&r->lines, "\"nid\" is nobody");
    return m->type == ETCD_NO_MESSAGE || at == read.node ||
           read.name == ETCD_DUPLICATE ||
           account_fail(&r->lines,
                        "the message is not one of the server in \"nid\"");
}

static bool read_line(struct reading *r)
{
    // As etcd's script does: what a test prints before the object goes.
    const char *begin = strchr(r->lines.text, '{');
    r->file->n_lines++;
    if (begin == NULL) {
        r->file->n_other++;
        return true;
    }
    cJSON *json = cJSON_Parse(begin);
    bool good = json != NULL || account_fail(&r->lines, "no JSON object");
    const cJSON *event = get(json, "event");
    if (good && strcmp(text_of(json, "tag"), "trace") == 0 &&
        cJSON_IsObject(event))
        good = read_event(r, json, event);
    else if (good)
        r->file->n_other++;
    cJSON_Delete(json);
    return good;
}

// ids by their numbers, which have no leading zeros: the longer is the larger.
static int by_id(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    size_t n = strlen(x), m = strlen(y);
    return n != m ? (n > m) - (n < m) : strcmp(x, y);
}

static void number_servers(struct etcd_file *file)
{
    int to[TRACE_MAX_SERVERS];
    char *old[TRACE_MAX_SERVERS];
    memcpy(old, file->id, sizeof old);
    qsort(file->id, (size_t)file->n_servers, sizeof *file->id, by_id);
    for (int i = 0; i < file->n_servers; i++)
        for (int k = 0; k < file->n_servers; k++)
            if (file->id[k] == old[i])
                to[i] = k;
    for (size_t i = 0; i < file->n_confs; i++) {
        struct etcd_conf was = file->conf[i];
        for (int k = 0; k < file->n_servers; k++) {
            file->conf[i].now[to[k]] = was.now[k];
            file->conf[i].old[to[k]] = was.old[k];
        }
    }
    for (size_t i = 0; i < file->n; i++) {
        struct etcd_line *line = &file->line[i];
        line->node = to[line->node];
        if (line->vote != TRACE_NONE)
            line->vote = to[line->vote];
        if (line->message.type != ETCD_NO_MESSAGE) {
            line->message.from = to[line->message.from];
            line->message.to = to[line->message.to];
        }
    }
}

// Times begin at 0; without times of all lines, they count lines.
static void set_times(struct etcd_file *file)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < file->n; i++)
        if (file->line[i].us < least)
            least = file->line[i].us;
    for (size_t i = 0; i < file->n; i++)
        file->line[i].us = file->n_unordered > 0 ? i : file->line[i].us - least;
}

bool etcd_read(struct etcd_file *file, const char *path, char *error,
               size_t n_error)
{
    struct reading r = {.file = file};
    *file = (struct etcd_file){0};
    bool good = account_open(&r.lines, path, error, n_error);
    while (good && account_line(&r.lines))
        good = read_line(&r);
    good = good && !r.lines.failed;
    if (good && file->n == 0) {
        snprintf(error, n_error,
                 "%s: no line with \"tag\":\"trace\" and an \"event\","
                 " expected etcd's TLA+ trace",
                 path);
        good = false;
    }
    account_close(&r.lines);
    if (good) {
        number_servers(file);
        set_times(file);
    }
    return good;
}

void etcd_free(struct etcd_file *file)
{
    for (size_t i = 0; i < file->n; i++)
        free(file->line[i].terms);
    for (int i = 0; i < file->n_servers; i++)
        free(file->id[i]);
    free(file->line);
    free(file->conf);
}
