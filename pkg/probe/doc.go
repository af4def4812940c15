// Package probe decides what to try of a prediction, and what it means that a try went as it did. Both are pure functions:
// the packets are sent by pkg/source/try, which is the only package that writes to a cluster.
//
// A try proves little by itself: a port that is refused may have been reached, and one that is silent may be down. So every
// pod also tries what the prediction allows, and a port that nothing serves; without these controls the answer is
// inconclusive.
package probe
