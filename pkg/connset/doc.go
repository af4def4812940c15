// Package connset holds the set of connections that a rule allows or a query finds: an immutable set of
// (protocol, destination port) pairs with the usual set algebra.
//
// The noun is [Set]. Its invariant: a Set is canonical, so two Sets hold the same pairs exactly when they are equal
// with ==, and a Set may be a map key. It is stored in strings, which Go never changes in place: no operation can
// alias or alter its operands.
//
// The package must not know who connects to whom, nor why: no peers, no rules, no explanations. Named ports are
// resolved to numbers before they get here.
package connset
