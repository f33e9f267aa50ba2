// why_faults.c -- messages, faults, clients and the rest in words.
#include <inttypes.h>
#include <string.h>

#include "check/clients.h"
#include "check/facts.h"
#include "trace/fields.h"
#include "check/rule_book.h"
#include "why.h"

// From here on it is told how long an answer was on its way.
enum { LATE_US = 100000 };

// What a request asks for.
static void say_request(const struct trace_event *send, struct why_fact *fact)
{
    struct facts facts = facts_of(send, NULL);
    if (!facts.whole)
        return;
    if (facts.rpc == FACTS_VOTE)
        TEXT(", with a log that ends at %" PRIu64 " (term %" PRIu64 ")",
             facts.index, facts.index_term);
    else if (facts.rpc == FACTS_INSTALL)
        TEXT(": bytes %" PRIu64 " to %" PRIu64
             "%s of the snapshot up to index %" PRIu64,
             facts.begin, facts.end, facts.done ? ", the last," : "",
             facts.index);
    else if (facts.rpc == FACTS_APPEND && facts.n_entries == 0)
        TEXT(": no entries after %" PRIu64 " (term %" PRIu64 ")", facts.index,
             facts.index_term);
    else if (facts.rpc == FACTS_APPEND)
        TEXT(": %" PRIu64 " %s after %" PRIu64 " (term %" PRIu64 ")",
             facts.n_entries, facts.n_entries == 1 ? "entry" : "entries",
             facts.index, facts.index_term);
    if (facts.rpc == FACTS_APPEND)
        TEXT(", leader_commit %" PRIu64, facts.leader_commit);
}

// "S2"; clients are no servers, and have no number in a message.
static const char *who(int node, const char *client, char name[16])
{
    snprintf(name, 16, "S%d", node + 1);
    return node < 0 ? client : name;
}

static void say_message(const struct why *why, struct why_fact *fact)
{
    char one[16], two[16];
    const struct trace_event *event = why_event(why, fact->at);
    bool sends = event->kind == TRACE_SEND || event->kind == TRACE_REPLY;
    int other = trace_endpoint(sends ? event->to : event->from);
    bool reply = event->kind == TRACE_REPLY || event->kind == TRACE_REPLY_RECV;
    const char *rpc = event->rpc != NULL ? event->rpc : "a message";
    bool yes = false;
    const char *code = why->ours ? paper_handler(event->rpc, reply) : NULL;
    const struct trace_event *answer =
        reply && !sends ? why_answer(why, fact->at) : event;
    bool says = answer != NULL &&
                (trace_message_bool(&answer->args, "success", &yes) ||
                 trace_message_bool(&answer->args, "vote_granted", &yes));
    uint64_t stored = answer != NULL ? why_number(answer, "bytes_stored") : 0;
    TEXT("%s %s %s%s %s%s", who(event->node, "A client", one),
         !sends  ? "got from"
         : reply ? "answered"
                 : "sent",
         who(other, "a client", two), sends && reply ? "'s" : "",
         !sends && reply ? "the answer to " : "", rpc);
    const struct trace_event *asked =
        event->kind == TRACE_RECV ? why_request(why, fact->at) : NULL;
    uint64_t term;
    if (sends && trace_message_number(&event->args, "term", &term))
        TEXT(" in term %" PRIu64, term);
    else if (asked != NULL && trace_message_number(&asked->args, "term", &term))
        TEXT(" of term %" PRIu64 " and began to handle it%s%s%s", term,
             code != NULL ? " (" : "", code != NULL ? code : "",
             code != NULL ? ")" : "");
    if (says)
        TEXT(": %s", yes ? "yes" : "no");
    if (event->kind == TRACE_SEND)
        say_request(event, fact);
    if (stored > 0)
        TEXT(": it has %" PRIu64 " byte%s", stored, stored == 1 ? "" : "s");
    if (!sends && reply && answer != NULL && event->us > answer->us + LATE_US)
        TEXT(", %.0f ms after it had left",
             (double)(event->us - answer->us) / 1000);
    TEXT(".");
    LABEL("%s %s %s", who(event->node, "A client", one),
          !sends  ? "hears"
          : reply ? "answers"
                  : "asks",
          who(other, "a client", two));
    NOTE("%.60s%s", rpc, says ? yes ? ": yes" : ": no" : "");
}

static void say_groups(const struct trace_event *event, struct why_fact *fact)
{
    TEXT("The network was parted:");
    LABEL("partition");
    int most = 0;
    for (size_t i = 0; i < event->n_groups; i++)
        most = event->groups[i] > most ? event->groups[i] : most;
    for (int group = 0; group <= most; group++) {
        TEXT("%s", group > 0 ? " |" : "");
        NOTE("%s", group > 0 ? "| " : "");
        for (size_t i = 0; i < event->n_groups; i++)
            if (event->groups[i] == group) {
                TEXT(" S%zu", i + 1);
                NOTE("S%zu ", i + 1);
            }
    }
    TEXT(".");
}

static void say_fault(const struct why *why, const struct model *model,
                      struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    static const char *const words[TRACE_N_KINDS] = {
        [TRACE_CRASH] = "crashed",
        [TRACE_RESTART] = "was started again",
        [TRACE_CONNECT] = "was plugged in",
        [TRACE_DISCONNECT] = "was unplugged",
        [TRACE_KILL] = "was told to stop",
    };
    const char *word = event->kind == TRACE_PAUSE
                           ? event->ok ? "was paused" : "went on"
                           : words[event->kind];
    bool known = event->node >= 0 && event->node < why->n_servers;
    TEXT("S%d", event->node + 1);
    LABEL("S%d %s", event->node + 1, word);
    if (known && model->server[event->node].up &&
        model->server[event->node].role == TRACE_LEADER) {
        TEXT(", leader of term %" PRIu64 ",", model->server[event->node].term);
        NOTE("was leader of T%" PRIu64, model->server[event->node].term);
    }
    TEXT(" %s.", word);
}

// What a client's operation has to do with the event; NULL: nothing is known.
static const struct clients_operation *operation_of(const struct why *why,
                                                    uint64_t n)
{
    const struct clients *clients = evidence_clients(why->book);
    return clients != NULL ? clients_behind(clients, n) : NULL;
}

static const char *outcome_of(const struct trace_event *end, char text[200])
{
    const char *result = end->result != NULL ? end->result : "";
    bool get = end->what != NULL && strcmp(end->what, "get") == 0;
    if (get && strcmp(result, "ok") == 0)
        snprintf(text, 200, "returned %.100s",
                 end->text != NULL && end->text[0] != '\0' ? end->text
                                                           : "nothing");
    else
        snprintf(text, 200, "ended: %.60s", result);
    return text;
}

static void say_client(const struct why *why, struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    const struct clients *clients = evidence_clients(why->book);
    const struct clients_operation *op = operation_of(why, event->n);
    char name[200] = "an operation", outcome[200];
    if (op != NULL)
        clients_name(op, name, sizeof name);
    if (event->kind == TRACE_INVOKE) {
        TEXT("%s began.", name);
        LABEL("%s", name);
        NOTE("asked");
        return;
    }
    const struct clients_answer *by =
        op != NULL ? clients_answer_of(clients, op) : NULL;
    outcome_of(event, outcome);
    TEXT("%s %s", name, outcome);
    if (by != NULL)
        TEXT(", as S%d answered", by->server + 1);
    TEXT(".");
    LABEL("%s", name);
    NOTE("%.80s", outcome);
}

// An answer to a client, or its arrival.
static void say_answer(const struct why *why, struct why_fact *fact,
                       const struct clients_operation *op)
{
    const struct trace_event *event = why_event(why, fact->at);
    const struct clients_answer *answer =
        clients_answer_at(evidence_clients(why->book), event->n);
    char name[200];
    clients_name(op, name, sizeof name);
    TEXT("S%d answered %s", event->node + 1, name);
    LABEL("S%d answers", event->node + 1);
    NOTE("%.80s", name);
    if (answer == NULL) {
        TEXT(".");
        return;
    }
    const struct clients_entry *own =
        clients_own_entry(evidence_clients(why->book), answer);
    if (own == NULL)
        TEXT(", without an entry of its own for it; it had applied up to"
             " index %" PRIu64 ".",
             answer->handed);
    else if (answer->handed < own->index)
        TEXT(", whose entry %" PRIu64 " it had taken; it had applied up to"
             " index %" PRIu64 " only.",
             own->index, answer->handed);
    else
        TEXT(", whose entry %" PRIu64 " it had applied.", own->index);
}

static void say_start(const struct why *why, struct why_fact *fact)
{
    const struct trace_event *start = why_event(why, fact->at);
    const struct clients_operation *op = operation_of(why, start->cause);
    if (op != NULL && start->ok) {
        char name[200];
        const struct clients_operation *carried =
            clients_at(evidence_clients(why->book), start->index, start->term);
        clients_name(op, name, sizeof name);
        TEXT("S%d took %s%s as entry %" PRIu64 " of term %" PRIu64 ".",
             start->node + 1, carried != op ? "what was sent for " : "", name,
             start->index, start->term);
        LABEL("S%d takes %.60s", start->node + 1, name);
        NOTE("%" PRIu64 " T%" PRIu64, start->index, start->term);
        return;
    }
    const char *command = start->command != NULL ? start->command : "";
    TEXT("A client gave \"%s\" to S%d", command, start->node + 1);
    if (start->ok)
        TEXT(", which said: index %" PRIu64 ", term %" PRIu64 ".", start->index,
             start->term);
    else
        TEXT(", which said that it does not lead.");
    LABEL("client: %.60s", command);
    NOTE("to S%d, entry %" PRIu64, start->node + 1, start->index);
}

static void say_drop(const struct why *why, struct why_fact *fact)
{
    const struct trace_event *drop = why_event(why, fact->at);
    int from = trace_endpoint(drop->from), to = trace_endpoint(drop->to);
    uint64_t n = why_evidence(why, fact->at)->number;
    const char *reason = drop->why != NULL ? drop->why : "lost";
    char one[16], two[16];
    const char *by = who(from, "a client", one), *of = who(to, "a client", two);
    LABEL("%s to %s lost", by, of);
    if (n == 0)
        TEXT("An answer of %s to %s was lost (%s).", by, of, reason);
    else if (n == 1)
        TEXT("A message of %s to %s was lost (%s).", by, of, reason);
    else
        TEXT("%" PRIu64 " messages of %s to %s were lost in a row, this one"
             " too (%s).",
             n, by, of, reason);
    NOTE("%s%s", n == 0 ? "an answer" : "", n == 1 ? "a message" : "");
    if (n > 1)
        NOTE("%" PRIu64 " in a row", n);
}

// A client's operation by its name, any other command in quotes.
static const char *command_of(const struct why *why,
                              const struct trace_event *event, char *text,
                              size_t n)
{
    const struct clients *clients = evidence_clients(why->book);
    const struct clients_operation *op =
        clients != NULL ? clients_at(clients, event->index, event->term) : NULL;
    if (op != NULL)
        return clients_name(op, text, n);
    snprintf(text, n, "\"%s\"", event->command != NULL ? event->command : "");
    return text;
}

static void say_other(const struct why *why, struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    char command[200];
    switch (event->kind) {
    case TRACE_TERM:
        TEXT("S%d moved from term %" PRIu64 " to term %" PRIu64 "%s%s.",
             event->node + 1, event->from, event->to,
             event->why != NULL ? ": " : "",
             event->why != NULL ? event->why : "");
        LABEL("S%d in T%" PRIu64, event->node + 1, event->to);
        break;
    case TRACE_APPLY:
        if (event->ok)
            TEXT("S%d gave its service the snapshot up to index %" PRIu64
                 " (term %" PRIu64 ").",
                 event->node + 1, event->index, event->term);
        else
            TEXT("S%d applied index %" PRIu64 " (term %" PRIu64 ", %s).",
                 event->node + 1, event->index, event->term,
                 command_of(why, event, command, sizeof command));
        LABEL("S%d applies %" PRIu64, event->node + 1, event->index);
        NOTE("entry of T%" PRIu64, event->term);
        break;
    case TRACE_CLOCK:
        TEXT("S%d's clock ran at %.1f %% of its usual speed from here on.",
             event->node + 1, (double)event->to / 10);
        LABEL("S%d clock", event->node + 1);
        NOTE("at %.1f %%", (double)event->to / 10);
        break;
    case TRACE_LINK:
        TEXT("The way from S%d to S%d was %s.", trace_endpoint(event->from) + 1,
             trace_endpoint(event->to) + 1, event->ok ? "mended" : "cut");
        LABEL("S%d to S%d %s", trace_endpoint(event->from) + 1,
              trace_endpoint(event->to) + 1, event->ok ? "mended" : "cut");
        break;
    case TRACE_REFUSE:
        TEXT("S%d said no: %s.", event->node + 1,
             event->why != NULL ? event->why : "no reason given");
        LABEL("S%d refuses", event->node + 1);
        break;
    case TRACE_HEAL:
        TEXT("The network was healed.");
        LABEL("heal");
        break;
    case TRACE_CHECK:
        TEXT("The scenario asked for %s: %s.",
             event->what != NULL ? event->what : "something",
             event->text != NULL ? event->text
             : event->ok         ? "good"
                                 : "no");
        LABEL("check: %.60s", event->what != NULL ? event->what : "");
        break;
    default:
        if (event->node >= 0)
            TEXT("S%d: ", event->node + 1);
        TEXT("%s%s%s.", trace_kinds[event->kind].name,
             event->text != NULL ? ": " : "",
             event->text != NULL ? event->text : "");
        LABEL("%s", trace_kinds[event->kind].name);
        break;
    }
}

// What went through the harness's hands, of a Raft that tells nothing.
static void say_hand(const struct why *why, struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    int who = event->node + 1;
    LABEL("S%d %s", who, trace_kinds[event->kind].name);
    if (event->kind == TRACE_TAKEN) {
        TEXT("S%d took the command \"%s\": index %" PRIu64 ", term %" PRIu64
             ".",
             who, event->command != NULL ? event->command : "", event->index,
             event->term);
        NOTE("%" PRIu64 " T%" PRIu64, event->index, event->term);
    } else if (event->kind == TRACE_GIVEN && event->ok) {
        TEXT("S%d gave its service a snapshot up to %" PRIu64 " (term %" PRIu64
             ").",
             who, event->index, event->term);
        NOTE("to %" PRIu64, event->index);
    } else if (event->kind == TRACE_GIVEN) {
        TEXT("S%d gave its service entry %" PRIu64 " (term %" PRIu64
             ", \"%s\").",
             who, event->index, event->term,
             event->command != NULL ? event->command : "");
        NOTE("%" PRIu64 " T%" PRIu64, event->index, event->term);
    } else if (!event->ok) {
        TEXT("S%d saved its state, %" PRIu64 " bytes in a form of its own.",
             who, event->bytes);
    } else {
        TEXT("S%d saved term %" PRIu64 ", ", who, event->term);
        if (event->voted_for >= 0)
            TEXT("its vote for S%d", event->voted_for + 1);
        else
            TEXT("no vote");
        TEXT(" and its log up to %" PRIu64 " (term %" PRIu64 ").", event->index,
             event->entry_term);
        NOTE("T%" PRIu64 ", log to %" PRIu64, event->term, event->index);
    }
}

void why_say_outside(const struct why *why, const struct model *model,
                     struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    switch (event->kind) {
    case TRACE_REPLY:
        if (operation_of(why, event->n) != NULL) {
            say_answer(why, fact, operation_of(why, event->n));
            break;
        }
        say_message(why, fact);
        break;
    case TRACE_SEND:
    case TRACE_RECV:
    case TRACE_REPLY_RECV:
        say_message(why, fact);
        break;
    case TRACE_INVOKE:
    case TRACE_RETURN:
        say_client(why, fact);
        break;
    case TRACE_DROP:
        say_drop(why, fact);
        break;
    case TRACE_PARTITION:
        say_groups(event, fact);
        break;
    case TRACE_START:
        say_start(why, fact);
        break;
    case TRACE_CRASH:
    case TRACE_RESTART:
    case TRACE_PAUSE:
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
    case TRACE_KILL:
        say_fault(why, model, fact);
        break;
    case TRACE_TAKEN:
    case TRACE_GIVEN:
    case TRACE_SAVED:
        say_hand(why, fact);
        break;
    default:
        say_other(why, fact);
        break;
    }
}
