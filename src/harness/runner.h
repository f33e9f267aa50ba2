// runner.h -- runs scenarios: a forked child for each scenario and seed.
//
// A child runs one scenario with one seed, simulated or real, under limits of
// its own, and sends its result through a pipe; a crash, a hang or an exit of
// the code under test is that run's failure and nobody else's.
#ifndef GLASSRAFT_RUNNER_H
#define GLASSRAFT_RUNNER_H

#include <stdio.h>

#include "check/check.h"
#include "sim/sim.h"
#include "lab.h"
#include "sandbox/sandbox.h"

struct lab_run;
struct lab_result;
struct met;

// Who gets what runs met (check/met.h) and the counters of their Raft
// (counters.h): once for each run, in the order that their results are told in,
// also when the run crashed or was ended.
struct lab_cover {
    size_t n; // counters of the object; 0: none, and NULL is given
    void (*take)(void *context, const struct lab_run *run,
                 const struct lab_result *result, const struct met *met,
                 const uint64_t *counters);
    void *context;
};

enum { LAB_MEMORY = 1 << 30 }; // bytes, of a run in the sandbox

struct lab_run {
    const struct lab_scenario *scenario;
    uint64_t seed;
    unsigned draw; // the same seed once more, all drawn anew; 0 = the first
    bool real;
    bool unchecked;           // without the checker
    bool mute;                // the Raft gets no trace to tell itself to
    enum sim_policy schedule; // 0: rotated by seed
    const char *raft;  // shared object of the Raft under test; NULL: reference
    const char *given; // where it came from, for replays
    const char *given_kv; // the same of a service that is in the object
    unsigned lab; // only what labs 1 .. lab teach is asked; 0 = everything
    uint64_t
        crash_at; // the server that reaches this crash point dies; 0 = none
    const char *trace;  // write it here, passed or failed; NULL = only failed
    const char *script; // what a stepped scenario does; NULL = nothing
    const char *path;   // of the script, for replays
    const char *sanitizer; // file for what a sanitizer prints; NULL = nowhere
    bool quiet;            // what the code prints is dropped: it is known
    const char *out;       // folder for what failing runs leave; NULL = nothing
    const struct sandbox *sandbox; // for a Raft that is given; NULL = none
    uint64_t memory_bytes; // without one: that it may get; 0 = any number
    bool shown;            // what a run in a sandbox prints is shown, not kept
    // Of its outcome only kind and rule are told; nothing else leaves the
    // sandbox, and the seed does not enter it.
    bool secret;
    // Its events are written, as they happen, to a file that it cannot take
    // back; and if it passes they are judged there, once more, by a process in
    // which no Raft has run, and must be those of the scenario (NULL: not).
    bool story;
    const struct lab_milestones *audited;
    bool endless;                  // its time on the processor has no limit
    bool hashed;                   // the seed is what lab_drawn() gave
    const struct lab_cover *cover; // gets its counters; NULL = none
};

// The least that was seen of a scenario's events: acts, answers to what it
// asks, faults and what changes the network, applies, in virtual milliseconds.
struct lab_milestones {
    const char *scenario; // NULL ends a table
    uint64_t n_acts, n_checks, n_faults, n_applies, ms;
};

// What was made of a trace for its readers: paths, "" = nothing.
enum { LAB_PICTURES = 4 };
struct lab_left {
    char look[400]; // the rule and the code that the story leads to
    char story[200];
    uint64_t n_facts; // that it tells
    char picture[LAB_PICTURES][200];
};

// The property of a run that could not be made: no verdict on anybody.

// What a run's servers cost, and what they did that raft_kill() forbids.
struct lab_prices {
    // Bytes in InstallSnapshot calls, and those of the snapshots that services
    // got so.
    uint64_t snapshot_sent, snapshot_needed;
    int most_calls; // under way at a time from one server to another
    // Begun after raft_kill() had returned: applies and saves, but for the one
    // of each that may have been about to begin; all calls; and calls into the
    // server that it answered.
    int late_applied, late_saved, late_called, late_answered;
};

struct lab_result {
    bool passed;
    bool figure2; // its messages are those of wire/figure2.h
    // The schedule did not come about, and text says why; passed is true.
    bool not_set_up;
    unsigned n_drawn_again;     // draws before this one, which were not set up
    char property[48], tag[16]; // of a finding; "" otherwise
    char text[4000];            // why it failed, sentences
    uint64_t events[CHECK_SHOWN], n_shown;
    char stack[1000]; // functions at work at a judge's finding; "" = not known
    uint64_t virtual_us, n_calls, n_bytes, n_commands, n_events, hash;
    uint64_t n_points; // crash points passed: saves (twice), sends, answers
    uint64_t real_us;
    struct lab_prices prices;
    char folder[160], trace[200]; // what was left; "" = nothing
    char sanitizer[200];          // the same
    // Variables of the object that servers have written, in their copies: where
    // a run of bytes begins in the object, and who (a bit each).
    struct {
        uint64_t at, servers;
    } written[32];
    uint64_t n_written;
    char shared[500];     // what is said of them; "" = nothing
    struct lab_left left; // the runner leaves this to its callers
    bool stalled;         // "time", because it stood still
    char printed[1600];   // by a run in a sandbox, its beginning; as it came
};

// What a run draws comes from four streams of numbers.
enum lab_stream {
    LAB_SCHEDULE, // which thread runs, stands still, is woken; clocks
    LAB_NETWORK,  // delays, losses, duplicates
    LAB_FAULTS,   // all that the scenario draws; whether servers are born old
    LAB_PROGRAM,  // raft_config.seed, and what the Raft gets from random()
    LAB_STREAMS
};
// Seeds below this one can be found by trying.
#define LAB_SMALL_SEED ((uint64_t)1 << 32)
// The number that a run draws a stream from: its seed, if it is small, else
// one from which nobody finds the seed; of a composed seed that of a part.
uint64_t lab_drawn(const struct lab_run *run, enum lab_stream stream);

// A seed may be composed of others, so that a run that was worth it can be
// varied. Written in hexadecimal,
//     0xc05e SSS NNN FFF PPP  takes the schedule from seed SSS, the network
//                             from NNN, the faults from FFF, the program's
//                             numbers from PPP;
//     0xc05f AAAA BBBB TTTT   takes all from AAAA, and from TTTT hundredths of
//                             a virtual second on what BBBB begins with.
// No part is 0. All other seeds are not composed.
struct lab_parts {
    uint64_t seed[LAB_STREAMS]; // the same four times where until_ms > 0
    uint64_t then, until_ms;    // 0: the first form
};
enum { LAB_MOST_PART = 0xfff }; // of the first form
bool lab_parts_of(uint64_t seed, struct lab_parts *parts);
// In whole hundredths of a second, at least one, at most 655.35 s.
uint64_t lab_compose(const struct lab_parts *parts);

// The run's scenario as its seed draws it; borrowed until the next call.
const struct lab_scenario *lab_scenario_of(const struct lab_run *run);

// Runs one in a child and waits for it.
void lab_run_one(const struct lab_run *run, struct lab_result *result);

// Many runs side by side.
struct lab_sweep {
    int n_jobs; // at a time, 1 to 64
    // Fills in the next run; false: there is none.
    bool (*next)(void *context, struct lab_run *run);
    // Asked when next() had none and all results were told: has it some now?
    // NULL: no.
    bool (*more)(void *context);
    // Gets the results in the order of next(), each once; false: enough, the
    // runs under way are finished but not told.
    bool (*done)(void *context, const struct lab_run *run,
                 const struct lab_result *result);
    // Asked now and then, at least when a signal arrived: true ends the runs
    // under way at once. NULL: never.
    bool (*stopped)(void *context);
    void *context;
};

void lab_run_many(const struct lab_sweep *sweep);

// Makes the folder for what this run leaves, OUT/SCENARIO-SEED, and its name;
// false with one line on stderr.
bool lab_run_folder(const struct lab_run *run, char *folder, size_t n);

// The report of a failure, as people read it; and the line of a pass.
void lab_print_failure(FILE *out, const struct lab_run *run,
                       const struct lab_result *result);
// The command that makes a script of this failing run; like snprintf. "" and 0
// where a script cannot show it: no rule of safety, or no Raft in the run.
size_t lab_shrink(const struct lab_run *run, const struct lab_result *result,
                  char *out, size_t n);
// Only what failed, and how: for failures that follow others of their scenario.
void lab_print_brief(FILE *out, const struct lab_run *run,
                     const struct lab_result *result);
// The line on variables that servers share; nothing for "".
void lab_print_shared(FILE *out, const char *shared);
void lab_print_pass(FILE *out, const struct lab_run *run,
                    const struct lab_result *result);
// Options that a replay of this run needs besides scenario and seed, each with
// a blank before it; borrowed until the next call.
const char *lab_run_options(const struct lab_run *run);
// The lines of a report on story and pictures, where there are some.
void lab_print_left(FILE *out, const struct lab_left *left);
// The command that repeats the run; like snprintf. "" and 0 where the scenario
// has no body: a trace of others, which is not ours to run.
size_t lab_replay(const struct lab_run *run, char *out, size_t n);
// The same into a JSON object (a cJSON): story, pictures.
struct cJSON;
void lab_add_left(struct cJSON *object, const struct lab_left *left);
// One JSON object on a line.
void lab_print_json(FILE *out, const struct lab_run *run,
                    const struct lab_result *result);

// What a child sends when its run is over. A result counts only with the
// cookie that the parent drew for it.
struct lab_message {
    uint8_t cookie[16];
    struct lab_result result;
};

// The ends of a child: the pipe for its message, and of a run in a sandbox a
// file for what is printed and one for the trace (-1: none).
struct lab_channel {
    uint8_t cookie[16];
    struct sandbox_files files;
};

// child.c: the body of a child; sends its message and ends.
_Noreturn void lab_child(const struct lab_run *run,
                         const struct lab_channel *channel);

#endif
