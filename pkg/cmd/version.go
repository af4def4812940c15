package cmd

import (
	"context"
	"io"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/source/live"
)

// release is the version that a release build links in; without it the Go build
// information tells.
var release string //nolint:gochecknoglobals // set by the linker

// versionOptions tell about the plugin, and the cluster where asked.
type versionOptions struct {
	*globals
	out     *output
	cluster bool
}

func newVersion(g *globals) *cobra.Command {
	o := &versionOptions{globals: g, out: newOutput(printer.Formats(printer.KindVersion))}
	c := o.answers(&cobra.Command{
		Use:   "version",
		Short: "Print the version and, with --cluster, what was recognised there",
		Long: templates.LongDesc(`
			Print the plugin's version. With --cluster, also which network plugin was recognised, whether it
			enforces policies, which policy kinds are in use that netguard does not evaluate, and which of the
			permissions that questions may need are missing: the API server is asked (by SelfSubjectRulesReview
			and SelfSubjectAccessReview, which everybody may).`) + reportExit,
		Example: templates.Examples(`
			kubectl netguard version --cluster`),
		Args: exactArgs(),
	}, question{out: o.out, parse: func([]string) error { return nil }, answer: o.answer, once: true})
	c.Flags().BoolVar(&o.cluster, "cluster", false, "Also say what was recognised in the cluster")
	return c
}

func (o *versionOptions) answer(ctx context.Context) (*reply, error) {
	r := &report.Version{
		Header: report.NewHeader("Version"), Client: version(), GoVersion: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if o.cluster {
		if err := o.describeCluster(ctx, r); err != nil {
			return nil, err
		}
	}
	return &reply{
		status: complete(len(r.Gaps) == 0 && (r.Access == nil || len(r.Access.Missing) == 0 && r.Access.Unchecked == "")),
		print:  func(w io.Writer, options printer.Options) error { return printer.Version(w, r, options) },
	}, nil
}

func (o *versionOptions) describeCluster(ctx context.Context, r *report.Version) error {
	home, err := o.namespace()
	if err != nil {
		return err
	}
	m, err := o.load(ctx, plan.Question{Cluster: true, Home: home})
	if err != nil {
		return err
	}
	r.Enforcement = query.Enforcement(m)
	for _, u := range m.Unmodelled() {
		if kind := u.Kind + "." + u.Group; !slices.Contains(r.PolicyKinds, kind) {
			r.PolicyKinds = append(r.PolicyKinds, kind)
		}
	}
	for _, g := range m.Gaps() {
		r.Gaps = append(r.Gaps, report.Gap{Needs: g.Permission(), Reason: string(g.Reason), Message: g.Message})
	}
	return o.describeAccess(ctx, home, r)
}

// describeAccess asks which permissions are missing; files need none.
func (o *versionOptions) describeAccess(ctx context.Context, home string, r *report.Version) error {
	if o.offline() {
		return nil
	}
	live, err := live.New(o.config)
	if err != nil {
		return err
	}
	r.Access, err = live.Access(ctx, home)
	return err
}

func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
