package picture_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/printer/picture"
)

// hostile is a picture in which every name tries to be more than text.
func hostile() *picture.Picture {
	const evil = `</script><script>alert(1)</script><svg onload="x" a='"&lt;`
	return &picture.Picture{
		Title: evil, Note: evil,
		Groups: []picture.Group{
			{Nodes: []picture.Node{{ID: "n1", Label: evil, Outside: true}}},
			{Name: evil, Nodes: []picture.Node{{ID: "n2", Label: evil, Door: true}, {ID: "n3", Label: "web"}}},
		},
		Lines: slices.Values([]picture.Line{{From: "n1", To: "n2", Label: evil}, {From: "n2", To: "n3", Label: "TCP 80", Open: true}, {From: "n3", To: "n3", Label: "all"}}),
	}
}

// TestSVGIsXML: whatever names hold, a picture is one document, and they are text in it.
func TestSVGIsXML(t *testing.T) {
	var b bytes.Buffer
	if err := picture.SVG(&b, hostile()); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for d := xml.NewDecoder(&b); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := token.(xml.StartElement); ok {
			count[s.Name.Local]++
			for _, a := range s.Attr {
				if strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("<%s %s=%q>", s.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
	if count["script"] != 0 || count["svg"] != 1 || count["path"] != 3+2 {
		t.Errorf("elements %v", count)
	}
}

// TestHTMLRunsItsOwnScriptAlone: the page's policy for content admits its style and its script by
// their hashes, and nothing else is there.
func TestHTMLRunsItsOwnScriptAlone(t *testing.T) {
	var b bytes.Buffer
	if err := picture.HTML(&b, hostile()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, element := range []string{"script", "style"} {
		found := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%d <%s>", len(found), element)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if want := fmt.Sprintf("%s-src 'sha256-%s'", element, base64.StdEncoding.EncodeToString(sum[:])); !strings.Contains(page, want) {
			t.Errorf("the policy does not admit the page's own %s: %s", element, want)
		}
	}
	if strings.Contains(page, "alert(1)</script>") || regexp.MustCompile(`(src|href)="`).MatchString(page) || !strings.Contains(page, "default-src 'none'") {
		t.Error("a name, or something from elsewhere, may run")
	}
}

// TestNothingStandsOnAnother: boxes do not overlap, whatever their number.
func TestNothingStandsOnAnother(t *testing.T) {
	p := &picture.Picture{Title: "many", Lines: slices.Values([]picture.Line(nil))}
	for g := range 40 {
		group := picture.Group{Name: fmt.Sprintf("namespace-%d", g)}
		for n := range g * 2 {
			group.Nodes = append(group.Nodes, picture.Node{ID: fmt.Sprintf("n%d-%d", g, n), Label: strings.Repeat("x", 1+(g*n)%40)})
		}
		p.Groups = append(p.Groups, group)
	}
	var b bytes.Buffer
	if err := picture.SVG(&b, p); err != nil {
		t.Fatal(err)
	}
	type box struct{ x, y, w, h float64 }
	var spaces []box
	for _, m := range regexp.MustCompile(`class="space" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"`).FindAllStringSubmatch(b.String(), -1) {
		var s box
		if _, err := fmt.Sscan(strings.Join(m[1:], " "), &s.x, &s.y, &s.w, &s.h); err != nil {
			t.Fatal(err)
		}
		for _, o := range spaces {
			if s.x < o.x+o.w && o.x < s.x+s.w && s.y < o.y+o.h && o.y < s.y+s.h {
				t.Errorf("%v stands on %v", s, o)
			}
		}
		spaces = append(spaces, s)
	}
	if len(spaces) != 40 {
		t.Errorf("%d namespaces", len(spaces))
	}
}
