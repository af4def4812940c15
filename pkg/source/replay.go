package source

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// isRecorded reports whether an object says that it and the others are a recorded
// state (see [Record]).
func (o *object) isRecorded() bool {
	return o.raw.GetAPIVersion() == report.APIVersion && o.raw.GetKind() == recordKind
}

// replayed reads a recorded state if the objects are one: recorded tells. What was
// recorded is taken as it is: nothing is completed, defaulted or imagined.
func replayed(objects []*object) (s *snapshot.Snapshot, recorded bool, errs []error) {
	var header *object
	for _, o := range objects {
		switch {
		case !o.isRecorded():
		case header != nil:
			return nil, true, []error{o.errorf("is a second recorded state; the first is in %s. 'diff --against A -f B' compares two", header.errorf("").place())}
		default:
			header = o
		}
	}
	if header == nil {
		return nil, false, nil
	}
	for _, o := range objects {
		if o.doc.file != header.doc.file {
			return nil, true, []error{o.errorf("cannot be read together with the recorded state in %s, which is a whole one: leave one of them out",
				printable(header.doc.file))}
		}
	}
	r := replay{builder: snapshot.NewBuilder(nil), origins: map[snapshot.Name]snapshot.Origin{}}
	if err := r.header(header); err != nil {
		return nil, true, []error{err}
	}
	for _, o := range objects {
		if o == header {
			continue
		}
		if err := r.read(o); err != nil {
			errs = append(errs, err)
		}
	}
	return r.builder.Snapshot(), true, errs
}

// notRecorded notes as gaps what a question asks for and a recorded state does not
// have, because it was recorded for another.
func notRecorded(s *snapshot.Snapshot, next Planner) *snapshot.Snapshot {
	if next == nil || s.HasEverything() {
		return s
	}
	for needs := next(s); len(needs) > 0; needs = next(s) {
		b := snapshot.NewBuilder(s)
		for _, n := range needs {
			b.AddGap(snapshot.Gap{Need: n, Reason: snapshot.GapFailed, Message: "it was not recorded"})
		}
		s = b.Snapshot()
	}
	return s
}

type replay struct {
	builder *snapshot.Builder
	origins map[snapshot.Name]snapshot.Origin
	checks  checker
}

func (r *replay) header(o *object) error {
	in, err := strict[report.Snapshot](o)
	if err != nil {
		return err
	}
	if in.Everything {
		r.builder.ReadEverything()
	}
	for _, n := range in.Read {
		r.builder.Read(needOf(n))
	}
	for _, g := range in.Unread {
		r.builder.AddGap(snapshot.Gap{
			Need: needOf(g.SnapshotRead), Reason: snapshot.GapReason(g.Reason), Message: g.Message,
			Group: g.Group, Kind: g.Kind, OnlyDenies: g.OnlyDenies, Takes: g.Takes,
		})
	}
	for _, u := range in.Unevaluated {
		r.builder.AddUnmodelled(snapshot.Unmodelled{
			Group: u.Group, Kind: u.Kind, Name: snapshot.Name{Namespace: u.Namespace, Name: u.Name},
			OnlyDenies: u.OnlyDenies, ClusterWide: u.ClusterWide,
		})
	}
	for _, p := range in.Origins {
		r.origins[snapshot.Name{Namespace: p.Namespace, Name: p.Name}] = snapshot.Origin{File: p.File, Line: p.Line, Lines: p.Lines}
	}
	return nil
}

func needOf(n report.SnapshotRead) snapshot.Need {
	return snapshot.Need{Resource: snapshot.Resource(n.Resource), Namespace: n.Namespace, Name: n.Name, Labels: n.Labels, Fields: n.Fields}
}

// read takes in one object; the kinds are those that Record writes.
func (r *replay) read(o *object) error {
	if err := r.identify(o); err != nil {
		return err
	}
	kind := kindOf(o)
	if kind == nil || kind.Policy != nil {
		return o.at("kind", "%s is no kind that a recorded state holds", printable(o.raw.GetKind()))
	}
	if kind.Resource == snapshot.NetworkPolicies {
		return r.policy(o)
	}
	in, err := o.api(kind)
	if err != nil {
		return err
	}
	return in.addTo(r.builder)
}

// policy is strict, as with any file: a misspelt field is not passed over. Whether
// the policy can be evaluated is for the model to say, as for a cluster's.
func (r *replay) policy(o *object) error {
	in, err := strict[networkingv1.NetworkPolicy](o)
	if err != nil {
		return err
	}
	p := objects.Policy(in)
	p.Origin = r.origins[p.Name]
	r.builder.AddPolicy(p)
	return nil
}

// identify makes sure of the names: they may end up in a command that is shown. A
// star stands in the names of pods and slices that manifests do not name.
func (r *replay) identify(o *object) error {
	m, err := typed[metav1.PartialObjectMetadata](o)
	if err != nil {
		return err
	}
	if len(validation.IsDNS1123Subdomain(strings.ReplaceAll(m.Name, "*", "x"))) > 0 {
		return o.at("metadata.name", "%s: metadata.name %q is not a valid name", printable(o.raw.GetKind()), m.Name)
	}
	if m.Namespace != "" && len(validation.IsDNS1123Label(m.Namespace)) > 0 {
		return o.at("metadata.namespace", "%s %s: metadata.namespace %q is not a valid name", printable(o.raw.GetKind()), m.Name, m.Namespace)
	}
	return r.checks.labels(o, m.Labels, "metadata.labels")
}
