package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/printer/findings"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/verify"
)

// verifyOptions hold connectivity against intents.
type verifyOptions struct {
	*globals
	out          *output
	files        []string
	record       bool
	allowUnknown bool
	doors        controllers

	home    string
	intents []verify.Intent
}

func newVerify(g *globals) *cobra.Command {
	o := &verifyOptions{globals: g, out: newOutput(findings.VerificationFormats())}
	c := o.answers(&cobra.Command{
		Use:   "verify -f INTENTS",
		Short: "Check connectivity against what is expected of it, written down in a file",
		Long: templates.LongDesc(`
			Check connectivity against intents: a file of kind Intents (netguard.dev/v1alpha1) that says which
			connections are to be allowed or denied, who alone may reach a workload, and which doors have to
			work. Ends are written as on the command line, or as selectors of namespaces and pods, so that one
			intent covers many. Tests of netassert (version 2) are read as well.

			What is not known never passes, unless --allow-unknown says so. Replicas that differ break an intent.
			The intents are held against the cluster or, where -f or -k name manifests as well, against those:
			of the files of -f, those of kind Intents are the intents. -i names files that are intents in any case.

			--record writes the connectivity that a namespace (-n) has today as intents, to be trimmed.`) + verifyExit,
		Example: templates.Examples(`
			# Does the cluster do what is expected?
			kubectl netguard verify -f intents.yaml

			# Do the manifests, before they are applied? For CI
			kubectl netguard verify -f intents.yaml -f manifests/ -o junit

			# What connects today, as intents
			kubectl netguard verify --record -n bank`),
		Args: exactArgs(),
	}, question{out: o.out, parse: o.parse, answer: o.answer, inputs: &o.files})
	c.Flags().StringSliceVarP(&o.files, "intents", "i", nil, "Read intents from these files, or - (standard input)")
	c.Flags().BoolVar(&o.record, "record", false, "Write what the namespace of -n has today as intents")
	c.Flags().BoolVar(&o.allowUnknown, "allow-unknown", false, "Let intents pass of which it is not known whether they hold")
	o.doors.addFlags(c)
	return c
}

func (o *verifyOptions) parse([]string) error {
	var err error
	if o.home, err = o.namespace(); err != nil {
		return err
	}
	if err := o.doors.parse(o.home); err != nil {
		return err
	}
	if o.record {
		if len(o.files) > 0 {
			return errors.New("--record writes intents, and reads none: leave out -i")
		}
		return nil
	}
	if err := o.takeIntents(); err != nil {
		return err
	}
	if len(o.files) == 0 {
		return errors.New("name the intents with -f or -i, or write some with --record")
	}
	o.intents = nil
	for _, file := range o.files {
		text, err := o.readIntents(file)
		if err != nil {
			return fmt.Errorf("--intents: %w", err)
		}
		more, err := verify.Read(file, text, o.home)
		if err != nil {
			return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		o.intents = append(o.intents, more...)
	}
	return nil
}

// takeIntents takes files of intents out of those of -f: the others are manifests.
func (o *verifyOptions) takeIntents() error {
	var rest []string
	for _, file := range o.filenames {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			rest = append(rest, file)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("-f: %w", err)
		}
		if verify.Recognise(text) {
			o.files = append(o.files, file)
		} else {
			rest = append(rest, file)
		}
	}
	o.filenames = rest
	return nil
}

func (o *verifyOptions) readIntents(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(o.In)
	}
	return os.ReadFile(file)
}

func (o *verifyOptions) answer(ctx context.Context) (*reply, error) {
	options := query.Options{Strict: o.strict, Controllers: o.doors.refs}
	q := plan.Question{Home: o.home, Services: true}
	if !o.record {
		q = verify.Question(o.intents, o.home)
	}
	q.Controllers = o.doors.refs
	m, err := o.load(ctx, q)
	if err != nil {
		return nil, err
	}
	if o.record {
		text, err := verify.Record(m, o.home, options)
		if err != nil {
			return nil, err
		}
		return &reply{print: func(w io.Writer, _ printer.Options) error {
			_, err := io.WriteString(w, text)
			return err
		}}, nil
	}
	r := verify.Run(m, o.intents, options)
	return &reply{
		enforcement: &r.Enforcement, gaps: r.Gaps, status: verified(r, o.allowUnknown),
		print: func(w io.Writer, options printer.Options) error {
			return findings.Verification(w, r, options, version())
		},
	}, nil
}

// verified is the exit status: one broken intent is a proof.
func verified(r *report.Verification, allowUnknown bool) error {
	open := false
	for _, x := range r.Results {
		switch x.Outcome {
		case report.Broken:
			return statusError(ExitNo)
		case report.Undecided:
			open = true
		case report.Holds:
		}
	}
	return complete(!open || allowUnknown)
}
