package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-netguard/netguard/pkg/printer"
)

// watch is --watch: the question is asked again and again, and an answer is
// shown when it is another than before.
//
// An answer depends on several lists of several kinds, some of which are known
// only when others have been read. A watch of each would have to notice, too,
// that other lists are needed now; asking again is the same question, and sees
// what a person who asks again sees.
type watch struct {
	on    bool
	every time.Duration
}

// minInterval keeps a forgotten terminal from keeping an API server busy.
const minInterval = time.Second

func (w *watch) addFlags(flags *pflag.FlagSet) {
	flags.BoolVarP(&w.on, "watch", "w", false, "Ask again and again, and print the answer whenever it has changed; the exit status is that of the last one")
	flags.DurationVar(&w.every, "watch-interval", 5*time.Second, "How long --watch waits before it asks again")
}

func (w *watch) validate(g *globals, inputs *[]string) error {
	switch {
	case !w.on:
		return nil
	case w.every < minInterval:
		return fmt.Errorf("--watch-interval=%v is too short: the least is %v", w.every, minInterval)
	case slices.Contains(g.filenames, "-"), inputs != nil && slices.Contains(*inputs, "-"):
		return errors.New("--watch cannot read standard input (-f -) more than once: give a file")
	}
	return nil
}

// again asks again and again, and shows the answers that are others than the last.
func (w *watch) again(ctx context.Context, g *globals, q question, first *reply) error {
	last, err := first.fingerprint()
	if err != nil {
		return err
	}
	status, failing := first.status, false
	for g.env.wait(ctx, w.every) {
		r, err := q.answer(ctx)
		switch {
		case ctx.Err() != nil:
			return status
		case err != nil:
			// It is said once, however long it lasts: what follows is a changed
			// answer, or that there is none.
			if !failing {
				g.noteChange("can no longer answer: " + oneLine(err.Error()))
			}
			failing = true
			continue
		}
		next, err := r.fingerprint()
		if err != nil {
			return err
		}
		switch {
		case next != last:
			g.noteChange("the answer has changed")
			if _, err := fmt.Fprint(g.Out, q.out.separator()); err != nil {
				return err
			}
			if err := g.show(r, q.out); err != nil {
				return err
			}
		case failing:
			g.noteChange("the answer is the same as before")
		}
		last, status, failing = next, r.status, false
	}
	return status
}

// noteChange says on standard error what has happened, and when.
func (g *globals) noteChange(what string) {
	if g.silent {
		return
	}
	when := ""
	if g.env.Now != nil {
		when = g.env.Now().Format(time.DateTime) + ": "
	}
	fmt.Fprintf(g.ErrOut, "note: %s%s\n", when, what) //nolint:errcheck // a note that cannot be written is no failure
}

// separator stands between two answers on standard output. JSON needs none, and
// what takes one line shows itself where it ends.
func (o *output) separator() string {
	switch {
	case o.template != nil || o.oneLine:
		return ""
	case o.format == printer.YAML:
		return "---\n"
	case o.format == printer.Text, o.format == printer.Table, o.format == printer.Wide:
		return "\n"
	}
	return ""
}

// wait waits for d; false says that ctx has ended.
func (e *Environment) wait(ctx context.Context, d time.Duration) bool {
	if e.Wait != nil {
		return e.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
