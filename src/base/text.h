// text.h -- texts of strangers, made fit for reports.
//
// What a submission prints, what a compiler says about it and what its files
// are called ends up in JSON, XML, TAP, CSV and on terminals. All of it goes
// through text_clean() first.
#ifndef GLASSRAFT_TEXT_H
#define GLASSRAFT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// Valid UTF-8 without control characters (but newline and tab), escape
// sequences and marks that turn the direction of writing; what is not is left
// out, or becomes U+FFFD. At most n-1 bytes; "..." stands at the end of what
// was cut. In and out may not overlap.
void text_clean(const char *in, char *out, size_t n);
// A malloc'd copy, cleaned.
char *text_cleaned(const char *in, size_t most);

// Text in XML, also for attributes.
void text_xml(FILE *out, const char *text);
// A cell of CSV (RFC 4180), which no spreadsheet takes for a formula.
void text_csv(FILE *out, const char *text);

// Replaces each `what` by `with`, in place, in a buffer of n bytes.
void text_replace(char *text, size_t n, const char *what, const char *with);

// A number, decimal or 0x...
bool text_number(const char *text, uint64_t *number);
// A number of JSON, whole: what is below 0, or none, is 0; what is too large
// is the largest.
uint64_t text_whole(double number);
// Two of them with this between them, "1..20", the first not the greater.
bool text_pair(const char *text, const char *between, uint64_t *first,
               uint64_t *second);

// The whole file, NUL behind it; malloc'd. NULL and errno on failure, EFBIG
// when it is longer than that.
char *text_read_file(const char *path, size_t most, size_t *n);
// Writes the file as a whole or not at all, by a temporary name. False with a
// line on stderr.
bool text_write_file(const char *path, const char *text, size_t n);

#endif
