package cmd

import (
	"context"
	"io"

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

	fix fixOutput
	// byName: where the name cannot be looked up, the answer is no.
	byName bool

	home           string
	source, target reference.Reference
}

func (o *connectionOptions) parse(args []string) error {
	if err := o.fix.validate(o.out); err != nil {
		return err
	}
	home, refs, err := o.references(args...)
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
	return plan.Question{Source: &o.source, Target: &o.target, Home: o.home, Controllers: o.doors.refs, Lookup: model.AsksNames(o.source, o.target)}
}

// options of the question.
func (o *connectionOptions) options() query.Options {
	return query.Options{Strict: o.strict, Controllers: o.doors.refs, Lookup: true, ByName: o.byName}
}

// ofFix is what to read beside, to tell what a fix opens.
func (o *connectionOptions) ofFix(s *snapshot.Snapshot) []snapshot.Need {
	m := model.New(o.named(s))
	r, err := query.Explain(m, o.source, o.target, o.options())
	if err != nil {
		return nil
	}
	fixes := []*report.Fix{r.Fix}
	if r.Lookup != nil {
		fixes = append(fixes, r.Lookup.Fix)
	}
	return query.FixNeeds(m, fixes...)
}

// command is c, which asks about a connection.
func (o *connectionOptions) command(c *cobra.Command, answer func(context.Context) (*reply, error)) *cobra.Command {
	c.Args = exactArgs("SOURCE", "TARGET")
	o.answers(c, question{out: o.out, parse: o.parse, answer: answer})
	o.doors.addFlags(c)
	c.Flags().StringVar(&o.sourceNamespace, "source-namespace", "", "Namespace of SOURCE, where it names none; -n by default")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("source-namespace", o.completeNamespaces))
	c.ValidArgsFunction = o.completeEnds(2, &o.sourceNamespace)
	return c
}

func newExplain(g *globals) *cobra.Command {
	o := &connectionOptions{globals: g, out: newOutput(printer.Formats(printer.KindExplanation))}
	c := o.command(&cobra.Command{
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
	}, o.explain)
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
		verdict := r.Verdict
		if l := r.Lookup; l != nil && l.Fix != nil && (!missing || verdict == report.Allowed) {
			names, none := proposed(r.Source, report.End{Kind: l.DNS.Kind, Namespace: l.DNS.Namespace, Name: l.DNS.Name}, l.Fix)
			if fixes = append(fixes, names...); verdict == report.Allowed {
				verdict, missing = report.Denied, none
			}
		}
		return fixReply(fixes, missing, verdict), nil
	}
	open := r.Verdict == report.Unknown
	for _, a := range r.Answers {
		open = open || a.Verdict == report.Unknown
	}
	return &reply{
		enforcement: &r.Enforcement, gaps: r.Gaps, status: complete(!open),
		print: func(w io.Writer, options printer.Options) error { return printer.Explanation(w, r, options) },
	}, nil
}

func newCanReach(g *globals) *cobra.Command {
	o := &connectionOptions{globals: g, out: newOutput(printer.Formats(printer.KindPermission))}
	o.out.oneLine = true
	c := o.command(&cobra.Command{
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
	}, o.canReach)
	c.Flags().BoolVar(&o.byName, "by-name", false, "Answer yes only if SOURCE can look up the name of TARGET as well, where TARGET is a Service or a front door")
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
	return &reply{
		gaps: r.Gaps, status: answered(r.Verdict),
		print: func(w io.Writer, options printer.Options) error { return printer.Permission(w, r, options) },
	}, nil
}
