// Command judge reads what Yinxin made in the national suite with github.com/emmansun/gmsm, which shares no code with it.
//
// It exits 0 and prints what it read, or exits 1 with the reason. Files are DER unless a line says otherwise.
//
//	judge chain UNIX-TIME ROOT ISSUING LEAF      the path is right at that time
//	judge crl ISSUER CRL                         the list is signed by the issuer; prints the serial numbers
//	judge ocsp RESPONDER RESPONSE                the answer is signed by the responder; prints the status tags
//	judge signed CERTIFICATE MESSAGE SIGNATURE   SM2 with SM3 over the octets of the message
//	judge pkcs7 UNIX-TIME ROOT SIGNED [CONTENT]  GB/T 35275 or CMS SignedData; CONTENT when it is detached
//	judge csr REQUEST                            the request is signed by its own key; prints the point
//	judge envelope SCALAR-HEX ENVELOPED          opens SM2EnvelopedKey; prints the private key inside
package main

import (
	"crypto/ecdsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strconv"
	"time"

	"github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

var commands = map[string]struct {
	arguments int
	run       func(arguments []string) error
}{
	"chain":    {4, chain},
	"crl":      {2, revocationList},
	"ocsp":     {2, statusAnswer},
	"signed":   {3, signed},
	"pkcs7":    {3, signedData},
	"csr":      {1, request},
	"envelope": {2, envelope},
}

func main() {
	if len(os.Args) < 2 {
		fail(errors.New("no command"))
	}
	command, known := commands[os.Args[1]]
	if !known || len(os.Args)-2 < command.arguments {
		fail(fmt.Errorf("unknown command or too few arguments: %v", os.Args[1:]))
	}
	if err := command.run(os.Args[2:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func certificate(path string) (*smx509.Certificate, error) {
	der, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return smx509.ParseCertificate(der)
}

func moment(text string) (time.Time, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err
}

func chain(arguments []string) error {
	at, err := moment(arguments[0])
	if err != nil {
		return err
	}
	var read [3]*smx509.Certificate
	for place, path := range arguments[1:4] {
		if read[place], err = certificate(path); err != nil {
			return err
		}
	}
	roots, between := smx509.NewCertPool(), smx509.NewCertPool()
	roots.AddCert(read[0])
	between.AddCert(read[1])
	any := []smx509.ExtKeyUsage{smx509.ExtKeyUsageAny}
	options := smx509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: any}
	chains, err := read[2].Verify(options)
	if err != nil {
		return err
	}
	fmt.Println(len(chains), len(chains[0]))
	return nil
}

func revocationList(arguments []string) error {
	issuer, err := certificate(arguments[0])
	if err != nil {
		return err
	}
	der, err := os.ReadFile(arguments[1])
	if err != nil {
		return err
	}
	list, err := smx509.ParseDERCRL(der)
	if err != nil {
		return err
	}
	if err := issuer.CheckCRLSignature(list); err != nil {
		return err
	}
	for _, entry := range list.TBSCertList.RevokedCertificates {
		fmt.Printf("%x\n", entry.SerialNumber)
	}
	return nil
}

// RFC 6960 section 4.2.1, as far as a judge needs it.
type response struct {
	Status   asn1.Enumerated
	Response struct {
		Type  asn1.ObjectIdentifier
		Basic []byte
	} `asn1:"explicit,tag:0,optional"`
}

type basicResponse struct {
	Body         responseData
	Algorithm    pkix.AlgorithmIdentifier
	Signature    asn1.BitString
	Certificates asn1.RawValue `asn1:"explicit,tag:0,optional"`
}

type responseData struct {
	Raw        asn1.RawContent
	Responder  asn1.RawValue
	ProducedAt time.Time `asn1:"generalized"`
	Answers    []struct {
		CertID struct {
			Digest   pkix.AlgorithmIdentifier
			NameHash []byte
			KeyHash  []byte
			Serial   *big.Int
		}
		Status     asn1.RawValue
		ThisUpdate time.Time `asn1:"generalized"`
		NextUpdate time.Time `asn1:"generalized,explicit,tag:0,optional"`
	}
	Extensions asn1.RawValue `asn1:"explicit,tag:1,optional"`
}

func statusAnswer(arguments []string) error {
	responder, err := certificate(arguments[0])
	if err != nil {
		return err
	}
	der, err := os.ReadFile(arguments[1])
	if err != nil {
		return err
	}
	var outer response
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return fmt.Errorf("not an OCSPResponse: %v", err)
	}
	var basic basicResponse
	if rest, err := asn1.Unmarshal(outer.Response.Basic, &basic); err != nil || len(rest) > 0 {
		return fmt.Errorf("not a BasicOCSPResponse: %v", err)
	}
	if name := basic.Algorithm.Algorithm.String(); name != "1.2.156.10197.1.501" {
		return fmt.Errorf("algorithm %s", name)
	}
	if err := responder.CheckSignature(smx509.SM2WithSM3, basic.Body.Raw, basic.Signature.RightAlign()); err != nil {
		return err
	}
	for _, answer := range basic.Body.Answers {
		fmt.Printf("%x %s %d\n", answer.CertID.Serial, answer.CertID.Digest.Algorithm, answer.Status.Tag)
	}
	return nil
}

func signed(arguments []string) error {
	signer, err := certificate(arguments[0])
	if err != nil {
		return err
	}
	message, err := os.ReadFile(arguments[1])
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(arguments[2])
	if err != nil {
		return err
	}
	return signer.CheckSignature(smx509.SM2WithSM3, message, signature)
}

func signedData(arguments []string) error {
	at, err := moment(arguments[0])
	if err != nil {
		return err
	}
	root, err := certificate(arguments[1])
	if err != nil {
		return err
	}
	der, err := os.ReadFile(arguments[2])
	if err != nil {
		return err
	}
	message, err := pkcs7.Parse(der)
	if err != nil {
		return err
	}
	if len(arguments) > 3 {
		if message.Content, err = os.ReadFile(arguments[3]); err != nil {
			return err
		}
	}
	roots := smx509.NewCertPool()
	roots.AddCert(root)
	if err := message.VerifyWithChainAtTime(roots, &at); err != nil {
		return err
	}
	signer := message.GetOnlySigner()
	if signer == nil {
		return errors.New("not exactly one signer")
	}
	fmt.Printf("%x\n", signer.SerialNumber)
	return nil
}

func request(arguments []string) error {
	der, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	read, err := smx509.ParseCertificateRequest(der)
	if err != nil {
		return err
	}
	if err := read.CheckSignature(); err != nil {
		return err
	}
	key, isCurve := read.PublicKey.(*ecdsa.PublicKey)
	if !isCurve {
		return fmt.Errorf("a key of type %T", read.PublicKey)
	}
	fmt.Printf("%064x%064x\n", key.X, key.Y)
	return nil
}

func envelope(arguments []string) error {
	scalar, err := hex.DecodeString(arguments[0])
	if err != nil {
		return err
	}
	der, err := os.ReadFile(arguments[1])
	if err != nil {
		return err
	}
	own, err := sm2.NewPrivateKey(scalar)
	if err != nil {
		return err
	}
	inside, err := sm2.ParseEnvelopedPrivateKey(own, der)
	if err != nil {
		return err
	}
	fmt.Printf("%064x\n", inside.D)
	return nil
}
