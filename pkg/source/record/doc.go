// Package record writes a snapshot as a document that -f reads again (record.go), and
// reads it (replay.go): what was recorded is taken as it is, nothing is completed,
// defaulted or imagined, and what was not recorded stays unknown.
package record
