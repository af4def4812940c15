# An image with the plugin and nothing else, for CI and for Jobs in a cluster. `make image` builds it.
ARG GO_VERSION=1.26
FROM --platform=$BUILDPLATFORM docker.io/library/golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY pkg pkg
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags '-s -w' -o /out/kubectl-netguard ./cmd/kubectl-netguard

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/kubectl-netguard /kubectl-netguard
# Nobody, by number: a cluster that wants runAsNonRoot can tell.
USER 65532:65532
ENTRYPOINT ["/kubectl-netguard"]
