// Package frontdoor finds out how traffic enters: where an Ingress, a Gateway or
// a route leads, and which pods (or addresses) stand behind it as its data
// plane, by evidence that is kept beside the finding.
//
// It follows objects; whether policies let the data plane reach a backend is the
// query's business. Several candidates, or none, are never settled by a guess:
// the finding is then a problem, and the user names the data plane.
package frontdoor
