// Package e2e types what a user types: `kubectl netguard …` through the real kubectl with the plugin on PATH, against a
// real control plane whose nodes are simulated. The tests look at exit statuses and at JSON; of the text, which is for
// eyes and may change, only at key words.
//
// All tests share one cluster, which TestMain starts, and run one after another. What binds all namespaces (policy kinds
// that netguard does not evaluate, a network plugin) is there only while the test that needs it runs.
package e2e
