package cmd

import (
	"context"
	"fmt"
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

// reachOptions ask about everybody at the other end of one reference.
type reachOptions struct {
	*globals
	out *output
	ask func(*model.Model, reference.Reference, query.Options) (*report.Reach, error)
	// isSource: the reference is the source, not the target.
	isSource bool
	doors    controllers
	fix      fixOutput

	home string
	end  reference.Reference
}

func (o *reachOptions) parse(args []string) error {
	if err := o.fix.validate(o.out); err != nil {
		return err
	}
	home, refs, err := o.references(args...)
	if err != nil {
		return err
	}
	o.home, o.end = home, refs[0]
	return o.doors.parse(home)
}

func (o *reachOptions) answer(ctx context.Context) (*reply, error) {
	q := plan.Question{Target: &o.end, Home: o.home, Controllers: o.doors.refs}
	if o.isSource {
		q.Source, q.Target = q.Target, nil
	}
	// A table folds; whoever asks for more gets every pod by name.
	table := o.out.format == printer.Text || o.out.format == printer.Table
	q.Brief = table && o.out.template == nil && !o.out.noHeaders && !o.allPods
	// By a table alone nothing more is read.
	q.Lookup = !o.isSource && !q.Brief && o.end.Kind == reference.Service
	options := query.Options{Strict: o.strict, Controllers: o.doors.refs, Lookup: !o.isSource}
	door := !o.isSource && o.end.Form == reference.FormObject && o.end.Kind.IsDoor()
	if o.fix.on && !door {
		return nil, fmt.Errorf("--fix is for front doors; for one connection: kubectl netguard explain SOURCE %s --fix", o.end)
	}
	if door {
		q.Fix = func(s *snapshot.Snapshot) []snapshot.Need {
			m := model.New(o.named(s))
			r, err := query.FrontDoor(m, o.end, options)
			if err != nil {
				return nil
			}
			return query.FixNeeds(m, r.Fixes()...)
		}
	}
	m, err := o.load(ctx, q)
	if err != nil {
		return nil, err
	}
	if door {
		return o.frontDoor(m, options)
	}
	r, err := o.ask(m, o.end, options)
	if err != nil {
		return nil, err
	}
	open := len(r.Gaps) > 0
	for _, row := range r.Rows {
		open = open || row.Verdict == report.Unknown
	}
	return &reply{
		enforcement: &r.Enforcement, gaps: r.Gaps, status: complete(!open),
		print: func(w io.Writer, options printer.Options) error { return printer.Reach(w, r, options) },
	}, nil
}

// frontDoor answers for an Ingress, Gateway or route.
func (o *reachOptions) frontDoor(m *model.Model, options query.Options) (*reply, error) {
	r, err := query.FrontDoor(m, o.end, options)
	if err != nil {
		return nil, err
	}
	if o.fix.on {
		return o.doorFixes(r), nil
	}
	open := len(r.Gaps) > 0
	for _, d := range r.Doors {
		open = open || d.Verdict == report.Unknown
		for _, a := range d.Outside {
			open = open || a.Verdict == report.Unknown
		}
		for _, b := range d.Backends {
			open = open || b.Verdict == report.Unknown
			for _, row := range b.Inside {
				open = open || row.Verdict == report.Unknown
			}
		}
	}
	return &reply{
		enforcement: &r.Enforcement, gaps: r.Gaps, status: complete(!open),
		print: func(w io.Writer, options printer.Options) error { return printer.FrontDoor(w, r, options) },
	}, nil
}

// doorFixes prints what makes a door work, as manifests.
func (o *reachOptions) doorFixes(r *report.FrontDoor) *reply {
	var all []printer.ProposedFix
	missing, verdict := false, report.Allowed
	add := func(from, to report.End, v report.Verdict, f *report.Fix) {
		verdict = report.Both(verdict, v)
		if v != report.Denied {
			return
		}
		fixes, none := proposed(from, to, f)
		all, missing = append(all, fixes...), missing || none
	}
	for _, d := range r.Doors {
		door := report.End{Kind: d.Object.Kind, Namespace: d.Object.Namespace, Name: d.Object.Name}
		if len(d.Backends) == 0 {
			add(door, door, d.Verdict, nil)
		}
		if d.Fix != nil {
			add(report.End{Kind: "Internet"}, door, report.Denied, d.Fix)
		}
		for _, b := range d.Backends {
			add(door, report.End{Kind: b.Service.Kind, Namespace: b.Service.Namespace, Name: b.Service.Name, Port: b.Port}, b.Verdict, b.Fix)
		}
	}
	return fixReply(all, missing, verdict)
}

func (o *reachOptions) command(c *cobra.Command, name string) *cobra.Command {
	c.Args = exactArgs(name)
	o.answers(c, question{out: o.out, parse: o.parse, answer: o.answer})
	if !o.isSource {
		o.fix.addFlag(c)
	}
	c.ValidArgsFunction = o.completeEnds(1, nil)
	o.doors.addFlags(c)
	return c
}

func newWhoCanReach(g *globals) *cobra.Command {
	o := &reachOptions{globals: g, out: newOutput(printer.Formats(printer.KindReach)), ask: query.WhoCanReach}
	return o.command(&cobra.Command{
		Use:   "who-can-reach TARGET",
		Short: "List every source with its verdict and the rule that decides",
		Long: templates.LongDesc(`
			List who can reach TARGET and who cannot, with the rule that decides: workloads of TARGET's own
			namespace one by one, other namespaces folded where all their pods get the same answer, addresses
			outside the cluster, and nodes.

			Of a cluster, a table reads only the pods that the policies in play tell apart: it may speak of
			"all other pods" of a namespace, or of those whose egress a policy restricts, and of "any pod" of
			namespaces that may have none. -o wide, json and yaml read all pods and name them.

			For an Ingress, Gateway or route: whether it works, from clients outside through its controller to
			the pods, what clients see when it does not, and how to mend it; who else gets to those pods; and
			which ways lead around it. What carries its traffic is looked for by the address in its status,
			by labels and arguments of pods, and by what is known of common controllers; --controller names
			it where that finds nothing, or the wrong one. Where neither the address nor labels tell, all pods
			are read for their arguments.`) + reportExit,
		Example: templates.Examples(`
			# Does the Ingress work, and who gets around it?
			kubectl netguard who-can-reach ingress/bankapp -n bank

			# The load balancer is outside the cluster, in this subnet
			kubectl netguard who-can-reach ingress/bankapp -n bank --controller 10.20.0.0/16

			# Everybody who can or cannot reach a Service
			kubectl netguard who-can-reach svc/bankapp-service -n bank

			# One port of a pod
			kubectl netguard who-can-reach bankapp-0:8080 -n bank -o wide`),
	}, "TARGET")
}

func newReachableFrom(g *globals) *cobra.Command {
	o := &reachOptions{globals: g, out: newOutput(printer.Formats(printer.KindReach)), ask: query.ReachableFrom, isSource: true}
	return o.command(&cobra.Command{
		Use:   "reachable-from SOURCE",
		Short: "List what a source can reach",
		Long: templates.LongDesc(`
			List what SOURCE can and cannot reach, on the ports that the pods declare, and which addresses
			outside the cluster its own policies let it talk to.`) + reportExit,
		Example: templates.Examples(`
			# What can a compromised frontend reach?
			kubectl netguard reachable-from deploy/frontend -n bank

			# What can the controller behind an Ingress reach?
			kubectl netguard reachable-from ingress/bankapp -n bank`),
	}, "SOURCE")
}
