// Package manifest reads YAML and JSON as kubectl does, into [Object]s that know the
// file and the line of each of their fields. It knows the objects' form and not what
// they mean: an [InputError] says, in one line, what cannot be read and where.
package manifest
