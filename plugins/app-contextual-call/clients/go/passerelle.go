// The client: signs a context, posts it to the engine, gives back the one-time link.

package passerelle

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Settings are those of passerelle.json; relative paths are those of its folder.
type Settings struct {
	URL            string `json:"url"` // https://HOST/appel-contextuel, as the engine writes it in its links
	Finess         string `json:"finess"`
	Environment    string `json:"environment"` // test or production
	KeyFile        string `json:"keyFile"`     // PKCS#8 PEM, readable by its owner only
	Profile        string `json:"profile"`
	TimeoutSeconds int    `json:"timeoutSeconds"` // of one attempt; 10 when it is not said
	KeysCache      string `json:"keysCache"`      // where the engine's public keys are kept between two runs
	Log            string `json:"log"`            // one line for each call, nothing of the patient or the user
	Workstation    bool   `json:"workstation"`    // the key is that of one workstation: no creation
}

// Opened is what a product opens in the browser: nothing else is to be kept.
type Opened struct {
	Link, Reference, ExpiresAt string
}

// Passerelle opens calls for one site; it may be used by several goroutines.
type Passerelle struct {
	settings Settings
	origin   string
	key      *rsa.PrivateKey
}

const (
	notNow  = "Le dossier communicant de cancérologie ne répond pas. Réessayez, puis prévenez votre service informatique."
	strange = "Réponse inattendue du dossier communicant de cancérologie. Prévenez votre service informatique."
	noKeys  = "Clés du dossier communicant de cancérologie inutilisables. Prévenez votre service informatique."
	largest = 65536
	day     = 24 * 3600
)

var address = regexp.MustCompile(`^((https://[A-Za-z0-9.-]+|http://(?:localhost|127\.0\.0\.1))(?::[0-9]{1,5})?)(/[A-Za-z0-9._~-]+)*/?$`)

// FromFile reads passerelle.json.
func FromFile(file string) (*Passerelle, error) {
	var settings Settings
	text, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), &settings) != nil {
		return nil, refused("ERR_KIT_SETTINGS", "bad-settings", filepath.Base(file))
	}
	for _, name := range []*string{&settings.KeyFile, &settings.KeysCache, &settings.Log} {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(filepath.Dir(file), *name)
		}
	}
	return New(settings)
}

// New checks the settings and reads the key.
func New(settings Settings) (*Passerelle, error) {
	no := func(reason, key string) (*Passerelle, error) { return nil, refused("ERR_KIT_SETTINGS", reason, key) }
	found := address.FindStringSubmatch(settings.URL)
	// In clear on this machine only, and in test: an engine that somebody tries out.
	if found == nil || (settings.Environment != "test" && !strings.HasPrefix(settings.URL, "https:")) {
		return no("bad-url", "url")
	}
	if !regexp.MustCompile(`^[0-9][0-9AB][0-9]{7}$`).MatchString(settings.Finess) {
		return no("bad-settings", "finess")
	}
	if settings.Environment != "test" && settings.Environment != "production" {
		return no("bad-settings", "environment")
	}
	if !among([]string{"", "default", "legacy"}, settings.Profile) {
		return no("bad-settings", "profile")
	}
	if settings.TimeoutSeconds == 0 {
		settings.TimeoutSeconds = 10
	}
	if settings.TimeoutSeconds < 1 || settings.TimeoutSeconds > 60 {
		return no("bad-settings", "timeoutSeconds")
	}
	text, err := os.ReadFile(settings.KeyFile)
	block, _ := pem.Decode(text)
	if err != nil || block == nil {
		return no("key-unreadable", "keyFile")
	}
	parsed, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, isRsa := parsed.(*rsa.PrivateKey)
	if !isRsa || key.N.BitLen() < 2048 {
		return no("key-unreadable", "keyFile")
	}
	// Windows has no such mode: there the guide sets the file's access list.
	if about, err := os.Stat(settings.KeyFile); runtime.GOOS != "windows" && (err != nil || about.Mode()&0o077 != 0) {
		return no("key-not-protected", "keyFile")
	}
	return &Passerelle{settings, found[1], key}, nil
}

// Context is the context as it would be signed: exact bytes.
func (p *Passerelle) Context(call map[string]string, now int64, jti string) (string, error) {
	return contextOf(p.settings, call, now, jti)
}

// Open opens a call: a link that is good for 60 seconds, once, or an *Error.
func (p *Passerelle) Open(call map[string]string) (Opened, error) {
	opened, err := p.opened(call)
	if err == nil {
		p.log(opened.Reference, "201")
		return opened, nil
	}
	failure, ours := err.(*Error)
	if !ours {
		failure = &Error{Code: "ERR_KIT_ANSWER", Detail: strange}
	}
	if failure.Reference == "" {
		failure.Reference = "KIT-" + strings.ToUpper(hex.EncodeToString(random(4)))
	}
	p.log(failure.Reference, failure.Code, failure.Reason)
	return Opened{}, failure
}

type answer struct {
	status int
	said   map[string]any
	retry  string
	why    string // nothing came (status 0), or the engine is not there for now (503): what a site looks at first
}

func (a *answer) unreachable() error {
	return &Error{Code: "ERR_KIT_UNREACHABLE", Detail: notNow, Reason: a.why}
}

func (a *answer) text(name string) string {
	text, _ := a.said[name].(string)
	return text
}

func (p *Passerelle) opened(call map[string]string) (Opened, error) {
	context, err := p.Context(call, time.Now().Unix(), hex.EncodeToString(random(16)))
	if err != nil {
		return Opened{}, err
	}
	key, err := p.engineKey()
	if err != nil {
		return Opened{}, err
	}
	got, err := p.post(context, key)
	switch {
	case err != nil:
	case got.why != "":
		got, err = p.post(context, key)
	case got.status == 429:
		seconds, bad := strconv.Atoi(got.retry)
		if bad != nil || seconds < 0 || seconds > 5 {
			seconds = 5
		}
		time.Sleep(time.Duration(seconds) * time.Second)
		got, err = p.post(context, key)
	case got.status == 401:
		theirs, bad := time.Parse(time.RFC3339, got.text("serverTime"))
		if drift := time.Until(theirs); bad == nil && (drift > 30*time.Second || drift < -30*time.Second) {
			if context, err = p.Context(call, theirs.Unix(), hex.EncodeToString(random(16))); err == nil {
				got, err = p.post(context, key)
			}
		}
	}
	if err != nil {
		return Opened{}, err
	}
	return p.read(got)
}

func (p *Passerelle) post(context string, key Key) (*answer, error) {
	jws, err := p.Sign(context)
	if err != nil {
		return nil, err
	}
	token, err := p.Encrypt(jws, key)
	if err != nil {
		return nil, err
	}
	return p.request("v1/calls", token), nil
}

var codeOnly = regexp.MustCompile(`^[A-Za-z0-9/._-]*#[A-Za-z0-9_-]{20,100}$`)

func (p *Passerelle) read(got *answer) (Opened, error) {
	if got.status == 201 {
		link := got.text("link")
		if !strings.HasPrefix(link, p.origin+"/") || !codeOnly.MatchString(link[len(p.origin)+1:]) {
			return Opened{}, &Error{Code: "ERR_KIT_LINK", Detail: strange}
		}
		return Opened{link, got.text("reference"), got.text("expiresAt")}, nil
	}
	if !regexp.MustCompile(`^ERR_[A-Z_]{1,60}$`).MatchString(got.text("code")) {
		if got.why != "" {
			return Opened{}, got.unreachable()
		}
		return Opened{}, &Error{Code: "ERR_KIT_ANSWER", Detail: strange}
	}
	failure := &Error{Code: got.text("code"), Detail: got.text("detail"), Reference: got.text("reference")}
	if detail := []rune(failure.Detail); len(detail) > 500 {
		failure.Detail = string(detail[:500])
	} else if failure.Detail == "" {
		failure.Detail = strange
	}
	if !regexp.MustCompile(`^[A-Z0-9-]{1,40}$`).MatchString(failure.Reference) {
		failure.Reference = ""
	}
	return Opened{}, failure
}

// Status 0 and why when nothing came. No redirect is followed, no more than 64 KB is read.
func (p *Passerelle) request(name string, token ...string) *answer {
	method, body := http.MethodGet, strings.Join(token, "")
	if body != "" {
		method = http.MethodPost
	}
	request, err := http.NewRequest(method, strings.TrimSuffix(p.settings.URL, "/")+"/"+name, strings.NewReader(body))
	if err != nil {
		return &answer{why: why(err)}
	}
	request.Header.Set("Accept", "application/json")
	if body != "" {
		request.Header.Set("Content-Type", "application/jose")
		request.GetBody = nil // never sent a second time by the library: a retry has its own token
	}
	client := http.Client{
		Timeout:       time.Duration(p.settings.TimeoutSeconds) * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return &answer{why: why(err)}
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, largest+1))
	if err != nil {
		return &answer{why: why(err)}
	}
	got := &answer{status: response.StatusCode, retry: response.Header.Get("Retry-After")}
	if got.status == http.StatusServiceUnavailable {
		got.why = "busy"
	}
	if len(data) <= largest && json.Unmarshal(data, &got.said) != nil {
		got.said = nil
	}
	return got
}

func why(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var roots x509.SystemRootsError
	if errors.As(err, &unknown) || errors.As(err, &name) || errors.As(err, &invalid) || errors.As(err, &roots) {
		return "certificate"
	}
	var late interface{ Timeout() bool }
	if errors.As(err, &late) && late.Timeout() {
		return "timeout"
	}
	var number syscall.Errno
	const windowsRefused = 10061 // WSAECONNREFUSED, which is not the ECONNREFUSED of syscall
	if errors.As(err, &number) && (number == syscall.ECONNREFUSED || number == windowsRefused) {
		return "refused"
	}
	return "network"
}

type kept struct {
	URL string `json:"url"`
	At  int64  `json:"at"`
	Key Key    `json:"key"`
}

var memory = map[string]kept{}
var locked sync.Mutex

// The public key of the engine, kept for at most 24 hours: in this process, and in KeysCache.
func (p *Passerelle) engineKey() (Key, error) {
	locked.Lock()
	defer locked.Unlock()
	now := time.Now().Unix()
	known, has := memory[p.settings.URL]
	if text, err := os.ReadFile(p.settings.KeysCache); !has && err == nil {
		_ = json.Unmarshal(text, &known)
	}
	if known.URL == p.settings.URL && now >= known.At && now-known.At < day && known.Key.usable() {
		return known.Key, nil
	}
	got := p.request("v1/keys")
	if got.status == 0 {
		got = p.request("v1/keys")
	}
	if got.why != "" {
		return Key{}, got.unreachable()
	}
	var keys []Key
	if text, err := json.Marshal(got.said["keys"]); got.status == 200 && err == nil {
		_ = json.Unmarshal(text, &keys)
	}
	for _, key := range keys {
		if key.usable() && key.Use == "enc" && key.Kid == key.thumbprint() {
			fresh := kept{p.settings.URL, now, Key{Kty: "RSA", N: key.N, E: key.E}}
			memory[p.settings.URL] = fresh
			fresh.write(p.settings.KeysCache)
			return fresh.Key, nil
		}
	}
	return Key{}, &Error{Code: "ERR_KIT_KEYS", Detail: noKeys}
}

// Others may read at the same time: written beside, then renamed. A cache that cannot be written costs a request, no more.
func (k kept) write(file string) {
	text, _ := json.Marshal(k)
	if file == "" {
		return
	}
	if beside, err := os.CreateTemp(filepath.Dir(file), "keys"); err == nil {
		_, _ = beside.Write(text)
		_ = beside.Close()
		_ = os.Rename(beside.Name(), file)
	}
}

func (p *Passerelle) log(words ...string) {
	if p.settings.Log == "" {
		return
	}
	line := strings.TrimSpace(time.Now().UTC().Format("2006-01-02T15:04:05Z") + " " + strings.Join(words, " "))
	if file, err := os.OpenFile(p.settings.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		_, _ = file.WriteString(line + "\n")
		_ = file.Close()
	}
}
