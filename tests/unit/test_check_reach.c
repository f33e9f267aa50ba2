// test_check_reach.c -- what a server has that nothing brought to it.
#include "test.h"

#include <string.h>

#include "silent_fixture.h"

static void tell_disk(int server, const struct check_disk *disk)
{
    struct trace_event event = {.n = story_last(), .node = server};
    check_disk(story_check(), &event, disk);
}

// Three servers that begin with nothing.
static void begin(void)
{
    begin_silent_story();
    for (int server = 0; server < 3; server++)
        tell_disk(server, &(struct check_disk){.readable = true});
}

// The same, where the servers tell of themselves, and their word is that they
// have what they say.
static void begin_with_words(void)
{
    begin_story();
    for (int server = 0; server < 3; server++)
        tell_disk(server, &(struct check_disk){.readable = true});
}

static int setup(void **state)
{
    (void)state;
    begin();
    return 0;
}

#define HANDS(test) cmocka_unit_test_setup_teardown(test, setup, story_teardown)

static void hands(int server, struct trace_event event, const char *bytes,
                  size_t n)
{
    event.n = story_last();
    event.node = server;
    check_hands(story_check(), &event,
                (struct message_bytes){(const uint8_t *)bytes, n});
}

static void takes(int server, uint64_t index, uint64_t term,
                  const char *command)
{
    hands(
        server,
        (struct trace_event){.kind = TRACE_TAKEN, .index = index, .term = term},
        command, strlen(command));
}

static void gives(int server, uint64_t index, uint64_t term,
                  const char *command)
{
    hands(
        server,
        (struct trace_event){.kind = TRACE_GIVEN, .index = index, .term = term},
        command, strlen(command));
}

static void gives_snapshot(int server, uint64_t index, size_t n)
{
    static const char bytes[100];
    hands(server,
          (struct trace_event){
              .kind = TRACE_GIVEN, .index = index, .term = 1, .ok = true},
          bytes, n);
}

// An entry of term 1, from S1.
static uint64_t sends(int follower, uint64_t index, const char *command)
{
    return APPEND_ENTRIES(
        0, follower, .term = 1, .prev_log_index = index - 1,
        .prev_log_term = index > 1,
        .entries =
            ENTRIES({.term = 1,
                     .command = {(const uint8_t *)command, strlen(command)}}));
}

static void assert_from_nowhere(const char *tag, int server)
{
    assert_broken("came-by-no-message", tag, SHOWN(story_last()), OF(server));
}

// S1 leads term 1 and has given S2 its first entry, "x".
static void shares_one(void)
{
    silent_leads();
    takes(0, 1, 1, "x");
    silent_answers(sends(1, 1, "x"), 1, true);
}

static void test_all1_applies_what_no_message_brought(void **state)
{
    (void)state;
    shares_one();
    gives(0, 1, 1, "x");
    gives(1, 1, 1, "x");
    assert_sound();
    gives(2, 1, 1, "x");
    assert_from_nowhere("ALL.1", 2);
    begin();
    shares_one();
    receive(sends(2, 1, "x"));
    gives(2, 1, 1, "x");
    assert_sound();
}

static void test_all1_applies_another_command(void **state)
{
    (void)state;
    silent_leads();
    takes(0, 1, 1, "x");
    silent_answers(sends(1, 1, ""), 1, true);
    gives(1, 1, 1, "x");
    assert_from_nowhere("ALL.1", 1);
}

// It has the entry, in another place: nobody gave it that behind our back.
static void test_ae4_applies_an_entry_in_the_wrong_place(void **state)
{
    (void)state;
    shares_one();
    gives(1, 2, 1, "x");
    assert_broken("applied-other-entry", "AE.4", SHOWN(story_last()), OF(1));
}

// raft_start() may return after the entry has left, and been applied.
static void test_a_leader_has_what_it_sends_of_its_term(void **state)
{
    (void)state;
    silent_leads();
    silent_answers(sends(1, 1, "x"), 1, true);
    gives(0, 1, 1, "x");
    takes(0, 1, 1, "x");
    assert_sound();
}

static void test_ae2_acknowledges_what_no_message_brought(void **state)
{
    (void)state;
    begin_with_words();
    shares_one();
    uint64_t msg = sends(2, 2, "y");
    uint64_t received = receive(msg);
    ANSWER_APPEND(msg, .term = 1, .success = true);
    assert_broken("came-by-no-message", "AE.2", SHOWN(story_last(), received),
                  OF(2, 0));
    begin_with_words();
    shares_one();
    msg = sends(2, 2, "y");
    receive(msg);
    ANSWER_APPEND(msg, .term = 1, .success = false);
    assert_sound();
}

// S3 leads term 2 and sends S1 what S1 had made.
static void leads_next(uint64_t index)
{
    silent_elected(2, 0, 2, index, index);
    APPEND_ENTRIES(2, 0, .term = 2, .leader_id = 2, .prev_log_index = 0,
                   .entries =
                       ENTRIES({.term = 1, .command = {(uint8_t *)"x", 1}}));
}

static void test_l3_sends_what_no_message_brought(void **state)
{
    (void)state;
    begin_with_words();
    silent_leads();
    leads_next(0);
    assert_broken("came-by-no-message", "L.3", SHOWN(story_last()), OF(2, 0));
    begin_with_words();
    silent_leads();
    silent_answers(sends(2, 1, "x"), 1, true);
    leads_next(1);
    assert_sound();
}

static void test_c1_asks_with_what_no_message_brought(void **state)
{
    (void)state;
    begin_with_words();
    shares_one();
    ASK_VOTE(2, 1, .term = 2, .last_log_index = 1, .last_log_term = 1);
    assert_broken("came-by-no-message", "C.1", SHOWN(story_last()), OF(2, 1));
    begin_with_words();
    shares_one();
    ASK_VOTE(1, 2, .term = 2, .last_log_index = 1, .last_log_term = 1);
    assert_sound();
}

// ------------------------------------------------------------ disks

// S2 has "x" and "y" from messages, and comes back with this on its disk.
static void comes_back(const struct check_disk *disk)
{
    begin();
    shares_one();
    silent_answers(sends(1, 2, "y"), 1, true);
    restarts(1);
    tell_disk(1, disk);
}

static struct check_disk disk_of(struct message_entry *entry, size_t n)
{
    return (struct check_disk){
        .readable = true, .entries = {entry, n}, .n_bytes = 20};
}

static struct message_entry entry_of(const char *command)
{
    return (struct message_entry){
        .term = 1, .command = {(const uint8_t *)command, strlen(command)}};
}

static void test_all1_applies_what_was_not_on_its_disk(void **state)
{
    (void)state;
    struct message_entry entry[] = {entry_of("x"), entry_of("y")};
    struct check_disk disk = disk_of(entry, 2);
    comes_back(&disk);
    gives(1, 1, 1, "x");
    gives(1, 2, 1, "y");
    assert_sound();
    disk = disk_of(entry, 1);
    comes_back(&disk);
    gives(1, 1, 1, "x");
    assert_sound();
    gives(1, 2, 1, "y");
    assert_from_nowhere("ALL.1", 1);
}

// In a form of its own there may be as many entries as bytes.
static void test_a_disk_that_nobody_else_can_read(void **state)
{
    (void)state;
    comes_back(&(struct check_disk){.n_bytes = 2});
    gives(1, 1, 1, "x");
    gives(1, 2, 1, "y");
    assert_sound();
    comes_back(&(struct check_disk){.n_bytes = 1});
    gives(1, 1, 1, "x");
    assert_sound();
    gives(1, 2, 1, "y");
    assert_from_nowhere("ALL.1", 1);
}

static void test_ae4_saves_what_no_message_brought(void **state)
{
    (void)state;
    struct message_entry entry[] = {entry_of("x"), entry_of("y"),
                                    entry_of("z")};
    struct check_disk disk = disk_of(entry, 3);
    comes_back(&disk);
    assert_from_nowhere("AE.4", 1);
}

// ------------------------------------------------------------ snapshots

static void test_is8_gives_a_snapshot_that_no_message_brought(void **state)
{
    (void)state;
    uint8_t bytes[100] = {0};
    silent_leads();
    gives_snapshot(1, 9, sizeof bytes);
    assert_from_nowhere("IS.8", 1);
    for (size_t n = 10; n <= sizeof bytes; n += 90) {
        begin();
        silent_leads();
        receive(INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 9,
                                 .last_included_term = 1, .data = {bytes, n},
                                 .done = true));
        gives_snapshot(1, 9, sizeof bytes);
        if (n < sizeof bytes)
            assert_from_nowhere("IS.8", 1);
        else
            assert_sound();
    }
    begin();
    tell_disk(1, &(struct check_disk){.readable = true, .snapshot_index = 9});
    gives_snapshot(1, 9, sizeof bytes);
    assert_sound();
}

// A trace that is read does not tell of all ways.
static void test_without_hands_nothing_is_judged(void **state)
{
    (void)state;
    begin_silent_story();
    silent_leads();
    gives(1, 1, 1, "x");
    assert_sound();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HANDS(test_all1_applies_what_no_message_brought),
        HANDS(test_all1_applies_another_command),
        HANDS(test_ae4_applies_an_entry_in_the_wrong_place),
        HANDS(test_a_leader_has_what_it_sends_of_its_term),
        HANDS(test_ae2_acknowledges_what_no_message_brought),
        HANDS(test_l3_sends_what_no_message_brought),
        HANDS(test_c1_asks_with_what_no_message_brought),
        HANDS(test_all1_applies_what_was_not_on_its_disk),
        HANDS(test_a_disk_that_nobody_else_can_read),
        HANDS(test_ae4_saves_what_no_message_brought),
        HANDS(test_is8_gives_a_snapshot_that_no_message_brought),
        HANDS(test_without_hands_nothing_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
