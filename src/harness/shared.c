// shared.c -- see places.h: variables that several servers have written.
#include "places.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum { OUTPUT = 1 << 20, WALL_S = 20, CPU_S = 10, MOST = 3 };

struct variable {
    char name[80], place[80];
    uint64_t servers;
};

// A line of nm: "ADDRESS SIZE TYPE NAME<tab>FILE:LINE".
static bool read_line(const char *line, uint64_t *at, uint64_t *n,
                      struct variable *variable)
{
    char type, file[300] = "";
    if (sscanf(line, "%" SCNx64 " %" SCNx64 " %c %79s %299[^\n]", at, n, &type,
               variable->name, file) < 4 ||
        strchr("bBdD", type) == NULL)
        return false;
    const char *slash = strrchr(file, '/');
    snprintf(variable->place, sizeof variable->place, "%.79s",
             slash != NULL ? slash + 1 : file);
    // A static one of a function has a number behind its name.
    char *dot = strchr(variable->name, '.');
    if (dot != NULL)
        *dot = '\0';
    return strncmp(variable->name, "__", 2) != 0;
}

static int find(const struct lab_result *result, char *symbols,
                struct variable *found)
{
    int n_found = 0;
    for (char *line = strtok(symbols, "\n"); line != NULL && n_found < MOST;
         line = strtok(NULL, "\n")) {
        uint64_t at, n;
        struct variable variable = {.servers = 0};
        if (!read_line(line, &at, &n, &variable))
            continue;
        for (uint64_t i = 0; i < result->n_written; i++)
            if (result->written[i].at >= at && result->written[i].at < at + n)
                variable.servers |= result->written[i].servers;
        if ((variable.servers & (variable.servers - 1)) != 0)
            found[n_found++] = variable;
    }
    return n_found;
}

// "S1 and S2", "S1, S2 and S3".
static void name_servers(uint64_t servers, char *out, size_t n)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < 64; i++) {
        if ((servers >> i & 1) == 0)
            continue;
        bool last = i == 63 || servers >> (i + 1) == 0;
        int length = snprintf(out + used, n - used, "%sS%d",
                              used == 0 ? ""
                              : last    ? " and "
                                        : ", ",
                              i + 1);
        used += length > 0 && (size_t)length < n - used ? (size_t)length : 0;
    }
}

static void tell(const struct variable *found, int n_found, char *out, size_t n)
{
    char servers[120];
    size_t used = 0;
    for (int i = 0; i < n_found && used < n; i++) {
        const char *place = found[i].place;
        name_servers(found[i].servers, servers, sizeof servers);
        used += (size_t)snprintf(
            out + used, n - used,
            "%s%s share the variable %s%s%s%s; on real computers they would"
            " not.",
            i > 0 ? " " : "", servers, found[i].name, place[0] ? " (" : "",
            place, place[0] ? ")" : "");
    }
    if (n_found > 0 && used < n)
        snprintf(out + used, n - used,
                 " Here each has a copy of its own, which is new when it"
                 " starts.");
}

void places_name_shared(const struct lab_run *run, struct lab_result *result)
{
    const char *argv[] = {"nm", "-S", "-l", "--defined-only", run->raft, NULL};
    struct sandbox_tool tool = {.argv = argv,
                                .folder = "/",
                                .readable = run->raft,
                                .wall_s = WALL_S,
                                .cpu_s = CPU_S,
                                .sandbox = run->sandbox};
    struct variable found[MOST];
    if (result->n_written == 0 || run->raft == NULL || run->sandbox == NULL)
        return;
    char *symbols = must_malloc(OUTPUT);
    if (sandbox_run_tool(&tool, symbols, OUTPUT) == 0)
        tell(found, find(result, symbols, found), result->shared,
             sizeof result->shared);
    free(symbols);
}
