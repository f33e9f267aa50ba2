// dirty_print.c -- prints what no report can hold as it is
// expect: called abort()
// expect: "printed":
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    static const char dirt[] =
        "\033[2J\033]0;title\a<&]]>\xff\xfe\xc0\x80\x00 tail\r\n";
    fwrite(dirt, 1, sizeof dirt, stdout);
    puts("\xe2\x80\xae reversed \xef\xbf\xbe \x01\x02\x7f, = "
         "\"quotes\"\n# not ok\xe2\x80\xa8\xe2\x80\xa9\xf3\xa0\x81\x81");
    fflush(stdout);
    abort();
    return honest_make(config);
}
