# Glassraft. `make help` lists what can be made.
#
# Out of source: build/CONFIG/ mirrors the tree, CONFIG is opt, debug, asan,
# tsan or cov. Objects of the folders in SIMULATED get their pthread and clock
# calls renamed to those of src/sim (sim.syms), and thereby run simulated or
# real.

CONFIG ?= opt
ifeq ($(origin CC),default)
CC := gcc
endif
OBJCOPY ?= objcopy
PREFIX ?= /usr/local
B ?= build/$(CONFIG)

STD := -std=c11 -D_POSIX_C_SOURCE=200809L
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes \
        -Wmissing-prototypes -Wvla -Wwrite-strings -Wundef
# Students' compilers are of all ages, and warn of other things than ours.
WARN += $(if $(wildcard tests/run),-Werror)
BASE = $(STD) $(WARN) -g -pthread -fno-omit-frame-pointer \
        -fstack-clash-protection -Isrc -I. $(REFERENCE) \
        -DGLASSRAFT_CONFIG='"$(CONFIG)"' \
        $(if $(filter cov,$(CONFIG)),-DGLASSRAFT_COVERAGE)
SAN_opt := -O2
SAN_debug := -O0
SAN_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
SAN_tsan := -O1 -fsanitize=thread
SAN_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined \
            -fno-sanitize-recover=undefined
SAN_cov := -O0 --coverage -fprofile-update=atomic -fdata-sections
SAN := $(SAN_$(CONFIG))
# Counters lie in pages of their own, which processes share: base/coverage.c.
LINK_cov := -Wl,-T,labs/counters.ld \
            -Wl,-u,coverage_shares,--wrap=__gcov_exit
override LDFLAGS += $(LINK_$(CONFIG))
PLAIN_opt := -O2
PLAIN_debug := -O0
PLAIN := $(or $(PLAIN_$(CONFIG)),-O1)
# The runtime must not have its loops turned into calls that the sanitizers
# watch.
SIM_FLAGS := -fno-builtin
ifneq (,$(findstring gcc,$(CC)))
SIM_FLAGS += -fno-tree-loop-distribute-patterns
endif

# The processor that is compiled for: a file of each kind in src/sim/arch.
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
ARCH_SRC := $(wildcard src/sim/arch/$(MACHINE).c)
NO_BUILD := help deps clean clean-out viewers
ifeq (,$(ARCH_SRC)$(filter $(NO_BUILD),$(MAKECMDGOALS)))
$(error Glassraft runs on $(basename $(notdir $(wildcard src/sim/arch/*.c))), \
  but $(CC) makes programs for $(MACHINE))
endif

# Our solution of lab 0.
WARMUP := $(wildcard tests/warm-up/*.c)
LIB_SRC := $(wildcard src/*/*.c viz/*/*.c labs/suites/*.c) $(ARCH_SRC) $(WARMUP)
LIB_SRC := $(filter-out src/cli/main.c src/cli/cage.c src/play/%,$(LIB_SRC))
# What a stranger's Raft runs in: no solution, no grader, no pictures.
CAGE_SRC := $(filter-out $(addsuffix /%,viz $(addprefix src/,\
              raft kv grade cover import cli)) $(WARMUP),\
            $(LIB_SRC)) src/cli/cage.c
SWITCH := src/sim/arch/$(MACHINE)_switch.S
ASM_SRC := $(SWITCH) viz/page/page_data.S
# Compiled without sanitizers: the runtime, and the recorder. What counts for
# coverage is not counted itself, nor what works under sanitizers alone.
UNINSTRUMENTED := $(if $(filter cov,$(CONFIG)),src/base/coverage.c \
                    $(addprefix src/sim/,memory.c race.c sanitizer.c),\
                    $(wildcard src/sim/*.c) $(ARCH_SRC) src/trace/record.c)
SIMULATED := $(filter src/net/% src/raft/% src/kv/% src/harness/% \
  src/sandbox/% src/stepper/% labs/% \
  src/base/thread.c src/wire/stub.c src/trace/record.c,$(LIB_SRC)) $(WARMUP)
TEST_SRC := $(wildcard tests/unit/test_*.c)
TEST_HELP := $(wildcard tests/unit/*_fixture.c)
TEST_SIMULATED := $(wildcard $(addprefix tests/unit/,\
  test_sim*.c test_lab*.c test_net*.c net_fixture.c \
  bench.c bench_calls.c bench_commits.c bench_kv.c))
TESTS := $(TEST_SRC:tests/unit/%.c=$B/tests/%)
BENCH_OBJ := $(patsubst %.c,$B/%.o,$(wildcard tests/unit/bench*.c))

OBJ = $(LIB_SRC:%.c=$B/%.o) $(ASM_SRC:%.S=$B/%.o)
LIBS := -lcjson -lseccomp -lm -ldl
# A tree without the reference runs the Raft that is given to it.
REFERENCE := $(if $(wildcard src/raft/raft.c),-DGLASSRAFT_REFERENCE) \
             $(if $(wildcard src/kv/rsm.c),-DGLASSRAFT_KV) \
             $(if $(WARMUP),-DGLASSRAFT_WARMUP)
HEADERS := src/raft/raft.h src/trace/trace.h src/wire/message.h

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all
all: build/glassraft ## build build/glassraft

.PHONY: help
help: ## this list
	@grep -hE '^[a-z0-9_. -]+:.*##' $(MAKEFILE_LIST) | \
	  sed -E 's/^([a-z0-9_. -]+):.*## (.*)/  make \1\t\2/' | expand -t 30

# Asked for each time: another CONFIG may have been built since.
.PHONY: FORCE
build/glassraft: $B/glassraft FORCE
	@ln -sf $(CONFIG)/glassraft $@

# Simulated code that reached the system's threads would blame correct Rafts.
$B/libglassraft.a: $(OBJ)
	@rm -f $@
	@src/sim/check-renamed $(filter $(SIMULATED:%.c=$B/%.o),$^)
	@ar rcs $@ $^

# A Raft of somebody else's is loaded by the program, and uses its tools: all
# of the library is in it, and shown.
WHOLE = -Wl,--whole-archive $B/libglassraft.a -Wl,--no-whole-archive
# Names are looked up once, and not in the process of each run.
LINK = $(CC) $(SAN) -rdynamic -Wl,-z,now -pthread $(LDFLAGS) -o $@

# With its own copy of what would offer the reference.
OFFERS := $(addprefix src/harness/,raft_api.c kv_api.c warmup_api.c)
CAGE_OBJ = $(patsubst %.c,$B/%.o,$(filter-out $(OFFERS),$(CAGE_SRC))) \
           $(OFFERS:%.c=$B/cage/%.o) $(SWITCH:%.S=$B/%.o)

# A submission sees labs/allowed-symbols and the simulator, and nothing else.
$B/cage/symbols: $(CAGE_OBJ) labs/allowed-symbols src/sim/sim.syms
	@awk '{print $$2}' src/sim/sim.syms | cat - labs/allowed-symbols | \
	  grep -v '^#' > $@.allowed
	@(echo '{'; nm -g --defined-only $(CAGE_OBJ) | awk '{print $$3}' | \
	  grep -xf $@.allowed | sort -u | sed 's/$$/;/'; echo '};') > $@

$B/glassraft-cage: $(CAGE_OBJ) $B/cage/symbols
	@echo "LD $@"
	@src/sim/check-renamed $(filter $B/cage/%,$(CAGE_OBJ)) \
	  $(filter $(SIMULATED:%.c=$B/%.o),$(CAGE_OBJ))
	@$(CC) $(SAN) -Wl,-z,relro,-z,now -Wl,--dynamic-list=$B/cage/symbols \
	  -pthread $(LDFLAGS) -o $@ $(CAGE_OBJ) $(LIBS)

$B/cage/%.o: REFERENCE :=
$B/cage/%.o: %.c src/sim/sim.syms
	@mkdir -p $(@D)
	@echo "CC $< (cage)"
	@$(CC) $(BASE) $(SAN) $(CPPFLAGS) $(CFLAGS) -fno-lto -MMD -MP -c $< -o $@
	@$(NO_THREAD_LOCALS); $(OBJCOPY) --redefine-syms=src/sim/sim.syms $@

# The web server of `glassraft play` is a program of its own: its libraries
# would slow down the start of every run. Where libmicrohttpd is missing, and
# for other processors, it is left out.
HAS_HTTP := $(if $(filter-out arm64,$(CONFIG)),$(shell echo \
  '\#include <microhttpd.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes))
PLAY_OBJ = $(patsubst %.c,$B/%.o,$(wildcard src/play/*.c)) \
           $B/src/play/play_data.o
$B/glassraft-play: $(PLAY_OBJ) $B/libglassraft.a
	@echo "LD $@"
	@$(LINK) $(PLAY_OBJ) $(WHOLE) -lmicrohttpd $(LIBS)

$B/glassraft: $B/src/cli/main.o $B/libglassraft.a | $B/glassraft-cage \
  $(if $(HAS_HTTP),$B/glassraft-play)
	@echo "LD $@"
	@$(LINK) $< $(WHOLE) $(LIBS)

$B/%.o: %.S
	@mkdir -p $(@D)
	@$(CC) -g $(CPPFLAGS) -c $< -o $@

# A thread-local variable in simulated code would be shared by all simulated
# threads, which are one thread for the system.
NO_THREAD_LOCALS = if readelf -SW $@ | grep -qE '\.t(bss|data)'; then \
	echo "$<: _Thread_local cannot be simulated;" \
	  "use pthread_setspecific()" >&2; rm -f $@; exit 1; fi

# Reports show who called whom: no caller leaves the stack before its callee.
SIMULATED_FLAGS = -fno-lto -fno-optimize-sibling-calls

$B/%.o: %.c src/sim/sim.syms
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(BASE) $(if $(filter $<,$(UNINSTRUMENTED)),$(PLAIN),$(SAN)) \
	  $(if $(filter src/sim/%,$<),$(SIM_FLAGS)) \
	  $(CPPFLAGS) $(CFLAGS) \
	  $(if $(filter $<,$(SIMULATED) $(TEST_SIMULATED)),$(SIMULATED_FLAGS)) \
	  -MMD -MP -c $< -o $@
	@$(if $(filter $<,$(SIMULATED) $(TEST_SIMULATED)),$(NO_THREAD_LOCALS); \
	  $(OBJCOPY) --redefine-syms=src/sim/sim.syms $@)

-include $(wildcard $B/*/*.d $B/*/*/*.d $B/*/*/*/*.d)

.PHONY: deps
deps: ## install what is missing (apt-get as root), or say what to type
	@.ci/deps

# Students get the tree without our own tests, and without the reference.
WHOLE_TREE = @[ -x tests/run ] || { echo "make $@: this is a hand-out, which" \
  "has the labs, but not Glassraft's own tests and kits. make lab1 tests" \
  "your Raft." >&2; exit 1; }

SOURCES = $(wildcard src/*/*.[ch] src/sim/arch/*.[ch] viz/*/*.[ch] \
  labs/suites/*.[ch] \
  tests/unit/*.[ch] tests/page/*.c)

SKELETON = $(wildcard labs/skeleton/*.c labs/skeleton/kv/*.c \
  labs/student/*.[ch] \
  labs/student/kv/*.[ch] tests/other-raft/*.[ch])

# Calls of x86-64's kernel that younger processors have under other names only.
X86_ONLY := SYS_(access|alarm|chmod|chown|creat|dup2|epoll_wait|eventfd|fork|$\
            getdents|getpgrp|link|lstat|mkdir|mknod|open|pause|pipe|poll|$\
            readlink|rename|rmdir|select|signalfd|stat|symlink|time|unlink|$\
            utime|utimes|vfork)
.PHONY: lint
lint: ## format, clang-tidy, thread safety, floors and circles, guards, sizes
	@labs/make-skeleton --check
	@clang-format --dry-run --Werror $(SOURCES) $(SKELETON)
	@! grep -nwE '$(X86_ONLY)' $(SOURCES) || \
	  { echo "arm64 has no such system call" >&2; exit 1; }
	@printf '%s\n' $(filter %.c,$(SOURCES)) | \
	  xargs -P 2 -n 6 sh -c 'clang-tidy --quiet "$$@" -- $(STD) -Isrc -I. \
	    -DGLASSRAFT_CONFIG=\"opt\" \
	    2>/dev/null || exit 1' tidy
	@printf '%s\n' $(LIB_SRC) $(wildcard labs/student/*.c labs/student/kv/*.c) | \
	  xargs -P 2 -n 8 clang -fsyntax-only \
	  $(BASE) -Isrc/raft -Isrc/kv -Wthread-safety -Wthread-safety-beta
	@.ci/floors
	@.ci/guards
	@.ci/sizes $(SOURCES) $(PAGE) $(wildcard tests/page/*.js)

.PHONY: format
format: ## clang-format all sources
	@clang-format -i $(SOURCES)

.PHONY: demo
demo: deps ## run a small cluster and draw what happened into out/demo/
	@$(MAKE) --no-print-directory all
	@build/glassraft demo

.PHONY: gallery
gallery: all ## draw viz/README.md: each kind of picture, from real runs
	@viz/draw-gallery

.PHONY: compile_commands.json
compile_commands.json: ## build/compile_commands.json for editors and tools
	@mkdir -p build
	@(sep='['; for f in $(filter %.c,$(SOURCES)); do \
	  printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' \
	    "$$sep" "$(CURDIR)" "$$f" \
	    "$(CC) $(BASE) -O2 -c $$f"; sep=','; done; echo ']') \
	  > build/compile_commands.json

.PHONY: clean-out
clean-out: ## remove what runs left in out/
	rm -rf out

.PHONY: clean
clean: ## remove build/ and out/
	rm -rf build out

include viz/page/page.mk src/library.mk labs/labs.mk
# A hand-out has none of our own tests.
ifneq (,$(wildcard tests/tests.mk))
include tests/tests.mk
else
.PHONY: unit test checks test-page zoo
unit test checks test-page zoo:
	$(WHOLE_TREE)
endif
