package policy

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Error is a policy that cannot be evaluated because a field is invalid.
type Error struct {
	Policy snapshot.Name
	Path   string
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("networkpolicy %q in namespace %q: %s: %v", e.Policy.Name, e.Policy.Namespace, e.Path, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }
