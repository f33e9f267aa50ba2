// harness.c -- three servers of the installed library under a few lines of
// somebody else's, in C and in C++: what one calls, the other handles.
#include <raft/raft.h>
#include <stdio.h>
#include <unistd.h>

static struct raft *server[3];
static volatile int applied[3];
static volatile bool closed; // no call may begin in a server that is freed

static bool call(void *self, int peer, const char *method, const uint8_t *args,
                 size_t n, uint8_t **reply, size_t *n_reply)
{
    (void)self;
    return !closed &&
           raft_handle(server[peer], method, args, n, reply, n_reply);
}

static bool save(void *self, const struct raft_saved *saved)
{
    (void)self, (void)saved; // nobody crashes here
    return true;
}

static void apply(void *self, const struct raft_message *message)
{
    (void)message;
    volatile int *n = (volatile int *)self;
    *n = *n + 1;
}

int main(void)
{
    static struct raft_config config;
    raft_index index;
    raft_term term;
    int led = 0;
    config.n_peers = 3;
    config.call = call;
    config.save = save;
    config.apply = apply;
    for (config.me = 0; config.me < 3; config.me++) {
        config.context = (void *)&applied[config.me];
        config.seed = (uint64_t)config.me + 1;
        server[config.me] = raft_make(&config);
    }
    for (int i = 0; i < 1000 && !led; i++, usleep(10000))
        for (int me = 0; me < 3 && !led; me++)
            led = raft_start(server[me], "x", 1, &index, &term);
    for (int i = 0; i < 1000 && applied[0] + applied[1] + applied[2] < 3; i++)
        usleep(10000);
    closed = true;
    usleep(100000);
    for (int me = 0; me < 3; me++)
        raft_free(server[me]);
    printf("applied %d %d %d\n", applied[0], applied[1], applied[2]);
    return 0;
}
