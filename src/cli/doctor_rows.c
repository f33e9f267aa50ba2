// doctor_rows.c -- the rows of a diagnosis: added, and shown.
#include "doctor.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/die.h"
#include "base/version.h"

static const char *const words[] = {"ok", "degraded", "missing", "unknown"};

void doctor_section(struct diagnoses *all, const char *name, const char *title)
{
    all->section[all->n_sections++] =
        (struct section){.name = name, .title = title, .first = all->n_rows};
    if (isatty(STDERR_FILENO)) // some programs take their time to answer
        fprintf(stderr, "\r\033[Klooking: %s ...", name);
}

struct diagnosis *doctor_row(struct diagnoses *all, const char *name,
                             enum health health)
{
    enum { MOST = sizeof all->row / sizeof all->row[0] };
    if (all->n_rows == MOST)
        die("more than %d rows", MOST);
    struct diagnosis *row = &all->row[all->n_rows++];
    *row = (struct diagnosis){.health = health};
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

static int end_of(const struct diagnoses *all, int section)
{
    return section + 1 < all->n_sections ? all->section[section + 1].first
                                         : all->n_rows;
}

static void print_row(const struct diagnosis *row)
{
    bool well = row->health == HEALTH_OK;
    const char *first = row->found[0] != '\0' || well ? row->found : row->cost;
    printf("  %-9s %-17s %s\n", words[row->health], row->name, first);
    if (!well && first == row->found)
        printf("%30s%s\n", "", row->cost);
    if (!well && row->mend[0] != '\0')
        printf("%30stype: %s\n", "", row->mend);
}

// A system by its /etc/os-release: "debian" also for what is like it.
static enum { ANY, DEBIAN, FEDORA, ARCH } which_system(void)
{
    char line[200];
    int system = ANY;
    FILE *file = fopen("/etc/os-release", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "ID=", 3) != 0 && strncmp(line, "ID_LIKE=", 8) != 0)
            continue;
        if (strstr(line, "debian") != NULL || strstr(line, "ubuntu") != NULL)
            system = DEBIAN;
        else if (strstr(line, "fedora") != NULL || strstr(line, "rhel") != NULL)
            system = FEDORA;
        else if (strstr(line, "arch") != NULL)
            system = ARCH;
    }
    if (file != NULL)
        fclose(file);
    return system;
}

static const char *package_of(const struct diagnosis *row, int system)
{
    return system == DEBIAN   ? row->debian
           : system == FEDORA ? row->fedora
                              : row->arch;
}

// One command that installs all packages of rows that lack something.
static void print_install(const struct diagnoses *all, int system,
                          const char *command)
{
    char line[2000] = "";
    size_t n = 0;
    for (int i = 0; i < all->n_rows; i++) {
        const struct diagnosis *row = &all->row[i];
        const char *package = package_of(row, system);
        bool lacks = row->health == HEALTH_MISSING ||
                     (row->health == HEALTH_DEGRADED && package != NULL);
        char word[80];
        snprintf(word, sizeof word, " %s ", package != NULL ? package : "");
        // The padding keeps "gcc" apart from "gcc-12".
        if (!lacks || package == NULL || strstr(line, word) != NULL)
            continue;
        n += (size_t)snprintf(line + n, sizeof line - n, " %s ", package);
    }
    if (n == 0)
        return;
    printf("  %s", command);
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
        printf(" %s", word);
    printf("\n");
}

void doctor_print_text(const struct diagnoses *all)
{
    int n[4] = {0}, n_needed = 0, n_packages = 0;
    printf("Glassraft %s\n", GLASSRAFT_VERSION);
    for (int s = 0; s < all->n_sections; s++) {
        printf("\n%s\n", all->section[s].title);
        for (int i = all->section[s].first; i < end_of(all, s); i++) {
            const struct diagnosis *row = &all->row[i];
            print_row(row);
            n[row->health]++;
            n_needed += row->needed && row->health == HEALTH_MISSING;
            n_packages += row->health != HEALTH_OK && row->debian != NULL;
        }
    }
    if (n_packages > 0) {
        int system = which_system();
        printf("\nTo get what is missing\n");
        if (system == ANY || system == DEBIAN)
            print_install(all, DEBIAN, "sudo apt-get install");
        if (system == ANY || system == FEDORA)
            print_install(all, FEDORA, "sudo dnf install");
        if (system == ANY || system == ARCH)
            print_install(all, ARCH, "sudo pacman -S");
    }
    printf("\n%d ok, %d degraded, %d missing. ", n[HEALTH_OK],
           n[HEALTH_DEGRADED] + n[HEALTH_UNKNOWN], n[HEALTH_MISSING]);
    if (n_needed == 0)
        printf("The labs run here.\n");
    else
        printf("The labs do not run here yet.\n");
}

static cJSON *row_json(const struct diagnosis *row)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", row->name);
    cJSON_AddStringToObject(item, "health", words[row->health]);
    cJSON_AddBoolToObject(item, "needed", row->needed);
    cJSON_AddStringToObject(item, "found", row->found);
    if (row->health == HEALTH_OK)
        return item;
    cJSON_AddStringToObject(item, "cost", row->cost);
    if (row->mend[0] != '\0')
        cJSON_AddStringToObject(item, "mend", row->mend);
    if (row->debian != NULL) {
        cJSON *packages = cJSON_AddObjectToObject(item, "packages");
        cJSON_AddStringToObject(packages, "debian", row->debian);
        cJSON_AddStringToObject(packages, "fedora", row->fedora);
        cJSON_AddStringToObject(packages, "arch", row->arch);
    }
    return item;
}

void doctor_print_json(const struct diagnoses *all, bool good)
{
    struct utsname name;
    char system[400] = "";
    if (uname(&name) == 0)
        snprintf(system, sizeof system, "%s %s %s", name.sysname, name.release,
                 name.machine);
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "glassraft", GLASSRAFT_VERSION);
    cJSON_AddStringToObject(answer, "system", system);
    cJSON_AddBoolToObject(answer, "good", good);
    cJSON *sections = cJSON_AddObjectToObject(answer, "sections");
    for (int s = 0; s < all->n_sections; s++) {
        cJSON *rows = cJSON_AddArrayToObject(sections, all->section[s].name);
        for (int i = all->section[s].first; i < end_of(all, s); i++)
            cJSON_AddItemToArray(rows, row_json(&all->row[i]));
    }
    char *text = cJSON_PrintUnformatted(answer);
    puts(text);
    free(text);
    cJSON_Delete(answer);
}
