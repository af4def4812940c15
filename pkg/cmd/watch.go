package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-netguard/netguard/pkg/printer"
)

// reply is an answer that is ready to be shown.
type reply struct {
	// report is what two answers are compared by.
	report any
	// show prints the answer, and its notes on standard error.
	show func() error
	// status is the exit status that it stands for.
	status error
}

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

func (w *watch) validate(g *globals) error {
	switch {
	case !w.on:
		return nil
	case w.every < minInterval:
		return fmt.Errorf("--watch-interval=%v is too short: the least is %v", w.every, minInterval)
	case slices.Contains(g.filenames, "-"):
		return errors.New("--watch cannot read standard input (-f -) more than once: give a file")
	}
	return nil
}

// reply shows what is answered: once or, with --watch, whenever it changes.
func (w *watch) reply(ctx context.Context, g *globals, o *output, ask func(context.Context) (*reply, error)) error {
	r, err := ask(ctx)
	if err != nil {
		return err
	}
	if err := r.show(); err != nil {
		return err
	}
	if !w.on {
		return r.status
	}
	last, err := json.Marshal(r.report)
	if err != nil {
		return err
	}
	status, failing := r.status, false
	for g.env.wait(ctx, w.every) {
		r, err := ask(ctx)
		switch {
		case ctx.Err() != nil:
			return status
		case err != nil:
			// It is said once, however long it lasts: what follows is a changed
			// answer, or that there is none.
			if !failing {
				g.noteChange("no answer any more: " + oneLine(err.Error()))
			}
			failing = true
			continue
		}
		next, err := json.Marshal(r.report)
		if err != nil {
			return err
		}
		switch {
		case !bytes.Equal(next, last):
			g.noteChange("the answer has changed")
			if _, err := fmt.Fprint(g.Out, o.separator()); err != nil {
				return err
			}
			if err := r.show(); err != nil {
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
