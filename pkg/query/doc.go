// Package query answers questions about a model: explain, can-reach,
// who-can-reach, reachable-from, map, scaffold, diff, and the fixes that explain
// proposes.
//
// Every answer is a pure function of a model: no I/O, no printing, no clock.
// A connection is evaluated by [engine.connect], with the evidence for it. Map, diff
// and scaffold evaluate the same for all ports of all pairs at once (matrix, profile);
// tests hold the two equal, and both to what asking about every pair finds.
// Questions differ in which connections they ask about and in how they fold the
// answers.
package query
