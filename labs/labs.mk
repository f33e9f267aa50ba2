# What students, and instructors, make: labs, hand-outs, their pictures.

# The labs of a student: RAFT is a folder, or a .o, .a or .so; SEED=7 is one
# seed.
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
cover: all ## LAB=2: which lines of RAFT=labs/student it reaches; SEEDS=, J=
	@$B/glassraft run lab$(LAB:lab%=%) --raft \
	  $(if $(filter 0 lab0,$(LAB)),$(WARM_UP),$(RAFT)) $(LAB_SEEDS) -j $(J) \
	  --cover $(COVER)

lab1 lab2 lab3 lab4: all ## against RAFT=labs/student; SEEDS=1..20, SEED=
	@status=0; $B/glassraft run $@ --raft $(RAFT) $(LAB_SEEDS) -j $(J) || \
	  status=1; echo; \
	  $B/glassraft explore --lab $(@:lab%=%) --raft $(RAFT) -j $(J) || \
	  status=1; exit $$status

# A service runs on our Raft, or on the one that RAFT names; a hand-out has the
# student's alone.
KV ?= labs/student/kv
BELOW = $(if $(filter-out file,$(origin RAFT)),$(RAFT),$\
  $(if $(wildcard src/raft/raft.c),,$(RAFT)))
lab5: all ## lab 5 against KV=labs/student/kv, on our Raft or on RAFT=
	@$B/glassraft run $@ --kv $(KV) $(LAB_SEEDS) -j $(J) \
	  $(if $(BELOW),--raft $(BELOW))

labs: ## labs 0 to 4, the Raft; lab 5 is a service on it
	@status=0; for lab in lab0 lab1 lab2 lab3 lab4; do \
	  $(MAKE) --no-print-directory $$lab || status=1; done; exit $$status

# What instructors hand out, and students hand in: LAB=0 ... LAB=5.
LAB_N = $(if $(filter file,$(origin LAB)),$(error which lab? make $@ \
  LAB=1),$(LAB:lab%=%))
KIT_OPTIONS = $(if $(SEEDS),--seeds $(SEEDS)) \
  $(if $(SECRET),--secret-seeds $(SECRET)) $(if $(RUBRIC),--rubric $(RUBRIC))
.PHONY: handout handin gradescope classroom
handout: ## LAB=1: build/glassraft-lab1.tar.gz for students, no solution in it
	$(WHOLE_TREE)
	@labs/make-kit handout $(LAB_N)

handin: all ## LAB=1: build/handin-lab1.tar.gz of RAFT=labs/student, tried first
	@labs/make-handin $(LAB_N) $(if $(filter 0,$(LAB_N)),$(WARM_UP),$\
	  $(if $(filter 5,$(LAB_N)),$(KV) $(BELOW),$(RAFT)))

gradescope: ## LAB=1: an autograder; SEEDS=, SECRET=file, RUBRIC=file
	$(WHOLE_TREE)
	@labs/make-kit gradescope $(LAB_N) $(KIT_OPTIONS)

classroom: ## LAB=1: a repository that GitHub Actions grades; SEEDS=, RUBRIC=
	$(WHOLE_TREE)
	@labs/make-kit classroom $(LAB_N) $(KIT_OPTIONS)

.PHONY: skeleton
skeleton: ## write labs/student anew from src; FORCE=1 overwrites changes
	@labs/make-skeleton $(if $(FORCE),--force)

.PHONY: tricks
tricks: all ## draw the pictures of labs/TRICKS.md, or only BUGS="E03 C01"
	@labs/draw-tricks $(BUGS)

.PHONY: samples
samples: all ## the pictures and sample outputs of the labs' handouts
	@labs/draw-handouts
