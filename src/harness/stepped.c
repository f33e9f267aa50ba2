// stepped.c -- what src/stepper sees of a lab.
#include "internal.h"

const char *lab_script(struct lab *lab)
{
    return lab->run->script != NULL ? lab->run->script : "";
}

const char *lab_script_path(struct lab *lab)
{
    return lab->run->path != NULL ? lab->run->path : lab->scenario->name;
}

void lab_watch(struct lab *lab,
               void (*watch)(void *context, const struct trace_event *event),
               void *context)
{
    lab->watch_context = context;
    lab->watch = watch;
}

static struct message_bytes bytes_of(const struct blob *blob)
{
    return blob != NULL ? (struct message_bytes){blob->bytes, blob->n}
                        : (struct message_bytes){NULL, 0};
}

struct message_bytes lab_saved_state(struct lab *lab, int server)
{
    return bytes_of(lab->now[server]->state);
}

struct message_bytes lab_saved_snapshot(struct lab *lab, int server)
{
    return bytes_of(lab->now[server]->snapshot);
}

const struct message_rpc *lab_rpcs(const struct lab *lab)
{
    return lab->api->rpcs;
}

bool lab_speaks(const struct lab *lab)
{
    return atomic_load(&lab->speaks) || lab_has_spoken();
}

bool lab_is_paused(struct lab *lab, int server)
{
    pthread_mutex_lock(&lab->mutex);
    bool paused = lab->paused[server];
    pthread_mutex_unlock(&lab->mutex);
    return paused;
}

void lab_stands_still(struct lab *lab)
{
    lab_changed(lab, true,
                "time stands still between actions, 10 ms apart here");
}
