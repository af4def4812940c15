// Package kinds is the table of the kinds of API objects that netguard has to do
// with: one row for each, which everything else loops over. The sources read what
// it lists, recordings hold it, references name it, the RBAC files in docs/rbac
// permit it, and policies that are not evaluated are noticed by it.
//
// How to add a kind. All of them: add a row to table.go and run make docs, which
// writes docs/rbac. Then,
//
//   - for a policy kind that is only noticed: nothing more. The row's Policy says
//     what its objects can do.
//   - for a kind that a user can name as TYPE/NAME: give the row Type (and Short).
//     [reference] takes it from there; what such an object stands for is for
//     packages model and plan to say.
//   - for a kind that is read: define a small type, what netguard looks at and no
//     more, with the methods of [snapshot.Object] (Renamed is what --anonymize does
//     to it), and add a line to codecs in package source/objects: own[T] where the type
//     is the object's JSON, decoded and recorded as its tags say, or a decode and an
//     encode function where it is not. Live, files, recordings, anonymising,
//     what-ifs and permissions then have it; [snapshot.Of] returns the objects. What
//     remains is to have package plan ask for it (snapshot.Need).
//
// The package knows names and no objects. Its tests, and those of package source,
// hold the table and what loops over it together.
package kinds
