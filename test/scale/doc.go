// Package scale measures netguard on clusters of S, M, L and XL (package fleet),
// as users run it: the built program against a real API server, and on files.
//
// A figure is a ratio, netguard's cost by that of a baseline measured in the same
// run, so that it says the same on any machine: the same requests by a plain
// client, a list of all pods, reading the files and nothing more. Seconds, bytes
// and peak memory stand beside it. A question that takes too long, or too much
// memory, is ended and reported as such.
//
// What needs much memory runs as another process, never in the one that
// measures: the kernel counts what a parent held as its child's peak.
package scale
