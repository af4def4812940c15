// Package fleet makes clusters of any size for measuring: the objects that a
// platform team's cluster holds, in the proportions that they have there,
// the same ones every time.
package fleet
