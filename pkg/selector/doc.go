// Package selector compiles label selectors and says not only whether labels
// match but which requirement they fail.
//
// Invariant: [Selector.Match] agrees with labels.Selector.Matches of apimachinery
// on completely known labels (fuzzed), and answers Undetermined, never a guess,
// where labels are only partly known. It knows no pods and no policies.
package selector
