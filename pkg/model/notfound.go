package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// NotFoundError says that an object does not exist, with the names that the
// user may have meant.
type NotFoundError struct {
	Reference reference.Reference
	// Elsewhere are namespaces that hold an object of that kind and name.
	Elsewhere []string
	// Close are similar names of the same kind in the same namespace.
	Close []string
}

func (e *NotFoundError) Error() string {
	r := e.Reference
	text := fmt.Sprintf("%s %q not found", strings.ToLower(string(r.Kind)), r.Name)
	if r.Kind.Namespaced() {
		text += fmt.Sprintf(" in namespace %q", r.Namespace)
	}
	switch {
	case len(e.Elsewhere) > 0:
		text += fmt.Sprintf("; it exists in namespace %q: use -n %s", e.Elsewhere[0], e.Elsewhere[0])
	case len(e.Close) > 0:
		text += fmt.Sprintf("; did you mean %s?", strings.Join(e.Close, " or "))
	}
	return text
}

// UnreadableError says that whether an object exists, or which pods stand for
// it, could not be read.
type UnreadableError struct {
	Reference reference.Reference
	Gap       snapshot.Gap
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%s cannot be read: %s: %s", e.Reference, e.Gap.Need.Permission(), e.Gap.Message)
}

// ResourceOf maps a kind that a reference can name to what is read for it.
func ResourceOf(k reference.Kind) snapshot.Resource { return snapshot.Resource(k.Resource()) }

// Absent returns why an object is not in the model: it does not exist, or it
// could not be read.
func (m *Model) Absent(r reference.Reference) error {
	get := snapshot.Need{Resource: ResourceOf(r.Kind), Namespace: r.Namespace, Name: r.Name}
	if gap := m.GapFor(get); gap != nil {
		return &UnreadableError{Reference: r, Gap: *gap}
	}
	e := &NotFoundError{Reference: r}
	for _, n := range m.Names(r.Kind) {
		switch {
		case n.Name == r.Name && n.Namespace != r.Namespace:
			e.Elsewhere = append(e.Elsewhere, n.Namespace)
		case n.Namespace == r.Namespace && reference.Similar(n.Name, r.Name):
			e.Close = append(e.Close, n.Name)
		}
	}
	slices.Sort(e.Elsewhere)
	slices.Sort(e.Close)
	e.Close = e.Close[:min(len(e.Close), 3)]
	return e
}

// Names returns the names of the objects of a kind that were read.
func (m *Model) Names(k reference.Kind) []snapshot.Name {
	var out []snapshot.Name
	switch k {
	case reference.Pod:
		for _, o := range m.Pods() {
			out = append(out, o.Name)
		}
	case reference.Service:
		for _, o := range m.Services() {
			out = append(out, o.Name)
		}
	case reference.Namespace:
		for _, o := range m.Namespaces() {
			out = append(out, snapshot.Name{Name: o.Name})
		}
	case reference.Node:
		for _, o := range m.Nodes() {
			out = append(out, snapshot.Name{Name: o.Name})
		}
	default:
		for _, o := range m.Objects(ResourceOf(k)) {
			out = append(out, o.ID())
		}
		for _, o := range m.Workloads() {
			if o.Kind == string(k) {
				out = append(out, o.Name)
			}
		}
	}
	return out
}
