// audit.c -- a run's story, judged where no Raft has been.
//
// The process in which a Raft runs holds its judge as well, and the verdict.
// What it cannot hold is the story that it has told already. Here another
// process reads that, in a sandbox of its own, as the story may be anybody's
// work: the records must be whole, come to the hash that the run has given,
// break no rule, and hold what belongs to the scenario.
#include "story.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "check/check.h"
#include "check/findings.h"
#include "trace/pack.h"
#include "wire/figure2.h"
#include "wire/service.h"

// A story that is longer is judged as far as it goes: no file of a run is.
enum { MOST_BYTES = 255 << 20 };

struct audit {
    const struct lab_run *run;
    const struct lab_scenario *scenario;
    const uint64_t *word;
    size_t n_words;
    bool whole;
    struct check *check; // NULL: nothing is judged
    uint64_t n_events, hash, us;
    bool passed; // its last event says so
    struct lab_milestones seen;
};

// What comes back through the pipe.
struct opinion {
    bool good;
    char property[48], tag[16], text[900];
};

static struct opinion forged(const char *what)
{
    struct opinion opinion = {.good = false};
    snprintf(opinion.property, sizeof opinion.property, "%s",
             finding_id(FINDING_FORGED_RESULT));
    snprintf(opinion.text, sizeof opinion.text,
             "The run said that it passed, but the events that it had told by"
             " then %s.",
             what);
    return opinion;
}

static void count(struct audit *audit, const struct trace_event *event)
{
    struct lab_milestones *seen = &audit->seen;
    switch (event->kind) {
    case TRACE_ACT:
        seen->n_acts++;
        break;
    case TRACE_CHECK:
        seen->n_checks++;
        break;
    case TRACE_CRASH:
    case TRACE_RESTART:
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
    case TRACE_LINK:
    case TRACE_PARTITION:
    case TRACE_HEAL:
    case TRACE_PAUSE:
    case TRACE_CLOCK:
    case TRACE_NETWORK:
        seen->n_faults++;
        break;
    case TRACE_APPLY:
    case TRACE_GIVEN:
        seen->n_applies++;
        break;
    case TRACE_SEND:
        // Lab 0 applies nothing; its servers only talk.
        seen->n_applies += audit->scenario->rpcs != NULL;
        break;
    default:
        break;
    }
    seen->ms = event->us / 1000;
    audit->us = event->us;
    audit->n_events = event->n;
    audit->passed = event->kind == TRACE_VERDICT && event->what != NULL &&
                    strcmp(event->what, "pass") == 0;
}

// The messages' types are Figure 2's, and the service's.
static bool find_type(struct trace_event *event)
{
    bool message = event->kind == TRACE_SEND || event->kind == TRACE_REPLY;
    const struct message_rpc *rpc = NULL;
    if (message && event->rpc != NULL)
        rpc = message_find(figure2_rpcs, event->rpc);
    if (message && event->rpc != NULL && rpc == NULL)
        rpc = message_find(service_rpcs, event->rpc);
    const struct message_type *type = rpc == NULL                 ? NULL
                                      : event->kind == TRACE_SEND ? rpc->args
                                                                  : rpc->reply;
    void *value = type != NULL ? must_calloc(1, type->size) : NULL;
    bool good = type == NULL || message_decode(type, event->args.encoded.at,
                                               event->args.encoded.n, value);
    if (good && type != NULL)
        message_clear(type, value);
    free(value);
    event->args.type = good ? type : NULL;
    return good && (!message || rpc != NULL);
}

// One record; false when it is none, or none that can follow.
static bool take(struct audit *audit, uint64_t *word, size_t room)
{
    struct trace_event event;
    if (!pack_is_sound(word, room, audit->scenario->n_servers))
        return false;
    bool typed = word[PACK_TYPE] != 0;
    word[PACK_TYPE] = 0;
    unpack_event(word, &event);
    if (event.n != audit->n_events + 1 || event.us < audit->us)
        return false;
    audit->hash = pack_hash(audit->hash, word);
    // unpack_event() takes a message without a type for none.
    if (typed && !find_type(&event)) {
        check_free(audit->check);
        audit->check = NULL;
    }
    count(audit, &event);
    if (audit->check != NULL && event.kind != TRACE_FINDING &&
        event.kind != TRACE_VERDICT)
        check_step(audit->check, &event);
    return true;
}

// A share of what was ever seen is there, and more than nothing.
static bool has(uint64_t seen, uint64_t least, uint64_t share)
{
    return seen >= (least + share - 1) / share;
}

// Other Rafts may come by with less than the reference: by how much depends on
// what is counted. What a story asks is written in it.
static bool is_of_scenario(const struct audit *audit, char *text, size_t n)
{
    const struct lab_milestones *least = audit->run->audited,
                                *seen = &audit->seen;
    snprintf(text, n,
             "are not those of %s: %" PRIu64 " acts, %" PRIu64
             " answers to what it asks, %" PRIu64 " faults and %" PRIu64
             " %s in %" PRIu64
             " virtual ms, where the least that was ever seen is %" PRIu64
             ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 " and %" PRIu64,
             least->scenario, seen->n_acts, seen->n_checks, seen->n_faults,
             seen->n_applies,
             audit->scenario->rpcs != NULL ? "messages" : "applies", seen->ms,
             least->n_acts, least->n_checks, least->n_faults, least->n_applies,
             least->ms);
    // Lab 1 gives no commands.
    uint64_t n_applies = audit->run->lab == 1 ? 0 : least->n_applies;
    return has(seen->n_acts, least->n_acts, 2) &&
           has(seen->n_checks, least->n_checks, 2) &&
           has(seen->n_faults, least->n_faults, 4) &&
           has(seen->n_applies, n_applies, 8) && has(seen->ms, least->ms, 4);
}

static struct opinion judge(struct audit *audit, const struct lab_result *told)
{
    char text[500];
    uint64_t *word = (uint64_t *)(uintptr_t)audit->word;
    for (size_t at = 0; at < audit->n_words; at += word[at + PACK_SIZE])
        if (!take(audit, word + at, audit->n_words - at)) {
            if (!audit->whole)
                break;
            return forged("are no events of a run");
        }
    const struct check_finding *finding =
        audit->check != NULL ? check_clients(audit->check, 0) : NULL;
    if (finding != NULL) {
        struct opinion opinion = {.good = false};
        snprintf(opinion.property, sizeof opinion.property, "%s",
                 finding->property);
        snprintf(opinion.tag, sizeof opinion.tag, "%s", finding->tag);
        snprintf(opinion.text, sizeof opinion.text, "%s", finding->text);
        return opinion;
    }
    if (audit->whole && (!audit->passed || audit->n_events != told->n_events ||
                         audit->hash != told->hash))
        return forged("end in another way");
    if (!is_of_scenario(audit, text, sizeof text))
        return forged(text);
    return (struct opinion){.good = true};
}

static void forbidden(const char *what)
{
    (void)what;
    _exit(1);
}

// In the child: nothing of the grader's is in reach when the story is read.
_Noreturn static void listen(const struct lab_run *run, int fd, int out,
                             const struct lab_result *told)
{
    static struct opinion opinion;
    struct sandbox sandbox = *run->sandbox;
    struct sandbox_files files = {.result = out,
                                  .n_result = sizeof opinion,
                                  .printed = -1,
                                  .trace = -1,
                                  .object = fd,
                                  .counters = -1,
                                  .met = -1};
    struct stat about;
    struct audit audit = {
        .run = run, .scenario = lab_scenario_of(run), .hash = PACK_HASH};
    signal(SIGTERM, SIG_DFL);
    sandbox_enter(&sandbox, &files, forbidden);
    if (fstat(fd, &about) != 0)
        _exit(1);
    audit.whole = about.st_size < MOST_BYTES;
    audit.n_words = (size_t)about.st_size / sizeof(uint64_t);
    if (audit.n_words > 0) {
        audit.word = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE, fd, 0);
        if (audit.word == MAP_FAILED)
            _exit(1);
    }
    sandbox_seal(&sandbox, &files);
    if (told->figure2 && run->scenario->rpcs == NULL)
        audit.check = check_make(audit.scenario->n_servers);
    if (audit.check != NULL && (run->lab == 1 || run->lab == 2))
        check_without(audit.check, TRACE_PERSIST);
    opinion = judge(&audit, told);
    bool said = write(files.result, &opinion, sizeof opinion) ==
                (ssize_t)sizeof opinion;
    _exit(said ? 0 : 1);
}

static bool ask(const struct lab_run *run, int fd,
                const struct lab_result *told, struct opinion *opinion)
{
    int ends[2], status = 1;
    size_t n = 0;
    fflush(NULL);
    if (pipe(ends) != 0)
        die("pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        die("fork: %s", strerror(errno));
    if (pid == 0)
        listen(run, fd, ends[1], told);
    close(ends[1]);
    for (ssize_t now = 1; now > 0 && n < sizeof *opinion;) {
        now = read(ends[0], (char *)opinion + n, sizeof *opinion - n);
        if (now < 0 && errno == EINTR)
            now = 1;
        else if (now > 0)
            n += (size_t)now;
    }
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return n == sizeof *opinion && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

bool story_audit(const struct lab_run *run, int fd, struct lab_result *result)
{
    static struct opinion opinion;
    if (!ask(run, fd, result, &opinion))
        opinion = forged("cannot be read to their end");
    if (opinion.good)
        return true;
    result->passed = false;
    snprintf(result->property, sizeof result->property, "%.47s",
             opinion.property);
    snprintf(result->tag, sizeof result->tag, "%.15s", opinion.tag);
    snprintf(result->text, sizeof result->text, "%.899s", opinion.text);
    return false;
}
