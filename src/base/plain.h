// plain.h -- texts of strangers, made fit for a terminal.
//
// What a Raft calls its threads, asserts and notes ends up in reports. A
// terminal would obey what is written in it.
#ifndef GLASSRAFT_PLAIN_H
#define GLASSRAFT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

// Valid UTF-8 without control characters (but newline and tab), escape
// sequences, and marks that turn the direction of writing, end lines, or have
// no width; what is not is left out, or becomes U+FFFD. At most n-1 bytes;
// "..." stands at the end of what was cut. In and out may not overlap.
void plain_text(const char *in, char *out, size_t n);

// The same for n bytes of a whole output, in place and without a change of its
// length: a control character becomes '?' or U+00BF, a mark U+FFFD or U+00BF
// (and '?', where it had four bytes). What a program writes to colour a line
// (ESC, '[', digits and ';', 'm') stays if `colours`.
void plain_output(char *text, size_t n, bool colours);

// The same for what stands as \uXXXX in JSON, which becomes \ufffd: in a page
// it would be text again.
void plain_escapes(char *json, size_t n);

// Length of the UTF-8 character at s, of at most n bytes; 0 when it is none.
size_t utf8_size(const char *s, size_t n);

#endif
