# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# make help lists the targets. Everything is made under .cache/, and can be made again.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Which estate (a folder in inventories/) on which lab. Each topology has a lab of its own, so that none replaces another's hosts.
TOPOLOGY ?= hybrid
LAB ?= $(if $(filter hybrid,$(TOPOLOGY)),demo,$(subst _,-,$(TOPOLOGY)))
export LAB
INVENTORY := -i inventories/$(TOPOLOGY) -i inventories/lab
RUN := tools/run.sh
VERIFY = $(PLAY) playbooks/verify.yml -e verify_results_dir=$(CURDIR)/.cache/lab/$(LAB)
PROVE = $(PLAY) playbooks/restore_verify.yml -e restore_verify_directory=$(CURDIR)/.cache/lab/$(LAB)/certificates
PLAY := $(RUN) ansible-playbook $(INVENTORY)
SCENARIOS := $(notdir $(patsubst %/molecule.yml,%,$(wildcard molecule/*/molecule.yml)))

.PHONY: help setup dev demo lab site check prove verify summary test lint secrets unit sanity docs tarball molecule soak bench clean distclean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo "  Variables: TOPOLOGY=hybrid|multi_tenant|dedicated  LAB=<name>  LIMIT=<environment>  ARTIFACT_MIRROR=<folder or URL>"

LIMITED = $(if $(LIMIT),--limit $(LIMIT))

setup: ## Python packages in .cache/venv, the checkout linked as a collection
	@tools/setup.sh run
dev: ## setup, and what the tests need
	@tools/setup.sh dev

demo: ## build the example estate on the lab, prove that it comes back, verify it, say where everything is
	@tools/once.sh $(LAB) tools/phases demo setup='tools/setup.sh run' lab='$(PLAY) playbooks/lab.yml' site='$(PLAY) playbooks/site.yml $(LIMITED)' \
	  books='$(PLAY) playbooks/lab_books.yml $(LIMITED)' prove='$(PROVE) $(LIMITED)' verify='$(VERIFY) $(LIMITED)' summary='tools/summary.sh $(TOPOLOGY)' --show summary
lab: setup ## create or complete the lab's hosts
	@$(PLAY) playbooks/lab.yml
site: setup ## converge the estate (LIMIT=<environment> for one)
	@$(PLAY) playbooks/site.yml $(LIMITED)
check: setup ## what would converging change? nothing is touched
	@$(PLAY) playbooks/site.yml --check --diff $(LIMITED)
prove: setup ## restore every environment from its backups beside what serves, check it, and sign what was seen
	@$(PROVE) $(LIMITED)
verify: setup ## look at every environment as a user would
	@$(VERIFY) $(LIMITED)
summary: setup ## where everything is, and how it is
	@tools/summary.sh $(TOPOLOGY)

test: ## the whole suite: checks, unit tests, molecule scenarios, and the demo end to end
	@LAB=$(if $(filter file,$(origin LAB)),test,$(LAB)) tools/test.sh
lint: dev ## ruff, mypy, yamllint, ansible-lint, shellcheck, changelog
	@$(RUN) tools/lint.sh
secrets: dev ## secrets in the history of git, or in the logs of a lab that runs (LAB=<name>)
	@$(RUN) tools/secrets.py $(if $(filter file,$(origin LAB)),,--lab $(LAB))
unit: dev ## unit tests with coverage
	@$(RUN) tools/unit.sh
sanity: dev ## ansible-test sanity
	@$(RUN) tools/sanity.sh
docs: dev ## documentation, without warnings, in docs/_build
	@$(RUN) tools/docs.sh
tarball: dev ## build the collection, install it elsewhere and use it
	@$(RUN) tools/tarball.sh
molecule: dev ## every scenario (SCENARIO=<name> for one)
	@for scenario in $(or $(SCENARIO),$(SCENARIOS)); do $(RUN) molecule test -s $$scenario || exit 1; done
soak: dev ## FAULTS=1000 random faults on three database members under load
	@tools/soak.sh $(or $(FAULTS),1000)
bench: dev ## benchmarks against peers; results belong in docs/benchmarks.md
	@LAB=$(if $(filter file,$(origin LAB)),bench,$(LAB)) tools/bench.sh

clean: ## remove the lab (containers, volumes, network, secrets), and the engine if we started it
	@if [ -x .cache/venv/bin/ansible ]; then $(RUN) ansible-playbook -i inventories/lab playbooks/lab.yml -e lab_state=absent; \
	 else echo "nothing to clean: the checkout was never set up"; fi
distclean: clean ## also remove the lab's images and everything under .cache/
	@tools/distclean.sh
