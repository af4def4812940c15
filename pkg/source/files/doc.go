// Package files is the [Source] that reads manifests: what is in them is completed to
// what a cluster would hold once they are applied. It checks and defaults as an API
// server does (validate.go, defaults.go), runs the pods of workloads (expand.go) and
// fills the endpoints of Services (endpoints.go). A recorded state is taken as it is.
package files
