package frontdoor

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// namespaces are the options by which a controller is told which namespaces it
// watches: only some, all but some, or those with labels.
type namespaces struct {
	only, not []string
	labels    string
}

// hidden is the claim where one of some options cannot be read, or nil.
func (q *asked) hidden(options ...string) *claim {
	for _, o := range options {
		if takes := q.told.Hidden(o); takes != "" {
			c := undecided(takes)
			c.option = o
			return &c
		}
	}
	return nil
}

// watched tells whether the controller watches the Ingress's namespace.
func (q *asked) watched(n namespaces) claim {
	if c := q.hidden(slices.Concat(n.only, n.not, []string{n.labels})...); c != nil {
		return *c
	}
	home := q.ing.Namespace
	for _, option := range n.only {
		if all := q.told.Values(option); len(all) > 0 && !slices.Contains(all, home) {
			return refused(report.NamespaceNotWatched, option, strings.Join(all, ", "))
		}
	}
	for _, option := range n.not {
		if slices.Contains(q.told.Values(option), home) {
			return refused(report.NamespaceNotWatched, option, "")
		}
	}
	if n.labels == "" || !q.told.Given(n.labels) {
		return served()
	}
	text := q.told.Value(n.labels, "")
	want, err := labels.Parse(text)
	if err != nil {
		return served() // a controller that does not start; nothing is known of it
	}
	if !q.f.look(snapshot.Need{Resource: snapshot.Namespaces, Name: home}) {
		return undecided("")
	}
	known := q.f.m.NamespaceLabels(home)
	switch {
	case want.Matches(labels.Set(known.Set)):
		return served()
	case known.Partial:
		return undecided(snapshot.Need{Resource: snapshot.Namespaces, Name: home}.Permission())
	default:
		return refused(report.NamespaceNotWatched, n.labels, text)
	}
}

// labelled tells whether the Ingress has the labels that a controller selects.
func (q *asked) labelled(option string) claim {
	if c := q.hidden(option); c != nil {
		return *c
	}
	text := q.told.Value(option, "")
	want, err := labels.Parse(text)
	if text == "" || err != nil || want.Matches(labels.Set(q.ing.Labels)) {
		return served()
	}
	return refused(report.LabelsNotWatched, option, text)
}

// classObject is the IngressClass that the Ingress names, and whether it is known.
func (q *asked) classObject(name string) (*snapshot.IngressClass, *claim) {
	if c := q.f.m.IngressClass(name); c != nil {
		return c, nil
	}
	if gap := q.f.m.GapFor(snapshot.Need{Resource: snapshot.IngressClasses, Name: name}); gap != nil {
		c := undecided(gap.Permission())
		return nil, &c
	}
	return nil, nil
}

// ofController tells whether the class that the Ingress names exists and is one of
// some controllers.
func (q *asked) ofController(ids ...string) claim {
	object, open := q.classObject(q.class)
	switch {
	case open != nil:
		return *open
	case object == nil:
		return refused(report.ClassMissing, "", q.class)
	case slices.Contains(ids, object.Controller):
		return served()
	default:
		return refused(report.OtherClass, "", strings.Join(ids, ", "))
	}
}

// annotated is a class that the Ingress names by annotation: the usual one, or the
// controller's own.
func (q *asked) annotated(own ...string) string {
	for _, key := range own {
		if v := q.ing.Annotations[key]; v != "" {
			return v
		}
	}
	return q.ing.LegacyClass
}

// is tells whether a class is the one that the controller was told.
func is(got, want, option string) claim {
	if got == want {
		return served()
	}
	return refused(report.OtherClass, option, want)
}

func yesOr(yes bool, otherwise claim) claim {
	if yes {
		return served()
	}
	return otherwise
}

func certain(c claim) bool { return c.answer == selector.Yes }
