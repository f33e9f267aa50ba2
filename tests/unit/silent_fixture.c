// silent_fixture.c -- see silent_fixture.h.
#include "silent_fixture.h"

#include "test.h"

uint64_t silent_asks(int candidate, int voter, uint64_t term, uint64_t index,
                     uint64_t last_term, bool granted)
{
    uint64_t msg = ASK_VOTE(
        candidate, voter, .term = term, .candidate_id = (uint64_t)candidate,
        .last_log_index = index, .last_log_term = last_term);
    receive(msg);
    uint64_t n = ANSWER_VOTE(msg, .term = term, .vote_granted = granted);
    hear(msg);
    return n;
}

void silent_elected(int leader, int voter, uint64_t term, uint64_t index,
                    uint64_t last_term)
{
    uint64_t msg =
        ASK_VOTE(leader, voter, .term = term, .last_log_index = index,
                 .last_log_term = last_term);
    receive(msg);
    ANSWER_VOTE(msg, .term = term, .vote_granted = true);
    hear(msg);
}

// S1 leads term 1 by S2's vote.
void silent_leads(void)
{
    silent_elected(0, 1, 1, 0, 0);
    APPEND_ENTRIES(0, 1, .term = 1);
}

// One entry behind index, from S1 in its term; gives the message.
uint64_t silent_sends(int follower, uint64_t term, uint64_t index,
                      uint64_t index_term, uint64_t entry_term)
{
    return APPEND_ENTRIES(0, follower, .term = term, .prev_log_index = index,
                          .prev_log_term = index_term,
                          .entries = ENTRIES({.term = entry_term}));
}

uint64_t silent_answers(uint64_t msg, uint64_t term, bool success)
{
    receive(msg);
    uint64_t n = ANSWER_APPEND(msg, .term = term, .success = success);
    hear(msg);
    return n;
}

// An entry of term 1 reaches S2, which says yes.
uint64_t silent_stores(uint64_t index)
{
    return silent_answers(silent_sends(1, 1, index, index > 0 ? 1 : 0, 1), 1,
                          true);
}

uint64_t silent_gives(int server, uint64_t index, uint64_t term)
{
    return STEP(server, .kind = TRACE_GIVEN, .index = index, .term = term,
                .command = "x");
}

uint64_t silent_takes(int server, uint64_t index, uint64_t term)
{
    return STEP(server, .kind = TRACE_TAKEN, .index = index, .term = term,
                .command = "x");
}
