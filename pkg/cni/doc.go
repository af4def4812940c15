// Package cni recognises the cluster's network plugin and says what it does
// where the NetworkPolicy API leaves the choice to plugins, and whether it
// enforces policies at all.
//
// Everything is derived from one table, [plugins]: how a plugin is recognised,
// what switches it off, what it does differently, each with a citation.
// Detection, the reads it needs, the caveats for clusters without a recognised
// plugin and docs/cni.md cannot drift apart. The package does no I/O.
package cni
