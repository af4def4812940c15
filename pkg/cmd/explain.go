package cmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// connectionOptions ask about connections from a source to a target.
type connectionOptions struct {
	*globals
	out             *output
	doors           controllers
	sourceNamespace string
	watch           watch

	fix fixOutput

	home           string
	source, target reference.Reference
}

// complete parses the arguments; no I/O but the kubeconfig.
func (o *connectionOptions) complete(args []string) error {
	if err := o.out.validate(); err != nil {
		return err
	}
	if err := errors.Join(o.watch.validate(o.globals), o.fix.validate(o.out)); err != nil {
		return err
	}
	home, refs, err := o.parse(args...)
	if err != nil {
		return err
	}
	if err := o.doors.parse(home); err != nil {
		return err
	}
	o.home, o.source, o.target = home, refs[0], refs[1]
	if o.sourceNamespace != "" {
		if o.source, err = reference.Parse(args[0], o.sourceNamespace); err != nil {
			return err
		}
	}
	return nil
}

func (o *connectionOptions) question() plan.Question {
	return plan.Question{Source: &o.source, Target: &o.target, Home: o.home, Controllers: o.doors.refs}
}

// options of the question.
func (o *connectionOptions) options() query.Options {
	return query.Options{Strict: o.strict, Controllers: o.doors.refs}
}

// ofFix is what to read beside, to tell what a fix opens.
func (o *connectionOptions) ofFix(s *snapshot.Snapshot) []snapshot.Need {
	m := model.New(s)
	r, err := query.Explain(m, o.source, o.target, o.options())
	if err != nil {
		return nil
	}
	return query.FixNeeds(m, r.Fix)
}

func (o *connectionOptions) addFlags(c *cobra.Command) {
	o.out.addFlags(c)
	o.doors.addFlags(c)
	o.watch.addFlags(c.Flags())
	c.Flags().StringVar(&o.sourceNamespace, "source-namespace", "", "Namespace of SOURCE, where it names none; -n by default")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("source-namespace", o.completeNamespaces))
	c.ValidArgsFunction = o.completeEnds(2, &o.sourceNamespace)
}

func newExplain(g *globals) *cobra.Command {
	o := &connectionOptions{globals: g, out: newOutput(printer.Formats(printer.KindExplanation))}
	c := &cobra.Command{
		Use:   "explain SOURCE TARGET",
		Short: "Explain one connection: what decides it, near misses, a verified fix",
		Long: templates.LongDesc(`
			Explain whether SOURCE can reach TARGET: every hop on the way, for each policy that selects an end
			the clause that fails, and the smallest change of a policy that would let the connection through,
			re-evaluated before it is shown.`) + reportExit,
		Example: templates.Examples(`
			# Why can the frontend not reach the Service?
			kubectl netguard explain deploy/frontend svc/bankapp-service -n bank

			# Do clients outside get through the Ingress to the pods?
			kubectl netguard explain internet ingress/bankapp -n bank

			# Could a pod with this label, that does not exist yet?
			kubectl netguard explain app=frontend svc/bankapp-service -n bank

			# The fix as a manifest, to apply or to keep in a repository
			kubectl netguard explain deploy/frontend svc/bankapp-service -n bank --fix

			# Fix the policy in another window, and see what changes
			kubectl netguard explain deploy/frontend svc/bankapp-service -n bank --watch

			# A pod of another namespace, one port
			kubectl netguard explain ingress-nginx/deploy/ingress-nginx-controller bank/svc/bankapp-service:80`),
		Args: exactArgs("SOURCE", "TARGET"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return err
			}
			return o.watch.reply(c.Context(), o.globals, o.out, o.explain)
		},
	}
	o.addFlags(c)
	o.fix.addFlag(c)
	return c
}

func (o *connectionOptions) explain(ctx context.Context) (*reply, error) {
	q := o.question()
	q.Fix = o.ofFix
	m, err := o.load(ctx, q)
	if err != nil {
		return nil, err
	}
	r, err := query.Explain(m, o.source, o.target, o.options())
	if err != nil {
		return nil, err
	}
	if o.fix.on {
		fixes, missing := proposed(r.Source, r.Target, r.Fix)
		return &reply{report: r, show: func() error { return o.printFixes(fixes, missing, r.Verdict, o.print(o.out, o.home)) }}, nil
	}
	open := r.Verdict == report.Unknown
	for _, a := range r.Answers {
		open = open || a.Verdict == report.Unknown
	}
	return &reply{report: r, status: complete(!open), show: func() error {
		print := o.print(o.out, o.home)
		o.note(r.Enforcement)
		o.noteGaps(print, r.Gaps)
		return printer.Explanation(o.Out, r, print)
	}}, nil
}

func newCanReach(g *globals) *cobra.Command {
	o := &connectionOptions{globals: g, out: newOutput(printer.Formats(printer.KindPermission))}
	o.out.oneLine = true
	c := &cobra.Command{
		Use:   "can-reach SOURCE TARGET",
		Short: "Answer yes, no or unknown, for scripts",
		Long: templates.LongDesc(`
			Answer whether SOURCE can reach TARGET, in the manner of 'kubectl auth can-i': yes only if every
			connection that TARGET stands for is allowed.`) + answerExit,
		Example: templates.Examples(`
			# Check in a script
			kubectl netguard can-reach deploy/frontend svc/bankapp-service -n bank -q && echo connected

			# An address, port and protocol
			kubectl netguard can-reach bank/pod/frontend-0 10.96.0.10:53/UDP`),
		Args: exactArgs("SOURCE", "TARGET"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return err
			}
			return o.watch.reply(c.Context(), o.globals, o.out, o.canReach)
		},
	}
	o.addFlags(c)
	c.Flags().BoolVarP(&o.silent, "quiet", "q", false, "Print nothing: the exit status is the answer")
	return c
}

func (o *connectionOptions) canReach(ctx context.Context) (*reply, error) {
	m, err := o.load(ctx, o.question())
	if err != nil {
		return nil, err
	}
	r, err := query.CanReach(m, o.source, o.target, o.options())
	if err != nil {
		return nil, err
	}
	return &reply{report: r, status: answered(r.Verdict), show: func() error {
		if o.silent {
			return nil
		}
		print := o.print(o.out, o.home)
		o.noteGaps(print, r.Gaps)
		return printer.Permission(o.Out, r, print)
	}}, nil
}
