// The token of PROTOCOL section 2: JWS RS256 inside JWE, both profiles.

package passerelle

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"math/big"
	"strings"
)

// Key is the engine's public key, as in a JWK set.
type Key struct {
	Kty string `json:"kty"`
	Use string `json:"use,omitempty"`
	Kid string `json:"kid,omitempty"`
	N   string `json:"n"`
	E   string `json:"e"`
}

func b64(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func (k Key) public() *rsa.PublicKey {
	n, _ := base64.RawURLEncoding.DecodeString(k.N)
	e, _ := base64.RawURLEncoding.DecodeString(k.E)
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
}

func keyOf(public *rsa.PublicKey) Key {
	return Key{Kty: "RSA", N: b64(public.N.Bytes()), E: b64(big.NewInt(int64(public.E)).Bytes())}
}

func (k Key) usable() bool { return k.Kty == "RSA" && len(k.E) <= 6 && k.public().N.BitLen() >= 2048 }

// RFC 7638: what a key is called.
func (k Key) thumbprint() string {
	sum := sha256.Sum256([]byte(`{"e":"` + k.E + `","kty":"RSA","n":"` + k.N + `"}`))
	return b64(sum[:])
}

func random(size int) []byte {
	bytes := make([]byte, size)
	if _, err := rand.Read(bytes); err != nil {
		panic(err) // no chance, no call
	}
	return bytes
}

// Sign makes the JWS of a context.
func (p *Passerelle) Sign(context string) (string, error) {
	text := b64([]byte(`{"alg":"RS256","kid":"`+keyOf(&p.key.PublicKey).thumbprint()+`","typ":"contexte-appel+jws"}`)) + "." + b64([]byte(context))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	return text + "." + b64(signature), err
}

// Encrypt makes the token for the engine whose key this is.
func (p *Passerelle) Encrypt(jws string, key Key) (string, error) {
	names, size, oaep := `"alg":"RSA-OAEP-256","enc":"A256GCM"`, 32, hash.Hash(sha256.New())
	seal := gcm
	if p.settings.Profile == "legacy" {
		names, size, oaep = `"alg":"RSA-OAEP","enc":"A256CBC-HS512"`, 64, sha1.New()
		seal = cbc
	}
	header := b64([]byte(`{` + names + `,"kid":"` + key.thumbprint() + `","cty":"JWT"}`))
	secret := random(size)
	wrapped, err := rsa.EncryptOAEP(oaep, rand.Reader, key.public(), secret, nil)
	if err != nil {
		return "", err
	}
	iv, content, tag := seal(secret, header, []byte(jws))
	return strings.Join([]string{header, b64(wrapped), b64(iv), b64(content), b64(tag)}, "."), nil
}

func gcm(secret []byte, header string, text []byte) (iv, content, tag []byte) {
	block, _ := aes.NewCipher(secret)
	mode, _ := cipher.NewGCM(block)
	iv = random(12)
	sealed := mode.Seal(nil, iv, text, []byte(header))
	return iv, sealed[:len(sealed)-16], sealed[len(sealed)-16:]
}

// RFC 7518 section 5.2: the first half of the key authenticates, the second encrypts.
func cbc(secret []byte, header string, text []byte) (iv, content, tag []byte) {
	block, _ := aes.NewCipher(secret[32:])
	iv = random(16)
	padding := 16 - len(text)%16
	content = append(append([]byte{}, text...), []byte(strings.Repeat(string(rune(padding)), padding))...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(content, content)
	mac := hmac.New(sha512.New, secret[:32])
	for _, part := range [][]byte{[]byte(header), iv, content} {
		mac.Write(part)
	}
	_ = binary.Write(mac, binary.BigEndian, uint64(len(header)*8))
	return iv, content, mac.Sum(nil)[:32]
}
