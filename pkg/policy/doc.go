// Package policy is the compiled policy language and the one evaluator of it.
//
// [Compile] turns a NetworkPolicy into a form in which every default and every
// nil-or-empty subtlety of the API is settled; [Evaluate] holds a connection
// against compiled policies, one direction at a time, and records the evidence
// on request: the verdict and its explanation come from the same loops.
//
// Invariants: nothing is parsed while matching; what is not known makes
// Undetermined, never a match; a rule list is only ever ranged over; "not
// isolated" and "allowed" are different answers. It knows no Services, no
// files and no prose.
package policy
