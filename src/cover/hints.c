// hints.c -- see cover.h: what the sources say of lines that no run reached.
#include "cover.h"

#include <stdlib.h>
#include <string.h>

#include "labs/suites/course.h"
#include "check/rule_book.h"
#include "base/die.h"

enum { MOST_TAGS = 3 }; // of one comment

// A scenario that exercises the rule in the reference: the busiest, as
// `make rules` counts (tests/cover runs them).
static const struct {
    const char *tag, *scenario;
} known[] = {
    {"ALL.1", "basic-agree"},     {"ALL.2", "re-election"},
    {"F.1", "initial-election"},  {"F.2", "initial-election"},
    {"C.1", "initial-election"},  {"C.2", "initial-election"},
    {"C.3", "parked-threads"},    {"C.4", "figure-8-unreliable"},
    {"L.1", "initial-election"},  {"L.2", "basic-agree"},
    {"L.3", "basic-agree"},       {"L.4", "basic-agree"},
    {"RV.1", "parked-threads"},   {"RV.2", "initial-election"},
    {"AE.1", "parked-threads"},   {"AE.2", "backup"},
    {"AE.3", "backup"},           {"AE.4", "basic-agree"},
    {"AE.5", "basic-agree"},      {"IS.1", "snapshot-install-unreliable"},
    {"IS.2", "snapshot-install"}, {"IS.3", "snapshot-install"},
    {"IS.4", "long-transfer"},    {"IS.5", "snapshot-install"},
    {"IS.6", "snapshot-basic"},   {"IS.7", "snapshot-install"},
    {"IS.8", "snapshot-install"},
};

struct source {
    char *text;
    const char **line; // [1 ..]
    size_t n_lines;
};

static struct source split(char *text)
{
    struct source source = {.text = text};
    size_t room = 0;
    for (char *at = text; at != NULL && *at != '\0';) {
        if (source.n_lines + 2 > room) {
            room = room > 0 ? 2 * room : 256;
            source.line = must_realloc(source.line, room * sizeof *source.line);
        }
        source.line[++source.n_lines] = at;
        at = strchr(at, '\n');
        if (at != NULL)
            *at++ = '\0';
    }
    return source;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r")] == '\0';
}

// Is there code besides comments? As gcovr sees it: what is never reached and
// has none is no line of code, such as the end of a function that never ends.
static bool is_code(const char *text)
{
    char code[512];
    size_t n = 0;
    for (bool inside = false; *text != '\0' && n < sizeof code - 1; text++) {
        if (!inside && strncmp(text, "//", 2) == 0)
            break;
        bool begins = !inside && strncmp(text, "/*", 2) == 0;
        bool ends = inside && strncmp(text, "*/", 2) == 0;
        if (!inside && !begins && strchr(" \t\r", *text) == NULL)
            code[n++] = *text;
        text += begins || ends;
        inside = begins || (inside && !ends);
    }
    code[n] = '\0';
    return n > 0 && strcmp(code, "{") != 0 && strcmp(code, "}") != 0 &&
           strcmp(code, "else") != 0;
}

static void drop_empty(struct cover_file *file, const struct source *source)
{
    size_t n = 0;
    for (size_t i = 0; i < file->n_lines; i++) {
        struct cover_line *line = &file->line[i];
        if (line->by.n_runs > 0 || line->number > source->n_lines ||
            is_code(source->line[line->number]))
            file->line[n++] = *line;
        else
            free(line->branch);
    }
    file->n_lines = n;
}

// The rules that a comment in this line names, "[AE.3] [AE.4]".
static int find_tags(const char *text, char tag[MOST_TAGS][8])
{
    int found = 0;
    const char *comment = strstr(text, "//");
    comment = comment != NULL ? comment : strstr(text, "/*");
    while (comment != NULL && found < MOST_TAGS &&
           (comment = strchr(comment, '[')) != NULL) {
        size_t n = strcspn(++comment, "]");
        char name[8] = "";
        if (n > 0 && n < sizeof name && comment[n] == ']')
            memcpy(name, comment, n);
        if (name[0] != '\0' && paper_rule(name) != NULL)
            memcpy(tag[found++], name, sizeof name);
    }
    return found;
}

// The nearest above the line, in its function or the comment before that.
static int nearest_tags(const struct source *source, unsigned line,
                        unsigned function, char tag[MOST_TAGS][8])
{
    for (unsigned at = line; at > 0 && at <= source->n_lines; at--) {
        int found = find_tags(source->line[at], tag);
        if (found > 0 || (at < function && is_blank(source->line[at])))
            return found;
    }
    return 0;
}

// " In the reference the scenario backup (lab 2) exercises it."
static void name_scenario(const char *tag, char *out, size_t n)
{
    const char *scenario = NULL;
    unsigned number = 0;
    out[0] = '\0';
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        if (strcmp(known[k].tag, tag) == 0)
            scenario = known[k].scenario;
    if (scenario == NULL)
        return;
    for (const struct course_lab *lab = course; lab->name != NULL; lab++)
        if (number == 0 && course_points(lab, scenario) > 0)
            number = lab->number;
    snprintf(out, n, " In the reference the scenario %s (lab %u) exercises it.",
             scenario, number);
}

static char *hint_of(char tag[MOST_TAGS][8], int n_tags)
{
    char text[1600], scenario[120];
    size_t n = 0;
    for (int i = 0; i < n_tags && n < sizeof text; i++) {
        name_scenario(tag[i], scenario, sizeof scenario);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s [%s]: %.300s%s",
                              i == 0 ? "The comment above names" : " And",
                              tag[i], paper_rule(tag[i])->says, scenario);
    }
    return must_copy(text, strlen(text) + 1);
}

static unsigned first_line(const struct cover_file *file,
                           const struct cover_line *line)
{
    unsigned first = line->number;
    for (size_t i = 0; i < file->n_functions; i++)
        if (strcmp(file->function[i].name, line->function) == 0)
            first = file->function[i].line;
    return first;
}

void cover_finish(struct cover *cover)
{
    for (size_t i = 0; i < cover->n_files; i++) {
        struct cover_file *file = &cover->file[i];
        char tag[MOST_TAGS][8];
        struct source source = split(cover_source(cover, file));
        drop_empty(file, &source);
        for (size_t l = 0; l < file->n_lines; l++) {
            struct cover_line *line = &file->line[l];
            if (line->by.n_runs > 0)
                continue;
            int n = nearest_tags(&source, line->number, first_line(file, line),
                                 tag);
            if (n > 0)
                line->hint = hint_of(tag, n);
        }
        free(source.line);
        free(source.text);
    }
}
