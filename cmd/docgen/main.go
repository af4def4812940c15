// Command docgen writes the part of docs/ that the code says better: a page for every command, from the command itself,
// the roles that permit what is read, from the table of kinds, and a page for every finding of audit.
// `make docs` runs it; its test fails where the pages are behind.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

// commandPages is the directory that holds nothing but generated pages.
const commandPages = "docs/commands"

// run writes the pages of the repository at root, and removes those of commands that are gone.
func run(root string) error {
	pages := commands()
	maps.Copy(pages, roles())
	more, err := findings(root)
	if err != nil {
		return err
	}
	maps.Copy(pages, more)
	for _, dir := range []string{commandPages, findingPages} {
		if err := os.RemoveAll(filepath.Join(root, dir)); err != nil {
			return err
		}
	}
	for name, text := range pages {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generated stands at the top of every page.
const generated = "<!-- Written by cmd/docgen (make docs). Change the code instead. -->\n\n"
