import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Date;
import java.util.List;

/**
 * Judges PDF files by EU DSS with its default policy, offline. Each line of the file named is tab-separated: document,
 * time of validation (milliseconds), trusted certificate, lists separated by commas. For each signature one line is
 * printed: document, number, indication, sub-indication; or document, -, ERROR, the exception.
 */
public final class Judge {
    private Judge() {}

    public static void main(String[] arguments) throws Exception {
        Path cases = Path.of(arguments[0]);
        for (String line : Files.readAllLines(cases)) {
            String[] parts = line.split("\t", -1);
            try {
                judge(cases.getParent(), parts);
            } catch (Throwable thrown) {
                System.out.println(parts[0] + "\t-\tERROR\t" + thrown.getClass().getSimpleName());
            }
        }
    }

    private static void judge(Path folder, String[] parts) throws Exception {
        SignedDocumentValidator validator =
            SignedDocumentValidator.fromDocument(new FileDocument(folder.resolve(parts[0]).toFile()));
        validator.setCertificateVerifier(verifier(folder, parts[2], parts[3]));
        validator.setValidationTime(new Date(Long.parseLong(parts[1])));
        SimpleReport report = validator.validateDocument().getSimpleReport();
        List<String> signatures = report.getSignatureIdList();
        for (int number = 0; number < signatures.size(); number++) {
            String id = signatures.get(number);
            System.out.println(
                parts[0] + "\t" + number + "\t" + report.getIndication(id) + "\t" + report.getSubIndication(id));
        }
        if (signatures.isEmpty()) {
            System.out.println(parts[0] + "\t-\tNO_SIGNATURE\t");
        }
    }

    private static CommonCertificateVerifier verifier(Path folder, String trusted, String lists) throws Exception {
        CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
        anchors.addCertificate(DSSUtils.loadCertificate(folder.resolve(trusted).toFile()));
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(anchors);
        verifier.setAIASource(null);
        if (!lists.isEmpty()) {
            DSSDocument[] known = Arrays.stream(lists.split(","))
                .map(name -> new FileDocument(new File(folder.toFile(), name)))
                .toArray(DSSDocument[]::new);
            verifier.setCrlSource(new ExternalResourcesCRLSource(known));
        }
        return verifier;
    }
}
