// viz_fixture.h -- traces for tests of pictures, and known pictures.
//
// After a wanted change: GLASSRAFT_GOLDEN=write build/opt/tests/test_NAME
#ifndef GLASSRAFT_VIZ_FIXTURE_H
#define GLASSRAFT_VIZ_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "harness/runner.h"
#include "trace/trace.h"
#include "viz/draw/viz.h"

// Bytes of must_stream(), to be freed by who gets them.
struct text {
    char *at;
    size_t n;
};

// The pictures as text.
struct text timeline(const struct trace_file *trace,
                     const struct viz_window *window);
struct text logs(const struct trace_file *trace, uint64_t event);
// The film of the moments that it chooses; *n gets their number.
struct text film(const struct trace_file *trace, size_t *n);

// Compares with the file at path, or writes it. Frees the text.
void compare(struct text text, const char *path);
// Graphviz takes the text without a word. Frees it.
void assert_drawable(struct text dot);

const struct lab_scenario *find_scenario(const char *name); // of any suite
// A path of this process in /tmp.
const char *temporary(void);
// Runs the tour and loads its trace; the file stays at temporary().
void write_tour(struct trace_file *trace, uint64_t seed);
// The same without the file, also of other scenarios, which must pass.
void load_scenario(struct trace_file *trace, const char *name, uint64_t seed);
void load_tour(struct trace_file *trace, uint64_t seed);
// Writes to temporary() a trace of n commands, spread over the servers.
void write_trace(int n_servers, const char *command, int n);

#endif
