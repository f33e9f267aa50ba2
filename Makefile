# Glassraft. `make help` lists what can be made.
#
# Out of source: build/CONFIG/ mirrors the tree, CONFIG is opt, asan, tsan,
# cov ... Objects of the folders in SIMULATED get their pthread and clock calls
# renamed to those of src/sim (sim.syms), and thereby run simulated or real.

CONFIG ?= opt
CC ?= gcc
B := build/$(CONFIG)

STD := -std=c11 -D_POSIX_C_SOURCE=200809L
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wundef
BASE := $(STD) $(WARN) -g -pthread -fno-omit-frame-pointer -fstack-clash-protection -Isrc -I.
OPT_opt := -O2
SAN_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
SAN_tsan := -O1 -fsanitize=thread
SAN_cov := -O0 --coverage -fprofile-update=atomic
SAN := $(OPT_$(CONFIG)) $(SAN_$(CONFIG))
PLAIN_opt := -O2
PLAIN := $(or $(PLAIN_$(CONFIG)),-O1)

LIB_SRC := $(wildcard src/*/*.c viz/*.c labs/*.c)
LIB_SRC := $(filter-out src/cli/main.c,$(LIB_SRC))
ASM_SRC := $(wildcard src/sim/*.S)
# Compiled without sanitizers and coverage: the runtime, and the recorder.
UNINSTRUMENTED := $(wildcard src/sim/*.c) src/trace/record.c
SIMULATED := $(filter src/net/% src/raft/% src/lab/% labs/% src/trace/record.c,$(LIB_SRC))
TEST_SIMULATED := $(wildcard tests/sim_*.c)
TEST_SRC := $(wildcard tests/test_*.c)

OBJ = $(LIB_SRC:%.c=$B/%.o) $(ASM_SRC:%.S=$B/%.o)
LIBS := -lcjson -lm

.DELETE_ON_ERROR:
.PHONY: all
all: build/glassraft

build/glassraft: $B/glassraft
	@ln -sf $(CONFIG)/glassraft $@

$B/libglassraft.a: $(OBJ)
	@rm -f $@
	@ar rcs $@ $^

$B/glassraft: $B/src/cli/main.o $B/libglassraft.a
	$(CC) $(SAN) -rdynamic -pthread $(LDFLAGS) -o $@ $^ $(LIBS)

$B/%.o: %.S
	@mkdir -p $(@D)
	$(CC) -g $(CPPFLAGS) -c $< -o $@

$B/%.o: %.c src/sim/sim.syms
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(BASE) $(if $(filter $<,$(UNINSTRUMENTED)),$(PLAIN),$(SAN)) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
	@$(if $(filter $<,$(SIMULATED) $(TEST_SIMULATED)),objcopy --redefine-syms=src/sim/sim.syms $@)

-include $(OBJ:.o=.d)

.PHONY: clean
clean:
	rm -rf build out
