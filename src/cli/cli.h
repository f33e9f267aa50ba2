// cli.h -- the subcommands of glassraft, one file each.
//
// A subcommand gets its own argument vector (argv[0] is its name) and returns
// the exit code: 0 good, 1 a finding or failure, 2 wrong usage or input, 70
// our own bug. `--help` prints usage with an example and returns 0.
#ifndef GLASSRAFT_CLI_H
#define GLASSRAFT_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXIT_GOOD = 0, EXIT_FINDING = 1, EXIT_USAGE = 2, EXIT_BUG = 70 };

int cli_run(int argc, char **argv);      // run.c
int cli_explore(int argc, char **argv);  // explore.c
int cli_shrink(int argc, char **argv);   // shrink.c
int cli_merge(int argc, char **argv);    // merge.c
int cli_grade(int argc, char **argv);    // grade.c
int cli_rules(int argc, char **argv);    // rules.c
int cli_list(int argc, char **argv);     // list.c
int cli_demo(int argc, char **argv);     // demo.c
int cli_check(int argc, char **argv);    // check.c
int cli_timeline(int argc, char **argv); // timeline.c
int cli_past(int argc, char **argv);     // timeline.c
int cli_history(int argc, char **argv);  // history.c
int cli_log(int argc, char **argv);      // log.c
int cli_columns(int argc, char **argv);  // columns.c
int cli_page(int argc, char **argv);     // page.c
int cli_why(int argc, char **argv);      // why.c
int cli_strip(int argc, char **argv);    // strip.c
int cli_join(int argc, char **argv);     // join.c
int cli_import(int argc, char **argv);   // import.c
int cli_sheet(int argc, char **argv);    // sheet.c
int cli_roles(int argc, char **argv);    // roles.c
int cli_terms(int argc, char **argv);    // terms.c
int cli_diff(int argc, char **argv);     // diff.c
int cli_gdb(int argc, char **argv);      // gdb.c
int cli_play(int argc, char **argv);     // play.c
int cli_export(int argc, char **argv);   // export.c
int cli_doctor(int argc, char **argv);   // doctor.c
int cli_schema(int argc, char **argv);   // schema.c
int cli_version(int argc, char **argv);  // version.c

// options.c: one pass over the arguments of a subcommand.
//
//     struct options o = options_begin(argc, argv, "run");
//     for (const char *arg; (arg = options_next(&o)) != NULL;)
//         if (options_is(&o, "--json")) json = true;
//         else if (options_is(&o, "--seed")) seed = options_number(&o);
//         else if (options_rest(&o)) names[n++] = arg;
//     if (o.failed) return EXIT_USAGE;
//
// A wrong argument prints one line on stderr and sets failed.
struct options {
    int argc, at;
    char **argv;
    const char *command, *now;
    bool failed;
};

struct options options_begin(int argc, char **argv, const char *command);
const char *options_next(struct options *o); // NULL at the end or on failure
bool options_is(const struct options *o, const char *name);
const char *options_value(struct options *o); // "" and failed when missing
uint64_t options_number(struct options *o);   // decimal or 0x...
uint64_t options_time(struct options *o);     // 60, 60s, 10m, 2h, in seconds
bool options_range(struct options *o, uint64_t *first, uint64_t *last); // A..B
bool options_shard(struct options *o, uint64_t *shard, uint64_t *n);    // I/N
bool options_rest(struct options *o); // not an option; else fails
bool options_parse(const char *text, uint64_t *number);
// All of an output at once: into the file of -o, or to stdout where there is
// none (NULL). False with a line on stderr.
bool options_output(const char *path, const char *text, size_t n);

#endif
