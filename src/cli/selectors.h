// selectors.h -- the arguments by which all pictures choose their part.
//
//     struct selectors s = selectors_begin(PART_READABLE);
//     struct options o = options_begin(argc, argv, "timeline");
//     for (const char *arg; (arg = options_next(&o)) != NULL;)
//         if (selectors_read(&s, &o)) continue;
//         else if (options_is(&o, "--numbers")) numbers = true;
//         else if (options_rest(&o)) s.trace = arg;
//     return selectors_draw(&s, &o, 0, true, draw, &numbers);
#ifndef GLASSRAFT_SELECTORS_H
#define GLASSRAFT_SELECTORS_H

#include <stdio.h>

#include "viz/draw/window.h"
#include "cli.h"

struct selectors {
    const char *trace, *output; // -o; NULL = standard output
    struct part_asked asked;
    enum part_extent extent;
    bool print;                      // in greys
    const struct viz_format *format; // NULL: as it comes
    // Load the needed kinds from the trace's beginning on, whatever the part,
    // for what has to be replayed; the window tells the part.
    bool replayed;
};

// The lines of --help for them.
extern const char selectors_help[];

struct selectors selectors_begin(enum part_extent extent);

// Takes the option at hand, with its value, if it is one of the selectors, -o
// or --heartbeats.
bool selectors_read(struct selectors *s, struct options *o);

// Takes an argument that is no option: the trace. A second one fails.
void selectors_trace(struct selectors *s, struct options *o, const char *path);

// Microseconds of a time as people write it: 1500 (ms), 20ms, 1.5s, 300us.
bool selectors_time(const char *text, uint64_t *us);

// The same for --theme and --for, of pictures.
#define SELECTORS_THEME                                                        \
    "  --theme print    draw in greys for paper (default: in colour)\n"        \
    "  --for KIND       fit size and type to a slide (16:9), a column (of a\n" \
    "                   paper), a readme or a screen; a .png is 1920 x "       \
    "1080,\n"                                                                  \
    "                   1000, 880 wide, or 1440 x 900 pixels\n"
bool selectors_theme(struct selectors *s, struct options *o);

// Loads the part that is asked for (kinds as for part_load()). False when
// the command is over: an argument was wrong, the trace is missing or has no
// such part; one line was printed and *status is the exit code. True: *status
// is 0, or 2 for a damaged file, of which the events before the damage are
// there.
bool selectors_load(const struct selectors *s, const struct options *o,
                    uint64_t kinds, struct part *part, int *status);

// Writes a picture or a text to the output, whole or not at all: a .svg or
// .png is drawn by dot, in greys if so asked. Control characters and marks of
// direction that came with the trace are replaced, in `text` itself. The exit
// code.
int selectors_save(const struct selectors *s, char *text, size_t n,
                   bool picture);

// All of the above for a picture (or text) of one part: loads, lets draw write
// part->trace and part->window to out, saves. The exit code.
int selectors_draw(const struct selectors *s, const struct options *o,
                   uint64_t kinds, bool picture,
                   void (*draw)(const struct part *part, void *context,
                                FILE *out),
                   void *context);

// A whole command that has no options but the selectors.
struct selectors_command {
    const char *about, *example; // of --help
    bool replayed;
    uint64_t kinds;
    void (*draw)(const struct part *part, void *context, FILE *out);
};
int selectors_command(int argc, char **argv,
                      const struct selectors_command *command);

#endif
