// A second opinion on containers in the national algorithms, by Bouncy Castle:
//
//     java Judge ROOT.cer SIGNED.p7 CONTENT
//
// checks one detached SignedData over CONTENT, its signer's chain up to ROOT, and the time-stamp among its unsigned
// attributes if there is one. Prints the signer's serial number and the time-stamp's; exit status 1 when anything fails.

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.Security;
import java.util.Arrays;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.util.Selector;
import org.bouncycastle.util.Store;

public final class Judge {
    private static final int LONGEST_CHAIN = 4;

    public static void main(String[] given) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        X509CertificateHolder root = new X509CertificateHolder(read(given[0]));
        CMSSignedData signed = new CMSSignedData(new CMSProcessableByteArray(read(given[2])), read(given[1]));
        if (signed.getSignerInfos().size() != 1) {
            throw new IllegalArgumentException("not one signer");
        }
        SignerInformation signer = signed.getSignerInfos().iterator().next();
        X509CertificateHolder leaf = find(signed.getCertificates(), signer.getSID());
        if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(leaf))) {
            throw new IllegalArgumentException("the signature does not hold");
        }
        chain(leaf, signed.getCertificates(), root);
        System.out.println(leaf.getSerialNumber().toString(16));
        Attribute stamp = signer.getUnsignedAttributes() == null
            ? null
            : signer.getUnsignedAttributes().get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
        if (stamp != null) {
            stamp(ContentInfo.getInstance(stamp.getAttrValues().getObjectAt(0)), signer.getSignature(), root);
        }
    }

    private static void stamp(ContentInfo octets, byte[] signature, X509CertificateHolder root) throws Exception {
        TimeStampToken token = new TimeStampToken(octets);
        String digest = token.getTimeStampInfo().getMessageImprintAlgOID().getId();
        byte[] expected = MessageDigest.getInstance(digest, "BC").digest(signature);
        if (!Arrays.equals(expected, token.getTimeStampInfo().getMessageImprintDigest())) {
            throw new IllegalArgumentException("the time-stamp is over something else");
        }
        X509CertificateHolder unit = find(token.getCertificates(), token.getSID());
        token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(unit));
        chain(unit, token.getCertificates(), root);
        System.out.println(unit.getSerialNumber().toString(16));
    }

    private static X509CertificateHolder find(
        Store<X509CertificateHolder> store, Selector<X509CertificateHolder> wanted
    ) {
        return store.getMatches(wanted).iterator().next();
    }

    private static void chain(
        X509CertificateHolder leaf, Store<X509CertificateHolder> store, X509CertificateHolder root
    ) throws Exception {
        X509CertificateHolder at = leaf;
        for (int step = 0; step < LONGEST_CHAIN; step++) {
            if (at.getIssuer().equals(root.getSubject()) && issued(at, root)) {
                return;
            }
            X509CertificateHolder above = null;
            for (X509CertificateHolder candidate : store.getMatches(null)) {
                if (candidate.getSubject().equals(at.getIssuer()) && issued(at, candidate)) {
                    above = candidate;
                }
            }
            if (above == null) {
                break;
            }
            at = above;
        }
        throw new IllegalArgumentException("no chain to the root");
    }

    private static boolean issued(X509CertificateHolder certificate, X509CertificateHolder issuer) throws Exception {
        return certificate.isSignatureValid(
            new JcaContentVerifierProviderBuilder().setProvider("BC").build(issuer));
    }

    private static byte[] read(String name) throws Exception {
        return Files.readAllBytes(Path.of(name));
    }
}
