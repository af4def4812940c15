package frontdoor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// finder looks for a door's data plane. Each step notes what it tried; the first
// that finds pods ends the search.
type finder struct {
	m     *model.Model
	plane *DataPlane
	// class and id are the door's class name and its controller's name.
	class, id string
	known     *controller
	// unserved: the class is named but does not exist, or none is named and
	// there is no default.
	unserved bool
	// hidden is what keeps the class from being known. No name of a class tells
	// whose it is: nginx may be anybody's.
	hidden *snapshot.Gap
	// unseen is what kept a search for pods from seeing all of them.
	unseen *snapshot.Gap
	// ing is the Ingress that the search is for; nil for a Gateway.
	ing *snapshot.Ingress
	// serving is the question to the installation that serves it, once it is found, and
	// home its namespace, where others carry the traffic.
	serving *asked
	home    string
	// all is the catalogue, and controllers how many installations there are.
	all         []controller
	controllers int
	// byUserSaid: the user named the data plane.
	byUserSaid bool
}

func (f *finder) note(step report.EvidenceStep, found bool, detail string) {
	f.plane.Evidence = append(f.plane.Evidence, report.Evidence{Step: step, Found: found, Detail: detail})
}

// ingressClass resolves the class: spec.ingressClassName, else the legacy
// annotation, else the default class (Ingress docs, "Default IngressClass").
func (f *finder) ingressClass(ing *snapshot.Ingress) (class, id string) {
	f.look(snapshot.Need{Resource: snapshot.IngressClasses})
	gap := f.m.GapFor(snapshot.Need{Resource: snapshot.IngressClasses, Name: firstNonEmpty(ing.Class, ing.LegacyClass)})
	switch {
	case ing.Class != "":
		f.class = ing.Class
		if c := f.m.IngressClass(ing.Class); c != nil {
			f.id = c.Controller
			f.note(report.StepClass, true, fmt.Sprintf("ingressClassName %s is served by controller %s", ing.Class, c.Controller))
		} else {
			f.unserved = true
			f.note(report.StepClass, false, fmt.Sprintf("ingressClassName %s: %s", ing.Class, f.noClass(snapshot.IngressClasses, ing.Class, "IngressClass")))
		}
	case ing.LegacyClass != "":
		f.class = ing.LegacyClass
		if c := f.m.IngressClass(ing.LegacyClass); c != nil {
			f.id = c.Controller
		}
		f.note(report.StepClass, true, "annotation kubernetes.io/ingress.class: "+ing.LegacyClass)
	case gap != nil:
		f.note(report.StepClass, false, "no class named, and the IngressClasses could not be read")
	case ownClass(ing) != "":
		f.unserved = true
		f.note(report.StepClass, true, "annotation "+ownClass(ing))
	default:
		if c := f.defaultClass(); c != nil {
			f.class, f.id = c.Name, c.Controller
			f.note(report.StepClass, true, fmt.Sprintf("no class named; default IngressClass %s, controller %s", f.class, f.id))
		} else {
			f.unserved = true
			f.note(report.StepClass, false, "no class named, and 0 IngressClasses are the default")
		}
	}
	switch {
	case f.id != "":
		f.known = byController(f.id)
	case gap != nil:
		f.hidden, f.unserved = gap, false
	default:
		f.known = byClass(f.class)
	}
	return f.class, f.id
}

// defaultClass is the class that an Ingress gets which names none: of several the
// newest, and then the first by name (kubernetes/kubernetes
// plugin/pkg/admission/network/defaultingressclass getDefaultClass).
func (f *finder) defaultClass() *snapshot.IngressClass {
	var out *snapshot.IngressClass
	for _, c := range f.m.IngressClasses() {
		if c.Default && (out == nil || c.Created.After(out.Created)) {
			out = c
		}
	}
	return out
}

// ownClass is an annotation by which one controller is named, with its value.
func ownClass(ing *snapshot.Ingress) string {
	for _, key := range ownClassAnnotations() {
		if v := ing.Annotations[key]; v != "" {
			return key + ": " + v
		}
	}
	return ""
}

func (f *finder) gatewayClass(gw *snapshot.Gateway) string {
	f.look(snapshot.Need{Resource: snapshot.GatewayClasses, Name: gw.Class})
	f.class = gw.Class
	if c := f.m.GatewayClass(gw.Class); c != nil {
		f.id = c.Controller
		f.note(report.StepClass, true, fmt.Sprintf("gatewayClassName %s is served by controller %s", gw.Class, c.Controller))
	} else {
		f.hidden = f.m.GapFor(snapshot.Need{Resource: snapshot.GatewayClasses, Name: gw.Class})
		f.unserved = f.hidden == nil
		f.note(report.StepClass, false, fmt.Sprintf("gatewayClassName %s: %s", gw.Class, f.noClass(snapshot.GatewayClasses, gw.Class, "GatewayClass")))
	}
	f.known = byController(f.id)
	return f.id
}

// noClass says why a class is not known.
func (f *finder) noClass(r snapshot.Resource, name, kind string) string {
	if gap := f.m.GapFor(snapshot.Need{Resource: r, Name: name}); gap != nil {
		return "the " + kind + " could not be read"
	}
	return "no such " + kind
}

// find fills in the data plane.
func (f *finder) find(addresses []string, gw *snapshot.Gateway, controllers []reference.Reference) {
	if f.known != nil {
		f.plane.Name, f.plane.Source = f.known.name, f.known.source
		f.plane.Timeout, f.plane.Refused = f.known.timeout, f.known.refused
	}
	if !f.stopped() {
		f.locate(addresses, gw, controllers)
	}
	if !f.stopped() && f.plane.Entry != nil {
		f.lookBehind(f.plane.Entry) // there clients arrive
	}
	if f.stopped() {
		f.wait()
	}
}

// locate is the search, step by step. A step that has to wait for what is yet to be
// read ends it, as one does that finds pods.
func (f *finder) locate(addresses []string, gw *snapshot.Gateway, controllers []reference.Reference) {
	if len(controllers) > 0 {
		f.byUserSaid = true
		f.byUser(controllers)
		return
	}
	if f.known != nil && f.known.outside != nil {
		if f.ing != nil {
			f.fromOutsideIngress()
		} else {
			f.fromOutside(f.known.outside)
		}
		return
	}
	if f.byStatus(addresses) {
		f.check()
		return
	}
	if f.ing != nil {
		f.locateIngress(len(addresses) > 0)
		return
	}
	if f.unserved && len(addresses) == 0 {
		if f.elsewhere() {
			f.plane.Problem, f.plane.Detail = report.ControllerUnknown, f.tried()+"; the manifests hold no class, node or running pod, so the platform is described elsewhere"
		} else {
			f.plane.Problem, f.plane.Detail = report.ClassMissing, f.class
		}
		return
	}
	// Labels say whose pods these are, and not that anybody serves the class.
	if len(f.plane.Parties) > 0 || f.hidden == nil && gw != nil && f.byGatewayLabel(gw) {
		return
	}
	if f.hidden != nil && f.plane.Problem == "" && !f.stopped() {
		f.plane.Problem, f.plane.Detail = report.NotRead, f.hidden.Permission()
	}
	if f.hidden == nil && (f.byArguments() || f.byCatalogue()) {
		return
	}
	f.lost()
}

// locateIngress goes on where the status of an Ingress does not tell: announced says
// that it has one.
func (f *finder) locateIngress(announced bool) {
	if len(f.plane.Parties) > 0 {
		return
	}
	if f.hidden != nil {
		if f.plane.Problem == "" && !f.stopped() {
			f.plane.Problem, f.plane.Detail = report.NotRead, f.hidden.Permission()
		}
		f.lost()
		return
	}
	if f.byInstallations() || f.plane.Problem != "" || f.stopped() {
		return
	}
	if f.class == "" && f.unserved && f.byPlatform() {
		return
	}
	byName := f.known != nil && f.known.byName
	switch {
	case f.unserved && !announced && !byName:
		if f.unseen != nil { // some pod may serve it all the same
			f.plane.Problem, f.plane.Detail = report.NotRead, f.unseen.Permission()
			return
		}
		f.nobody()
		return
	case f.byCatalogue():
		f.check()
		return
	}
	f.lost()
}

// byPlatform finds the controllers that serve Ingresses without a class and that no pod
// is told to: GKE's, and the one that makes Routes for OpenShift's router.
func (f *finder) byPlatform() bool {
	for _, c := range []controller{openshift(), gke()} {
		q := f.asked(f.ing)
		if c.name == openshift().name && !f.anyPod(c.pods) {
			continue
		}
		switch said := c.ingress.serves(q); said.answer {
		case selector.No:
			continue
		case selector.Undetermined:
			f.plane.Problem, f.plane.Detail = report.NotRead, said.takes
			return true
		case selector.Yes:
		}
		f.become(&c)
		f.unserved = false
		if c.outside != nil {
			f.fromOutside(c.outside)
			return true
		}
		if f.byCatalogue() {
			f.check()
			return true
		}
		return f.plane.Problem != ""
	}
	return false
}

// anyPod tells whether some pod has such labels.
func (f *finder) anyPod(of []podLabels) bool {
	for _, l := range of {
		if !f.look(labelled(l.namespace, l.labels)...) {
			return false
		}
		if slices.ContainsFunc(f.m.Pods(), func(p *snapshot.Pod) bool { return !p.Finished() && l.match(p) }) {
			return true
		}
	}
	return false
}

// lost: the data plane was not found, or may be among the pods that were not read.
func (f *finder) lost() {
	if f.plane.Problem != "" || f.stopped() {
		return
	}
	if gap := f.m.Hidden(snapshot.Pods, ""); gap != nil {
		f.plane.Problem, f.plane.Detail = report.NotRead, gap.Need.Permission()
		return
	}
	f.plane.Problem, f.plane.Detail = report.ControllerUnknown, f.tried()
}

// elsewhere tells whether what was read are an app's own manifests, which say nothing of
// the platform that it runs on: that a class is not among them does not prove that there
// is none.
func (f *finder) elsewhere() bool {
	return f.m.HasEverything() && len(f.m.Nodes())+len(f.m.IngressClasses())+len(f.m.GatewayClasses()) == 0 &&
		!slices.ContainsFunc(f.m.Pods(), func(p *snapshot.Pod) bool { return !p.Expected() })
}

// tried lists what did not find the data plane.
func (f *finder) tried() string {
	var out []string
	for _, e := range f.plane.Evidence {
		if !e.Found {
			out = append(out, e.Detail)
		}
	}
	return strings.Join(out, "; ")
}

func carries(labels, want map[string]string) bool {
	for k, v := range want {
		if got, ok := labels[k]; !ok || got != v {
			return false
		}
	}
	return true
}

// fromOutside is for controllers whose data plane is not in the cluster.
func (f *finder) fromOutside(o *outside) {
	f.note(report.StepCatalogue, true, f.known.name+": "+o.why)
	switch {
	case o.identity:
		f.plane.Parties = []model.Party{{External: "Cilium's identity \"ingress\"", Identity: true}}
	case len(o.ranges) > 0:
		f.plane.Direct = true
		for _, p := range o.ranges {
			f.plane.Parties = append(f.plane.Parties, model.Party{Block: address.Block{Prefix: p}})
		}
	case o.throughNodes:
		f.plane.ThroughNodes = true
		f.plane.Parties = []model.Party{{External: f.known.name}}
	default:
		f.plane.Anywhere, f.plane.Direct = true, true
		f.plane.Parties = []model.Party{{External: o.why}}
	}
}

// settle takes the pods if they are of one workload; several candidates are the
// user's to choose from. Where some pods could not be read, there may be several.
func (f *finder) settle(found []model.Party) bool {
	if f.unseen != nil {
		f.plane.Problem, f.plane.Detail = report.NotRead, f.unseen.Permission()
		return false
	}
	if !f.lookUp(found) {
		return true
	}
	var workloads []string
	for _, p := range found {
		kind, name := f.m.TopOwner(p.Pod)
		short := reference.Kind(kind).Short()
		if w := name.Namespace + "/" + short + "/" + name.Name; !slices.Contains(workloads, w) {
			workloads = append(workloads, w)
		}
	}
	if len(workloads) > 1 {
		f.plane.Problem, f.plane.Detail = report.ControllerAmbiguous, strings.Join(workloads, ", ")
		return false
	}
	f.plane.Parties = found
	f.entry()
	return true
}

func parties(pods []*snapshot.Pod) []model.Party {
	var out []model.Party
	for _, p := range pods {
		if !p.Finished() {
			out = append(out, model.Party{Pod: p})
		}
	}
	return out
}

func firstNonEmpty(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func text(labels map[string]string) string {
	var parts []string
	for k, v := range labels {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}
