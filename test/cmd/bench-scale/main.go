// Bench-scale measures netguard on clusters of the sizes S, M, L and XL and prints
// each figure beside its baseline and its target (package scale).
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kubectl-netguard/netguard/test/fleet"
	"github.com/kubectl-netguard/netguard/test/scale"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == scale.ChildArg {
		// Whoever started it ends it, in the midst of a computation if need be.
		if err := scale.Child(context.Background(), os.Args[2:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench-scale:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench-scale:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench-scale", flag.ContinueOnError)
	flags.SetOutput(stderr)
	netguard := flags.String("netguard", "../bin/kubectl-netguard", "the `program` to measure")
	sizes := flags.String("sizes", "S,M,L,XL", "the `sizes` of clusters")
	cyclonus := flags.Bool("cyclonus", true, "measure cyclonus as well, up to size M")
	limit := flags.Duration("limit", 120*time.Second, "end a question after this `time`")
	memory := flags.Int64("memory", 4000, "end a question at so many `megabytes`")
	page := flags.String("write", "", "write the page about the run to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	bench := &scale.Bench{Netguard: *netguard, Cyclonus: *cyclonus, Limits: scale.Limits{Time: *limit, Memory: *memory * 1e6}, Log: stderr}
	var err error
	if bench.Self, err = os.Executable(); err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if bench.Sizes, err = fleet.SizesOf(*sizes); err != nil {
		return err
	}
	rows, err := bench.Run(ctx)
	if tableErr := scale.Table(stdout, rows); err == nil {
		err = tableErr
	}
	if err != nil || *page == "" {
		return err
	}
	return writePage(*page, bench, rows)
}

// writePage replaces the page when all of it is there.
func writePage(path string, bench *scale.Bench, rows []scale.Row) error {
	var text bytes.Buffer
	if err := bench.Page(&text, rows); err != nil {
		return err
	}
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
