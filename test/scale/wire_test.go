package scale

import (
	"bytes"
	"io"
	"net"
	"testing"
)

// Both ways are counted to the byte, and the bytes arrive.
func TestWireCounts(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	answer := bytes.Repeat([]byte("answer"), 500_000)
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := io.ReadFull(conn, make([]byte, 1000)); err == nil {
					_, _ = conn.Write(answer) // the test sees what is missing
				}
			}()
		}
	}()
	w, err := newWire(server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for range 3 {
		var got []byte
		n, err := w.count(func() error {
			conn, err := net.Dial("tcp", w.address())
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := conn.Write(make([]byte, 1000)); err != nil {
				return err
			}
			got, err = io.ReadAll(conn)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, answer) {
			t.Errorf("%d bytes arrived, want the %d that were sent", len(got), len(answer))
		}
		if want := int64(1000 + len(answer)); n != want {
			t.Errorf("counted %d bytes, want %d", n, want)
		}
	}
}
