// Playground runs a cluster to try the plugin on: a real control plane whose nodes are simulated, with the given
// manifests applied. It stays until it is interrupted and leaves nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "playground:", err)
		os.Exit(1)
	}
}

// paths is a flag that may be given more than once.
type paths []string

func (p *paths) String() string     { return strings.Join(*p, ",") }
func (p *paths) Set(v string) error { *p = append(*p, v); return nil }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	var manifests paths
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Var(&manifests, "f", "apply this `path`, a file or a directory (repeatable)")
	pluginDir := flags.String("plugin-dir", "", "the `directory` with kubectl-netguard, to be put on PATH")
	binDir := flags.String("bin-dir", "", "build the control plane into this `directory` (default .cache/bin of the test module)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: manifests are given with -f", flags.Arg(0))
	}

	cp, err := controlplane.Start(ctx, controlplane.Options{BinDir: *binDir, Log: stderr})
	if err != nil {
		return unlessInterrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, cp.Stop()) }()
	nodes, err := kubelet.Start(ctx, cp.AdminConfig(), kubelet.Options{AssignLoadBalancers: true, Log: stderr})
	if err != nil {
		return unlessInterrupted(ctx, err)
	}
	defer nodes.Stop()
	kubeconfig, err := cp.Kubeconfig(controlplane.AdminUser)
	if err != nil {
		return err
	}
	if err := apply(ctx, cp.Kubectl(kubeconfig), manifests, stderr); err != nil {
		return unlessInterrupted(ctx, err)
	}
	if err := printUsage(stdout, kubeconfig, *pluginDir, filepath.Dir(cp.Binaries().Kubectl)); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// unlessInterrupted drops the error of a step that the user cut short.
func unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// apply applies the manifests and waits until the Deployments in them have their pods.
func apply(ctx context.Context, kubectl *controlplane.Kubectl, manifests []string, stderr io.Writer) error {
	for _, path := range manifests {
		out, err := kubectl.Must(ctx, "apply", "-R", "-f", path)
		fmt.Fprint(stderr, out)
		if err != nil {
			return err
		}
	}
	found, err := kubectl.Must(ctx, "get", "deployments", "-A", "-o", "name")
	if err != nil || found == "" { // `kubectl wait` takes it for an error when there is nothing to wait for
		return err
	}
	_, err = kubectl.Must(ctx, "wait", "--for=condition=Available", "deployments", "--all", "-A", "--timeout=120s")
	return err
}

func printUsage(w io.Writer, kubeconfig, pluginDir, kubectlDir string) error {
	path := []string{kubectlDir, "$PATH"}
	if pluginDir != "" {
		dir, err := filepath.Abs(pluginDir)
		if err != nil {
			return fmt.Errorf("find -plugin-dir %q: %w", pluginDir, err)
		}
		path = append([]string{dir}, path...)
	}
	_, err := fmt.Fprintf(w, `The cluster is running. In another terminal:

  export KUBECONFIG=%s
  export PATH=%s

  kubectl get pods -A -o wide
  kubectl netguard --help

Ctrl-C here stops it and removes it.
`, kubeconfig, strings.Join(path, ":"))
	return err
}
