// Package policy is what policies mean: it knows no Services, no files and no prose.
//
// A dialect (a folder below this one) compiles its objects to [Policy] values, in
// which every default and every nil-or-empty subtlety of its API is settled. What
// binds a pod in a direction is a [Stack] of tiers; [Stack.Against] is the only code
// that says what a stack lets through, for one port or for all at once. A matrix, which
// finds by other means who matches a rule, resolves what it found by the same
// [Resolution].
//
// Invariants: nothing is parsed while matching; what is not known leaves ports open
// ([Admitted]), and is never a match; a [Trace] is told of the way and has no say;
// "not isolated" and "allowed" are different answers.
package policy
