// Package annotations is the table of the annotations by which somebody tells a
// controller how to read an Ingress, an IngressClass or a Service. What is not in it is
// kept of no object; what its values name, --anonymize replaces.
package annotations
