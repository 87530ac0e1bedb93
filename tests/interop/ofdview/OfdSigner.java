// Signs OFD packages as OFD R&W does, which most software for OFD in Java is built on:
//
//     java OfdSigner FILE OUT CONTAINER MODE   in a folder with signer.key (PKCS #8), signer.cer and seal.esl
//
// CONTAINER is ses4, riding (ses4, 骑缝章), gbt35275, pkcs9 or digital; MODE continue or whole. Exit status 1 when anything fails.

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.ofdrw.gm.ses.v4.SESeal;
import org.ofdrw.reader.OFDReader;
import org.ofdrw.sign.ExtendSignatureContainer;
import org.ofdrw.sign.OFDSigner;
import org.ofdrw.sign.SignMode;
import org.ofdrw.sign.signContainer.DigitalSignContainer;
import org.ofdrw.sign.signContainer.GBT35275DSContainer;
import org.ofdrw.sign.signContainer.GBT35275PKCS9DSContainer;
import org.ofdrw.sign.signContainer.SESV4Container;
import org.ofdrw.sign.stamppos.NormalStampPos;
import org.ofdrw.sign.stamppos.RidingStampPos;
import org.ofdrw.sign.stamppos.Side;

public final class OfdSigner {
    public static void main(String[] given) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        byte[] octets = Files.readAllBytes(Path.of("signer.key"));
        PrivateKey key = KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(octets));
        Certificate certificate;
        try (InputStream stream = Files.newInputStream(Path.of("signer.cer"))) {
            certificate = CertificateFactory.getInstance("X.509", "BC").generateCertificate(stream);
        }
        try (OFDReader reader = new OFDReader(Path.of(given[0]));
                OFDSigner signer = new OFDSigner(reader, Path.of(given[1]))) {
            signer.setSignMode(given[3].equals("whole") ? SignMode.WholeProtected : SignMode.ContinueSign);
            signer.setSignContainer(container(given[2], key, certificate));
            if (given[2].equals("riding")) {
                signer.addApPos(new RidingStampPos(Side.Right, 40d, 40d));
            } else if (given[2].startsWith("ses")) {
                signer.addApPos(new NormalStampPos(1, 60, 60, 40, 40));
            }
            signer.exeSign();
        }
    }

    private static ExtendSignatureContainer container(String kind, PrivateKey key, Certificate certificate)
            throws Exception {
        switch (kind) {
            case "ses4":
            case "riding":
                ASN1Primitive seal = ASN1Primitive.fromByteArray(Files.readAllBytes(Path.of("seal.esl")));
                return new SESV4Container(key, SESeal.getInstance(seal), certificate);
            case "gbt35275":
                return new GBT35275DSContainer(certificate, key);
            case "pkcs9":
                return new GBT35275PKCS9DSContainer(certificate, key);
            case "digital":
                return new DigitalSignContainer(key);
            default:
                throw new IllegalArgumentException("no such container: " + kind);
        }
    }
}
