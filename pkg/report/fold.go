package report

import "github.com/kubectl-netguard/netguard/pkg/connset"

// FoldedMap is a [Map] in few rows, for eyes: by namespaces rather than workloads.
// What a row says holds for all that it is about. It is no part of the JSON.
type FoldedMap struct {
	Rows []FoldedRow
	// OwnNode: rows about pods on their node's network leave out that these always
	// (or perhaps, where a node is not known) reach the pods of their own node, and
	// these reach them. OwnNodePoliced: the latter only where policies let them.
	OwnNode, OwnNodePoliced bool
}

// FoldedRow says that all of From have Connections with all of To.
type FoldedRow struct {
	From, To    Crowd
	Verdict     Verdict
	Connections connset.Set
	// Partly: some pods of the ends named, or in one IP family only.
	Partly bool
}

// Crowd is many ends, told in few words.
type Crowd struct {
	// Kind is that of objects that are no pods, such as Ingress; "" is pods.
	Kind string
	// Outside are addresses outside the cluster, and nothing else is set.
	Outside *End
	// Everywhere: every pod of every namespace.
	Everywhere bool
	// Same: of the namespaces of the row's To, each its own; SameEvery: every pod
	// of them, rather than some.
	Same, SameEvery bool
	// Every are namespaces of which every pod is meant, Some those of which some
	// are; Named are ends, where they are few enough to be told by name.
	Every, Some []string
	Named       []End
	// Except are ends in the namespaces of Every that are not meant.
	Except []End
}

// Selected are pods of a namespace, by a label selector as kubectl takes it; "" is all
// of them.
type Selected struct{ Namespace, Labels string }
