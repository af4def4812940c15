// Package model is a snapshot made ready for questions: policies compiled once,
// pods found by address and by owner, Services resolved to pods and ports.
//
// It says what things are (which pods a Deployment owns, where a Service port
// leads, which policies isolate a pod, what could not be read); whether a
// connection is allowed is the query's business. A Model is immutable; a
// what-if is another Model, made from another snapshot.
package model
