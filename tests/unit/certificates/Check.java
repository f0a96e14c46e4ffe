import java.io.FileInputStream;
import java.security.cert.*;
import java.util.*;

/** Validates a certificate (PKIX, RFC 5280) with the lists of revoked ones, at an instant. */
public class Check {
    public static void main(String[] paths) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<Certificate> chain = new ArrayList<>(read(factory, paths[0]));
        Set<TrustAnchor> anchors = new HashSet<>();
        for (Certificate root : read(factory, paths[1])) {
            anchors.add(new TrustAnchor((X509Certificate) root, null));
        }
        PKIXParameters how = new PKIXParameters(anchors);
        how.setDate(new Date(Long.parseLong(paths[3]) * 1000));
        how.setRevocationEnabled(true);
        try (FileInputStream lists = new FileInputStream(paths[2])) {
            how.addCertStore(CertStore.getInstance(
                "Collection", new CollectionCertStoreParameters(factory.generateCRLs(lists))));
        }
        try {
            CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(chain), how);
            System.out.println("OK");
        } catch (CertPathValidatorException refused) {
            System.out.println(refused.getReason());
        }
    }

    private static Collection<Certificate> read(CertificateFactory factory, String path)
            throws Exception {
        try (FileInputStream file = new FileInputStream(path)) {
            return new ArrayList<>(factory.generateCertificates(file));
        }
    }
}
