// rules.c -- glassraft rules: which rules of the paper a trace exercises.
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/suites/course.h"
#include "viz/figure2/figure2.h"
#include "base/die.h"
#include "trace/trace.h"
#include "selectors.h"

static const char help[] =
    "usage: glassraft rules TRACE... [--beside TRACE...] [OPTIONS]\n\n"
    "Counts how often each rule of Figures 2 and 13 acted, by its tag. Exit\n"
    "code 1 when a rule never acted. For a Raft without trace calls it counts\n"
    "what messages show; \"?\" marks what they cannot show.\n\n"
    "  --each           print `SCENARIO TAG COUNT` for each trace and rule\n"
    "  --beside         count the traces after it in a column of their own:\n"
    "                   another Raft's, or another lab's\n"
    "  --draw           draw Figures 2 and 13, box by box, with the counts\n"
    "  -o FILE          write to FILE: .svg, .png, .dot or .html\n"
    "  --names A,B      name the two sides (default: their Rafts)\n"
    "  --sources FOLDER read the first one's sources: where comments name\n"
    "                   each rule\n" SELECTORS_THEME "\n"
    "example: glassraft rules out/demo/trace.jsonl --draw -o "
    "out/figure2.svg\n";

struct asked {
    struct figure2_side side[FIGURE2_SIDES];
    int n_sides;
    bool each, draw, named;
    const char *sources;
    struct selectors to;
    const char **path[FIGURE2_SIDES]; // the traces of each side
    int n_paths[FIGURE2_SIDES];
};

// The side is called by its Raft, or by all that it has.
static void name_side(struct figure2_side *side, const struct trace_header *h)
{
    const char *raft = h->raft[0] != '\0' ? h->raft : "a Raft without a name";
    if (side->n_traces == 0)
        snprintf(side->name, sizeof side->name, "%s", raft);
    else if (strcmp(side->name, raft) != 0)
        snprintf(side->name, sizeof side->name, "several Rafts");
}

// Counts a trace; false with a line on stderr.
static bool count_file(const char *path, const struct asked *asked,
                       struct figure2_side *side)
{
    char error[300];
    struct trace_reader *reader = trace_open(path, error, sizeof error);
    if (reader == NULL) {
        fprintf(stderr, "glassraft: %s\n", error);
        return false;
    }
    struct rules *count = must_calloc(1, sizeof *count);
    struct trace_event event;
    enum trace_status status;
    while ((status = trace_read(reader, &event)) == TRACE_OK)
        rules_step(count, &event);
    const struct trace_header *header = trace_reader_header(reader);
    const char *scenario = header->scenario;
    for (int i = 0; i < RULES_N && asked->each; i++)
        printf("%s %s %" PRIu64 "\n", scenario, rules_rule[i].tag,
               rules_count(count, i));
    if (!asked->named)
        name_side(side, header);
    char named[64];
    course_label(scenario, named);
    figure2_add(side, named, count);
    if (status == TRACE_BAD)
        fprintf(stderr, "glassraft: %s\n", trace_reader_error(reader));
    free(count);
    trace_close(reader);
    return status != TRACE_BAD;
}

// "static void lock_log(struct raft *rf)" has "lock_log"; false for others. A
// declaration counts as well: its comment says what the function obeys.
static bool function_name(const char *line, char name[48])
{
    const char *bracket = strchr(line, '(');
    if (bracket == NULL || strchr(" \t/#*}{", line[0]) != NULL ||
        strncmp(line, "typedef", 7) == 0)
        return false;
    const char *end = bracket, *at;
    for (at = end; at > line && strchr(" *\t", at[-1]) == NULL; at--)
        continue;
    if (at == end || (size_t)(end - at) >= 48)
        return false;
    snprintf(name, 48, "%.*s", (int)(end - at), at);
    return true;
}

static void note_place(struct figure2_side *side, const char *text,
                       const char *file, const char *function)
{
    for (int i = 0; i < RULES_N; i++) {
        char tag[16];
        struct figure2_count *count = &side->rule[i];
        snprintf(tag, sizeof tag, "[%s]", rules_rule[i].tag);
        if (count->place[0] == '\0' && strstr(text, tag) != NULL)
            snprintf(count->place, sizeof count->place, "%.30s: %.40s()", file,
                     function);
    }
}

// A comment inside of a function is its own, one before it the next one's.
static bool read_source(struct figure2_side *side, const char *folder,
                        const char *file)
{
    char path[4096], line[1000], function[48] = "", before[4000] = "";
    snprintf(path, sizeof path, "%.3000s/%.300s", folder, file);
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return false;
    while (fgets(line, sizeof line, in) != NULL) {
        bool comment = strncmp(line, "//", 2) == 0 ||
                       strncmp(line, "/*", 2) == 0 || line[0] == '*' ||
                       strncmp(line, " *", 2) == 0;
        size_t n = strlen(before);
        if (comment) {
            snprintf(before + n, sizeof before - n, "%s", line);
        } else if (function_name(line, function)) {
            note_place(side, before, file, function);
            before[0] = '\0';
        } else if (line[0] == '\n') {
            before[0] = '\0';
        } else if (function[0] != '\0' && strchr(" \t", line[0]) != NULL &&
                   (strstr(line, "//") != NULL || strstr(line, "/*") != NULL)) {
            note_place(side, line, file, function);
        }
    }
    fclose(in);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

// Sources before headers, each in order. False with a line on stderr.
static bool find_places(struct figure2_side *side, const char *folder)
{
    enum { MOST = 256 };
    static char names[MOST][300];
    DIR *list = opendir(folder);
    size_t n = 0;
    if (list == NULL) {
        fprintf(stderr, "glassraft rules: --sources %s: %s\n", folder,
                strerror(errno));
        return false;
    }
    for (struct dirent *entry; (entry = readdir(list)) != NULL && n < MOST;) {
        size_t length = strlen(entry->d_name);
        if (length > 2 && length < 290 && entry->d_name[length - 2] == '.' &&
            strchr("ch", entry->d_name[length - 1]) != NULL)
            snprintf(names[n++], sizeof names[0], "%c%s",
                     entry->d_name[length - 1] == 'c' ? '0' : '1',
                     entry->d_name);
    }
    closedir(list);
    qsort(names, n, sizeof names[0], by_name);
    for (size_t i = 0; i < n; i++)
        read_source(side, folder, names[i] + 1);
    return true;
}

static bool read_names(struct asked *asked, const char *text)
{
    size_t n = strcspn(text, ",");
    snprintf(asked->side[0].name, sizeof asked->side[0].name, "%.*s",
             (int)(n < 100 ? n : 100), text);
    snprintf(asked->side[1].name, sizeof asked->side[1].name, "%.100s",
             text[n] == ',' ? text + n + 1 : "");
    asked->named = true;
    return true;
}

static void begin_side(struct asked *asked, struct options *o)
{
    if (asked->n_sides < FIGURE2_SIDES) {
        asked->n_sides++;
        return;
    }
    fprintf(stderr, "glassraft rules: --beside once: two sides\n");
    o->failed = true;
}

// Options, also those that stand behind the traces. False when it is over.
static bool read_options(struct asked *asked, int argc, char **argv)
{
    struct options o = options_begin(argc, argv, "rules");
    asked->n_sides = 1;
    for (const char *arg; (arg = options_next(&o)) != NULL;)
        if (options_is(&o, "--help")) {
            fputs(help, stdout);
            return false;
        } else if (options_is(&o, "--each"))
            asked->each = true;
        else if (options_is(&o, "--draw"))
            asked->draw = true;
        else if (options_is(&o, "-o"))
            asked->to.output = options_value(&o);
        else if (options_is(&o, "--names"))
            read_names(asked, options_value(&o));
        else if (options_is(&o, "--sources"))
            asked->sources = options_value(&o);
        else if (options_is(&o, "--beside"))
            begin_side(asked, &o);
        else if (!selectors_theme(&asked->to, &o) && options_rest(&o))
            asked->path[asked->n_sides - 1]
                       [asked->n_paths[asked->n_sides - 1]++] = arg;
    return !o.failed;
}

static bool read_traces(struct asked *asked)
{
    for (int i = 0; i < asked->n_sides; i++)
        for (int k = 0; k < asked->n_paths[i]; k++)
            if (!count_file(asked->path[i][k], asked, &asked->side[i]))
                return false;
    for (int i = 0; i < asked->n_sides; i++)
        if (asked->side[i].n_traces == 0) {
            fprintf(stderr, "glassraft rules: no trace given%s\n",
                    i > 0 ? " after --beside" : "");
            return false;
        }
    return asked->sources == NULL ||
           find_places(&asked->side[0], asked->sources);
}

static bool is_page(const char *path)
{
    size_t length = path != NULL ? strlen(path) : 0;
    return length > 5 && strcmp(path + length - 5, ".html") == 0;
}

static void draw_one(void *context, struct viz_room room, FILE *out)
{
    const struct asked *asked = context;
    if (is_page(asked->to.output))
        figure2_html(asked->side, asked->n_sides, out);
    else
        figure2_draw(asked->side, asked->n_sides, &room, out);
}

static int draw(struct asked *asked)
{
    bool page = is_page(asked->to.output);
    size_t n;
    char *text =
        viz_fitted(page ? NULL : asked->to.format, draw_one, asked, &n);
    int code = selectors_save(&asked->to, text, n, !page);
    free(text);
    return code;
}

static int print(const struct asked *asked)
{
    bool complete = true;
    for (int i = 0; i < RULES_N; i++) {
        if (!asked->each)
            printf("%-6s", rules_rule[i].tag);
        for (int k = 0; k < asked->n_sides; k++) {
            uint64_t n = asked->side[k].rule[i].n;
            bool hidden = n == 0 && rules_is_hidden(!asked->side[k].silent, i);
            complete &= n > 0 || hidden;
            if (asked->each)
                continue;
            if (hidden)
                printf(" %10s", "?");
            else
                printf(" %10" PRIu64, n);
        }
        if (!asked->each)
            printf("  %s\n", rules_rule[i].about);
    }
    return complete ? EXIT_GOOD : EXIT_FINDING;
}

int cli_rules(int argc, char **argv)
{
    static struct asked asked;
    asked = (struct asked){.to = selectors_begin(PART_WHOLE)};
    bool asks_help = false;
    for (int i = 1; i < argc; i++)
        asks_help |= strcmp(argv[i], "--help") == 0;
    for (int i = 0; i < FIGURE2_SIDES; i++)
        asked.path[i] = must_calloc((size_t)argc, sizeof *asked.path[i]);
    int code = EXIT_USAGE;
    if (!read_options(&asked, argc, argv))
        code = asks_help ? EXIT_GOOD : EXIT_USAGE;
    else if (read_traces(&asked))
        code = asked.draw ? draw(&asked) : print(&asked);
    for (int i = 0; i < FIGURE2_SIDES; i++)
        free(asked.path[i]);
    return code;
}
