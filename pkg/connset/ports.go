package connset

import "strconv"

// Range is the ports from First to Last, both included.
type Range struct{ First, Last uint16 }

// String is "80" or "8000-9000".
func (r Range) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return strconv.Itoa(int(r.First)) + "-" + strconv.Itoa(int(r.Last))
}

// ports is a set of port numbers: its ranges ascending, never touching, each as four bytes (first and last, big
// endian). Being a string it is immutable and comparable, and sharing it is free.
type ports string

// everyPort is 1-65535. Port 0 is not a port anyone can connect to, and the API accepts it nowhere.
const everyPort ports = "\x00\x01\xff\xff"

const rangeBytes = 4

func portRange(first, last uint16) ports {
	first = max(first, 1)
	switch {
	case first > last:
		return ""
	case first == 1 && last == 65535:
		return everyPort
	}
	return ports([]byte{byte(first >> 8), byte(first), byte(last >> 8), byte(last)})
}

func (p ports) len() int { return len(p) / rangeBytes }

func (p ports) at(i int) Range {
	b := p[i*rangeBytes : (i+1)*rangeBytes]
	return Range{uint16(b[0])<<8 | uint16(b[1]), uint16(b[2])<<8 | uint16(b[3])}
}

// within returns the index of the first range that ends at or after port; len() if there is none.
func (p ports) within(port uint16) int {
	low, high := 0, p.len()
	for low < high {
		middle := (low + high) / 2
		if p.at(middle).Last < port {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func (p ports) covers(r Range) bool {
	i := p.within(r.First)
	return i < p.len() && p.at(i).First <= r.First && r.Last <= p.at(i).Last
}

func (p ports) containsAll(q ports) bool {
	if q == "" || p == q || p == everyPort {
		return true
	}
	for i := range q.len() {
		if !p.covers(q.at(i)) {
			return false
		}
	}
	return true
}

func (p ports) union(q ports) ports {
	switch {
	case p == q, q == "", p == everyPort:
		return p
	case p == "", q == everyPort:
		return q
	}
	return p.sweep(q, func(inP, inQ bool) bool { return inP || inQ })
}

func (p ports) intersect(q ports) ports {
	switch {
	case p == q, p == "", q == everyPort:
		return p
	case q == "", p == everyPort:
		return q
	}
	return p.sweep(q, func(inP, inQ bool) bool { return inP && inQ })
}

func (p ports) subtract(q ports) ports {
	switch {
	case p == q, q == everyPort:
		return ""
	case p == "", q == "":
		return p
	}
	return p.sweep(q, func(inP, inQ bool) bool { return inP && !inQ })
}

// sweep walks the edges of both sets in ascending order and keeps the ports for which keep holds; keep(false, false)
// must be false. It opens a range only where the one before has closed, so what it returns is canonical.
func (p ports) sweep(q ports, keep func(inP, inQ bool) bool) ports {
	var onStack [16 * rangeBytes]byte
	out := onStack[:0]
	open := false
	for i, j := 0, 0; i < 2*p.len() || j < 2*q.len(); {
		edge := min(p.edge(i), q.edge(j))
		if p.edge(i) == edge {
			i++
		}
		if q.edge(j) == edge {
			j++
		}
		if in := keep(i%2 == 1, j%2 == 1); in != open {
			open = in
			if !in {
				edge-- // a range stores its last port, not the one after it
			}
			out = append(out, byte(edge>>8), byte(edge))
		}
	}
	switch string(out) { // a result that is already at hand costs no allocation
	case string(p):
		return p
	case string(q):
		return q
	case string(everyPort):
		return everyPort
	}
	return ports(out)
}

// edge is the i-th port at which membership changes: even edges enter a range, odd edges are one past its end.
// Beyond the last edge it is greater than any port.
func (p ports) edge(i int) uint32 {
	if i >= 2*p.len() {
		return 1 << 17
	}
	r := p.at(i / 2)
	if i%2 == 0 {
		return uint32(r.First)
	}
	return uint32(r.Last) + 1
}

func (p ports) ranges() []Range {
	out := make([]Range, 0, p.len())
	for i := range p.len() {
		out = append(out, p.at(i))
	}
	return out
}
