import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells of every file named in a list whether EU DSS finds what was signed to be whole: for each signature one line of
 * the file and a word, whole, doubtful (a field lies over another), changed (what nobody may change), broken or unclear.
 */
public final class Whole {
    private Whole() {}

    public static void main(String[] arguments) throws Exception {
        for (String name : Files.readAllLines(Path.of(arguments[0]))) {
            try {
                judge(name);
            } catch (Throwable thrown) {
                System.out.println(name + "\tunreadable");
            }
        }
    }

    private static void judge(String name) throws Exception {
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(name));
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setAIASource(null);
        validator.setCertificateVerifier(verifier);
        DiagnosticData data = validator.validateDocument().getDiagnosticData();
        for (SignatureWrapper signature : data.getSignatures()) {
            System.out.println(name + "\t" + word(signature));
        }
        for (TimestampWrapper stamp : data.getTimestampList()) {
            if (stamp.getType() != null && stamp.getType().isDocumentTimestamp()) {
                boolean changed = !stamp.getPdfUndefinedChanges().isEmpty();
                System.out.println(name + "\t" + (!stamp.isMessageImprintDataIntact() ? "broken" : changed ? "changed" : "whole"));
            }
        }
        if (data.getSignatures().isEmpty() && data.getTimestampList().isEmpty()) {
            System.out.println(name + "\tunsigned");
        }
    }

    private static String word(SignatureWrapper signature) {
        boolean pdf = signature.getSignatureByteRange() != null && !signature.getSignatureByteRange().isEmpty();
        if (pdf && !signature.isSignatureByteRangeValid()) {
            return "broken";
        }
        boolean found = signature.getDigestMatchers().stream().allMatch(one -> one.isDataFound());
        if (!signature.isSignatureIntact()) {
            return found && signature.getSigningCertificate() != null ? "broken" : "unclear";
        }
        if (!signature.getPdfUndefinedChanges().isEmpty() || !signature.getPdfAnnotationChanges().isEmpty()) {
            return "changed";
        }
        return signature.getPdfAnnotationsOverlapConcernedPages().isEmpty() ? "whole" : "doubtful";
    }
}
