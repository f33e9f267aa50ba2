// words.h -- an event in a few words, for columns of text.
//
// RV is RequestVote, AE AppendEntries, IS InstallSnapshot; "S2>" from S2, ">S2"
// to S2; "IS ..19 @256-356." bytes 256 to 356 of the snapshot up to index 19,
// the last ones, "has @356" an answer that it has so many. What comes from the
// trace's texts is made harmless for a terminal.
#ifndef GLASSRAFT_WORDS_H
#define GLASSRAFT_WORDS_H

#include "scene.h"

// What a server's event says; m is its message, or NULL. False for what is
// bookkeeping (next_index, persist ...) or says nothing new (an applied entry,
// a refused command); the words are there all the same.
bool say_event(const struct trace_event *event, const struct scene_message *m,
               char *text, size_t n);

// What an event of the harness, of the network as a whole or of the scenario
// says; false when it is none of these.
bool say_whole(const struct trace_event *event, char *text, size_t n);

// "RV", "AE 8..9", "IS": a request without its ends.
void say_request(const char *rpc, const struct scene_message *m, char *text,
                 size_t n);

// Replaces what a terminal could obey: control characters, of C1 too. Drops
// what is left at the end of a character that was cut.
void say_harmless(char *text);

// The clocks that run at another speed from this event on, "S1, S3: clock at
// 15 %"; false when it is no such event, or not the first of that moment.
bool say_clocks(const struct trace_file *trace, size_t at, char *text,
                size_t n);

#endif
