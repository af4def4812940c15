// Package objects turns API objects into what a snapshot holds of them, and back into
// API objects where a state is recorded.
//
// The noun is [Codec]: what one kind's objects become. All sources go through the same
// codecs, so that the same objects give the same snapshot wherever they come from. A
// kind of package kinds that is read has a line in codecs (codecs.go); how to add one
// is said there.
//
// Invariants: what a conversion returns shares no memory with the API object, except
// strings and label maps; of an object, a codec keeps the fields that decide about
// connections and no others; a recorded object is read as it was (package record's
// tests). The package does no I/O, defaults nothing (files do) and judges nothing.
package objects
