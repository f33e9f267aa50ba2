// clients_fixture.h -- stories of clients, event by event.
//
// A story has three servers and clients; each event comes a millisecond after
// the one before. There is one story at a time.
#ifndef GLASSRAFT_CLIENTS_FIXTURE_H
#define GLASSRAFT_CLIENTS_FIXTURE_H

#include "check/clients.h"

extern struct clients_story {
    struct clients *clients;
    uint64_t n, msg;
} story;

int clients_setup(void **state);
int clients_teardown(void **state);
#define STORY(test)                                                            \
    cmocka_unit_test_setup_teardown(test, clients_setup, clients_teardown)

uint64_t tells(struct trace_event event);
#define STEP(where, ...)                                                       \
    tells((struct trace_event){.node = (where), .kind = __VA_ARGS__})
#define NO_SERVER ((uint64_t)TRACE_NONE)

uint64_t invoke(int client, const char *call, const char *key,
                const char *value);
const struct clients_operation *operation_of(uint64_t invocation);
// A request of the operation arrives at a server; gives its number.
uint64_t request(uint64_t invocation, int server);
// The server that it has just reached takes it as an entry.
void take(int server, uint64_t index, uint64_t term);
void applies(int server, uint64_t index, uint64_t term);
void ends(uint64_t invocation, const char *result, const char *value,
          uint64_t cause);
// The server answers the request, and the client takes that answer.
void answer(uint64_t invocation, uint64_t msg, int server, const char *value);
// An operation from end to end, at one server.
void does(int client, int server, uint64_t index, uint64_t term,
          const char *call, const char *value, const char *answered);

void assert_legal(void);
void assert_wrong(const char *text, const char *tag, const char *reason);

#endif
