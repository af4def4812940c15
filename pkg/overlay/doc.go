// Package overlay says what a cluster would hold after an apply or a delete: a
// snapshot laid over another makes a third, and neither is changed.
//
// Invariants: what an API server manages (addresses, node ports, status) stays
// as it is where the object exists already; an object laid over itself changes
// nothing. The package does no I/O and knows no verdicts.
package overlay
