// Package report is netguard's vocabulary: verdicts, the evidence that carries
// them, and the typed results that are printed or marshalled. Its JSON form is
// the versioned API netguard.dev/v1alpha1 (docs/json.md).
//
// Invariants: Unknown is the zero verdict; a report holds codes and values, not
// prose (sentences are made by the printer alone, from what stands here); every
// list has a defined order. A [Map] alone makes its edges as they are asked for. The
// package imports nothing of netguard but the set of connections.
package report
