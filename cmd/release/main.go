// Command release builds what a release consists of: for every platform an archive of the plugin and a list of what is
// in it (an SBOM), the checksums of them all, and the krew manifest that points at them.
//
// The same sources, version and Go toolchain give the same bytes, on any machine and in any directory: nothing that is
// built knows the time, the user, the path or the commit. The commit is left out on purpose, since the manifest with
// the checksums is checked in beside the sources that they are checksums of.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		stop()
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	version   string
	dir       string
	platforms string
	template  string
	index     string
}

func run(ctx context.Context, args []string, log io.Writer) error {
	var o options
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&o.version, "version", "", "the version to link in and to name the archives after, such as v0.1.0")
	flags.StringVar(&o.dir, "dir", "dist", "where to put the files")
	flags.StringVar(&o.platforms, "platforms", strings.Join(platforms(), ","), "what to build for; the manifest is made only if it is all")
	flags.StringVar(&o.template, "template", "krew-manifest.yaml", "the krew manifest's template")
	flags.StringVar(&o.index, "index", "", "where to put the krew manifest, besides -dir, if the version is no pre-release")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !semver.MatchString(o.version) {
		return fmt.Errorf("-version %q is no version such as v0.1.0", o.version)
	}
	return o.release(ctx, log)
}

// semver is what krew takes for a version, less what a URL or a file name would have to escape.
var semver = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// platforms are those that a release is made for.
func platforms() []string {
	return []string{
		"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64",
	}
}

// release makes everything beside where it belongs, and puts it there once it is whole: what
// fails half way leaves the last release as it was.
func (o options) release(ctx context.Context, log io.Writer) error {
	made := o
	made.dir = filepath.Clean(o.dir) + ".partial"
	if err := os.RemoveAll(made.dir); err != nil {
		return err
	}
	defer os.RemoveAll(made.dir) //nolint:errcheck // it is gone, or in the way of nobody
	if err := made.build(ctx, log); err != nil {
		return err
	}
	return o.replace(made.dir)
}

// replace puts what was made where it belongs, in the place of an earlier release's files.
func (o options) replace(made string) error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	for _, pattern := range []string{"kubectl-netguard_v*", "checksums.txt", "netguard.yaml"} {
		old, err := filepath.Glob(filepath.Join(o.dir, pattern))
		if err != nil {
			return err
		}
		for _, path := range old {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	files, err := os.ReadDir(made)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Rename(filepath.Join(made, f.Name()), filepath.Join(o.dir, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (o options) build(ctx context.Context, log io.Writer) error {
	created, err := sourceDate(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	wanted := strings.Split(o.platforms, ",")
	sums := map[string]string{}
	for _, platform := range wanted {
		fmt.Fprintln(log, "building for", platform) //nolint:errcheck // progress
		b, err := build(ctx, platform, o.version)
		if err != nil {
			return err
		}
		archive := b.archiveName()
		data, err := b.archive()
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		if sums[archive], err = write(filepath.Join(o.dir, archive), data); err != nil {
			return err
		}
		bill, err := b.spdx(archive, sums[archive], created)
		if err != nil {
			return fmt.Errorf("list what is in %s: %w", archive, err)
		}
		if sums[archive+".spdx.json"], err = write(filepath.Join(o.dir, archive+".spdx.json"), bill); err != nil {
			return err
		}
	}
	if _, err := write(filepath.Join(o.dir, "checksums.txt"), checksums(sums)); err != nil {
		return err
	}
	if len(wanted) < len(platforms()) {
		return nil
	}
	return o.manifest(sums)
}

// manifest renders the krew manifest.
func (o options) manifest(sums map[string]string) error {
	text, err := os.ReadFile(o.template)
	if err != nil {
		return err
	}
	manifest, err := renderManifest(string(text), o.version, sums)
	if err != nil {
		return err
	}
	if _, err := write(filepath.Join(o.dir, "netguard.yaml"), manifest); err != nil {
		return err
	}
	// An index that offers a version which was never published breaks every install.
	if o.index == "" || strings.Contains(o.version, "-") {
		return nil
	}
	_, err = write(o.index, manifest)
	return err
}

// sourceDate reads SOURCE_DATE_EPOCH (reproducible-builds.org), the age of the sources. It goes where a format insists
// on a date, and nowhere else.
func sourceDate(epoch string) (time.Time, error) {
	if epoch == "" {
		return fixedTime(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// fixedTime is the age of every file in an archive: the earliest that a zip can hold.
func fixedTime() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }
