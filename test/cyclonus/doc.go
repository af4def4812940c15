// Package cyclonus holds netguard's verdicts against those of a foreign engine,
// github.com/mattfenwick/cyclonus, on generated clusters.
//
// It is a module of its own, because that engine needs an older version of a
// library that netguard uses. netguard is run as users run it, as a program
// that reads manifests.
package cyclonus
