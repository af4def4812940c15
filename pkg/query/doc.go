// Package query answers questions about a model: explain, can-reach,
// who-can-reach, reachable-from, map, scaffold, diff, and the fixes that explain
// proposes.
//
// Every answer is a pure function of a model: no I/O, no printing, no clock.
// There is one evaluation of a connection, [engine.connect]; the questions
// differ in which connections they ask about and in how they fold the answers.
package query
