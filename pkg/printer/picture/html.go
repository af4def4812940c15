package picture

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
)

//go:embed page.css
var pageStyle string

//go:embed page.js
var script string

// HTML writes the page. Its policy for content lets just its own style and script run,
// by their hashes, and nothing be fetched: a name in a picture can do nothing.
func HTML(w io.Writer, p *Picture) error {
	b := bufio.NewWriter(w)
	css := style + pageStyle
	//nolint:errcheck // Flush tells
	fmt.Fprintf(b, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '%s'; script-src '%s'">
<title>%s</title><style>%s</style></head><body>
<header><h1>%[3]s</h1>
<label>Find <input id="find" type="search"></label>
<label>Namespace <select id="space"><option value="">all</option></select></label>
<label><input id="open" type="checkbox"> only what is not known</label>
</header>
<main>
`, hash(css), hash(script), text(p.Title), css)
	p.svg(b, place(p), "")
	//nolint:errcheck // Flush tells
	fmt.Fprintf(b, "\n</main>\n<aside id=\"about\" aria-live=\"polite\"></aside>\n<script>%s</script></body></html>\n", script)
	return b.Flush()
}

// hash is the source expression that admits an inline element
// (https://www.w3.org/TR/CSP3/#grammardef-hash-source).
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
