// test_import_dslogs.c -- what students print: as far as their words go.
#include "test.h"

#include <string.h>

#include "import_fixture.h"

static void test_lines_that_students_print(void **state)
{
    (void)state;
    assert_true(import_text(
        true,
        "Test (3A): initial election ...\n"
        "002510 VOTE S0 Converting to Candidate, calling election T1\n"
        "002512 VOTE S0 -> S1 Sending Vote Req, T1 LLI:0 LLT:0\n"
        "002530 VOTE S1 <- S0 Received Vote Req, T1\n"
        "002531 VOTE S1 Granting Vote to S0 at T1\n"
        "002560 VOTE S0 <- S1 Got vote\n"
        "002561 LEAD S0 Achieved Majority for T1 (2), converting to"
        " Leader\n"
        "003100 CMIT S0 commit index is now 1\n"
        "003110 CMIT S0 Applying I1 T1\n"
        "003120 TERM S1 an old T0\n",
        NULL));
    says("\"servers\":2");
    says("\"us\":251000,\"node\":0,\"ev\":\"role\",\"from\":\"follower\","
         "\"to\":\"candidate\",\"term\":1");
    says("\"ev\":\"send\",\"msg\":1,\"to\":1,\"rpc\":\"RequestVote\",\"args\":{"
         "\"term\":1,\"last_log_index\":0,\"last_log_term\":0}");
    says("\"node\":1,\"ev\":\"recv\",\"msg\":1,\"from\":0");
    says("\"node\":1,\"ev\":\"vote\",\"term\":1,\"voted_for\":0");
    says("\"to\":\"leader\",\"term\":1");
    says("\"ev\":\"commit\",\"from\":0,\"to\":1");
    says("\"ev\":\"apply\",\"index\":1,\"term\":1");
    says("\"text\":\"S0 <- S1 Got vote\"");
    says("\"text\":\"S1 is S0 of the log\"");
    assert_int_equal(tally.n_unknown, 1);
    assert_int_equal(tally.first_unknown, 6);
    assert_int_equal(tally.n_other, 1);
    assert_int_equal(tally.n_odd, 1);
    assert_string_equal(finding(), "");
}

static void test_a_receipt_that_two_sendings_fit_has_no_arrow(void **state)
{
    (void)state;
    assert_true(import_text(true,
                            "1 VOTE S1 -> S2 vote req T1\n"
                            "2 VOTE S1 -> S2 vote req T1\n"
                            "3 VOTE S2 <- S1 vote req T1\n"
                            "4 VOTE S1 -> S2 vote req T2\n"
                            "5 VOTE S2 <- S1 vote req T2\n"
                            "6 VOTE S2 <- S1 vote req T9\n",
                            NULL));
    assert_int_equal(tally.n_doubtful, 2);
    says("\"node\":0,\"ev\":\"send\",\"msg\":1,\"to\":1,\"rpc\":"
         "\"RequestVote\",\"args\":{\"term\":2}");
    says_not("\"msg\":2");
    says("\"text\":\"S2 <- S1 vote req T9\"");
}

static void test_two_leaders_of_a_term_are_found_in_print(void **state)
{
    (void)state;
    assert_true(import_text(true,
                            "10 LEAD S1 converting to leader T2\n"
                            "20 LEAD S2 converting to leader T2\n",
                            NULL));
    assert_string_equal(finding(), "election-safety");
    assert_true(import_text(true,
                            "10 LEAD S1 converting to leader T2\n"
                            "20 LEAD S2 converting to leader T3\n",
                            NULL));
    assert_string_equal(finding(), "");
}

static void test_patterns_of_the_user_come_first(void **state)
{
    (void)state;
    assert_true(
        import_text(true,
                    "7 STATE node 4 rules epoch 12!\n"
                    "8 STATE node 3 stored 1@12 ok\n"
                    "9 STATE node 3 falls\n",
                    "# mine\n"
                    "unit 1000\n"
                    "first 3\n"
                    "leader: STATE node {me} rules epoch {term}!\n"
                    "append: STATE node {me} stored {index}@{entry_term} *\n"
                    "crash: * node {me} falls\n"));
    says("\"us\":7000,\"node\":1,\"ev\":\"role\",\"from\":\"follower\","
         "\"to\":\"leader\",\"term\":12");
    says("\"node\":0,\"ev\":\"append\",\"index\":1,\"entries\":[{\"term\":12,");
    says("\"node\":0,\"ev\":\"crash\"");
}

static void test_bad_patterns_are_refused_in_one_line(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"king: * S{me}\n", "king is no kind of event"},
        {"leader * S{me}\n", "expected WHAT: TOPIC TEXT"},
        {"leader: * boss\n", "\"leader\" needs {me}"},
        {"vote: * S{me} T{term}\n", "\"vote\" needs {peer}"},
        {"leader: * S{me} leads\n", "\"leader\" needs {term}"},
        {"term: * S{me} {me} {term}\n", "{me} stands there twice"},
        {"term: * S{me} {epoch}\n", "an unknown name in braces"},
        {"send: * S{me} S{peer}\n", "send what?"},
        {"vote Yes: * S{me} S{peer}\n", "vote takes no name"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(import_text(true, "1 A S1 x\n", bad[i][0]));
        if (strstr(error, bad[i][1]) == NULL || strstr(error, ":1: ") == NULL)
            fail_msg("%s for %s", error, bad[i][0]);
    }
    assert_false(import_text(true, "nothing\n", NULL));
    assert_non_null(strstr(error, "no line of a server"));
    assert_false(import_text(true, "1 A S999 x\n", NULL));
    assert_non_null(strstr(error, ":1: a server of a number above"));
    assert_false(import_text(true, "1 A S0 x\n", "first 1\n"));
    assert_non_null(strstr(error, "the first has number 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_that_students_print),
        cmocka_unit_test(test_a_receipt_that_two_sendings_fit_has_no_arrow),
        cmocka_unit_test(test_two_leaders_of_a_term_are_found_in_print),
        cmocka_unit_test(test_patterns_of_the_user_come_first),
        cmocka_unit_test(test_bad_patterns_are_refused_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
