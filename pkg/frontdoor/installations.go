package frontdoor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// installation is a program that is some controller, and what it says to the door's
// Ingress; c is nil for a controller that is not in the catalogue.
type installation struct {
	c     *controller
	pod   *snapshot.Pod
	q     *asked
	claim claim
}

// asked is the question about an Ingress to the installation that serves the door, or
// to one of which nothing is known.
func (f *finder) asked(ing *snapshot.Ingress) *asked {
	if f.serving != nil {
		return f.serving
	}
	return &asked{f: f, ing: ing, class: f.classOf(ing)}
}

// classOf is the class that an Ingress has in its field, or had the API server write
// there because it is the default.
func (f *finder) classOf(ing *snapshot.Ingress) string {
	if ing.Class != "" || ing.LegacyClass != "" {
		return ing.Class
	}
	if c := f.defaultClass(); c != nil && !slices.ContainsFunc(ownClassAnnotations(), func(key string) bool { return ing.Annotations[key] != "" }) {
		return c.Name
	}
	return ""
}

// ownClassAnnotations are those by which an Ingress names a class of one controller.
func ownClassAnnotations() []string {
	return []string{"projectcontour.io/ingress.class", "contour.heptio.com/ingress.class", "haproxy.org/ingress.class"}
}

// ask asks every program of a pod that is a controller.
func (f *finder) ask(pod *snapshot.Pod) []installation {
	var out []installation
	for i := range pod.Programs {
		p := &pod.Programs[i]
		f.look(settings.Needs(p, pod.Namespace)...)
		q := &asked{f: f, ing: f.ing, class: f.classOf(f.ing), told: settings.Read(p, pod.Namespace, f.m.Snapshot), pod: pod, image: p.Image}
		in := installation{pod: pod, q: q, c: recognise(f.catalogue(), pod, p, &q.told)}
		switch {
		case in.c == nil && bystander(p.Image):
			continue
		case in.c == nil:
			in.claim = custom(q)
		case in.c.ingress == nil:
			continue
		default:
			in.claim = in.c.ingress.claim(q)
		}
		out = append(out, in)
	}
	return out
}

// claim tells whether a controller serves an Ingress, and takes it as it is.
func (r *reader) claim(q *asked) claim {
	c := r.serves(q)
	if r.refuses == nil {
		return c
	}
	return both(c, r.refuses(q))
}

// catalogue is made once for a search.
func (f *finder) catalogue() []controller {
	if f.all == nil {
		f.all = catalogue()
	}
	return f.all
}

// byInstallations asks every controller that there is whether it serves the Ingress.
// It is true where that settles the matter, or has to wait.
func (f *finder) byInstallations() bool {
	if !f.look(everyPod()) {
		return true
	}
	var serving, open, refusing []installation
	for _, pod := range f.m.Pods() {
		if len(pod.Programs) == 0 || pod.Finished() {
			continue
		}
		for _, in := range f.ask(pod) {
			switch in.claim.answer {
			case selector.Yes:
				serving = append(serving, in)
			case selector.Undetermined:
				open = append(open, in)
			case selector.No:
				if in.c != nil {
					f.controllers++
				}
				if in.c != nil && f.known != nil && in.c.name == f.known.name || in.claim.reason == report.NamespaceNotWatched || in.claim.reason == report.LabelsNotWatched {
					refusing = append(refusing, in)
				}
			}
		}
	}
	f.controllers += len(serving) + len(open)
	if f.stopped() {
		return true
	}
	what := fmt.Sprintf("pods whose arguments name %s", firstNonEmpty(f.id, f.class))
	if firstNonEmpty(f.id, f.class) == "" {
		what = "pods that were told to serve Ingresses without a class"
	}
	if f.id != "" || f.class != "" || f.unserved || len(serving) > 0 {
		f.note(report.StepArguments, len(serving) > 0, what)
	}
	switch {
	case len(serving) > 0:
		return f.take(serving)
	case len(open) > 0 && f.unseen == nil && (f.known == nil || open[0].c == nil || open[0].c.name == f.known.name):
		f.refuse(open[0])
		return true
	case len(refusing) > 0 && f.unseen == nil:
		f.refuse(refusing[0])
		return true
	default:
		return false
	}
}

// take settles on the installations that serve the Ingress.
func (f *finder) take(serving []installation) bool {
	first := serving[0]
	f.unserved = false
	if first.c != nil {
		f.become(first.c)
	}
	if f.unseen == nil {
		f.serving = first.q
	}
	switch {
	case first.c != nil && first.c.outside != nil:
		f.fromOutside(first.c.outside)
		return true
	case first.c != nil && first.c.apart:
		f.home = first.pod.Namespace
		return f.byCatalogue() || f.plane.Problem != "" || f.stopped()
	}
	var found []model.Party
	for _, in := range serving {
		found = append(found, model.Party{Pod: in.pod})
	}
	f.settle(found)
	return true
}

// become: the door's controller is this one, whatever its class is called.
func (f *finder) become(c *controller) {
	f.known = c
	f.plane.Name, f.plane.Source = c.name, c.source
	f.plane.Timeout, f.plane.Refused = c.timeout, c.refused
}

// refuse ends the search: the installation does not serve the Ingress, or whether it
// does is not known.
func (f *finder) refuse(in installation) {
	f.plane.Parties, f.plane.Entry = nil, nil
	f.plane.Problem, f.plane.Detail, f.plane.Option = in.claim.reason, in.claim.detail, in.claim.option
	if in.c != nil {
		f.become(in.c)
	}
	if in.claim.answer == selector.Undetermined {
		f.plane.Detail = in.claim.takes
		if !isPermission(in.claim.takes) {
			f.plane.Problem, f.plane.Detail = report.SettingsUnknown, firstNonEmpty(in.claim.takes, in.claim.option)
		}
	}
	if in.pod != nil && f.look(model.OwnerNeeds([]*snapshot.Pod{in.pod})...) {
		kind, name := f.m.TopOwner(in.pod)
		f.plane.Refuser = &report.Object{Kind: kind, Namespace: name.Namespace, Name: name.Name}
	}
}

// isPermission tells the permission to read something from the name of something that
// is not read at all.
func isPermission(text string) bool {
	return len(text) > 4 && (text[:4] == "get " || text[:5] == "list ")
}

// check asks the installation behind a data plane that was found otherwise, by the
// door's status or by labels, whether it serves the Ingress.
func (f *finder) check() {
	if f.stopped() || f.plane.Problem != "" || f.ing == nil {
		return
	}
	var found []installation
	silent := false // some pod does not say what it serves
	if f.known != nil && f.known.apart {
		for _, l := range f.known.control {
			if !f.look(labelled(l.namespace, l.labels)...) {
				return
			}
		}
		for _, pod := range f.m.Pods() {
			if len(pod.Programs) > 0 && !pod.Finished() {
				found = append(found, f.ofKnown(f.ask(pod))...)
			}
		}
	} else {
		for _, p := range f.plane.Parties {
			if p.Pod == nil {
				continue
			}
			said := f.ofKnown(f.ask(p.Pod))
			silent = silent || len(said) == 0
			found = append(found, said...)
		}
	}
	if f.stopped() {
		return
	}
	if len(found) == 0 {
		// What it was told is not known; what it takes, nobody tells it.
		if c := f.known; c != nil && c.ingress != nil && c.ingress.refuses != nil {
			if said := c.ingress.refuses(f.asked(f.ing)); said.answer == selector.No {
				f.refuse(installation{c: c, pod: f.anyParty(), claim: said})
			}
		}
		return
	}
	best := found[0]
	for _, in := range found {
		if in.claim.answer == selector.Yes {
			best = in
			break
		}
	}
	if f.known == nil && best.c != nil {
		f.become(best.c)
	}
	f.serving = best.q
	switch {
	case best.claim.answer != selector.No || best.claim.reason == report.ClassMissing || silent:
	case f.hidden != nil: // whose class it is might be told otherwise
		f.plane.Parties, f.plane.Entry = nil, nil
		f.plane.Problem, f.plane.Detail = report.NotRead, f.hidden.Permission()
	default:
		f.refuse(best)
	}
}

// anyParty is a pod of the data plane, or nil.
func (f *finder) anyParty() *snapshot.Pod {
	for _, p := range f.plane.Parties {
		if p.Pod != nil {
			return p.Pod
		}
	}
	return nil
}

// ofKnown are the installations of the door's controller.
func (f *finder) ofKnown(all []installation) []installation {
	return slices.DeleteFunc(all, func(in installation) bool {
		return in.c == nil || f.known != nil && in.c.name != f.known.name
	})
}

// fromOutsideIngress is for Ingresses of a controller whose data plane is outside: it
// is asked as others are, where its pods are found, and taken to have its defaults
// where they are not.
func (f *finder) fromOutsideIngress() {
	c := f.known
	for _, l := range c.control {
		if !f.look(labelled(l.namespace, l.labels)...) {
			return
		}
	}
	var found []installation
	for _, pod := range f.m.Pods() {
		if len(pod.Programs) > 0 && !pod.Finished() {
			found = append(found, f.ofKnown(f.ask(pod))...)
		}
	}
	if f.stopped() {
		return
	}
	if len(found) == 0 && c.ingress != nil {
		q := &asked{f: f, ing: f.ing, class: f.classOf(f.ing)}
		found = append(found, installation{c: c, q: q, claim: c.ingress.claim(q)})
	}
	if f.stopped() || len(found) == 0 {
		f.fromOutside(c.outside)
		return
	}
	best := found[0]
	for _, in := range found {
		if in.claim.answer == selector.Yes {
			best = in
		}
	}
	f.serving = best.q
	if best.claim.answer == selector.Yes {
		f.fromOutside(c.outside)
		return
	}
	if best.claim.reason == report.ClassMissing {
		f.nobody()
		return
	}
	f.refuse(best)
}

// nobody: nobody serves the class. Where there is no class and no controller at all, as in an
// application's own manifests, that says nothing: who serves it may be what netguard does not know.
func (f *finder) nobody() {
	if len(f.m.IngressClasses()) == 0 && f.controllers == 0 {
		f.plane.Problem, f.plane.Detail = report.ControllerUnknown, f.tried()
		return
	}
	f.plane.Problem, f.plane.Detail = report.ClassMissing, f.class
}

// byArguments looks for pods that were told to serve a class of Gateways.
func (f *finder) byArguments() bool {
	if f.id == "" && f.class == "" || f.known != nil && f.known.apart {
		return false
	}
	if !f.look(everyPod()) {
		return true
	}
	var found []model.Party
	for _, p := range f.m.Pods() {
		if !p.Finished() && f.toldToServe(p) {
			found = append(found, model.Party{Pod: p})
		}
	}
	f.note(report.StepArguments, len(found) > 0, fmt.Sprintf("pods whose arguments name %s", firstNonEmpty(f.id, f.class)))
	return len(found) > 0 && f.settle(found)
}

// toldToServe: a program of the pod, which is not known to be something else, names
// the controller or the class.
func (f *finder) toldToServe(pod *snapshot.Pod) bool {
	for i := range pod.Programs {
		p := &pod.Programs[i]
		told := settings.Read(p, pod.Namespace, f.m.Snapshot)
		if bystander(p.Image) {
			continue
		}
		other := told.Value("controller-class", "")
		for _, option := range told.Names() {
			value := told.Value(option, "")
			if value == "" || value == "true" {
				continue
			}
			if value == f.id || f.isSuffix(value) || value == f.class && (other == "" || other == f.id || f.isSuffix(other)) {
				return true
			}
		}
	}
	return false
}

// isSuffix: some controllers take the last part of their name as the argument;
// haproxy-ingress.github.io/controller/x is served with --controller-class=x.
func (f *finder) isSuffix(value string) bool {
	return f.known != nil && slices.ContainsFunc(f.known.ids, func(id string) bool { return id[len(id)-1] == '/' && f.id == id+value })
}

// file has a controller's settings read from where else it takes them, once; it is ""
// where all is known.
func (q *asked) file(read func(*finder, *settings.Told) string) string {
	if !q.filed {
		q.filed, q.unread = true, read(q.f, &q.told)
	}
	return q.unread
}

// config is an entry of the ConfigMap that an option names as NAMESPACE/NAME.
func (q *asked) config(option, key string) (value string, found bool, hidden string) {
	ref := q.told.Value(option, "")
	if takes := q.told.Hidden(option); takes != "" {
		return "", false, takes
	}
	if ref == "" {
		return "", false, ""
	}
	ns, name, ok := strings.Cut(ref, "/")
	if !ok {
		return "", false, ""
	}
	at := snapshot.Name{Namespace: ns, Name: name}
	if !q.f.look(snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: ns, Name: name}) {
		return "", false, snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: ns, Name: name}.Permission()
	}
	data, hidden := settings.Config(q.f.m.Snapshot, at)
	if hidden != "" {
		return "", false, hidden
	}
	value, found = data[key]
	return value, found, ""
}
