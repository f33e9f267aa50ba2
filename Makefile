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
        -DGLASSRAFT_CONFIG='"$(CONFIG)"'
SAN_opt := -O2
SAN_debug := -O0
SAN_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
SAN_tsan := -O1 -fsanitize=thread
SAN_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined \
            -fno-sanitize-recover=undefined
SAN_cov := -O0 --coverage -fprofile-update=atomic -DGLASSRAFT_COVERAGE
SAN := $(SAN_$(CONFIG))
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
CAGE_SRC := $(filter-out src/raft/% src/kv/% src/grade/% src/cover/% src/cli/% viz/% $(WARMUP),\
            $(LIB_SRC)) src/cli/cage.c
SWITCH := src/sim/arch/$(MACHINE)_switch.S
ASM_SRC := $(SWITCH) viz/page/page_data.S
# Compiled without sanitizers and coverage: the runtime, and the recorder.
UNINSTRUMENTED := $(wildcard src/sim/*.c) $(ARCH_SRC) src/trace/record.c
SIMULATED := $(filter src/net/% src/raft/% src/kv/% src/harness/% src/sandbox/% \
  src/stepper/% labs/% \
  src/base/thread.c src/wire/stub.c src/trace/record.c,$(LIB_SRC)) $(WARMUP)
TEST_SRC := $(wildcard tests/unit/test_*.c)
TEST_HELP := $(wildcard tests/unit/*_fixture.c)
TEST_SIMULATED := $(wildcard $(addprefix tests/unit/,\
  test_sim*.c test_lab*.c test_net*.c net_fixture.c \
  bench.c bench_calls.c bench_commits.c))
TESTS := $(TEST_SRC:tests/unit/%.c=$B/tests/%)
BENCH_OBJ := $(patsubst %.c,$B/%.o,$(wildcard tests/unit/bench*.c))

OBJ = $(LIB_SRC:%.c=$B/%.o) $(ASM_SRC:%.S=$B/%.o)
LIBS := -lcjson -lseccomp -lm -ldl
# A tree without the reference runs the Raft that is given to it.
REFERENCE := $(if $(wildcard src/raft/raft.c),-DGLASSRAFT_REFERENCE) \
             $(if $(wildcard src/kv/kv.c),-DGLASSRAFT_KV) \
             $(if $(WARMUP),-DGLASSRAFT_WARMUP)
HEADERS := src/raft/raft.h src/trace/trace.h src/wire/message.h

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all
all: build/glassraft ## build build/glassraft

.PHONY: help
help: ## this list
	@grep -hE '^[a-z0-9_. -]+:.*##' $(MAKEFILE_LIST) | \
	  sed -E 's/^([a-z0-9_. -]+):.*## (.*)/  make \1\t\2/' | expand -t 28

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

# An archive, so that a test that brings its own Raft needs no fixture of ours.
$B/tests/libfixtures.a: $(TEST_HELP:%.c=$B/%.o)
	@rm -f $@
	@ar rcs $@ $^

# The library for other programs: the Raft and its traces on the system's own
# threads, position-independent. It shows the names of its three headers and no
# other, since a program may well have a lock() or an append() of its own.
LIBRARY_SRC := $(wildcard src/raft/*.c) src/base/thread.c src/wire/stub.c \
               $(addprefix src/base/,arena.c die.c plain.c save.c) \
               $(addprefix src/wire/,figure2.c message.c saved.c) \
               $(addprefix src/trace/,args.c args_scan.c kinds.c operation.c pack.c \
                 record.c scan.c write.c)
LIBRARY_OBJ = $(LIBRARY_SRC:%.c=$B/lib/%.o)
SHOWN := raft_* trace_* message_*
SO := libglassraft.so.1

$B/lib/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $< (library)"
	@$(CC) $(BASE) $(SAN) -fPIC $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$B/lib/shown: Makefile
	@mkdir -p $(@D)
	@echo '{ global: $(SHOWN:%=%;) local: *; };' > $@

$B/lib/$(SO): $(LIBRARY_OBJ) $B/lib/shown
	@echo "LD $@"
	@$(CC) $(SAN) -shared -Wl,-soname,$(SO) -Wl,--version-script=$B/lib/shown \
	  -Wl,-z,defs -pthread $(LDFLAGS) -o $@ $(LIBRARY_OBJ)

$B/lib/libglassraft.a: $(LIBRARY_OBJ)
	@rm -f $@
	@$(CC) -r -nostdlib -o $B/lib/glassraft.o $^
	@$(OBJCOPY) --wildcard $(SHOWN:%='--keep-global-symbol=%') \
	  $B/lib/glassraft.o
	@ar rcs $@ $B/lib/glassraft.o

$B/tests/test_%: $B/tests/unit/test_%.o $B/tests/libfixtures.a \
  $B/libglassraft.a
	@$(if $(filter tests/unit/test_$*.c,$(TEST_SIMULATED)),src/sim/check-renamed $<)
	@$(LINK) $^ -lcmocka $(LIBS)

$B/tests/bench: $(BENCH_OBJ) $B/libglassraft.a
	@$(LINK) $^ $(LIBS)

$B/%.o: %.S
	@mkdir -p $(@D)
	@$(CC) -g $(CPPFLAGS) -c $< -o $@

# The page's programs, each behind those that it uses.
PAGE_JS := reducer words clients run stories layout paint pen frame lanes \
           arrows marks logs panel minimap search ui player input main
PAGE := viz/page/page.html viz/page/page.css $(PAGE_JS:%=viz/page/%.js)

$B/viz/page.html: viz/page/assemble $(PAGE)
	@mkdir -p $(@D)
	@viz/page/assemble $(PAGE) > $@

# The page of `glassraft play`: the same, with hands, which ask its server.
PLAY_JS := $(PAGE_JS:%=viz/page/%.js) $(patsubst %,viz/page/%.js,lessons net play)
PLAY := viz/page/hands.html viz/page/play.css $(PLAY_JS)
$B/viz/play.html: viz/page/assemble $(PAGE) $(PLAY)
	@mkdir -p $(@D)
	@sed -e '/^<main>$$/r viz/page/hands.html' \
	  -e "s/base-uri 'none'/connect-src 'self'; &/" viz/page/page.html > $@.in
	@viz/page/assemble $@.in viz/page/page.css viz/page/play.css $(PLAY_JS) > $@

$B/src/play/play_data.o: src/play/play_data.S $B/viz/play.html
	@mkdir -p $(@D)
	@$(CC) -g $(CPPFLAGS) -Wa,-I$B/viz -c $< -o $@

$B/viz/page/page_data.o: viz/page/page_data.S $B/viz/page.html
	@$(CC) -g $(CPPFLAGS) -Wa,-I$B/viz -c $< -o $@

# The programs that look at traces, without the simulator: for any POSIX system
# with a C11 compiler, cJSON and Graphviz. CJSON=FOLDER has cjson/cJSON.h and
# cJSON.c, where there is no library of it.
VIEWER_CLI := main check check_history history judge check_report artifacts \
              why timeline log columns page strip sheet roles terms diff export \
              schema version merge join options selectors results_table
VIEWER_SRC := $(wildcard src/base/*.c src/wire/*.c src/trace/*.c \
                src/replay/*.c src/check/*.c viz/*/*.c) src/harness/print.c \
              $(VIEWER_CLI:%=src/cli/%.c)
V ?= build/viewers
VIEWER_OBJ := $(VIEWER_SRC:%.c=$V/%.o) $V/page_data.o
.PHONY: viewers
viewers: $V/glassraft ## build/viewers/glassraft: traces only, on any POSIX system

$V/glassraft: $(VIEWER_OBJ) $(if $(CJSON),$V/cJSON.o)
	@echo "LD $@"
	@$(CC) -pthread $(LDFLAGS) -o $@ $^ $(if $(CJSON),,-lcjson) -lm

$V/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $< (viewers)"
	@$(CC) $(STD) $(WARN) -g -O2 -pthread -Isrc -I. $(if $(CJSON),-I$(CJSON)) \
	  -DGLASSRAFT_VIEWERS -DGLASSRAFT_CONFIG='"viewers"' $(CPPFLAGS) \
	  $(CFLAGS) -MMD -MP -c $< -o $@

# The page as a table of bytes: not every assembler takes a file in.
$V/page_data.o: $V/page.html
	@(echo 'extern const char page_data[];'; echo 'const char page_data[] = {'; \
	  od -An -v -tu1 $< | sed 's/[0-9][0-9]*/(char)&,/g'; echo '0};') \
	  > $V/page_data.c
	@$(CC) $(STD) -c $V/page_data.c -o $@

$V/page.html: viz/page/assemble $(PAGE)
	@mkdir -p $(@D)
	@viz/page/assemble $(PAGE) > $@

$V/cJSON.o: $(CJSON)/cJSON.c
	@$(CC) -O2 -c $< -o $@

-include $(VIEWER_OBJ:.o=.d)

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

.PHONY: unit
unit: $(TESTS) $B/glassraft ## unit tests
	$(WHOLE_TREE)
	@tests/run --unit $B

.PHONY: test
test: deps ## unit tests and scenarios; installs what it needs
	@$(MAKE) --no-print-directory all checks

.PHONY: checks
checks: $(TESTS) $B/glassraft $(if $(wildcard tests/unit/bench.c),$B/tests/bench)
	$(WHOLE_TREE)
	@tests/run $B

$B/tests/page/states: $B/tests/page/states.o $B/libglassraft.a
	@$(LINK) $^ $(LIBS)

tests/page/node_modules: tests/page/package-lock.json
	@cd tests/page && npm ci --silent && touch node_modules

.PHONY: test-page
test-page: ## the page in a real browser, and its reducer against C's
	@.ci/deps page
	@$(MAKE) --no-print-directory all $B/tests/page/states \
	  tests/page/node_modules
	@BUILD=$(CURDIR)/$B node --test --test-reporter=spec tests/page/*.test.js

# In a build folder of its own, such as build/clang.
.PHONY: hashes
hashes: ## CC=clang: the traces of that compiler's program are those of gcc's
	@$(MAKE) --no-print-directory B=build/$(CC) build/$(CC)/glassraft
	@tests/hashes build/$(CC)/glassraft

.PHONY: hostile
hostile: $B/glassraft ## hostile submissions; CONFIG=asan or tsan: under a sanitizer
	$(WHOLE_TREE)
	@tests/grade $B/glassraft

.PHONY: asan
asan: ## all tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory CONFIG=asan SEEDS=1..5 checks

.PHONY: tsan
tsan: ## all tests under ThreadSanitizer
	@$(MAKE) --no-print-directory CONFIG=tsan SEEDS=1..5 checks

.PHONY: test-arm64
test-arm64: ## the tests for arm64, cross-compiled, under qemu
	@.ci/deps arm64
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory CONFIG=arm64 CC=aarch64-linux-gnu-gcc \
	  OBJCOPY=aarch64-linux-gnu-objcopy arm64-programs
	@tests/arm64

.PHONY: arm64-programs
arm64-programs: $(TESTS) $B/glassraft

.PHONY: rules
rules: all ## each rule of Figures 2 and 13: where it stands, who exercises it
	@tests/rules build/glassraft

.PHONY: zoo-explore
zoo-explore: all ## which bugs explore finds, how short shrink makes their runs
	@tests/zoo/explore $(BUGS)

.PHONY: zoo
zoo: all ## known bugs put into the reference, one by one: who catches them
	@$(MAKE) --no-print-directory CONFIG=asan build/asan/glassraft
	@$(MAKE) --no-print-directory CONFIG=tsan build/tsan/glassraft
	@GLASSRAFT_VIZ=never $(ZOO_RUN) --json build/zoo.json $(ZOO) $(BUGS)
	@$(if $(BUGS),,tests/sound/run --seeds 1..3 --json build/sound.json)

ZOO_RUN = CC="$(CC)" OBJCOPY="$(OBJCOPY)" ZOO_CFLAGS="$(BASE)" tests/zoo/run

.PHONY: sound
sound: all ## correct Rafts of other designs: none may fail a lab; SEEDS=1..20
	@tests/sound/run --seeds $(or $(SEEDS),1..20) --json build/sound.json \
	  $(DESIGNS)

# Only the binaries of BUGS="E03 C01", build/zoo/E03/glassraft and so on.
.PHONY: zoo-build
zoo-build: all
	@$(ZOO_RUN) --build-only $(BUGS)

# The labs of a student: RAFT is a folder, or a .o, .a or .so; SEED=7 is one seed.
RAFT ?= labs/student
J ?= $(shell nproc)
LAB_SEEDS = $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1..20))
.PHONY: lab0 lab1 lab2 lab3 lab4 lab5 labs
lab0: all ## lab 0 against RAFT=labs/student (its warm-up), and its races
	@status=0; $B/glassraft run $@ --raft $(WARM_UP) $(LAB_SEEDS) -j $(J) || \
	  status=1; echo; \
	  $(MAKE) --no-print-directory races LAB=lab0 || status=1; exit $$status

# The warm-up stands in a folder of the Raft's, or is what RAFT says.
WARM_UP = $(or $(wildcard $(RAFT)/warm-up),$(RAFT))

# Few seeds find what many would.
LAB ?= lab1
.PHONY: races
races: ## LAB=lab1 under ThreadSanitizer: where threads race
	@[ -x build/tsan/glassraft ] || \
	  echo "building with ThreadSanitizer, once: a minute or two"
	@mkdir -p build/tsan; \
	  $(MAKE) --no-print-directory CONFIG=tsan build/tsan/glassraft \
	  >build/tsan/make.log 2>&1 || { tail -n 20 build/tsan/make.log; exit 1; }
	@labs/races $(LAB) $(if $(filter lab0,$(LAB)),$(WARM_UP),$(RAFT)) \
	  $(if $(SEED),$(SEED)..$(SEED),1..3)

# A folder for each Raft and lab.
COVER ?= out/cover-$(notdir $(RAFT:%/=%))-lab$(LAB:lab%=%)
.PHONY: cover
cover: all ## LAB=2: which lines of RAFT=labs/student its scenarios reach; SEEDS=, J=
	@$B/glassraft run lab$(LAB:lab%=%) --raft \
	  $(if $(filter 0 lab0,$(LAB)),$(WARM_UP),$(RAFT)) $(LAB_SEEDS) -j $(J) \
	  --cover $(COVER)

lab1 lab2 lab3 lab4: all ## a lab's scenarios against RAFT=labs/student, SEEDS=1..20, SEED=, J=
	@$B/glassraft run $@ --raft $(RAFT) $(LAB_SEEDS) -j $(J)

KV ?= labs/student/kv
lab5: all ## lab 5 against KV=labs/student/kv, on our Raft or on RAFT=
	@$B/glassraft run $@ --kv $(KV) $(LAB_SEEDS) -j $(J) \
	  $(if $(filter-out file,$(origin RAFT)),--raft $(RAFT))

labs: ## labs 0 to 4
	@status=0; for lab in lab0 lab1 lab2 lab3 lab4; do \
	  $(MAKE) --no-print-directory $$lab || status=1; done; exit $$status

# What instructors hand out, and students hand in: LAB=0 ... LAB=4.
LAB_N = $(if $(filter file,$(origin LAB)),$(error which lab? make $@ \
  LAB=1),$(LAB:lab%=%))
KIT_OPTIONS = $(if $(SEEDS),--seeds $(SEEDS)) \
  $(if $(SECRET),--secret-seeds $(SECRET)) $(if $(RUBRIC),--rubric $(RUBRIC))
.PHONY: handout handin gradescope classroom
handout: ## LAB=1: build/glassraft-lab1.tar.gz for students, no solution in it
	$(WHOLE_TREE)
	@labs/make-kit handout $(LAB_N)

handin: all ## LAB=1: build/handin-lab1.tar.gz of RAFT=labs/student, tried first
	@labs/make-handin $(LAB_N) $(if $(filter 0,$(LAB_N)),$(WARM_UP),$(RAFT))

gradescope: ## LAB=1: an autograder; SEEDS=, SECRET=file, RUBRIC=file
	$(WHOLE_TREE)
	@labs/make-kit gradescope $(LAB_N) $(KIT_OPTIONS)

classroom: ## LAB=1: a repository that GitHub Actions grades; SEEDS=, RUBRIC=
	$(WHOLE_TREE)
	@labs/make-kit classroom $(LAB_N) $(KIT_OPTIONS)

.PHONY: zoo-labs
zoo-labs: all ## each known bug in the lab that teaches its rule: is it caught?
	@$(MAKE) --no-print-directory CONFIG=asan build/asan/glassraft
	@$(MAKE) --no-print-directory CONFIG=tsan build/tsan/glassraft
	@tests/zoo/labs $(BUGS)

SOAK ?= 1..10000
.PHONY: soak
soak: all ## all scenarios on SOAK=1..10000 seeds, failures kept in out/
	@build/glassraft run all --seeds $(SOAK) -j $(shell nproc)

.PHONY: test-real
test-real: all ## the 28 known scenarios on the system's threads and clock
	@build/glassraft run election replication persistence snapshots --real -j 8

.PHONY: coverage
coverage: ## build/coverage/: by gcovr; fails below tests/coverage-limits
	@find build/cov -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory CONFIG=cov checks
	@mkdir -p build/coverage
	@gcovr --root . --filter src/ --filter viz/ --filter labs/ \
	  --html-details build/coverage/index.html \
	  --xml build/coverage/cobertura.xml \
	  --json-summary build/coverage/summary.json \
	  --txt build/coverage/summary.txt build/cov
	@cat build/coverage/summary.txt
	@tests/coverage-rooms

SOURCES = $(wildcard src/*/*.[ch] src/sim/arch/*.[ch] viz/*/*.[ch] labs/suites/*.[ch] \
  tests/unit/*.[ch] tests/page/*.c)

.PHONY: skeleton
skeleton: ## write labs/student anew from src/raft; FORCE=1 overwrites changes
	@labs/make-skeleton $(if $(FORCE),--force)

SKELETON = $(wildcard labs/skeleton/*.c labs/student/*.[ch] tests/other-raft/*.[ch])

# Calls of x86-64's kernel that younger processors have under other names only.
X86_ONLY := SYS_(access|alarm|chmod|chown|creat|dup2|epoll_wait|eventfd|fork|$\
            getdents|getpgrp|link|lstat|mkdir|mknod|open|pause|pipe|poll|$\
            readlink|rename|rmdir|select|signalfd|stat|symlink|time|unlink|$\
            utime|utimes|vfork)
.PHONY: lint
lint: ## clang-format, clang-tidy, and clang's thread safety analysis
	@labs/make-skeleton --check
	@clang-format --dry-run --Werror $(SOURCES) $(SKELETON)
	@! grep -nwE '$(X86_ONLY)' $(SOURCES) || \
	  { echo "arm64 has no such system call" >&2; exit 1; }
	@printf '%s\n' $(filter %.c,$(SOURCES)) | \
	  xargs -P 2 -n 6 sh -c 'clang-tidy --quiet "$$@" -- $(STD) -Isrc -I. \
	    -DGLASSRAFT_CONFIG=\"opt\" \
	    2>/dev/null || exit 1' tidy
	@printf '%s\n' $(LIB_SRC) $(wildcard labs/student/*.c) | \
	  xargs -P 2 -n 8 clang -fsyntax-only \
	  $(BASE) -Isrc/raft -Wthread-safety -Wthread-safety-beta
	@.ci/floors
	@.ci/sizes $(SOURCES) $(PAGE) $(wildcard tests/page/*.js)

.PHONY: format
format: ## clang-format all sources
	@clang-format -i $(SOURCES)

.PHONY: bench
bench: $B/tests/bench ## figures of speed beside tests/bench.json, into build/bench.json
	@$B/tests/bench build/bench.json $(wildcard tests/bench.json)

.PHONY: bench-page
bench-page: ## figures of a page of 120,000 events, and of play, in a browser
	@.ci/deps page
	@$(MAKE) --no-print-directory all tests/page/node_modules
	@BUILD=$(CURDIR)/$B node tests/page/bench.js
	@BUILD=$(CURDIR)/$B node tests/page/play_bench.js

# The readers, and each command that reads traces, against libFuzzer, one after
# the other. The corpus grows in build/corpus.
FUZZ_COMMANDS := check log timeline columns strip roles terms diff why page \
                 history shiviz perfetto mermaid tla
FUZZ_SECONDS ?= 30
FUZZ_LINK = clang $(BASE) $(SAN_fuzz) -fsanitize=fuzzer $(filter %.c %.a,$^) \
            -o $@ $(LIBS)
build/fuzz/fuzz_trace: tests/unit/fuzz_trace.c build/fuzz/libglassraft.a
	@$(FUZZ_LINK)

build/fuzz/fuzz_%: tests/unit/fuzz_command.c build/fuzz/libglassraft.a
	@$(FUZZ_LINK) -D_GNU_SOURCE -DFUZZ=$*

.PHONY: fuzz
fuzz: ## readers and commands against libFuzzer, FUZZ_SECONDS=30 each
	@$(MAKE) --no-print-directory CONFIG=fuzz CC=clang fuzz-all

fuzz-all: $(patsubst %,build/fuzz/fuzz_%,trace $(FUZZ_COMMANDS))
	@mkdir -p build/corpus
	@for target in $^; do \
	  echo "$$target: $(FUZZ_SECONDS) s"; \
	  $$target -max_total_time=$(FUZZ_SECONDS) -max_len=32768 -timeout=2 \
	    -rss_limit_mb=1024 -artifact_prefix=$$target- -print_final_stats=1 \
	    build/corpus tests/golden tests/corpus >$$target.log 2>&1 || \
	    { tail -n 40 $$target.log; exit 1; }; \
	  grep -E 'number_of_executed_units' $$target.log; done

.PHONY: mutants
mutants: all ## mutated traces over all commands, COUNT=60000; CONFIG=asan
	@tests/mutants --count $(or $(COUNT),60000) $B/glassraft

.PHONY: demo
demo: deps ## run a small cluster and draw what happened into out/demo/
	@$(MAKE) --no-print-directory all
	@build/glassraft demo

.PHONY: gallery
gallery: all ## draw viz/README.md: each kind of picture, from real runs
	@viz/draw-gallery

.PHONY: tricks
tricks: all ## draw the pictures of labs/TRICKS.md, or only BUGS="E03 C01"
	@labs/draw-tricks $(BUGS)

.PHONY: samples
samples: all ## the pictures and sample outputs of the labs' handouts
	@labs/draw-handouts

.PHONY: compile_commands.json
compile_commands.json: ## build/compile_commands.json for editors and tools
	@mkdir -p build
	@(sep='['; for f in $(filter %.c,$(SOURCES)); do \
	  printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' \
	    "$$sep" "$(CURDIR)" "$$f" \
	    "$(CC) $(BASE) -O2 -c $$f"; sep=','; done; echo ']') \
	  > build/compile_commands.json

.PHONY: install
install: SHARE = $(DESTDIR)$(PREFIX)/share/glassraft
install: build/glassraft $B/lib/$(SO) $B/lib/libglassraft.a ## into PREFIX, /usr/local by default; DESTDIR too
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -d $(addprefix $(DESTDIR)$(PREFIX)/include/glassraft/,raft trace wire)
	install -m 755 $B/glassraft $B/glassraft-cage \
	  $(if $(HAS_HTTP),$B/glassraft-play) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $B/lib/libglassraft.a $(DESTDIR)$(PREFIX)/lib/
	install -m 644 $B/lib/$(SO) $(DESTDIR)$(PREFIX)/lib/
	ln -sf $(SO) $(DESTDIR)$(PREFIX)/lib/libglassraft.so
	install -m 644 src/raft/raft.h $(DESTDIR)$(PREFIX)/include/glassraft/raft
	install -d $(SHARE)/labs $(addprefix $(SHARE)/src/,raft kv base wire trace \
	  harness sim)
	install -m 755 labs/build-raft $(SHARE)/labs
	install -m 644 labs/allowed-symbols labs/counters.ld $(SHARE)/labs
	install -m 755 labs/refused-calls $(SHARE)/labs
	install -m 644 src/raft/raft.h $(SHARE)/src/raft
	install -m 644 src/kv/kv.h $(SHARE)/src/kv
	install -m 644 src/harness/warmup.h $(SHARE)/src/harness
	install -m 644 src/base/*.h $(SHARE)/src/base
	install -m 644 src/wire/*.h $(SHARE)/src/wire
	install -m 644 src/trace/*.h $(SHARE)/src/trace
	install -m 644 src/sim/sim.syms src/sim/refused-calls $(SHARE)/src/sim
	install -m 644 src/trace/trace.h $(DESTDIR)$(PREFIX)/include/glassraft/trace
	install -m 644 src/wire/message.h $(DESTDIR)$(PREFIX)/include/glassraft/wire
	echo '#include "../wire/message.h"' \
	  > $(DESTDIR)$(PREFIX)/include/glassraft/trace/message.h
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	src/cli/man-page $B/glassraft > $B/glassraft.1
	install -m 644 $B/glassraft.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: glassraft' \
	  'Description: a Raft you can see through' \
	  "Version: $$(sed -n 's/.*GLASSRAFT_VERSION "\(.*\)"/\1/p' src/base/version.h)" \
	  'Libs: -L$${prefix}/lib -lglassraft' 'Libs.private: -pthread' \
	  'Cflags: -I$${prefix}/include/glassraft' \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/glassraft.pc

.PHONY: uninstall
uninstall: ## what make install with the same PREFIX and DESTDIR has put there
	cd $(DESTDIR)$(PREFIX) && rm -f bin/glassraft bin/glassraft-cage \
	  bin/glassraft-play \
	  lib/libglassraft.a lib/$(SO) lib/libglassraft.so \
	  lib/pkgconfig/glassraft.pc share/man/man1/glassraft.1
	rm -rf $(DESTDIR)$(PREFIX)/include/glassraft
	rm -rf $(DESTDIR)$(PREFIX)/share/glassraft

.PHONY: clean-out
clean-out: ## remove what runs left in out/
	rm -rf out

.PHONY: clean
clean: ## remove build/ and out/
	rm -rf build out
