// cli.h -- the subcommands of glassraft, one file each.
//
// A subcommand gets its own argument vector (argv[0] is its name) and returns
// the exit code: 0 good, 1 a finding or failure, 2 wrong usage or input, 70
// our own bug. `--help` prints usage with an example and returns 0.
#ifndef GLASSRAFT_CLI_H
#define GLASSRAFT_CLI_H

enum { EXIT_GOOD = 0, EXIT_FINDING = 1, EXIT_USAGE = 2, EXIT_BUG = 70 };

int cli_run(int argc, char **argv);      // run.c
int cli_list(int argc, char **argv);     // list.c
int cli_check(int argc, char **argv);    // check.c
int cli_timeline(int argc, char **argv); // timeline.c
int cli_log(int argc, char **argv);      // log.c
int cli_columns(int argc, char **argv);  // columns.c
int cli_schema(int argc, char **argv);   // schema.c
int cli_version(int argc, char **argv);  // version.c

#endif
