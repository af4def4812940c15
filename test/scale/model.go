package scale

import (
	"bytes"
	"context"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/overlay"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
	"github.com/kubectl-netguard/netguard/pkg/source/live"
	"github.com/kubectl-netguard/netguard/test/fleet"
)

// This file is all that the benchmarks know of netguard's packages.

// subject is a cluster that has been read, and what is asked about it.
type subject struct {
	snapshot *snapshot.Snapshot
	model    *model.Model
	// from and to are two pods, everybody is asked about service.
	from, to, service reference.Reference
}

// about is what is asked about a cluster of a size.
func about(size fleet.Size) (*subject, error) {
	s := &subject{}
	for _, r := range []struct {
		to   *reference.Reference
		tier string
	}{{&s.from, "frontend"}, {&s.to, "database"}} {
		name, err := size.Pod(fleet.Ordinary, r.tier)
		if err != nil {
			return nil, err
		}
		if *r.to, err = reference.Parse("pod/"+name, fleet.Ordinary); err != nil {
			return nil, err
		}
	}
	var err error
	s.service, err = reference.Parse("svc/database-2", fleet.Ordinary)
	return s, err
}

// readServer reads all that the questions need from the server of a kubeconfig.
func readServer(ctx context.Context, kubeconfig string, size fleet.Size) (*subject, error) {
	s, err := about(size)
	if err != nil {
		return nil, err
	}
	flags := genericclioptions.NewConfigFlags(true)
	flags.KubeConfig = &kubeconfig
	live, err := live.New(flags)
	if err != nil {
		return nil, err
	}
	s.snapshot, err = live.Load(ctx, func(have *snapshot.Snapshot) []snapshot.Need {
		return append(plan.Next(plan.Question{Home: fleet.Ordinary, Doors: true}, have),
			plan.Next(plan.Question{Home: fleet.Ordinary, Source: &s.from, Target: &s.service}, have)...)
	})
	return s, err
}

// readText reads the cluster of a size from text, without a server. Pods come
// without what netguard does not look at, which is no difference once they are read.
func readText(ctx context.Context, size fleet.Size) (*subject, error) {
	s, err := about(size)
	if err != nil {
		return nil, err
	}
	var objects []fleet.Object
	for o := range fleet.Objects(size) {
		switch o := o.(type) {
		case *corev1.Pod:
			lean(o)
		case *appsv1.Deployment, *appsv1.ReplicaSet:
			continue // pods tell by their names whose they are
		case *networkingv1.IPAddress:
			continue // a Service has its address itself
		}
		objects = append(objects, o)
	}
	text, err := jsonList(objects)
	if err != nil {
		return nil, err
	}
	s.snapshot, err = load(ctx, files.Options{Filenames: []string{"-"}, In: bytes.NewReader(text)})
	return s, err
}

// lean takes from a pod what is most of its text.
func lean(p *corev1.Pod) {
	p.ManagedFields, p.Spec.Volumes, p.Spec.Tolerations = nil, nil, nil
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		*c = corev1.Container{Name: c.Name, Image: c.Image, Ports: c.Ports}
	}
}

// load reads manifests.
func load(ctx context.Context, o files.Options) (*snapshot.Snapshot, error) {
	o.Namespace = "default"
	m, err := files.New(o)
	if err != nil {
		return nil, err
	}
	return m.Load(ctx, nil)
}

// compile makes the model, and has it compile all policies and sort all pods.
func (s *subject) compile() {
	s.model = model.New(s.snapshot)
	s.model.Classes()
}

// whoCanReach is one target with all reasons; it returns how many rows tell of it.
func (s *subject) whoCanReach() (int, error) {
	r, err := query.WhoCanReach(s.model, s.service, query.Options{})
	if err != nil {
		return 0, err
	}
	return len(r.Rows), nil
}

// canReach is the bare answer about two pods.
func (s *subject) canReach() error {
	_, err := query.CanReach(s.model, s.from, s.to, query.Options{})
	return err
}

// explain is the answer about two pods with all evidence and a fix.
func (s *subject) explain() error {
	_, err := query.Explain(s.model, s.from, s.to, query.Options{})
	return err
}

// allPairs finds every connection; edges are made of them as they are asked for.
func (s *subject) allPairs() *report.Map {
	return query.Map(s.model, query.Scope{Labels: selector.Everything()}, query.Options{})
}

// diff compares the cluster with a policy changed with the cluster as it is; it
// returns how many pairs of ends differ.
func (s *subject) diff(ctx context.Context) (int, error) {
	change, err := load(ctx, files.Options{Filenames: []string{"-"}, In: strings.NewReader(changedPolicy)})
	if err != nil {
		return 0, err
	}
	before := model.New(s.snapshot)
	return len(query.Diff(before, before.With(overlay.Apply(s.snapshot, change)), query.Options{}).Rows), nil
}
