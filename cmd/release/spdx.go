package main

import (
	"encoding/json"
	"runtime/debug"
	"strings"
	"time"
)

// The part of SPDX 2.3 (spdx.github.io/spdx-spec/v2.3) that tells what a program was built from.
type (
	spdxDocument struct {
		Version       string             `json:"spdxVersion"`
		License       string             `json:"dataLicense"`
		ID            string             `json:"SPDXID"`
		Name          string             `json:"name"`
		Namespace     string             `json:"documentNamespace"`
		Creation      spdxCreation       `json:"creationInfo"`
		Packages      []spdxPackage      `json:"packages"`
		Relationships []spdxRelationship `json:"relationships"`
	}
	spdxCreation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	spdxPackage struct {
		Name          string          `json:"name"`
		ID            string          `json:"SPDXID"`
		Version       string          `json:"versionInfo"`
		File          string          `json:"packageFileName,omitempty"`
		Location      string          `json:"downloadLocation"`
		FilesAnalyzed bool            `json:"filesAnalyzed"`
		Checksums     []spdxChecksum  `json:"checksums,omitempty"`
		Concluded     string          `json:"licenseConcluded"`
		Declared      string          `json:"licenseDeclared"`
		Copyright     string          `json:"copyrightText"`
		References    []spdxReference `json:"externalRefs"`
	}
	spdxChecksum struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"checksumValue"`
	}
	spdxReference struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	spdxRelationship struct {
		Element string `json:"spdxElementId"`
		Type    string `json:"relationshipType"`
		Related string `json:"relatedSpdxElement"`
	}
)

const (
	noAssertion = "NOASSERTION"
	releaseURL  = "https://" + modulePath + "/releases/download/"
)

// spdx lists the modules that were linked into the program, as the program itself says (`go version -m`), and the Go
// standard library.
func (p *program) spdx(archive, sum string, created time.Time) ([]byte, error) {
	location := releaseURL + p.version + "/" + archive
	main := spdxModule(modulePath, p.version)
	main.File, main.Location, main.Declared = archive, location, "Apache-2.0"
	main.Checksums = []spdxChecksum{{"SHA256", sum}}
	document := spdxDocument{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: archive,
		Namespace: location + ".spdx.json",
		Creation: spdxCreation{
			Created: created.Format(time.RFC3339), Creators: []string{"Tool: " + modulePath + "/cmd/release-" + p.version},
		},
		Packages:      []spdxPackage{main},
		Relationships: []spdxRelationship{{"SPDXRef-DOCUMENT", "DESCRIBES", main.ID}},
	}
	standard := &debug.Module{Path: "stdlib", Version: strings.TrimPrefix(p.info.GoVersion, "go")}
	for _, m := range append([]*debug.Module{standard}, p.info.Deps...) {
		if m.Replace != nil {
			m = m.Replace
		}
		dep := spdxModule(m.Path, m.Version)
		document.Packages = append(document.Packages, dep)
		document.Relationships = append(document.Relationships, spdxRelationship{main.ID, "DEPENDS_ON", dep.ID})
	}
	out, err := json.MarshalIndent(document, "", "  ")
	return append(out, '\n'), err
}

func spdxModule(path, version string) spdxPackage {
	return spdxPackage{
		Name: path, ID: "SPDXRef-" + spdxID(path), Version: version, Location: noAssertion,
		Concluded: noAssertion, Declared: noAssertion, Copyright: noAssertion,
		References: []spdxReference{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")}},
	}
}

// spdxID spells a module's path in the letters that an SPDX identifier may have.
func spdxID(path string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.':
			return r
		default:
			return '-'
		}
	}, path)
}
