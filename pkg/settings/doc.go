// Package settings knows what Ingress and Gateway controllers can be told: the
// arguments, variables, configuration files and annotations by which somebody
// decides which objects they serve, and how.
//
// The noun is [Told]: what one program was told, whatever the way. Its invariant:
// an option that could not be read is never taken for one that was not set. What is
// not listed here is not kept of any object, so that no password of a controller
// is in a recorded state. The package does no I/O; what an option means is for the
// controller's own description (package frontdoor).
package settings
