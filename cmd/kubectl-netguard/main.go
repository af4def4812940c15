// Command kubectl-netguard explains why traffic in a Kubernetes cluster can or
// cannot reach a workload. kubectl runs it as `kubectl netguard`.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // the logins that a kubeconfig may name
	"k8s.io/klog/v2"

	"github.com/kubectl-netguard/netguard/pkg/cmd"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	// client-go's own log lines would stand beside the one line that an error is.
	klog.SetLogger(logr.Discard())
	args := os.Args[1:]
	// kubectl completes plugins through a program of this name; it is a link to
	// this one (kubectl's pkg/cmd/plugin/plugin_completion.go).
	if strings.HasPrefix(filepath.Base(os.Args[0]), "kubectl_complete-") {
		args = append([]string{"__complete"}, args...)
	}
	return cmd.Main(ctx, args, genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		cmd.Environment{Getenv: os.Getenv, Width: width(os.Stdout), ErrWidth: width(os.Stderr), Now: time.Now})
}

// width is that of a terminal in columns; 0 when the file is none.
func width(file *os.File) int {
	fd := int(file.Fd())
	if !term.IsTerminal(fd) {
		return 0
	}
	if w, _, err := term.GetSize(fd); err == nil && w > 0 {
		return w
	}
	return 80
}
