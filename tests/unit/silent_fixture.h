// silent_fixture.h -- steps of silent stories: S1 leads, S2 and S3 follow.
#ifndef GLASSRAFT_SILENT_FIXTURE_H
#define GLASSRAFT_SILENT_FIXTURE_H

#include "check_fixture.h"

// A request for a vote and its answer, up to the candidate; logs end so. Gives
// the number of the answer.
uint64_t silent_asks(int candidate, int voter, uint64_t term, uint64_t index,
                     uint64_t last_term, bool granted);
// A vote by messages, up to the candidate, whose log ends so.
void silent_elected(int leader, int voter, uint64_t term, uint64_t index,
                    uint64_t last_term);
// S1 leads term 1 by S2's vote.
void silent_leads(void);
// One entry behind index, from S1 in its term; gives the message.
uint64_t silent_sends(int follower, uint64_t term, uint64_t index,
                      uint64_t index_term, uint64_t entry_term);
// It arrives, and the answer is back; gives the number of the answer.
uint64_t silent_answers(uint64_t msg, uint64_t term, bool success);
// An entry of term 1 reaches S2, which says yes; likewise.
uint64_t silent_stores(uint64_t index);
// In the place of a silent Raft: to its service, and from a client.
uint64_t silent_gives(int server, uint64_t index, uint64_t term);
uint64_t silent_takes(int server, uint64_t index, uint64_t term);

#endif
