// adversary.h -- a story's say over single messages: drop, hold, let go.
//
// Rules stand in a list; the first that fits a leg (a request or a reply on
// its way) decides its fate, and a leg that none fits passes. A held leg waits
// inside the network until its rule is lifted, by which time the world has
// changed: requests a day late, replies of a leadership two elections ago.
//
//     adversary_begin(lab);
//     struct rule *votes = hold("RequestVote", REQUEST, 1, ALL);
//     await_legs(lab, votes, 1);
//     ...
//     lift(votes);          // what was held arrives now
//     adversary_end(lab);   // lifts all rules
//
// There is one adversary in a process, and it is never gone: calls that are
// under way ask it until they end.
#ifndef GLASSRAFT_ADVERSARY_H
#define GLASSRAFT_ADVERSARY_H

#include "story.h"

#include "net/net.h"

enum { ALL = -2, NOBODY = -1, MAX_RULES = 24 };
enum side { REQUEST, REPLY, BOTH };

struct rule {
    enum net_fate fate;
    const char *method; // NULL: any
    enum side side;
    int from, to; // in the direction of travel; ALL: any
    // May look into the message; NULL: all fit.
    bool (*fits)(const struct net_leg *leg);
    raft_index covers; // replies to requests that reach there; 0 = all
    int skip;          // so many legs pass before it begins to judge
    int most;          // legs that it takes, 0 = no limit
    int n_legs;        // that it took so far
    bool lifted;
    bool keeps;
};

void adversary_begin(struct lab *lab);
// Lifts all rules and waits until nothing is held any more.
void adversary_end(struct lab *lab);

// New rules, owned by the adversary; only(), skip_first() and at_most() make
// them narrower.
struct rule *drop(const char *method, enum side side, int from, int to);
struct rule *hold(const char *method, enum side side, int from, int to);
struct rule *twice(const char *method, enum side side, int from, int to);
// As drop(), with a copy of the first request; arrive_again() lets that copy
// arrive, a new message of the same sender, and waits for its answer: what was
// lost was only late.
struct rule *keep(const char *method, int from, int to);
void arrive_again(struct lab *lab);
// Lets everything pass, and counts it.
struct rule *watch(const char *method, enum side side, int from, int to);

// Takes only legs that fit (NULL: all); lets so many pass first; takes so many.
void only(struct rule *rule, bool (*fits)(const struct net_leg *leg));
void skip_first(struct rule *rule, int n);
void at_most(struct rule *rule, int n);
// Takes only replies to an AppendEntries whose last entry, or the entry before
// the first if it has none, is at this index or behind it.
void covering(struct rule *rule, raft_index index);

// Ends a rule and lets go what it holds.
void lift(struct rule *rule);
// Puts a rule that was lifted in force again.
void renew(struct rule *rule);
// Keeps what is held, but takes no more.
void close_rule(struct rule *rule);
// Waits until the rule has met n legs; fails after ten seconds.
void await_legs(struct lab *lab, struct rule *rule, int n);
// The same for one leg. A Raft that brings the server up to date without any
// has no need of what the story is about, which is then not set up.
void await_need(struct lab *lab, struct rule *rule, int server,
                const char *what);
int legs(struct rule *rule);

// Does an AppendEntries request carry entries? For rule.fits.
bool has_entries(const struct net_leg *leg);
// Is a reply to AppendEntries a success, or a refusal?
bool is_success(const struct net_leg *leg);
bool is_refusal(const struct net_leg *leg);

// Makes this server the leader, if its log lets it win, whatever timeouts there
// are: until it leads, all the others' clocks go slow, and no request arrives
// of those who could reach it. Fails after half a minute.
void elect(struct lab *lab, int server);
// Of the servers whose bits are set in reach, no request arrives but of this
// one, until NOBODY is favoured.
void adversary_favour(struct lab *lab, int server, unsigned reach);
// Slows the clocks of all but one server (or of all, with -1), so that they do
// not stand for election; and back to normal.
void only_clock_of(struct lab *lab, int server);
void clocks_agree(struct lab *lab);

// Makes a server the leader, cuts another one off and has n commands agreed on
// without it. Until clocks_agree() only the leader's clock runs well, so that
// the other one comes back before it has raised its term.
void fall_behind(struct lab *lab, int leader, int server, int n);

// Waits until a server has what is asked for; fails after ten seconds.
void await_leader(struct lab *lab, int server);
// Until it is in this term or a later one; else the story is not set up.
void await_term(struct lab *lab, int server, raft_term term);
// A command for the leader `server`, and its agreement by n servers.
raft_index agree_on(struct lab *lab, int server, struct value value, int n);
// Waits until a server's durable log ends at this index, committed or not.
void await_log(struct lab *lab, int server, raft_index index);
// The same; false after ten seconds.
bool log_comes_to(struct lab *lab, int server, raft_index index);
void await_applied(struct lab *lab, int server, raft_index index);
// The same of a server that was made the leader, and must stay it meanwhile;
// else the story is not set up.
void await_commit(struct lab *lab, int leader, raft_index index);
bool leads(struct lab *lab, int server);
raft_term term_of(struct lab *lab, int server);

// Splits the network in two: these n servers hear each other, and so do all
// others; no message passes between the two groups.
void group(struct lab *lab, const int *servers, int n);
// Only these n servers hear each other; each of the others is alone.
void apart(struct lab *lab, const int *servers, int n);
// Every server hears every other.
void one_world(struct lab *lab);

#endif
