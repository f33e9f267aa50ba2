// worker.c -- see worker.h.
//
// The search runs outside of the simulated threads (sim_aside()), and so
// outside of what goes back; the story's thread does what it is told by the
// mailbox, which does not go back either.
#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "back.h"
#include "base/die.h"
#include "search.h"
#include "sim/sim.h"

enum { BLOCK = 32, HEAP = 64 << 20, STACKS = 256, OTHER_STATES = 5 };

// In the memory that goes back.
static struct {
    struct worker_shared *shared;
    int number, from, to;
    struct stepper *stepper;
    struct step_state *state;
    struct step_used used;
    bool by_history;
    struct mail *mail;
    struct rlimit memory; // before the Raft began
} me;

// ------------------------------------------------------ the story's thread

static void do_action(struct mail *mail)
{
    struct step_action action;
    char why[STEP_LINE];
    moves_action(lab_rpcs(stepper_lab(me.stepper)), mail->code, &action);
    state_acts(me.state, &action, stepper_find(me.stepper, &action));
    mail->done = stepper_do_quietly(me.stepper, &action, why);
    moves_use(&me.used, &action);
    state_counts_past(me.state,
                      me.used.doubles < me.shared->plan->bound.doubles);
}

static void tell_key(struct mail *mail)
{
    uint64_t left = moves_left(&me.used);
    mail->check = 0;
    if (!me.by_history) {
        mail->key =
            state_by_model(me.state, left, me.shared->plan->interchangeable);
        return;
    }
    mail->key = state_by_history(me.state, left);
    mail->check = (uint32_t)state_by_model(me.state, left, false) | 1;
}

// Was a server told to crash at its next save, and nothing was saved? Or to
// stall before a lock, and fewer were locked? The same comes without that.
static bool is_in_vain(const struct step_used *before)
{
    return before->armed > 0 && !sim_is_stalled(before->arms) &&
           lab_is_up(stepper_lab(me.stepper), before->arms);
}

static void serve(struct mail *mail)
{
    struct step_used before = me.used;
    state_ask(me.state);
    switch (mail->order) {
    case DO:
        do_action(mail);
        mail->done &= !is_in_vain(&before);
        if (!mail->done)
            return;
        state_ask(me.state);
        tell_key(mail);
        break;
    case WALK:
        do_action(mail);
        // A crash may still come, whatever is done next; a stall does not.
        mail->done &= before.stalls || !is_in_vain(&before);
        break;
    case BOTH:
        mail->key = state_by_history(me.state, moves_left(&me.used));
        mail->check = (uint32_t)state_by_model(me.state, 0, false);
        break;
    case LIST:
        mail->all = moves_list(me.stepper, me.state, &me.shared->plan->bound,
                               &me.used, mail->codes, &mail->n);
        break;
    case KEY:
        tell_key(mail);
        mail->told = me.by_history || state_is_told(me.state);
        break;
    }
}

// ------------------------------------------------------------ the search

static uint64_t order_of(uint64_t node, uint32_t code)
{
    return node << 32 | code;
}

// The nodes from 0 to this one; returns how many actions are between.
static int find_path(struct search *search, uint64_t node)
{
    const struct frontier_node *nodes = search->shared->frontier->node;
    int depth = 0;
    for (uint64_t n = node; n != 0; n = nodes[n].parent)
        if (++depth == MOST_DEPTH)
            return -1;
    uint64_t n = node;
    for (int d = depth; d >= 0; d--) {
        search->path[d] = (uint32_t)n;
        n = nodes[n].parent;
    }
    return depth;
}

// From the last image on the way there.
static int go_to(struct search *search, uint64_t node)
{
    int depth = find_path(search, node), d = 0;
    if (depth < 0)
        return -1;
    while (d < depth && d < search->depth &&
           search->at[d + 1] == search->path[d + 1])
        d++;
    back_restore(search->back, d);
    for (search->depth = d; d < depth;) {
        uint32_t next = search->path[++d];
        search_ask(search, DO, search->shared->frontier->node[next].code);
        back_save(search->back, d);
        search->at[d] = next;
        search->depth = d;
    }
    return depth;
}

static void try_one(struct search *search, uint64_t node, uint32_t code)
{
    struct worker_shared *shared = search->shared;
    uint64_t order = order_of(node, code);
    atomic_store(&search->post->order, order);
    search_ask(search, DO, code);
    atomic_store(&search->post->order, UINT64_MAX);
    const struct mail *mail = search->mail;
    if (!mail->done)
        return;
    atomic_fetch_add(&search->post->n_transitions, 1);
    if (!frontier_add(shared->frontier, mail->key, order, mail->check))
        search_give_up(search, SEARCH_SHARE
                       "servers that were given the same, each in the"
                       " same order, are in different states" SEARCH_UNLESS);
}

// A state that is reached once more is the state that it was.
static bool is_as_before(struct search *search, uint64_t node)
{
    const struct frontier_node *nodes = search->shared->frontier->node;
    uint64_t order = 0;
    search_ask(search, KEY, 0);
    if (!search->mail->told) {
        search_give_up(search,
                       "the trace does not tell terms and roles as the servers"
                       " say them when asked; use --state history");
        return false;
    }
    if (node == 0)
        return true;
    bool known =
        frontier_find(search->shared->frontier, search->mail->key, &order) &&
        order == order_of(nodes[node].parent, nodes[node].code);
    if (!known)
        search_give_up(search,
                       "the same actions led to another state the second"
                       " time: this Raft does not do the same thing twice");
    return known;
}

static void visit(struct search *search, uint64_t node)
{
    struct worker_shared *shared = search->shared;
    int depth = go_to(search, node);
    if (depth < 0) {
        atomic_store(&shared->frontier->full, true);
        return;
    }
    if (!is_as_before(search, node))
        return;
    search_ask(search, LIST, 0);
    int n = search->mail->n;
    if (!search->mail->all)
        atomic_store(&shared->frontier->full, true);
    uint32_t codes[MOST_MOVES];
    memcpy(codes, search->mail->codes, (size_t)n * sizeof *codes);
    for (int i = 0; i < n && !atomic_load(&shared->stop); i++) {
        if (order_of(node, codes[i]) >= atomic_load(&shared->finding))
            continue;
        back_restore(search->back, depth);
        try_one(search, node, codes[i]);
    }
}

static void try_level(struct search *search)
{
    struct worker_shared *shared = search->shared;
    while (!atomic_load(&shared->stop) && !atomic_load(&shared->pause)) {
        uint64_t node = atomic_fetch_add(&shared->next, BLOCK);
        if (node >= shared->last)
            return;
        uint64_t end =
            node + BLOCK < shared->last ? node + BLOCK : shared->last;
        for (; node < end && !atomic_load(&shared->stop); node++)
            if (order_of(node, 0) < atomic_load(&shared->finding))
                visit(search, node);
    }
}

static void note_costs(struct search *search)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    search->post->cpu_us =
        (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
        (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    search->post->image = back_size(search->back);
}

static void search_all(void *unused)
{
    // Nothing of this function is in the memory that goes back.
    struct search search = {.shared = me.shared,
                            .post = &me.shared->post[me.number]};
    int from = me.from, to = me.to;
    char byte;
    (void)unused;
    search.mail = me.mail;
    search.post->by_history = me.by_history;
    setrlimit(RLIMIT_AS, &me.memory); // images need more, and little of it
    search.back = back_begin(MOST_DEPTH + 1, HEAP, search.post->text);
    if (search.back == NULL) {
        search_give_up(&search, "there is no memory to go back with");
        return;
    }
    sandbox_limit_memory(LAB_MEMORY);
    back_save(search.back, 0);
    while (read(from, &byte, 1) == 1) {
        if (byte == WORKER_WALK[0])
            search_walk(&search);
        else if (byte == WORKER_GUARD[0])
            search_guard(&search);
        else
            try_level(&search);
        note_costs(&search);
        if (write(to, &byte, 1) != 1)
            break;
    }
    back_restore(search.back, 0);
    back_end(search.back);
}

static struct mail *mail_make(void)
{
    void *at = mmap(NULL, sizeof(struct mail), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        die("mmap: %s", strerror(errno));
    return at;
}

static void tell_methods(struct lab *lab)
{
    const struct message_rpc *rpc = lab_rpcs(lab);
    for (int i = 0; i < MOST_METHODS && rpc[i].method != NULL; i++)
        snprintf(me.shared->method[i], STEP_METHOD, "%s", rpc[i].method);
}

static void run(struct lab *lab)
{
    tell_methods(lab);
    me.stepper = stepper_begin(lab);
    me.state = state_begin(me.stepper);
    state_counts_past(me.state, me.shared->plan->bound.doubles > 0);
    me.by_history = me.shared->plan->by_history || !lab_speaks(lab);
    me.mail = mail_make();
    while (sim_aside(search_all, NULL))
        serve(me.mail);
    stepper_end(me.stepper);
}

// Also for what the servers do before the first action.
static void limit_memory(void)
{
    getrlimit(RLIMIT_AS, &me.memory);
    sandbox_limit_memory(LAB_MEMORY);
}

const struct lab_scenario *worker_scenario(struct worker_shared *shared,
                                           int worker, int from, int to)
{
    static struct lab_scenario scenario = {.name = "explore",
                                           .title = "All lists of actions",
                                           .run = run,
                                           .stepped = true,
                                           .simulated_only = true,
                                           .young = true,
                                           .no_long_delays = true,
                                           .limit_s = 100000};
    scenario.n_servers = shared->plan->bound.n_servers;
    scenario.max_entries = shared->plan->bound.entries;
    me.shared = shared;
    me.number = worker;
    me.from = from;
    me.to = to;
    sim_reserve_stacks(STACKS);
    limit_memory();
    return &scenario;
}

static void name_methods(const struct worker_shared *shared,
                         struct message_rpc rpcs[MOST_METHODS + 1])
{
    memset(rpcs, 0, (MOST_METHODS + 1) * sizeof *rpcs);
    for (int i = 0; i < MOST_METHODS && shared->method[i][0] != '\0'; i++)
        rpcs[i].method = shared->method[i];
}

static void add_code(const struct worker_shared *shared, uint32_t code,
                     struct script *script)
{
    struct message_rpc rpcs[MOST_METHODS + 1];
    struct step_action action;
    name_methods(shared, rpcs);
    moves_action(rpcs, code, &action);
    script_add(script, &action, 0);
}

void worker_script(const struct worker_shared *shared, uint64_t order,
                   struct script *script)
{
    uint32_t codes[MOST_DEPTH + 1];
    int n = 0;
    codes[n++] = (uint32_t)order;
    for (uint64_t node = order >> 32; node != 0 && n <= MOST_DEPTH;
         node = shared->frontier->node[node].parent)
        codes[n++] = shared->frontier->node[node].code;
    *script = (struct script){.n_servers = shared->plan->bound.n_servers,
                              .max_entries = shared->plan->bound.entries};
    while (n > 0)
        add_code(shared, codes[--n], script);
}

void worker_walked(const struct worker_shared *shared, int worker,
                   struct script *script)
{
    const struct worker_post *post = &shared->post[worker];
    *script = (struct script){.n_servers = shared->plan->bound.n_servers,
                              .max_entries = shared->plan->bound.entries};
    for (uint32_t i = 0; i < post->n_walk; i++)
        add_code(shared, post->walk[i], script);
}
