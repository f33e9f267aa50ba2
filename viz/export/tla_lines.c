// tla_lines.c -- see tla.h.
#include <inttypes.h>
#include <stdlib.h>

#include "base/die.h"
#include "tla.h"

static const char *const roles[] = {
    [TRACE_FOLLOWER] = "StateFollower",
    [TRACE_CANDIDATE] = "StateCandidate",
    [TRACE_LEADER] = "StateLeader",
};

void tla_lines_init(struct tla_lines *lines, int n_servers)
{
    *lines = (struct tla_lines){.n_servers = n_servers};
    lines->head.before = lines->head.after = &lines->head;
}

static struct tla_line *insert(struct tla_line *place, int node, char *text)
{
    struct tla_line *line = must_malloc(sizeof *line);
    *line = (struct tla_line){place->before, place, node, text};
    place->before->after = line;
    place->before = line;
    return line;
}

static void print_message(FILE *out, const struct tla_message *m)
{
    fprintf(out,
            ",\"msg\":{\"type\":\"%s\",\"term\":%" PRIu64
            ",\"from\":\"%d\",\"to\":\"%d\",\"entries\":%" PRIu64
            ",\"logTerm\":%" PRIu64 ",\"index\":%" PRIu64 ",\"commit\":%" PRIu64
            ",\"vote\":\"0\",\"reject\":%s,\"rejectHint\":0}",
            m->type, m->term, m->from + 1, m->to + 1, m->entries, m->log_term,
            m->index, m->commit, m->reject ? "true" : "false");
}

void tla_put(struct tla_lines *lines, struct tla_line *place, uint64_t n,
             const char *name, int node, const struct tla_state *state,
             const struct tla_message *message)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = must_stream(&text, &size);
    fprintf(out,
            "\"n\":%" PRIu64 ",\"event\":{\"name\":\"%s\",\"nid\":\"%d\","
            "\"state\":{\"term\":%" PRIu64
            ",\"vote\":\"%d\",\"commit\":%" PRIu64
            "},\"role\":\"%s\",\"log\":%" PRIu64 ",\"conf\":[[",
            n, name, node + 1, state->term, state->vote + 1, state->commit,
            roles[state->role], state->last);
    for (int i = 1; i <= lines->n_servers; i++)
        fprintf(out, "%s\"%d\"", i > 1 ? "," : "", i);
    fputs("],[]]", out);
    if (state->terms != NULL && state->last > 0) {
        fputs(",\"terms\":[", out);
        for (uint64_t i = 0; i < state->last; i++)
            fprintf(out, "%s%" PRIu64, i > 0 ? "," : "", state->terms[i]);
        fputc(']', out);
    }
    if (message != NULL)
        print_message(out, message);
    fputs("}}\n", out);
    fclose(out);
    insert(place != NULL ? place : &lines->head, node, text);
    lines->n++;
}

struct tla_line *tla_place(struct tla_lines *lines, int node)
{
    return insert(&lines->head, node, NULL);
}

size_t tla_unput(struct tla_lines *lines, struct tla_line *from, int node)
{
    size_t n = 0;
    for (struct tla_line *line = from; line != &lines->head;) {
        struct tla_line *after = line->after;
        if (line->node == node && line->text != NULL) {
            line->before->after = line->after;
            line->after->before = line->before;
            free(line->text);
            free(line);
            n++;
        }
        line = after;
    }
    lines->n -= n;
    return n;
}

void tla_flush(struct tla_lines *lines, FILE *out)
{
    size_t n_written = lines->n_written;
    while (lines->head.after != &lines->head) {
        struct tla_line *line = lines->head.after;
        lines->head.after = line->after;
        // etcd's script sorts lines by what stands behind their second colon:
        // it must be of one width, and grow from line to line.
        if (line->text != NULL)
            fprintf(out, "{\"tag\":\"trace\",\"ts\":\"%012zu\",%s", ++n_written,
                    line->text);
        free(line->text);
        free(line);
    }
    tla_lines_init(lines, lines->n_servers);
    lines->n_written = n_written;
}
