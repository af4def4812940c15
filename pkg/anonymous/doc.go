// Package anonymous replaces the names in a snapshot by numbered ones, so that a
// state can be shown to strangers and still gives the verdicts that it gave.
//
// The noun is [Names]: which name became which. Its invariants: a name becomes the
// same wherever it stands, and two names of one kind never become one; what
// decides about verdicts without being a private name (addresses, ports, label
// keys, classes and their controllers, the labels and DaemonSets by which
// controllers and network plugins are recognised) stays as it is. The package
// does no I/O and knows no verdicts.
package anonymous
