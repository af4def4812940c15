package frontdoor

import (
	"strconv"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// inferencePool is the kind of backend that the inference extension adds.
const inferencePool = "InferencePool.inference.networking.k8s.io"

// pool follows an InferencePool: the data plane asks its endpoint picker, and sends to
// the pod that that picks, at one of the target ports. Without the picker no request
// gets through, unless its failure mode is open (InferencePoolSpec.endpointPickerRef).
func (e *entrance) pool(m *model.Model, r *snapshot.Route, b snapshot.RouteBackend) []Route {
	name := snapshot.Name{Namespace: b.Namespace, Name: b.Name}
	out := Route{Backend: report.Object{Kind: "InferencePool", Namespace: b.Namespace, Name: b.Name}}
	ref := snapshot.ObjectRef{Group: "inference.networking.k8s.io", Kind: "InferencePool", Namespace: b.Namespace, Name: b.Name}
	if grant := granted(m, r.Kind, r.Namespace, ref); !grant.none() {
		out.broken(grant)
		return []Route{out}
	}
	pool := m.InferencePool(name)
	if pool == nil {
		missing := finding{reason: report.BackendMissing, detail: inferencePool + "/" + b.Name}
		if gap := m.GapFor(snapshot.Need{Resource: snapshot.InferencePools, Namespace: b.Namespace, Name: b.Name}); gap != nil {
			missing = unread(gap)
		}
		out.broken(missing)
		return []Route{out}
	}
	out.follow(m, pool)
	picker := Route{Backend: report.Object{Kind: "Service", Namespace: b.Namespace, Name: pool.Spec.Picker.Name}}
	switch kind := pool.Spec.Picker.Kind; {
	case pool.Spec.Picker.FailureMode == "FailOpen":
		return []Route{out}
	case kind != "" && kind != "Service":
		picker.broken(finding{reason: report.ResourceBackend, detail: kind + "/" + pool.Spec.Picker.Name, undecided: true})
	default:
		number := pool.Spec.Picker.Port.Number
		picker.Port = strconv.Itoa(int(number))
		follow(m, &picker, snapshot.Name{Namespace: b.Namespace, Name: pool.Spec.Picker.Name}, reference.Port{Number: number, Protocol: connset.TCP})
	}
	return []Route{out, picker}
}

// broken notes what keeps requests from a backend.
func (r *Route) broken(f finding) { r.Broken, r.Detail, r.Undecided = f.reason, f.detail, f.undecided }

// follow finds the pods of a pool and their ports.
func (r *Route) follow(m *model.Model, pool *snapshot.InferencePool) {
	if gap := m.Hidden(snapshot.Pods, pool.Namespace); gap != nil {
		r.broken(unread(gap))
		return
	}
	for _, p := range parties(m.Selected(pool.Namespace, pool.Spec.Selector.MatchLabels)) {
		for _, port := range pool.Spec.TargetPorts {
			for _, mapping := range m.PortsOf(p, reference.Port{Number: port.Number, Protocol: connset.TCP}) {
				r.Destinations = append(r.Destinations, model.Destination{Party: p, Addresses: p.Addresses(), Port: mapping})
			}
		}
	}
	if len(r.Destinations) == 0 {
		r.broken(finding{reason: report.NoPods, detail: text(pool.Spec.Selector.MatchLabels)})
	}
}
