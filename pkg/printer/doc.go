// Package printer turns reports into text for eyes and into formats for
// programs. It is the only place that knows tables, colours, YAML and sentences:
// reports hold codes and values, and each code has its words here.
//
// Invariants: a report is rendered whole before a byte of it is written, but for a
// map, which may be too big for that and is written edge by edge; every
// string that came from a cluster or a file passes the escaping of its format,
// so that no name can steer a terminal, a spreadsheet or a diagram; a verdict is
// always a word, never only a colour. The package reads reports and nothing
// else: it evaluates no policy and asks no server.
package printer
