package snapshot

// Place is where an object stands in the manifests that were read, and what its author
// wants of whoever reads it.
type Place struct {
	File string
	// Line of the object's first line; 0 when unknown.
	Line int
	// Ignore is its annotation netguard.dev/ignore: findings to leave alone, and why.
	Ignore string
}

// IgnoreAnnotation leaves findings about an object alone: "NG021: reason", several by
// ";".
const IgnoreAnnotation = "netguard.dev/ignore"

// placed is of which object a place is.
type placed struct {
	kind string
	name Name
}

// AddPlace notes where an object stands. It decides about no connection: objects without
// a place are judged alike.
func (b *Builder) AddPlace(kind string, name Name, p Place) {
	if b.places == nil {
		b.places = map[placed]Place{}
	}
	b.places[placed{kind, name}] = p
}

// PlaceOf is where an object stands; zero where that is not known.
func (s *Snapshot) PlaceOf(kind string, name Name) Place { return s.places[placed{kind, name}] }
