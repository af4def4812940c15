// Package golden compares what a test produced with a file that holds what was
// expected, byte for byte. A file that is missing fails the test, and so does a
// file that no test asks for; `go test ./pkg/... -update` rewrites both, in the
// packages that use this one. Only tests import it.
package golden
