package main

import (
	"fmt"
	"path"
	"strings"
	"text/template"
)

// renderManifest renders a template as krew-release-bot does, with the same two things in it: {{ .TagName }}, and
// {{addURIAndSha URL .TagName }}, which puts uri and sha256 in two lines indented by four spaces. The bot downloads the
// archive to learn its checksum; here it was just built.
func renderManifest(text, version string, sums map[string]string) ([]byte, error) {
	tag := struct{ TagName string }{version}
	render := func(name, text string, funcs template.FuncMap) (string, error) {
		t, err := template.New(name).Funcs(funcs).Option("missingkey=error").Parse(text)
		if err != nil {
			return "", err
		}
		var out strings.Builder
		err = t.Execute(&out, tag)
		return out.String(), err
	}
	manifest, err := render("manifest", text, template.FuncMap{
		"addURIAndSha": func(pattern, _ string) (string, error) {
			uri, err := render("uri", pattern, nil)
			if err != nil {
				return "", err
			}
			sum, ok := sums[path.Base(uri)]
			if !ok {
				return "", fmt.Errorf("%s is not part of the release", path.Base(uri))
			}
			return "uri: " + uri + "\n    sha256: " + sum, nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("render the krew manifest: %w", err)
	}
	return []byte(manifest), nil
}
