// import_fixture.h -- a text is imported; what the trace says, and what is
// judged of it.
#ifndef GLASSRAFT_IMPORT_FIXTURE_H
#define GLASSRAFT_IMPORT_FIXTURE_H

#include "import/import.h"

// Of the last import.
extern char trace[1 << 20], error[400];
extern struct import_tally tally;

// As dslogs with more patterns (NULL: none), or as etcd's.
bool import_text(bool dslogs, const char *text, const char *patterns);
void says(const char *part);
void says_not(const char *part);
// The first finding in the trace, or what is found in the end, by its stable
// name; "" for none.
const char *finding(void);

#endif
