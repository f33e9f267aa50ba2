// addr2line.h -- addr2line's answer, taken apart where it stands.
//
// The answer is lines of text: for each place a function and "path:line". All
// of this works in the middle of malloc(): nothing is allocated or locked.
#ifndef GLASSRAFT_ADDR2LINE_H
#define GLASSRAFT_ADDR2LINE_H

// Cuts the next line off an answer and moves on; "" when there is no more.
// Lives as long as the answer.
char *addr2line_next(char **answer);

// The path's last part, "file.c:12", without the note on discriminators,
// which is cut off in the path too.
const char *addr2line_file(char *path);

#endif
