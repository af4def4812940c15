package frontdoor

import (
	"maps"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// The search says itself what it looks at, so that what is read for a door and what
// is found of it cannot drift apart: before each step, [finder.look] notes the read
// that the step depends on, and where that is yet to come the search goes no
// further. What a later step might have found is then not known either.

// Unread returns what has to be read next before the data planes of doors are
// known; nothing when they are, or when the rest cannot be read.
func Unread(doors []*Door) []snapshot.Need {
	var out []snapshot.Need
	for _, d := range doors {
		for _, n := range d.DataPlane.unread {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// look notes that the search depends on reads. It is false where one is yet to
// come.
func (f *finder) look(needs ...snapshot.Need) bool {
	for _, n := range needs {
		if !f.m.Tried(n) {
			f.plane.unread = append(f.plane.unread, n)
		}
		if gap := f.m.GapFor(n); gap != nil && n.Resource == snapshot.Pods {
			f.unseen = gap
		}
	}
	return !f.stopped()
}

// stopped: the search waits for what is yet to be read.
func (f *finder) stopped() bool { return len(f.plane.unread) > 0 }

// everyPod are all pods of the cluster.
func everyPod() snapshot.Need { return snapshot.Need{Resource: snapshot.Pods} }

// labelled are pods with these labels; namespace "" is any. What is no value of a
// label, no pod has.
func labelled(namespace string, set map[string]string) []snapshot.Need {
	for _, v := range set {
		if len(validation.IsValidLabelValue(v)) > 0 {
			return nil
		}
	}
	return []snapshot.Need{{Resource: snapshot.Pods, Namespace: namespace, Labels: labels.Set(set).String()}}
}

// lookBehind looks at the pods behind a Service.
func (f *finder) lookBehind(s *snapshot.Service) bool {
	for range 4 { // as the model follows aliases
		next := f.m.Alias(s)
		if next == nil {
			break
		}
		s = next
	}
	if !f.look(model.ServiceNeeds(s)...) || !f.look(model.EndpointNeeds(f.m.Snapshot, s)...) {
		return false
	}
	for _, slice := range f.m.EndpointSlicesOf(s.Name) {
		for _, e := range slice.Endpoints {
			if e.Pod == "" && slice.AddressType != "FQDN" {
				return f.look(everyPod(), snapshot.Need{Resource: snapshot.Nodes}) // whose address that is
			}
		}
	}
	return true
}

// lookOnNodes looks at the pods that may listen on the addresses of nodes.
func (f *finder) lookOnNodes(nodes map[string]bool, addresses []netip.Addr) bool {
	// Where nodes could not be read, pods say which addresses theirs have. What
	// many nodes run is most of a cluster.
	const most = 20
	if !f.m.Has(snapshot.Need{Resource: snapshot.Nodes}) || len(nodes) > most {
		return f.look(everyPod())
	}
	for _, a := range addresses {
		if !slices.ContainsFunc(f.m.Nodes(), func(n *snapshot.Node) bool { return slices.Contains(n.IPs, a) }) {
			return f.look(everyPod()) // nobody's, as far as it is known
		}
	}
	var needs []snapshot.Need
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		// The kubelet takes a pod's hostIPs from its Node's addresses.
		needs = append(needs, snapshot.Need{Resource: snapshot.Pods, Fields: "spec.nodeName=" + name})
	}
	return f.look(needs...)
}

// lookAround looks at all pods of the namespaces of some.
func (f *finder) lookAround(parties []model.Party) bool {
	var needs []snapshot.Need
	for _, p := range parties {
		if n := (snapshot.Need{Resource: snapshot.Pods, Namespace: p.Pod.Namespace}); !slices.Contains(needs, n) {
			needs = append(needs, n)
		}
	}
	if !f.look(needs...) {
		return false
	}
	for _, n := range needs {
		f.look(model.OwnerNeeds(f.m.PodsIn(n.Namespace))...)
	}
	return !f.stopped()
}

// lookUp looks at the workloads that pods belong to.
func (f *finder) lookUp(parties []model.Party) bool {
	var pods []*snapshot.Pod
	for _, p := range parties {
		if p.Pod != nil {
			pods = append(pods, p.Pod)
		}
	}
	return f.look(model.OwnerNeeds(pods)...)
}

// wait gives up a search that goes no further; what was found so far need not be
// all that there is.
func (f *finder) wait() {
	f.plane.Parties, f.plane.Entry = nil, nil
	f.plane.Problem, f.plane.Detail = report.NotRead, f.plane.unread[0].Permission()
}
