// check_fixture.h -- small traces by hand, judged while they are told.
//
// A story has three servers, S1 to S3, that have booted. Each event comes a
// millisecond after the one before; what a server does between the receipt of
// a request and its reply has that receipt as its cause. Steps return the
// number of their event and go on after a finding, so that a test tells all
// of its story and then says what was found, or that nothing was:
//
//     uint64_t first = elects(0, 1, 1);
//     stand(2, 1);
//     uint64_t second = lead(2, 1);
//     assert_broken("election-safety", "P.1", SHOWN(second, first), OF(2, 0));
#ifndef GLASSRAFT_CHECK_FIXTURE_H
#define GLASSRAFT_CHECK_FIXTURE_H

#include "check/check.h"
#include "wire/figure2.h"

// For each test: a story begins, and is freed.
int story_setup(void **state);
int story_teardown(void **state);
#define STORY(test)                                                            \
    cmocka_unit_test_setup_teardown(test, story_setup, story_teardown)

// Another story in the same test.
void begin_story(void);
// Another one, in which nobody boots and the Rafts tell nothing of themselves.
void begin_silent_story(void);
int silent_setup(void **state);
#define SILENT(test)                                                           \
    cmocka_unit_test_setup_teardown(test, silent_setup, story_teardown)
// The checker of this story.
struct check *story_check(void);
// Time passes.
void wait_us(uint64_t us);

// ------------------------------------------------------------ steps

uint64_t step(int server, struct trace_event event);
#define STEP(server, ...) step(server, (struct trace_event){__VA_ARGS__})

// Takes over a term, unless the server is in it.
void take_term(int server, uint64_t term);
// Stands for election and votes for itself; gives the number of its role.
uint64_t stand(int server, uint64_t term);
uint64_t vote(int voter, int candidate, uint64_t term);
uint64_t lead(int server, uint64_t term);
uint64_t follow(int server, uint64_t term); // from whatever role it has
// All of that, in a majority of two; gives the number of the leader's role.
uint64_t elects(int leader, int voter, uint64_t term);
uint64_t appends(int server, uint64_t index, uint64_t term,
                 const char *command);
uint64_t time_out(int server, uint64_t waited_us);
uint64_t commit(int server, uint64_t from, uint64_t to);
uint64_t apply(int server, uint64_t index, uint64_t term, const char *command);
uint64_t truncate_at(int server, uint64_t index);
// Saves a state without a snapshot, with a log that ends so.
uint64_t persists(int server, uint64_t term, int voted_for, uint64_t last_index,
                  uint64_t last_term);

// In the place of a silent Raft: its state is on its disk, without a snapshot.
uint64_t saves(int server, uint64_t term, int voted_for, uint64_t last_index,
               uint64_t last_term);
// It crashes and comes back.
uint64_t restarts(int server);

// S1 leads term 1 with S2's vote, and each of the two has n entries of term 1.
// Gives the number of the leader's role.
uint64_t replicates(uint64_t n);

// ------------------------------------------------------------ messages

// A request leaves, gives its message's number; rpc is of figure2_rpcs[].
uint64_t story_send(int from, int to, int rpc, const void *args);
#define ASK_VOTE(from, to, ...)                                                \
    story_send(from, to, RPC_REQUEST_VOTE,                                     \
               &(struct request_vote_args){__VA_ARGS__})
#define APPEND_ENTRIES(from, to, ...)                                          \
    story_send(from, to, RPC_APPEND_ENTRIES,                                   \
               &(struct append_entries_args){__VA_ARGS__})
#define INSTALL_SNAPSHOT(from, to, ...)                                        \
    story_send(from, to, RPC_INSTALL_SNAPSHOT,                                 \
               &(struct install_snapshot_args){__VA_ARGS__})
// Entries of an AppendEntries by their terms.
#define ENTRIES(...)                                                           \
    {                                                                          \
        (struct message_entry[]){__VA_ARGS__},                                 \
            sizeof(struct message_entry[]){__VA_ARGS__} /                      \
                sizeof(struct message_entry)                                   \
    }

uint64_t receive(uint64_t msg); // the request; it is handled from now on
uint64_t story_reply(uint64_t msg, const void *reply);
#define ANSWER_VOTE(msg, ...)                                                  \
    story_reply(msg, &(struct request_vote_reply){__VA_ARGS__})
#define ANSWER_APPEND(msg, ...)                                                \
    story_reply(msg, &(struct append_entries_reply){__VA_ARGS__})
#define ANSWER_INSTALL(msg, ...)                                               \
    story_reply(msg, &(struct install_snapshot_reply){__VA_ARGS__})
uint64_t hear(uint64_t msg); // the reply arrives

// The number of the last event, and of the last that was a send.
uint64_t story_last(void);
uint64_t story_sent(void);

// S1's request reaches S2, whose answer is judged.
void arrive(uint64_t msg);
uint64_t arrived(void); // the number of that receipt
void answer_vote(uint64_t term, bool vote_granted);
void answer_append(uint64_t term, bool success);
void answer_install(uint64_t term, uint64_t bytes_stored);
void refuse_by(const char *rule); // before it answers

// A vote by messages, up to the reply; gives the message's number.
uint64_t call_for_vote(int candidate, int voter, uint64_t term);
// A heartbeat of a leader without a log, up to the reply; likewise.
uint64_t heartbeat(int leader, int follower, uint64_t term);

// ------------------------------------------------------------ assertions

// What is found: the events that show it, the bad one first, and the servers.
#define SHOWN(...)                                                             \
    (const uint64_t[])                                                         \
    {                                                                          \
        __VA_ARGS__, 0                                                         \
    }
#define OF(...)                                                                \
    (const int[])                                                              \
    {                                                                          \
        __VA_ARGS__, TRACE_NONE                                                \
    }
#define NO_EVENT  ((const uint64_t[]){0})
#define NO_SERVER ((const int[]){TRACE_NONE})

void assert_broken(const char *property, const char *tag,
                   const uint64_t *events, const int *servers);
// The same of S2's answer to S1.
void assert_wrong_answer(const char *property, const char *tag);
// What hinders the cluster now, by check_diagnose(); a part of its text.
void assert_hindered(const char *tag, const uint64_t *events,
                     const int *servers, const char *text);
void assert_not_hindered(void);
// How far progress has come, by check_progress(): the rule, a part of its text.
void assert_progress(const char *tag, const char *part);
void assert_sound(void);
void assert_says(const char *words); // the finding's text has them

// All that was found in this program's tests so far is the list of "tag
// property" (of diagnoses: "tag text"), and the other way round; the list ends
// with NULL.
void assert_all_found(const char *const *list);

#endif
