// Package verify holds connectivity against what somebody expects of it.
//
// The noun is an intent: from, to and what is expected, written down in a file of kind
// Intents. Ends are those of the command line, or selectors. The package reads no cluster:
// it asks package query, and says of each intent whether it holds, is broken or undecided.
// Unknown is never as expected, unless it is what is expected.
package verify
