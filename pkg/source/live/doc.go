// Package live is the [Source] that asks an API server, and reads no more than a plan
// asks for. Kinds with API types come as protobuf, item by item, cut down to the fields
// that count (stream.go); the others as JSON (json.go); of policy kinds that are not
// evaluated the names alone (policykinds.go). What is refused is a gap that names the
// permission (errors.go, permissions.go).
package live
