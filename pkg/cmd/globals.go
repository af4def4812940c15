package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
	"github.com/kubectl-netguard/netguard/pkg/source/live"
)

// globals are the flags that every command has, and what a run is given.
type globals struct {
	genericiooptions.IOStreams
	env    Environment
	config *genericclioptions.ConfigFlags

	filenames []string
	kustomize string
	recursive bool
	strict    bool
	// plugin is what the user says the network plugin is.
	plugin string
	// silent: nothing is said, not even on standard error.
	silent bool

	// taken, where it is set, is given what a question read.
	taken func(*snapshot.Snapshot)
	// replayed: what was read is a recorded cluster.
	replayed bool
	// allPods: who-can-reach reads every pod, for a table too.
	allPods bool
}

func newGlobals(streams genericiooptions.IOStreams, env Environment) *globals {
	return &globals{IOStreams: streams, env: env, config: genericclioptions.NewConfigFlags(true)}
}

func (g *globals) addFlags(flags *pflag.FlagSet) {
	g.config.AddFlags(flags)
	flags.StringSliceVarP(&g.filenames, "filename", "f", nil, "Read manifests from this file, directory, URL or - (standard input) instead of a cluster")
	flags.StringVarP(&g.kustomize, "kustomize", "k", "", "Read the manifests of this kustomization directory instead of a cluster")
	flags.BoolVarP(&g.recursive, "recursive", "R", false, "Read the directories given with -f recursively")
	flags.StringVar(&g.plugin, "network-plugin", "", "Take this for the network plugin, instead of the one that is found: NAME[,mode=MODE], such as cilium or aws-vpc-cni,mode=strict")
	flags.BoolVar(&g.strict, "strict", false, "Answer Unknown wherever network plugins would answer differently")
}

// offline reports whether manifests are read.
func (g *globals) offline() bool { return len(g.filenames) > 0 || g.kustomize != "" }

// namespace is that of -n, or of the context, or "default".
func (g *globals) namespace() (string, error) {
	if ns := *g.config.Namespace; ns != "" {
		return ns, nil
	}
	ns, _, err := g.config.ToRawKubeConfigLoader().Namespace()
	switch {
	case err == nil && ns != "":
		return ns, nil
	case err == nil || g.offline():
		return "default", nil
	default:
		return "", fmt.Errorf("kubeconfig: %w", err)
	}
}

// source is the cluster, or the manifests.
func (g *globals) source(namespace string) (source.Source, error) {
	if g.offline() {
		return files.New(files.Options{
			Filenames: g.filenames, Kustomize: g.kustomize, Recursive: g.recursive, Namespace: namespace, In: g.In,
		})
	}
	return live.New(g.config)
}

// load reads what the question needs, and makes the model of it.
func (g *globals) load(ctx context.Context, q plan.Question) (*model.Model, error) {
	if err := g.validatePlugin(); err != nil {
		return nil, err
	}
	q.PluginNamed = g.plugin != ""
	s, err := g.source(q.Home)
	if err != nil {
		return nil, err
	}
	done := g.follow(s)
	snap, err := s.Load(ctx, func(s *snapshot.Snapshot) []snapshot.Need { return plan.Next(q, s) })
	done()
	if err != nil {
		return nil, err
	}
	g.replayed = g.offline() && !snap.HasEverything()
	if g.taken != nil {
		g.taken(snap)
	}
	return model.New(g.named(snap)), nil
}

// references reads those of a question, and the namespace of -n.
func (g *globals) references(texts ...string) (string, []reference.Reference, error) {
	home, err := g.namespace()
	if err != nil {
		return "", nil, err
	}
	var out []reference.Reference
	for _, text := range texts {
		r, err := reference.Parse(text, home)
		if err != nil {
			return "", nil, err
		}
		out = append(out, r)
	}
	return home, out, nil
}

// note tells on standard error what a reader of the verdicts should know and
// the report does not say in words: of a cluster, though -f may be laid over it.
func (g *globals) note(e report.Enforcement, cluster bool) {
	if e.Plugin == "" && (cluster || g.replayed || !g.offline()) {
		text := "note: no network plugin was recognised; verdicts say what the policies ask for, not whether they are enforced"
		if e.Needs != "" {
			text += " (it takes permission to " + e.Needs + ")"
		}
		fmt.Fprintln(g.ErrOut, text) //nolint:errcheck // a note that cannot be written is no failure
	}
}

// controllers is --controller: what the user says is behind a front door.
type controllers struct {
	texts []string
	refs  []reference.Reference
}

func (c *controllers) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&c.texts, "controller", nil,
		"What carries the traffic of an Ingress or Gateway, where it is not found: TYPE/NAME, labels of its pods, or a CIDR")
}

func (c *controllers) parse(home string) error {
	for _, text := range c.texts {
		r, err := reference.Parse(text, home)
		if err != nil {
			return fmt.Errorf("--controller: %w", err)
		}
		c.refs = append(c.refs, r)
	}
	return nil
}

// validatePlugin checks --network-plugin before anything is read.
func (g *globals) validatePlugin() error {
	if g.plugin == "" {
		return nil
	}
	_, err := cni.ByName(g.plugin)
	return err
}

// named is what was read, with the network plugin that the user names.
func (g *globals) named(s *snapshot.Snapshot) *snapshot.Snapshot {
	if g.plugin == "" {
		return s
	}
	b := snapshot.NewBuilder(s)
	b.NameNetworkPlugin(g.plugin)
	return b.Snapshot()
}
