// Package scaffold applies what `kubectl netguard scaffold` prints to a real
// control plane, and holds `diff` and `who-can-reach` against what was promised.
package scaffold
