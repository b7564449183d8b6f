# One command reads the book, one checks it: `make book`, `make test`.
PYTHON ?= python3
PORT   ?= 8000
JOBS   ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# What is installed of pyproject.toml; PyTorch and mutation testing are not.
EXTRAS := book cluster lab test
# What `make floors` tries.
FLOORS := $(EXTRAS) data models
# What installs it all; pyproject.toml has the same floor.
UV     := uv>=0.13

BIN    := .venv/bin
READY  := .venv/.ready
SOURCE := _build/source
LITE   := _build/lite
HTML   := _build/html
LATEX  := _build/latex
PDF    := _build/book.pdf

# What the reader has set for Python does not reach it here (clean.py: nor the chapters).
unexport $(filter-out PYTHON,$(filter PYTHON%,$(.VARIABLES)))
# Git is asked only where it tracks this project, not one around it.
OURS := $(shell test -z "$$(git rev-parse --show-prefix 2> /dev/null)" && git ls-files Makefile 2> /dev/null)
# Files are dated by the commit, so that two builds of it are the same.
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(or $(if $(OURS),$(shell git log -1 --format=%ct 2> /dev/null)),1577836800)
endif
export SOURCE_DATE_EPOCH JOBS
# Chapters and tests run side by side, so each keeps to one thread.
export OPENBLAS_NUM_THREADS = 1
export OMP_NUM_THREADS = 1
export VECLIB_MAXIMUM_THREADS = 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup book test lint verify evidence mutants chapter notebooks bench lab pdf serve lock clean
.PHONY: platforms networks floors lowest newest twice proofs digits

# $(call otherwise,ADVICE): when the command before it fails, say what to do and stop.
otherwise = || { echo "make: $(1)" >&2; exit 1; }

# What is built is a copy: tracked files stay as they are.
stage = rm -rf $(SOURCE) $(LITE) $(HTML) $(PDF) _build/*.json && mkdir -p $(SOURCE) && cp -R _config.yml _toc.yml book proofs $(SOURCE)
site  = $(BIN)/jupyter-book build -q $(SOURCE) --path-output . --all -W -n --keep-going > _build/log.txt \
	$(call otherwise,the site did not build. Mend the warnings above; _build/log.txt has the rest.)

latex = rm -rf $(LATEX) && $(BIN)/jupyter-book build -q $(SOURCE) --path-output . --all --builder pdflatex \
	> _build/log.txt 2>&1 && cp $(LATEX)/book.pdf $(PDF) \
	$(call otherwise,the PDF was not built; _build/log.txt says why. README.md lists what TeX needs.)

# The same chapters in JupyterLite, which the site takes in.
lite  = $(BIN)/python book/_ext/lite.py $(SOURCE)/book $(LITE) $(LITE)/site \
	$(call otherwise,JupyterLite was not built; the reason is above.)

# What the ledger is rendered from: which chapters have run, and what the checks found.
evidence = $(BIN)/python book/_ext/chapters.py note $(SOURCE)/book _build/chapters.json && \
	$(call attack,quick,0,_build/evidence.json)

# $(call attack,BUDGET,SEED,FILE): try to break every claim.
attack = $(BIN)/python -m linear_distillation verify --budget $(1) --seed $(2) --jobs $(JOBS) \
		--output $(3) --quiet \
		$(call otherwise,a claim or a check of it failed; it is named above. To repeat it: \
			.venv/bin/python -m linear_distillation verify ID --budget $(1) --seed $(2))
# A second seed in the tests: that of the commit.
COMMIT := $(shell printf '%d' 0x$(or $(if $(OURS),$(shell git rev-parse --short=7 -q --verify HEAD)),1))

# What the ledger says of formal proofs is read from this file; without one they are unknown.
prove = $(BIN)/python book/_ext/formal.py proofs _build/proofs/result.json

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## create .venv with everything the book and its tests need
	@echo "Ready: .venv"

book: $(READY) ## execute every chapter and check, and build the site into _build/html
	@$(stage)
	@$(BIN)/python book/_ext/chapters.py run $(SOURCE)/book \
		$(call otherwise,a chapter failed. Mend it and run make book again.)
	@$(evidence)
	@$(lite)
	@$(site)
	@echo "The book is in $(HTML)/index.html. To read it: make serve"

# nbval reproduces the stored outputs; the site is then built from those.
test: $(READY) lint ## run all tests: code, library, chapters, site
	@$(BIN)/pytest -n $(JOBS) --dist loadfile --nbval tests book --ignore tests/site \
		$(call otherwise,tests failed. If a chapter was changed on purpose: make notebooks.)
	@$(prove) --if-possible
	@$(stage)
	@$(evidence)
	@$(call attack,quick,$(COMMIT),_build/commit.json)
	@$(lite)
	@$(site)
	@$(BIN)/python tests/site/get_browser.py
	@$(BIN)/pytest -n $(JOBS) tests/site $(call otherwise,the built site has faults; they are listed above.)

lint: $(READY) ## check the code's style and its types
	@$(BIN)/ruff check --quiet $(call otherwise,mend the code above; some of it by .venv/bin/ruff check --fix.)
	@$(BIN)/ruff format --check --quiet $(call otherwise,the layout differs. Mend it: .venv/bin/ruff format.)
	@$(BIN)/mypy $(call otherwise,the types above do not fit.)

# Another seed at every run; the run prints it, and `make verify SEED=...` repeats it.
verify evidence: SEED := $(strip $(shell od -An -N3 -tu4 /dev/urandom))
verify: $(READY) ## try hard to break every claim (some twenty minutes)
	@$(call attack,full,$(SEED),_build/full-run.json)

evidence: $(READY) ## the same and fifty small runs, kept for the ledger (some fifty minutes)
	@begun=$$(date +%s); { $(call attack,full,$(SEED),_build/full-run.json); } && \
		$(BIN)/python book/_ext/ledger.py _build/full-run.json book/full-run.json \
			$$(( $$(date +%s) - begun )) $(JOBS)
	@$(BIN)/python -m linear_distillation verify --seed $(SEED) --seeds 50 --jobs $(JOBS) --quiet \
		--output _build/many-runs.json $(call otherwise,a claim or a check of it failed at a seed; see above.)
	@$(BIN)/python book/_ext/ledger.py _build/many-runs.json book/many-runs.json

proofs: $(READY) ## check the formal proofs from nothing, where there is Coq
	@$(prove)

mutants: $(READY) ## change the code at random, and see whether tests or claims notice (hours)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python "cosmic-ray>=8.3.13"
	@$(BIN)/python benchmarks/mutation.py --jobs $(JOBS)

digits: $(READY) ## hold all digits that docstrings promise to 200 random points each (minutes)
	@POINTS=200 $(BIN)/pytest -n $(JOBS) tests/test_digits.py

chapter: $(READY) ## execute one chapter in place: make chapter NAME=why-it-works/data-geometry
	@$(BIN)/python book/_ext/chapters.py run book tests/figures $(NAME) \
		$(call otherwise,the chapter failed; the reason is above.)

notebooks: $(READY) ## execute the chapters in place, and renew what is compared with them
	@$(BIN)/python book/_ext/chapters.py run book tests/figures \
		$(call otherwise,a chapter failed. Mend it and run make notebooks again.)
	@$(BIN)/python book/_ext/chapters.py figure book/why-it-works/data-geometry.ipynb \
		fig-data-geometry book/images/data-geometry.png

# The PDF is made first, so that the site can link to it.
pdf: $(READY) ## build the book as a PDF too, where there is a TeX system, and link it from the site
	@{ command -v xelatex && command -v latexmk; } > /dev/null \
		$(call otherwise,there is no xelatex or no latexmk here; README.md says what to install.)
	@$(stage)
	@$(BIN)/python book/_ext/chapters.py run $(SOURCE)/book \
		$(call otherwise,a chapter failed. Mend it and run make pdf again.)
	@$(evidence)
	@$(latex)
	@$(lite)
	@$(site)
	@echo "The book is in $(PDF), and in $(HTML)/index.html. To read it: make serve"

lab: $(READY) ## open the chapters in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir book

# PyTorch and scikit-matter are compared with where they are: .venv/bin/uv pip install torch skmatter
bench: $(READY) ## measure: against other methods, the machine's limit, and whole commands
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python book/_ext/chapters.py run book tests/figures speed/how-fast-is-it

networks: $(READY) ## train the networks that the chapter on them reads (minutes)
	@$(BIN)/python benchmarks/networks.py

serve: $(HTML)/index.html ## show the built site at http://localhost:8000 (PORT=8000)
	@echo "The book is at http://localhost:$(PORT), until Ctrl-C"
	@$(PYTHON) -m http.server $(PORT) --bind localhost --directory $(HTML) 2> /dev/null \
		$(call otherwise,port $(PORT) is taken? Try make serve PORT=8001.)

$(HTML)/index.html:
	@$(MAKE) book

lock: UPGRADE ?= --upgrade
lock: $(BIN)/uv ## renew requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 $(addprefix --extra ,$(EXTRAS)) \
		--no-annotate --custom-compile-command "make lock" pyproject.toml -o requirements.lock

platforms: $(BIN)/uv ## try by dry runs whether the lock installs on other systems and Pythons
	@$(BIN)/python .ci/platforms.py $(BIN)/uv requirements.lock

# $(call floor,NAME,RESOLUTION): the tests of the library in an environment of its own.
floor = $(PYTHON) -m venv --clear _build/$(1) && \
	$(BIN)/uv pip compile --quiet --upgrade --python _build/$(1)/bin/python --resolution $(2) \
		--no-header --no-annotate $(addprefix --extra ,$(FLOORS)) pyproject.toml -o _build/$(1).txt && \
	echo "-e ." | $(BIN)/uv pip sync --quiet --python _build/$(1)/bin/python _build/$(1).txt - && \
	_build/$(1)/bin/pytest -n $(JOBS) -m "not locked" tests --ignore tests/site \
		$(call otherwise,tests fail with the $(1) versions that pyproject.toml allows.)

floors: lowest newest ## run the tests of the library with the lowest and with the newest versions
lowest newest: $(BIN)/uv
	@mkdir -p _build
	@$(call floor,$@,$(if $(filter lowest,$@),lowest-direct,highest))

twice: $(READY) ## build the book twice, and compare
	@$(MAKE) book && rm -rf _build/first && mv $(HTML) _build/first && $(MAKE) book
	@$(BIN)/python .ci/compare.py _build/first $(HTML)

clean: ## remove what was built (.venv stays)
	@rm -rf _build .pytest_cache .hypothesis .ruff_cache

$(READY): pyproject.toml requirements.lock | $(BIN)/uv lib/linear_distillation/__init__.py
	@echo "Installing the locked packages into .venv"
	@echo "-e ." | $(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock - \
		$(call otherwise,packages could not be installed. Check the network; or rm -rf .venv and try again.)
	@touch $@

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
		$(call otherwise,$(PYTHON) is missing or older than 3.11. Try make PYTHON=/path/to/python3.12.)
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null \
		$(call otherwise,$(PYTHON) has no venv module. On Debian: apt-get install python3-venv; or try make PYTHON=/path/to/python3.12.)
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check "$(UV)" \
		$(call otherwise,uv could not be installed. Check the network and try again.)
