# CRISM GAN. `make help` lists what there is. Nothing here needs more than git and make to begin with: each target installs the
# Debian packages that it lacks (the plugin's own needs come from apt alone), and does nothing of that the second time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON := /usr/bin/python3
DEBIAN_ROOTS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/crism-gan
PROFILE ?= $(HOME)/.local/share/QGIS/QGIS3/profiles/default
RUFF_VERSION := 0.17.6
# the last mypy that checks for Python 3.9
MYPY_VERSION := 1.19.1
VULTURE_VERSION := 2.16

QGIS_PACKAGES := qgis python3-qgis python3-gdal python3-rasterio python3-scipy python3-matplotlib python3-torch libopenblas0-pthread xvfb
TEST_PACKAGES := python3-pytest python3-pytest-xdist python3-hypothesis python3-setuptools python3-distributed

# What only newer Debians have: tests of these are skipped elsewhere
NEWER_TEST_PACKAGES := python3-pystac
QT6_PACKAGES := python3-pyqt6
DOCS_PACKAGES := python3-sphinx python3-myst-parser furo python3-numpy python3-gdal

# The user's own image for `make demo`: SCENE=FILE, and if needed WAVELENGTHS=FILE MODEL=FILE
SCENE ?=
WAVELENGTHS ?=
MODEL ?=

# Which mutants: those whose file or line holds this text
ONLY ?=

# How many damaged files `make fuzz` reads
CASES ?= 100000

.PHONY: help setup setup-tests demo docs fuzz test test-core test-docs test-packaging test-qgis test-trixie test-forky mutants lint format stage package release deploy clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: ## install what the plugin needs, from apt
	@tools/install_packages.sh python3 $(QGIS_PACKAGES)

setup-tests: setup
	@tools/install_packages.sh $(TEST_PACKAGES)

demo: setup stage ## map two simulated scenes near Jezero and NE Syrtis, or SCENE=FILE, and draw the map
	@export SCENE='$(SCENE)' WAVELENGTHS='$(WAVELENGTHS)' MODEL='$(MODEL)'
	tools/demo.sh

test: test-core test-docs test-packaging test-qgis ## run all tests, with the QGIS of this machine

test-core: setup-tests ## run the tests of the core, which need no QGIS (PYTHON=PROGRAM for another Python)
	@tools/run_tests.sh tests/core tests/fuzz tests/benchmarks tests/mutants

test-docs: docs ## make the guide; check links, citation, workflows and the summary of the benchmarks
	@tools/install_packages.sh python3-pytest python3-numpy python3-yaml
	@tools/run_tests.sh tests/docs

docs: ## make the guide, in build/docs; a warning is an error
	@tools/install_packages.sh $(DOCS_PACKAGES)
	rm -rf build/docs
	$(PYTHON) -m sphinx -q -W -n -E --keep-going -c docs -d build/doctrees . build/docs
	echo build/docs/index.html

fuzz: setup-tests ## read damaged files of all kinds (CASES=N); a short run is one of the tests
	@OMP_NUM_THREADS=1 $(PYTHON) -m tests.fuzz --cases '$(CASES)'

test-packaging: setup-tests package
	@tools/install_packages.sh $(QT6_PACKAGES)
	@tools/run_tests.sh tests/packaging

test-qgis: setup-tests stage
	@tools/run_tests.sh tests/processing tests/gui

test-trixie: ## run the tests with QGIS 3.40, in a Debian 13 folder outside the repository (DEBIAN_ROOTS=FOLDER)
test-forky: ## run the tests with the newest QGIS that Debian has, in a folder like it
test-trixie test-forky: test-%: stage
	@tools/install_packages.sh debootstrap
	tools/test_other_debian.sh $* '$(DEBIAN_ROOTS)/$*' '$(QGIS_PACKAGES) $(TEST_PACKAGES) $(NEWER_TEST_PACKAGES)' tests/core tests/fuzz tests/processing tests/gui

mutants: setup-tests ## make single lines of the code wrong, one at a time, and see that the tests notice (ONLY=TEXT)
	$(PYTHON) -m tests.mutants '$(ONLY)'

lint: ## check the code with ruff, mypy and vulture, made available in build/ when these versions are not there
	@tools/pinned.sh ruff $(RUFF_VERSION) check .
	tools/pinned.sh ruff $(RUFF_VERSION) format --check .
	tools/install_packages.sh python3-numpy
	tools/pinned.sh mypy $(MYPY_VERSION) --python-executable $(PYTHON)
	tools/pinned.sh vulture $(VULTURE_VERSION)

format: ## let ruff format the code
	@tools/pinned.sh ruff $(RUFF_VERSION) format .
	tools/pinned.sh ruff $(RUFF_VERSION) check --fix .

stage: ## put the plugin together in build/crism_gan_plugin
	@tools/install_packages.sh python3
	$(PYTHON) tools/package.py stage

package: stage ## make the zip that QGIS installs, in build/
	@$(PYTHON) tools/package.py zip

release: ## check versions, pages and zip; put the zip and the release notes in build/
	@$(PYTHON) tools/release.py

deploy: stage ## link the staged plugin into a QGIS profile (PROFILE=FOLDER)
	@$(PYTHON) tools/package.py deploy '$(PROFILE)'

clean: ## remove what was built, and the demo
	@rm -rf build demo
