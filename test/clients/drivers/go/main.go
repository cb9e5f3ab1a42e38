// Drives the Go client for the vectors: one JSON request a line in, one answer a line out.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"

	"passerelle"
)

type request struct {
	Op, File, Jti, Text string
	Input               map[string]string
	Windows1252         map[string]string
	Now                 int64
	Key                 passerelle.Key
}

func answer(r request) (map[string]string, error) {
	client, err := passerelle.FromFile(r.File)
	if err != nil {
		return nil, err
	}
	for field, text := range r.Windows1252 {
		bytes, _ := hex.DecodeString(text)
		r.Input[field] = passerelle.FromWindows1252(bytes)
	}
	value := ""
	switch r.Op {
	case "context":
		value, err = client.Context(r.Input, r.Now, r.Jti)
	case "jws":
		value, err = client.Sign(r.Text)
	case "token":
		value, err = client.Encrypt(r.Text, r.Key)
	default:
		opened, err := client.Open(r.Input)
		return map[string]string{"link": opened.Link, "reference": opened.Reference}, err
	}
	return map[string]string{"value": value}, err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			panic(err)
		}
		result, err := answer(r)
		var failure *passerelle.Error
		if errors.As(err, &failure) {
			result = map[string]string{"code": failure.Code, "reason": failure.Reason, "detail": failure.Detail, "reference": failure.Reference}
		}
		_ = json.NewEncoder(os.Stdout).Encode(result)
	}
}
