package picture

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"unicode/utf8"
)

// Picture is what is drawn.
type Picture struct {
	// Title says what it shows, for people who cannot see it, too.
	Title string
	// Note stands below: what is left out, or not known.
	Note   string
	Groups []Group
	// Lines may be millions: DOT and Mermaid write them as they come.
	Lines iter.Seq[Line]
}

// Group is a namespace; one without a name holds what is outside of all of them.
type Group struct {
	Name  string
	Nodes []Node
}

// Node is an end. IDs are those that lines have.
type Node struct {
	ID, Label string
	// Door and Outside ends have a shape of their own.
	Door, Outside bool
}

// Line is a connection from one node to another.
type Line struct {
	From, To, Label string
	// Open: whether it is allowed is not known.
	Open bool
}

// Sizes in pixels.
const (
	nodeHeight = 32
	gap        = 14
	headHeight = 26
	groupGap   = 56
	letter     = 7.3
	widest     = 1500
)

type box struct{ x, y, w, h float64 }

func (b box) middle() (x, y float64) { return b.x + b.w/2, b.y + b.h/2 }

// layout is where everything stands.
type layout struct {
	groups []box
	nodes  map[string]box
	w, h   float64
}

// place puts the nodes of each group in a grid, and the groups on shelves: what is outside
// first, then the largest, so that rows are about as high as what stands in them.
func place(p *Picture) *layout {
	out := &layout{groups: make([]box, len(p.Groups)), nodes: map[string]box{}}
	order := make([]int, len(p.Groups))
	size := make([]box, len(p.Groups))
	columns := make([]int, len(p.Groups))
	cell := make([]float64, len(p.Groups))
	for i, g := range p.Groups {
		order[i] = i
		longest := utf8.RuneCountInString(g.Name) - 2
		for _, n := range g.Nodes {
			longest = max(longest, utf8.RuneCountInString(n.Label))
		}
		cell[i] = min(math.Ceil(float64(longest)*letter)+24, 420)
		columns[i] = max(1, int(math.Round(math.Sqrt(float64(len(g.Nodes))*nodeHeight*2/cell[i]))))
		rows := (len(g.Nodes) + columns[i] - 1) / columns[i]
		size[i] = box{
			w: float64(columns[i])*(cell[i]+gap) + gap,
			h: float64(rows)*(nodeHeight+gap) + gap + headHeight,
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		outside := func(i int) int {
			if p.Groups[i].Name == "" {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(outside(a), outside(b)), cmp.Compare(size[b].h, size[a].h))
	})
	x, y, shelf := float64(groupGap)/2, float64(groupGap)/2, 0.0
	for _, i := range order {
		if x > groupGap && x+size[i].w > widest {
			x, y, shelf = float64(groupGap)/2, y+shelf+groupGap, 0
		}
		b := box{x, y, size[i].w, size[i].h}
		out.groups[i] = b
		for j, n := range p.Groups[i].Nodes {
			out.nodes[n.ID] = box{
				b.x + gap + float64(j%columns[i])*(cell[i]+gap),
				b.y + headHeight + gap/2 + float64(j/columns[i])*(nodeHeight+gap),
				cell[i], nodeHeight,
			}
		}
		x, shelf = x+size[i].w+groupGap, max(shelf, size[i].h)
		out.w, out.h = max(out.w, x), max(out.h, y+shelf+groupGap/2)
	}
	return out
}
