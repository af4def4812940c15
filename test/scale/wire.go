package scale

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// wire stands between a client and a server and counts the bytes that pass, both
// ways together. It does not look into them: the client's TLS ends at the server.
type wire struct {
	listener net.Listener
	server   string
	bytes    atomic.Int64
	open     sync.WaitGroup
}

// newWire listens on 127.0.0.1 for what is to go to the server, a HOST:PORT.
func newWire(server string) (*wire, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the counting proxy: %w", err)
	}
	w := &wire{listener: listener, server: server}
	go w.serve()
	return w, nil
}

// address is where to connect instead of to the server.
func (w *wire) address() string { return w.listener.Addr().String() }

// count runs f and returns how many bytes passed meanwhile; f leaves no connection
// open.
func (w *wire) count(f func() error) (int64, error) {
	before := w.bytes.Load()
	err := f()
	w.open.Wait()
	return w.bytes.Load() - before, err
}

func (w *wire) close() error { return w.listener.Close() }

func (w *wire) serve() {
	for {
		client, err := w.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		w.open.Add(1)
		go func() {
			defer w.open.Done()
			w.pass(client)
		}()
	}
}

// pass ends when either side hangs up.
func (w *wire) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		return // the client sees the connection closed, as without a proxy
	}
	defer server.Close()
	var both sync.WaitGroup
	for _, way := range []struct{ to, from net.Conn }{{server, client}, {client, server}} {
		both.Go(func() {
			n, _ := io.Copy(way.to, way.from) // between two sockets, the kernel moves the bytes
			w.bytes.Add(n)
			_ = client.Close()
			_ = server.Close()
		})
	}
	both.Wait()
}
