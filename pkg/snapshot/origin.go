package snapshot

import (
	"strconv"
	"strings"
)

func fileLine(file string, line int) string {
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}

// parentPath drops the last step of a field path: "a.b[0].c" → "a.b[0]" → "a.b" → "a" → "".
func parentPath(path string) string {
	i := strings.LastIndexAny(path, ".[")
	if i < 0 {
		return ""
	}
	return path[:i]
}
