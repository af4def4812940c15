// Package hostile puts a proxy between netguard and a real API server, and has it misbehave as servers, proxies and
// networks do: refusals, server errors, lists that expire half way, bodies that are cut, connections that hang, answers
// that come from somebody else.
//
// What must come out, whatever goes in, is in matrix_test.go: the answer that netguard gives without the fault; or a less
// certain one that says what could not be read, contradicts nothing, and ends with exit status 3; or one line and exit
// status 2. cases_test.go says for single faults which of these it is, in the words that a user reads.
package hostile
