// A second opinion on electronic seal data, by OFD R&W (the public reference implementation) and Bouncy Castle:
//
//     java SealJudge seal FILE               reads a SESeal and checks the maker's signature over SES_SealInfo
//     java SealJudge signature FILE CONTENT  lets OFD R&W's own verifier judge an SES_Signature over CONTENT
//
// Prints what it read, one fact a line; exit status 1 when anything fails.

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.ofdrw.core.signatures.SigType;
import org.ofdrw.gm.ses.parse.SESVersion;
import org.ofdrw.gm.ses.parse.VersionParser;
import org.ofdrw.gm.ses.v4.SES_SealInfo;
import org.ofdrw.gm.ses.v4.SES_Signature;
import org.ofdrw.gm.ses.v4.SESeal;
import org.ofdrw.sign.verify.container.SESV4ValidateContainer;

public final class SealJudge {
    private static final int MEMBERS = 4;

    public static void main(String[] given) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        byte[] octets = Files.readAllBytes(Path.of(given[1]));
        if (given[0].equals("seal")) {
            seal(octets);
        } else {
            signature(octets, Files.readAllBytes(Path.of(given[2])));
        }
    }

    private static void seal(byte[] octets) throws Exception {
        ASN1Sequence members = ASN1Sequence.getInstance(octets);
        if (members.size() == MEMBERS && VersionParser.parseSES_SealVersion(octets).getVersion() != SESVersion.v4) {
            throw new IllegalArgumentException("another layout is seen");
        }
        SESeal seal = SESeal.getInstance(members);
        tell(seal.geteSealInfo());
        Signature check = Signature.getInstance(seal.getSignAlgID().getId(), "BC");
        check.initVerify(certificate(seal.getCert().getOctets()));
        check.update(seal.geteSealInfo().getEncoded("DER"));
        if (!check.verify(seal.getSignedValue().getOctets())) {
            throw new IllegalArgumentException("the maker's signature does not hold");
        }
    }

    private static void signature(byte[] octets, byte[] content) throws Exception {
        if (VersionParser.parseSES_SignatureVersion(octets).getVersion() != SESVersion.v4) {
            throw new IllegalArgumentException("another layout is seen");
        }
        SES_Signature read = SES_Signature.getInstance(octets);
        tell(read.getToSign().getEseal().geteSealInfo());
        System.out.println("scope=" + read.getToSign().getPropertyInfo().getString());
        new SESV4ValidateContainer().validate(SigType.Seal, "1.2.156.10197.1.501", content, octets);
    }

    private static void tell(SES_SealInfo info) throws Exception {
        System.out.println("version=" + info.getHeader().getVersion().getValue());
        System.out.println("vendor=" + info.getHeader().getVid().getString());
        System.out.println("id=" + info.getEsID().getString());
        System.out.println("type=" + info.getProperty().getType().getValue());
        System.out.println("list=" + info.getProperty().getCertListType().getValue());
        System.out.println("created=" + info.getProperty().getCreateDate().getTime());
        System.out.println("to=" + info.getProperty().getValidEnd().getTime());
        System.out.println("picture=" + info.getPicture().getType().getString());
        System.out.println("octets=" + info.getPicture().getData().getOctets().length);
        System.out.println("width=" + info.getPicture().getWidth().getValue());
    }

    private static Certificate certificate(byte[] octets) throws Exception {
        return CertificateFactory.getInstance("X.509", "BC").generateCertificate(new ByteArrayInputStream(octets));
    }
}
