import com.itextpdf.forms.PdfAcroForm;
import com.itextpdf.forms.form.element.SignatureFieldAppearance;
import com.itextpdf.kernel.pdf.PdfWriter;
import com.itextpdf.kernel.pdf.StampingProperties;
import com.itextpdf.signatures.AccessPermissions;
import com.itextpdf.signatures.ITSAClient;
import com.itextpdf.signatures.LtvVerification;
import com.itextpdf.signatures.PrivateKeySignature;
import com.itextpdf.signatures.SignerProperties;
import com.lowagie.text.pdf.PdfDate;
import com.lowagie.text.pdf.PdfName;
import com.lowagie.text.pdf.PdfSignatureAppearance;
import com.lowagie.text.pdf.PdfStamper;
import com.lowagie.text.pdf.PdfString;
import eu.europa.esig.dss.enumerations.CertificationPermission;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.spi.x509.tsp.KeyEntityTSPSource;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.HashMap;
import java.util.List;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.cos.COSArray;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.SignatureOptions;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.visible.PDVisibleSigProperties;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.visible.PDVisibleSignDesigner;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/**
 * Signs, fills in and archives PDF files with the libraries that most software does it with, each in its own way of appending.
 *
 * <p>Reads orders line by line, {@code TOOL in out field how} parted by tabs, and answers {@code ok} or what went wrong. The
 * folder that is its argument holds {@code signer.p12} and {@code tsa.p12} (RSA, password {@code secret}), {@code root.cer}
 * and the revocation lists {@code *.crl}.
 */
public class Producers {
  private static final char[] SECRET = "secret".toCharArray();
  private static final int ROOM = 15_000;

  private final Path folder;
  private final PrivateKey key;
  private final Certificate[] chain;

  private Producers(Path folder) throws Exception {
    this.folder = folder;
    KeyStore store = opened("signer.p12");
    String alias = store.aliases().nextElement();
    key = (PrivateKey) store.getKey(alias, SECRET);
    chain = store.getCertificateChain(alias);
  }

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    Producers producers = new Producers(Path.of(arguments[0]));
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      String[] part = order.split("\t", -1);
      try {
        producers.carryOut(part[0], Path.of(part[1]), Path.of(part[2]), part[3], part[4]);
        System.out.println("ok");
      } catch (Exception | LinkageError wrong) {
        System.out.println(wrong.toString().replaceAll("\\s+", " "));
      }
    }
  }

  private void carryOut(String tool, Path in, Path out, String field, String how) throws Exception {
    switch (tool) {
      case "pdfbox" -> signWithPdfBox(in, out, field, how);
      case "openpdf" -> signWithOpenPdf(in, out, field, how);
      case "itext" -> signWithIText(in, out, field, how);
      case "dss" -> signWithDss(in, out, how);
      case "pdfbox-fill" -> fillWithPdfBox(in, out, field, how);
      case "openpdf-fill" -> fillWithOpenPdf(in, out, field, how);
      case "itext-fill" -> fillWithIText(in, out, field, how);
      case "dss-archive" -> archiveWithDss(in, out);
      case "itext-evidence" -> addEvidenceWithIText(in, out, field);
      case "itext-stamp" -> stampWithIText(in, out, field);
      default -> throw new IllegalArgumentException("no such tool: " + tool);
    }
  }

  /** Where a field stands that shows: beside one another, by the first letter of its name. */
  private static int left(String field) {
    return 40 + 130 * (field.charAt(0) - 'A');
  }

  private KeyStore opened(String name) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream stream = Files.newInputStream(folder.resolve(name))) {
      store.load(stream, SECRET);
    }
    return store;
  }

  private byte[] cms(InputStream content) throws IOException {
    try {
      var made = new CMSSignedDataGenerator();
      var digests = new JcaDigestCalculatorProviderBuilder().build();
      var signer = new JcaContentSignerBuilder("SHA256withRSA").build(key);
      made.addSignerInfoGenerator(
          new JcaSignerInfoGeneratorBuilder(digests).build(signer, (X509Certificate) chain[0]));
      made.addCertificates(new JcaCertStore(Arrays.asList(chain)));
      return made.generate(new CMSProcessableByteArray(content.readAllBytes()), false).getEncoded();
    } catch (Exception wrong) {
      throw new IOException(wrong);
    }
  }

  // PDFBox

  private void signWithPdfBox(Path in, Path out, String field, String how) throws Exception {
    try (var document = Loader.loadPDF(in.toFile()); var stream = Files.newOutputStream(out)) {
      var signature = new PDSignature();
      signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
      signature.setSubFilter(PDSignature.SUBFILTER_ADBE_PKCS7_DETACHED);
      signature.setSignDate(Calendar.getInstance());
      var options = new SignatureOptions();
      options.setPreferredSignatureSize(2 * ROOM);
      if (how.equals("shown")) {
        var image = new BufferedImage(60, 60, BufferedImage.TYPE_INT_RGB);
        var designer = new PDVisibleSignDesigner(document, image, 1);
        designer.xAxis(left(field)).yAxis(100).zoom(0).adjustForRotation();
        var shown = new PDVisibleSigProperties();
        shown.signerName("signer").signerLocation("here").signatureReason("test").preferredSize(2 * ROOM);
        shown.page(1).visualSignEnabled(true).setPdVisibleSignature(designer).buildSignature();
        options.setVisualSignature(shown.getVisibleSignature());
        options.setPage(0);
      }
      if (how.equals("certified")) {
        certify(document.getDocumentCatalog().getCOSObject(), signature);
      }
      document.addSignature(signature, this::cms, options);
      document.saveIncremental(stream);
    }
  }

  /** Certify as PDFBox's own example does (CreateSignatureBase, SigUtils). */
  private static void certify(COSDictionary catalog, PDSignature signature) {
    var parameters = new COSDictionary();
    parameters.setName(COSName.TYPE, "TransformParams");
    parameters.setInt(COSName.P, 2);
    parameters.setName(COSName.V, "1.2");
    parameters.setNeedToBeUpdated(true);
    var reference = new COSDictionary();
    reference.setName(COSName.TYPE, "SigRef");
    reference.setName("TransformMethod", "DocMDP");
    reference.setItem("TransformParams", parameters);
    reference.setNeedToBeUpdated(true);
    var references = new COSArray();
    references.add(reference);
    references.setNeedToBeUpdated(true);
    signature.getCOSObject().setItem("Reference", references);
    var permissions = new COSDictionary();
    permissions.setItem("DocMDP", signature);
    permissions.setNeedToBeUpdated(true);
    catalog.setItem("Perms", permissions);
    catalog.setNeedToBeUpdated(true);
  }

  private void fillWithPdfBox(Path in, Path out, String field, String value) throws Exception {
    try (var document = Loader.loadPDF(in.toFile()); var stream = Files.newOutputStream(out)) {
      document.getDocumentCatalog().getAcroForm().getField(field).setValue(value);
      document.saveIncremental(stream);
    }
  }

  // OpenPDF

  private void signWithOpenPdf(Path in, Path out, String field, String how) throws Exception {
    var reader = new com.lowagie.text.pdf.PdfReader(in.toString());
    try (var stream = Files.newOutputStream(out)) {
      var look = PdfStamper.createSignature(reader, stream, '\0', null, true).getSignatureAppearance();
      look.setCrypto(null, chain, null, PdfSignatureAppearance.SELF_SIGNED);
      if (how.equals("shown")) {
        var box = new com.lowagie.text.Rectangle(left(field), 300, left(field) + 100, 360);
        look.setVisibleSignature(box, 1, field);
      }
      if (how.equals("certified")) {
        look.setCertificationLevel(PdfSignatureAppearance.CERTIFIED_FORM_FILLING);
      }
      var signature = new com.lowagie.text.pdf.PdfSignature(PdfName.ADOBE_PPKLITE, PdfName.ADBE_PKCS7_DETACHED);
      signature.setReason("test");
      signature.setDate(new PdfDate(Calendar.getInstance()));
      look.setCryptoDictionary(signature);
      var room = new HashMap<PdfName, Integer>();
      room.put(PdfName.CONTENTS, 2 * ROOM + 2);
      look.preClose(room);
      var value = new com.lowagie.text.pdf.PdfDictionary();
      byte[] padded = Arrays.copyOf(cms(look.getRangeStream()), ROOM);
      value.put(PdfName.CONTENTS, new PdfString(padded).setHexWriting(true));
      look.close(value);
    }
  }

  private void fillWithOpenPdf(Path in, Path out, String field, String value) throws Exception {
    var reader = new com.lowagie.text.pdf.PdfReader(in.toString());
    try (var stream = Files.newOutputStream(out)) {
      var stamper = new PdfStamper(reader, stream, '\0', true);
      if (!stamper.getAcroFields().setField(field, value)) {
        throw new IllegalStateException("no such field");
      }
      stamper.close();
    }
  }

  // iText

  private com.itextpdf.signatures.PdfSigner signer(Path in, java.io.OutputStream stream) throws Exception {
    var reader = new com.itextpdf.kernel.pdf.PdfReader(in.toString());
    return new com.itextpdf.signatures.PdfSigner(reader, stream, new StampingProperties().useAppendMode());
  }

  private void signWithIText(Path in, Path out, String field, String how) throws Exception {
    try (var stream = Files.newOutputStream(out)) {
      var signer = signer(in, stream);
      var wishes = new SignerProperties().setFieldName(field).setReason("test");
      if (how.equals("shown")) {
        wishes.setPageRect(new com.itextpdf.kernel.geom.Rectangle(left(field), 400, 100, 60)).setPageNumber(1);
        wishes.setSignatureAppearance(new SignatureFieldAppearance(field).setContent("Signed"));
      }
      if (how.equals("certified")) {
        wishes.setCertificationLevel(AccessPermissions.FORM_FIELDS_MODIFICATION);
      }
      signer.setSignerProperties(wishes);
      var signing = new PrivateKeySignature(key, "SHA-256", BouncyCastleProvider.PROVIDER_NAME);
      signer.signDetached(
          signing, chain, null, null, null, 0, com.itextpdf.signatures.PdfSigner.CryptoStandard.CADES);
    }
  }

  private static com.itextpdf.kernel.pdf.PdfDocument appended(Path in, Path out) throws IOException {
    return new com.itextpdf.kernel.pdf.PdfDocument(
        new com.itextpdf.kernel.pdf.PdfReader(in.toString()),
        new PdfWriter(out.toString()),
        new StampingProperties().useAppendMode());
  }

  private void fillWithIText(Path in, Path out, String field, String value) throws Exception {
    try (var document = appended(in, out)) {
      PdfAcroForm.getAcroForm(document, false).getField(field).setValue(value);
    }
  }

  private void addEvidenceWithIText(Path in, Path out, String field) throws Exception {
    try (var document = appended(in, out)) {
      var evidence = new LtvVerification(document);
      evidence.addVerification(field, List.of(), lists(), List.of());
      evidence.merge();
    }
  }

  private void stampWithIText(Path in, Path out, String field) throws Exception {
    var source = timeStamps();
    try (var stream = Files.newOutputStream(out)) {
      signer(in, stream).timestamp(new Client(source), field);
    }
  }

  /** Hands the time-stamps of DSS's own authority to iText. */
  private record Client(KeyEntityTSPSource source) implements ITSAClient {
    @Override
    public int getTokenSizeEstimate() {
      return ROOM;
    }

    @Override
    public MessageDigest getMessageDigest() throws java.security.GeneralSecurityException {
      return MessageDigest.getInstance("SHA-256");
    }

    @Override
    public byte[] getTimeStampToken(byte[] imprint) throws Exception {
      return source.getTimeStampResponse(DigestAlgorithm.SHA256, imprint).getBytes();
    }
  }

  // EU DSS

  private KeyEntityTSPSource timeStamps() throws Exception {
    KeyStore store = opened("tsa.p12");
    var source = new KeyEntityTSPSource(store, store.aliases().nextElement(), SECRET);
    source.setTsaPolicy("1.2.3.4.1");
    return source;
  }

  private List<byte[]> lists() throws IOException {
    List<byte[]> found = new ArrayList<>();
    try (var paths = Files.newDirectoryStream(folder, "*.crl")) {
      for (Path path : paths) {
        found.add(Files.readAllBytes(path));
      }
    }
    return found;
  }

  private PAdESService service() throws Exception {
    var verifier = new CommonCertificateVerifier();
    verifier.setAIASource(null);
    var trusted = new CommonTrustedCertificateSource();
    try (InputStream stream = Files.newInputStream(folder.resolve("root.cer"))) {
      var read = CertificateFactory.getInstance("X.509").generateCertificate(stream);
      trusted.addCertificate(new CertificateToken((X509Certificate) read));
    }
    verifier.addTrustedCertSources(trusted);
    List<InputStream> lists = new ArrayList<>();
    for (byte[] list : lists()) {
      lists.add(new java.io.ByteArrayInputStream(list));
    }
    verifier.setCrlSource(new ExternalResourcesCRLSource(lists.toArray(new InputStream[0])));
    var service = new PAdESService(verifier);
    service.setTspSource(timeStamps());
    return service;
  }

  private void signWithDss(Path in, Path out, String how) throws Exception {
    var wishes = new PAdESSignatureParameters();
    wishes.setSignatureLevel(SignatureLevel.PAdES_BASELINE_B);
    wishes.setDigestAlgorithm(DigestAlgorithm.SHA256);
    if (how.equals("certified")) {
      wishes.setPermission(CertificationPermission.MINIMAL_CHANGES_PERMITTED);
    }
    List<CertificateToken> tokens = new ArrayList<>();
    for (Certificate one : chain) {
      tokens.add(new CertificateToken((X509Certificate) one));
    }
    wishes.setSigningCertificate(tokens.get(0));
    wishes.setCertificateChain(tokens);
    var service = service();
    var document = new FileDocument(in.toFile());
    var signing = Signature.getInstance("SHA256withRSA");
    signing.initSign(key);
    signing.update(service.getDataToSign(document, wishes).getBytes());
    var value = new SignatureValue(SignatureAlgorithm.RSA_SHA256, signing.sign());
    service.signDocument(document, wishes, value).save(out.toString());
  }

  private void archiveWithDss(Path in, Path out) throws Exception {
    var wishes = new PAdESSignatureParameters();
    wishes.setSignatureLevel(SignatureLevel.PAdES_BASELINE_LTA);
    service().extendDocument(new FileDocument(in.toFile()), wishes).save(out.toString());
  }
}
