# The first Python that starts and is new enough; any other: make run PYTHON=/path/to/python3.11
PYTHON ?= $(shell for p in python3.11 python3.12 python3; do $$p -c '' 2>/dev/null && echo $$p && break; done)
UV ?= uv
SETUP = @test -n "$(PYTHON)" || { echo "Python 3.11 is missing. On Debian: apt-get install -y python3 python3-venv"; exit 1; }; $(PYTHON) -m scripts.setup
# A file's tests stay together, and the long files come first: see tests/conftest.py.
PYTEST = .venv/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
LOCK = $(UV) pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: help run test check chaos lock clean

help:
	@echo "make run     set everything up and start the service (the first time takes several minutes)"
	@echo "make test    set up and run all tests"
	@echo "make check   set up, then lint, types and all tests: what CI runs"
	@echo "make chaos   set up, then kill every part again and again under load, on both stacks (half an hour; docs/operations/chaos.md)"
	@echo "make lock    write the lock files anew from pyproject.toml (needs uv)"
	@echo "make clean   remove the virtual environment and build logs; data/ and the shared cache stay"

run:
	$(SETUP)
	@exec .venv/bin/ujumbe serve

test:
	$(SETUP) --dev
	@exec $(PYTEST)

check:
	$(SETUP) --dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy -p scripts -p bench
	@exec $(PYTEST)

chaos:
	$(SETUP) --dev
	@exec .venv/bin/python -m bench.chaos

lock:
	$(LOCK) --no-emit-package llama-cpp-python pyproject.toml -o requirements.lock
	$(LOCK) --no-emit-package llama-cpp-python --extra dev --extra online pyproject.toml -o requirements-dev.lock
	printf 'scikit-build-core\ncmake\nninja\nsetuptools\nwheel\npip\n' | $(LOCK) --no-annotate - -o requirements-build.lock
	printf 'kenya-data\nlocalis\n' | $(LOCK) --no-annotate --no-deps - -o bot/places/requirements-places.lock
	grep -oE 'llama-cpp-python==[0-9.]+' pyproject.toml | $(LOCK) --no-annotate --no-deps --only-binary none - -o requirements-engine.lock

clean:
	rm -rf .venv build
