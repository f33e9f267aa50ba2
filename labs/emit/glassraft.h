// glassraft.h -- writes the trace of one server of your Raft.
//
// Copy this file into your project. Each server writes a file of its own; join
// them with `glassraft join node*.jsonl -o all.jsonl`. Call it where things
// happen, with your lock held; one struct may be used by several threads.
//
//     struct glassraft t;
//     glassraft_open(&t, "node0.jsonl", 0, 3, "mine");
//     glassraft(&t, GLASSRAFT_BEGINS, "timeout", "\"term\":%d", term);
//     glassraft(&t, 0, "role", "\"from\":\"follower\",\"to\":\"candidate\","
//                              "\"term\":%d", term + 1);
//     long msg = glassraft_call(&t);
//     glassraft(&t, 0, "send", "\"msg\":%ld,\"to\":1,\"rpc\":\"RequestVote\","
//               "\"args\":{\"term\":%d,\"candidate_id\":0,"
//               "\"last_log_index\":0,\"last_log_term\":0}", msg, term + 1);
//
// The fields of each kind are those of src/trace/TRACE.md, as JSON without its
// braces; commands that may hold quotes are written by glassraft_text(). The
// message carries msg and the caller's node along: the receiver names them in
// recv ("from") and reply ("to"), the caller in reply_recv ("from").
#ifndef GLASSRAFT_EMIT_GLASSRAFT_H
#define GLASSRAFT_EMIT_GLASSRAFT_H

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

// Of timeout, start, recv and reply_recv: what this thread tells next follows
// from this event.
enum { GLASSRAFT_BEGINS = 1 };

struct glassraft {
    FILE *out;
    pthread_mutex_t lock;
    int node;
    long n, calls;
    long long begin_us, last_us;
};

static _Thread_local long glassraft_cause;

static inline long long glassraft_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

// False when the file cannot be written. Servers are numbered from 0.
static inline int glassraft_open(struct glassraft *t, const char *path,
                                 int node, int n_servers, const char *scenario)
{
    t->out = fopen(path, "w");
    if (t->out == NULL)
        return 0;
    pthread_mutex_init(&t->lock, NULL);
    t->node = node;
    t->n = t->calls = 0;
    t->last_us = 0;
    t->begin_us = glassraft_us();
    fprintf(t->out,
            "{\"ev\":\"trace\",\"v\":1,\"scenario\":\"%s\",\"seed\":\"0x0\","
            "\"servers\":%d,\"mode\":\"real\",\"glassraft\":\"0.1.0\"}\n",
            scenario, n_servers);
    return 1;
}

// One event; gives its number.
__attribute__((format(printf, 4, 5))) static inline long
glassraft(struct glassraft *t, int begins, const char *ev, const char *format,
          ...)
{
    va_list args;
    pthread_mutex_lock(&t->lock);
    long n = ++t->n;
    long long us = glassraft_us() - t->begin_us;
    t->last_us = us > t->last_us ? us : t->last_us;
    fprintf(t->out, "{\"n\":%ld,\"us\":%lld,\"node\":%d,\"ev\":\"%s\",", n,
            t->last_us, t->node, ev);
    va_start(args, format);
    vfprintf(t->out, format, args);
    va_end(args);
    if (glassraft_cause > 0 && !begins)
        fprintf(t->out, ",\"cause\":%ld", glassraft_cause);
    fputs("}\n", t->out);
    fflush(t->out); // what is told is there after a crash, too
    pthread_mutex_unlock(&t->lock);
    if (begins)
        glassraft_cause = n;
    return n;
}

// The number of a new call, for "msg" and to be sent along.
static inline long glassraft_call(struct glassraft *t)
{
    pthread_mutex_lock(&t->lock);
    long msg = ++t->calls;
    pthread_mutex_unlock(&t->lock);
    return msg;
}

// Text as JSON writes it, without the quotes around; room bytes at out.
static inline const char *glassraft_text(const char *text, char *out,
                                         size_t room)
{
    size_t n = 0;
    for (; *text != '\0' && n + 7 < room; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            out[n++] = '\\';
        if (c < 0x20)
            n += (size_t)snprintf(out + n, room - n, "\\u%04x", c);
        else
            out[n++] = (char)c;
    }
    out[n] = '\0';
    return out;
}

#endif
