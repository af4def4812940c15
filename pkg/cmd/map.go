package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// mapOptions ask for all connections.
type mapOptions struct {
	*globals
	out           *output
	allNamespaces bool
	labels        string

	home  string
	scope query.Scope
}

func newMap(g *globals) *cobra.Command {
	o := &mapOptions{globals: g, out: newOutput(printer.Formats(printer.KindMap))}
	c := o.answers(&cobra.Command{
		Use:   "map",
		Short: "List all allowed connections between workloads and with the outside",
		Long: templates.LongDesc(`
			List the connections that policies allow between workloads, between workloads and addresses
			outside the cluster, and through Ingresses and Gateways, as sets of protocols and ports. By default
			those that begin or end in the namespace of -n; with -A, or for manifests without -n, all of them.

			Each row is one way: that clients outside get to an Ingress does not say that it gets on to its
			backends, which is a row of its own, or is missing. explain joins them.

			More than 100 connections are told by namespaces in the table: what a row says is true for all that
			it names. -o wide has a row for each, and the other formats write them one by one, however many
			there are.`) + reportExit,
		Example: templates.Examples(`
			# Everything that is allowed in a namespace
			kubectl netguard map -n bank

			# As a graph
			kubectl netguard map -A -o mermaid

			# A page to look at, to search and to click through: redirect it into a file
			kubectl netguard map -A -o html`),
		Args: exactArgs(),
	}, question{out: o.out, parse: o.parse, answer: o.answer})
	c.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "All namespaces")
	c.Flags().StringVarP(&o.labels, "selector", "l", "", "Only connections that begin or end at pods with these labels (as kubectl get -l)")
	return c
}

func (o *mapOptions) parse([]string) error {
	var err error
	if o.home, err = o.namespace(); err != nil {
		return err
	}
	parsed, err := metav1.ParseToLabelSelector(o.labels)
	if err != nil {
		return fmt.Errorf("--selector %q does not parse: %w", o.labels, err)
	}
	if o.scope.Labels, err = selector.Compile(parsed); err != nil {
		return fmt.Errorf("--selector %q: %w", o.labels, err)
	}
	if !o.allNamespaces && (*o.config.Namespace != "" || !o.offline()) {
		o.scope.Namespace = o.home
	}
	return nil
}

func (o *mapOptions) answer(ctx context.Context) (*reply, error) {
	m, err := o.load(ctx, plan.Question{Home: o.home, Doors: true})
	if err != nil {
		return nil, err
	}
	if ns := o.scope.Namespace; ns != "" {
		// An empty map of a namespace that is not there would say the wrong thing.
		var missing *model.NotFoundError
		if _, err := m.Resolve(reference.Reference{Form: reference.FormObject, Kind: reference.Namespace, Name: ns}); errors.As(err, &missing) {
			return nil, err
		}
	}
	r := query.Map(m, o.scope, query.Options{Strict: o.strict})
	return &reply{
		enforcement: &r.Enforcement, gaps: r.Gaps, status: complete(len(r.Gaps) == 0 && !r.Undecided),
		print: func(w io.Writer, options printer.Options) error { return printer.Map(w, r, options) },
	}, nil
}
