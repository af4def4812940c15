package record

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/manifest"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// isHeader reports whether an object says that it and the others are a recorded
// state (see [Of]).
func isHeader(o *manifest.Object) bool {
	return o.Raw.GetAPIVersion() == report.APIVersion && o.Raw.GetKind() == recordKind
}

// Read reads a recorded state if the objects are one: recorded tells. What was
// recorded is taken as it is: nothing is completed, defaulted or imagined.
func Read(objects []*manifest.Object) (s *snapshot.Snapshot, recorded bool, errs []error) {
	var header *manifest.Object
	for _, o := range objects {
		switch {
		case !isHeader(o):
		case header != nil:
			return nil, true, []error{o.Errorf("is a second recorded state; the first is in %s. 'diff --against A -f B' compares two", header.Errorf("").Place())}
		default:
			header = o
		}
	}
	if header == nil {
		return nil, false, nil
	}
	for _, o := range objects {
		if o.File() != header.File() {
			return nil, true, []error{o.Errorf("cannot be read together with the recorded state in %s, which is a whole one: leave one of them out",
				manifest.Printable(header.File()))}
		}
	}
	r := replay{builder: snapshot.NewBuilder(nil), labels: manifest.Labels{Open: true}, origins: map[recordedOrigin]snapshot.Origin{}}
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
	return r.placed(), true, errs
}

// Missing notes as gaps what a question asks for and a recorded state does not
// have, because it was recorded for another.
func Missing(s *snapshot.Snapshot, next source.Planner) *snapshot.Snapshot {
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
	origins map[recordedOrigin]snapshot.Origin
	labels  manifest.Labels
	// in is the header.
	in *report.Snapshot
}

func (r *replay) header(o *manifest.Object) error {
	in, err := manifest.Strict[report.Snapshot](o)
	if err != nil {
		return err
	}
	r.in = in
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
		r.origins[recordedOrigin{snapshot.Resource(p.Resource), snapshot.Name{Namespace: p.Namespace, Name: p.Name}}] = snapshot.Origin{File: p.File, Line: p.Line, Lines: p.Lines}
	}
	return nil
}

// placed adds to the objects what the header says of them.
func (r *replay) placed() *snapshot.Snapshot {
	s := r.builder.Snapshot()
	for _, name := range r.in.Undeclared {
		r.builder.AddNamespace(&snapshot.Namespace{Name: name, Labels: map[string]string{corev1.LabelMetadataName: name}, Undeclared: true})
	}
	for _, at := range r.in.Placements {
		if pod := s.Pod(snapshot.Name{Namespace: at.Namespace, Name: at.Name}); pod != nil {
			again := *pod
			again.Placement = &snapshot.Placement{Everywhere: at.Everywhere, Tolerates: at.Tolerates}
			r.builder.AddPod(&again)
		}
	}
	return r.builder.Snapshot()
}

func needOf(n report.SnapshotRead) snapshot.Need {
	return snapshot.Need{Resource: snapshot.Resource(n.Resource), Namespace: n.Namespace, Name: n.Name, Labels: n.Labels, Fields: n.Fields}
}

// read takes in one object; the kinds are those that [Of] writes.
func (r *replay) read(o *manifest.Object) error {
	if err := r.identify(o); err != nil {
		return err
	}
	kind := o.Kind()
	if kind != nil && kind.Policy != nil && kind.Policy.Evaluated {
		return r.policyObject(o, kind)
	}
	if kind == nil || kind.Policy != nil {
		return o.At("kind", "%s is no kind that a recorded state holds", manifest.Printable(o.Raw.GetKind()))
	}
	if kind.Resource == snapshot.NetworkPolicies {
		return r.policy(o)
	}
	in, err := o.API(kind)
	if err != nil {
		return err
	}
	return in.AddTo(r.builder)
}

// policy is strict, as with any file: a misspelt field is not passed over. Whether
// the policy can be evaluated is for the model to say, as for a cluster's.
func (r *replay) policy(o *manifest.Object) error {
	in, err := manifest.Strict[networkingv1.NetworkPolicy](o)
	if err != nil {
		return err
	}
	p := objects.Policy(in)
	p.Origin = r.origins[recordedOrigin{"", p.Name}]
	r.builder.AddPolicy(p)
	return nil
}

// policyObject takes in a policy of another kind that is evaluated.
func (r *replay) policyObject(o *manifest.Object, kind *kinds.Kind) error {
	meta, err := manifest.Typed[metav1.PartialObjectMetadata](o)
	if err != nil {
		return err
	}
	spec, _ := o.Raw.Object["spec"].(map[string]any)
	p := objects.PolicyObject(kind, &meta.ObjectMeta, spec)
	p.Origin = r.origins[recordedOrigin{kind.Resource, p.Name}]
	r.builder.Add(p)
	return nil
}

// recordedOrigin is of which policy an origin is; that of a NetworkPolicy names no
// resource.
type recordedOrigin struct {
	snapshot.Resource
	snapshot.Name
}

// identify makes sure of the names: they may end up in a command that is shown. A
// star stands in the names of pods and slices that manifests do not name.
func (r *replay) identify(o *manifest.Object) error {
	m, err := manifest.Typed[metav1.PartialObjectMetadata](o)
	if err != nil {
		return err
	}
	if len(validation.IsDNS1123Subdomain(strings.ReplaceAll(m.Name, "*", "x"))) > 0 {
		return o.At("metadata.name", "%s: metadata.name %q is not a valid name", manifest.Printable(o.Raw.GetKind()), m.Name)
	}
	if m.Namespace != "" && len(validation.IsDNS1123Label(m.Namespace)) > 0 {
		return o.At("metadata.namespace", "%s %s: metadata.namespace %q is not a valid name", manifest.Printable(o.Raw.GetKind()), m.Name, m.Namespace)
	}
	return r.labels.Check(o, m.Labels, "metadata.labels")
}
