// test_places.c -- where findings send their readers: to code that students
// have.
#include "test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/rule_book.h"

static const char *const files[] = {"raft.c",     "election.c", "replication.c",
                                    "snapshot.c", "persist.c",  "apply.c",
                                    "log.c"};

// The text of all files of the students' folder; to be freed.
static char *students_text(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[80], line[400];
        snprintf(path, sizeof path, "labs/student/%s", files[i]);
        FILE *in = fopen(path, "r");
        assert_non_null(in);
        while (fgets(line, sizeof line, in) != NULL)
            fputs(line, out);
        fclose(in);
    }
    fclose(out);
    return text;
}

// Is there a function of this name in the text: at the beginning of a line or
// behind its type, with its arguments in brackets?
static bool has_function(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = strstr(text, name); at != NULL;
         at = strstr(at + 1, name)) {
        char before = at > text ? at[-1] : '\n';
        bool begins = before == '\n' || before == ' ' || before == '*';
        if (begins && at[n] == '(')
            return true;
    }
    return false;
}

// Every name behind "file.c, " in a place; how many there are.
static int check_names(const char *students, const char *where)
{
    int n_names = 0;
    for (const char *at = strstr(where, ".c, "); at != NULL;
         at = strstr(at, ".c, ")) {
        at += 4;
        for (bool more = true; more;) {
            char name[64];
            size_t n = 0;
            while (islower((unsigned char)at[n]) || at[n] == '_')
                n++;
            if (n == 0 || n >= sizeof name || at[n] == '.')
                break;
            memcpy(name, at, n);
            name[n] = '\0';
            if (strchr(name, '_') == NULL && at[n] == ' ')
                break; // a word of the sentence
            if (!has_function(students, name))
                fail_msg("\"%s\": students have no %s()", where, name);
            n_names++;
            more = strncmp(at + n, ", ", 2) == 0;
            at += n + (more ? 2 : 0);
        }
    }
    return n_names;
}

static void test_places_name_what_students_have(void **state)
{
    (void)state;
    char *students = students_text();
    int n = 0;
    for (size_t i = 0; paper_place_at(i) != NULL; i++)
        n += check_names(students, paper_place_at(i));
    assert_in_range(n, 60, 1000);
    static const char *const tags[] = {"P.1",   "P.2",  "P.3",
                                       "P.4",   "P.5",  "ALL.1",
                                       "ALL.2", "F.1",  "F.2",
                                       "C.1",   "C.2",  "C.3",
                                       "C.4",   "L.1",  "L.2",
                                       "L.3",   "L.4",  "RV.1",
                                       "RV.2",  "AE.1", "AE.2",
                                       "AE.3",  "AE.4", "AE.5",
                                       "IS.1",  "IS.2", "IS.3",
                                       "IS.4",  "IS.5", "IS.6",
                                       "IS.7",  "IS.8", "persistent state"};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        assert_non_null(paper_rule(tags[i]));
        check_names(students, paper_rule(tags[i])->where);
    }
    free(students);
}

// The functions that stacks are read for are those of the skeleton, all of
// them.
static void test_students_write_the_skeletons_functions(void **state)
{
    (void)state;
    size_t n = 0, n_found = 0;
    while (paper_written(n) != NULL)
        n++;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[80], line[400];
        snprintf(path, sizeof path, "labs/skeleton/%s", files[i]);
        FILE *in = fopen(path, "r");
        assert_non_null(in);
        while (fgets(line, sizeof line, in) != NULL) {
            // A definition's first line begins at the margin.
            char *open = strchr(line, '(');
            char *name = open;
            while (name != NULL && name > line &&
                   (islower((unsigned char)name[-1]) || name[-1] == '_'))
                name--;
            bool begins = open != NULL && (islower((unsigned char)line[0]));
            if (!begins || strncmp(line, "static void check_", 18) == 0)
                continue;
            *open = '\0';
            if (!paper_is_written(name))
                fail_msg("%s: %s() is not in the list", path, name);
            n_found++;
        }
        fclose(in);
    }
    assert_int_equal(n_found, n);
}

static void test_a_place_goes_by_the_findings_words(void **state)
{
    (void)state;
    const char *worker = "snapshot.c, handle_install_snapshot";
    assert_non_null(strstr(paper_place("voted-for-old-log", "S1 ...", worker),
                           "handle_request_vote"));
    assert_string_equal(paper_place("current-term-wrong", "S1 ...", worker),
                        worker);
    assert_null(paper_place("current-term-wrong", "S1 ...", NULL));
    assert_non_null(strstr(paper_place("match-index-too-high", "S1 ...", NULL),
                           "handle_append_reply"));
    assert_non_null(strstr(paper_place("commit-without-majority",
                                       "its own copy was not yet saved", NULL),
                           "raft_start"));
    assert_non_null(strstr(paper_place("commit-without-majority", "S1", NULL),
                           "handle_append_reply"));
    assert_null(paper_place("expectation", "no leader", worker));
    assert_null(paper_place(NULL, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_name_what_students_have),
        cmocka_unit_test(test_students_write_the_skeletons_functions),
        cmocka_unit_test(test_a_place_goes_by_the_findings_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
