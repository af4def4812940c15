//go:build unix

package files

import (
	"strings"
	"syscall"
	"testing"
)

// A pipe that nobody writes to would keep the reader waiting for ever.
func TestPipesInDirectoriesAreRefused(t *testing.T) {
	write(t, map[string]string{"in/a.yaml": "{}"})
	if err := syscall.Mkfifo("in/b.yaml", 0o600); err != nil {
		t.Skip("no pipes here: ", err)
	}
	_, err := load(Options{Filenames: []string{"in"}})
	if err == nil || !strings.HasPrefix(err.Error(), "in/b.yaml: is no regular file") {
		t.Errorf("got error %v", err)
	}
}
