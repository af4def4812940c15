// Package findings prints what audit and verify say: for eyes (text, Markdown, HTML) and for
// programs that check (SARIF, JUnit, TAP, annotations of GitHub's workflows).
//
// It prints reports and looks nothing up. What comes from a cluster is escaped for each
// format.
package findings
