// kinds.c -- the one table of event kinds and their fields.
#include "trace.h"

#define AT(member) offsetof(struct trace_event, member)
#define MUST(name, type, m, text)                                              \
    {                                                                          \
        name, TRACE_AS_##type, AT(m), false, text                              \
    }
#define MAY(name, type, m, text)                                               \
    {                                                                          \
        name, TRACE_AS_##type, AT(m), true, text                               \
    }

#define TERM(text) MUST("term", NUMBER, term, text)
#define WHY        MAY("why", TEXT, why, "the reason, in words")
#define BOUNDARY                                                               \
    MUST("last_included_index", NUMBER, index,                                 \
         "last index that the snapshot covers, 0 = no snapshot"),              \
        MUST("last_included_term", NUMBER, entry_term, "term of that entry")
#define MESSAGE                                                                \
    MUST("msg", NUMBER, msg, "number that ties the legs of a call together")
#define RPC  MUST("rpc", TEXT, rpc, "name of the call")
#define ARGS MAY("args", MESSAGE, args, "the message's fields")
#define OPERATION                                                              \
    MUST("client", NUMBER, client, "the client's name, a number"),             \
        MUST("op", NUMBER, operation,                                          \
             "number of the operation; no two of a client have the same")
#define CALL(IS)                                                               \
    IS("call", TEXT, what, "\"get\", \"put\", \"append\" or \"cas\"")
#define KEY(IS) IS("key", TEXT, key, "the key")

const struct trace_kind_info trace_kinds[TRACE_N_KINDS] = {
    [TRACE_UNKNOWN] = {"unknown",
                       "a kind that this version does not know",
                       {{0}}},
    [TRACE_BOOT] =
        {"boot",
         "a server starts, with the state that it restored",
         {TERM("restored current_term"),
          MUST("voted_for", PEER, voted_for, "restored vote, null = nobody"),
          BOUNDARY,
          MUST("entries", ENTRIES, entries, "the log behind the snapshot")}},
    [TRACE_TIMEOUT] = {"timeout",
                       "the election timeout elapsed",
                       {TERM("current_term at that moment"),
                        MUST("waited_us", NUMBER, waited_us,
                             "time without a sign of life")}},
    [TRACE_ROLE] = {"role",
                    "a server changes its role",
                    {MUST("from", ROLE, from_role, "role before"),
                     MUST("to", ROLE, to_role, "role after"),
                     TERM("current_term of the new role"), WHY}},
    [TRACE_TERM] = {"term",
                    "current_term grows, and the vote is forgotten",
                    {MUST("from", NUMBER, from, "current_term before"),
                     MUST("to", NUMBER, to, "current_term after"), WHY}},
    [TRACE_VOTE] = {"vote",
                    "a server gives its vote",
                    {TERM("term of the vote"),
                     MUST("voted_for", PEER, voted_for, "the candidate")}},
    [TRACE_START] =
        {"start",
         "a client hands a command to a server",
         {MUST("index", NUMBER, index, "where it will stand if committed"),
          TERM("current_term"),
          MUST("accepted", BOOL, ok, "false: the server does not lead"),
          MAY("command", TEXT, command, "digest of the command")}},
    [TRACE_APPEND] = {"append",
                      "entries are added to the end of the log",
                      {MUST("index", NUMBER, index,
                            "index of the first new entry"),
                       MUST("entries", ENTRIES, entries, "the new entries")}},
    [TRACE_TRUNCATE] = {"truncate",
                        "conflicting entries leave the log",
                        {MUST("index", NUMBER, index,
                              "first index that goes")}},
    [TRACE_NEXT] = {"next",
                    "a leader changes next_index of a peer",
                    {MUST("peer", PEER, peer, "the peer"),
                     MUST("from", NUMBER, from, "next_index before"),
                     MUST("to", NUMBER, to, "next_index after")}},
    [TRACE_MATCH] = {"match",
                     "a leader raises match_index of a peer",
                     {MUST("peer", PEER, peer, "the peer"),
                      MUST("from", NUMBER, from, "match_index before"),
                      MUST("to", NUMBER, to, "match_index after")}},
    [TRACE_COMMIT] = {"commit",
                      "commit_index grows",
                      {MUST("from", NUMBER, from, "commit_index before"),
                       MUST("to", NUMBER, to, "commit_index after")}},
    [TRACE_APPLY] = {"apply",
                     "a committed entry or a snapshot goes to the service",
                     {MUST("index", NUMBER, index, "last_applied after"),
                      TERM("term of the entry"),
                      MAY("command", TEXT, command, "digest of the command"),
                      MAY("snapshot", BOOL, ok,
                          "true: a snapshot, not an entry")}},
    [TRACE_PERSIST] =
        {"persist",
         "the persistent state is saved",
         {MUST("bytes", NUMBER, bytes, "length of the saved state"),
          MAY("snapshot_bytes", NUMBER, snapshot_bytes,
              "length of the saved snapshot"),
          TERM("saved current_term"),
          MUST("voted_for", PEER, voted_for, "saved vote, null = nobody"),
          MUST("last_index", NUMBER, index, "last index of the saved log"),
          MAY("last_term", NUMBER, entry_term, "term of its last entry"),
          MAY("last_included_index", NUMBER, from,
              "last index that the saved snapshot covers")}},
    [TRACE_COMPACT] = {"compact",
                       "the service took a snapshot, the log is cut behind it",
                       {BOUNDARY}},
    [TRACE_INSTALL] = {"install",
                       "a leader's snapshot replaces what it covers",
                       {BOUNDARY}},
    [TRACE_KILL] = {"kill", "a server is told to stop", {{0}}},
    [TRACE_REFUSE] = {"refuse",
                      "a handler answers no, by the rule that stands in rule",
                      {WHY}},
    [TRACE_SEND] =
        {"send",
         "a request leaves",
         {MESSAGE,
          MUST("to", ENDPOINT, to, "the receiver, null = not a server"), RPC,
          ARGS, MAY("duplicate", BOOL, ok, "true: the network's second copy")}},
    [TRACE_RECV] = {"recv",
                    "a request arrives",
                    {MESSAGE,
                     MUST("from", ENDPOINT, from,
                          "the sender, null = not a server"),
                     RPC}},
    [TRACE_REPLY] = {"reply",
                     "a handler's answer leaves",
                     {MESSAGE,
                      MUST("to", ENDPOINT, to,
                           "the caller, null = not a server"),
                      RPC, ARGS}},
    [TRACE_REPLY_RECV] = {"reply_recv",
                          "an answer arrives at the caller",
                          {MESSAGE,
                           MUST("from", ENDPOINT, from,
                                "who answered, null = not a server"),
                           RPC}},
    [TRACE_DROP] =
        {"drop",
         "a leg of a call is lost",
         {MESSAGE,
          MUST("from", ENDPOINT, from, "the sender, null = not a server"),
          MUST("to", ENDPOINT, to, "the receiver, null = not a server"), RPC,
          MUST("leg", TEXT, leg, "\"request\" or \"reply\""), WHY}},
    [TRACE_CRASH] = {"crash", "a server loses all but its saved state", {{0}}},
    [TRACE_RESTART] = {"restart",
                       "a new incarnation of a server starts",
                       {{0}}},
    [TRACE_PAUSE] = {"pause",
                     "a server stands still, or goes on",
                     {MUST("paused", BOOL, ok, "false: it goes on")}},
    [TRACE_CLOCK] = {"clock",
                     "a server's clock runs slower or faster from now on",
                     {MUST("per_mille", NUMBER, to,
                           "its speed in thousandths")}},
    [TRACE_TAKEN] =
        {"taken",
         "a server that tells nothing of itself takes a client's command",
         {MUST("index", NUMBER, index, "where it will stand if committed"),
          TERM("term of the entry"),
          MAY("command", TEXT, command, "digest of the command")}},
    [TRACE_SAVED] =
        {"saved",
         "a server that tells nothing of itself has saved its state",
         {MUST("bytes", NUMBER, bytes, "length of the saved state"),
          MAY("snapshot_bytes", NUMBER, snapshot_bytes,
              "length of the saved snapshot"),
          MUST("after", NUMBER, to, "number of the event before it began"),
          MUST("known", BOOL, ok,
               "true: the state is a saved_state, and its"
               " fields follow"),
          MAY("term", NUMBER, term, "saved current_term"),
          MUST("voted_for", PEER, voted_for, "saved vote, null = nobody"),
          MAY("last_index", NUMBER, index, "last index of the saved log"),
          MAY("last_term", NUMBER, entry_term, "term of its last entry"),
          MAY("last_included_index", NUMBER, from,
              "last index that the saved snapshot covers")}},
    [TRACE_GIVEN] =
        {"given",
         "a server that tells nothing of itself gives its service something",
         {MUST("index", NUMBER, index,
               "of the entry, or what a snapshot covers"),
          TERM("term of the entry"),
          MAY("command", TEXT, command, "digest of the command"),
          MAY("snapshot", BOOL, ok, "true: a snapshot, not an entry")}},
    [TRACE_CONNECT] = {"connect",
                       "a server is plugged into the network",
                       {{0}}},
    [TRACE_DISCONNECT] = {"disconnect",
                          "a server is unplugged from the network",
                          {{0}}},
    [TRACE_LINK] = {"link",
                    "one direction between two servers is cut or mended",
                    {MUST("from", ENDPOINT, from, "the sender"),
                     MUST("to", ENDPOINT, to, "the receiver"),
                     MUST("up", BOOL, ok, "false: the direction is cut")}},
    [TRACE_PARTITION] =
        {"partition",
         "the network falls into groups that cannot reach each other",
         {MUST("groups", GROUPS, groups,
               "per server the number of its group")}},
    [TRACE_HEAL] = {"heal", "every server reaches every other again", {{0}}},
    [TRACE_NETWORK] = {"network",
                       "the network changes its manners",
                       {MUST("text", TEXT, text, "what changed, in words"),
                        MAY("untimed", BOOL, ok,
                            "true: threads are late from now on, and election"
                            " timers are not judged")}},
    [TRACE_CHECK] = {"check",
                     "the scenario asked the cluster a question",
                     {MUST("what", TEXT, what, "the question"),
                      MAY("answer", TEXT, text, "the answer"),
                      MUST("ok", BOOL, ok, "the answer is as it should be")}},
    [TRACE_ACT] = {"act",
                   "a named part of the story begins",
                   {MUST("text", TEXT, text, "its name")}},
    [TRACE_NOTE] = {"note",
                    "a remark of the scenario or of a server's code",
                    {MAY("topic", TEXT, what, "what it is about"),
                     MUST("text", TEXT, text, "the remark")}},
    [TRACE_FINDING] =
        {"finding",
         "a property is broken",
         {MUST("property", TEXT, what, "its stable name, such as voted-twice"),
          MAY("tag", TEXT, tag, "its tag, such as P.4"),
          MUST("text", TEXT, text, "who broke it, and how"),
          MAY("events", EVENTS, events, "numbers of the events that show it"),
          MAY("stack", TEXT, why,
              "the server's functions that were at work, the innermost first,"
              " a line each")}},
    [TRACE_STATE] = {"state",
                     "a keyframe: the state of the cluster after event n",
                     {MUST("model", OBJECT, text,
                           "the state of the whole cluster")}},
    [TRACE_VERDICT] = {"verdict",
                       "the end of the run; the last line of a trace",
                       {MUST("result", TEXT, what, "\"pass\" or \"fail\""),
                        MAY("text", TEXT, text, "why it failed"),
                        MUST("events", NUMBER, n_events,
                             "number of events of the run")}},
    [TRACE_INVOKE] =
        {"invoke",
         "a client begins an operation of a key/value service",
         {OPERATION, CALL(MUST), KEY(MUST),
          MAY("value", TEXT, text,
              "what a put, append or cas writes; absent: the empty value"),
          MAY("expected", TEXT, expected,
              "the value that a cas expects; absent: the empty value")}},
    [TRACE_RETURN] =
        {"return",
         "a client's operation has ended",
         {OPERATION, CALL(MAY), KEY(MAY),
          MAY("value", TEXT, text,
              "what a get was answered; absent: the empty value"),
          MUST("result", TEXT, result,
               "\"ok\", \"refused\" (a cas met another value), \"failed\" (it"
               " did not happen) or \"unknown\""),
          MAY("index", NUMBER, index, "index of the entry that did it")}},
};

const char *trace_role_name(enum trace_role role)
{
    static const char *const names[] = {"follower", "candidate", "leader"};
    return (unsigned)role <= TRACE_LEADER ? names[role] : "unknown";
}
