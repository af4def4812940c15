// Package source fills snapshots: it is the only room that does input I/O.
//
// The noun is [Source], and there are two: [Live], the API server, and
// [Manifests], files. Both turn API objects into the types of package snapshot
// through the same conversions, so that the same objects give the same
// Snapshot wherever they come from. What to read is not decided here: a
// [Planner] says what comes next, given what was read so far.
//
// A source never judges and never prints. What it could not read becomes a
// [snapshot.Gap]; only what makes every answer impossible (a server that cannot
// be reached, a manifest that cannot be understood) is an error, of one line.
package source
