# Every command of the project. A bare checkout needs Python >= 3.11 and make, nothing else.

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
export PORT
export UV_PROJECT_ENVIRONMENT := .venv
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: run test soak bench journey check e2e fix document states examples clean

# The environment is made anew when the lock changes; uv comes from PyPI into it.
.venv/.installed: uv.lock pyproject.toml
	@test -x $(BIN)/uv || ($(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| (echo "Python >= 3.11 is needed: make PYTHON=python3.12 ..."; exit 1))
	@test -x $(BIN)/uv || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(BIN)/uv sync --frozen --quiet --inexact
	@touch $@

run: .venv/.installed
	@exec env APP_ENV=dev $(BIN)/python manage.py dev --port $(PORT)

test: .venv/.installed
	@APP_ENV=test $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# The long form of the tests marked soak; make test runs the same code with small counts. Seeds are
# printed; SEED, SYNC_SEED and CITY_SEED repeat a run.
soak: .venv/.installed
	@APP_ENV=test SOAK=1 SYNC_ROUNDS=1000 CITY_DOSSIERS=200 PAY_EXAMPLES=400 PAY_STEPS=60 \
		$(BIN)/python -m pytest -n 0 -m soak -s $(ARGS)

# Prints figures beside a plain INSERT of the same run; docs/measured.md keeps some of them.
bench: .venv/.installed
	@$(BIN)/python -m tests.bench $(ARGS)

journey: .venv/.installed
	@APP_ENV=dev $(BIN)/python manage.py journey --base http://127.0.0.1:$(PORT) $(ARGS)

# Node is needed here only, for the linters of the OpenAPI document.
check: .venv/.installed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@APP_ENV=test $(BIN)/mypy cantho_smart common citizens services payments dossiers seeds
	@$(BIN)/lint-imports --no-cache
	@APP_ENV=test $(BIN)/python manage.py makemigrations --check --dry-run
	@APP_ENV=test $(BIN)/python manage.py document --check
	@npm ci --silent --no-audit --no-fund
	@npx spectral lint --fail-severity=warn cantho_smart/openapi.yaml
	@npx redocly lint cantho_smart/openapi.yaml
	@APP_ENV=test $(BIN)/python manage.py states --check
	@APP_ENV=test $(BIN)/python manage.py states --dot | npm run --silent draw | cmp - docs/states.svg

e2e: .venv/.installed
	@APP_ENV=dev $(BIN)/python -m tests.e2e.readme
	@APP_ENV=dev $(BIN)/python -m tests.e2e --base http://127.0.0.1:$(PORT)

fix: .venv/.installed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Writes the published contract anew; `make check` fails while the file and the code differ.
document: .venv/.installed
	@APP_ENV=test $(BIN)/python manage.py document

# Writes and draws the table of states anew (Node draws).
states: .venv/.installed
	@npm ci --silent --no-audit --no-fund
	@APP_ENV=test $(BIN)/python manage.py states
	@APP_ENV=test $(BIN)/python manage.py states --dot | npm run --silent draw > docs/states.svg

# Records real answers of the tests as the examples of the contract.
examples: .venv/.installed
	@APP_ENV=test $(BIN)/python -m pytest -p tests.recorder -q -n 0 \
		tests/dossiers tests/citizens tests/files tests/services tests/payments/test_api.py
	@APP_ENV=test $(BIN)/python manage.py document

clean:
	rm -rf .venv .dev node_modules e2e-pictures
