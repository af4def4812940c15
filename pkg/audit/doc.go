// Package audit finds what is wrong with policies. An [Analyzer] is a value: a code, a
// severity, what it means and how to mend it, and a function over a [Pass]; each stands in
// a file of its own.
//
// A finding is proven: by what policies say of ends that exist (policy.Stack), by the
// answers of package query, or by what the model makes of a selector. Nothing is found
// where something that it depends on could not be read, is not modelled, or differs
// between network plugins: Unknown is no finding. The package does no I/O and prints
// nothing.
package audit
