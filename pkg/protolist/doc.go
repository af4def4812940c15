// Package protolist reads the protobuf that an API server answers lists with, and
// keeps of it what is asked for.
//
// Most of a list is what netguard never looks at: environments, volumes, managed
// fields. Decoding all of it is most of the work, and nearly all of the memory,
// of reading a big cluster. So a [List] hands out the items one by one as they
// arrive, and [Fields] cut an item down to the fields that are read. What is left
// is the same message with fewer fields, and the generated code of the API types
// decodes it: this package knows the encoding, and no kinds.
//
// The package does no I/O of its own, and holds no more than one item at a time.
package protolist
