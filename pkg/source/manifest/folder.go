package manifest

import (
	"fmt"
	"os"
	"path/filepath"
)

// within checks that a file found in a directory is a file of that directory.
// Who names a directory means what is in it: a link that leads out would have
// its contents read, and shown in errors, of whatever it points to; and a pipe
// would keep the reader waiting. A link from one place of the directory to
// another is fine: mounted ConfigMaps are made of them.
func within(dir, path string) *InputError {
	info, err := os.Lstat(path)
	if err != nil {
		return fileError(path, err)
	}
	if info.Mode().Type() == os.ModeSymlink {
		root, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return fileError(dir, err)
		}
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			return fileError(path, err)
		}
		if rel, err := filepath.Rel(root, target); err != nil || !filepath.IsLocal(rel) {
			return &InputError{File: path, Message: fmt.Sprintf(
				"is a link that leads out of %s; where that is meant, name the file with a -f of its own", Printable(dir))}
		}
		if info, err = os.Stat(target); err != nil {
			return fileError(path, err)
		}
	}
	if !info.Mode().IsRegular() {
		return &InputError{File: path, Message: "is no regular file"}
	}
	return nil
}
