package reference

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"
)

const (
	labelRule     = "at most 63 lower case letters, digits and '-', with a letter or digit at both ends"
	subdomainRule = "at most 253 lower case letters, digits, '-' and '.', with a letter or digit around each '.' and at both ends"
)

// isLabel is the rule for namespaces and Services: an RFC 1123 label. Older API servers hold new Services to RFC 1035,
// which is narrower; netguard only looks names up.
func isLabel(text string) bool { return len(content.IsDNS1123Label(text)) == 0 }

// isSubdomain is the rule for every other kind: an RFC 1123 subdomain.
func isSubdomain(text string) bool { return len(content.IsDNS1123Subdomain(text)) == 0 }

// printable is the name if it is one, so that it can stand unquoted in a hint, and otherwise the placeholder.
func printable(name, placeholder string) string {
	if isSubdomain(name) {
		return name
	}
	return placeholder
}

// Similar reports whether two names are so close that one may be a slip for the
// other: one contains the other, or a third of it or less has to change.
func Similar(a, b string) bool {
	if a == b || a == "" || b == "" {
		return false
	}
	if strings.Contains(a, b) || strings.Contains(b, a) {
		return true
	}
	return distance(a, b) <= max(len(a), len(b))/3
}
