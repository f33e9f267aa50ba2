// serve.h -- the web server of glassraft play.
//
// It listens on the loopback address alone. Whoever asks must know the token in
// the address, which is drawn anew each time, and must have come by that
// address: another Host or Origin is refused, so that no other page in the
// browser can play. It reads and writes nothing but the scripts of its folder.
#ifndef GLASSRAFT_SERVE_H
#define GLASSRAFT_SERVE_H

#include "table.h"

struct serve {
    struct table *table;
    int socket;
    unsigned port;
    char token[33];
};

// Takes a port (0: any that is free). False and errno.
bool serve_begin(struct serve *serve, struct table *table, unsigned port);
// The address that the browser opens; borrowed until the next call.
const char *serve_address(const struct serve *serve);
// Answers until *stop is true. False with a line on stderr: the server could
// not be started.
bool serve_run(struct serve *serve, volatile const bool *stop);

#endif
