// Package document reads YAML that people write for netguard: intents, settings of audit.
//
// The noun is a document: one value of a Go type, strictly. A field that the type does not
// have is an error with its line and the nearest field there is; so is a value of another
// type. The package knows no meaning of fields.
package document
