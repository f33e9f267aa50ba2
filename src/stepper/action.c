// action.c -- see action.h.
#include "action.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MOST_WORDS = 8 };

static const struct verb {
    const char *name;
    enum step_kind kind;
    const char *form;
} verbs[] = {
    {"timeout", STEP_TIMEOUT, "timeout S1"},
    {"heartbeat", STEP_HEARTBEAT, "heartbeat S1"},
    {"clock", STEP_CLOCK, "clock S1 50"},
    {"deliver", STEP_DELIVER, "deliver S1>S2 AppendEntries 3 [reply]"},
    {"lose", STEP_LOSE, "lose S1>S2 AppendEntries 3 [reply]"},
    {"double", STEP_DOUBLE, "double S1>S2 AppendEntries 3"},
    {"hold", STEP_HOLD, "hold S1>S2 AppendEntries 3 [reply]"},
    {"command", STEP_COMMAND, "command S1 x=1"},
    {"crash", STEP_CRASH, "crash S1 [before|after save 2]"},
    {"restart", STEP_RESTART, "restart S1"},
    {"pause", STEP_PAUSE, "pause S1"},
    {"resume", STEP_RESUME, "resume S1"},
    {"cut", STEP_CUT, "cut S1 S2"},
    {"heal", STEP_HEAL, "heal [S1 S2]"},
    {"snapshot", STEP_SNAPSHOT, "snapshot S1 7"},
    {"show", STEP_SHOW, "show"},
    {"stall", STEP_STALL, "stall S1 before lock 2"},
    {"proceed", STEP_PROCEED, "proceed S1"},
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

struct words {
    char text[STEP_LINE];
    const char *word[MOST_WORDS];
    int n;
};

static bool split(const char *line, struct words *words)
{
    words->n = 0;
    if (strlen(line) >= sizeof words->text)
        return false;
    strcpy(words->text, line);
    for (char *at = words->text; *at != '\0';) {
        at += strspn(at, " \t");
        if (*at == '\0')
            break;
        if (words->n == MOST_WORDS)
            return false;
        words->word[words->n++] = at;
        at += strcspn(at, " \t");
        if (*at != '\0')
            *at++ = '\0';
    }
    return true;
}

// "S3", from 1 to n; `end` gets what follows.
static bool server_of(const char *text, int n_servers, int *server,
                      const char **end)
{
    if (text[0] != 'S' || text[1] < '1' || text[1] > '9' ||
        text[1] - '0' > n_servers)
        return false;
    *server = text[1] - '1';
    *end = text + 2;
    return true;
}

static bool whole_server(const char *text, int n_servers, int *server)
{
    const char *end;
    return server_of(text, n_servers, server, &end) && *end == '\0';
}

static bool pair_of(const char *text, int n_servers, struct step_action *a)
{
    const char *end;
    return server_of(text, n_servers, &a->server, &end) && *end == '>' &&
           whole_server(end + 1, n_servers, &a->peer) && a->server != a->peer;
}

// S1>S2 AppendEntries 3 reply; without a number: the first in flight.
static bool take_message(const struct words *w, int n_servers,
                         struct step_action *a)
{
    int n = w->n;
    if (a->kind == STEP_DELIVER && n == 2 && strcmp(w->word[1], "all") == 0) {
        a->kind = STEP_DELIVER_ALL;
        return true;
    }
    if (n < 3 || !pair_of(w->word[1], n_servers, a) ||
        strlen(w->word[2]) >= sizeof a->method)
        return false;
    strcpy(a->method, w->word[2]);
    if (a->kind != STEP_DOUBLE && strcmp(w->word[n - 1], "reply") == 0 && n > 3)
        a->reply = true, n--;
    if (n == 3)
        return a->kind != STEP_DOUBLE;
    return n == 4 && text_number(w->word[3], &a->number) && a->number > 0;
}

static bool take_link(const struct words *w, int n_servers,
                      struct step_action *a)
{
    return w->n == 3 && whole_server(w->word[1], n_servers, &a->server) &&
           whole_server(w->word[2], n_servers, &a->peer) &&
           a->server != a->peer;
}

static bool take_crash(const struct words *w, struct step_action *a)
{
    if (w->n == 2)
        return true;
    a->before = strcmp(w->word[2], "before") == 0;
    return (a->before || strcmp(w->word[2], "after") == 0) && w->n == 5 &&
           strcmp(w->word[3], "save") == 0 &&
           text_number(w->word[4], &a->number) && a->number > 0 &&
           a->number < 1000;
}

static bool take_stall(const struct words *w, struct step_action *a)
{
    return w->n == 5 && strcmp(w->word[2], "before") == 0 &&
           strcmp(w->word[3], "lock") == 0 &&
           text_number(w->word[4], &a->number) && a->number > 0 &&
           a->number < 1000;
}

// The words from the third on, as they are: blanks in a command stay.
static bool take_command(const char *line, struct step_action *a)
{
    for (int i = 0; i < 2; i++) {
        line += strspn(line, " \t");
        line += strcspn(line, " \t");
    }
    line += strspn(line, " \t");
    if (*line == '\0' || strlen(line) >= sizeof a->text)
        return false;
    strcpy(a->text, line);
    return true;
}

static bool take(const char *line, const struct words *w, int n_servers,
                 struct step_action *a)
{
    switch (a->kind) {
    case STEP_DELIVER:
    case STEP_LOSE:
    case STEP_DOUBLE:
    case STEP_HOLD:
        return take_message(w, n_servers, a);
    case STEP_SHOW:
        return w->n == 1;
    case STEP_HEAL:
        return w->n == 1 || take_link(w, n_servers, a);
    case STEP_CUT:
        return take_link(w, n_servers, a);
    default:
        break;
    }
    if (w->n < 2 || !whole_server(w->word[1], n_servers, &a->server))
        return false;
    switch (a->kind) {
    case STEP_COMMAND:
        return take_command(line, a);
    case STEP_CRASH:
        return take_crash(w, a);
    case STEP_STALL:
        return take_stall(w, a);
    case STEP_CLOCK:
    case STEP_SNAPSHOT:
        return w->n == 3 && text_number(w->word[2], &a->number) &&
               a->number > 0 && a->number <= 1000000;
    default:
        return w->n == 2;
    }
}

bool step_parse(const char *line, int n_servers, struct step_action *action,
                char error[STEP_LINE])
{
    struct words words;
    if (!split(line, &words) || words.n == 0) {
        snprintf(error, STEP_LINE,
                 "a line that is too long or empty, expected an action");
        return false;
    }
    for (int i = 0; i < N_VERBS; i++) {
        if (strcmp(words.word[0], verbs[i].name) != 0)
            continue;
        *action = (struct step_action){.kind = verbs[i].kind};
        if (take(line, &words, n_servers, action))
            return true;
        snprintf(error, STEP_LINE,
                 "'%.40s' is not complete or does not fit, expected '%s' with"
                 " servers S1..S%d",
                 line, verbs[i].form, n_servers);
        return false;
    }
    snprintf(error, STEP_LINE,
             "'%.30s' is no action, expected timeout, deliver, command, crash"
             " or another of src/stepper/SCRIPTS.md",
             words.word[0]);
    return false;
}

static const char *verb_of(enum step_kind kind)
{
    if (kind == STEP_DELIVER_ALL)
        return "deliver";
    for (int i = 0; i < N_VERBS; i++)
        if (verbs[i].kind == kind)
            return verbs[i].name;
    return "?";
}

void step_format(const struct step_action *a, char line[STEP_LINE])
{
    const char *verb = verb_of(a->kind);
    char number[24] = "";
    if (a->number > 0)
        snprintf(number, sizeof number, " %" PRIu64, a->number);
    switch (a->kind) {
    case STEP_DELIVER:
    case STEP_LOSE:
    case STEP_DOUBLE:
    case STEP_HOLD:
        snprintf(line, STEP_LINE, "%s S%d>S%d %s%s%s", verb, a->server + 1,
                 a->peer + 1, a->method, number, a->reply ? " reply" : "");
        break;
    case STEP_DELIVER_ALL:
        snprintf(line, STEP_LINE, "deliver all");
        break;
    case STEP_SHOW:
        snprintf(line, STEP_LINE, "show");
        break;
    case STEP_HEAL:
    case STEP_CUT:
        snprintf(line, STEP_LINE, "%s", verb);
        if (a->server != a->peer)
            snprintf(line, STEP_LINE, "%s S%d S%d", verb, a->server + 1,
                     a->peer + 1);
        break;
    case STEP_COMMAND:
        snprintf(line, STEP_LINE, "command S%d %s", a->server + 1, a->text);
        break;
    case STEP_CRASH:
        snprintf(line, STEP_LINE, "crash S%d%s%s", a->server + 1,
                 a->number == 0 ? ""
                 : a->before    ? " before save"
                                : " after save",
                 number);
        break;
    case STEP_STALL:
        snprintf(line, STEP_LINE, "stall S%d before lock%s", a->server + 1,
                 number);
        break;
    default:
        snprintf(line, STEP_LINE, "%s S%d%s", verb, a->server + 1, number);
    }
}

bool step_same(const struct step_action *a, const struct step_action *b)
{
    char one[STEP_LINE], other[STEP_LINE];
    step_format(a, one);
    step_format(b, other);
    return strcmp(one, other) == 0;
}
