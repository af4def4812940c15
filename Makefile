# kubectl netguard. `make help` lists the targets.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN      := bin
PLUGIN   := $(BIN)/kubectl-netguard
COMPLETE := $(BIN)/kubectl_complete-netguard
PREFIX   ?= $(shell go env GOPATH)

# What a release is called: its tag. `make release VERSION=v0.1.0` is how one is made before it is tagged.
VERSION ?= $(shell git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null || echo v0.0.0-g$$(git rev-parse --short HEAD))

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.1
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.1.4

# Packages whose tests compare with files that -update rewrites.
GOLDEN = $(shell grep -rlE --include=*_test.go 'internal/golden"|flag.Bool."update"' pkg | xargs -n1 dirname | sort -u | sed "s,^,./,")

# krew's own check; its installing every platform takes archives that are published.
KREW_VALIDATE := cd test/krew && go tool validate-krew-manifest -skip-install

EXAMPLE := -n bank -f examples/bankapp

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the plugin into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o $(PLUGIN) ./cmd/kubectl-netguard
	ln -sf kubectl-netguard $(COMPLETE)

# What builds images: docker, with buildx, or podman.
BUILDER   ?= docker
IMAGE     ?= netguard:$(VERSION)
PLATFORMS ?= linux/amd64,linux/arm64

.PHONY: image
image: ## Build the container image, from scratch, for several platforms (docker buildx, or BUILDER=podman)
	@$(if $(filter docker,$(BUILDER)),docker buildx version,$(BUILDER) --version) >/dev/null 2>&1 || { echo "make image takes docker with its plugin buildx, or BUILDER=podman" >&2; exit 1; }
	$(BUILDER) $(if $(filter docker,$(BUILDER)),buildx build --tag,build --manifest) $(IMAGE) --platform $(PLATFORMS) $(IMAGEFLAGS) .

.PHONY: demo
demo: build ## Run the main job on examples/bankapp; no cluster needed
	@echo; echo '$$ kubectl netguard who-can-reach ingress/bankapp $(EXAMPLE)'
	@$(PLUGIN) who-can-reach ingress/bankapp $(EXAMPLE)
	@echo; echo '$$ kubectl netguard explain deploy/frontend svc/bankapp-service $(EXAMPLE)'
	@$(PLUGIN) explain deploy/frontend svc/bankapp-service $(EXAMPLE)

.PHONY: test
test: test-unit e2e ## Run all tests, those on a real control plane included

.PHONY: test-unit
test-unit: ## Run the tests that need no control plane
	go test -shuffle=on ./...

.PHONY: e2e
e2e: build ## Run the end-to-end tests on a real control plane, through the real kubectl
	@# One package at a time: each has a control plane of its own.
	cd test && go test -count=1 -p 1 -timeout 60m ./...
	cd test/cyclonus && go test -count=1 ./...

.PHONY: conformance
conformance: build ## Let the upstream NetworkPolicy suite judge the verdicts
	cd test && NETGUARD_CONFORMANCE=1 go test -count=1 -timeout 40m -v ./conformance

.PHONY: dataplane
dataplane: ## Ask packets in a cluster of network namespaces what the verdicts say of them (root; 5 min)
	cd test/dataplane && NETGUARD_DATAPLANE=1 go test -count=1 -timeout 20m -v . | grep -v '^=== RUN'

.PHONY: playground
playground: build ## Start a cluster with the example applied, to try the plugin by hand
	cd test && go run ./cmd/playground --plugin-dir $(CURDIR)/$(BIN) -f ../examples/bankapp

# Which sizes of clusters are measured, of S, M, L and XL.
NETGUARD_SCALE ?= S,M,L,XL

.PHONY: bench
bench: build ## Run the benchmarks, and bench-scale on clusters of 300 and 3,000 pods
	go test -run '^$$' -bench . -benchmem ./...
	cd test && go test -run '^$$' -bench 'Model/(S|M)$$' -benchmem ./scale
	cd test && go run ./cmd/bench-scale -sizes S,M -cyclonus=false

.PHONY: bench-scale
bench-scale: build ## Measure questions on real API servers of up to 150,000 pods and write docs/performance.md (25 min, 16 GB)
	cd test && go run ./cmd/bench-scale -sizes $(NETGUARD_SCALE) -write ../docs/performance.md

.PHONY: golden
golden: ## Rewrite the expected output that tests compare with; review the diff like code
	go test $(GOLDEN) -update

.PHONY: fuzz
fuzz: ## Fuzz every fuzz target for 30 s
	@for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime 30s $$pkg; \
	  done; \
	done

.PHONY: fmt
fmt: ## Format the code
	gofmt -w cmd pkg test

.PHONY: lint
lint: ## gofmt, go vet, golangci-lint with the layering rules, govulncheck where reachable
	@test -z "$$(gofmt -l cmd pkg test)" || { echo "not formatted: $$(gofmt -l cmd pkg test)"; exit 1; }
	go vet ./...
	cd test && go vet ./...
	cd test/cyclonus && go vet ./...
	cd test/dataplane && go vet ./...
	@mkdir -p $(BIN)
	@# A cache of this checkout's own: one that checkouts share reports findings under the path of another.
	GOLANGCI_LINT_CACHE=$(CURDIR)/$(BIN)/golangci-lint go run $(GOLANGCI_LINT) run ./...
	cd test && GOLANGCI_LINT_CACHE=$(CURDIR)/$(BIN)/golangci-lint go run $(GOLANGCI_LINT) run ./...
	@if go run $(GOVULNCHECK) ./... > $(BIN)/govulncheck.log 2>&1; then echo "govulncheck: clean"; \
	  elif grep -q '^Vulnerability #' $(BIN)/govulncheck.log; then cat $(BIN)/govulncheck.log; exit 1; \
	  else echo "govulncheck: vulnerability database not reachable, skipped"; fi

.PHONY: docs
docs: ## Write the pages of docs/ that come from the code
	go run ./cmd/docgen

.PHONY: verify
verify: ## Check that nothing generated is behind: docs, golden files, go.mod, krew manifest, formatting
	@test -z "$$(gofmt -l cmd pkg test)" || { echo "not formatted: $$(gofmt -l cmd pkg test)"; exit 1; }
	@for dir in . test test/krew test/cyclonus test/dataplane test/dataplane/kuberouter; do (cd $$dir && go mod tidy -diff) || { echo "$$dir: run go mod tidy"; exit 1; }; done
	go test ./cmd/docgen ./cmd/release $(GOLDEN)
	$(KREW_VALIDATE) -manifest $(CURDIR)/plugins/netguard.yaml

.PHONY: release
release: ## Build the archives of $(VERSION), their SBOMs and checksums into dist/, and render the krew manifest
	@# What is missing is said before anything is built.
	go mod download
	cd test/krew && go mod download
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) go run ./cmd/release -version $(VERSION) -index plugins/netguard.yaml
	$(KREW_VALIDATE) -manifest $(CURDIR)/dist/netguard.yaml

.PHONY: install
install: build ## Install the plugin and its completion into $(PREFIX)/bin
	install -d $(PREFIX)/bin
	install $(PLUGIN) $(PREFIX)/bin/
	ln -sf kubectl-netguard $(PREFIX)/bin/kubectl_complete-netguard

.PHONY: clean
clean: ## Remove what was built
	rm -rf $(BIN) dist
