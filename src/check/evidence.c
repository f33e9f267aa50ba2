// evidence.c -- see evidence.h: the book, and the run through the judges that
// fills it.
#include <stdlib.h>

#include "base/die.h"
#include "record.h"

static struct recorded *make_servers(int n_servers)
{
    size_t n = (size_t)n_servers;
    struct recorded *server = must_calloc(n, sizeof *server);
    for (size_t i = 0; i < n; i++) {
        server[i].leader = TRACE_NONE;
        server[i].votes = must_calloc(n, sizeof(uint64_t));
        server[i].acks = must_calloc(n, sizeof(uint64_t));
        server[i].acked = must_calloc(n, sizeof(uint64_t));
        server[i].lost = must_calloc(n, sizeof(uint64_t));
    }
    return server;
}

static void free_servers(struct recorded *server, int n_servers)
{
    for (int i = 0; i < n_servers; i++) {
        free(server[i].copy);
        free(server[i].commit);
        free(server[i].gone);
        free(server[i].gone_term);
        free(server[i].votes);
        free(server[i].acks);
        free(server[i].acked);
        free(server[i].lost);
    }
    free(server);
}

static struct check *make_check(const struct trace_header *header)
{
    struct check *check = check_make(header->n_servers);
    if (header->real)
        check_untimed(check);
    if (header->members_change)
        check_members_change(check);
    return check;
}

struct evidence_book *evidence_gather(const struct trace_file *trace)
{
    struct evidence_book *book = must_calloc(1, sizeof *book);
    struct check *check = make_check(&trace->header);
    book->trace = trace;
    book->n_servers = trace->header.n_servers;
    book->of = must_calloc(trace->n_events + 1, sizeof *book->of);
    book->server = make_servers(book->n_servers);
    book->request = must_calloc(N_FLIGHTS, sizeof *book->request);
    book->reply =
        must_calloc((size_t)N_REPLIES * N_FLIGHTS, sizeof *book->reply);
    book->n_causes = 1;
    check->book = book;
    bool told = false;
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        book->at = i;
        if (event->kind == TRACE_FINDING && !told) {
            told = true;
            book->progress_tag =
                check_progress(check, book->progress, sizeof book->progress);
        }
        book->n_of_kind[event->kind]++;
        (void)check_step(check, event);
    }
    book->check = check;
    free_servers(book->server, book->n_servers);
    free(book->request);
    free(book->reply);
    book->server = NULL;
    book->request = book->reply = NULL;
    return book;
}

void evidence_free(struct evidence_book *book)
{
    if (book == NULL)
        return;
    check_free(book->check);
    free(book->of);
    free(book->cause);
    free(book->fault);
    free(book);
}

const struct evidence *evidence_of(const struct evidence_book *book,
                                   size_t position)
{
    return &book->of[position];
}

const struct evidence_cause *evidence_cause(const struct evidence_book *book,
                                            size_t cause)
{
    return &book->cause[cause];
}

const struct check_finding *evidence_finding(const struct evidence_book *book)
{
    return check_finding(book->check);
}

const struct check_finding *evidence_reason(const struct evidence_book *book)
{
    return book->check->reason.tag != NULL ? &book->check->reason : NULL;
}

const char *evidence_progress(const struct evidence_book *book,
                              const char **tag)
{
    *tag = book->progress_tag;
    return book->progress;
}

const struct clients *evidence_clients(const struct evidence_book *book)
{
    return book->check->clients;
}

bool evidence_tells(const struct evidence_book *book, enum trace_kind kind)
{
    bool restored =
        kind == TRACE_TERM || kind == TRACE_VOTE || kind == TRACE_APPEND;
    return book->n_of_kind[kind] > 0 ||
           (restored && book->n_of_kind[TRACE_BOOT] > 0);
}
