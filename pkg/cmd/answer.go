package cmd

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// question is a command that answers: it parses its arguments, and says what is to be
// shown. How that is shown, repeated and turned into an exit status is the same for
// all of them, and stands here.
type question struct {
	out *output
	// parse reads arguments and flags; no I/O but the kubeconfig and what they name.
	parse func(args []string) error
	// answer reads what the question needs, and answers it. It may be asked again.
	answer func(context.Context) (*reply, error)
	// once: what is printed is not asked for again and again.
	once bool
	// inputs are files that are read besides those of -f; nil for none.
	inputs *[]string
}

// reply is an answer.
type reply struct {
	// enforcement is what the answer depends on; nil where it does not.
	enforcement *report.Enforcement
	// cluster: the verdicts are about a cluster, whatever -f says.
	cluster bool
	gaps    []report.Gap
	// aside, where there is one, says what is not part of the answer; it goes to
	// standard error.
	aside func(io.Writer, printer.Options) error
	// print writes the answer, each time anew; nil where there is none to print.
	print func(io.Writer, printer.Options) error
	// status is the exit status that the answer stands for.
	status error
}

// answers makes c the command that answers q.
func (g *globals) answers(c *cobra.Command, q question) *cobra.Command {
	w := &watch{}
	q.out.addFlags(c)
	if !q.once {
		w.addFlags(c.Flags())
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := q.out.validate(); err != nil {
			return err
		}
		if err := w.validate(g, q.inputs); err != nil {
			return err
		}
		if err := q.parse(args); err != nil {
			return err
		}
		return g.reply(c.Context(), q, w)
	}
	return c
}

// reply shows the answer: once or, with --watch, whenever it changes.
func (g *globals) reply(ctx context.Context, q question, w *watch) error {
	r, err := q.answer(ctx)
	if err != nil {
		return err
	}
	if err := g.show(r, q.out); err != nil || !w.on {
		return orElse(err, r.status)
	}
	return w.again(ctx, g, q, r)
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// show prints an answer, and on standard error what its reader should know besides.
func (g *globals) show(r *reply, o *output) error {
	if g.silent {
		return nil
	}
	options := g.print(o, g.home())
	if r.enforcement != nil {
		g.note(*r.enforcement, r.cluster)
	}
	g.noteGaps(options, r.gaps)
	if r.aside != nil {
		plain := options
		plain.Color = false
		if err := r.aside(g.ErrOut, plain); err != nil {
			return err
		}
	}
	if r.print == nil {
		return nil
	}
	return r.print(g.Out, options)
}

// fingerprint is what two answers are compared by: all that they say.
func (r *reply) fingerprint() (sum [sha256.Size]byte, err error) {
	all := sha256.New()
	options := printer.Options{Format: printer.JSON}
	if r.print != nil {
		err = r.print(all, options)
	}
	if r.aside != nil && err == nil {
		err = r.aside(all, printer.Options{})
	}
	if err == nil {
		_, err = fmt.Fprint(all, r.status)
	}
	return [sha256.Size]byte(all.Sum(nil)), err
}
