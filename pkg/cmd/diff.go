package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/overlay"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
	"github.com/kubectl-netguard/netguard/pkg/source/live"
)

const diffExit = `

Exit status:
  0  no connection differs
  1  some differ
  2  error: usage, not found, API or file failure
  3  undecided: none differs for certain, but something needed could not be read or is not modelled`

// diffOptions compare two states.
type diffOptions struct {
	*globals
	out     *output
	doors   controllers
	deletes []string
	against []string

	home    string
	deleted []reference.Reference
}

func newDiff(g *globals) *cobra.Command {
	o := &diffOptions{globals: g, out: newOutput(printer.Formats(printer.KindDiff))}
	c := o.answers(&cobra.Command{
		Use:   "diff",
		Short: "Show which connections an apply or a delete would gain and lose",
		Long: templates.LongDesc(`
			Show which connections applying the manifests of -f or -k (or deleting what --delete names) would gain
			and lose: between workloads, with addresses outside, through Services whose endpoints differ, and through
			front doors and exposed Services, each with what decides about it. The manifests are laid over what the cluster holds; nothing is applied.

			Policies, workloads, Services, namespaces, Ingresses, Gateways and routes are laid over. Pods of a workload
			are replaced where the template has other labels or ports; what an API server or a controller manages is
			no difference.

			With --against, no cluster is asked: the manifests of --against are compared with those of -f, each a
			whole state of its own, so that what -f lacks is gone.`) + diffExit,
		Example: templates.Examples(`
			# What would applying this change?
			kubectl netguard diff -f policy.yaml

			# What would deleting a policy open?
			kubectl netguard diff --delete bank/netpol/bankapp-restrict-access

			# A comment for a pull request: main against the branch
			kubectl netguard diff --against main/manifests -f branch/manifests -R -o md`),
		Args: exactArgs(),
	}, question{out: o.out, parse: o.parse, answer: o.answer, inputs: &o.against})
	o.doors.addFlags(c)
	c.Flags().StringSliceVar(&o.deletes, "delete", nil, "Delete this object (repeatable): [NAMESPACE/]TYPE/NAME, with netpol/NAME for a NetworkPolicy")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("delete", o.completeDeleted))
	c.Flags().StringSliceVar(&o.against, "against", nil, "Compare with the manifests of this file or directory instead of with the cluster")
	cobra.CheckErr(c.MarkFlagFilename("against", "json", "yaml", "yml"))
	return c
}

func (o *diffOptions) parse([]string) error {
	if !o.offline() && len(o.deletes) == 0 {
		return errors.New("give a change to compare: manifests with -f or -k, or objects to delete with --delete")
	}
	if slices.Contains(o.filenames, "-") && slices.Contains(o.against, "-") {
		return errors.New("standard input (-) cannot be both sides: give --against or -f a file")
	}
	var err error
	if o.home, err = o.namespace(); err != nil {
		return err
	}
	for _, text := range o.deletes {
		r, err := overlay.ParseObject(text, o.home)
		if err != nil {
			return fmt.Errorf("--delete: %w", err)
		}
		o.deleted = append(o.deleted, r)
	}
	return o.doors.parse(o.home)
}

func (o *diffOptions) answer(ctx context.Context) (*reply, error) {
	if err := o.validatePlugin(); err != nil {
		return nil, err
	}
	before, after, err := o.states(ctx)
	if err != nil {
		return nil, err
	}
	before, after = o.named(before), o.named(after)
	m := model.New(before)
	r := query.Diff(m, m.With(after), query.Options{Strict: o.strict, Controllers: o.doors.refs})
	out := &reply{
		gaps: r.Gaps, status: differs(r),
		print: func(w io.Writer, options printer.Options) error { return printer.Diff(w, r, options) },
	}
	if len(o.against) == 0 {
		out.enforcement, out.cluster = &r.Enforcement, true
	}
	return out, nil
}

// differs maps differences to the exit status of kubectl diff, and those that
// are not known to Undecided.
func differs(r *report.Diff) error {
	open := len(r.Gaps) > 0
	for _, row := range r.Rows {
		if row.Change != report.DiffUndecided {
			return statusError(ExitNo)
		}
		open = true
	}
	return complete(!open)
}

// states are the snapshots before and after.
func (o *diffOptions) states(ctx context.Context) (before, after *snapshot.Snapshot, err error) {
	var proposed *snapshot.Snapshot
	if o.offline() {
		if proposed, err = o.manifests(ctx, o.filenames, o.kustomize); err != nil {
			return nil, nil, err
		}
	}
	if len(o.against) > 0 {
		if before, err = o.manifests(ctx, o.against, ""); err != nil {
			return nil, nil, err
		}
		after = before
		if proposed != nil {
			after = proposed
		}
	} else {
		if before, err = o.cluster(ctx, proposed); err != nil {
			return nil, nil, err
		}
		after = before
		if proposed != nil {
			after = overlay.Apply(before, proposed)
		}
	}
	if len(o.deleted) > 0 {
		after, err = overlay.Delete(after, o.deleted)
	}
	return before, after, err
}

func (o *diffOptions) manifests(ctx context.Context, filenames []string, kustomize string) (*snapshot.Snapshot, error) {
	s, err := files.New(files.Options{
		Filenames: filenames, Kustomize: kustomize, Recursive: o.recursive && kustomize == "", Namespace: o.home, In: o.In,
	})
	if err != nil {
		return nil, err
	}
	q := plan.Question{Home: o.home, Controllers: o.doors.refs, Services: true}
	return s.Load(ctx, func(s *snapshot.Snapshot) []snapshot.Need { return plan.Next(q, s) })
}

// cluster reads everything that connections may depend on.
func (o *diffOptions) cluster(ctx context.Context, proposed *snapshot.Snapshot) (*snapshot.Snapshot, error) {
	q := plan.Question{Home: o.home, Controllers: o.doors.refs, Services: true}
	if proposed != nil {
		for _, ns := range proposed.Namespaces() {
			q.Namespaces = append(q.Namespaces, ns.Name)
		}
		for _, w := range proposed.Workloads() {
			q.More = append(q.More, reference.Reference{Kind: reference.Kind(w.Kind), Namespace: w.Namespace, Name: w.Name.Name})
		}
	}
	for _, r := range o.deleted {
		if r.Kind != overlay.NetworkPolicy {
			q.More = append(q.More, r)
		} else {
			q.Namespaces = append(q.Namespaces, r.Namespace)
		}
	}
	live, err := live.New(o.config)
	if err != nil {
		return nil, err
	}
	defer o.follow(live)()
	return live.Load(ctx, func(s *snapshot.Snapshot) []snapshot.Need { return plan.Next(q, s) })
}
