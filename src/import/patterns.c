// patterns.c -- see patterns.h.
#include "patterns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/die.h"

enum { MOST_PATTERNS = 500 };

const char import_patterns[] =
    "# Patterns of `glassraft import --from dslogs`: WHAT: TOPIC TEXT\n"
    "#\n"
    "# A line of the log is `time topic text`. TOPIC is its second word, * is"
    " any. In\n"
    "# TEXT, {name} is a number, * is anything, a space is one or more, and"
    " case does\n"
    "# not count. The first pattern that fits a line says what it proves. Every"
    " TEXT\n"
    "# must have {me}, the server that prints.\n"
    "#\n"
    "#   follower candidate leader   its role from now on      {term}\n"
    "#   term                        its current_term          {term}\n"
    "#   vote                        it votes for {peer}       {term}\n"
    "#   append                      one entry at {index}      {entry_term}\n"
    "#   commit                      its commit_index: {index}\n"
    "#   apply                       {index}                   {entry_term}\n"
    "#   send RPC, recv RPC          a request to, or from, {peer}: RequestVote"
    " with\n"
    "#                               {term} {last_index} {last_term},"
    " AppendEntries with\n"
    "#                               {term} {prev_index} {prev_term}"
    " {leader_commit}\n"
    "#   crash                       it stops\n"
    "#   note                        nothing: the line is shown as it is\n"
    "#\n"
    "# {term} is the server's own term at that moment, and in send and recv the"
    " one\n"
    "# that the message has. Write a file of your own for what your code "
    "prints;"
    " it is\n"
    "# tried before this table. `unit 100` says how many microseconds the time"
    " counts,\n"
    "# `first 0` which number the first server has.\n"
    "unit 100\n"
    "note:       TIMR S{me} *\n"
    "note:       * S{me} *start* election time*\n"
    "note:       * S{me} -> S{peer} *repl*\n"
    "note:       * S{me} -> S{peer} *resp*\n"
    "note:       * S{me} -> S{peer} *answer*\n"
    "note:       * S{me} <- S{peer} *repl*\n"
    "note:       * S{me} <- S{peer} *resp*\n"
    "note:       * S{me} <- S{peer} *answer*\n"
    "candidate:  * S{me} *onverting to *andidate* T{term}*\n"
    "candidate:  * S{me} *onverting to *andidate* T:{term}*\n"
    "candidate:  * S{me} *calling election* T{term}*\n"
    "candidate:  * S{me} *calling election* T:{term}*\n"
    "candidate:  * S{me} *start* election* T{term}*\n"
    "candidate:  * S{me} *start* election* term {term}*\n"
    "candidate:  * S{me} become* candidate* term {term}*\n"
    "leader:     * S{me} *majority* T{term}*onverting to leader*\n"
    "leader:     * S{me} *onverting to leader* T{term}*\n"
    "leader:     * S{me} *onverting to leader* T:{term}*\n"
    "leader:     * S{me} become* leader* T{term}*\n"
    "leader:     * S{me} become* leader* term {term}*\n"
    "follower:   * S{me} *onverting to follower* T{term}*\n"
    "follower:   * S{me} *onverting to follower* T:{term}*\n"
    "follower:   * S{me} become* follower* T{term}*\n"
    "follower:   * S{me} become* follower* term {term}*\n"
    "vote:       * S{me} grant* vote to S{peer} *T{term}*\n"
    "vote:       * S{me} grant* vote to S{peer} *term {term}*\n"
    "send RequestVote: * S{me} -> S{peer} *vote req*T{term}*LLI:{last_index}*"
    "LLT:{last_term}*\n"
    "send RequestVote: * S{me} -> S{peer} *vote req*T{term}*\n"
    "send RequestVote: * S{me} -> S{peer} *vote req*T:{term}*\n"
    "recv RequestVote: * S{me} <- S{peer} *vote req*T{term}*\n"
    "recv RequestVote: * S{me} <- S{peer} *vote req*T:{term}*\n"
    "send AppendEntries: * S{me} -> S{peer} *PLI:{prev_index} PLT:{prev_term}*"
    "LC:{leader_commit}*T{term}*\n"
    "recv AppendEntries: * S{me} <- S{peer} *PLI:{prev_index} PLT:{prev_term}*"
    "LC:{leader_commit}*T{term}*\n"
    "send AppendEntries: * S{me} -> S{peer} *append*T{term}*\n"
    "recv AppendEntries: * S{me} <- S{peer} *append*T{term}*\n"
    "commit:     * S{me} *commit* CI:{index}*\n"
    "commit:     * S{me} *commit* index *{index}*\n"
    "apply:      * S{me} *appl* I{index} T{entry_term}*\n"
    "apply:      * S{me} *appl* index {index} term {entry_term}*\n"
    "term:       TERM S{me} *T{term}*\n"
    "term:       TERM S{me} *term {term}*\n";

static const char *const whats[] = {
    [PATTERN_NOTE] = "note",           [PATTERN_FOLLOWER] = "follower",
    [PATTERN_CANDIDATE] = "candidate", [PATTERN_LEADER] = "leader",
    [PATTERN_TERM] = "term",           [PATTERN_VOTE] = "vote",
    [PATTERN_APPEND] = "append",       [PATTERN_COMMIT] = "commit",
    [PATTERN_APPLY] = "apply",         [PATTERN_SEND] = "send",
    [PATTERN_RECV] = "recv",           [PATTERN_CRASH] = "crash",
};

static const char *const names[PATTERN_N_NAMES] = {
    [PATTERN_ME] = "me",
    [PATTERN_PEER] = "peer",
    [PATTERN_T] = "term",
    [PATTERN_INDEX] = "index",
    [PATTERN_ENTRY_TERM] = "entry_term",
    [PATTERN_LAST_INDEX] = "last_index",
    [PATTERN_LAST_TERM] = "last_term",
    [PATTERN_PREV_INDEX] = "prev_index",
    [PATTERN_PREV_TERM] = "prev_term",
    [PATTERN_LEADER_COMMIT] = "leader_commit",
};

// The names that each kind of event must have.
static const unsigned needed[] = {
    [PATTERN_NOTE] = 0,
    [PATTERN_FOLLOWER] = 1u << PATTERN_T,
    [PATTERN_CANDIDATE] = 1u << PATTERN_T,
    [PATTERN_LEADER] = 1u << PATTERN_T,
    [PATTERN_TERM] = 1u << PATTERN_T,
    [PATTERN_VOTE] = 1u << PATTERN_PEER | 1u << PATTERN_T,
    [PATTERN_APPEND] = 1u << PATTERN_INDEX | 1u << PATTERN_ENTRY_TERM,
    [PATTERN_COMMIT] = 1u << PATTERN_INDEX,
    [PATTERN_APPLY] = 1u << PATTERN_INDEX | 1u << PATTERN_ENTRY_TERM,
    [PATTERN_SEND] = 1u << PATTERN_PEER,
    [PATTERN_RECV] = 1u << PATTERN_PEER,
    [PATTERN_CRASH] = 0,
};

// ------------------------------------------------------------------ reading

// The name in braces at text; how long it is with them, 0 when it is none.
static size_t name_at(const char *text, enum pattern_name *name)
{
    for (int i = 0; text[0] == '{' && i < PATTERN_N_NAMES; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(text + 1, names[i], n) == 0 && text[n + 1] == '}') {
            *name = (enum pattern_name)i;
            return n + 2;
        }
    }
    return 0;
}

static bool check_text(struct account_lines *lines, const struct pattern *p)
{
    unsigned has = 0;
    for (const char *at = p->text; (at = strchr(at, '{')) != NULL;) {
        enum pattern_name name;
        size_t n = name_at(at, &name);
        if (n == 0)
            return account_fail(lines, "an unknown name in braces: %.30s", at);
        if ((has >> name & 1) != 0)
            return account_fail(lines, "{%s} stands there twice", names[name]);
        has |= 1u << name;
        at += n;
    }
    unsigned missing = (needed[p->what] | 1u << PATTERN_ME) & ~has;
    for (int i = 0; i < PATTERN_N_NAMES; i++)
        if ((missing >> i & 1) != 0)
            return account_fail(lines, "\"%s\" needs {%s}", whats[p->what],
                                names[i]);
    return true;
}

static bool read_pattern(struct patterns *patterns, struct account_lines *lines,
                         char *line)
{
    struct pattern p = {0};
    char what[24] = "";
    int at = 0;
    if (sscanf(line, " %23[a-z] %23[A-Za-z] : %23s %n", what, p.rpc, p.topic,
               &at) != 3 ||
        at == 0) {
        p.rpc[0] = '\0';
        at = 0;
        if (sscanf(line, " %23[a-z] : %23s %n", what, p.topic, &at) != 2 ||
            at == 0)
            return account_fail(lines, "no pattern, expected WHAT: TOPIC TEXT");
    }
    bool known = false;
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++)
        if (strcmp(what, whats[i]) == 0) {
            p.what = (enum pattern_what)i;
            known = true;
        }
    bool message = p.what == PATTERN_SEND || p.what == PATTERN_RECV;
    if (!known)
        return account_fail(lines, "%s is no kind of event here", what);
    if (message != (p.rpc[0] != '\0'))
        return account_fail(lines,
                            message ? "%s what? expected the name of an"
                                      " RPC behind it"
                                    : "%s takes no name of an RPC",
                            what);
    if (patterns->n == MOST_PATTERNS)
        return account_fail(lines, "more than %d patterns", MOST_PATTERNS);
    p.text = must_copy(line + at, strlen(line + at) + 1);
    if (!check_text(lines, &p)) {
        free(p.text);
        return false;
    }
    patterns->pattern =
        must_grow(patterns->pattern, patterns->n, &patterns->room, sizeof p);
    patterns->pattern[patterns->n++] = p;
    return true;
}

// A line of a table; own: of the user's, whose settings count.
static bool read_line(struct patterns *patterns, struct account_lines *lines,
                      char *line)
{
    unsigned long value;
    char more;
    size_t n = strlen(line);
    while (n > 0 && isspace((unsigned char)line[n - 1]))
        line[--n] = '\0';
    line += strspn(line, " \t");
    if (line[0] == '#' || line[0] == '\0')
        return true;
    if (sscanf(line, "unit %9lu%c", &value, &more) == 1 && value > 0) {
        if (patterns->unit_us == 0)
            patterns->unit_us = value;
        return true;
    }
    if (sscanf(line, "first %3lu%c", &value, &more) == 1) {
        patterns->first = (int)value;
        return true;
    }
    return read_pattern(patterns, lines, line);
}

static void read_own(struct patterns *patterns)
{
    char error[200];
    struct account_lines lines = {
        .path = "built in", .error = error, .n_error = sizeof error};
    char *text = must_copy(import_patterns, sizeof import_patterns), *rest;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (!read_line(patterns, &lines, line))
            die("a pattern of our own: %s", error);
    free(text);
}

bool patterns_read(struct patterns *patterns, const char *path, char *error,
                   size_t n_error)
{
    *patterns = (struct patterns){.first = -1};
    struct account_lines lines = {0};
    bool good = true;
    if (path != NULL) {
        good = account_open(&lines, path, error, n_error);
        while (good && account_line(&lines))
            good = read_line(patterns, &lines, lines.text);
        good = good && !lines.failed;
        account_close(&lines);
    }
    if (good)
        read_own(patterns);
    return good;
}

void patterns_free(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->n; i++)
        free(patterns->pattern[i].text);
    free(patterns->pattern);
}

// ----------------------------------------------------------------- matching

// A number of at most 15 digits at *text, which it passes over.
static bool take_value(const char **text, uint64_t *value)
{
    size_t n = strspn(*text, "0123456789");
    *value = 0;
    for (size_t i = 0; i < n && n <= 15; i++)
        *value = 10 * *value + (uint64_t)((*text)[i] - '0');
    *text += n;
    return n > 0 && n <= 15;
}

// Fits the pattern up to its next *, from the beginning of text on. Both are
// moved on. Names that have fitted are set, whatever comes later.
static bool fits(const char **pattern, const char **text,
                 struct pattern_match *match)
{
    while (**pattern != '\0' && **pattern != '*') {
        enum pattern_name name;
        size_t n = name_at(*pattern, &name);
        if (n > 0) {
            if (!take_value(text, &match->value[name]))
                return false;
            match->has[name] = true;
            *pattern += n;
        } else if (**pattern == ' ') {
            if (**text != ' ')
                return false;
            *pattern += strspn(*pattern, " ");
            *text += strspn(*text, " ");
        } else if (tolower((unsigned char)**pattern) ==
                   tolower((unsigned char)**text)) {
            ++*pattern;
            ++*text;
        } else
            return false;
    }
    return true;
}

// The parts between stars, each at the first place where it fits. The last
// part, with no star behind it, must end where the text ends.
static bool match_text(const char *pattern, const char *text,
                       struct pattern_match *match)
{
    const char *star = NULL, *from = text;
    for (;;) {
        const char *p = star != NULL ? star : pattern, *t = from;
        bool part = fits(&p, &t, match);
        if (part && *p == '*') {
            star = p + 1;
            from = t;
        } else if (part && *t == '\0')
            return true;
        else if (star == NULL || *from == '\0')
            return false;
        else
            from++;
    }
}

bool patterns_match(const struct patterns *patterns, const char *topic,
                    const char *text, struct pattern_match *match)
{
    for (size_t i = 0; i < patterns->n; i++) {
        const struct pattern *p = &patterns->pattern[i];
        *match = (struct pattern_match){.pattern = p};
        if ((strcmp(p->topic, "*") == 0 || strcmp(p->topic, topic) == 0) &&
            match_text(p->text, text, match))
            return true;
    }
    return false;
}
