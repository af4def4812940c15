// Package snapshot holds what was read: an immutable picture of the objects a
// question needs, in our own small types, together with what could not be read.
//
// Invariants: every list is sorted by (namespace, name); API-server defaulting
// has been applied; nothing is changed after [Builder.Snapshot] returned, and a
// different state (a proposed policy, a fix) is a new Snapshot. The package
// does no I/O and knows no verdicts: sources fill it, the model reads it.
package snapshot
