package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	modulePath = "github.com/kubectl-netguard/netguard"
	// releaseVariable is where package cmd keeps the version that a release build links in.
	releaseVariable = modulePath + "/pkg/cmd.release"
	programName     = "kubectl-netguard"
)

// program is the plugin, built for one platform.
type program struct {
	os, arch, version string
	binary            []byte
	info              *buildinfo.BuildInfo
}

// build compiles the plugin.
func build(ctx context.Context, platform, version string) (*program, error) {
	goos, goarch, ok := strings.Cut(platform, "/")
	if !ok {
		return nil, fmt.Errorf("%q is no platform such as linux/amd64", platform)
	}
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	out := filepath.Join(dir, programName)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid= -X "+releaseVariable+"="+version, "-o", out, modulePath+"/cmd/kubectl-netguard")
	// Without C no two machines' C compilers differ, and kustomize's plugin loader, which would keep every exported
	// symbol alive, is left out: 35 MB rather than 55. The rest undoes what somebody's own environment may ask for.
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0",
		"GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build for %s: %w\n%s", platform, err, text)
	}
	p := &program{os: goos, arch: goarch, version: version}
	if p.binary, err = os.ReadFile(out); err != nil {
		return nil, err
	}
	if p.info, err = buildinfo.Read(bytes.NewReader(p.binary)); err != nil {
		return nil, fmt.Errorf("read what the binary for %s was built from: %w", platform, err)
	}
	return p, nil
}

// file is the program's name on its platform.
func (p *program) file() string {
	if p.os == "windows" {
		return programName + ".exe"
	}
	return programName
}

// archiveName is the name of the archive. The krew manifest's template names archives the same way.
func (p *program) archiveName() string {
	suffix := ".tar.gz"
	if p.os == "windows" {
		suffix = ".zip"
	}
	return strings.Join([]string{programName, p.version, p.os, p.arch}, "_") + suffix
}
