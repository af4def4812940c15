package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Words that --keep-current takes beside references.
const (
	keepList = "list"
	keepAll  = "all"
)

const scaffoldExit = `

Exit status:
  0  the policies are proven and printed
  1  they cannot be made to work: standard error says which hop fails
  2  error: usage, not found, API or file failure
  3  undecided: something needed could not be read or is not modelled. Policies that are printed all the same are
     proven for the front doors and clients that were found; standard error says what may be missing`

// scaffoldOptions ask for policies.
type scaffoldOptions struct {
	*globals
	out       *output
	doors     controllers
	allowFrom []string
	allowTo   []string
	keep      []string
	listKept  bool

	home    string
	request query.ScaffoldRequest
}

func newScaffold(g *globals) *cobra.Command {
	o := &scaffoldOptions{globals: g, out: newOutput(printer.Formats(printer.KindScaffold))}
	c := o.answers(&cobra.Command{
		Use:   "scaffold TARGET",
		Short: "Print NetworkPolicies for a backend, proven before they are printed",
		Long: templates.LongDesc(`
			Print ready-to-apply NetworkPolicies for what stands behind TARGET: an Ingress, a Gateway or a route, a
			Service, a workload, or a namespace. There is one for each distinct set of backend pods. It admits
			the front door's own pods (for a Service, a workload or a namespace: those of every front door that leads
			there), whom --allow-from names, and nobody else.

			Before anything is printed, the policies are laid over what was read and evaluated as if applied: every
			connection that they are for must be allowed. Policies add up, so that what another policy opens stays
			open: standard error names it, with who keeps, gains and loses access. Standard output is YAML alone, or
			with -o json one List, for 'kubectl apply -f -'.

			Names are the same each time (SERVICE-allow-DOOR), so that applying the output again replaces what was
			applied before. For the report in JSON, pipe the policies into 'kubectl netguard diff -f - -o json'.`) + scaffoldExit,
		Example: templates.Examples(`
			# Let the Ingress's controller and the frontend in, and nobody else
			kubectl netguard scaffold ingress/bankapp -n bank --allow-from deploy/frontend | kubectl apply -f -

			# Who would be cut off that can connect today?
			kubectl netguard scaffold svc/bankapp-service -n bank --keep-current

			# Keep some of them
			kubectl netguard scaffold svc/bankapp-service -n bank --keep-current=deploy/frontend,monitoring/sts/prometheus

			# Restrict what the backend may reach, too: DNS and its database
			kubectl netguard scaffold deploy/bankapp -n bank --egress --allow-to svc/db`),
		Args: exactArgs("TARGET"),
	}, question{out: o.out, parse: o.parse, answer: o.answer, once: true}) // it is applied once
	c.ValidArgsFunction = o.completeEnds(1, nil)
	o.doors.addFlags(c)
	f := c.Flags()
	f.StringArrayVar(&o.allowFrom, "allow-from", nil,
		"Let this client in (repeatable): TYPE/NAME, ns/NAME, labels of its pods, an address, a CIDR or \"internet\", with :PORT for one port of the backend alone, as the Service or the pods number it")
	f.StringSliceVar(&o.keep, "keep-current", nil,
		"List the workloads that can connect today and would be cut off; =all keeps them, =TYPE/NAME[,...] keeps those")
	f.Lookup("keep-current").NoOptDefVal = keepList
	f.BoolVar(&o.request.Egress, "egress", false, "Isolate the backend's egress, too, and let it reach the cluster's DNS")
	f.StringArrayVar(&o.allowTo, "allow-to", nil,
		"Let the backend reach this (repeatable): TYPE/NAME, ns/NAME, labels, an address, a CIDR or \"internet\", with :PORT; implies --egress")
	f.BoolVar(&o.request.NamespaceDefaults, "namespace-defaults", false,
		"Add default-deny and allow-same-namespace for the backend's namespace, as policies of their own")
	for _, flag := range []string{"allow-from", "allow-to", "keep-current"} {
		cobra.CheckErr(c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return o.completeEnd(c, nil, typed)
		}))
	}
	return c
}

func (o *scaffoldOptions) parse(args []string) error {
	home, refs, err := o.references(args...)
	if err != nil {
		return err
	}
	o.home, o.request.Of = home, refs[0]
	if o.request.AllowFrom, err = references("--allow-from", o.allowFrom, home); err != nil {
		return err
	}
	if o.request.AllowTo, err = references("--allow-to", o.allowTo, home); err != nil {
		return err
	}
	var kept []string
	for _, k := range o.keep {
		switch k {
		case keepList:
			o.listKept = true
		case keepAll:
			o.request.KeepAll = true
		default:
			kept = append(kept, k)
		}
	}
	if o.request.Keep, err = references("--keep-current", kept, home); err != nil {
		return err
	}
	return o.doors.parse(home)
}

func references(flag string, texts []string, home string) ([]reference.Reference, error) {
	var out []reference.Reference
	for _, text := range texts {
		r, err := reference.Parse(text, home)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func (o *scaffoldOptions) answer(ctx context.Context) (*reply, error) {
	q := plan.Question{Target: &o.request.Of, Home: o.home, Controllers: o.doors.refs, Services: true}
	q.More = slices.Concat(o.request.AllowFrom, o.request.AllowTo, o.request.Keep)
	m, err := o.load(ctx, q)
	if err != nil {
		return nil, err
	}
	r, err := query.Scaffold(m, o.request, query.Options{Strict: o.strict, Controllers: o.doors.refs})
	if err != nil {
		return nil, err
	}
	out := &reply{enforcement: &r.Enforcement, status: answered(r.Verdict)}
	out.aside = func(w io.Writer, options printer.Options) error {
		if err := printer.Impact(w, r, options); err != nil || !o.listKept || r.Verdict != report.Allowed {
			return err
		}
		return printer.KeepCurrent(w, r, options)
	}
	if r.Verdict == report.Allowed {
		out.print = func(w io.Writer, options printer.Options) error {
			options.Color = false
			return printer.Scaffold(w, r, options)
		}
		// Whom the policies admit is proven; that nobody is left out is not, where
		// front doors could not be read.
		out.status = complete(!slices.ContainsFunc(r.Notices, func(n report.Notice) bool { return n.Code == report.DoorsUnread }))
	}
	return out, nil
}
