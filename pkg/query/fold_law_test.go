package query_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// flat is a map by pairs of ends: what is allowed, and what may be.
type flat struct {
	ends map[string][]report.End // of pods, by namespace
	// allowed and possible are all that the edges of two ends say.
	allowed, possible map[[2]string]connset.Set
	// hosts are ends with pods on their node's network, others those with pods that
	// are not; an end may be both.
	hosts, others map[string]bool
	// several are ends of more pods than one.
	several map[string]bool
}

func flatten(m *model.Model, r *report.Map) *flat {
	f := &flat{ends: map[string][]report.End{}, allowed: map[[2]string]connset.Set{}, possible: map[[2]string]connset.Set{}, hosts: map[string]bool{}, others: map[string]bool{}, several: map[string]bool{}}
	for _, p := range m.Pods() {
		if p.Finished() || len(p.IPs) == 0 && !p.Expected() {
			continue
		}
		kind, name := m.TopOwner(p)
		end := report.End{Kind: kind, Namespace: name.Namespace, Name: name.Name}
		if !slices.ContainsFunc(f.ends[p.Namespace], func(e report.End) bool { return endText(e) == endText(end) }) {
			f.ends[p.Namespace] = append(f.ends[p.Namespace], end)
		}
		f.several[endText(end)] = f.hosts[endText(end)] || f.others[endText(end)] || p.Several()
		of := f.others
		if p.HostNetwork {
			of = f.hosts
		}
		of[endText(end)] = true
	}
	for e := range r.Edges {
		key := [2]string{endText(e.From), endText(e.To)}
		if e.Verdict == report.Allowed {
			f.allowed[key] = f.allowed[key].Union(e.Connections)
		}
		f.possible[key] = f.possible[key].Union(e.Connections)
		for _, end := range []report.End{e.From, e.To} {
			if end.Kind == "Namespace" && f.ends[end.Name] == nil {
				f.ends[end.Name], f.several[endText(end)] = []report.End{end}, true
			}
		}
	}
	return f
}

func endText(e report.End) string {
	return fmt.Sprint(e.Kind, "/", e.Namespace, "/", e.Name, e.Addresses)
}

// crowdPart is some ends of one namespace, or all.
type crowdPart struct {
	ends  []report.End
	every bool
}

// parts are a crowd's, for a target in the namespace.
func (f *flat) parts(c report.Crowd, target string) []crowdPart {
	var out []crowdPart
	add := func(every bool, namespaces ...string) {
		for _, ns := range namespaces {
			out = append(out, crowdPart{f.ends[ns], every})
		}
	}
	if c.Everywhere {
		for ns := range f.ends {
			add(true, ns)
		}
		return out
	}
	if c.Same {
		add(c.SameEvery, target)
	}
	for _, ns := range c.Every {
		out = append(out, crowdPart{f.but(ns, c.Except), true})
	}
	add(false, c.Some...)
	if len(c.Named) > 0 {
		out = append(out, crowdPart{c.Named, true})
	}
	return out
}

// but are the ends of a namespace without some.
func (f *flat) but(namespace string, except []report.End) []report.End {
	return slices.DeleteFunc(slices.Clone(f.ends[namespace]), func(e report.End) bool {
		return slices.ContainsFunc(except, func(x report.End) bool { return endText(e) == endText(x) })
	})
}

func namespaceOf(e report.End) string {
	if e.Kind == "Namespace" {
		return e.Name
	}
	return e.Namespace
}

// namespacesOf are those that a crowd of targets is in.
func (f *flat) namespacesOf(c report.Crowd) []string {
	if c.Everywhere {
		var out []string
		for ns := range f.ends {
			out = append(out, ns)
		}
		return out
	}
	out := slices.Concat(c.Every, c.Some)
	for _, e := range c.Named {
		if ns := namespaceOf(e); !slices.Contains(out, ns) {
			out = append(out, ns)
		}
	}
	return out
}

// foldIsTrue: what the rows of a folded map say of every pod, the map has of every
// pair of ends; what they say of some, it has of some pair; and each edge is told
// by some row.
func foldIsTrue(t testing.TB, what string, m *model.Model, r *report.Map, rows []report.FoldedRow) {
	t.Helper()
	f := flatten(m, r)
	told := map[[2]string]connset.Set{}
	for _, row := range rows {
		if row.From.Outside != nil || row.To.Outside != nil {
			f.outside(t, what, row)
			continue
		}
		pair := false
		for _, ns := range f.namespacesOf(row.To) {
			to := crowdPart{f.but(ns, row.To.Except), slices.Contains(row.To.Every, ns) || row.To.Everywhere}
			named := slices.DeleteFunc(slices.Clone(row.To.Named), func(e report.End) bool { return namespaceOf(e) != ns })
			if len(named) > 0 {
				to = crowdPart{named, true}
			}
			for _, from := range f.parts(row.From, ns) {
				pair = f.holds(t, what, row, from, to) || pair
				for _, a := range from.ends {
					for _, b := range to.ends {
						key := [2]string{endText(a), endText(b)}
						told[key] = told[key].Union(row.Connections)
					}
				}
			}
		}
		if !pair {
			t.Errorf("%s: nobody has it but a pod with itself: %+v", what, row)
		}
	}
	for e := range r.Edges {
		key := [2]string{endText(e.From), endText(e.To)}
		if e.From.Addresses != nil || e.To.Addresses != nil || e.From.Kind == "Internet" || e.To.Kind == "Internet" || f.hosts[key[0]] && f.others[key[1]] || f.others[key[0]] && f.hosts[key[1]] {
			// The last two may share a node, about which rows say nothing.
			continue
		}
		if !told[key].ContainsAll(e.Connections) {
			t.Errorf("%s: no row tells of %+v:\n%s", what, e, rowsText(rows))
		}
	}
}

func rowsText(rows []report.FoldedRow) string {
	var out string
	for _, r := range rows {
		out += fmt.Sprintf("%+v\n", r)
	}
	return out
}

// holds checks what a row says of two parts.
// It reports whether there is such a pair at all.
func (f *flat) holds(t testing.TB, what string, row report.FoldedRow, from, to crowdPart) bool {
	t.Helper()
	in := f.allowed
	if row.Verdict != report.Allowed {
		in = f.possible
	}
	yes, all := 0, 0
	for _, a := range from.ends {
		for _, b := range to.ends {
			if endText(a) == endText(b) {
				// Whether it is one pod is not told.
				continue
			}
			all++
			if in[[2]string{endText(a), endText(b)}].ContainsAll(row.Connections) {
				yes++
			}
		}
	}
	both := func(a report.End) bool {
		return slices.ContainsFunc(to.ends, func(b report.End) bool { return endText(a) == endText(b) })
	}
	itself := len(from.ends) > all || slices.ContainsFunc(from.ends, both)
	switch {
	case from.every && to.every && !row.Partly && yes < all:
		t.Errorf("%s: only %d of %d pairs have it: %+v", what, yes, all, row)
	case yes == 0 && !itself:
		t.Errorf("%s: no pair has it: %+v", what, row)
	}
	// Pods of one end with each other are a pair; a pod with itself is none.
	return yes > 0 || slices.ContainsFunc(from.ends, func(a report.End) bool { return f.several[endText(a)] && both(a) })
}

// outside checks a row with outside addresses.
func (f *flat) outside(t testing.TB, what string, row report.FoldedRow) {
	t.Helper()
	outer, inner := row.From.Outside, row.To
	key := func(e report.End) [2]string { return [2]string{endText(*outer), endText(e)} }
	if outer == nil {
		outer, inner = row.To.Outside, row.From
		key = func(e report.End) [2]string { return [2]string{endText(e), endText(*outer)} }
	}
	in := f.allowed
	if row.Verdict != report.Allowed {
		in = f.possible
	}
	for _, ns := range f.namespacesOf(inner) {
		yes := 0
		for _, e := range f.ends[ns] {
			if in[key(e)].ContainsAll(row.Connections) {
				yes++
			}
		}
		every := inner.Everywhere || slices.Contains(inner.Every, ns)
		if yes == 0 || every && yes < len(f.ends[ns]) {
			t.Errorf("%s: %d of %d ends have it: %+v", what, yes, len(f.ends[ns]), row)
		}
	}
}
