// servers.cc -- three servers in a C++ program that was linked against the
// installed library, and has names of its own that the Raft has inside.
//
// The transport calls the other servers' raft_handle(). Says what was agreed
// on, and exits with 0 when all three have applied it.
#include <pthread.h>
#include <raft/raft.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// Names of src/raft. Who calls these instead of its own crashes.
extern "C" {
void lock() { std::abort(); }
void unlock() { std::abort(); }
void append() { std::abort(); }
void persist() { std::abort(); }
void must() { std::abort(); }
}

namespace {

constexpr int n_servers = 3;
constexpr int n_commands = 100;

struct server {
    std::atomic<raft *> rf{nullptr};
    std::mutex mutex;
    std::string state; // what a simple persister keeps: all of it
    std::vector<std::string> applied;
};
server servers[n_servers];

bool call(void *, int peer, const char *method, const uint8_t *args,
          size_t n_args, uint8_t **reply, size_t *n_reply)
{
    raft *rf = servers[peer].rf;
    return rf != nullptr &&
           raft_handle(rf, method, args, n_args, reply, n_reply);
}

bool save(void *context, const raft_saved *saved)
{
    auto *self = static_cast<server *>(context);
    std::lock_guard<std::mutex> guard(self->mutex);
    self->state.assign(static_cast<const char *>(saved->state),
                       saved->n_state);
    return true;
}

void apply(void *context, const raft_message *message)
{
    auto *self = static_cast<server *>(context);
    std::lock_guard<std::mutex> guard(self->mutex);
    self->applied.emplace_back(static_cast<const char *>(message->bytes),
                               message->n_bytes);
}

size_t n_applied(server &self)
{
    std::lock_guard<std::mutex> guard(self.mutex);
    return self.applied.size();
}

int fail(const char *what)
{
    std::fprintf(stderr, "servers: %s\n", what);
    return 1;
}

// Gives the command to whoever leads.
bool start(const std::string &command)
{
    for (int tries = 0; tries < 1000; tries++) {
        for (auto &self : servers) {
            raft_index index;
            raft_term term;
            if (raft_start(self.rf, command.data(), command.size(), &index,
                           &term))
                return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

} // namespace

int main()
{
    // A process that has used up its keys.
    pthread_key_t key;
    while (pthread_key_create(&key, nullptr) == 0)
        continue;
    trace_config traced = {};
    traced.n_servers = n_servers;
    traced.now_us = [](void *) -> uint64_t { return 0; };
    trace *events = trace_make(&traced);
    for (int me = 0; me < n_servers; me++) {
        raft_config config = {};
        config.n_peers = n_servers;
        config.me = me;
        config.context = &servers[me];
        config.call = call;
        config.save = save;
        config.apply = apply;
        config.trace = events;
        config.seed = static_cast<uint64_t>(me) + 1;
        config.heartbeat_ms = 30;
        config.election_ms = 120;
        servers[me].rf = raft_make(&config);
    }
    for (int i = 0; i < n_commands; i++)
        if (!start("command " + std::to_string(i)))
            return fail("nobody takes commands");
    for (auto &self : servers)
        for (int tries = 0; n_applied(self) < n_commands; tries++) {
            if (tries == 1000)
                return fail("not everything was applied within ten seconds");
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    for (auto &self : servers)
        if (self.applied != servers[0].applied)
            return fail("the servers have applied different commands");
    for (auto &self : servers)
        raft_kill(self.rf);
    for (auto &self : servers)
        raft_free(self.rf.exchange(nullptr));
    std::printf("%d servers agree on %d commands in %llu events\n", n_servers,
                n_commands,
                static_cast<unsigned long long>(trace_n_events(events)));
    trace_free(events);
}
