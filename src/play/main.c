// main.c -- glassraft-play: the program behind `glassraft play`.
//
// A program of its own, so that no other command, and no run of a scenario, is
// loaded with a web server.
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/die.h"
#include "base/text.h"
#include "cli/build_raft.h"
#include "cli/cli.h"
#include "serve.h"
#include "stepper/convert.h"
#include "stepper/script.h"

static const char help[] =
    "usage: glassraft play [OPTIONS]\n\n"
    "Opens a cluster that you drive by hand in the browser: its time stands\n"
    "still, and you choose what happens next. Crash servers, cut links, lose\n"
    "or deliver each message, let timers run out, give commands; undo and "
    "redo\n"
    "as you like. A broken rule is shown at the action that breaks it. Six\n"
    "lessons have goals to reach. Ctrl-C ends it.\n\n"
    "  --raft PATH      run this Raft (as in run)\n"
    "  --servers N      servers in the cluster, 1 to 9 (default 3)\n"
    "  --seed N         seed of the servers' random numbers (default 1)\n"
    "  --script FILE    begin with the actions of this script\n"
    "  --trace TRACE    begin with the actions of this run, and stop at\n"
    "  --event N        this event, to go on in another way\n"
    "  --port P         listen on this port (default: any that is free)\n"
    "  --open           open the browser\n\n"
    "The server listens on 127.0.0.1 only, and answers only those who know\n"
    "the token in the address. Scripts are saved in the working folder.\n\n"
    "Exit code 0: ended by Ctrl-C, 2: wrong usage or input.\n\n"
    "example: glassraft play --raft labs/student --servers 5 --open\n";

struct arguments {
    const char *raft, *script, *trace;
    uint64_t servers, seed, port, event;
    bool help, open;
};

static volatile bool stop;

static void on_signal(int number)
{
    (void)number;
    stop = true;
}

static bool refuse_usage(const char *what, const char *expected)
{
    fprintf(stderr, "glassraft play: %s: %s\n", what, expected);
    return false;
}

static void take(struct options *o, struct arguments *a)
{
    if (options_is(o, "--help"))
        a->help = true;
    else if (options_is(o, "--raft"))
        a->raft = options_value(o);
    else if (options_is(o, "--script"))
        a->script = options_value(o);
    else if (options_is(o, "--trace"))
        a->trace = options_value(o);
    else if (options_is(o, "--servers"))
        a->servers = options_number(o);
    else if (options_is(o, "--seed"))
        a->seed = options_number(o);
    else if (options_is(o, "--port"))
        a->port = options_number(o);
    else if (options_is(o, "--event"))
        a->event = options_number(o);
    else if (options_is(o, "--open"))
        a->open = true;
    else {
        refuse_usage(o->now, "unexpected argument");
        o->failed = true;
    }
}

// ------------------------------------------------------------- the beginning

// The actions that a script's trace names, up to an event (0: all).
static bool add_actions(FILE *out, char *text, uint64_t event)
{
    bool any = false;
    for (char *line = text, *next; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        cJSON *root = cJSON_Parse(line);
        const cJSON *servers = cJSON_GetObjectItem(root, "servers");
        const cJSON *n = cJSON_GetObjectItem(root, "n");
        const char *topic =
            cJSON_GetStringValue(cJSON_GetObjectItem(root, "topic"));
        const char *action =
            cJSON_GetStringValue(cJSON_GetObjectItem(root, "text"));
        if (cJSON_IsNumber(servers))
            fprintf(out, "servers %d\n", servers->valueint);
        bool over =
            event > 0 && cJSON_IsNumber(n) && n->valuedouble > (double)event;
        if (!over && topic != NULL && strcmp(topic, "script") == 0 &&
            action != NULL && strncmp(action, "skipped: ", 9) != 0) {
            fprintf(out, "%s\n", action);
            any = true;
        }
        cJSON_Delete(root);
        if (over)
            break;
    }
    return any;
}

// Of any other trace: what its events say was done.
static char *converted(const struct arguments *a, const struct table *table)
{
    struct trace_file trace;
    struct script script;
    char error[300], *text = NULL;
    if (!trace_load(&trace, a->trace)) {
        fprintf(stderr, "glassraft play: %s\n", trace.error);
        return NULL;
    }
    size_t n = trace.n_events;
    while (a->event > 0 && trace.n_events > 0 &&
           trace.event[trace.n_events - 1].n > a->event)
        trace.n_events--;
    if (convert(&table->run, &trace, false, &script, error)) {
        text = script_format(&script);
        script_free(&script);
    } else {
        refuse_usage(a->trace, error);
    }
    trace.n_events = n;
    trace_unload(&trace);
    return text;
}

static char *script_of_trace(const struct arguments *a,
                             const struct table *table, char *trace)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    bool any = add_actions(out, trace, a->event);
    fclose(out);
    free(trace);
    if (any)
        return text;
    free(text);
    return converted(a, table);
}

// malloc'd; NULL with a line on stderr.
static char *first_script(const struct arguments *a, const struct table *table)
{
    const char *path = a->trace != NULL ? a->trace : a->script;
    size_t n, most = a->trace != NULL ? 256 << 20 : TABLE_SCRIPT;
    char error[300];
    struct script script;
    if (path == NULL) {
        char *text = must_malloc(20);
        snprintf(text, 20, "servers %d\n", (int)a->servers);
        return text;
    }
    char *text = text_read_file(path, most, &n);
    if (text == NULL) {
        refuse_usage(path, strerror(errno));
        return NULL;
    }
    if (a->trace != NULL && (text = script_of_trace(a, table, text)) == NULL)
        return NULL;
    if (!script_parse(path, text, &script, error)) {
        fprintf(stderr, "%s\n", error);
        free(text);
        return NULL;
    }
    script_free(&script);
    return text;
}

static bool fits(const struct arguments *a)
{
    if (a->servers < 1 || a->servers > STEP_SERVERS)
        return refuse_usage("--servers", "expected 1 to 9");
    if (a->port > 65535)
        return refuse_usage("--port", "expected 0 to 65535");
    if (a->script != NULL && a->trace != NULL)
        return refuse_usage("--script and --trace", "expected one of them");
    if (a->event > 0 && a->trace == NULL)
        return refuse_usage("--event", "needs --trace");
    return true;
}

static bool take_raft(const struct arguments *a, struct table *table)
{
    static char object[4096];
    static const struct sandbox sandbox = {.own = true, .cpu_s = 5};
    const char *path = a->raft != NULL ? a->raft : student_default(false);
    table->raft = path != NULL ? path : "the reference";
    table->run.seed = a->seed;
    if (path == NULL)
        return true;
    table->run.given = a->raft;
    table->run.raft = object;
    if (sandbox_stands(&sandbox))
        table->run.sandbox = &sandbox;
    return student_raft(path, object, sizeof object);
}

// ------------------------------------------------------------- the server

static void open_browser(const char *address)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("xdg-open", "xdg-open", address, (char *)NULL);
        fprintf(stderr, "glassraft play: --open: xdg-open: %s\n",
                strerror(errno));
        _exit(127);
    }
}

static int serve(const struct arguments *a, struct table *table)
{
    struct serve server;
    char what[30];
    if (!serve_begin(&server, table, (unsigned)a->port)) {
        snprintf(what, sizeof what, "port %" PRIu64, a->port);
        refuse_usage(what, strerror(errno));
        return EXIT_USAGE;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    printf("%s\n", serve_address(&server));
    if (fflush(stdout) != 0) {
        refuse_usage("standard output", strerror(errno));
        return EXIT_USAGE;
    }
    if (a->open)
        open_browser(serve_address(&server));
    return serve_run(&server, &stop) ? EXIT_GOOD : EXIT_BUG;
}

int main(int argc, char **argv)
{
    struct arguments a = {.servers = 3, .seed = 1};
    struct options o = options_begin(argc, argv, "play");
    while (!a.help && options_next(&o) != NULL)
        take(&o, &a);
    if (a.help)
        fputs(help, stdout);
    if (a.help || o.failed || !fits(&a))
        return a.help ? EXIT_GOOD : EXIT_USAGE;
    struct table table = {.scripts = "."};
    char *script = take_raft(&a, &table) ? first_script(&a, &table) : NULL;
    table.script = script;
    int code = EXIT_USAGE;
    if (script != NULL && table_begin(&table)) {
        code = serve(&a, &table);
        table_end(&table);
    }
    free(script);
    return code;
}
