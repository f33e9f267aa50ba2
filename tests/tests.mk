# Glassraft's own tests, benchmarks and fuzzers.

# An archive, so that a test that brings its own Raft needs no fixture of ours.
$B/tests/libfixtures.a: $(TEST_HELP:%.c=$B/%.o)
	@rm -f $@
	@ar rcs $@ $^

$B/tests/test_%: $B/tests/unit/test_%.o $B/tests/libfixtures.a \
  $B/libglassraft.a
	@$(if $(filter tests/unit/test_$*.c,$(TEST_SIMULATED)), \
	  src/sim/check-renamed $<)
	@$(LINK) $^ -lcmocka $(LIBS)

$B/tests/bench: $(BENCH_OBJ) $B/libglassraft.a | $B/glassraft-play
	@$(LINK) $^ $(LIBS)

.PHONY: unit
unit: $(TESTS) $B/glassraft ## unit tests
	$(WHOLE_TREE)
	@tests/run --unit $B

.PHONY: test
test: deps ## unit tests and scenarios; installs what it needs
	@$(MAKE) --no-print-directory all checks

.PHONY: checks
checks: $(TESTS) $B/glassraft \
  $(if $(wildcard tests/unit/bench.c),$B/tests/bench)
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
	@BUILD=$(CURDIR)/$B node --test --test-reporter=spec \
	  $(or $(PAGE_TESTS),tests/page/*.test.js)

# In a build folder of its own, such as build/clang.
.PHONY: hashes
hashes: ## CC=clang: the traces of that compiler's program are those of gcc's
	@$(MAKE) --no-print-directory B=build/$(CC) build/$(CC)/glassraft
	@tests/hashes build/$(CC)/glassraft

.PHONY: hostile
hostile: $B/glassraft ## hostile submissions; CONFIG=asan or tsan too
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
	@find build/cov '(' -name '*.gcda' -o -name '*.counters' ')' -delete \
	  2>/dev/null || true
	@$(MAKE) --no-print-directory CONFIG=cov test-page \
	  PAGE_TESTS=tests/page/play.test.js
	@$(MAKE) --no-print-directory CONFIG=cov checks
	@for file in build/cov/*.counters build/cov/tests/*.counters; do \
	  GLASSRAFT_COVERAGE=write $${file%.*.counters} || exit 1; done
	@mkdir -p build/coverage
	@gcovr --root . --filter src/ --filter viz/ --filter labs/ \
	  --html-details build/coverage/index.html \
	  --xml build/coverage/cobertura.xml \
	  --json-summary build/coverage/summary.json \
	  --txt build/coverage/summary.txt \
	  $(addprefix build/cov/,src viz labs/suites cage)
	@cat build/coverage/summary.txt
	@tests/coverage-rooms

.PHONY: bench
bench: $B/tests/bench ## figures of speed, beside those of tests/bench.json
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
