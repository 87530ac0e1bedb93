// A second opinion on whole OFD packages, by OFD R&W, the public reference implementation:
//
//     java OfdJudge verify FILE        lets its OFDValidator check every signature of the package
//     java OfdJudge render FILE FOLDER  draws every page as PNG, seals included
//
// Prints what it did, one fact a line; exit status 1 when anything fails.

import java.awt.image.BufferedImage;
import java.io.File;
import java.nio.file.Path;
import java.security.Security;
import javax.imageio.ImageIO;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.ofdrw.converter.ImageMaker;
import org.ofdrw.reader.OFDReader;
import org.ofdrw.sign.verify.OFDValidator;
import org.ofdrw.sign.verify.container.SESV4ValidateContainer;
import org.ofdrw.sign.verify.container.GBT35275ValidateContainer;

public final class OfdJudge {
    private static final int PIXELS_PER_MM = 6;

    public static void main(String[] given) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        Path file = Path.of(given[1]);
        try (OFDReader reader = new OFDReader(file)) {
            if (given[0].equals("verify")) {
                verify(reader, given.length > 2 && given[2].equals("sign"));
            } else {
                render(reader, new File(given[2]));
            }
        }
    }

    private static void verify(OFDReader reader, boolean plain) throws Exception {
        int count = reader.getDefaultSignatures().getSignatures().size();
        try (OFDValidator validator = new OFDValidator(reader)) {
            validator.setValidator(plain ? new GBT35275ValidateContainer() : new SESV4ValidateContainer());
            validator.exeValidate();
        }
        System.out.println("signatures=" + count);
    }

    private static void render(OFDReader reader, File folder) throws Exception {
        ImageMaker maker = new ImageMaker(reader, PIXELS_PER_MM);
        for (int page = 0; page < maker.pageSize(); page++) {
            BufferedImage image = maker.makePage(page);
            ImageIO.write(image, "PNG", new File(folder, "page" + page + ".png"));
            System.out.println("page=" + image.getWidth() + "x" + image.getHeight());
        }
    }
}
