package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/kubectl-netguard/netguard/pkg/source"
)

// MaxFile bounds one file, URL or standard input. It is checked before a file is
// read; what does not tell its size is read no further than this.
const MaxFile = 50 << 20

// stdinName is how standard input is typed, and therefore how it is shown.
const stdinName = "-"

// document is one YAML document (or a run of JSON values) of an input.
type document struct {
	file string
	// line of the document's first byte, from 1.
	line int
	// number counts the documents of the file that say something, from 1; it is
	// 0 when there is only one.
	number int
	text   []byte
}

func (d *document) Errorf(line int, format string, args ...any) *InputError {
	return &InputError{File: d.file, Line: line, Document: d.number, Message: fmt.Sprintf(format, args...)}
}

// documents reads every input named in the options, in the order given, and
// cuts it into documents. A file named twice is read once.
func (r *reader) documents(ctx context.Context) ([]document, []error) {
	var (
		out  []document
		errs []error
		seen = map[string]bool{}
	)
	for _, name := range r.options.Filenames {
		files, err := r.expand(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, file := range files {
			if seen[file] {
				continue
			}
			seen[file] = true
			if err := ctx.Err(); err != nil {
				return nil, []error{err}
			}
			text, err := r.read(ctx, file)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			docs := split(file, text)
			if len(docs) == 0 && len(files) == 1 {
				errs = append(errs, &InputError{File: file, Message: "holds no Kubernetes objects"})
			}
			out = append(out, docs...)
		}
		if len(files) > 1 && len(out) == 0 && len(errs) == 0 {
			errs = append(errs, &InputError{File: name, Message: "its files hold no Kubernetes objects"})
		}
	}
	return out, errs
}

// expand turns one -f argument into the files it stands for, by the rules of
// kubectl: resource.ExpandPathsToFileVisitors walks directories.
func (r *reader) expand(name string) ([]string, error) {
	if name == stdinName || isURL(name) {
		return []string{name}, nil
	}
	info, err := os.Stat(name)
	if err != nil && strings.ContainsAny(name, "*?[") {
		matches, malformed := filepath.Glob(name)
		if malformed != nil {
			return nil, fileError(name, err)
		}
		if len(matches) == 0 {
			return nil, &InputError{File: name, Message: "matches no file"}
		}
		var out []string
		for _, match := range matches {
			files, err := r.expand(match)
			if err != nil {
				return nil, err
			}
			out = append(out, files...)
		}
		return out, nil
	}
	if err != nil {
		return nil, fileError(name, err)
	}
	if !info.IsDir() {
		return []string{name}, nil
	}
	root := name
	if linked, err := os.Lstat(name); err == nil && !linked.IsDir() {
		root += string(filepath.Separator) // a link to a directory: walk what it points to
	}
	visitors, err := resource.ExpandPathsToFileVisitors(nil, root, r.options.Recursive, resource.FileExtensions, nil)
	if err != nil {
		return nil, fileError(name, err)
	}
	var out []string
	for _, v := range visitors {
		f, ok := v.(*resource.FileVisitor)
		if !ok {
			continue
		}
		if outside := within(root, f.Path); outside != nil {
			return nil, outside
		}
		out = append(out, f.Path)
	}
	if len(out) == 0 {
		hint := ""
		if !r.options.Recursive {
			hint = "; -R reads subdirectories too"
		}
		return nil, &InputError{File: name, Message: "holds no manifests (*.yaml, *.yml, *.json)" + hint}
	}
	return out, nil
}

func isURL(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}

func fileError(name string, err error) *InputError {
	message := err.Error()
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		message = "no such file or directory"
	case errors.As(err, &path):
		if name == path.Path || path.Path == "" {
			message = path.Err.Error()
		}
	}
	return &InputError{File: name, Message: source.OneLine(message)}
}

// read returns the bytes of one file, URL or standard input, as UTF-8.
func (r *reader) read(ctx context.Context, name string) ([]byte, error) {
	switch {
	case name == stdinName:
		if r.options.In == nil {
			return nil, &InputError{File: name, Message: "there is no standard input"}
		}
		return readBounded(name, r.options.In, 0)
	case isURL(name):
		return r.fetch(ctx, name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fileError(name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fileError(name, err)
	}
	if info.Size() > MaxFile {
		return nil, tooBig(name, info.Size())
	}
	return readBounded(name, file, info.Size())
}

// readBounded reads to the end or to MaxFile, whichever comes first. Like
// kubectl it follows a byte order mark, for what Windows tools write.
func readBounded(name string, in io.Reader, size int64) ([]byte, error) {
	var buffer bytes.Buffer
	buffer.Grow(int(size) + bytes.MinRead)
	utf8 := unicode.BOMOverride(unicode.UTF8.NewDecoder())
	n, err := buffer.ReadFrom(transform.NewReader(io.LimitReader(in, MaxFile+1), utf8))
	if err != nil {
		return nil, fileError(name, err)
	}
	if n > MaxFile {
		return nil, tooBig(name, 0)
	}
	return buffer.Bytes(), nil
}

func tooBig(name string, size int64) *InputError {
	is := fmt.Sprintf("is more than %d MB", MaxFile>>20)
	if size > 0 {
		is = fmt.Sprintf("is %d MB", (size+(1<<20)-1)>>20)
	}
	return &InputError{File: name, Message: fmt.Sprintf("%s; netguard reads files up to %d MB, split it", is, MaxFile>>20)}
}

// fetchAttempts and fetchPause are kubectl's for `-f URL`: a server error is
// worth another try, a refusal is not.
const (
	fetchAttempts = 3
	fetchPause    = time.Second
)

// fetch gets a URL under ctx, which resource.URLVisitor cannot.
func (r *reader) fetch(ctx context.Context, name string) ([]byte, error) {
	var last *InputError
	for attempt := range fetchAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return nil, last
			case <-time.After(fetchPause):
			}
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, name, nil)
		if err != nil {
			return nil, &InputError{File: name, Message: "is not a URL"}
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			var cause *url.Error
			if errors.As(err, &cause) {
				err = cause.Err
			}
			last = &InputError{File: name, Message: source.OneLine(err.Error())}
			continue
		}
		if response.StatusCode == http.StatusOK {
			if response.ContentLength > MaxFile {
				response.Body.Close()
				return nil, tooBig(name, response.ContentLength)
			}
			text, err := readBounded(name, response.Body, max(response.ContentLength, 0))
			response.Body.Close()
			return text, err
		}
		response.Body.Close()
		last = &InputError{File: name, Message: "the server answers " + source.OneLine(response.Status)}
		if response.StatusCode < 500 {
			break
		}
	}
	return nil, last
}

// split cuts a YAML stream at the lines that start with "---", as the API
// machinery's decoder does, and behind a "..." line, where that decoder would
// drop what follows. Documents of blanks and comments are left out.
func split(file string, text []byte) []document {
	var (
		out   []document
		start = 0
		first = 1
		line  = 1
	)
	cut := func(end int) {
		if chunk := text[start:end]; !blank(chunk) {
			out = append(out, document{file: file, line: first, text: chunk})
		}
	}
	for pos := 0; pos < len(text); line++ {
		next := len(text)
		if i := bytes.IndexByte(text[pos:], '\n'); i >= 0 {
			next = pos + i + 1
		}
		if isSeparator(text[pos:next]) {
			cut(pos)
			start, first = next, line+1
		}
		pos = next
	}
	cut(len(text))
	if len(out) > 1 {
		for i := range out {
			out[i].number = i + 1
		}
	}
	return out
}

// isSeparator allows blanks and a comment behind the dashes. A line with
// anything else behind them stays in the document, where it is a syntax error.
func isSeparator(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	if !ok {
		return string(bytes.TrimRight(line, " \t\r\n")) == "..."
	}
	rest = bytes.TrimSpace(rest)
	return len(rest) == 0 || rest[0] == '#'
}

func blank(text []byte) bool {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
		text = rest
	}
	return true
}
