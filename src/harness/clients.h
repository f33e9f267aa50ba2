// clients.h -- clients of a scenario's key/value service, and what they saw.
//
// A client has a clerk of the service under test. What it asks and is answered
// becomes events, and when the scenario is over, that must be what one machine
// could have answered (check_clients()), or the run fails.
//
//     struct client *client = client_make(lab);
//     client_put(client, "a", "1");
//     client_kill(client);
//
// A scenario can also play a client without a clerk, that forgets, repeats or
// asks whom it likes: it opens a session, and sends a request as often, and to
// as many servers, as the story wants.
//
//     client_register(client, 0);
//     struct asked *asked = client_begin(client, KV_PUT, "a", "1", NULL);
//     client_send(client, asked, 0, 500);
//     client_send(client, asked, 1, 500);
//
// Keys and values are texts. A client does one thing at a time, but for
// client_send() and client_kill(), which any thread may call.
#ifndef GLASSRAFT_CLIENTS_H
#define GLASSRAFT_CLIENTS_H

#include "lab.h"
#include "wire/service.h"

struct client;

// A new client, which reaches all servers; there until the lab ends. Its
// number, from 1 on.
struct client *client_make(struct lab *lab);
int client_number(const struct client *client);
// From now on it reaches only the servers whose bits are set.
void client_reach(struct client *client, unsigned servers);
// It dies: what it is asking stays open, and it asks no more.
void client_kill(struct client *client);

// Through the clerk, and as often as that takes. False: the clerk gave up, so
// nobody knows what became of it. The value of a get is borrowed for the life
// of the lab. A cas says in *done whether it met what it expected.
bool client_get(struct client *client, const char *key, const char **value);
bool client_put(struct client *client, const char *key, const char *value);
bool client_append(struct client *client, const char *key, const char *value);
bool client_cas(struct client *client, const char *key, const char *expected,
                const char *value, bool *done);

// Without a clerk. client_register() asks one server for a session, and waits
// for so long; without a session, what is sent happens each time.
enum sent { SENT_SILENT, SENT_WRONG_LEADER, SENT_ANSWERED, SENT_EXPIRED };
enum sent client_register(struct client *client, int server, uint64_t ms);
struct asked;
// An operation begins; owned by the lab. In a session it gets the next number.
struct asked *client_begin(struct client *client, enum kv_kind kind,
                           const char *key, const char *value,
                           const char *expected);
// Sends it to a server and waits for so long. The first answer that is one ends
// the operation. A session that is gone leaves it open.
enum sent client_send(struct client *client, struct asked *asked, int server,
                      uint64_t ms);
enum kv_kind asked_kind(const struct asked *asked);
// What a get was answered, or what a cas met that was refused; NULL before
// that.
const char *asked_value(const struct asked *asked);
// Was a cas done?
bool asked_done(const struct asked *asked);

// Waits until no clerk is asking, for so long at most, and fails after that.
void lab_clients_await(struct lab *lab, uint64_t ms);
// Are all clients so far no more than the sessions that a service keeps?
bool lab_sessions_fit(struct lab *lab);
// How many sessions its servers have to keep.
size_t lab_kept_sessions(const struct lab *lab);
// Operations that were answered so far.
int lab_n_answered(struct lab *lab);
// The longest that one has taken which began at this time (now_ms()) or later,
// and is over; milliseconds.
uint64_t lab_longest_ms(struct lab *lab, uint64_t since_ms);

// For the harness.
struct lab_clients *lab_clients_make(struct lab *lab);
void lab_clients_free(
    struct lab_clients *clients); // when the network has stopped

#endif
