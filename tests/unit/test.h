// test.h -- cmocka behind the headers that it needs first.
#ifndef GLASSRAFT_TEST_H
#define GLASSRAFT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
