// test_findings.c -- findings keep their ids and costs, whatever their words.
#include "test.h"

#include <ctype.h>
#include <string.h>

// Every headline is another one here, in the whole program.
#define FINDING_WORDS(headline) "renamed"
#include "check/findings.c"

#include "check/rule_book.h"
#include "grade/grade.h"

// An id stands in traces, in JSON and in people's scripts: it is never changed
// or used for something else. Costs are those of a finding with a rule.
static const struct {
    const char *id;
    enum grade_kind kind;
} known[] = {
    {"election-safety", GRADE_SAFETY},
    {"leader-append-only", GRADE_SAFETY},
    {"log-matching", GRADE_SAFETY},
    {"leader-completeness", GRADE_SAFETY},
    {"state-machine-safety", GRADE_SAFETY},
    {"current-term-wrong", GRADE_SAFETY},
    {"newer-term-ignored", GRADE_SAFETY},
    {"no-step-down", GRADE_SAFETY},
    {"replied-wrong-term", GRADE_SAFETY},
    {"old-term-accepted", GRADE_SAFETY},
    {"voted-twice", GRADE_SAFETY},
    {"voted-in-old-term", GRADE_SAFETY},
    {"voted-for-old-log", GRADE_SAFETY},
    {"vote-not-recorded", GRADE_SAFETY},
    {"vote-refused", GRADE_OWN},
    {"no-own-vote", GRADE_SAFETY},
    {"wrong-log-in-request", GRADE_SAFETY},
    {"request-without-election", GRADE_SAFETY},
    {"leader-without-election", GRADE_SAFETY},
    {"leader-without-majority", GRADE_SAFETY},
    {"led-unwon-term", GRADE_SAFETY},
    {"sent-by-non-leader", GRADE_SAFETY},
    {"candidate-stayed", GRADE_OWN},
    {"stepped-down", GRADE_OWN},
    {"leader-timed-out", GRADE_OWN},
    {"timer-not-reset", GRADE_OWN},
    {"timer-reset", GRADE_OWN},
    {"election-too-early", GRADE_OWN},
    {"accepted-unmatched", GRADE_SAFETY},
    {"refused-matching", GRADE_OWN},
    {"acknowledged-unstored", GRADE_SAFETY},
    {"conflict-kept", GRADE_SAFETY},
    {"appended-twice", GRADE_SAFETY},
    {"truncated-without-conflict", GRADE_SAFETY},
    {"truncated-without-message", GRADE_SAFETY},
    {"committed-entry-truncated", GRADE_SAFETY},
    {"gap-in-log", GRADE_SAFETY},
    {"entry-of-later-term", GRADE_SAFETY},
    {"command-at-wrong-index", GRADE_SAFETY},
    {"command-by-non-leader", GRADE_SAFETY},
    {"came-by-no-message", GRADE_SAFETY},
    {"applied-other-entry", GRADE_SAFETY},
    {"no-heartbeats", GRADE_OWN},
    {"too-many-entries", GRADE_SAFETY},
    {"wrong-prev-log-term", GRADE_SAFETY},
    {"match-index-backwards", GRADE_SAFETY},
    {"match-index-too-high", GRADE_SAFETY},
    {"next-index-too-low", GRADE_SAFETY},
    {"next-index-out-of-range", GRADE_SAFETY},
    {"commit-without-majority", GRADE_SAFETY},
    {"commit-of-older-term", GRADE_SAFETY},
    {"majority-not-committed", GRADE_OWN},
    {"commit-before-leader", GRADE_SAFETY},
    {"commit-beyond-message", GRADE_SAFETY},
    {"commit-beyond-log", GRADE_SAFETY},
    {"commit-by-refused-message", GRADE_SAFETY},
    {"commit-index-wrong", GRADE_SAFETY},
    {"commit-index-outlived-restart", GRADE_SAFETY},
    {"applied-before-commit", GRADE_SAFETY},
    {"applied-out-of-order", GRADE_SAFETY},
    {"replied-before-saving", GRADE_SAFETY},
    {"sent-before-saving", GRADE_SAFETY},
    {"saved-wrong-state", GRADE_SAFETY},
    {"saved-misfit", GRADE_SAFETY},
    {"saved-without-snapshot", GRADE_SAFETY},
    {"restarted-with-wrong-state", GRADE_SAFETY},
    {"restarted-without-term", GRADE_SAFETY},
    {"snapshot-lost-at-restart", GRADE_SAFETY},
    {"snapshot-not-installed", GRADE_SAFETY},
    {"unknown-snapshot", GRADE_SAFETY},
    {"compacted-with-wrong-term", GRADE_SAFETY},
    {"snapshot-of-nothing", GRADE_SAFETY},
    {"snapshot-with-wrong-term", GRADE_SAFETY},
    {"broken-rule", GRADE_SAFETY},
    {"liveness", GRADE_OWN},
    {"calls-without-end", GRADE_OWN},
    {"expectation", GRADE_OWN},
    {"linearizability", GRADE_OWN},
    {"service", GRADE_OWN},
    {"not-decided", GRADE_OWN},
    {"killed-server-answers", GRADE_OWN},
    {"applied-unknown-command", GRADE_OWN},
    {"time", GRADE_OWN},
    {"load", GRADE_OWN},
    {"infrastructure", GRADE_OWN},
    {"determinism", GRADE_OWN},
    {"deadlock", GRADE_OWN},
    {"data-race", GRADE_OWN},
    {"memory-error", GRADE_OWN},
    {"memory", GRADE_OWN},
    {"leak", GRADE_OWN},
    {"crash", GRADE_OWN},
    {"stack-overflow", GRADE_OWN},
    {"limit", GRADE_OWN},
    {"thread-never-blocks", GRADE_OWN},
    {"locked-twice", GRADE_OWN},
    {"unlock-without-lock", GRADE_OWN},
    {"blocked-with-lock", GRADE_OWN},
    {"callback-with-lock", GRADE_OWN},
    {"ended-with-lock", GRADE_OWN},
    {"thread-misuse", GRADE_OWN},
    {"forbidden-call", GRADE_FOUL},
    {"forged-result", GRADE_FOUL},
};
enum { N_KNOWN = sizeof known / sizeof known[0] };

static void test_ids_are_those_of_old(void **state)
{
    (void)state;
    assert_int_equal(N_FINDINGS - 1, N_KNOWN);
    for (size_t i = 0; i < N_KNOWN; i++) {
        enum finding finding = finding_of(known[i].id);
        assert_int_not_equal(finding, FINDING_NONE);
        assert_string_equal(finding_id(finding), known[i].id);
        for (const char *at = known[i].id; *at != '\0'; at++)
            assert_true(islower(*at) || *at == '-');
    }
}

static void test_points_do_not_depend_on_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KNOWN; i++) {
        assert_string_equal(finding_headline(known[i].id), "renamed");
        assert_int_equal(grade_kind_of(known[i].id, "AE.3"), known[i].kind);
        if (known[i].kind != GRADE_FOUL)
            assert_int_equal(grade_kind_of(known[i].id, ""), GRADE_OWN);
    }
}

static void test_what_others_find_is_known_by_its_tag(void **state)
{
    (void)state;
    assert_int_equal(finding_of("renamed"), FINDING_NONE);
    assert_int_equal(finding_of(""), FINDING_NONE);
    assert_int_equal(finding_of(NULL), FINDING_NONE);
    assert_false(finding_is(NULL, FINDING_CRASH));
    assert_false(finding_is("", FINDING_NONE));
    assert_string_equal(finding_headline("of another"), "of another");
    assert_string_equal(finding_headline(NULL), "");
    assert_int_equal(grade_kind_of("of another", "RV.2"), GRADE_SAFETY);
    assert_int_equal(grade_kind_of("of another", ""), GRADE_OWN);
}

static void test_tags_name_rules(void **state)
{
    (void)state;
    for (int i = 1; i < N_FINDINGS; i++) {
        char tags[100], *rest = tags, *tag;
        if (findings[i].tags == any)
            continue;
        snprintf(tags, sizeof tags, "%s", findings[i].tags);
        while ((tag = strtok_r(rest, " ", &rest)) != NULL) {
            assert_non_null(paper_rule(tag));
            assert_true(finding_has_tag((enum finding)i, tag));
        }
    }
    assert_true(finding_has_tag(FINDING_VOTED_TWICE, "RV.2"));
    assert_false(finding_has_tag(FINDING_VOTED_TWICE, "RV.1"));
    assert_false(finding_has_tag(FINDING_VOTED_TWICE, "RV"));
    assert_true(finding_has_tag(FINDING_VOTED_TWICE, ""));
    assert_true(finding_has_tag(FINDING_LIVENESS, "L.2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_are_those_of_old),
        cmocka_unit_test(test_points_do_not_depend_on_words),
        cmocka_unit_test(test_what_others_find_is_known_by_its_tag),
        cmocka_unit_test(test_tags_name_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
