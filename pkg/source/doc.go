// Package source says what a source of snapshots is: the only rooms that do input I/O
// implement [Source]. There are two, package live (an API server) and package files
// (manifests, of which a recorded state is one: package record). Both turn API objects
// into the types of package snapshot through the codecs of package objects, so that the
// same objects give the same Snapshot wherever they come from; package manifest reads
// YAML and knows where in it a field stands. What to read is not decided here: a
// [Planner] says what comes next, given what was read so far.
//
// A source never judges and never prints. What it could not read becomes a
// [snapshot.Gap]; only what makes every answer impossible (a server that cannot
// be reached, a manifest that cannot be understood) is an error, of one line.
package source
