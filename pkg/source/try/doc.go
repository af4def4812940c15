// Package try sends packets from pods of a cluster: from an ephemeral container in a running pod, by exec into a container
// that has a client, or from a short-lived pod. It is the only package that writes anything to a cluster, so that the
// permission to write is in one place, and what it creates it says before ([Job.Objects]) and removes after.
//
// It knows nothing of policies and verdicts: it is told where to connect, and says what happened.
package try
