// Package picture draws who may talk with whom: as a still picture (SVG), and as a page that
// is one file, asks no network for anything and runs in any browser (HTML).
//
// It knows boxes and lines, and nothing of policies; package printer says what they are.
package picture
