// Package fleet makes clusters of any size for measuring: the objects that a
// platform team's cluster holds, in the proportions and of the sizes that they
// have there, the same ones every time.
//
// Objects are whole, as a server stores them: defaults are filled in, and pods
// carry what pods carry (environment, volumes, probes, managedFields,
// conditions), which netguard does not look at and yet has to get past.
package fleet
