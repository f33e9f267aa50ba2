// rules.c -- see rules.h.
#include "rules.h"

#include <string.h>

enum { N_ASKED = 16 };

const char *const rules_box[RULES_N_BOXES] = {
    [RULES_ALL] = "Rules for Servers: all servers",
    [RULES_FOLLOWERS] = "Rules for Servers: followers",
    [RULES_CANDIDATES] = "Rules for Servers: candidates",
    [RULES_LEADERS] = "Rules for Servers: leaders",
    [RULES_VOTE] = "RequestVote RPC: receiver",
    [RULES_APPEND] = "AppendEntries RPC: receiver",
    [RULES_INSTALL] = "InstallSnapshot RPC: receiver (Figure 13)",
};

enum {
    ALL1,
    ALL2,
    F1,
    F2,
    C1,
    C2,
    C3,
    C4,
    L1,
    L2,
    L3,
    L4,
    RV1,
    RV2,
    AE1,
    AE2,
    AE3,
    AE4,
    AE5,
    IS1,
    IS2,
    IS3,
    IS4,
    IS5
};

const struct rules_rule rules_rule[RULES_N] = {
    {"ALL.1", "apply what is committed", RULES_ALL, true},
    {"ALL.2", "adopt a newer term and follow", RULES_ALL, false},
    {"F.1", "followers reply to candidates and leaders", RULES_FOLLOWERS, true},
    {"F.2", "a follower's timeout starts an election", RULES_FOLLOWERS, false},
    {"C.1", "candidates: new term, own vote, ask all others", RULES_CANDIDATES,
     true},
    {"C.2", "a majority of votes makes a leader", RULES_CANDIDATES, true},
    {"C.3", "a leader of this term ends the election", RULES_CANDIDATES, false},
    {"C.4", "a candidate's timeout starts another election", RULES_CANDIDATES,
     false},
    {"L.1", "send heartbeats", RULES_LEADERS, true},
    {"L.2", "append a command, reply once it is applied", RULES_LEADERS, true},
    {"L.3", "send entries from next_index; move the indexes", RULES_LEADERS,
     true},
    {"L.4", "commit an entry of its term on a majority", RULES_LEADERS, false},
    {"RV.1", "refuse a vote in an old term", RULES_VOTE, true},
    {"RV.2", "one vote per term, for an up-to-date log", RULES_VOTE, true},
    {"AE.1", "refuse a leader of an old term", RULES_APPEND, true},
    {"AE.2", "refuse if the previous entry does not match", RULES_APPEND, true},
    {"AE.3", "delete a conflicting entry and all after it", RULES_APPEND,
     false},
    {"AE.4", "append new entries", RULES_APPEND, false},
    {"AE.5", "commit up to the last new entry", RULES_APPEND, false},
    {"IS.1", "refuse a snapshot from an old term", RULES_INSTALL, true},
    {"IS.2", "start a snapshot with the first chunk", RULES_INSTALL, true},
    {"IS.3", "write each chunk at its offset", RULES_INSTALL, true},
    {"IS.4", "wait for more chunks until done", RULES_INSTALL, true},
    {"IS.5", "save the whole snapshot", RULES_INSTALL, false},
    {"IS.6", "keep the entries after a matching one", RULES_INSTALL, false},
    {"IS.7", "otherwise discard the whole log", RULES_INSTALL, false},
    {"IS.8", "reset the state machine from the snapshot", RULES_INSTALL, true},
};

enum { IS8 = RULES_N - 1 };

static void both(struct rules *rules, int rule)
{
    rules->told[rule]++;
    rules->seen[rule]++;
}

// Its first message of this kind in this term?
static bool begins(uint64_t term_of[N_ASKED], int server, uint64_t term)
{
    if (server < 0 || server >= N_ASKED || term <= term_of[server])
        return false;
    term_of[server] = term;
    return true;
}

static void step_send(struct rules *rules, const struct trace_event *event)
{
    struct rules_sent *sent = &rules->sent[event->msg % RULES_MESSAGES];
    uint64_t offset = 0;
    bool done = false;
    *sent = (struct rules_sent){.msg = event->msg};
    if (event->rpc == NULL ||
        !trace_message_number(&event->args, "term", &sent->term))
        return;
    if (strcmp(event->rpc, "RequestVote") == 0) {
        sent->rpc = 'V';
        rules->seen[C1] += begins(rules->asks, event->node, sent->term);
        return;
    }
    if (strcmp(event->rpc, "AppendEntries") == 0) {
        sent->rpc = 'A';
        both(rules,
             trace_message_entries(&event->args, NULL, 0) == 0 ? L1 : L3);
        rules->seen[C2] += begins(rules->leads, event->node, sent->term);
        return;
    }
    if (strcmp(event->rpc, "InstallSnapshot") != 0)
        return;
    sent->rpc = 'I';
    if (trace_message_number(&event->args, "offset", &offset) &&
        trace_message_bool(&event->args, "done", &done)) {
        sent->first_chunk = offset == 0;
        sent->more_chunks = !done;
    }
}

static void step_receive(struct rules *rules, const struct rules_sent *sent)
{
    if (sent->rpc != 'I')
        return;
    both(rules, IS3);
    if (sent->first_chunk)
        both(rules, IS2);
    if (sent->more_chunks)
        both(rules, IS4);
}

static void step_reply(struct rules *rules, const struct rules_sent *sent,
                       const struct trace_event *event)
{
    uint64_t term = 0;
    bool yes = false;
    both(rules, F1);
    if (sent == NULL || !trace_message_number(&event->args, "term", &term))
        return;
    bool old = term > sent->term;
    if (sent->rpc == 'I')
        rules->seen[IS1] += old;
    else if (sent->rpc == 'V' &&
             trace_message_bool(&event->args, "vote_granted", &yes)) {
        rules->seen[RV1] += old && !yes;
        rules->seen[RV2] += yes;
    } else if (sent->rpc == 'A' &&
               trace_message_bool(&event->args, "success", &yes)) {
        rules->seen[AE1] += old && !yes;
        rules->seen[AE2] += !old && !yes;
    }
}

// What only a Raft with trace calls tells.
static bool is_own(enum trace_kind kind)
{
    return kind == TRACE_ROLE || kind == TRACE_TERM || kind == TRACE_VOTE ||
           kind == TRACE_APPEND || kind == TRACE_COMMIT ||
           kind == TRACE_TIMEOUT;
}

// By the tag's letter and digit; -1 for others.
static int rule_of(const char *tag)
{
    int first = tag[0] == 'A'   ? (tag[1] == 'L' ? (int)ALL1 : (int)AE1)
                : tag[0] == 'F' ? (int)F1
                : tag[0] == 'C' ? (int)C1
                : tag[0] == 'L' ? (int)L1
                : tag[0] == 'R' ? (int)RV1
                : tag[0] == 'I' ? (int)IS1
                                : (int)RULES_N;
    const char *dot = strchr(tag, '.');
    int at = dot != NULL ? first + dot[1] - '1' : -1;
    return at >= first && at < RULES_N && strcmp(rules_rule[at].tag, tag) == 0
               ? at
               : -1;
}

void rules_step(struct rules *rules, const struct trace_event *event)
{
    const struct rules_sent *sent = &rules->sent[event->msg % RULES_MESSAGES];
    sent = sent->msg == event->msg ? sent : NULL;
    rules->speaks |= is_own(event->kind);
    int named = event->rule != NULL ? rule_of(event->rule) : -1;
    if (named >= 0)
        rules->told[named]++;
    if (event->kind == TRACE_SEND)
        step_send(rules, event);
    else if (event->kind == TRACE_RECV && sent != NULL)
        step_receive(rules, sent);
    else if (event->kind == TRACE_REPLY)
        step_reply(rules, sent, event);
    else if (event->kind == TRACE_INSTALL)
        rules->told[IS5]++;
    else if (event->kind == TRACE_TAKEN)
        rules->seen[L2]++;
    else if (event->kind == TRACE_GIVEN)
        rules->seen[event->ok ? (int)IS8 : (int)ALL1]++;
}

uint64_t rules_count(const struct rules *rules, int rule)
{
    return rules->speaks ? rules->told[rule] : rules->seen[rule];
}

bool rules_is_hidden(bool speaks, int rule)
{
    return !speaks && !rules_rule[rule].shown;
}
