package cni

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Needs are the reads that would tell more about the network plugin, given what
// has been read: nothing when there is nothing more to ask. It is meant to be
// called again after each round of reading.
//
// First the DaemonSets of all namespaces, a short list: one for each kind of
// agent. Then what a plugin found there keeps its switches in (Cilium's
// ConfigMap). Only when no DaemonSet is a known plugin's that enforces, a node:
// k3s runs its policy controller inside its own binary, and "nothing enforces"
// must not be said of it. A Need carries no limit, so one node
// is asked for by name where a pod already read names one; all nodes are listed
// only where nothing does. Where it is k3s', its servers tell the switches. If the DaemonSets cannot be read nothing more is
// asked: a node that says k3s would not tell that Cilium has taken its place.
func Needs(s *snapshot.Snapshot) []snapshot.Need {
	if !s.Tried(daemonSets()) {
		return []snapshot.Need{daemonSets()}
	}
	var out []snapshot.Need
	for _, a := range agents(s) {
		if a.row.reads == nil {
			continue
		}
		if n := a.row.reads(a.set); !s.Tried(n) {
			out = append(out, n)
		}
	}
	if len(out) > 0 || !s.Has(daemonSets()) {
		return out
	}
	all := recognise(s)
	if i := slices.IndexFunc(all, func(f found) bool { return f.row.builtIn != nil }); i >= 0 {
		if n := k3sServers(); server(s.Nodes()) == nil && !s.Tried(n) {
			return []snapshot.Need{n}
		}
		return nil
	}
	if enforcing(all) || len(s.Nodes()) > 0 || nodeGap(s) != nil {
		return nil
	}
	if n := oneNode(s); !s.Tried(n) {
		return []snapshot.Need{n}
	}
	return nil
}

func daemonSets() snapshot.Need { return snapshot.Need{Resource: snapshot.DaemonSets} }

func oneNode(s *snapshot.Snapshot) snapshot.Need {
	for _, p := range s.Pods() {
		if p.Node != "" {
			return snapshot.Need{Resource: snapshot.Nodes, Name: p.Node}
		}
	}
	return snapshot.Need{Resource: snapshot.Nodes}
}

// unread is the gap because of which no plugin may have been recognised.
func unread(s *snapshot.Snapshot) *snapshot.Gap {
	if !s.Has(daemonSets()) {
		return s.GapFor(daemonSets())
	}
	if len(s.Nodes()) > 0 {
		return nil
	}
	return nodeGap(s)
}

func nodeGap(s *snapshot.Snapshot) *snapshot.Gap {
	for _, g := range s.Gaps() {
		if g.Need.Resource == snapshot.Nodes {
			return &g
		}
	}
	return nil
}
