// serve.c -- see serve.h. One thread: a request is answered before the next.
#define _GNU_SOURCE
#include "serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/select.h>
#include <unistd.h>

#include "base/die.h"
#include "page.h"

enum { MOST_WAITING = 32, MOST_CONNECTIONS = 64, QUIET_S = 60 };

// A request while its body arrives.
struct request {
    char body[TABLE_SCRIPT];
    size_t n;
    bool too_long;
};

bool serve_begin(struct serve *serve, struct table *table, unsigned port)
{
    uint8_t random[16];
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int on = 1;
    *serve = (struct serve){.table = table};
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return false;
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(serve->token + 2 * i, 3, "%02x", random[i]);
    serve->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (serve->socket < 0)
        return false;
    setsockopt(serve->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(serve->socket, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(serve->socket, MOST_WAITING) != 0 ||
        getsockname(serve->socket, (struct sockaddr *)&address, &n) != 0) {
        int why = errno;
        close(serve->socket);
        errno = why;
        return false;
    }
    serve->port = ntohs(address.sin_port);
    return true;
}

const char *serve_address(const struct serve *serve)
{
    static char address[100];
    snprintf(address, sizeof address, "http://127.0.0.1:%u/%s/", serve->port,
             serve->token);
    return address;
}

// ------------------------------------------------------------- answers

// Takes the text over, which is malloc'd.
static enum MHD_Result give(struct MHD_Connection *connection, unsigned status,
                            const char *type, char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(text);
        return MHD_NO;
    }
    static const char *const headers[][2] = {
        {"Cache-Control", "no-store"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
    };
    MHD_add_response_header(response, "Content-Type", type);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result say(struct MHD_Connection *connection, unsigned status,
                           const char *text)
{
    return give(connection, status, "text/plain; charset=utf-8",
                must_copy(text, strlen(text) + 1));
}

static enum MHD_Result give_json(struct MHD_Connection *connection, char *text)
{
    return give(connection, MHD_HTTP_OK, "application/json", text);
}

static enum MHD_Result give_page(struct MHD_Connection *connection,
                                 const struct serve *serve)
{
    char *text = NULL, *start = table_start(serve->table);
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    play_page(out, start);
    fclose(out);
    free(start);
    return give(connection, MHD_HTTP_OK, "text/html; charset=utf-8", text);
}

static enum MHD_Result give_script(struct MHD_Connection *connection,
                                   const struct serve *serve)
{
    const char *name =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "name");
    char *text = name != NULL ? table_load(serve->table, name) : NULL;
    return text != NULL ? give(connection, MHD_HTTP_OK,
                               "text/plain; charset=utf-8", text)
                        : say(connection, MHD_HTTP_NOT_FOUND,
                              "there is no script of this name");
}

static enum MHD_Result save(struct MHD_Connection *connection,
                            const struct serve *serve, const char *script)
{
    const char *name =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "name");
    const char *over =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "over");
    switch (table_save(serve->table, name != NULL ? name : "", script,
                       over != NULL)) {
    case TABLE_SAVED:
        return say(connection, MHD_HTTP_OK, "saved");
    case TABLE_EXISTS:
        return say(connection, MHD_HTTP_CONFLICT,
                   "a script of this name is there already");
    case TABLE_BAD_NAME:
        return say(connection, MHD_HTTP_BAD_REQUEST,
                   "a name has letters, digits, . _ - and ends with .script");
    default:
        return say(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                   "it could not be written");
    }
}

// ------------------------------------------------------------- requests

// Came by our own address: a name that somebody else has given to this machine
// does not count.
static bool is_ours(const struct serve *serve,
                    struct MHD_Connection *connection)
{
    char number[60], name[60];
    const char *host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    const char *origin =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Origin");
    snprintf(number, sizeof number, "http://127.0.0.1:%u", serve->port);
    snprintf(name, sizeof name, "http://localhost:%u", serve->port);
    if (host == NULL ||
        (strcmp(host, number + 7) != 0 && strcmp(host, name + 7) != 0))
        return false;
    return origin == NULL || strcmp(origin, number) == 0 ||
           strcmp(origin, name) == 0;
}

// What follows "/TOKEN/"; NULL: another token.
static const char *asked_for(const struct serve *serve, const char *url)
{
    size_t n = strlen(serve->token);
    if (url[0] != '/' || strncmp(url + 1, serve->token, n) != 0 ||
        url[1 + n] != '/')
        return NULL;
    return url + n + 2;
}

static enum MHD_Result route(struct serve *serve,
                             struct MHD_Connection *connection,
                             const char *what, bool post,
                             const struct request *request)
{
    if (!post && what[0] == '\0')
        return give_page(connection, serve);
    if (!post && strcmp(what, "scripts") == 0)
        return give_json(connection, table_scripts(serve->table));
    if (!post && strcmp(what, "script") == 0)
        return give_script(connection, serve);
    if (post && request->too_long)
        return say(connection, MHD_HTTP_CONTENT_TOO_LARGE,
                   "this script is too long");
    if (post && strcmp(what, "run") == 0)
        return give_json(connection, table_run(serve->table, request->body));
    if (post && strcmp(what, "save") == 0)
        return save(connection, serve, request->body);
    return say(connection, MHD_HTTP_NOT_FOUND, "there is nothing here");
}

static void take_bytes(struct request *request, const char *bytes, size_t n)
{
    if (n >= sizeof request->body - request->n || request->too_long) {
        request->too_long = true;
        return;
    }
    memcpy(request->body + request->n, bytes, n);
    request->n += n;
    request->body[request->n] = '\0';
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection,
                              const char *url, const char *method,
                              const char *version, const char *bytes,
                              size_t *n_bytes, void **own)
{
    struct serve *serve = context;
    struct request *request = *own;
    (void)version;
    if (request == NULL) {
        *own = must_calloc(1, sizeof *request);
        return MHD_YES;
    }
    if (*n_bytes > 0) {
        take_bytes(request, bytes, *n_bytes);
        *n_bytes = 0;
        return MHD_YES;
    }
    bool post = strcmp(method, "POST") == 0;
    const char *what = asked_for(serve, url);
    if (!is_ours(serve, connection))
        return say(connection, MHD_HTTP_FORBIDDEN,
                   "this is not the address that glassraft play printed");
    if (what == NULL)
        return say(connection, MHD_HTTP_NOT_FOUND,
                   "open the address that glassraft play printed");
    if (!post && strcmp(method, "GET") != 0)
        return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or POST");
    return route(serve, connection, what, post, request);
}

static void forget(void *context, struct MHD_Connection *connection, void **own,
                   enum MHD_RequestTerminationCode why)
{
    (void)context, (void)connection, (void)why;
    free(*own);
    *own = NULL;
}

bool serve_run(struct serve *serve, volatile const bool *stop)
{
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_NO_FLAG, 0, NULL, NULL, answer, serve, MHD_OPTION_LISTEN_SOCKET,
        serve->socket, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MOST_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)QUIET_S,
        MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "glassraft play: the web server does not start\n");
        close(serve->socket);
        return false;
    }
    while (!*stop) {
        fd_set reads, writes, errors;
        int most = 0;
        FD_ZERO(&reads);
        FD_ZERO(&writes);
        FD_ZERO(&errors);
        MHD_get_fdset(daemon, &reads, &writes, &errors, &most);
        struct timeval wait = {.tv_usec = 200000}; // to look at stop
        select(most + 1, &reads, &writes, &errors, &wait);
        MHD_run(daemon);
    }
    MHD_stop_daemon(daemon);
    return true;
}
