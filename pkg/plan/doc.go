// Package plan decides what to read for a question: as a pure function of the
// question and of what has been read so far, [Next] returns the reads that come
// next, and none when the question can be answered. Sources loop over it.
//
// What a search for something takes is said by the package that searches, such as
// frontdoor, which thereby cannot look at what was not read.
//
// It reads no verdicts and does no I/O, so that what a question costs is tested
// without a cluster. A read that failed is never asked for again; where a wide
// one failed, a narrower one that may be permitted is tried instead.
package plan
